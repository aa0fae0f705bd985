//! What a person does to a timeline: boundaries, cuts, labels, partners, words, and the copy that the first touch makes.
//!
//! Each edit reads the human layer of one recording and answers with a gesture: its title and the changes of segments, one per
//! segment, none of which changes nothing. The layer itself stays as it is; whoever keeps it applies the changes, and takes
//! them back by their inverses.
//!
//! Where the states of a lane did not overlap before an edit, they do not overlap after it; neither do its moments. No segment
//! is ever empty or beyond the recording. What a person does not touch but an edit cuts keeps who said it, and whether it was
//! reviewed: "accepted" becomes "edited". What has a label or a boundary from a person is "edited", by a human, and bears no
//! confidence, which was a machine's.

mod adopt;

mod boundary;

mod draft;

mod first_touch;

mod label;

mod paint;

mod pieces;

mod refused;

mod snap;

mod stretches;

#[cfg(test)]
mod tests;

mod vocabulary;

mod words;

pub use boundary::{Edge, Neighbor};
pub use first_touch::FirstTouch;
pub use paint::Brush;
pub use refused::EditRefused;
pub use snap::{SnapKind, SnapTarget, SnapTargets};
pub use stretches::Stretch;
pub use vocabulary::{LabelField, UnknownLabel, VocabularyEdit, VocabularyRefused, unknown_labels};
pub use words::{Replaced, WordSearch};

use std::collections::BTreeMap;

use self::draft::Draft;
use crate::model::vocabulary::in_words;
use crate::model::{AnimalId, Clip, PlacedSegment, Segment, SegmentChange, SegmentId, Vocabulary};

/// The human layer of one recording, and what an edit has to know of the recording.
#[derive(Clone, Copy, Debug)]
pub struct Timeline<'a> {
    /// All segments of the layer, in any order.
    pub segments: &'a [PlacedSegment],
    /// What labels mean, and which exclude each other.
    pub vocabulary: &'a Vocabulary,
    /// The names of the animals, by [`AnimalId`].
    pub animals: &'a [String],
    /// Frames of the recording.
    pub frame_count: u32,
    /// The row that the next new segment gets; all above it are free.
    pub next_id: SegmentId,
    /// The clips of the run that the layer was copied from, by number, so that a segment that is cut keeps those that it still
    /// covers. Without them it keeps its whole list.
    pub clips: &'a [Clip],
}

/// What a gesture does.
#[derive(Clone, Debug, PartialEq)]
pub struct TimelineEdit {
    /// What it is called in the list of what can be undone: "Move end of chase of A0".
    pub title: String,
    /// The changes, by row; each row stands once. None where all is as it is asked for.
    pub changes: Vec<SegmentChange>,
}

/// What becomes of others in the lane where a segment shall stand.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Overlap {
    /// They stay, and the edit is refused.
    #[default]
    Refuse,
    /// They are cut.
    Overwrite,
}

impl TimelineEdit {
    /// The segments that it makes.
    pub fn made(&self) -> impl Iterator<Item = SegmentId> {
        self.changes.iter().filter(|change| change.before.is_none()).map(|change| change.id)
    }

    /// This edit and a later one as one gesture, with the title of the later.
    #[must_use]
    pub fn then(self, later: Self) -> Self {
        let mut all: BTreeMap<SegmentId, SegmentChange> =
            self.changes.into_iter().map(|change| (change.id, change)).collect();
        for change in later.changes {
            let before = all.remove(&change.id).map_or(change.before, |earlier| earlier.before);
            all.insert(change.id, SegmentChange { before, ..change });
        }
        let changes = all.into_values().filter(|change| change.before != change.after).collect();
        Self { title: later.title, changes }
    }

    /// The changes that take it back, in the order in which they are applied.
    pub fn inverse(&self) -> Vec<SegmentChange> {
        self.changes.iter().rev().map(SegmentChange::inverse).collect()
    }
}

impl Timeline<'_> {
    /// Takes segments out of the layer. What they covered is not reviewed then.
    ///
    /// # Errors
    /// When none is chosen, or one is not there.
    pub fn delete(&self, ids: &[SegmentId]) -> Result<TimelineEdit, EditRefused> {
        let mut draft = Draft::of(self);
        let what = draft.words_of(ids)?;
        for id in ids {
            draft.remove(*id);
        }
        Ok(draft.finish(format!("Delete {what}")))
    }

    fn name_of(&self, animal: AnimalId) -> String {
        self.animals.get(animal.index()).cloned().unwrap_or_else(|| format!("animal {}", animal.0))
    }

    /// "chase of A0"
    fn words_of(&self, segment: &Segment) -> String {
        format!("{} of {}", in_words(&segment.label), self.name_of(segment.animal))
    }

    fn require_animal(&self, animal: AnimalId) -> Result<(), EditRefused> {
        match animal.index() < self.animals.len() {
            true => Ok(()),
            false => Err(EditRefused::NoSuchAnimal { position: animal.index(), animals: self.animals.join(", ") }),
        }
    }
}
