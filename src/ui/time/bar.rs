//! Draws the bar and takes what the pointer and the keyboard do with it. What stays the same is kept as shapes.

use egui::accesskit::{Action, ActionData};
use egui::{
    Align2, EventFilter, Pos2, Rect, Response, Sense, Shape, Stroke, StrokeKind, Tooltip, Ui, Vec2, WidgetInfo, pos2,
    vec2,
};

use super::axis::Axis;
use super::bins::{Bins, COUNT_GAP, MARK_WIDTH, MarkKind};
use super::shapes::{Key, ROW, Rows, height_of, most_dots, scale, shapes};
use super::{BarKind, TimeMemory, hint};
use crate::app::overview::Overview;
use crate::app::session::Session;
use crate::app::{Command, Page};
use crate::ui::ctx::ViewCtx;
use crate::ui::icons::paint_icon;
use crate::ui::theme::{self, Weight, mono, sans};
use crate::ui::widgets::focus_ring_inside;

/// What the bar keeps between frames.
#[derive(Default)]
pub(super) struct BarMemory {
    key: Option<Key>,
    bins: Bins,
    shapes: Vec<Shape>,
    /// Where the pointer went down.
    press: Option<Pos2>,
    /// Whether it moved since.
    has_moved: bool,
    /// The frame that was asked for last, while the pointer is down.
    asked: Option<u32>,
}

pub(super) fn ui(ui: &mut Ui, ctx: &ViewCtx<'_>, session: &Session, kind: BarKind, memory: &mut TimeMemory) {
    let whole = ui.available_rect_before_wrap();
    ui.allocate_rect(whole, Sense::hover());
    let mut axis = memory.axis(ui, session);
    let room = Rect::from_min_max(pos2(axis.left, whole.top()), pos2(axis.left + axis.width, whole.bottom()));
    let id = ui.make_persistent_id("frame slider");
    let rows = Rows::new(room, kind, axis.is_zoomed());
    let hit = Rect::from_min_max(room.min, pos2(room.right(), rows.map.map_or(room.bottom(), |map| map.top())));
    let response = ui.interact(hit.expand2(vec2(8.0, 0.0)), id, Sense::click_and_drag());
    if let Some(map) = rows.map {
        map_input(ui, map, &mut axis, memory);
    }
    zoom_input(ui, whole, &response, &mut axis);
    memory.span = axis.remembered();

    let Some(overview) = &session.overview else {
        let words = "Reading all frames";
        let font = sans(Weight::Regular, ctx.theme.font.body);
        ui.painter().text(rows.bars.center(), Align2::CENTER_CENTER, words, font, theme::palette(ui).text_tertiary);
        return;
    };
    memory.bar.refresh(ui, ctx, session, overview, kind, axis, room, &rows);
    scrub_input(ui, ctx, session, &response, &axis, &rows, &mut memory.bar);
    name_slider(ui, ctx, session, &response);

    paint_gutter(ui, ctx, session, overview, kind, whole, &rows);
    let painter = ui.painter().with_clip_rect(hit.expand2(vec2(10.0, 0.0)).union(rows.bars));
    let hovered = response.hover_pos().filter(|_| response.hovered()).map(|at| (at, axis.frame_at(at.x)));
    paint_column(ui, &painter, session.cursor.frame, &axis, &rows, true);
    if let Some((_, frame)) = hovered {
        paint_column(ui, &painter, frame, &axis, &rows, false);
    }
    painter.extend(memory.bar.shapes.iter().cloned());
    paint_threshold(ui, session, kind, &rows);
    paint_marks(ui, ctx, &painter, &axis, &rows, &memory.bar.bins);
    paint_numbers(ui, ctx, session, &axis, &rows);
    paint_playhead(ui, ctx, session, &axis, &rows);
    if let Some(map) = rows.map {
        paint_map(ui, session, &axis, map);
    }
    focus_ring_inside(ui, hit, &response);
    if let Some((at, frame)) = hovered
        && !response.dragged()
    {
        let mark = (at.y - rows.marks).abs() <= ROW / 2.0;
        Tooltip::for_widget(&response).at_pointer().gap(12.0).show(|ui| {
            hint::ui(ui, ctx, session, overview, &axis, at.x, frame, mark, &memory.bar.bins);
        });
    }
}

