//! The head of the queue: its order, "re-rank", and chips that say which frames it shows. Each chip opens a menu.

use egui::{Popup, Response, RichText, Ui};

use crate::app::Command;
use crate::app::command::QueueFilter;
use crate::app::queue::ReasonKind;
use crate::app::session::Session;
use crate::app::ui_command::UiCommand;
use crate::pose::ranking::RankBy;
use crate::store::FrameState;
use crate::ui::ctx::ViewCtx;
use crate::ui::icons::Icon;
use crate::ui::theme;
use crate::ui::widgets::{chip, heading_row, named_tooltip, state_word};

/// The orders that are offered, with their words.
const ORDERS: [(RankBy, &str); 10] = [
    (RankBy::LikelyWrong, "Likely wrong"),
    (RankBy::ResidualAfter, "Residual"),
    (RankBy::Reprojection, "Residual at first"),
    (RankBy::Side, "Side flipped"),
    (RankBy::Disagreement, "Labels taken back"),
    (RankBy::Margin, "Unsure"),
    (RankBy::Jump, "Jump"),
    (RankBy::Bones, "Bone lengths"),
    (RankBy::TwoViews, "Two views only"),
    (RankBy::Unassigned, "Free dots"),
];

const STATES: [FrameState; 4] = [FrameState::Todo, FrameState::Fixed, FrameState::Accepted, FrameState::Skipped];

/// Title, order, re-rank.
pub(super) fn head_ui(ui: &mut Ui, ctx: &ViewCtx<'_>, session: &Session) {
    let palette = theme::palette(ui);
    let by = session.queue.by();
    heading_row(ui, "Queue", "", |ui| {
        let key = ctx.key_of(UiCommand::Rerank);
        let rerank = quiet_button(ui, Icon::Rerun, "Re-rank");
        let rerank = named_tooltip(rerank, "Order the queue anew", &key);
        if rerank.clicked() {
            ctx.run(UiCommand::Rerank);
        }
        ui.with_layout(egui::Layout::left_to_right(egui::Align::Center), |ui| {
            let words = match by {
                RankBy::LikelyWrong => "worst first".to_owned(),
                _ => format!("by {}", order_words(by).to_lowercase()),
            };
            let text = RichText::new(words).color(palette.text_secondary);
            let button = ui.add(egui::Button::new(text).frame(false)).on_hover_text("What the queue is ordered by");
            Popup::menu(&button).show(|ui| {
                for (order, words) in ORDERS {
                    if ui.selectable_label(order == by, words).clicked() {
                        ctx.send(Command::OrderBy(order));
                    }
                }
            });
        });
    });
}

fn order_words(by: RankBy) -> &'static str {
    ORDERS.iter().find(|(order, _)| *order == by).map_or("", |(_, words)| words)
}

/// A button without frame: icon and words.
fn quiet_button(ui: &mut Ui, sign: Icon, text: &str) -> Response {
    let theme = theme::Theme::get();
    let palette = theme::palette(ui);
    let words = ui.painter().layout_no_wrap(
        text.to_owned(),
        theme::sans(theme::Weight::Medium, theme.font.body),
        palette.text_secondary,
    );
    let (side, gap) = (theme.size.icon, 1.5 * theme.space.unit);
    let size = egui::vec2(side + gap + words.size().x + 2.0 * theme.space.unit, theme.size.control);
    let (rect, response) = ui.allocate_exact_size(size, egui::Sense::click());
    let colour = if response.hovered() { palette.text } else { palette.text_secondary };
    if response.hovered() {
        ui.painter().rect_filled(rect, theme.radius.control, palette.control);
    }
    let inner = rect.shrink2(egui::vec2(theme.space.unit, 0.0));
    let place =
        egui::Rect::from_center_size(egui::pos2(inner.left() + side / 2.0, inner.center().y), egui::Vec2::splat(side));
    crate::ui::icons::paint_icon(ui.painter(), sign, place, colour);
    let at = egui::pos2(place.right() + gap, inner.center().y - words.size().y / 2.0);
    ui.painter().galley_with_override_text_color(at, words, colour);
    crate::ui::widgets::focus_ring_inside(ui, rect, &response);
    response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Button, ui.is_enabled(), text));
    response
}

/// The chips.
pub(super) fn chips_ui(ui: &mut Ui, ctx: &ViewCtx<'_>, session: &Session) {
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing = egui::vec2(6.0, 6.0);
        ui.spacing_mut().interact_size.y = 2.0 * f32::from(ctx.theme.radius.chip);
        state_chip(ui, ctx, session);
        let filter = session.queue.filter();
        let reasons = ReasonKind::ALL.map(|kind| (kind, kind.words().to_owned()));
        choice_chip(ui, "Any reason", filter.reason, &reasons, |reason| {
            ctx.send(Command::SetFilter(QueueFilter { reason, ..filter.clone() }));
        });
        let cameras: Vec<_> =
            session.cameras().map(|camera| (camera, session.camera_name(camera).to_owned())).collect();
        choice_chip(ui, "Any camera", filter.camera, &cameras, |camera| {
            ctx.send(Command::SetFilter(QueueFilter { camera, ..filter.clone() }));
        });
        let skeleton = &session.skeleton;
        let keypoints: Vec<_> = skeleton.ids().map(|id| (id, skeleton.name_of(id).to_owned())).collect();
        choice_chip(ui, "Any keypoint", filter.keypoint, &keypoints, |keypoint| {
            ctx.send(Command::SetFilter(QueueFilter { keypoint, ..filter.clone() }));
        });
    });
}

/// How many filters are set, states aside.
pub(super) fn count(filter: &QueueFilter) -> usize {
    [filter.reason.is_some(), filter.camera.is_some(), filter.keypoint.is_some()].into_iter().filter(|is| *is).count()
}

fn state_chip(ui: &mut Ui, ctx: &ViewCtx<'_>, session: &Session) {
    let (filter, counts) = (session.queue.filter(), session.queue.counts());
    let text = |state: FrameState| {
        let word = state_word(state);
        format!("{}{} {}", word[..1].to_uppercase(), &word[1..], counts.of(state))
    };
    let all = format!("All {}", counts.all());
    let now = match filter.states.as_slice() {
        [state] => text(*state),
        _ => all.clone(),
    };
    let button = chip(ui, &now, !filter.states.is_empty()).on_hover_text("Which frames are shown");
    Popup::menu(&button).show(|ui| {
        for state in STATES {
            if ui.selectable_label(filter.states == [state], text(state)).clicked() {
                ctx.send(Command::SetFilter(QueueFilter { states: vec![state], ..filter.clone() }));
            }
        }
        if ui.selectable_label(filter.states.is_empty(), all).clicked() {
            ctx.send(Command::SetFilter(QueueFilter { states: Vec::new(), ..filter.clone() }));
        }
    });
}

/// A chip that opens a menu of which one is chosen, or none.
fn choice_chip<T: Copy + PartialEq>(
    ui: &mut Ui,
    any: &str,
    chosen: Option<T>,
    options: &[(T, String)],
    choose: impl Fn(Option<T>),
) {
    let name = options.iter().find(|(option, _)| Some(*option) == chosen).map_or(any, |(_, name)| name);
    let button = chip(ui, name, chosen.is_some());
    Popup::menu(&button).show(|ui| {
        if ui.selectable_label(chosen.is_none(), any).clicked() {
            choose(None);
        }
        for (option, name) in options {
            if ui.selectable_label(chosen == Some(*option), name).clicked() {
                choose(Some(*option));
            }
        }
    });
}
