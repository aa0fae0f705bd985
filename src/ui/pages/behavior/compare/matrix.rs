//! The confusion matrix: a row per label of what counts as true, a column per label of what is held against it. A cell is as
//! light or dark as its share of its row, and a click walks through its frames.

use egui::epaint::TextShape;
use egui::{Align2, Color32, Rect, Role, ScrollArea, Sense, Stroke, StrokeKind, Ui, Vec2, WidgetInfo, pos2, vec2};

use crate::app::Command;
use crate::app::session::Session;
use crate::app::timeline::{CompareCommand, TimelineCommand};
use crate::behavior::compare::Cell;
use crate::behavior::evaluation::Confusion;
use crate::jobs::behavior::accounts::Comparison;
use crate::model::vocabulary::in_words;
use crate::ui::ctx::ViewCtx;
use crate::ui::theme::{self, Theme, Weight, mono, sans};
use crate::ui::widgets::focus_ring_inside;

/// Sides of a cell, points: in between the matrix fills its room.
const SIDE: [f32; 2] = [22.0, 52.0];
/// Narrower cells have no figure.
const FIGURE_FROM: f32 = 24.0;
/// Room of the names at the left and at the top.
const NAMES: Vec2 = vec2(124.0, 84.0);
/// Columns' names rise like this, radians.
const SLANT: f32 = -std::f32::consts::FRAC_PI_4;

/// Draws the matrix into the room that is left.
pub(super) fn ui(ui: &mut Ui, ctx: &ViewCtx<'_>, session: &Session, result: &Comparison) {
    let palette = theme::palette(ui);
    let caption = sans(Weight::Regular, Theme::get().font.caption);
    let confusion = &result.evaluation.confusion;
    let (truth, found) = (result.truth.account.words(), result.found.account.words());
    ui.horizontal_wrapped(|ui| {
        ui.label(egui::RichText::new("Confusion matrix").strong());
        let words = format!("rows: {truth} · columns: {found} · percent of the row · click a cell to walk through it");
        ui.label(egui::RichText::new(words).font(caption.clone()).color(palette.text_secondary));
    });
    let shown = labels_with_frames(confusion);
    let count = shown.len().max(1) as f32;
    let room = ui.available_size() - NAMES - vec2(48.0, 12.0);
    let side = (room.x.min(room.y) / count).floor().clamp(SIDE[0], SIDE[1]);
    ScrollArea::both().id_salt("confusion").auto_shrink(false).show(ui, |ui| {
        // Names of columns reach beyond the last one.
        let size = NAMES + Vec2::splat(side * count) + vec2(64.0, 8.0);
        let (rect, _) = ui.allocate_exact_size(size, Sense::hover());
        let cells = Rect::from_min_size(rect.min + NAMES, Vec2::splat(side * count));
        let names: Vec<String> = shown.iter().map(|label| in_words(&confusion.labels[*label])).collect();
        names_ui(ui, &names, cells, side);
        for (row, truth) in shown.iter().enumerate() {
            for (column, found) in shown.iter().enumerate() {
                let corner = cells.min + vec2(column as f32, row as f32) * side;
                let place = Rect::from_min_size(corner, Vec2::splat(side)).shrink(0.5);
                let cell = Cell { truth: *truth, found: *found };
                cell_ui(ui, ctx, session, result, (cell, place));
            }
        }
    });
}

/// The labels that either account has a frame of: others may be of animals that are left out.
fn labels_with_frames(confusion: &Confusion) -> Vec<usize> {
    let of_row = |label: usize| confusion.frames[label].iter().sum::<u64>();
    let of_column = |label: usize| confusion.frames.iter().map(|row| row[label]).sum::<u64>();
    (0..confusion.labels.len()).filter(|label| of_row(*label) + of_column(*label) > 0).collect()
}

/// The names of rows and columns.
fn names_ui(ui: &Ui, names: &[String], cells: Rect, side: f32) {
    let palette = theme::palette(ui);
    let font = sans(Weight::Medium, Theme::get().font.caption);
    for (at, name) in names.iter().enumerate() {
        let middle = (at as f32 + 0.5) * side;
        let galley = ui.painter().layout_no_wrap(name.clone(), font.clone(), palette.text_secondary);
        let size = galley.size();
        let left = pos2(cells.left() - 8.0 - size.x, cells.top() + middle - size.y / 2.0);
        let narrow = ui.painter().with_clip_rect(
            Rect::from_min_max(pos2(cells.left() - NAMES.x, cells.top()), cells.left_bottom())
                .intersect(ui.clip_rect()),
        );
        narrow.galley(left, galley.clone(), palette.text_secondary);
        let foot = pos2(cells.left() + middle - size.y * 0.5, cells.top() - 6.0);
        let slanted = TextShape::new(foot, galley, palette.text_secondary).with_angle(SLANT);
        ui.painter().add(slanted);
    }
}

fn cell_ui(ui: &Ui, ctx: &ViewCtx<'_>, session: &Session, result: &Comparison, (cell, place): (Cell, Rect)) {
    let palette = theme::palette(ui);
    let confusion = &result.evaluation.confusion;
    let frames = confusion.frames[cell.truth][cell.found];
    let row: u64 = confusion.frames[cell.truth].iter().sum();
    let share = if row == 0 { 0.0 } else { frames as f32 / row as f32 };
    // Small shares are seen too.
    let ground = theme::mix(palette.window, palette.text_secondary, share.sqrt() * 0.9);
    ui.painter().rect_filled(place, 2, ground);
    if cell.is_agreement() {
        // Where both say the same: a frame, since lightness says how often.
        ui.painter().rect_stroke(place, 2, Stroke::new(1.0, palette.ok), StrokeKind::Inside);
    }
    if frames == 0 {
        return;
    }
    if place.width() >= FIGURE_FROM {
        let text = if share < 0.005 { "<1".to_owned() } else { format!("{:.0}", share * 100.0) };
        let font = mono(Weight::Medium, Theme::get().font.caption);
        ui.painter().text(place.center(), Align2::CENTER_CENTER, text, font, ink_on(palette, ground));
    }
    let id = ui.make_persistent_id(("cell", cell.truth, cell.found));
    let response = ui.interact(place, id, Sense::click());
    let (truth, found) = (&confusion.labels[cell.truth], &confusion.labels[cell.found]);
    let is_chosen = session.timeline.compare.cell.as_ref().is_some_and(|[of, and]| (of, and) == (truth, found));
    let words = format!(
        "{frames} frames: {} says {}, {} says {}",
        result.truth.account.words(),
        in_words(truth),
        result.found.account.words(),
        in_words(found)
    );
    response.widget_info(|| WidgetInfo::selected(Role::Button, true, is_chosen, &words));
    if is_chosen {
        let stroke = Stroke::new(Theme::get().stroke.selection, palette.accent);
        ui.painter().rect_stroke(place.expand(1.0), 2, stroke, StrokeKind::Outside);
    } else if response.hovered() {
        ui.painter().rect_stroke(place, 2, Stroke::new(1.0, palette.text), StrokeKind::Inside);
    }
    focus_ring_inside(ui, place, &response);
    if response.clicked() {
        let chosen = (!is_chosen).then_some(cell);
        ctx.send(Command::Timeline(TimelineCommand::Compare(CompareCommand::Cell(chosen))));
    }
    response.on_hover_text(words);
}

/// The legible one of two inks.
fn ink_on(palette: &theme::Palette, ground: Color32) -> Color32 {
    let inks = [palette.text, palette.window];
    if theme::contrast(inks[0], ground) >= theme::contrast(inks[1], ground) { inks[0] } else { inks[1] }
}