impl BarMemory {
    #[expect(clippy::too_many_arguments, reason = "all that the picture depends on")]
    fn refresh(
        &mut self,
        ui: &Ui,
        ctx: &ViewCtx<'_>,
        session: &Session,
        overview: &Overview,
        kind: BarKind,
        axis: Axis,
        room: Rect,
        rows: &Rows,
    ) {
        let key = Key {
            revision: overview.revision,
            axis,
            room,
            kind,
            threshold_px: session.queue.threshold_px() as f32,
            open_seeds: open_seeds(session, ctx.state.page),
            is_dark: ui.visuals().dark_mode,
            pixels_per_point: ui.pixels_per_point(),
        };
        if self.key.as_ref() == Some(&key) {
            return;
        }
        self.bins = Bins::of(&overview.marks, &key.axis, key.threshold_px, &key.open_seeds);
        self.shapes = shapes(ui, ctx, session, &self.bins, &key, rows);
        self.key = Some(key);
    }
}

/// The chosen seed frames that are not labelled whole, where one labels them; elsewhere a seed is one with any label.
fn open_seeds(session: &Session, page: Page) -> Vec<u32> {
    let is_open = |frame: &u32| is_open_seed(session, page, *frame);
    session.seeds.frames.iter().copied().filter(is_open).collect()
}

pub(super) fn is_open_seed(session: &Session, page: Page, frame: u32) -> bool {
    let progress = session.seeds.progress.get(&frame);
    match (page, progress) {
        (Page::Seeds, Some(progress)) => progress.dots + progress.none < progress.all,
        (Page::Seeds | Page::Detect, _) => {
            let marks = session.overview.as_ref().map(|overview| &overview.marks);
            marks.and_then(|marks| marks.get(frame as usize)).is_none_or(|mark| !mark.is_seed)
        }
        _ => false,
    }
}

/// The wheel zooms about the pointer, sideways it pans; the middle button pans; a double click shows everything.
fn zoom_input(ui: &Ui, whole: Rect, response: &Response, axis: &mut Axis) {
    if response.dragged_by(egui::PointerButton::Middle) {
        *axis = axis.panned(response.drag_delta().x);
    }
    let Some(at) = ui.ctx().pointer_hover_pos().filter(|at| whole.contains(*at) && response.contains_pointer()) else {
        return;
    };
    let (scroll, pinch, double) = ui.input(|input| {
        let double = input.pointer.button_double_clicked(egui::PointerButton::Primary);
        (input.smooth_scroll_delta(), input.zoom_delta(), double)
    });
    zoom_by(axis, at.x, scroll, pinch);
    if double {
        *axis = Axis::new(axis.left, axis.width, None, axis.frame_count);
    }
}

/// What the wheel and a pinch at `x` do to a scale.
pub(in crate::ui) fn zoom_by(axis: &mut Axis, x: f32, scroll: Vec2, pinch: f32) {
    let factor = f64::from((scroll.y / 160.0).exp() * pinch);
    if factor != 1.0 {
        *axis = axis.zoomed(factor, x);
    }
    if scroll.x != 0.0 {
        *axis = axis.panned(scroll.x);
    }
}

/// Dragging in the map moves the part that is shown.
fn map_input(ui: &Ui, map: Rect, axis: &mut Axis, memory: &TimeMemory) {
    let response = ui.interact(map, ui.make_persistent_id("whole recording"), Sense::click_and_drag());
    response.widget_info(|| WidgetInfo::slider(true, memory.span.map_or(0.0, |span| span.start), "Part that is shown"));
    if let Some(at) = response.interact_pointer_pos() {
        let share = f64::from((at.x - map.left()) / map.width().max(1.0));
        *axis = axis.centred_on(share * f64::from(axis.frame_count) - 0.5);
    }
}

