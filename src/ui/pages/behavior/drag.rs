//! An edge while it is dragged: what it snaps to, where it may go, and the edit that it is once it is let go.

use std::ops::{Range, RangeInclusive};

use egui::Ui;

use super::lanes::Lanes;
use super::rows::{self, Row, RowKind};
use crate::behavior::edits::{Edge, Neighbor, SnapTarget, SnapTargets, Timeline};
use crate::jobs::timeline::{Target, TimelineAct};
use crate::model::{Segment, SegmentId, SegmentKind};

/// An edge can be taken so far beside it, points.
const REACH: f32 = 6.0;
/// An edge snaps to what is so near, points.
const SNAP: f32 = 8.0;

/// An edge that can be dragged.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct EdgeAt {
    pub target: Target,
    pub edge: Edge,
}

/// An edge that is dragged.
#[derive(Clone, Debug)]
pub(super) struct EdgeDrag {
    of: EdgeAt,
    segment: Segment,
    snaps: SnapTargets,
    /// Where it may go, by what becomes of the neighbour.
    limits: Vec<(Neighbor, RangeInclusive<u32>)>,
    /// Where it would be.
    pub frame: u32,
    /// What holds it there.
    pub snapped: Option<SnapTarget>,
    neighbor: Neighbor,
}

/// The edge under the pointer, in rows that can be edited: what people say, and the merge of animals of which they say nothing.
pub(super) fn edge_at(lanes: &Lanes<'_>, row: &Row, x: f32) -> Option<EdgeAt> {
    let can_edit = match &row.kind {
        RowKind::Human(_) => true,
        RowKind::Merged => lanes.layers.human_of(row.animal).is_empty(),
        RowKind::Clips | RowKind::Captions => false,
    };
    if !can_edit || lanes.session.read_only.is_some() {
        return None;
    }
    let at = lanes.axis.position_at(x);
    let reach = f64::from(REACH / lanes.axis.frame_width());
    let around = (at - reach).max(0.0) as u32..(at + reach).max(0.0).ceil() as u32 + 1;
    let mut best: Option<(bool, f64, EdgeAt)> = None;
    for (target, segment) in rows::segments_in(lanes.layers, &lanes.session.timeline.vocabulary, row, widened(around)) {
        if segment.kind == SegmentKind::Point {
            continue;
        }
        let is_selected = lanes.session.timeline.selected.contains(&target);
        for (edge, frame) in [(Edge::Start, segment.start_frame), (Edge::Stop, segment.stop_frame)] {
            // Of two that meet, the one whose side the pointer is on.
            let inside = if edge == Edge::Start { at - f64::from(frame) } else { f64::from(frame) - at };
            let distance = inside.abs() + if inside < 0.0 { 0.25 * reach } else { 0.0 };
            let is_nearer =
                best.as_ref().is_none_or(
                    |(selected, other, _)| {
                        if *selected == is_selected { distance < *other } else { is_selected }
                    },
                );
            if inside.abs() <= reach && is_nearer {
                best = Some((is_selected, distance, EdgeAt { target, edge }));
            }
        }
    }
    best.map(|(_, _, edge)| edge)
}

/// One frame more at each side: segments that end where the range begins have an edge there.
fn widened(frames: Range<u32>) -> Range<u32> {
    frames.start.saturating_sub(1)..frames.end + 1
}

impl EdgeDrag {
    /// Begins a drag.
    pub(super) fn begin(lanes: &Lanes<'_>, of: EdgeAt) -> Option<Self> {
        let timeline = &lanes.layers.timeline;
        let segment = timeline.find(of.target)?.clone();
        let vocabulary = &lanes.session.timeline.vocabulary;
        let editable = timeline.editable(vocabulary, &lanes.layers.names, lanes.session.info.frame_count, SegmentId(0));
        let dragged = match of.target {
            Target::Human(id) => id,
            Target::Machine { .. } => SegmentId(0),
        };
        let mut changes: Vec<u32> = timeline
            .clips
            .iter()
            .filter(|clip| clip.animal == segment.animal)
            .flat_map(|clip| [clip.start_frame, clip.stop_frame])
            .collect();
        changes.sort_unstable();
        changes.dedup();
        let playhead = Some(lanes.session.cursor.frame);
        let snaps = SnapTargets::of(&editable, dragged, of.edge, playhead, &changes);
        let frame = match of.edge {
            Edge::Start => segment.start_frame,
            Edge::Stop => segment.stop_frame,
        };
        let limits_in = |timeline: &Timeline<'_>, id: SegmentId| {
            let kinds = [Neighbor::Cut, Neighbor::Together, Neighbor::Keep];
            let of_kind = |kind| Some((kind, timeline.boundary_limits(id, of.edge, kind).ok()?));
            kinds.into_iter().filter_map(of_kind).collect::<Vec<_>>()
        };
        let limits = match of.target {
            Target::Human(id) => limits_in(&editable, id),
            Target::Machine { layer, animal, .. } => {
                let machine = timeline.machine(layer);
                let copy = editable.first_touch(machine, animal);
                let at = machine.iter().position(|other| *other == segment)?;
                limits_in(&copy.timeline(editable), copy.id_of(at)?)
            }
        };
        Some(Self { of, segment, snaps, limits, frame, snapped: None, neighbor: Neighbor::Cut })
    }

    /// Follows the pointer. Shift moves the neighbour too, Alt leaves it alone, Control snaps to nothing.
    pub(super) fn follow(&mut self, ui: &Ui, lanes: &Lanes<'_>, x: f32) {
        let keys = ui.input(|input| input.modifiers);
        self.neighbor = match (keys.shift, keys.alt) {
            (true, _) => Neighbor::Together,
            (_, true) => Neighbor::Keep,
            _ => Neighbor::Cut,
        };
        let at = lanes.axis.position_at(x);
        let tolerance = f64::from(SNAP / lanes.axis.frame_width());
        self.snapped = if keys.command || keys.ctrl { None } else { self.snaps.nearest(at, tolerance) };
        let frame = self.snapped.map_or(at.round().max(0.0) as u32, |target| target.frame);
        let limits = self.limits.iter().find(|(kind, _)| *kind == self.neighbor);
        self.frame = limits.map_or(self.frame, |(_, limits)| frame.clamp(*limits.start(), *limits.end()));
        self.snapped = self.snapped.filter(|target| target.frame == self.frame);
    }

    /// The frame that the picture shows meanwhile: the first or the last of the segment.
    pub(super) fn shown_frame(&self) -> u32 {
        match self.of.edge {
            Edge::Start => self.frame,
            Edge::Stop => self.frame.saturating_sub(1),
        }
    }

    /// The frames of a segment as they would be, where it is the one that is dragged.
    pub(super) fn frames_of(&self, target: Target) -> Option<Range<u32>> {
        (self.of.target == target).then_some(match self.of.edge {
            Edge::Start => self.frame..self.segment.stop_frame,
            Edge::Stop => self.segment.start_frame..self.frame,
        })
    }

    /// The edit that it is; none where it is where it was.
    pub(super) fn command(&self) -> Option<TimelineAct> {
        let before = match self.of.edge {
            Edge::Start => self.segment.start_frame,
            Edge::Stop => self.segment.stop_frame,
        };
        (before != self.frame).then_some(TimelineAct::MoveBoundary {
            of: self.of.target,
            edge: self.of.edge,
            to_frame: self.frame,
            neighbor: self.neighbor,
        })
    }
}
