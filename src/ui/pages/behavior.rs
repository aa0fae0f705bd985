//! The behaviour page: its place in the window.

use egui::{CentralPanel, Frame, Ui};

use crate::ui::ctx::ViewCtx;
use crate::ui::theme;
use crate::ui::widgets::empty_state;

/// Draws the page.
pub fn ui(ui: &mut Ui, _ctx: &ViewCtx<'_>) {
    let frame = Frame::NONE.fill(theme::palette(ui).window);
    CentralPanel::default().frame(frame).show(ui, |ui| {
        empty_state(ui, "No clips yet. This version does not make any.", None);
    });
}