/// Pressing shows what is under the pointer, dragging follows it; only on a mark or on bars of several frames does a press
/// lead to the frame that is most worth a look.
fn scrub_input(
    ui: &Ui,
    ctx: &ViewCtx<'_>,
    session: &Session,
    response: &Response,
    axis: &Axis,
    rows: &Rows,
    memory: &mut BarMemory,
) {
    let is_down = response.is_pointer_button_down_on() && ui.input(|input| input.pointer.primary_down());
    // A quick click may go down and up within one painted frame.
    let is_quick = response.clicked() && memory.press.is_none();
    let Some(at) = response.interact_pointer_pos().filter(|_| is_down || is_quick) else {
        memory.press = None;
        memory.has_moved = false;
        memory.asked = None;
        return;
    };
    let press = *memory.press.get_or_insert(at);
    memory.has_moved |= (at.x - press.x).abs() > 2.0;
    let frame = if memory.has_moved { axis.frame_at(at.x) } else { goal_at(axis, press, rows, &memory.bins) };
    if memory.asked != Some(frame) && (frame != session.cursor.frame || session.cursor.is_playing()) {
        ctx.send(Command::ShowFrame(frame));
    }
    memory.asked = Some(frame);
}

/// Where a press leads.
fn goal_at(axis: &Axis, at: Pos2, rows: &Rows, bins: &Bins) -> u32 {
    let under = axis.frame_at(at.x);
    if (at.y - rows.marks).abs() <= ROW / 2.0 {
        return bins.mark_at(axis, at.x).map_or(under, |mark| mark.goal);
    }
    let is_bar = at.y < rows.marks - ROW / 2.0 && bins.per_bin > 1;
    bins.bin_of(under).filter(|bin| is_bar && bin.is_flagged).map_or(under, |bin| bin.worst)
}

/// What screen readers get, and what they may do. Arrow keys step frames wherever the focus is, so they stay here.
fn name_slider(ui: &Ui, ctx: &ViewCtx<'_>, session: &Session, response: &Response) {
    let frame = session.cursor.frame;
    let last = session.info.frame_count.saturating_sub(1);
    response.widget_info(|| WidgetInfo::slider(true, f64::from(frame), "Frame slider"));
    ui.ctx().accesskit_node_builder(response.id, |node| {
        node.set_min_numeric_value(0.0);
        node.set_max_numeric_value(f64::from(last));
        node.set_numeric_value_step(1.0);
        for action in [Action::SetValue, Action::Increment, Action::Decrement] {
            node.add_action(action);
        }
    });
    let filter = EventFilter { horizontal_arrows: true, ..EventFilter::default() };
    ui.memory_mut(|memory| memory.set_focus_lock_filter(response.id, filter));
    let (steps, value) = ui.input(|input| {
        let count = |action| input.num_accesskit_action_requests(response.id, action) as i64;
        let values = input.accesskit_action_requests(response.id, Action::SetValue);
        let value = values.filter_map(|request| match request.data {
            Some(ActionData::NumericValue(value)) => Some(value),
            _ => None,
        });
        (count(Action::Increment) - count(Action::Decrement), value.last())
    });
    if let Some(value) = value.filter(|value| value.is_finite()) {
        ctx.send(Command::ShowFrame(value.round().clamp(0.0, f64::from(last)) as u32));
    } else if steps != 0 {
        ctx.send(Command::Step(steps));
    }
}

