//! What lanes look like. Plain painting: nothing here reads the pointer.

use std::ops::Range;

use egui::{Align2, Color32, Painter, Pos2, Rect, Shape, Stroke, StrokeKind, Ui, pos2, vec2};

use super::drag::EdgeDrag;
use super::lanes::Lanes;
use super::rows::{Row, RowKind};
use crate::behavior::edits::SnapKind;
use crate::jobs::timeline::Target;
use crate::model::vocabulary::{Pattern, in_words};
use crate::model::{AnimalId, Segment, SegmentKind, SegmentStatus};
use crate::ui::icons::{Icon, paint_icon};
use crate::ui::marks;
use crate::ui::theme::behavior::{AnimalLook, LabelLook};
use crate::ui::theme::{self, Theme, Weight, mono, sans};

/// Narrower segments have neither corners nor words: there may be thousands.
const NARROW: f32 = 4.0;
/// Narrower than this a segment has no pattern, points: it would be noise.
const PATTERN_FROM: f32 = 10.0;
/// Between two lines of a pattern.
const PITCH: f32 = 7.0;
/// Half the width of the handle at an edge.
const HANDLE: f32 = 3.0;
/// Two labels of the ruler are at least so far apart.
const TICKS: f32 = 84.0;

/// Words at the left of a row, in the colour of captions.
pub(super) fn gutter(ui: &Ui, left: f32, middle: f32, words: &str) {
    let palette = theme::palette(ui);
    let font = sans(Weight::Regular, Theme::get().font.caption);
    ui.painter().text(pos2(left, middle), Align2::LEFT_CENTER, words, font, palette.text_secondary);
}

/// The blocks of the map, worked out where layers, room or looks are others.
#[derive(Default)]
pub(super) struct MapMemory {
    key: Option<(u64, Rect, Color32)>,
    blocks: Vec<(Rect, Color32)>,
}

impl MapMemory {
    fn refresh(&mut self, lanes: &Lanes<'_>, map: Rect, ground: Color32) {
        let key = Some((lanes.session.timeline.revision, map, ground));
        if self.key == key {
            return;
        }
        self.key = key;
        self.blocks.clear();
        let animals = lanes.layers.names.len();
        let height = map.height() / animals.max(1) as f32;
        let whole = f64::from(lanes.axis.frame_count.max(1));
        let x_of = |frame: u32| map.left() + (f64::from(frame) / whole * f64::from(map.width())) as f32;
        for animal in 0..animals {
            let top = map.top() + height * animal as f32;
            let mut covered = f32::NEG_INFINITY;
            for (_, segment) in lanes.layers.lane(AnimalId(animal as u8)) {
                let (left, right) = (x_of(segment.start_frame), x_of(segment.stop_frame));
                if right - covered < 0.5 {
                    continue;
                }
                covered = right;
                let rect = Rect::from_min_max(pos2(left, top), pos2(right.max(left + 0.5), top + height - 0.5));
                self.blocks.push((rect, lanes.looks.of(&segment.label, false).ground));
            }
        }
    }
}

/// What counts of each animal over the whole recording, and the part that is shown.
pub(super) fn map(ui: &Ui, lanes: &Lanes<'_>, map: Rect, memory: &mut MapMemory) {
    let palette = theme::palette(ui);
    ui.painter().rect_filled(map, 0, palette.window);
    memory.refresh(lanes, map, palette.panel);
    for (rect, color) in &memory.blocks {
        ui.painter().rect_filled(*rect, 0, *color);
    }
    let whole = f64::from(lanes.axis.frame_count.max(1));
    let x_of = |frame: u32| map.left() + (f64::from(frame) / whole * f64::from(map.width())) as f32;
    if lanes.axis.is_zoomed() {
        let span = lanes.axis.span;
        let share = |frame: f64| map.left() + (frame / whole * f64::from(map.width())) as f32;
        let window = Rect::from_x_y_ranges(share(span.start)..=share(span.start + span.frames), map.y_range());
        let stroke = Stroke::new(Theme::get().stroke.control.max(1.0), palette.text);
        ui.painter().rect_stroke(window.expand2(vec2(1.0, 2.0)), 2, stroke, StrokeKind::Outside);
    }
    let x = x_of(lanes.session.cursor.frame);
    ui.painter().vline(x, map.y_range(), Stroke::new(1.0, palette.accent));
}

