//! The lanes: one time scale over the map of the whole recording, a ruler, the rows of each animal, and strips below them.
//!
//! Pressing the ruler shows a frame; a click selects a segment; an edge that is dragged moves when it is let go, and until then
//! the picture shows the frame at it. The wheel zooms about the pointer.

use std::collections::BTreeSet;
use std::path::PathBuf;

use egui::{CentralPanel, CursorIcon, Frame, Rect, Role, ScrollArea, Sense, Ui, WidgetInfo, pos2, scroll_area, vec2};

use super::drag::{self, EdgeDrag};
use super::rows::{self, Row, RowKind};
use super::{menu, paint, strips};
use crate::app::Command;
use crate::app::session::Session;
use crate::app::timeline::{Layers, TimelineCommand};
use crate::jobs::timeline::Target;
use crate::model::vocabulary::in_words;
use crate::model::{AnimalId, RecordingId, Segment};
use crate::ui::ctx::ViewCtx;
use crate::ui::theme;
use crate::ui::theme::behavior::LabelLooks;
use crate::ui::time::axis::{Axis, Span};

/// From the left edge to where frames begin, points.
const GUTTER: f32 = 116.0;
/// From where frames end to the right edge: the scales of strips stand there.
const END: f32 = 40.0;
/// Height of the map of the whole recording, and of the ruler.
const MAP: f32 = 20.0;
const RULER: f32 = 20.0;

/// So many segments are named for screen readers; where more are shown, each is too narrow to be told apart.
const MOST_NAMED: usize = 400;

/// What the lanes remember between frames.
pub struct LanesMemory {
    /// The part of the recording that is shown; nothing: all of it.
    span: Option<Span>,
    /// The frame that was shown last.
    shown: Option<u32>,
    of: Option<(PathBuf, RecordingId)>,
    /// Animals of which only what people say is shown.
    pub(super) folded: BTreeSet<AnimalId>,
    /// Whether clips and what was said of them are shown.
    pub(super) shows_clips: bool,
    drag: Option<EdgeDrag>,
    /// The segment that the menu is about.
    menu: Option<Target>,
    map: paint::MapMemory,
    strips: strips::StripsMemory,
    looks: LabelLooks,
}

impl Default for LanesMemory {
    fn default() -> Self {
        Self {
            span: None,
            shown: None,
            of: None,
            folded: BTreeSet::new(),
            shows_clips: true,
            drag: None,
            menu: None,
            map: paint::MapMemory::default(),
            strips: strips::StripsMemory::default(),
            looks: LabelLooks::default(),
        }
    }
}

impl LanesMemory {
    /// Forgets what belonged to another recording, and brings the shown frame in when it changed.
    fn follow(&mut self, session: &Session) {
        let of = (&session.path, session.info.id);
        if self.of.as_ref().is_none_or(|(path, id)| (path, *id) != of) {
            *self = Self {
                of: Some((session.path.clone(), session.info.id)),
                shows_clips: self.shows_clips,
                ..Self::default()
            };
        }
        let frame = session.cursor.frame;
        if self.shown != Some(frame) && self.drag.is_none() {
            let axis = Axis::new(0.0, 1.0, self.span, session.info.frame_count);
            self.span = axis.showing(frame).remembered();
            self.shown = Some(frame);
        }
    }
}

/// What all rows are drawn with.
pub(super) struct Lanes<'a> {
    pub ctx: &'a ViewCtx<'a>,
    pub session: &'a Session,
    pub layers: &'a Layers,
    pub axis: Axis,
    pub looks: &'a LabelLooks,
}

