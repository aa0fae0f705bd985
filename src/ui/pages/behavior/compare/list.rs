//! The stretches that are walked through: all disagreements, or the frames of a cell.

use egui::text::{LayoutJob, TextWrapping};
use egui::{Align2, Frame, Margin, Panel, RichText, ScrollArea, Sense, Ui, WidgetInfo, vec2};

use crate::app::Command;
use crate::app::session::Session;
use crate::app::timeline::{CompareCommand, TimelineCommand};
use crate::app::ui_command::UiCommand;
use crate::behavior::compare::{Order, QueuedStretch};
use crate::jobs::behavior::accounts::Comparison;
use crate::model::vocabulary::in_words;
use crate::ui::ctx::ViewCtx;
use crate::ui::icons::{Icon, paint_icon};
use crate::ui::theme::{self, Theme, Weight, mono, sans};
use crate::ui::widgets::{ActionButton, empty_state, heading_row, paint_row, segmented};

/// Draws the panel.
pub(super) fn ui(ui: &mut Ui, ctx: &ViewCtx<'_>, session: &Session, result: &Comparison) {
    let state = &session.timeline.compare;
    let send = |command| ctx.send(Command::Timeline(TimelineCommand::Compare(command)));
    ui.spacing_mut().item_spacing.y = 4.0;
    let padding = Margin::symmetric(ctx.theme.space.panel_padding as i8, 0);
    Frame::NONE.inner_margin(padding).show(ui, |ui| {
        let title = if state.cell.is_some() { "Cell" } else { "Disagreements" };
        heading_row(ui, title, &state.queue.left().to_string(), |ui| {
            if state.cell.is_some() && ui.add(ActionButton::new("Show all")).clicked() {
                send(CompareCommand::Cell(None));
            }
        });
        if let Some([truth, found]) = &state.cell {
            let words = format!("{} against {}", in_words(truth), in_words(found));
            ui.label(RichText::new(words).color(theme::palette(ui).text_secondary));
        }
        let options = [(Order::Longest, "Longest"), (Order::CommonestCell, "By kind"), (Order::Time, "Time")];
        if let Some(order) = segmented(ui, "Order", state.order, &options) {
            send(CompareCommand::Order(order));
        }
        ui.add_space(4.0);
    });
    let foot = Frame::NONE.inner_margin(Margin::same(12));
    Panel::bottom("disagreements foot").resizable(false).frame(foot).show(ui, |ui| {
        let key = ctx.key_of(UiCommand::NextOpenSegment);
        ui.add_enabled_ui(state.queue.left() > 0, |ui| {
            if ui.add(ActionButton::primary("Next disagreement").key(&key)).clicked() {
                send(CompareCommand::Next);
            }
        });
    });
    let entries = state.queue.entries();
    if entries.is_empty() {
        let _ = empty_state(ui, "The two accounts say the same.", None);
        return;
    }
    ui.spacing_mut().item_spacing.y = 0.0;
    let height = ctx.theme.size.queue_row;
    let area = ScrollArea::vertical().id_salt("disagreements").auto_shrink(false);
    area.show_rows(ui, height, entries.len(), |ui, shown| {
        for at in shown {
            row_ui(ui, ctx, session, result, at, &entries[at]);
        }
    });
}

fn row_ui(ui: &mut Ui, ctx: &ViewCtx<'_>, session: &Session, result: &Comparison, at: usize, entry: &QueuedStretch) {
    let palette = theme::palette(ui);
    let height = ctx.theme.size.queue_row;
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), height), Sense::click());
    let is_selected = session.timeline.compare.at == Some(at);
    paint_row(ui, rect, is_selected, response.hovered());
    let stretch = entry.stretch;
    let labels = &session.timeline.compare.labels;
    let name = |at: usize| labels.get(at).map(|label| in_words(label)).unwrap_or_default();
    let animal = result.lanes.lanes.get(stretch.lane).map_or("", |lane| lane.name.as_str());
    let kind = match stretch.cell.is_agreement() {
        true => name(stretch.cell.truth),
        false => format!("{} / {}", name(stretch.cell.truth), name(stretch.cell.found)),
    };
    let secs = stretch.frames().len() as f64 / session.info.fps.max(1e-9);
    let where_ = format!("{animal} · frame {}", stretch.start_frame);
    let settled = if entry.is_settled { ", settled" } else { "" };
    let words = format!("{kind}, {where_}, {secs:.1} s{settled}");
    response.widget_info(|| WidgetInfo::selected(egui::Role::ListBoxOption, true, is_selected, &words));
    let painter = ui.painter().with_clip_rect(rect.intersect(ui.clip_rect()));
    let left = rect.left_center() + vec2(12.0, 0.0);
    let right = rect.right_center() - vec2(12.0, 0.0);
    let body = sans(Weight::Medium, Theme::get().font.body);
    let caption = sans(Weight::Regular, Theme::get().font.caption);
    let ink = if entry.is_settled { palette.text_tertiary } else { palette.text };
    let mut job = LayoutJob::simple_singleline(kind, body, ink);
    job.wrap = TextWrapping::truncate_at_width(rect.width() - 12.0 - if entry.is_settled { 76.0 } else { 60.0 });
    let galley = painter.layout_job(job);
    painter.galley(left - vec2(0.0, 8.0 + galley.size().y / 2.0), galley, ink);
    painter.text(left + vec2(0.0, 9.0), Align2::LEFT_CENTER, where_, caption, palette.text_secondary);
    let figure = mono(Weight::Medium, Theme::get().font.caption);
    painter.text(right, Align2::RIGHT_CENTER, format!("{secs:.1} s"), figure, palette.text_secondary);
    if entry.is_settled {
        let sign = egui::Rect::from_center_size(right - vec2(52.0, 0.0), vec2(14.0, 14.0));
        paint_icon(&painter, Icon::Check, sign, palette.ok);
    }
    if response.clicked() {
        ctx.send(Command::Timeline(TimelineCommand::Compare(CompareCommand::Go(at))));
    }
    response.on_hover_text(words);
}