/// The numbers of frames over the rows.
pub(super) fn ruler(ui: &Ui, lanes: &Lanes<'_>, rect: Rect) {
    let palette = theme::palette(ui);
    let font = mono(Weight::Medium, Theme::get().font.caption);
    gutter(ui, rect.left() + 12.0, rect.center().y, "frame");
    let right = lanes.axis.left + lanes.axis.width;
    for frame in lanes.axis.ticks(TICKS) {
        let x = lanes.axis.x_of_edge(f64::from(frame));
        if x < lanes.axis.left || x > right {
            continue;
        }
        let text = frame.to_string();
        ui.painter().vline(x, rect.bottom() - 4.0..=rect.bottom(), Stroke::new(1.0, palette.line_strong));
        let at = pos2(x + 3.0, rect.center().y - 1.0);
        let galley = lanes.layout(ui.painter(), &text, font.clone(), palette.text_secondary);
        // A number that does not fit is left out, never cut.
        if at.x + galley.size().x <= rect.right() {
            ui.painter().galley(at - vec2(0.0, galley.size().y / 2.0), galley, palette.text_secondary);
        }
    }
}

/// The line of the shown frame through all rows, its number on the ruler.
pub(super) fn playhead(ui: &Ui, lanes: &Lanes<'_>, ruler: Rect, bottom: f32) {
    let palette = theme::palette(ui);
    let frame = lanes.session.cursor.frame;
    let axis = &lanes.axis;
    let (left, right) = (axis.x_of_edge(f64::from(frame)), axis.x_of_edge(f64::from(frame) + 1.0));
    if right < axis.left || left > axis.left + axis.width {
        return;
    }
    // A frame that is wide enough is a column; else a line.
    let painter = ui.painter();
    if right - left > 4.0 {
        let column = Rect::from_min_max(pos2(left, ruler.bottom()), pos2(right, bottom));
        painter.rect_stroke(column, 0, Stroke::new(1.0, palette.accent), StrokeKind::Inside);
    } else {
        painter.vline((left + right) / 2.0, ruler.bottom()..=bottom, Stroke::new(1.5, palette.accent));
    }
    let text =
        lanes.layout(painter, &frame.to_string(), mono(Weight::Strong, Theme::get().font.caption), palette.on_accent);
    let width = text.size().x + 10.0;
    let middle = ((left + right) / 2.0).clamp(axis.left + width / 2.0, axis.left + axis.width - width / 2.0);
    let flag = Rect::from_center_size(pos2(middle, ruler.center().y), vec2(width, 16.0));
    painter.rect_filled(flag, Theme::get().radius.pill, palette.accent);
    painter.galley(flag.center() - text.size() / 2.0, text, palette.on_accent);
}

/// An animal's sign and name.
pub(super) fn animal(ui: &Ui, lanes: &Lanes<'_>, place: Rect, id: AnimalId, is_hovered: bool) {
    let palette = theme::palette(ui);
    let look = AnimalLook::of(&lanes.layers.timeline.animals, id);
    let is_chosen = lanes.session.timeline.animal == id;
    if is_hovered || is_chosen {
        let ground = if is_chosen { palette.accent_fill } else { palette.control };
        ui.painter().rect_filled(place.expand2(vec2(-4.0, 1.0)), Theme::get().radius.control, ground);
    }
    let sign = pos2(place.left() + 16.0, place.center().y);
    marks::paint_glyph(ui.painter(), sign, 14.0, look.shape, look.color, true);
    let font = sans(Weight::Strong, Theme::get().font.body);
    let name = &lanes.layers.names[id.index()];
    let painter = ui.painter().with_clip_rect(place.intersect(ui.clip_rect()));
    painter.text(sign + vec2(10.0, 0.0), Align2::LEFT_CENTER, name, font, palette.text);
}

