//! The figures with a row per animal: the ethogram and the time budget.

use std::ops::Range;

use egui::{Align2, Rect, Response, Role, Sense, Shape, Stroke, Ui, WidgetInfo, pos2, vec2};

use super::Painting;
use crate::behavior::figures::{Budget, BudgetBar, BudgetWhat, LabelStyle, Raster, RasterRow, time_marks};
use crate::model::vocabulary::in_words;
use crate::ui::pages::behavior::paint;
use crate::ui::theme::{self, Theme, Weight, mono, sans};

const ROW: f32 = 30.0;
const GAP: f32 = 8.0;
/// The names of rows take at most so much.
const MOST_NAME: f32 = 220.0;
/// Beside a bar stands how long it is and which moments there are.
const BESIDE: f32 = 150.0;
/// Narrower than this a segment has no corners and no gap, points.
const PLAIN_BELOW: f32 = 4.0;
/// A moment is pointed at from so far.
const REACH: f32 = 7.0;
/// Two marks of time are at least so far apart.
const MARKS: f32 = 70.0;

/// Draws the ethogram; a click shows its frame in the timeline.
pub(super) fn raster_ui(ui: &mut Ui, painting: &Painting<'_>, raster: &Raster) {
    legend_ui(ui, painting, &raster.labels, &raster.legend, raster.has_gaps());
    let gutter = gutter(ui, raster.rows.iter().map(|row| row.name.as_str()));
    let width = (ui.available_width() - gutter - 16.0).max(320.0);
    let [start, stop] = raster.span_s;
    let length = (stop - start).max(f64::MIN_POSITIVE);
    for row in &raster.rows {
        let (rect, response) = row_rect(ui, gutter + width, &row.name);
        if !ui.is_rect_visible(rect) {
            continue;
        }
        let bar = rect.with_min_x(rect.left() + gutter);
        let x_of = |frame: u32| bar.left() + ((row.secs(frame) - start) / length * f64::from(width)) as f32;
        raster_row(ui, painting, raster, row, bar, &x_of);
        let pointed = response.hover_pos().or(response.interact_pointer_pos()).filter(|at| at.x >= bar.left());
        let frame = pointed.map(|at| {
            let secs = start + f64::from((at.x - bar.left()) / width) * length;
            ((secs * row.fps) as u32).clamp(row.frames.start, row.frames.end.max(1) - 1)
        });
        let is_open = row.recording == painting.session.info.name;
        response.widget_info(|| WidgetInfo::labeled(Role::Button, true, format!("Ethogram of {}", row.name)));
        let Some((frame, at)) = frame.zip(pointed) else { continue };
        let words = words_at(raster, row, frame, |frames| (x_of(frames.start) - at.x).abs() < REACH);
        let hint = if is_open { "\nA click shows it in the timeline." } else { "" };
        if response.clicked() && is_open {
            painting.jump(frame);
        }
        response.on_hover_text_at_pointer(words + hint);
    }
    let marks = time_marks(raster.span_s, length * f64::from(MARKS / width));
    let marks = marks.into_iter().map(|(secs, words)| ((secs - start) / length, words));
    let left = ui.cursor().left() + gutter;
    axis_ui(ui, left, width, marks, "time from the start of the recording");
}

fn raster_row(
    ui: &Ui,
    painting: &Painting<'_>,
    raster: &Raster,
    row: &RasterRow,
    bar: Rect,
    x_of: &dyn Fn(u32) -> f32,
) {
    let place = |frames: &Range<u32>| Rect::from_x_y_ranges(x_of(frames.start)..=x_of(frames.end), bar.y_range());
    for frames in &row.unreviewed {
        unreviewed(ui, place(frames));
    }
    let mut covered = f32::NEG_INFINITY;
    for piece in row.pieces.iter().filter(|piece| !piece.is_moment) {
        let place = place(&piece.frames);
        // What is narrower than a line lies under its neighbour.
        if place.right() - covered < 1.0 {
            continue;
        }
        covered = place.right();
        let look = painting.looks.of(&raster.labels[piece.label].name, false);
        if place.width() < PLAIN_BELOW {
            ui.painter().rect_filled(place.with_max_x(place.right().max(place.left() + 0.5)), 0, look.ground);
            continue;
        }
        paint::filled(ui.painter(), place.with_max_x(place.right() - 1.0), &look);
    }
    for piece in row.pieces.iter().filter(|piece| piece.is_moment) {
        diamond(ui, painting, place(&piece.frames).center(), &raster.labels[piece.label].name);
    }
}

