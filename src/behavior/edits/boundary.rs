//! Boundaries: dragged and nudged, with what becomes of the neighbour.

use std::ops::RangeInclusive;

use super::draft::{Draft, by_person};
use super::{EditRefused, Overlap, Timeline, TimelineEdit};
use crate::model::{Segment, SegmentId, SegmentKind};

/// A boundary of a segment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Edge {
    /// Its first frame.
    Start,
    /// The frame after its last.
    Stop,
}

/// What a boundary that moves does to the neighbour in its lane.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Neighbor {
    /// A segment that grows cuts it, down to its last frame; one that shrinks leaves a gap.
    #[default]
    Cut,
    /// A boundary that both share stays shared, so that there is no gap; one that is not shared stops at it.
    Together,
    /// It stays as it is: a segment that grows stops at it, one that shrinks leaves a gap.
    Keep,
    /// All that the segment grows over is cut or goes.
    Overwrite,
}

impl Edge {
    fn word(self) -> &'static str {
        match self {
            Self::Start => "start",
            Self::Stop => "end",
        }
    }

    fn of(self, segment: &Segment) -> u32 {
        match self {
            Self::Start => segment.start_frame,
            Self::Stop => segment.stop_frame,
        }
    }
}

impl Timeline<'_> {
    /// Where a boundary can go, both ends included; the whole recording is `0..=frame_count`.
    ///
    /// # Errors
    /// When the segment is not there, or is a moment.
    pub fn boundary_limits(
        &self,
        id: SegmentId,
        edge: Edge,
        neighbor: Neighbor,
    ) -> Result<RangeInclusive<u32>, EditRefused> {
        limits(&Draft::around(self, id)?, id, edge, neighbor)
    }

    /// Moves a boundary to a frame, or as near as it can go: a segment keeps one frame at least.
    ///
    /// # Errors
    /// When the segment is not there, is a moment, or its boundary cannot move that way at all.
    pub fn move_boundary(
        &self,
        id: SegmentId,
        edge: Edge,
        to_frame: u32,
        neighbor: Neighbor,
    ) -> Result<TimelineEdit, EditRefused> {
        let mut draft = Draft::around(self, id)?;
        let limits = limits(&draft, id, edge, neighbor)?;
        let segment = draft.get(id)?.clone();
        let title = format!("Move {} of {}", edge.word(), self.words_of(&segment));
        let (from, to) = (edge.of(&segment), to_frame.clamp(*limits.start(), *limits.end()));
        if to == from {
            return match to_frame == from {
                true => Ok(draft.finish(title)),
                false => Err(why_stuck(&draft, &segment, edge, to_frame)),
            };
        }
        let frames = match edge {
            Edge::Start => to..segment.stop_frame,
            Edge::Stop => segment.start_frame..to,
        };
        let track = draft.track_of(&segment);
        if neighbor == Neighbor::Together
            && let Some((other_id, other)) = neighbor_of(&draft, &segment, edge)
            && edge.opposite().of(other) == from
        {
            let other_frames = match edge {
                Edge::Start => other.start_frame..to,
                Edge::Stop => to..other.stop_frame,
            };
            let other = draft.cut(other, other_frames);
            draft.set(other_id, other);
        }
        let grown = match edge {
            Edge::Start => to..from,
            Edge::Stop => from..to,
        };
        draft.carve(track, grown, Some(id));
        draft.set(id, draft.moved(&segment, frames));
        Ok(draft.finish(title))
    }

    /// Moves a boundary by frames: later where positive.
    ///
    /// # Errors
    /// As [`Timeline::move_boundary`].
    pub fn nudge(
        &self,
        id: SegmentId,
        edge: Edge,
        by_frames: i32,
        neighbor: Neighbor,
    ) -> Result<TimelineEdit, EditRefused> {
        let draft = Draft::around(self, id)?;
        let from = edge.of(draft.get(id)?);
        // One before the recording is as far as it can be asked for, and is told from not moving at all.
        let Some(to_frame) = from.checked_add_signed(by_frames) else {
            return match from {
                0 => Err(why_stuck(&draft, draft.get(id)?, edge, from)),
                _ => self.move_boundary(id, edge, 0, neighbor),
            };
        };
        self.move_boundary(id, edge, to_frame, neighbor)
    }

    /// Moves a moment to another frame.
    ///
    /// # Errors
    /// When it is not there, lasts, or another moment of its lane is at that frame, or the frame is outside.
    pub fn move_point(&self, id: SegmentId, to_frame: u32) -> Result<TimelineEdit, EditRefused> {
        let mut draft = Draft::around(self, id)?;
        let segment = draft.get(id)?.clone();
        let what = self.words_of(&segment);
        if segment.kind == SegmentKind::State {
            return Err(EditRefused::NotAMoment { what });
        }
        self.require_frame(to_frame)?;
        if to_frame != segment.start_frame {
            let moved =
                Segment { start_frame: to_frame, stop_frame: to_frame + 1, clips: Vec::new(), ..by_person(segment) };
            draft.place(id, moved, Overlap::Refuse)?;
        }
        Ok(draft.finish(format!("Move {what}")))
    }

    pub(super) fn require_frame(&self, frame: u32) -> Result<(), EditRefused> {
        match frame < self.frame_count {
            true => Ok(()),
            false => Err(EditRefused::OutsideRecording { frame, frame_count: self.frame_count }),
        }
    }
}

