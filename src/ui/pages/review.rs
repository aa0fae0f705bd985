//! The review page: the queue on the left, worst first; the views in the middle; on the right the frame, its selected
//! keypoint and what would mend it; time below.

mod filters;

mod foot;

mod frame;

mod histogram;

mod keypoint;

mod list;

mod pace;

mod remedies;

pub(in crate::ui) use keypoint::{change_words, placement_words};

use egui::{CentralPanel, Frame, Margin, Panel, ScrollArea, Ui};

use super::Memory;
use crate::app::Page;
use crate::app::ui_command::UiCommand;
use crate::ui::ctx::ViewCtx;
use crate::ui::grid::{self, GridUse};
use crate::ui::sides::{Side, Sides};
use crate::ui::theme;
use crate::ui::time;
use crate::ui::widgets::{empty_state, section};

/// What the page remembers between frames.
#[derive(Default)]
pub struct ReviewMemory {
    histogram: histogram::HistogramMemory,
    list: list::ListMemory,
    pace: pace::Pace,
    remedies: remedies::RemedyMemory,
}

/// Filters and histogram stand over the rows where the list is so high, points; in a lower one they fold.
const FILTERS_STAND: f32 = 300.0;

/// Draws the page.
pub fn ui(ui: &mut Ui, ctx: &ViewCtx<'_>, memory: &mut Memory) {
    time::ui(ui, ctx, &mut memory.time);
    let sizes = &ctx.theme.size;
    let is_narrow = ui.ctx().content_rect().width() < sizes.narrow_below;
    let (left, right) = if is_narrow {
        (sizes.panel.left_narrow, sizes.panel.right_narrow)
    } else {
        (sizes.panel.left_wide, sizes.panel.right_wide)
    };
    let sides = Sides::new(ui.available_width(), [left, right], memory.sides);
    sides
        .show(ui, &mut memory.sides, (Side::Left, "review queue", "Queue"), |ui| queue_ui(ui, ctx, &mut memory.review));
    sides.show(ui, &mut memory.sides, (Side::Right, "review frame", "Frame"), |ui| {
        frame::ui(ui, ctx, &mut memory.review.remedies, is_narrow);
    });
    CentralPanel::default().frame(Frame::NONE).show(ui, |ui| grid::ui(ui, ctx, &mut memory.grid, GridUse::Look));
}

fn queue_ui(ui: &mut Ui, ctx: &ViewCtx<'_>, memory: &mut ReviewMemory) {
    let Some(session) = ctx.session() else { return };
    ui.spacing_mut().item_spacing.y = 0.0;
    padded(ui, |ui| filters::head_ui(ui, ctx, session));
    line(ui);
    let Some(overview) = &session.overview else {
        let _ = empty_state(ui, "Reading what is known of the frames.", None);
        return;
    };
    if overview.solved_len() == 0 {
        let key = ctx.key_of(UiCommand::GoTo(Page::Run));
        if empty_state(ui, "No frame is solved yet.", Some(("Go to Run", &key))).is_some_and(|step| step.clicked()) {
            ctx.run(UiCommand::GoTo(Page::Run));
        }
        return;
    }
    memory.pace.observe(&session.path, session.queue.decided_len(), ctx.state.now_secs);
    Panel::bottom("queue foot").resizable(false).frame(Frame::NONE).show(ui, |ui| {
        foot::ui(ui, session, &memory.pace);
    });
    let room = ui.available_height();
    let mut filters = |ui: &mut Ui| {
        ui.add_space(8.0);
        padded(ui, |ui| {
            filters::chips_ui(ui, ctx, session);
            ui.add_space(8.0);
            histogram::ui(ui, ctx, session, overview, &mut memory.histogram);
        });
        ui.add_space(4.0);
    };
    if room >= FILTERS_STAND {
        filters(ui);
    } else {
        let title = match filters::count(session.queue.filter()) {
            0 => "Filters and threshold".to_owned(),
            count => format!("Filters ({count}) and threshold"),
        };
        let is_open = padded(ui, |ui| section(ui, "filters", &title, false, |_| ()).is_some());
        if is_open {
            let most = room * 0.5;
            let area = ScrollArea::vertical().id_salt("filters").max_height(most).auto_shrink([false, true]);
            area.min_scrolled_height(0.0).show(ui, filters);
        }
    }
    line(ui);
    list::ui(ui, ctx, session, &mut memory.list);
}

/// Within the panel's margins at both sides.
fn padded<R>(ui: &mut Ui, body: impl FnOnce(&mut Ui) -> R) -> R {
    let margin = Margin::symmetric(theme::Theme::get().space.panel_padding as i8, 0);
    Frame::NONE.inner_margin(margin).show(ui, body).inner
}

/// A line from edge to edge.
fn line(ui: &mut Ui) {
    let palette = theme::palette(ui);
    let rect = ui.available_rect_before_wrap();
    let stroke = egui::Stroke::new(theme::Theme::get().stroke.line, palette.line);
    ui.painter().hline(rect.x_range(), rect.top(), stroke);
    ui.add_space(1.0);
}

#[cfg(test)]
mod tests;