/// Draws the lanes into the room that is left.
pub(super) fn ui(ui: &mut Ui, ctx: &ViewCtx<'_>, session: &Session, layers: &Layers, memory: &mut LanesMemory) {
    memory.follow(session);
    let room = ui.available_rect_before_wrap();
    let axis = Axis::new(room.left() + GUTTER, room.width() - GUTTER - END, memory.span, session.info.frame_count);
    let mut looks = std::mem::take(&mut memory.looks);
    looks.refresh(&session.timeline.vocabulary, theme::palette(ui).panel);
    let mut lanes = Lanes { ctx, session, layers, axis, looks: &looks };
    ui.spacing_mut().item_spacing.y = 0.0;
    lanes.map_ui(ui, &mut memory.map);
    let ruler = lanes.ruler_ui(ui);
    if let Some(scene) = &session.timeline.scene {
        strips::panel_ui(ui, &mut lanes, scene, &mut memory.strips);
    }
    CentralPanel::default().frame(Frame::NONE).show(ui, |ui| {
        let vocabulary = &session.timeline.vocabulary;
        let (rows, height) = rows::rows(layers, vocabulary, memory);
        let area = ScrollArea::vertical()
            .id_salt("lanes")
            .scroll_source(scroll_area::ScrollSource::SCROLL_BAR)
            .auto_shrink(false);
        area.show(ui, |ui| {
            let (rect, _) = ui.allocate_exact_size(vec2(ui.available_width(), height), Sense::hover());
            lanes.rows_ui(ui, rect, &rows, memory);
        });
    });
    let whole = room.with_min_x(axis.left - GUTTER);
    lanes.zoom_input(ui, whole);
    lanes.paint_playhead(ui, ruler, room.bottom());
    memory.span = lanes.axis.remembered();
    memory.looks = looks;
}

