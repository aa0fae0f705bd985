//! Where a boundary snaps to while it is dragged.

use super::{Edge, Timeline};
use crate::model::{AnimalId, SegmentId, SegmentKind};

/// What a boundary snaps to. Of two that are as near, the earlier in this list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum SnapKind {
    /// The frame that is shown.
    Playhead,
    /// A boundary in the lanes of the same animal.
    Neighbor,
    /// A boundary of another animal.
    OtherAnimal(AnimalId),
    /// Where the tracks or clips change.
    ChangePoint,
}

/// A frame to snap to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SnapTarget {
    /// The boundary would be there.
    pub frame: u32,
    /// What is there.
    pub kind: SnapKind,
}

/// All frames that a boundary can snap to: made once as a drag begins.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SnapTargets {
    /// By frame, and then by kind.
    targets: Vec<SnapTarget>,
}

impl SnapTargets {
    /// The targets for a boundary of a segment, which does not snap to where it is.
    pub fn of(
        timeline: &Timeline<'_>,
        dragged: SegmentId,
        edge: Edge,
        playhead: Option<u32>,
        change_points: &[u32],
    ) -> Self {
        let own = timeline.segments.iter().find(|placed| placed.id == dragged).map(|placed| &placed.segment);
        let mut targets: Vec<SnapTarget> = Vec::new();
        let mut add = |frame, kind| targets.push(SnapTarget { frame, kind });
        playhead.into_iter().for_each(|frame| add(frame, SnapKind::Playhead));
        change_points.iter().for_each(|frame| add(*frame, SnapKind::ChangePoint));
        for placed in timeline.segments.iter().filter(|placed| placed.id != dragged) {
            let segment = &placed.segment;
            let kind = match own.is_none_or(|own| own.animal == segment.animal) {
                true => SnapKind::Neighbor,
                false => SnapKind::OtherAnimal(segment.animal),
            };
            add(segment.start_frame, kind);
            add(segment.stop_frame, kind);
        }
        let here = own.filter(|own| own.kind == SegmentKind::State).map(|own| match edge {
            Edge::Start => own.start_frame,
            Edge::Stop => own.stop_frame,
        });
        targets.retain(|target| Some(target.frame) != here && target.frame <= timeline.frame_count);
        targets.sort_unstable();
        targets.dedup_by_key(|target| target.frame);
        Self { targets }
    }

    /// The nearest target within a tolerance. `at` is where the pointer is, in frames and parts of one.
    pub fn nearest(&self, at: f64, tolerance_frames: f64) -> Option<SnapTarget> {
        let next = self.targets.partition_point(|target| f64::from(target.frame) < at);
        let around = self.targets[next.saturating_sub(1)..].iter().take(2);
        let distance = |target: &SnapTarget| (f64::from(target.frame) - at).abs();
        let near = around.filter(|target| distance(target) <= tolerance_frames);
        near.min_by(|a, b| distance(a).total_cmp(&distance(b)).then(a.kind.cmp(&b.kind))).copied()
    }
}
