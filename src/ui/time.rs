//! The time bar over the whole recording.

use egui::Ui;

use super::ctx::ViewCtx;

/// What the time bar remembers between frames.
#[derive(Default)]
pub struct TimeMemory {}

/// Draws the time bar as a panel at the bottom.
pub fn ui(_ui: &mut Ui, _ctx: &ViewCtx<'_>, _memory: &mut TimeMemory) {}
