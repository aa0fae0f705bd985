//! The selected keypoint in all views: what speaks against it, how far each of its labels is off, what the run changed.

use egui::{Align, Layout, Rect, RichText, Sense, Ui, pos2, vec2};

use super::list::{paint, sized};
use super::padded;
use crate::app::Command;
use crate::app::queue::ReasonKind;
use crate::app::session::Session;
use crate::app::ui_command::UiCommand;
use crate::jobs::labelling::FrameView;
use crate::model::{CameraId, KeypointId, Placement};
use crate::pose::ranking::chance_wrong;
use crate::store::ChangeRecord;
use crate::ui::ctx::ViewCtx;
use crate::ui::icons::{Icon, icon};
use crate::ui::marks::glyph;
use crate::ui::theme::{self, Ink, Theme, Weight, appearance_of, mono, sans};
use crate::ui::widgets::named_tooltip;

/// Height of a camera's bar with its words, points.
const BAR_ROW: f32 = 18.0;

/// Draws it.
pub(super) fn ui(ui: &mut Ui, ctx: &ViewCtx<'_>, session: &Session, view: &FrameView, room: About) {
    let keypoint = session.selection.keypoint;
    ui.add_space(room.gap);
    padded(ui, |ui| {
        head_ui(ui, ctx, session, view, keypoint);
        if room.with_bars {
            ui.add_space(4.0);
            bars_ui(ui, ctx, session, view, keypoint);
        }
        changes_ui(ui, session, view, keypoint);
        let entry = UiCommand::Why.entry();
        let link = ui.add_enabled_ui(UiCommand::Why.is_enabled(ctx.state), |ui| ui.link(entry.text)).inner;
        if named_tooltip(link, entry.tooltip, &ctx.key_of(UiCommand::Why)).clicked() {
            ctx.run(UiCommand::Why);
        }
    });
    ui.add_space(room.gap);
}

/// How closely things stand below the table.
#[derive(Clone, Copy, Debug)]
pub(super) struct About {
    /// Whether the views have a bar each.
    pub with_bars: bool,
    /// Over and under headings, points.
    pub gap: f32,
    /// How many remedies are shown at first.
    pub remedies: usize,
}

fn head_ui(ui: &mut Ui, ctx: &ViewCtx<'_>, session: &Session, view: &FrameView, keypoint: KeypointId) {
    let theme = ctx.theme;
    let palette = theme::palette(ui);
    let look = ctx.look.keypoint(keypoint);
    ui.horizontal(|ui| {
        glyph(ui, look.region.shape, look.in_list(appearance_of(ui)), look.side.is_solid(), theme.size.icon);
        let name = RichText::new(session.skeleton.name_of(keypoint));
        ui.label(name.font(sans(Weight::Strong, theme.font.heading)).color(palette.text));
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            if let Some((sign, ink, words)) = badge(session, view, keypoint) {
                ui.label(RichText::new(words).color(palette.ink(ink)));
                icon(ui, sign, theme.size.icon, palette.ink(ink));
            }
        });
    });
}

/// What speaks against the keypoint, the loudest first.
fn badge(session: &Session, view: &FrameView, keypoint: KeypointId) -> Option<(Icon, Ink, &'static str)> {
    let worst_px = view.residuals_px.worst_of(keypoint).unwrap_or(0.0);
    let is_over = worst_px >= session.queue.threshold_px();
    let mirror = session.mirror_of_selected();
    let best = session.hypotheses().first().filter(|best| !best.is_keep());
    let swaps = best.is_some_and(|best| {
        let of = |wanted: KeypointId| best.placements.iter().any(|(_, moved, _)| *moved == wanted);
        of(keypoint) && mirror.is_some_and(of)
    });
    let labels = || session.cameras().filter_map(|camera| view.labels.get(camera, keypoint));
    let margin = labels().filter_map(|label| label.margin).reduce(f32::min);
    let is_human = labels().any(|label| label.is_human());
    let point = view.pose.points.get(keypoint.index()).copied().flatten();
    if swaps && (is_over || view.summary.as_ref().and_then(|summary| summary.side).is_some_and(|side| side > 0.0)) {
        Some((Icon::Warning, Ink::Error, ReasonKind::Side.words()))
    } else if is_over {
        Some((Icon::Warning, Ink::Error, ReasonKind::Residual.words()))
    } else if point.is_none() {
        Some((Icon::Warning, Ink::Warn, "No 3D point"))
    } else if point.is_some_and(|point| point.views == 2) {
        Some((Icon::TwoViews, Ink::Warn, "Two views, unverified"))
    } else if !is_human && margin.is_some_and(|margin| chance_wrong(margin) > UNSURE) {
        Some((Icon::Question, Ink::Warn, ReasonKind::Unsure.words()))
    } else {
        None
    }
}

/// A keypoint is unsure where another is likelier than this.
const UNSURE: f64 = 0.3;

fn bars_ui(ui: &mut Ui, ctx: &ViewCtx<'_>, session: &Session, view: &FrameView, keypoint: KeypointId) {
    // Full length is a residual that is twice what is worth a look, or the largest one.
    let scale_px = view.residuals_px.worst_of(keypoint).unwrap_or(0.0).max(2.0 * session.queue.threshold_px());
    for camera in session.cameras() {
        bar_ui(ui, ctx, session, view, (camera, keypoint), scale_px);
    }
}

