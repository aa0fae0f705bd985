//! One cell: what a keypoint is in a view, in words and in signs, and what can be done about it.

use egui::{Align2, Rect, Role, Sense, Stroke, StrokeKind, Ui, WidgetInfo, pos2, vec2};

use super::{Row, TableMode};
use crate::app::Command;
use crate::jobs::labelling::{Act, FrameView};
use crate::model::{CameraId, CentroidNumber, KeypointId, Placement};
use crate::pose::assist::{Proposal, ProposalReason};
use crate::ui::ctx::ViewCtx;
use crate::ui::theme::{self, Theme, Weight, mono};

/// What a keypoint is in a view.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Cell {
    /// What is labelled.
    placement: Option<Placement>,
    /// What is proposed, where nobody has labelled.
    proposed: Option<Placement>,
    /// Whether a person labelled it.
    is_human: bool,
    /// px at the image's own width.
    residual_px: Option<f64>,
}

impl Cell {
    pub(super) fn of(
        view: Option<&FrameView>,
        proposals: &[&Proposal],
        mode: TableMode,
        camera: CameraId,
        keypoint: KeypointId,
    ) -> Self {
        let label = view.and_then(|view| view.labels.get(camera, keypoint));
        let proposed = proposals.iter().find(|found| found.camera == camera && found.keypoint == keypoint);
        // While one labels, what the computer said is there to be accepted.
        let is_open = label.is_none_or(|label| mode == TableMode::Seeds && !label.is_human());
        let proposed = proposed.map(|found| found.placement).filter(|_| is_open);
        Self {
            placement: label.map(|label| label.placement).filter(|_| proposed.is_none()),
            proposed,
            is_human: label.is_some_and(|label| label.is_human()),
            residual_px: view.and_then(|view| view.residuals_px.get(camera, keypoint)),
        }
    }

    /// The sign of the dot.
    fn sign(&self, is_narrow: bool) -> String {
        let none = if is_narrow { "–" } else { "none" };
        match (self.placement, self.proposed) {
            (Some(Placement::Centroid { number, .. }), _) => number.0.to_string(),
            (Some(Placement::Free { .. }), _) => "free".to_owned(),
            (Some(Placement::Absent), _) => none.to_owned(),
            (None, Some(Placement::Centroid { number, .. })) => format!("{}?", number.0),
            (None, Some(Placement::Free { .. })) => "free?".to_owned(),
            (None, Some(Placement::Absent)) => "–?".to_owned(),
            (None, None) => "·".to_owned(),
        }
    }

    /// The same for screen readers and the tooltip.
    fn words(&self) -> String {
        let of = |placement: Placement| match placement {
            Placement::Centroid { number, .. } => format!("dot {}", number.0),
            Placement::Free { .. } => "free point".to_owned(),
            Placement::Absent => "not visible".to_owned(),
        };
        let mut words = match (self.placement, self.proposed) {
            (Some(placement), _) => of(placement),
            (None, Some(placement)) => format!("{} proposed", of(placement)),
            (None, None) => "to do".to_owned(),
        };
        if let Some(px) = self.residual_px {
            words.push_str(&format!(", {px:.1} px"));
        }
        words
    }
}

/// Narrower columns leave out the dot's number in Review.
const WIDE_COLUMN: f32 = 44.0;
/// Narrower columns have no room for "none".
const WORD_COLUMN: f32 = 32.0;

pub(super) fn cell_ui(ui: &mut Ui, ctx: &ViewCtx<'_>, row: &Row<'_>, camera: CameraId, place: Rect) {
    let (session, keypoint) = (row.session, row.keypoint);
    let cell = row.cell(camera);
    let is_selected = session.selection.keypoint == keypoint && session.selection.camera == Some(camera);
    let id = ui.scope_id().with(("cell", keypoint.0, camera.0));
    let response = ui.interact(place, id, Sense::CLICK);
    let name = || {
        let (keypoint, camera) = (session.skeleton.name_of(keypoint), session.camera_name(camera));
        format!("{keypoint} in {camera}: {}", cell.words())
    };
    response.widget_info(|| WidgetInfo::selected(Role::Cell, ui.is_enabled(), is_selected, name()));
    if response.clicked() || response.secondary_clicked() {
        ctx.send(Command::SelectKeypoint(keypoint));
        ctx.send(Command::SelectView(Some(camera)));
    }
    match row.columns.mode {
        TableMode::Seeds => paint_dot(ui, row, &cell, place),
        TableMode::Review => paint_residual(ui, row, &cell, place),
    }
    if is_selected {
        let theme = Theme::get();
        let stroke = Stroke::new(theme.stroke.selection, theme::palette(ui).accent);
        ui.painter().rect_stroke(place, theme.radius.mark, stroke, StrokeKind::Inside);
    }
    menu_ui(&response, ctx, row, &cell, camera);
    response.on_hover_ui(|ui| {
        ui.label(name());
        if let Some(who) = row.view.and_then(|view| maker_of(view, camera, keypoint)) {
            ui.label(who);
        }
    });
}

/// Who made a label.
fn maker_of(view: &FrameView, camera: CameraId, keypoint: KeypointId) -> Option<String> {
    let provenance = &view.labels.get(camera, keypoint)?.provenance;
    Some(match &provenance.annotator {
        Some(name) if provenance.source.is_human() => format!("Labelled by {name}"),
        _ if provenance.source.is_human() => "Labelled by hand".to_owned(),
        _ => format!("Made by {}", provenance.source.as_str()),
    })
}