impl Lanes<'_> {
    /// The whole recording at a glance: what counts of each animal, and the part that is shown.
    fn map_ui(&mut self, ui: &mut Ui, memory: &mut paint::MapMemory) {
        let (rect, _) = ui.allocate_exact_size(vec2(ui.available_width(), MAP), Sense::hover());
        let map = Rect::from_x_y_ranges(self.axis.left..=self.axis.left + self.axis.width, rect.y_range())
            .shrink2(vec2(0.0, 4.0));
        paint::gutter(ui, rect.left() + 12.0, map.center().y, "whole video");
        paint::map(ui, self, map, memory);
        let response =
            ui.interact(map.expand2(vec2(0.0, 3.0)), ui.make_persistent_id("lanes map"), Sense::click_and_drag());
        response.widget_info(|| WidgetInfo::slider(true, self.axis.span.start, "Part of the video that is shown"));
        if let Some(at) = response.interact_pointer_pos() {
            let share = f64::from((at.x - map.left()) / map.width().max(1.0));
            self.axis = self.axis.centred_on(share * f64::from(self.axis.frame_count) - 0.5);
        }
    }

    fn ruler_ui(&mut self, ui: &mut Ui) -> Rect {
        let (rect, _) = ui.allocate_exact_size(vec2(ui.available_width(), RULER), Sense::hover());
        let ruler = rect.with_min_x(self.axis.left).with_max_x(self.axis.left + self.axis.width);
        let response = ui.interact(ruler, ui.make_persistent_id("lanes ruler"), Sense::click_and_drag());
        response.widget_info(|| WidgetInfo::slider(true, f64::from(self.session.cursor.frame), "Ruler"));
        paint::ruler(ui, self, rect);
        let is_down = response.is_pointer_button_down_on() && ui.input(|input| input.pointer.primary_down());
        if let Some(at) = response.interact_pointer_pos().filter(|_| is_down || response.clicked()) {
            self.show(self.axis.frame_at(at.x));
        }
        if response.dragged_by(egui::PointerButton::Middle) {
            self.axis = self.axis.panned(response.drag_delta().x);
        }
        ruler
    }

    pub(super) fn show(&self, frame: u32) {
        if frame != self.session.cursor.frame {
            self.ctx.send(Command::ShowFrame(frame));
        }
    }

    fn rows_ui(&mut self, ui: &mut Ui, rect: Rect, rows: &[Row], memory: &mut LanesMemory) {
        let vocabulary = &self.session.timeline.vocabulary;
        let visible = self.axis.visible();
        let clip = ui.clip_rect();
        let place = |row: &Row| {
            let top = rect.top() + row.top;
            Rect::from_x_y_ranges(self.axis.left..=self.axis.left + self.axis.width, top..=top + row.height)
        };
        let area = rect.with_min_x(self.axis.left).with_max_x(self.axis.left + self.axis.width);
        let response = ui.interact(area, ui.make_persistent_id("lanes"), Sense::click_and_drag());
        response.widget_info(|| WidgetInfo::labeled(Role::Group, true, "Timeline"));
        let mut named = 0;
        for row in rows {
            let lane = place(row);
            if row.is_first {
                self.animal_ui(ui, lane, row.animal, memory);
            }
            if lane.bottom() < clip.top() || lane.top() > clip.bottom() {
                continue;
            }
            paint::row_name(ui, self, lane, row);
            paint::row(ui, lane, row);
            let mut row_is_empty = true;
            let mut painted = paint::Painted::default();
            for (target, segment) in rows::segments_in(self.layers, vocabulary, row, visible.clone()) {
                row_is_empty = false;
                let shown = memory.drag.as_ref().and_then(|drag| drag.frames_of(target)).unwrap_or(segment.frames());
                let Some(place) = painted.segment(ui, self, lane, row, (target, segment), shown) else { continue };
                if place.width() >= 6.0 && named < MOST_NAMED && is_named(&row.kind) {
                    named += 1;
                    name_segment(ui, self, place, target, segment, row);
                }
            }
            if row_is_empty && matches!(row.kind, RowKind::Human(_)) {
                paint::not_reviewed(ui, lane);
            }
        }
        self.pointer_ui(ui, &response, rect, rows, memory);
        if let Some(drag) = &memory.drag {
            paint::dragged(ui, self, drag, area.intersect(clip));
        }
    }

    /// Clicks and drags over the rows.
    fn pointer_ui(
        &mut self,
        ui: &mut Ui,
        response: &egui::Response,
        rect: Rect,
        rows: &[Row],
        memory: &mut LanesMemory,
    ) {
        if response.dragged_by(egui::PointerButton::Middle) {
            self.axis = self.axis.panned(response.drag_delta().x);
            return;
        }
        let row_at = |y: f32| rows.iter().find(|row| (row.top..row.top + row.height).contains(&(y - rect.top())));
        if let Some(drag) = &mut memory.drag {
            ui.ctx().set_cursor_icon(CursorIcon::ResizeHorizontal);
            let is_given_up = ui.input(|input| input.key_pressed(egui::Key::Escape));
            if let Some(at) = response.interact_pointer_pos() {
                drag.follow(ui, self, at.x);
                let shown = drag.shown_frame();
                self.show(shown);
            }
            if is_given_up {
                memory.drag = None;
            } else if response.drag_stopped() || !ui.input(|input| input.pointer.any_down()) {
                let command = drag.command();
                memory.drag = None;
                if let Some(act) = command {
                    self.ctx.send(Command::Timeline(TimelineCommand::Act(act)));
                }
            }
            return;
        }
        let hovered = response.hover_pos().and_then(|at| Some((at, row_at(at.y)?)));
        let edge = hovered.and_then(|(at, row)| drag::edge_at(self, row, at.x));
        if edge.is_some() {
            ui.ctx().set_cursor_icon(CursorIcon::ResizeHorizontal);
        }
        let press = ui.input(|input| input.pointer.press_origin());
        if response.drag_started_by(egui::PointerButton::Primary)
            && let Some((row, at)) = press.and_then(|at| Some((row_at(at.y)?, at)))
        {
            match drag::edge_at(self, row, at.x) {
                Some(edge) => memory.drag = EdgeDrag::begin(self, edge),
                None => self.show(self.axis.frame_at(at.x)),
            }
            return;
        }
        let Some(at) = response.interact_pointer_pos() else { return };
        let under = row_at(at.y).map(|row| (row, self.segment_at(row, at.x)));
        if response.clicked_by(egui::PointerButton::Primary) {
            let add = ui.input(|input| input.modifiers.shift || input.modifiers.command);
            match under {
                Some((_, Some(target))) => {
                    self.ctx.send(Command::Timeline(TimelineCommand::Select(target, add)));
                    self.show(self.axis.frame_at(at.x));
                }
                Some((row, None)) => {
                    self.ctx.send(Command::Timeline(TimelineCommand::Deselect));
                    self.ctx.send(Command::Timeline(TimelineCommand::ChooseAnimal(row.animal)));
                    self.show(self.axis.frame_at(at.x));
                }
                None => {}
            }
        } else if response.secondary_clicked() {
            memory.menu = under.and_then(|(_, target)| target);
            if let Some(target) = memory.menu.filter(|target| !self.session.timeline.selected.contains(target)) {
                self.ctx.send(Command::Timeline(TimelineCommand::Select(target, false)));
            }
        } else if response.is_pointer_button_down_on() && response.dragged_by(egui::PointerButton::Primary) {
            self.show(self.axis.frame_at(at.x));
        }
        if let Some(target) = memory.menu {
            menu::ui(response, self, target);
        }
    }

    /// The segment of a row at a place on the screen; a moment that is narrow can be hit beside it.
    fn segment_at(&self, row: &Row, x: f32) -> Option<Target> {
        let frame = self.axis.position_at(x).max(0.0) as u32;
        let reach = (3.0 / self.axis.frame_width()) as u32;
        let around = frame.saturating_sub(reach)..frame.saturating_add(reach + 1);
        let found: Vec<(Target, &Segment)> =
            rows::segments_in(self.layers, &self.session.timeline.vocabulary, row, around).collect();
        let exact = found.iter().filter(|(_, it)| it.frames().contains(&frame)).min_by_key(|(_, it)| it.frames().len());
        exact.or(found.first()).map(|(target, _)| *target)
    }

    /// An animal's badge and name; a click folds its machine layers.
    fn animal_ui(&self, ui: &mut Ui, lane: Rect, animal: AnimalId, memory: &mut LanesMemory) {
        let place = Rect::from_min_size(pos2(lane.left() - GUTTER, lane.top()), vec2(56.0, 18.0));
        let id = ui.make_persistent_id(("lanes of", animal.0));
        let response = ui.interact(place, id, Sense::click());
        let name = &self.layers.names[animal.index()];
        let is_open = !memory.folded.contains(&animal);
        let words = format!("{} layers of {name}", if is_open { "Fold the" } else { "Show the" });
        response.widget_info(|| WidgetInfo::selected(Role::DisclosureTriangle, true, is_open, &words));
        paint::animal(ui, self, place, animal, response.hovered() || response.has_focus());
        if response.clicked() {
            self.ctx.send(Command::Timeline(TimelineCommand::ChooseAnimal(animal)));
            if !memory.folded.remove(&animal) {
                memory.folded.insert(animal);
            }
        }
        response.on_hover_text(words);
    }

    /// The wheel zooms about the pointer, sideways it pans; a double click on the ruler shows everything.
    fn zoom_input(&mut self, ui: &Ui, whole: Rect) {
        let Some(at) = ui.ctx().pointer_hover_pos().filter(|at| whole.contains(*at)) else { return };
        if ui.ctx().layer_id_at(at).is_some_and(|layer| layer != ui.layer_id()) {
            return;
        }
        let (scroll, pinch) = ui.input(|input| (input.smooth_scroll_delta(), input.zoom_delta()));
        crate::ui::time::zoom_by(&mut self.axis, at.x, scroll, pinch);
    }

    fn paint_playhead(&self, ui: &Ui, ruler: Rect, bottom: f32) {
        paint::playhead(ui, self, ruler, bottom);
    }
}

/// Rows whose segments are named for screen readers: what can be edited.
fn is_named(kind: &RowKind) -> bool {
    matches!(kind, RowKind::Merged | RowKind::Human(_))
}

/// Names a segment, and shows its words where the pointer rests.
fn name_segment(ui: &Ui, lanes: &Lanes<'_>, place: Rect, target: Target, segment: &Segment, row: &Row) {
    let id = ui.make_persistent_id(("segment", target_key(target)));
    let response = ui.interact(place, id, Sense::hover());
    let animal = &lanes.layers.names[segment.animal.index()];
    let words = format!(
        "{} {} of {animal}, frames {} to {}, {}",
        row.kind.words(),
        in_words(&segment.label),
        segment.start_frame,
        segment.stop_frame,
        segment.status.as_str()
    );
    let is_selected = lanes.session.timeline.selected.contains(&target);
    response.widget_info(|| WidgetInfo::selected(Role::ListBoxOption, true, is_selected, &words));
}

fn target_key(target: Target) -> (u8, i64) {
    match target {
        Target::Human(id) => (255, id.0),
        Target::Machine { layer, animal, start_frame } => (animal.0 * 2 + layer as u8, i64::from(start_frame)),
    }
}
