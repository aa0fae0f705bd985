//! Dialogs over the page.

mod rerun;

use egui::Ui;

use super::ctx::ViewCtx;

/// What dialogs remember between frames.
#[derive(Default)]
pub struct DialogMemory {}

/// Draws the open dialog.
pub fn ui(ui: &mut Ui, ctx: &ViewCtx<'_>, _memory: &mut DialogMemory) {
    rerun::ui(ui, ctx);
}