fn bar_ui(
    ui: &mut Ui,
    ctx: &ViewCtx<'_>,
    session: &Session,
    view: &FrameView,
    (camera, keypoint): (CameraId, KeypointId),
    scale_px: f64,
) {
    let theme = Theme::get();
    let palette = theme::palette(ui);
    let (rect, _) = ui.allocate_exact_size(vec2(ui.available_width(), BAR_ROW), Sense::hover());
    let name = session.camera_name(camera);
    let label = view.labels.get(camera, keypoint);
    let px = view.residuals_px.get(camera, keypoint);
    let is_over = px.is_some_and(|px| px >= session.queue.threshold_px());
    let quiet = if is_over { palette.error } else { palette.text_secondary };
    let caption = sans(Weight::Regular, theme.font.caption);
    let figures = mono(if is_over { Weight::Strong } else { Weight::Medium }, theme.font.body);
    let (dot, residual) = match (label.map(|label| label.placement), px) {
        (Some(Placement::Absent), _) => (String::new(), "not seen".to_owned()),
        (None, _) => (String::new(), "no label".to_owned()),
        (Some(placement), Some(px)) => {
            (placement.number().map_or_else(|| "free".to_owned(), |number| number.0.to_string()), format!("{px:.1}"))
        }
        (Some(placement), None) => {
            let dot = placement.number().map_or_else(|| "free".to_owned(), |number| number.0.to_string());
            (dot, "alone".to_owned())
        }
    };
    let has_figure = px.is_some() && !dot.is_empty();
    let response = ui.interact(rect, ui.scope_id().with(("bar", camera.0)), Sense::CLICK);
    response.widget_info(|| {
        let words = format!(
            "{name}: {}{residual}{}",
            if dot.is_empty() { String::new() } else { format!("dot {dot}, ") },
            if has_figure { " px" } else { "" }
        );
        egui::WidgetInfo::labeled(egui::Role::Button, ui.is_enabled(), words)
    });
    if response.clicked() {
        ctx.send(Command::SelectView(Some(camera)));
    }
    if response.hovered() {
        ui.painter().rect_filled(rect, theme.radius.mark, palette.raised);
    }
    let middle = rect.center().y;
    paint(ui, rect.left(), middle, sized(ui, name, caption.clone(), quiet, 60.0));
    let track = Rect::from_min_max(pos2(rect.left() + 44.0, middle - 2.0), pos2(rect.right() - 76.0, middle + 2.0));
    ui.painter().rect_filled(track, 2, palette.control);
    if let Some(px) = px.filter(|_| has_figure) {
        let width = (track.width() * (px / scale_px) as f32).clamp(3.0, track.width());
        let bar = Rect::from_min_size(track.min, vec2(width, track.height()));
        ui.painter().rect_filled(bar, 2, if is_over { palette.error } else { palette.text_tertiary });
    }
    let colour = if is_over { palette.error } else { palette.text };
    if has_figure {
        let dot = sized(ui, &dot, figures.clone(), colour, 40.0);
        paint(ui, rect.right() - 46.0 - dot.size().x, middle, dot);
        let residual = sized(ui, &residual, figures, colour, 60.0);
        paint(ui, rect.right() - residual.size().x, middle, residual);
    } else {
        let words = sized(ui, &residual, caption, palette.text_tertiary, 70.0);
        paint(ui, rect.right() - words.size().x, middle, words);
    }
}

/// What the run changed about the keypoint.
fn changes_ui(ui: &mut Ui, session: &Session, view: &FrameView, keypoint: KeypointId) {
    let theme = Theme::get();
    let palette = theme::palette(ui);
    let mut changes = view.changes.iter().filter(|change| change.keypoint == keypoint).peekable();
    if changes.peek().is_none() {
        return;
    }
    ui.add_space(4.0);
    ui.label(RichText::new("Changed by the run").size(theme.font.caption).color(palette.text_tertiary));
    for change in changes {
        let words = format!("{}: {}", session.camera_name(change.camera), change_words(change));
        let label = ui.label(RichText::new(words).size(theme.font.caption).color(palette.text_secondary));
        if !change.reason.is_empty() {
            label.on_hover_text(format!("It {}", change.reason));
        }
    }
}

/// What stage 4 changed about a label: "4 → 7, 18.2 → 0.6 px".
pub(in crate::ui) fn change_words(change: &ChangeRecord) -> String {
    let px = |px: Option<f64>| px.filter(|px| px.is_finite()).map_or_else(|| "–".to_owned(), |px| format!("{px:.1}"));
    let mut words = format!("{} → {}", placement_words(change.before), placement_words(change.after));
    if change.error_before_px.is_some() || change.error_after_px.is_some() {
        words += &format!(", {} → {} px", px(change.error_before_px), px(change.error_after_px));
    }
    words
}

/// A placement as it stands in a sentence.
pub(in crate::ui) fn placement_words(placement: Option<Placement>) -> String {
    match placement {
        None => "no label".to_owned(),
        Some(Placement::Absent) => "not seen".to_owned(),
        Some(placement) => placement.number().map_or_else(|| "free point".to_owned(), |number| number.0.to_string()),
    }
}
