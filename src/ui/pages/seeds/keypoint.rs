//! The selected keypoint at the right: what it is in each view, who said so, and how well it fits.

use egui::{Align2, RichText, Sense, Ui, pos2, vec2};

use super::glyph_ui;
use crate::app::Command;
use crate::app::session::Session;
use crate::app::ui_command::UiCommand;
use crate::jobs::labelling::FrameView;
use crate::model::{CameraId, KeypointId, Label, Placement};
use crate::pose::assist::{KnownPlace, Proposal, ProposalReason};
use crate::ui::ctx::ViewCtx;
use crate::ui::icons::{Icon, icon};
use crate::ui::theme::{self, Ink, Weight, mono, sans};
use crate::ui::widgets::ActionButton;

/// Draws the part.
pub(super) fn ui(ui: &mut Ui, ctx: &ViewCtx<'_>, session: &Session, is_low: bool) {
    let Some(view) = session.view() else { return };
    let keypoint = session.selection.keypoint;
    title_ui(ui, ctx, session, view, keypoint);
    let proposals: Vec<&Proposal> = session.proposals().filter(|found| found.keypoint == keypoint).collect();
    ui.spacing_mut().item_spacing.y = 0.0;
    for camera in session.cameras() {
        let line = line_of(session, view, &proposals, camera, keypoint);
        line_ui(ui, ctx, session, camera, &line, line_height(is_low));
    }
    ui.add_space(4.0);
}

/// Height of the line of a view, points.
fn line_height(is_low: bool) -> f32 {
    if is_low { 20.0 } else { 22.0 }
}

/// How high the part is, with the separator over it, points.
pub(super) fn height(session: &Session, is_low: bool) -> f32 {
    let theme = theme::Theme::get();
    let legend = if is_low { 0.0 } else { 6.0 + theme.size.control + theme.space.row_gap };
    legend + theme.size.control + line_height(is_low) * session.info.cameras.len() as f32 + 18.0
}

fn title_ui(ui: &mut Ui, ctx: &ViewCtx<'_>, session: &Session, view: &FrameView, keypoint: KeypointId) {
    let palette = theme::palette(ui);
    ui.horizontal(|ui| {
        ui.set_min_height(ctx.theme.size.control);
        glyph_ui(ui, ctx, keypoint);
        let name = RichText::new(session.skeleton.name_of(keypoint)).font(sans(Weight::Strong, ctx.theme.font.heading));
        ui.label(name.color(palette.text));
        let seen = view.labels.views_of(keypoint).iter().flatten().count();
        let place = session.insight().map(|insight| insight.assist.place);
        let badge = match (seen, place) {
            (2.., Some(KnownPlace::Disagreement)) => Some((Icon::Warning, Ink::Error, "views do not agree")),
            (2, _) => Some((Icon::TwoViews, Ink::Warn, "two views, unverified")),
            (3.., Some(KnownPlace::Point { views: 2, .. })) => {
                Some((Icon::TwoViews, Ink::Warn, "only two views agree"))
            }
            _ => None,
        };
        if let Some((sign, ink, words)) = badge {
            ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
                ui.label(RichText::new(words).color(palette.ink(ink)));
                icon(ui, sign, ctx.theme.size.icon, palette.ink(ink));
            });
        }
    });
}

/// What stands in the line of a view.
struct Line {
    words: String,
    figure: String,
    ink: Ink,
    figure_ink: Ink,
}

fn line_of(
    session: &Session,
    view: &FrameView,
    proposals: &[&Proposal],
    camera: CameraId,
    keypoint: KeypointId,
) -> Line {
    let limit_px = session.labelling.tau_at_width_px();
    if let Some(label) = view.labels.get(camera, keypoint) {
        let residual_px = view.residuals_px.get(camera, keypoint);
        let is_far = residual_px.is_some_and(|px| px > limit_px);
        let is_absent = label.placement == Placement::Absent;
        return Line {
            words: label_words(label),
            figure: residual_px.map_or_else(|| "–".to_owned(), |px| format!("{px:.1} px")),
            ink: if is_absent { Ink::TextTertiary } else { Ink::Text },
            figure_ink: match (is_far, residual_px) {
                (true, _) => Ink::Error,
                (false, Some(_)) => Ink::Text,
                (false, None) => Ink::TextTertiary,
            },
        };
    }
    if let Some(proposal) = proposals.iter().find(|found| found.camera == camera) {
        let is_dot = proposal.placement.number().is_some();
        return Line {
            words: proposal_words(proposal, limit_px),
            figure: proposal.distance_px.map_or_else(|| "–".to_owned(), |px| format!("{px:.1} px")),
            ink: if is_dot { Ink::TextSecondary } else { Ink::TextTertiary },
            figure_ink: if is_dot { Ink::Accent } else { Ink::TextTertiary },
        };
    }
    let assist = session.insight().and_then(|insight| insight.assist.views.iter().find(|view| view.camera == camera));
    let curves = assist.map_or(&[][..], |assist| &assist.curves);
    let words = match curves.iter().map(|curve| curve.near.len()).max() {
        Some(0) => "no dot near the line".to_owned(),
        Some(1) => "1 dot near the line".to_owned(),
        Some(count) => format!("{count} dots near the line"),
        None => "to do".to_owned(),
    };
    Line { words, figure: "–".to_owned(), ink: Ink::TextTertiary, figure_ink: Ink::TextTertiary }
}