/// What stands at a frame: a moment that is near, else a state, else nothing that anybody said.
fn words_at(raster: &Raster, row: &RasterRow, frame: u32, is_near: impl Fn(&Range<u32>) -> bool) -> String {
    let moment = row.pieces.iter().find(|piece| piece.is_moment && is_near(&piece.frames));
    let state = || row.pieces.iter().find(|piece| !piece.is_moment && piece.frames.contains(&frame));
    if let Some(piece) = moment.or_else(state) {
        let partner = piece.partner.as_ref().map_or(String::new(), |name| format!(" with {name}"));
        let label = format!("{}{partner}", in_words(&raster.labels[piece.label].name));
        let frames = format!("frames {} to {}", piece.frames.start, piece.frames.end - 1);
        return format!("{}\n{frames}", row.words(&piece.frames, &label));
    }
    let gap = row.unreviewed.iter().find(|frames| frames.contains(&frame));
    gap.map_or_else(|| row.name.clone(), |frames| row.words(frames, "not yet reviewed"))
}

/// Draws the time budget.
pub(super) fn budget_ui(ui: &mut Ui, painting: &Painting<'_>, budget: &Budget) {
    let parts = || budget.bars.iter().flat_map(|bar| &bar.parts);
    let is_there = |at: &usize| {
        parts().any(|part| matches!(part.what, BudgetWhat::Label(label) | BudgetWhat::NotSeen(label) if label == *at))
    };
    let legend: Vec<(usize, bool)> = (0..budget.labels.len()).filter(is_there).map(|at| (at, false)).collect();
    let has_gaps = parts().any(|part| part.what == BudgetWhat::NotReviewed);
    legend_ui(ui, painting, &budget.labels, &legend, has_gaps);
    let gutter = gutter(ui, budget.bars.iter().map(|bar| bar.name.as_str()));
    let width = (ui.available_width() - gutter - BESIDE).max(320.0);
    // Labels that overlap count each: a bar may be longer than its time.
    let sums = budget.bars.iter().map(|bar| bar.parts.iter().map(|part| part.pct_of_all).sum::<f64>());
    let most = sums.fold(100.0, f64::max);
    for bar in &budget.bars {
        let (rect, response) = row_rect(ui, gutter + width + BESIDE, &bar.name);
        if !ui.is_rect_visible(rect) {
            continue;
        }
        let place = Rect::from_x_y_ranges(rect.left() + gutter..=rect.left() + gutter + width, rect.y_range());
        let hovered = budget_bar(ui, painting, budget, bar, (place, most), response.hover_pos());
        response.widget_info(|| WidgetInfo::labeled(Role::Label, true, format!("Time budget of {}", bar.name)));
        if let Some(words) = hovered {
            response.on_hover_text_at_pointer(words);
        }
    }
    let marks = (0..=(most / 20.0) as u32).map(|mark| f64::from(20 * mark));
    let left = ui.cursor().left() + gutter;
    axis_ui(ui, left, width, marks.map(|pct| (pct / most, plain(pct))), "% of the time");
}

/// Draws a bar; gives the words of the part that is pointed at.
fn budget_bar(
    ui: &Ui,
    painting: &Painting<'_>,
    budget: &Budget,
    bar: &BudgetBar,
    (place, most): (Rect, f64),
    pointed: Option<egui::Pos2>,
) -> Option<String> {
    let palette = theme::palette(ui);
    let mut hovered = None;
    let mut from = 0.0;
    for part in &bar.parts {
        let x_of = |pct: f64| place.left() + (pct / most) as f32 * place.width();
        let own = Rect::from_x_y_ranges(x_of(from)..=x_of(from + part.pct_of_all), place.y_range());
        from += part.pct_of_all;
        match part.what {
            BudgetWhat::Label(at) | BudgetWhat::NotSeen(at) => {
                paint::filled(ui.painter(), own, &painting.looks.of(&budget.labels[at].name, false));
            }
            BudgetWhat::NotReviewed => unreviewed(ui, own),
        }
        if pointed.is_some_and(|at| own.contains(at)) {
            let reviewed =
                part.pct_of_labelled.map_or(String::new(), |pct| format!("\n{pct:.1} % of the labelled time"));
            let times = if part.bouts == 1 { "1 time".to_owned() } else { format!("{} times", part.bouts) };
            hovered = Some(format!(
                "{}, {}\n{:.2} s in {times}, {:.1} % of the time{reviewed}",
                budget.words_of(part.what),
                bar.name,
                part.time_s,
                part.pct_of_all
            ));
        }
    }
    let moments = budget.moments_of(bar);
    let words = format!("{:.1} s{}{moments}", bar.total_s, if moments.is_empty() { "" } else { " · " });
    let font = sans(Weight::Regular, Theme::get().font.caption);
    let galley = ui.painter().layout(words, font, palette.text_secondary, BESIDE - 16.0);
    let at = pos2(place.right() + 10.0, place.center().y - galley.size().y / 2.0);
    ui.painter().galley(at, galley, palette.text_secondary);
    hovered
}