/// The name of a row, beside it.
pub(super) fn row_name(ui: &Ui, lanes: &Lanes<'_>, lane: Rect, row: &Row) {
    let palette = theme::palette(ui);
    let is_human = matches!(row.kind, RowKind::Human(_));
    let weight = if is_human { Weight::Strong } else { Weight::Regular };
    let ink = if is_human { palette.text } else { palette.text_secondary };
    let at = pos2(lanes.axis.left - 8.0, lane.center().y);
    let font = sans(weight, Theme::get().font.caption);
    ui.painter().text(at, Align2::RIGHT_CENTER, row.kind.words(), font, ink);
}

/// The ground of a row.
pub(super) fn row(ui: &Ui, lane: Rect, row: &Row) {
    let palette = theme::palette(ui);
    ui.painter().rect_filled(lane, 2, palette.window);
    if matches!(row.kind, RowKind::Human(_)) {
        let stroke = Stroke::new(1.0, palette.line_strong);
        let frame = lane.shrink(0.5);
        let corners =
            [frame.left_top(), frame.right_top(), frame.right_bottom(), frame.left_bottom(), frame.left_top()];
        ui.painter().extend(Shape::dashed_line(&corners, stroke, 4.0, 4.0));
    }
}

/// What stands in the row of an animal of which nobody said anything yet.
pub(super) fn not_reviewed(ui: &Ui, lane: Rect) {
    let palette = theme::palette(ui);
    let font = sans(Weight::Regular, Theme::get().font.caption);
    let at = pos2(lane.left() + 8.0, lane.center().y);
    ui.painter().text(at, Align2::LEFT_CENTER, "not yet reviewed", font, palette.text_tertiary);
}

/// What was painted of a row so far.
#[derive(Default)]
pub(super) struct Painted {
    right: Option<f32>,
}

impl Painted {
    /// Paints a segment; gives its place, or nothing where others cover it.
    pub(super) fn segment(
        &mut self,
        ui: &Ui,
        lanes: &Lanes<'_>,
        lane: Rect,
        row: &Row,
        (target, segment): (Target, &Segment),
        frames: Range<u32>,
    ) -> Option<Rect> {
        let axis = &lanes.axis;
        let left = axis.x_of_edge(f64::from(frames.start)).max(lane.left());
        let right = axis.x_of_edge(f64::from(frames.end)).min(lane.right());
        let is_selected = lanes.session.timeline.selected.contains(&target);
        if self.right.is_some_and(|covered| right - covered < 0.6) && !is_selected {
            return None;
        }
        self.right = Some(right);
        let place = Rect::from_x_y_ranges(left..=right.max(left + 1.0), lane.y_range());
        let palette = theme::palette(ui);
        let painter = ui.painter().with_clip_rect(ui.clip_rect().intersect(lane.expand(4.0)));
        match row.kind {
            _ if place.width() < NARROW && segment.kind != SegmentKind::Point => {
                let ground = match row.kind {
                    RowKind::Clips => palette.control_track,
                    RowKind::Captions => palette.control,
                    RowKind::Merged => lanes.looks.of(&segment.label, true).ground,
                    RowKind::Human(_) => lanes.looks.of(&segment.label, false).ground,
                };
                painter.rect_filled(place, 0, ground);
            }
            RowKind::Clips => {
                painter.rect_filled(with_gap(place), 2, palette.control_track);
                let cluster = segment.label.strip_prefix("cluster_");
                let number = lanes.cluster_of(segment).or_else(|| cluster.map(str::to_owned)).unwrap_or_default();
                lanes.words(&painter, place, &number, Weight::Regular, palette.text_secondary, 0.0);
            }
            RowKind::Captions => {
                painter.rect_filled(with_gap(place), 2, palette.control);
                lanes.words(&painter, place, &in_words(&segment.label), Weight::Regular, palette.text_secondary, 0.0);
            }
            RowKind::Merged | RowKind::Human(_) if segment.kind == SegmentKind::Point => {
                point(&painter, place, &lanes.looks.of(&segment.label, false));
            }
            RowKind::Merged => {
                let look = lanes.looks.of(&segment.label, true);
                filled(&painter, with_gap(place), &look);
                lanes.words(&painter, place, &lanes.text_of(segment), Weight::Medium, look.ink, 0.0);
            }
            RowKind::Human(_) => {
                let look = lanes.looks.of(&segment.label, false);
                filled(&painter, with_gap(place), &look);
                let indent = status(&painter, place, segment, &look);
                lanes.words(&painter, place, &lanes.text_of(segment), Weight::Strong, look.ink, indent);
            }
        }
        if is_selected {
            selected(ui, &painter, place, row);
        }
        Some(place)
    }
}

