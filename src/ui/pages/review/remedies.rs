//! What would mend the selected keypoint: a card per alternative, best first, each with its key and what it costs before and
//! after. "Keep as it is" is among them.

use egui::{Align, Layout, Rect, RichText, Role, Sense, Stroke, StrokeKind, Ui, UiBuilder, WidgetInfo, pos2, vec2};

use super::keypoint::{About, placement_words};
use super::list::{paint, sized};
use super::padded;
use crate::app::Command;
use crate::app::session::Session;
use crate::app::ui_command::UiCommand;
use crate::pose::assist::Hypothesis;
use crate::ui::ctx::ViewCtx;
use crate::ui::theme::{self, Theme, Weight, mono, sans};
use crate::ui::widgets::{focus_ring, key_cap};

/// Height of a card, points.
const CARD: f32 = 44.0;
/// A change of the animal's shape that is worth a word, nats.
const SHAPE_NATS: f64 = 1.0;

/// Whether all cards are shown, and of what.
#[derive(Debug, Default)]
pub(super) struct RemedyMemory {
    all_of: Option<(u32, crate::model::KeypointId)>,
}

/// Draws them.
pub(super) fn ui(ui: &mut Ui, ctx: &ViewCtx<'_>, session: &Session, memory: &mut RemedyMemory, room: About) {
    let theme = ctx.theme;
    let palette = theme::palette(ui);
    let caption = |text: &str| RichText::new(text).size(theme.font.caption).color(palette.text_tertiary);
    padded(ui, |ui| {
        ui.add_space(room.gap);
        ui.horizontal(|ui| {
            let title = RichText::new("What would fix it").font(sans(Weight::Strong, theme.font.heading));
            ui.label(title.color(palette.text));
            ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                ui.label(caption("cost before → after, px")).on_hover_text(
                    "The misfit over all views of the keypoints touched, where no single view counts for more than the limit",
                );
            });
        });
        ui.add_space(0.5 * room.gap);
        if session.insight().is_none() {
            ui.label(caption("Looking at the frame."));
            return;
        }
        let found = session.hypotheses();
        if found.is_empty() {
            ui.label(caption("Nothing can be said without a calibration of two views."));
            return;
        }
        let here = (session.cursor.frame, session.selection.keypoint);
        let count = if memory.all_of == Some(here) { found.len() } else { found.len().min(room.remedies) };
        ui.spacing_mut().item_spacing.y = room.gap;
        for (index, remedy) in found.iter().take(count).enumerate() {
            card_ui(ui, ctx, session, index, remedy);
        }
        if found.len() > count {
            let more = RichText::new(format!("Show {} more", found.len() - count)).color(palette.accent);
            if ui.add(egui::Button::new(more).frame(false)).clicked() {
                memory.all_of = Some(here);
            }
        }
        ui.add_space(4.0);
    });
}

fn card_ui(ui: &mut Ui, ctx: &ViewCtx<'_>, session: &Session, index: usize, remedy: &Hypothesis) {
    let theme = Theme::get();
    let palette = theme::palette(ui);
    let (rect, _) = ui.allocate_exact_size(vec2(ui.available_width(), CARD), Sense::hover());
    let response = ui.interact(rect, ui.scope_id().with(("remedy", index)), Sense::click());
    let is_enabled = session.read_only.is_none();
    response.widget_info(|| WidgetInfo::labeled(Role::Button, is_enabled, &remedy.words));
    let is_best = index == 0 && !remedy.is_keep();
    let (fill, outline) = match (is_best, response.hovered()) {
        (true, _) => (palette.accent_fill, palette.accent),
        (false, true) => (palette.control, palette.line_strong),
        (false, false) => (palette.raised, palette.line_strong),
    };
    let stroke = Stroke::new(theme.stroke.control, outline);
    ui.painter().rect(rect, theme.radius.control, fill, stroke, StrokeKind::Inside);
    focus_ring(ui, rect, &response);

    let inner = rect.shrink2(vec2(8.0, 4.0));
    let key = u8::try_from(index).map(|index| ctx.key_of(UiCommand::Apply(index))).unwrap_or_default();
    let builder = UiBuilder::new().max_rect(inner).layout(Layout::left_to_right(Align::Center));
    let cap = ui.scope_builder(builder, |ui| key_cap(ui, &key).rect).inner;
    let costs = costs_ui(ui, inner, remedy);
    let left = cap.right() + 8.0;
    let room = costs.left() - 8.0 - left;
    let title = |words: &str| sized(ui, words, sans(Weight::Medium, theme.font.body), palette.text, room);
    let mut words = title(&remedy.words);
    if words.elided {
        words = title(&with_codes(ctx, session, remedy));
    }
    let detail = detail(session, remedy);
    let caption = sans(Weight::Regular, theme.font.caption);
    let details = sized(ui, &detail, caption, palette.text_secondary, room);
    let is_cut = details.elided || words.elided;
    paint(ui, left, rect.top() + 0.33 * CARD, words);
    paint(ui, left, rect.top() + 0.69 * CARD, details);
    if response.clicked() && is_enabled {
        ctx.send(Command::ApplyHypothesis(index));
    }
    if is_cut {
        response.on_hover_text(format!("{}\n{detail}", remedy.words));
    }
}

