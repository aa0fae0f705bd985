//! The camera grid.

use egui::Ui;

use super::ctx::ViewCtx;

/// What the grid remembers between frames.
#[derive(Default)]
pub struct GridMemory {}

/// What clicks and overlays of a page's grid mean.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GridUse {
    /// Clicks label.
    Label,
    /// Clicks select what is labelled.
    Look,
    /// Clicks add and delete dots and draw regions.
    Detect,
}

/// Draws all views into the room that is left.
pub fn ui(_ui: &mut Ui, _ctx: &ViewCtx<'_>, _memory: &mut GridMemory, _grid_use: GridUse) {}
