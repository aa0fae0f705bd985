//! The behaviour page: its place in the window.

use egui::{CentralPanel, Frame, Ui};

use crate::ui::ctx::ViewCtx;
use crate::ui::theme;
use crate::ui::widgets::empty_state;

/// Draws the page.
pub fn ui(ui: &mut Ui, _ctx: &ViewCtx<'_>) {
    let frame = Frame::NONE.fill(theme::palette(ui).window);
    CentralPanel::default().frame(frame).show(ui, |ui| {
        empty_state(ui, "Timelines are made and exported on the command line: behaviorvlm behavior --help. They are not shown here yet.", None);
    });
}
