//! The stretch that is shown: both accounts of its animal around it as two lanes, and what can be done about it.

use egui::{Align, Align2, Layout, Rect, RichText, Sense, Stroke, StrokeKind, Ui, WidgetInfo, pos2, vec2};

use super::super::paint;
use crate::app::Command;
use crate::app::session::Session;
use crate::app::timeline::{CompareCommand, TimelineCommand};
use crate::app::ui_command::UiCommand;
use crate::behavior::compare::Stretch;
use crate::jobs::behavior::accounts::{Account, Comparison};
use crate::model::AnimalId;
use crate::model::vocabulary::in_words;
use crate::ui::ctx::ViewCtx;
use crate::ui::icons::{Icon, icon_button};
use crate::ui::theme::behavior::LabelLooks;
use crate::ui::theme::{self, Theme, Weight, sans};
use crate::ui::widgets::ActionButton;

/// Height of a lane, points.
const LANE: f32 = 22.0;
/// Width of the lanes' names.
const NAMES: f32 = 132.0;
/// At least so much is shown before and after the stretch, seconds.
const AROUND_SECS: f64 = 2.0;

/// Draws words, buttons and lanes.
pub(super) fn ui(
    ui: &mut Ui,
    ctx: &ViewCtx<'_>,
    session: &Session,
    result: &Comparison,
    stretch: Stretch,
    looks: &LabelLooks,
) {
    bar_ui(ui, ctx, session, result, stretch);
    let reach = ((AROUND_SECS * session.info.fps).round() as u32).max(stretch.frames().len() as u32 / 2);
    let shown = stretch.start_frame.saturating_sub(reach)
        ..stretch.stop_frame.saturating_add(reach).min(session.info.frame_count).max(1);
    let size = vec2(ui.available_width(), 2.0 * LANE + 14.0);
    let (rect, _) = ui.allocate_exact_size(size, Sense::hover());
    let lanes = Rect::from_min_max(rect.min + vec2(NAMES, 4.0), rect.max - vec2(16.0, 8.0));
    let x_of = |frame: u32| {
        let share = (f64::from(frame) - f64::from(shown.start)) / f64::from(shown.end - shown.start).max(1.0);
        lanes.left() + (share * f64::from(lanes.width())) as f32
    };
    let palette = theme::palette(ui);
    let animal = AnimalId(stretch.lane as u8);
    for (at, told) in [&result.truth, &result.found].into_iter().enumerate() {
        let top = lanes.top() + at as f32 * (LANE + 2.0);
        let lane = Rect::from_x_y_ranges(lanes.x_range(), top..=top + LANE);
        ui.painter().rect_filled(lane, 2, palette.window);
        let caption = sans(Weight::Regular, Theme::get().font.caption);
        let names = ui.painter().with_clip_rect(
            Rect::from_min_max(pos2(rect.left() + 8.0, top), pos2(lanes.left() - 8.0, top + LANE))
                .intersect(ui.clip_rect()),
        );
        let at = pos2(rect.left() + 12.0, lane.center().y);
        names.text(at, Align2::LEFT_CENTER, told.account.words(), caption.clone(), palette.text_secondary);
        for segment in Comparison::said(told, animal, &shown) {
            let look = looks.of(&segment.label, false);
            let left = x_of(segment.start_frame.max(shown.start));
            let right = x_of(segment.stop_frame.min(shown.end));
            let place = Rect::from_x_y_ranges(left..=(right - 1.0).max(left + 1.0), lane.y_range());
            let painter = ui.painter().with_clip_rect(place.intersect(ui.clip_rect()));
            paint::filled(&painter, place, &look);
            let galley = ui.painter().layout_no_wrap(in_words(&segment.label), caption.clone(), look.ink);
            if galley.size().x + 10.0 <= place.width() {
                let at = pos2(place.left() + 5.0, place.center().y - galley.size().y / 2.0);
                painter.galley(at, galley, look.ink);
            }
        }
    }
    let around = Rect::from_x_y_ranges(x_of(stretch.start_frame)..=x_of(stretch.stop_frame), lanes.y_range());
    let stroke = Stroke::new(Theme::get().stroke.selection, palette.text);
    ui.painter().rect_stroke(around.expand2(vec2(0.0, 2.0)), 3, stroke, StrokeKind::Outside);
    if shown.contains(&session.cursor.frame) {
        let x = f32::midpoint(x_of(session.cursor.frame), x_of(session.cursor.frame + 1));
        ui.painter().vline(x, lanes.top() - 3.0..=lanes.bottom() + 3.0, Stroke::new(1.5, palette.accent));
    }
    let response = ui.interact(lanes, ui.make_persistent_id("stretch lanes"), Sense::click_and_drag());
    response.widget_info(|| WidgetInfo::slider(true, f64::from(session.cursor.frame), "Frame in the two accounts"));
    if let Some(at) = response.interact_pointer_pos() {
        let share = f64::from(((at.x - lanes.left()) / lanes.width().max(1.0)).clamp(0.0, 1.0));
        let frame = shown.start + (share * f64::from(shown.end - shown.start)) as u32;
        let frame = frame.min(shown.end - 1);
        if frame != session.cursor.frame {
            ctx.send(Command::ShowFrame(frame));
        }
    }
}

fn bar_ui(ui: &mut Ui, ctx: &ViewCtx<'_>, session: &Session, result: &Comparison, stretch: Stretch) {
    let state = &session.timeline.compare;
    let send = |command| ctx.send(Command::Timeline(TimelineCommand::Compare(command)));
    let size = vec2(ui.available_width(), ctx.theme.size.tool_bar);
    ui.allocate_ui_with_layout(size, Layout::left_to_right(Align::Center), |ui| {
        ui.set_min_size(size);
        ui.add_space(8.0);
        let keys = [UiCommand::PreviousSegment, UiCommand::NextSegment].map(|command| ctx.key_of(command));
        if icon_button(ui, Icon::ChevronLeft, "Previous in the list", &keys[0]).clicked() {
            send(CompareCommand::Step(-1));
        }
        if icon_button(ui, Icon::ChevronRight, "Next in the list", &keys[1]).clicked() {
            send(CompareCommand::Step(1));
        }
        let place = state.at.map_or(0, |at| at + 1);
        let words = format!(
            "{place} of {} · frames {} to {}",
            state.queue.entries().len(),
            stretch.start_frame,
            stretch.stop_frame - 1
        );
        ui.label(RichText::new(words).color(theme::palette(ui).text_secondary));
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            ui.add_space(12.0);
            if ui.add(ActionButton::new("Open in timeline")).clicked() {
                send(CompareCommand::OpenInTimeline);
            }
            let theirs = result.theirs();
            if theirs.account == Account::Human || stretch.cell.is_agreement() {
                return;
            }
            let words = format!("Take over from {}", theirs.account.words());
            let is_settled = state.at.and_then(|at| state.queue.entries().get(at)).is_some_and(|it| it.is_settled);
            ui.add_enabled_ui(session.read_only.is_none() && !is_settled, |ui| {
                let button = ui.add(ActionButton::new(&words));
                let button = button.on_hover_text("Makes the human layer say the same in these frames, as one edit");
                if button.clicked() {
                    send(CompareCommand::TakeTheirs);
                }
            });
        });
    });
}