impl Edge {
    fn opposite(self) -> Self {
        match self {
            Self::Start => Self::Stop,
            Self::Stop => Self::Start,
        }
    }
}

fn neighbor_of<'d>(draft: &'d Draft<'_>, segment: &Segment, edge: Edge) -> Option<(SegmentId, &'d Segment)> {
    let track = draft.track_of(segment);
    match edge {
        Edge::Start => draft.before(track, segment.start_frame),
        Edge::Stop => draft.after(track, segment.stop_frame),
    }
}

fn limits(
    draft: &Draft<'_>,
    id: SegmentId,
    edge: Edge,
    neighbor: Neighbor,
) -> Result<RangeInclusive<u32>, EditRefused> {
    let segment = draft.get(id)?;
    if segment.kind == SegmentKind::Point {
        return Err(EditRefused::MomentHasNoBoundary { what: draft.timeline.words_of(segment) });
    }
    let other = neighbor_of(draft, segment, edge).map(|(_, other)| other);
    let is_shared = other.is_some_and(|other| edge.opposite().of(other) == edge.of(segment));
    let is_cut = neighbor == Neighbor::Cut || neighbor == Neighbor::Together && is_shared;
    let other = other.filter(|_| neighbor != Neighbor::Overwrite);
    Ok(match edge {
        Edge::Start => {
            let least = other.map_or(0, |other| if is_cut { other.start_frame + 1 } else { other.stop_frame });
            least..=segment.stop_frame.saturating_sub(1).max(least)
        }
        Edge::Stop => {
            let end = draft.timeline.frame_count;
            let most =
                other.map_or(end, |other| if is_cut { other.stop_frame.saturating_sub(1) } else { other.start_frame });
            (segment.start_frame + 1).min(most)..=most
        }
    })
}

/// Why a boundary does not move towards a frame at all.
fn why_stuck(draft: &Draft<'_>, segment: &Segment, edge: Edge, to_frame: u32) -> EditRefused {
    let what = draft.timeline.words_of(segment);
    let is_growing = match edge {
        Edge::Start => to_frame <= segment.start_frame,
        Edge::Stop => to_frame > segment.stop_frame,
    };
    match neighbor_of(draft, segment, edge) {
        _ if !is_growing => EditRefused::LastFrame { what },
        Some((id, other)) if edge.opposite().of(other) == edge.of(segment) => match other.frames().len() {
            1 => EditRefused::NeighborLastFrame { other: draft.place_of(id) },
            _ => EditRefused::NoRoom { edge: edge.word(), what, other: draft.place_of(id) },
        },
        _ => EditRefused::AtRecordingEdge { edge: edge.word(), what },
    }
}
