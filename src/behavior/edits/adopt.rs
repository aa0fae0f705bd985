//! Taking a side: what another account says of a range takes the place of what is there.

use std::ops::Range;

use super::draft::Draft;
use super::{EditRefused, Timeline, TimelineEdit};
use crate::model::{AnimalId, Segment, SegmentId, SegmentKind, SegmentStatus};

impl Timeline<'_> {
    /// Makes a range of an animal say what another layer, annotator or run says of it, in all of its lanes; where that says
    /// nothing, nothing is left. Who said it stays, and it is accepted. What is cut at the range's ends and goes on beyond
    /// them in this layer, with the same label and partner, becomes one segment with that, which is the person's.
    ///
    /// # Errors
    /// When the animal is not there, or the range has no frame.
    pub fn adopt(&self, other: &[Segment], animal: AnimalId, frames: Range<u32>) -> Result<TimelineEdit, EditRefused> {
        self.require_animal(animal)?;
        let frames = self.within(frames)?;
        let mut draft = Draft::of_animal(self, animal);
        draft.carve_all(animal, frames.clone());
        for theirs in other.iter().filter(|theirs| theirs.animal == animal) {
            let part = theirs.start_frame.max(frames.start)..theirs.stop_frame.min(frames.end);
            if part.is_empty() {
                continue;
            }
            let status = SegmentStatus::Accepted;
            let piece = Segment { status, ..draft.cut(theirs, part.clone()) };
            // Their layer may lie over itself; the first stands.
            if draft.require_free(&piece, None).is_err() {
                continue;
            }
            let track = draft.track_of(&piece);
            let goes_on = |(id, segment): (SegmentId, &Segment)| {
                let is_same = (&segment.label, segment.partner, segment.role)
                    == (&piece.label, piece.partner, piece.role)
                    && segment.kind == SegmentKind::State;
                is_same.then(|| (id, segment.clone()))
            };
            let left = draft.before(track, part.start).filter(|(_, it)| it.stop_frame == frames.start);
            let left = left.filter(|_| part.start == frames.start).and_then(goes_on);
            let right = draft.after(track, part.end).filter(|(_, it)| it.start_frame == frames.end);
            let right = right.filter(|_| part.end == frames.end).and_then(goes_on);
            let start_frame = left.as_ref().map_or(part.start, |(_, left)| left.start_frame);
            let stop_frame = right.as_ref().map_or(part.end, |(_, right)| right.stop_frame);
            match left.or(right.clone()) {
                None => drop(draft.add(piece)),
                Some((id, model)) => {
                    right.iter().for_each(|(id, _)| draft.remove(*id));
                    draft.set(id, draft.moved(&model, start_frame..stop_frame));
                }
            }
        }
        Ok(draft.finish(format!("Take over {}..{} of {}", frames.start, frames.end, self.name_of(animal))))
    }

    /// Lays segments over what stands in their lanes, each as one of its own: who said it stays, and it is accepted. Other lanes
    /// stay as they are, and what reaches beyond is cut.
    ///
    /// # Errors
    /// When there are none, or one is of an animal that is not there or has no frame.
    pub fn lay(&self, pieces: &[Segment]) -> Result<TimelineEdit, EditRefused> {
        let mut draft = Draft::of(self);
        for piece in pieces {
            self.require_animal(piece.animal)?;
            let frames = self.within(piece.frames())?;
            let piece = Segment { status: SegmentStatus::Accepted, ..draft.cut(piece, frames.clone()) };
            let track = draft.track_of(&piece);
            // What has just these frames says something else from now on, and stays the same row.
            let there = draft.over(track, frames.clone());
            let same = there.iter().find(|id| draft.get(**id).is_ok_and(|it| it.frames() == frames)).copied();
            draft.carve(track, frames, same);
            match same {
                Some(id) => draft.set(id, piece),
                None => drop(draft.add(piece)),
            }
        }
        let what = match pieces {
            [] => return Err(EditRefused::NothingChosen),
            [only] => format!("{}, {}..{}", self.words_of(only), only.start_frame, only.stop_frame),
            _ => format!("{} clips", pieces.len()),
        };
        Ok(draft.finish(format!("Take over {what}")))
    }
}