/// The dot that was too faint to be proposed.
fn faint_dot(row: &Row<'_>, camera: CameraId) -> Option<CentroidNumber> {
    let mut here = row.proposals.iter().filter(|found| found.camera == camera && found.keypoint == row.keypoint);
    match here.next()?.reason {
        ProposalReason::OnlyFaint { number, .. } => Some(number),
        _ => None,
    }
}

/// What else can be said of a label.
fn menu_ui(response: &egui::Response, ctx: &ViewCtx<'_>, row: &Row<'_>, cell: &Cell, camera: CameraId) {
    let is_writable = row.session.read_only.is_none();
    response.context_menu(|ui| {
        if let Some(placement) = cell.proposed {
            let words = match placement {
                Placement::Centroid { number, .. } => format!("Accept dot {}", number.0),
                Placement::Free { .. } => "Accept the free point".to_owned(),
                Placement::Absent => "Accept \"not visible\"".to_owned(),
            };
            if ui.add_enabled(is_writable, egui::Button::new(words)).clicked() {
                let placements = vec![(camera, row.keypoint, Some(placement))];
                let frame = row.session.cursor.frame;
                let act = Act::Place { frame, placements, title: "Accept 1 proposal".to_owned() };
                ctx.send(Command::Edit(act));
                ui.close();
            }
        }
        if let Some(number) = faint_dot(row, camera) {
            let words = format!("It is dot {}, which is faint", number.0);
            if ui.add_enabled(is_writable, egui::Button::new(words)).clicked() {
                ctx.send(Command::SelectKeypoint(row.keypoint));
                ctx.send(Command::PickDot(camera, number));
                ui.close();
            }
        }
        let choices = [
            ("Not visible here", cell.placement != Some(Placement::Absent), Command::NotVisible(camera)),
            ("Clear the label", cell.placement.is_some(), Command::ClearLabel(camera)),
        ];
        for (words, is_possible, command) in choices {
            if ui.add_enabled(is_possible && is_writable, egui::Button::new(words)).clicked() {
                ctx.send(Command::SelectKeypoint(row.keypoint));
                ctx.send(command);
                ui.close();
            }
        }
        if let Some(reason) = &row.session.read_only {
            ui.weak(format!("Read only: {reason}."));
        }
    });
}

fn paint_dot(ui: &Ui, row: &Row<'_>, cell: &Cell, place: Rect) {
    let theme = Theme::get();
    let palette = theme::palette(ui);
    let limit_px = row.session.labelling.tau_at_width_px();
    let is_far = cell.residual_px.is_some_and(|px| px > limit_px);
    let colour = match (cell.placement, cell.proposed) {
        _ if is_far => palette.error,
        (Some(Placement::Absent), _) => palette.text_secondary,
        (Some(_), _) => palette.text,
        (None, Some(_)) => palette.accent,
        (None, None) => palette.text_tertiary,
    };
    if is_far {
        ui.painter().rect_filled(place.shrink(theme.stroke.line), 0, palette.error_fill);
    }
    let sign = cell.sign(place.width() < WORD_COLUMN);
    let font = mono(Weight::Medium, theme.font.caption);
    ui.painter().text(place.center(), Align2::CENTER_CENTER, sign, font, colour);
}

fn paint_residual(ui: &Ui, row: &Row<'_>, cell: &Cell, place: Rect) {
    let theme = Theme::get();
    let palette = theme::palette(ui);
    let font = mono(Weight::Medium, theme.font.caption);
    let right = pos2(place.right() - 5.0, place.center().y);
    let Some(px) = cell.residual_px else {
        let (sign, colour) = match cell.placement {
            Some(Placement::Absent) => ("–".to_owned(), palette.text_tertiary),
            // A dot that no other view bears out has a number and no residual.
            Some(Placement::Centroid { number, .. }) => (format!("#{}", number.0), palette.text_tertiary),
            Some(Placement::Free { .. }) => ("free".to_owned(), palette.text_tertiary),
            None if cell.proposed.is_some() => (cell.sign(true), palette.accent),
            None => ("·".to_owned(), palette.text_tertiary),
        };
        ui.painter().text(right, Align2::RIGHT_CENTER, sign, font, colour);
        return;
    };
    let is_far = px > row.session.queue.threshold_px();
    if is_far {
        ui.painter().rect_filled(place.shrink(theme.stroke.line), 0, palette.error_fill);
    }
    let figure = if px < 99.95 { format!("{px:.1}") } else { format!("{px:.0}") };
    let colour = if is_far { palette.error } else { palette.text };
    ui.painter().text(right, Align2::RIGHT_CENTER, figure, font.clone(), colour);
    if place.width() >= WIDE_COLUMN {
        let left = pos2(place.left() + 4.0, place.center().y);
        let colour = if is_far { palette.error } else { palette.text_tertiary };
        let sign =
            if matches!(cell.placement, Some(Placement::Free { .. })) { "f".to_owned() } else { cell.sign(true) };
        ui.painter().text(left, Align2::LEFT_CENTER, sign, font, colour);
    }
    if cell.is_human {
        // A human's label is underlined, as it is on the picture.
        let from = pos2(right.x - vec2(20.0, 0.0).x, place.bottom() - 4.0);
        let stroke = Stroke::new(theme.stroke.line, palette.text);
        ui.painter().line_segment([from, pos2(right.x, from.y)], stroke);
    }
}
