//! The behaviour page: its place in the window.

use egui::Ui;

use crate::ui::ctx::ViewCtx;
use crate::ui::widgets::empty_state;

/// Draws the page.
pub fn ui(ui: &mut Ui, _ctx: &ViewCtx<'_>) {
    let _ = empty_state(ui, "No clips yet. This version does not make any.", None);
}