/// Room for a row, with its name at the left.
fn row_rect(ui: &mut Ui, width: f32, name: &str) -> (Rect, Response) {
    let (whole, response) = ui.allocate_exact_size(vec2(width, ROW + GAP), Sense::click());
    let rect = whole.with_max_y(whole.top() + ROW);
    let palette = theme::palette(ui);
    let font = sans(Weight::Medium, Theme::get().font.body);
    let painter = ui.painter().with_clip_rect(ui.clip_rect().intersect(rect.with_max_x(rect.left() + MOST_NAME)));
    painter.text(pos2(rect.left(), rect.center().y), Align2::LEFT_CENTER, name, font, palette.text);
    (rect, response)
}

/// How wide the names of rows are.
fn gutter<'a>(ui: &Ui, names: impl Iterator<Item = &'a str>) -> f32 {
    let palette = theme::palette(ui);
    let font = sans(Weight::Medium, Theme::get().font.body);
    let width = |name: &str| ui.painter().layout_no_wrap(name.to_owned(), font.clone(), palette.text).size().x;
    names.map(width).fold(30.0, f32::max).min(MOST_NAME) + 12.0
}

/// The labels with their colours and patterns.
fn legend_ui(ui: &mut Ui, painting: &Painting<'_>, labels: &[LabelStyle], shown: &[(usize, bool)], has_gaps: bool) {
    let palette = theme::palette(ui);
    ui.horizontal_wrapped(|ui| {
        let swatch = |ui: &mut Ui| ui.allocate_exact_size(vec2(18.0, 14.0), Sense::hover()).0;
        for (at, is_moment) in shown {
            let rect = swatch(ui);
            match is_moment {
                true => diamond(ui, painting, rect.center(), &labels[*at].name),
                false => paint::filled(ui.painter(), rect, &painting.looks.of(&labels[*at].name, false)),
            }
            ui.label(in_words(&labels[*at].name));
            ui.add_space(8.0);
        }
        if has_gaps {
            let rect = swatch(ui);
            unreviewed(ui, rect);
            ui.label(egui::RichText::new("not yet reviewed").color(palette.text_secondary));
        }
    });
    ui.add_space(12.0);
}

/// A scale under the rows: marks at shares of its width.
fn axis_ui(ui: &mut Ui, left: f32, width: f32, marks: impl Iterator<Item = (f64, String)>, words: &str) {
    let palette = theme::palette(ui);
    let (rect, _) = ui.allocate_exact_size(vec2(left - ui.cursor().left() + width + 16.0, 40.0), Sense::hover());
    let stroke = Stroke::new(1.0, palette.line_strong);
    ui.painter().hline(left..=left + width, rect.top(), stroke);
    let font = mono(Weight::Medium, Theme::get().font.caption);
    for (share, mark) in marks {
        let x = left + share as f32 * width;
        ui.painter().vline(x, rect.top()..=rect.top() + 4.0, stroke);
        ui.painter().text(pos2(x, rect.top() + 6.0), Align2::CENTER_TOP, mark, font.clone(), palette.text_secondary);
    }
    let font = sans(Weight::Regular, Theme::get().font.caption);
    let middle = pos2(left + width / 2.0, rect.top() + 22.0);
    ui.painter().text(middle, Align2::CENTER_TOP, words, font, palette.text_secondary);
}

/// Time that nobody reviewed: a dashed frame.
fn unreviewed(ui: &Ui, place: Rect) {
    let palette = theme::palette(ui);
    let frame = place.shrink(0.5);
    if frame.width() < 2.0 {
        return;
    }
    let corners = [frame.left_top(), frame.right_top(), frame.right_bottom(), frame.left_bottom(), frame.left_top()];
    ui.painter().extend(Shape::dashed_line(&corners, Stroke::new(1.0, palette.line_strong), 4.0, 4.0));
}

fn diamond(ui: &Ui, painting: &Painting<'_>, at: egui::Pos2, label: &str) {
    let look = painting.looks.of(label, false);
    let corners = [vec2(0.0, -REACH), vec2(REACH, 0.0), vec2(0.0, REACH), vec2(-REACH, 0.0)];
    let corners = corners.iter().map(|corner| at + *corner).collect();
    ui.painter().add(Shape::convex_polygon(corners, look.ground, Stroke::new(1.5, look.ink)));
}

/// A number without needless decimals.
fn plain(value: f64) -> String {
    let text = format!("{value:.1}");
    text.strip_suffix(".0").map_or(text.clone(), str::to_owned)
}