fn label_words(label: &Label) -> String {
    let what = match label.placement {
        Placement::Centroid { number, .. } => format!("dot {}", number.0),
        Placement::Free { .. } => "free point".to_owned(),
        Placement::Absent => "not visible".to_owned(),
    };
    match &label.provenance.annotator {
        Some(name) if label.is_human() => format!("{what}, labelled by {name}"),
        _ if label.is_human() => format!("{what}, by hand"),
        _ => format!("{what}, by the computer"),
    }
}

fn proposal_words(proposal: &Proposal, limit_px: f64) -> String {
    match (proposal.placement, proposal.reason) {
        (Placement::Centroid { number, .. }, ProposalReason::CarriedOver) => {
            format!("dot {} proposed from another frame", number.0)
        }
        (Placement::Centroid { number, .. }, _) => format!("dot {} proposed", number.0),
        (Placement::Free { .. }, _) => "free point proposed".to_owned(),
        (Placement::Absent, ProposalReason::NoDot) => format!("no dot within {limit_px:.0} px"),
        (Placement::Absent, ProposalReason::OutsidePicture) => "outside the picture".to_owned(),
        (Placement::Absent, ProposalReason::OnlyFaint { number, .. }) => {
            format!("only dot {}, which is faint", number.0)
        }
        (Placement::Absent, _) => "not visible, proposed".to_owned(),
    }
}

fn line_ui(ui: &mut Ui, ctx: &ViewCtx<'_>, session: &Session, camera: CameraId, line: &Line, height: f32) {
    let palette = theme::palette(ui);
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), height), Sense::CLICK);
    if response.hovered() {
        ui.painter().rect_filled(rect.expand2(vec2(4.0, 0.0)), ctx.theme.radius.mark, palette.raised);
        ctx.hover_keypoint(session.selection.keypoint);
    }
    let name = session.camera_name(camera);
    let words = format!("{name}: {} {}", line.words, line.figure);
    response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Button, ui.is_enabled(), &words));
    if response.clicked() {
        ctx.send(Command::SelectView(Some(camera)));
    }
    let body = sans(Weight::Regular, ctx.theme.font.body);
    let middle = rect.center().y;
    let painter = ui.painter();
    let is_active = session.selection.camera == Some(camera);
    let colour = if is_active { palette.text } else { palette.text_secondary };
    let names = painter.with_clip_rect(egui::Rect::from_min_size(rect.min, vec2(58.0, rect.height())));
    names.text(pos2(rect.left(), middle), Align2::LEFT_CENTER, name, body.clone(), colour);
    painter.text(pos2(rect.left() + 62.0, middle), Align2::LEFT_CENTER, &line.words, body, palette.ink(line.ink));
    let font = mono(Weight::Medium, ctx.theme.font.caption);
    painter.text(rect.right_center(), Align2::RIGHT_CENTER, &line.figure, font, palette.ink(line.figure_ink));
}

/// The buttons show their keys where the row is so wide, points; else the tooltips do.
const ROOM_FOR_KEYS: f32 = 364.0;

/// What can be done with the frame's labels.
pub(super) fn buttons_ui(ui: &mut Ui, ctx: &ViewCtx<'_>, session: &Session) {
    let refusal = session.read_only.as_ref().map(|reason| format!("Read only: {reason}."));
    let why = |otherwise: &str| refusal.clone().unwrap_or_else(|| otherwise.to_owned());
    let with_keys = ui.max_rect().width() >= ROOM_FOR_KEYS;
    let on_button = |key: &str| if with_keys { key.to_owned() } else { String::new() };
    // Without an active view, the whole frame is meant.
    let swap = if session.selection.camera.is_some() { UiCommand::SwapSides } else { UiCommand::SwapSidesAll };
    let key = ctx.key_of(swap);
    let shown = on_button(&key);
    let response = ui.add_enabled(swap.is_enabled(ctx.state), ActionButton::new("Swap left and right").key(&shown));
    let words = match (session.mirror_of_selected(), session.selection.camera) {
        (None, _) => "This keypoint has no mirror image.".to_owned(),
        (Some(mirror), Some(camera)) => {
            format!("Swap with {} in {} ({key})", session.skeleton.name_of(mirror), session.camera_name(camera))
        }
        (Some(mirror), None) => format!("Swap with {} in all views ({key})", session.skeleton.name_of(mirror)),
    };
    if response.on_hover_text(&words).on_disabled_hover_text(why(&words)).clicked() {
        ctx.run(swap);
    }
    let count = session.proposals().count();
    let key = ctx.key_of(UiCommand::AcceptFrame);
    let is_possible = count > 0 && UiCommand::AcceptFrame.is_enabled(ctx.state);
    let response = ui.add_enabled(is_possible, ActionButton::new("Accept all").key(&on_button(&key)));
    let hint = "Nothing is proposed yet: label keypoints in two views.";
    let words = format!("Take all {count} proposals of this frame ({key})");
    if response.on_hover_text(words).on_disabled_hover_text(why(hint)).clicked() {
        ctx.run(UiCommand::AcceptFrame);
    }
}