/// The names of the rows and the scale of the bars.
fn paint_gutter(
    ui: &Ui,
    ctx: &ViewCtx<'_>,
    session: &Session,
    overview: &Overview,
    kind: BarKind,
    whole: Rect,
    rows: &Rows,
) {
    let palette = theme::palette(ui);
    let left = whole.left() + ctx.theme.space.panel_padding;
    let font = sans(Weight::Regular, ctx.theme.font.caption);
    let words = |y: f32, words: &str, colour| {
        ui.painter().text(pos2(left, y), Align2::LEFT_CENTER, words, font.clone(), colour);
    };
    let top = rows.bars.top() + 8.0;
    let (first, second) = match kind {
        BarKind::Residuals => ("Residual", "worst, px"),
        BarKind::Dots => ("Dots found", "all views"),
        BarKind::Progress => ("Frames", ""),
    };
    let has_second = !second.is_empty() && rows.bars.height() >= 2.0 * ctx.theme.font.line_height.caption;
    words(if has_second { top } else { rows.bars.center().y }, first, palette.text_secondary);
    if has_second {
        words(top + ctx.theme.font.line_height.caption, second, palette.text_tertiary);
    }
    if let Some(heat) = rows.heat {
        words(heat.center().y, "Heat", palette.text_secondary);
    }
    let marks = if kind == BarKind::Dots { "Seeds" } else { "Marks" };
    words(rows.marks, marks, palette.text_secondary);

    let figures = mono(Weight::Medium, ctx.theme.font.caption);
    let line = Stroke::new(ctx.theme.stroke.line, palette.line);
    let tick = |y: f32, text: String| {
        ui.painter().hline(rows.bars.x_range(), y, line);
        let at = pos2(rows.bars.left() - 8.0, y);
        ui.painter().text(at, Align2::RIGHT_CENTER, text, figures.clone(), palette.text_secondary);
    };
    let y_of = |share: f32| (rows.bars.bottom() - rows.bars.height() * share).round() + 0.5;
    match kind {
        BarKind::Residuals => {
            let scale = scale(session);
            let mut below = f32::INFINITY;
            for px in [1.0, 3.0, 10.0, 30.0] {
                let share = height_of(px * scale);
                // A label needs a line's height for itself.
                if (0.1..0.95).contains(&share) && below - y_of(share) >= 13.0 {
                    below = y_of(share);
                    tick(below, px.to_string());
                }
            }
        }
        BarKind::Dots => tick(y_of(1.0), most_dots(session).to_string()),
        BarKind::Progress => {}
    }
    if kind == BarKind::Dots && overview.detected_len() == 0 {
        let font = sans(Weight::Regular, ctx.theme.font.body);
        let words = "No dots were looked for yet";
        ui.painter().text(rows.bars.center(), Align2::CENTER_CENTER, words, font, palette.text_tertiary);
    }
}

/// The ground of the shown frame's column, or of the hovered one.
fn paint_column(ui: &Ui, painter: &egui::Painter, frame: u32, axis: &Axis, rows: &Rows, is_shown: bool) {
    let palette = theme::palette(ui);
    let half = (axis.frame_width() / 2.0).max(1.5);
    let x = axis.x_of(frame);
    let bottom = rows.marks + ROW / 2.0;
    let column = Rect::from_min_max(pos2(x - half, rows.bars.top() - 4.0), pos2(x + half, bottom));
    painter.rect_filled(column, 0, if is_shown { palette.accent_fill } else { palette.raised });
}

fn paint_threshold(ui: &Ui, session: &Session, kind: BarKind, rows: &Rows) {
    let share = height_of(session.queue.threshold_px() as f32 * scale(session));
    if kind == BarKind::Residuals && share > 0.0 {
        let y = (rows.bars.bottom() - rows.bars.height() * share).round() + 0.5;
        let line = [pos2(rows.bars.left(), y), pos2(rows.bars.right(), y)];
        let stroke = Stroke::new(1.0, theme::palette(ui).text_secondary);
        ui.painter().extend(Shape::dashed_line(&line, stroke, 4.0, 3.0));
    }
}