/// One point less at each side, where there is room: neighbours stay apart.
fn with_gap(place: Rect) -> Rect {
    if place.width() > 4.0 { place.with_max_x(place.right() - 1.0) } else { place }
}

/// The ground of a label with its pattern.
pub(super) fn filled(painter: &Painter, place: Rect, look: &LabelLook) {
    painter.rect_filled(place, 3, look.ground);
    if place.width() < PATTERN_FROM {
        return;
    }
    let inside = painter.with_clip_rect(painter.clip_rect().intersect(place));
    let stroke = Stroke::new(1.5, look.lines);
    let height = place.height();
    let shown = place.intersect(painter.clip_rect());
    // The pattern is fixed to the screen, so that it does not swim while an edge moves.
    let first = (shown.left() - height).div_euclid(PITCH) * PITCH;
    let steps = |pitch: f32| {
        let count = ((shown.right() + height - first) / pitch).ceil().max(0.0) as usize;
        (0..count).map(move |step| first + step as f32 * pitch)
    };
    let slanted = |up: bool| {
        for x in steps(PITCH) {
            let (from, to) = if up { (place.bottom(), place.top()) } else { (place.top(), place.bottom()) };
            inside.line_segment([pos2(x, from), pos2(x + height, to)], stroke);
        }
    };
    match look.pattern {
        Pattern::Plain => {}
        Pattern::Stripes => slanted(true),
        Pattern::Backstripes => slanted(false),
        Pattern::Crosshatch => {
            slanted(true);
            slanted(false);
        }
        Pattern::Bars => steps(PITCH).for_each(|x| {
            inside.vline(x, place.y_range(), stroke);
        }),
        Pattern::Lines => {
            let count = (height / 4.0) as usize;
            (1..=count).for_each(|at| {
                inside.hline(place.x_range(), place.top() + at as f32 * 4.0, stroke);
            });
        }
        Pattern::Dots => {
            for (at, x) in steps(PITCH).enumerate() {
                let rows = (height / PITCH).ceil() as usize;
                for row in 0..rows {
                    let shift = if (row + at) % 2 == 0 { 0.0 } else { PITCH / 2.0 };
                    inside.circle_filled(pos2(x, place.top() + 2.0 + row as f32 * PITCH + shift), 1.2, look.lines);
                }
            }
        }
    }
}

/// A moment: a diamond on its frame.
fn point(painter: &Painter, place: Rect, look: &LabelLook) {
    let radius = (place.height() / 2.0 - 2.0).min(7.0);
    let at = place.center();
    let corners = [vec2(0.0, -radius), vec2(radius, 0.0), vec2(0.0, radius), vec2(-radius, 0.0)];
    let corners = corners.iter().map(|corner| at + *corner).collect();
    painter.add(Shape::convex_polygon(corners, look.ground, Stroke::new(1.5, look.ink)));
}

/// The sign of what people did with a segment; gives the room that it takes.
fn status(painter: &Painter, place: Rect, segment: &Segment, look: &LabelLook) -> f32 {
    let sign = match segment.status {
        SegmentStatus::Accepted => Icon::Check,
        SegmentStatus::Edited => Icon::Pencil,
        SegmentStatus::Unreviewed => Icon::Question,
    };
    if place.width() < 22.0 {
        return 0.0;
    }
    let at = Rect::from_center_size(pos2(place.left() + 10.0, place.center().y), vec2(12.0, 12.0));
    paint_icon(painter, sign, at, look.ink);
    14.0
}