/// The words with the short codes of pills in place of the keypoints' names.
fn with_codes(ctx: &ViewCtx<'_>, session: &Session, remedy: &Hypothesis) -> String {
    let mut keypoints: Vec<_> = remedy.placements.iter().map(|(_, keypoint, _)| *keypoint).collect();
    // The longest first: one name may be a part of another.
    keypoints.sort_by_key(|keypoint| std::cmp::Reverse(session.skeleton.name_of(*keypoint).len()));
    keypoints.dedup();
    keypoints.into_iter().fold(remedy.words.clone(), |words, keypoint| {
        words.replace(session.skeleton.name_of(keypoint), &ctx.look.keypoint(keypoint).code)
    })
}

/// Cost before and after at the right end of a card; gives the place.
fn costs_ui(ui: &Ui, inner: Rect, remedy: &Hypothesis) -> Rect {
    let theme = Theme::get();
    let palette = theme::palette(ui);
    // Costs are squares; their roots are lengths, which a person can hold against residuals.
    let (before, after) = (remedy.cost_before.max(0.0).sqrt(), remedy.cost_after.max(0.0).sqrt());
    let colour = if after < 0.7 * before { palette.ok } else { palette.text };
    let font = |weight| mono(weight, theme.font.body);
    let after = sized(ui, &format!("{after:.1}"), font(Weight::Strong), colour, 80.0);
    let before = sized(ui, &format!("{before:.1} → "), font(Weight::Medium), palette.text_tertiary, 80.0);
    let middle = inner.center().y;
    let split = inner.right() - after.size().x;
    let left = split - before.size().x;
    paint(ui, split, middle, after);
    paint(ui, left, middle, before);
    Rect::from_min_max(pos2(left, inner.top()), inner.max)
}

/// What it does in one line: the selected keypoint's dots, the residual that is left, what the shape says.
fn detail(session: &Session, remedy: &Hypothesis) -> String {
    let selected = session.selection.keypoint;
    if remedy.is_keep() {
        return match remedy.residual_after_px {
            Some(px) => format!("residual stays {px:.1} px"),
            None => "nothing changes".to_owned(),
        };
    }
    let mut parts = Vec::new();
    let own: Vec<_> = remedy.placements.iter().filter(|(_, keypoint, _)| *keypoint == selected).collect();
    match own.as_slice() {
        [(camera, _, placement)] => {
            let before =
                session.view().and_then(|view| view.labels.get(*camera, selected)).map(|label| label.placement);
            let (name, before) = (session.camera_name(*camera), placement_words(before));
            parts.push(format!("{name}: {before} → {}", placement_words(*placement)));
        }
        [] => {}
        many => parts.push(format!("{} views", many.len())),
    }
    if let Some(px) = remedy.residual_after_px {
        parts.push(format!("leaves {px:.1} px"));
    }
    if let Some([before, after]) = remedy.strain {
        if before - after > SHAPE_NATS {
            parts.push("fits the body better".to_owned());
        } else if after - before > SHAPE_NATS {
            parts.push("fits the body worse".to_owned());
        }
    }
    parts.join(" · ")
}
