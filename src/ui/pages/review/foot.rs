//! The foot of the queue: how much is done, and how long the rest takes.

use egui::{Align, Layout, RichText, Ui};

use super::pace::Pace;
use crate::app::session::Session;
use crate::store::FrameState;
use crate::ui::theme::{self, Theme};
use crate::ui::widgets::progress_bar;

/// Draws it.
pub(super) fn ui(ui: &mut Ui, session: &Session, pace: &Pace) {
    let palette = theme::palette(ui);
    let counts = session.queue.counts();
    let (done, all) = (counts.done(), counts.all());
    super::padded(ui, |ui| {
        ui.add_space(8.0);
        ui.horizontal(|ui| {
            ui.label(RichText::new(format!("{done} of {all} done")).color(palette.text));
            ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                if let Some(words) = pace.words(counts.of(FrameState::Todo)) {
                    let words = RichText::new(words).size(Theme::get().font.caption).color(palette.text_secondary);
                    ui.label(words).on_hover_text("From the time between your last decisions");
                }
            });
        });
        progress_bar(ui, "Frames of the queue that are done", done as f32 / all.max(1) as f32);
        ui.add_space(12.0);
    });
}
