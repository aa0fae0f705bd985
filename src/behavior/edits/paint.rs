//! Painting a range with a label, wiping it, moments, and copies to other animals.

use std::ops::Range;

use super::draft::{Draft, Track, by_person};
use super::label::role_for;
use super::{EditRefused, Overlap, Timeline, TimelineEdit};
use crate::model::vocabulary::in_words;
use crate::model::{
    AnimalId, BehaviorSource, LabelDefinition, Segment, SegmentId, SegmentKind, SegmentStatus, SocialRole,
};

/// What is painted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Brush<'a> {
    /// A label of the vocabulary, or a synonym.
    pub label: &'a str,
    /// The other animal that takes part; left out where the label is of one animal alone.
    pub partner: Option<AnimalId>,
    /// The part that the animal plays.
    pub role: SocialRole,
}

impl Timeline<'_> {
    /// Gives a range of an animal a label, over all that lies there in the label's lane: what is cut in its middle becomes
    /// two. A segment of the same label and partner that the range overlaps is made longer, so that it stays one bout. Frames
    /// beyond the recording are left out.
    ///
    /// # Errors
    /// When the animal or the label is not there, the label is a moment, or the range has no frame.
    pub fn paint(&self, animal: AnimalId, frames: Range<u32>, brush: Brush<'_>) -> Result<TimelineEdit, EditRefused> {
        let mut draft = Draft::of_animal(self, animal);
        let definition = self.require_label(brush.label)?;
        if definition.is_point {
            return Err(EditRefused::MomentLabel { label: in_words(&definition.name) });
        }
        let frames = self.within(frames)?;
        let painted = self.painted(animal, frames.clone(), definition, brush, SegmentKind::State)?;
        let title = format!("Paint {}", self.words_of(&painted));
        let track = draft.track_of(&painted);
        let is_same = |segment: &Segment| {
            (&segment.label, segment.partner, segment.role) == (&painted.label, painted.partner, painted.role)
        };
        let mut same: Vec<(SegmentId, Segment)> = Vec::new();
        for id in draft.over(track, frames.clone()) {
            let segment = draft.get(id)?;
            if is_same(segment) {
                same.push((id, segment.clone()));
            }
        }
        let Some((first, model)) = same.first().cloned() else {
            draft.carve(track, frames, None);
            draft.add(painted);
            return Ok(draft.finish(title));
        };
        let start_frame = frames.start.min(model.start_frame);
        let stop_frame = same.iter().map(|(_, segment)| segment.stop_frame).fold(frames.end, u32::max);
        if start_frame != model.start_frame || stop_frame != model.stop_frame {
            same[1..].iter().for_each(|(id, _)| draft.remove(*id));
            draft.carve(track, start_frame..stop_frame, Some(first));
            draft.set(first, draft.moved(&model, start_frame..stop_frame));
        }
        Ok(draft.finish(title))
    }

    /// Takes what a range of a lane holds away, states and moments; what reaches beyond is cut. The range is not reviewed then.
    ///
    /// # Errors
    /// When the animal is not there, or the range has no frame.
    pub fn erase(&self, animal: AnimalId, group: &str, frames: Range<u32>) -> Result<TimelineEdit, EditRefused> {
        self.require_animal(animal)?;
        let frames = self.within(frames)?;
        let mut draft = Draft::of_animal(self, animal);
        for kind in [SegmentKind::State, SegmentKind::Point] {
            // The group's own text lives as long as the vocabulary.
            let Some(group) = self.vocabulary.groups().into_iter().find(|known| *known == group) else { continue };
            draft.carve(Track { animal, group, kind }, frames.clone(), None);
        }
        Ok(draft.finish(format!("Erase {}..{} of {}", frames.start, frames.end, self.name_of(animal))))
    }

    /// Says that something happened at a frame.
    ///
    /// # Errors
    /// When the animal or the label is not there, the label lasts, the frame is outside, or a moment of that lane is there.
    pub fn insert_point(&self, animal: AnimalId, frame: u32, brush: Brush<'_>) -> Result<TimelineEdit, EditRefused> {
        let mut draft = Draft::of_animal(self, animal);
        let definition = self.require_label(brush.label)?;
        if !definition.is_point {
            return Err(EditRefused::LastingLabel { label: in_words(&definition.name) });
        }
        self.require_frame(frame)?;
        let point = self.painted(animal, frame..frame + 1, definition, brush, SegmentKind::Point)?;
        draft.require_free(&point, None)?;
        let title = format!("Insert {}", self.words_of(&point));
        draft.add(point);
        Ok(draft.finish(title))
    }

    /// Says the same of another animal. Where that one is the partner, its partner is this one, and its part the other one.
    ///
    /// # Errors
    /// When none is given, one is not there or is of that animal, or others stand where a copy would and `over` says that
    /// they stay.
    pub fn copy_to_animal(
        &self,
        ids: &[SegmentId],
        animal: AnimalId,
        over: Overlap,
    ) -> Result<TimelineEdit, EditRefused> {
        self.require_animal(animal)?;
        let mut draft = Draft::of(self);
        let what = draft.words_of(ids)?;
        for id in ids {
            let original = draft.get(*id)?.clone();
            if original.animal == animal {
                return Err(EditRefused::SameAnimal { what: self.words_of(&original) });
            }
            let (partner, role) = match original.partner == Some(animal) {
                true => (Some(original.animal), original.role.of_partner()),
                false => (original.partner, original.role),
            };
            let copy = Segment { animal, partner, role, clips: Vec::new(), ..by_person(original) };
            match over {
                Overlap::Refuse => draft.require_free(&copy, None)?,
                Overlap::Overwrite => draft.carve(draft.track_of(&copy), copy.frames(), None),
            }
            draft.add(copy);
        }
        Ok(draft.finish(format!("Copy {what} to {}", self.name_of(animal))))
    }

    /// The part of a range that lies in the recording.
    pub(super) fn within(&self, frames: Range<u32>) -> Result<Range<u32>, EditRefused> {
        let within = frames.start..frames.end.min(self.frame_count);
        match within.is_empty() {
            true => Err(EditRefused::EmptyRange { start_frame: frames.start, stop_frame: frames.end }),
            false => Ok(within),
        }
    }

    pub(super) fn painted(
        &self,
        animal: AnimalId,
        frames: Range<u32>,
        definition: &LabelDefinition,
        brush: Brush<'_>,
        kind: SegmentKind,
    ) -> Result<Segment, EditRefused> {
        self.require_animal(animal)?;
        let partner = brush.partner.filter(|_| definition.is_social);
        if let Some(partner) = partner {
            self.require_animal(partner)?;
            if partner == animal {
                return Err(EditRefused::OwnPartner { animal: self.name_of(animal) });
            }
        }
        Ok(Segment {
            animal,
            start_frame: frames.start,
            stop_frame: frames.end,
            kind,
            label: definition.name.clone(),
            description: String::new(),
            partner,
            role: partner.map_or(SocialRole::None, |_| role_for(definition, brush.role)),
            confidence: None,
            status: SegmentStatus::Edited,
            source: BehaviorSource::Human,
            modifiers: Vec::new(),
            clips: Vec::new(),
        })
    }
}
