//! The first touch: before a person's first edit of an animal, a machine layer of it is copied into the human one.
//!
//! Machine layers are never edited. The copies keep who made them and are unreviewed; what people said of the animal before
//! stays over them. Copy and edit are one gesture.

use super::draft::Draft;
use super::{Timeline, TimelineEdit};
use crate::model::{AnimalId, PlacedSegment, Segment, SegmentId, SegmentStatus};

/// The human layer with a machine layer of one animal in it, before it is edited.
#[derive(Clone, Debug)]
pub struct FirstTouch {
    segments: Vec<PlacedSegment>,
    copied: TimelineEdit,
    rows: Vec<Option<SegmentId>>,
    next_id: SegmentId,
}

impl Timeline<'_> {
    /// Copies the segments of an animal out of a machine layer: merged ones, or clips with or without captions as segments.
    pub fn first_touch(&self, machine: &[Segment], animal: AnimalId) -> FirstTouch {
        let mut draft = Draft::of(self);
        let mut rows = vec![None; machine.len()];
        for (at, segment) in machine.iter().enumerate().filter(|(_, segment)| segment.animal == animal) {
            let track = draft.track_of(segment);
            let stop_frame = segment.stop_frame.min(self.frame_count);
            let mut taken: Vec<std::ops::Range<u32>> = Vec::new();
            for id in draft.over(track, segment.start_frame..stop_frame) {
                taken.extend(draft.get(id).map(Segment::frames).ok());
            }
            let mut from = segment.start_frame;
            taken.push(stop_frame..stop_frame);
            for next in taken {
                if from < next.start {
                    let part = draft.cut(segment, from..next.start);
                    let id = draft.add(Segment { status: SegmentStatus::Unreviewed, ..part });
                    rows[at].get_or_insert(id);
                }
                from = from.max(next.end);
            }
        }
        let all = draft.all().map(|(id, segment)| PlacedSegment { id, segment: segment.clone() });
        let segments = all.collect();
        let copied = draft.finish(format!("Take over the timeline of {}", self.name_of(animal)));
        let next_id = copied.made().map(SegmentId::next).fold(self.next_id, SegmentId::max);
        FirstTouch { segments, copied, rows, next_id }
    }
}

impl FirstTouch {
    /// The row of the copy of a segment, by its position in the machine layer: the first part where what people said before
    /// cuts it; `None` for other animals, and where nothing of it is left.
    pub fn id_of(&self, position: usize) -> Option<SegmentId> {
        self.rows.get(position).copied().flatten()
    }

    /// The layer to edit. `before` is the one that was touched.
    pub fn timeline<'t>(&'t self, before: Timeline<'t>) -> Timeline<'t> {
        Timeline { segments: &self.segments, next_id: self.next_id, ..before }
    }

    /// Copy and edit as one gesture with the edit's title.
    pub fn with(&self, edit: TimelineEdit) -> TimelineEdit {
        self.copied.clone().then(edit)
    }

    /// The copy alone.
    pub fn alone(self) -> TimelineEdit {
        self.copied
    }
}
