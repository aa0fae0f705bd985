//! Dialogs over the page.

use egui::Ui;

use super::ctx::ViewCtx;

/// What dialogs remember between frames.
#[derive(Default)]
pub struct DialogMemory {}

/// Draws the open dialog.
pub fn ui(_ui: &mut Ui, _ctx: &ViewCtx<'_>, _memory: &mut DialogMemory) {}
