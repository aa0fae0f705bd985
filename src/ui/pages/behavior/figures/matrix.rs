//! The matrix of transitions. A click on a cell shows the next place of the recording where one state follows the other.

use egui::{Align2, Color32, CursorIcon, Rect, RichText, Role, Sense, Shape, Stroke, Ui, WidgetInfo, pos2, vec2};

use super::Painting;
use crate::behavior::figures::{TransitionMatrix, Transitions};
use crate::model::vocabulary::in_words;
use crate::ui::theme::{self, Theme, Weight, mono, sans};

const CELL: [f32; 2] = [62.0, 38.0];

/// Draws the matrices.
pub(super) fn ui(ui: &mut Ui, painting: &Painting<'_>, transitions: &Transitions) {
    let palette = theme::palette(ui);
    if transitions.matrices.is_empty() {
        ui.label(RichText::new("No label, so nothing that follows another.").color(palette.text_secondary));
        return;
    }
    let words = format!(
        "Rows end, columns follow within {} s. Numbers: the share of what follows, and how often.",
        transitions.most_gap_s
    );
    ui.label(RichText::new(words).color(palette.text_secondary));
    for matrix in &transitions.matrices {
        ui.add_space(12.0);
        if transitions.matrices.len() > 1 {
            let name = if matrix.label_group.is_empty() { "main".to_owned() } else { in_words(&matrix.label_group) };
            ui.label(RichText::new(format!("Labels of {name}")).strong());
        }
        matrix_ui(ui, painting, matrix);
    }
}

fn matrix_ui(ui: &mut Ui, painting: &Painting<'_>, matrix: &TransitionMatrix) {
    let palette = theme::palette(ui);
    let font = sans(Weight::Medium, Theme::get().font.body);
    let names: Vec<_> = matrix
        .labels
        .iter()
        .map(|label| ui.painter().layout_no_wrap(in_words(label), font.clone(), palette.text))
        .collect();
    let longest = names.iter().map(|name| name.size().x).fold(0.0, f32::max);
    let (left, top) = (longest + 12.0, longest * std::f32::consts::FRAC_1_SQRT_2 + 20.0);
    let count = matrix.labels.len() as f32;
    let size = vec2(left + CELL[0] * count + top, top + CELL[1] * count + 8.0);
    let (whole, _) = ui.allocate_exact_size(size, Sense::hover());
    for (at, name) in names.into_iter().enumerate() {
        let y = whole.top() + top + CELL[1] * (at as f32 + 0.5);
        let right = whole.left() + left - 8.0;
        ui.painter().galley(pos2(right - name.size().x, y - name.size().y / 2.0), name.clone(), palette.text);
        let corner = whole.min + vec2(left + CELL[0] * (at as f32 + 0.5) - 8.0, top - 10.0);
        let slanted = egui::epaint::TextShape::new(corner, name, palette.text);
        ui.painter().add(Shape::Text(slanted.with_angle(-std::f32::consts::FRAC_PI_4)));
    }
    for from in 0..matrix.labels.len() {
        for to in 0..matrix.labels.len() {
            let min = whole.min + vec2(left + CELL[0] * to as f32, top + CELL[1] * from as f32);
            cell_ui(ui, painting, matrix, (from, to), Rect::from_min_size(min, vec2(CELL[0], CELL[1])).shrink(0.5));
        }
    }
}

fn cell_ui(ui: &Ui, painting: &Painting<'_>, matrix: &TransitionMatrix, (from, to): (usize, usize), rect: Rect) {
    let palette = theme::palette(ui);
    let Some(share) = matrix.probability(from, to) else {
        ui.painter().rect_filled(rect, 2, palette.window);
        if from == to {
            let stroke = Stroke::new(1.0, palette.line_strong);
            ui.painter()
                .line_segment([rect.left_bottom() + vec2(6.0, -6.0), rect.right_top() + vec2(-6.0, 6.0)], stroke);
        }
        return;
    };
    let count = matrix.counts[from][to];
    let ground = theme::mix(palette.control, palette.text, share as f32);
    ui.painter().rect_filled(rect, 2, ground);
    let is_panel_better = theme::contrast(palette.panel, ground) > theme::contrast(palette.text, ground);
    let ink: Color32 = if is_panel_better { palette.panel } else { palette.text };
    if count > 0 {
        let font = mono(Weight::Medium, Theme::get().font.body);
        ui.painter().text(rect.center() - vec2(0.0, 7.0), Align2::CENTER_CENTER, format!("{share:.2}"), font, ink);
        let font = mono(Weight::Medium, Theme::get().font.caption);
        ui.painter().text(rect.center() + vec2(0.0, 9.0), Align2::CENTER_CENTER, count.to_string(), font, ink);
    }
    let [one, other] = [from, to].map(|at| in_words(&matrix.labels[at]));
    let words = format!("{one} is followed by {other}: {count}×, share {share:.3}");
    let id = ui.make_persistent_id(("transition", &matrix.label_group, from, to));
    let response = ui.interact(rect, id, Sense::click());
    response.widget_info(|| WidgetInfo::labeled(Role::Button, count > 0, &words));
    if !response.hovered() && !response.clicked() {
        return;
    }
    let own = matrix
        .places
        .iter()
        .filter(|place| (place.from, place.to) == (from, to) && place.recording == painting.session.info.name);
    let frames: Vec<u32> = own.map(|place| place.frame).collect();
    let here = painting.session.cursor.frame;
    // The next place, and the first one after the last.
    let next = frames.iter().filter(|frame| **frame > here).min().or(frames.iter().min()).copied();
    if let Some(next) = next.filter(|_| response.clicked()) {
        painting.jump(next);
    }
    let response = if next.is_some() { response.on_hover_cursor(CursorIcon::PointingHand) } else { response };
    let hint = if next.is_some() { "\nA click shows the next in the timeline." } else { "" };
    response.on_hover_text(words + hint);
}