fn paint_marks(ui: &Ui, ctx: &ViewCtx<'_>, painter: &egui::Painter, axis: &Axis, rows: &Rows, bins: &Bins) {
    let palette = theme::palette(ui);
    let states = &ctx.theme.state;
    for mark in &bins.marks {
        let tokens = match mark.kind() {
            MarkKind::Seed => states.seed,
            MarkKind::SeedOpen => states.seed_open,
            MarkKind::Fixed => states.fixed,
            MarkKind::Flagged => states.flagged,
        };
        let colour = palette.ink(tokens.colour);
        let middle = pos2(mark.left(axis) + MARK_WIDTH / 2.0, rows.marks);
        paint_icon(painter, tokens.sign, Rect::from_center_size(middle, Vec2::splat(MARK_WIDTH)), colour);
        if mark.count() > 1 {
            let at = middle + vec2(MARK_WIDTH / 2.0 + COUNT_GAP, 0.0);
            let font = mono(Weight::Medium, ctx.theme.font.caption);
            painter.text(at, Align2::LEFT_CENTER, mark.count(), font, palette.text_secondary);
        }
    }
}

/// Between the middles of two frame numbers at least.
const NUMBERS_APART: f32 = 64.0;

fn paint_numbers(ui: &Ui, ctx: &ViewCtx<'_>, session: &Session, axis: &Axis, rows: &Rows) {
    let palette = theme::palette(ui);
    let font = mono(Weight::Medium, ctx.theme.font.caption);
    let shown = axis.x_of(session.cursor.frame);
    for frame in axis.ticks(NUMBERS_APART) {
        let x = axis.x_of(frame);
        if (x - shown).abs() < 36.0 || x < axis.left || x > axis.left + axis.width {
            continue;
        }
        ui.painter().text(pos2(x, rows.numbers), Align2::CENTER_CENTER, frame, font.clone(), palette.text_secondary);
    }
}

/// A line through the shown frame, and its number on the accent.
fn paint_playhead(ui: &Ui, ctx: &ViewCtx<'_>, session: &Session, axis: &Axis, rows: &Rows) {
    let palette = theme::palette(ui);
    let x = axis.x_of(session.cursor.frame);
    if x < axis.left - 1.0 || x > axis.left + axis.width + 1.0 {
        return;
    }
    let bottom = rows.heat.map_or(rows.bars.bottom(), |heat| heat.bottom());
    let line = Rect::from_min_max(pos2(x - 1.0, rows.bars.top() - 4.0), pos2(x + 1.0, bottom));
    ui.painter().rect_filled(line, 0, palette.accent);
    let font = mono(Weight::Strong, ctx.theme.font.caption);
    let galley = ui.painter().layout_no_wrap(session.cursor.frame.to_string(), font, palette.on_accent);
    let size = vec2(galley.size().x + 12.0, ctx.theme.size.pill_height);
    // The number stays whole at both ends of the recording.
    let middle = x.clamp(axis.left + size.x / 2.0 - 12.0, axis.left + axis.width - size.x / 2.0 + 12.0);
    let pill = Rect::from_center_size(pos2(middle, rows.numbers), size);
    ui.painter().rect_filled(pill, ctx.theme.radius.pill, palette.accent);
    ui.painter().galley(pill.center() - galley.size() / 2.0, galley, palette.on_accent);
}

/// The whole recording as a line, with the part that is shown.
fn paint_map(ui: &Ui, session: &Session, axis: &Axis, map: Rect) {
    let palette = theme::palette(ui);
    let all = Axis::new(map.left(), map.width(), None, axis.frame_count);
    let line = Rect::from_center_size(map.center(), vec2(map.width(), 2.0));
    ui.painter().rect_filled(line, 1, palette.control_track);
    let start = all.x_of_edge(axis.span.start);
    let end = all.x_of_edge(axis.span.start + axis.span.frames).max(start + 6.0);
    let part = Rect::from_min_max(pos2(start, map.top() + 1.0), pos2(end, map.bottom() - 1.0));
    let outline = Stroke::new(1.0, palette.text_tertiary);
    ui.painter().rect(part, 2, palette.control, outline, StrokeKind::Inside);
    let x = all.x_of(session.cursor.frame);
    let tick = Rect::from_center_size(pos2(x, map.center().y), vec2(2.0, map.height()));
    ui.painter().rect_filled(tick, 0, palette.accent);
}