/// The frame of the selected segment, with handles where its edges can be dragged.
fn selected(ui: &Ui, painter: &Painter, place: Rect, row: &Row) {
    let palette = theme::palette(ui);
    painter.rect_stroke(place, 3, Stroke::new(Theme::get().stroke.selection, palette.text), StrokeKind::Outside);
    if matches!(row.kind, RowKind::Human(_)) {
        for x in [place.left(), place.right()] {
            let handle = Rect::from_center_size(pos2(x, place.center().y), vec2(2.0 * HANDLE, place.height() * 0.6));
            painter.rect(handle, 2, palette.text, Stroke::new(1.0, palette.window), StrokeKind::Outside);
        }
    }
}

/// Where a dragged edge is, and what holds it there.
pub(super) fn dragged(ui: &Ui, lanes: &Lanes<'_>, drag: &EdgeDrag, area: Rect) {
    let palette = theme::palette(ui);
    let x = lanes.axis.x_of_edge(f64::from(drag.frame));
    let painter = ui.painter().with_clip_rect(area);
    let line = [pos2(x, area.top()), pos2(x, area.bottom())];
    let stroke = Stroke::new(1.5, if drag.snapped.is_some() { palette.accent } else { palette.text });
    painter.extend(Shape::dashed_line(&line, stroke, 5.0, 3.0));
    let held = drag.snapped.map(|target| match target.kind {
        SnapKind::Playhead => "shown frame".to_owned(),
        SnapKind::Neighbor => "neighbour".to_owned(),
        SnapKind::ChangePoint => "clip".to_owned(),
        SnapKind::OtherAnimal(animal) => lanes.layers.names.get(animal.index()).cloned().unwrap_or_default(),
    });
    let text = held.map_or(drag.frame.to_string(), |held| format!("{} · {held}", drag.frame));
    let galley = lanes.layout(&painter, &text, sans(Weight::Medium, Theme::get().font.caption), palette.text);
    let size = galley.size() + vec2(10.0, 4.0);
    let left = (x + 6.0).min(area.right() - size.x);
    let tag = Rect::from_min_size(pos2(left, area.top() + 2.0), size);
    painter.rect(tag, 4, palette.raised, Stroke::new(1.0, palette.line_strong), StrokeKind::Inside);
    painter.galley(tag.min + vec2(5.0, 2.0), galley, palette.text);
}

impl Lanes<'_> {
    /// "chase · A2"
    pub(super) fn text_of(&self, segment: &Segment) -> String {
        let label = in_words(&segment.label);
        match segment.partner.and_then(|partner| self.layers.names.get(partner.index())) {
            Some(partner) => format!("{label} · {partner}"),
            None => label,
        }
    }

    /// The number of a clip's cluster.
    fn cluster_of(&self, segment: &Segment) -> Option<String> {
        let clips = &self.layers.timeline.clips;
        let place = (segment.animal, segment.start_frame);
        let at = clips.binary_search_by_key(&place, |clip| (clip.animal, clip.start_frame)).ok()?;
        clips[at].cluster.map(|cluster| cluster.to_string())
    }

    pub(super) fn layout(
        &self,
        painter: &Painter,
        text: &str,
        font: egui::FontId,
        ink: Color32,
    ) -> std::sync::Arc<egui::Galley> {
        painter.layout_no_wrap(text.to_owned(), font, ink)
    }

    /// Words within a place; left out where they do not fit.
    fn words(&self, painter: &Painter, place: Rect, text: &str, weight: Weight, ink: Color32, indent: f32) {
        let room = place.width() - 10.0 - indent;
        // No word is narrower than this: what cannot fit need not be laid out.
        if text.is_empty() || room < 5.0 || room < 3.0 * text.chars().count() as f32 {
            return;
        }
        let galley = self.layout(painter, text, sans(weight, Theme::get().font.caption), ink);
        if galley.size().x <= room {
            let at: Pos2 = pos2(place.left() + 5.0 + indent, place.center().y - galley.size().y / 2.0);
            painter.galley(at, galley, ink);
        }
    }
}
