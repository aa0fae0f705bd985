//! What is said of the frame under the pointer.

use egui::Ui;

use super::axis::Axis;
use super::bar::is_open_seed;
use super::bins::{Bins, kind_of};
use super::transport::seconds;
use crate::app::overview::Overview;
use crate::app::session::Session;
use crate::store::FrameState;
use crate::ui::ctx::ViewCtx;
use crate::ui::theme;
use crate::ui::widgets::state_word;

#[expect(clippy::too_many_arguments, reason = "where the pointer is and what is there")]
pub(super) fn ui(
    ui: &mut Ui,
    ctx: &ViewCtx<'_>,
    session: &Session,
    overview: &Overview,
    axis: &Axis,
    x: f32,
    frame: u32,
    on_marks: bool,
    bins: &Bins,
) {
    let palette = theme::palette(ui);
    let quiet = |words: String| egui::RichText::new(words).color(palette.text_secondary);
    if let Some(mark) = bins.mark_at(axis, x).filter(|mark| on_marks && mark.count() > 1) {
        ui.strong(mark.words());
        ui.label(quiet(format!("frames {} to {}", mark.first, mark.last)));
        ui.label(quiet(format!("Click for frame {}", mark.goal)));
        return;
    }
    let time = seconds(session, frame).map(|secs| format!(", {secs}")).unwrap_or_default();
    ui.strong(format!("Frame {frame}{time}"));
    let Some(mark) = overview.marks.get(frame as usize) else { return };
    if mark.residual_px.is_nan() {
        ui.label(quiet(if mark.is_detected { "not solved".to_owned() } else { "no dots looked for".to_owned() }));
    } else {
        let state =
            if mark.state == FrameState::Todo { String::new() } else { format!(", {}", state_word(mark.state)) };
        ui.label(quiet(format!("worst residual {:.1} px{state}", mark.residual_px)));
    }
    if mark.dots > 0 {
        ui.label(quiet(format!("{} dots in all views", mark.dots)));
    }
    let is_open = session.seeds.frames.contains(&frame) && is_open_seed(session, ctx.state.page, frame);
    if let Some(kind) = kind_of(mark, is_open, session.queue.threshold_px() as f32) {
        ui.label(quiet(kind.words(1).to_owned()));
    }
    if let Some(bin) = bins.bin_of(frame).filter(|bin| bin.frames > 1 && !bin.worst_px.is_nan()) {
        let last = bin.first + bin.frames - 1;
        let words = format!("worst of {} to {last}: {:.1} px, frame {}", bin.first, bin.worst_px, bin.worst);
        ui.label(quiet(words));
    }
}
