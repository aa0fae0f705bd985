//! What segments are called, whom they are with, and whether a person agrees.

use super::draft::{Draft, by_person};
use super::{EditRefused, Overlap, Timeline, TimelineEdit};
use crate::model::vocabulary::{Reciprocity, in_words};
use crate::model::{AnimalId, LabelDefinition, Segment, SegmentId, SegmentKind, SegmentStatus, SocialRole};

impl Timeline<'_> {
    /// Gives segments a label. Where an animal does that alone, the partner goes; those that have it already stay as they are.
    ///
    /// # Errors
    /// When none is given or one is not there, the label is not in the vocabulary or fits no state or no moment, or others of
    /// the label's group stand where one would and `over` says that they stay.
    pub fn relabel(&self, ids: &[SegmentId], label: &str, over: Overlap) -> Result<TimelineEdit, EditRefused> {
        let mut draft = Draft::of(self);
        let what = draft.words_of(ids)?;
        let definition = self.require_label(label)?;
        for id in ids {
            // An earlier one may have taken its place.
            let Ok(segment) = draft.get(*id).cloned() else { continue };
            if segment.label != definition.name {
                draft.place(*id, by_person(relabelled(&segment, definition)?), over)?;
            }
        }
        Ok(draft.finish(format!("Label {what} as {}", in_words(&definition.name))))
    }

    /// Gives all segments of a label another one, or those of them that are among `within`. The label to replace need not be
    /// in the vocabulary.
    ///
    /// # Errors
    /// When no segment has it, both are one label, and as [`Timeline::relabel`].
    pub fn replace_label(
        &self,
        label: &str,
        by: &str,
        within: Option<&[SegmentId]>,
        over: Overlap,
    ) -> Result<TimelineEdit, EditRefused> {
        let has_it = self.segments.iter().filter(|placed| placed.segment.label == label).map(|placed| placed.id);
        let ids: Vec<SegmentId> = has_it.filter(|id| within.is_none_or(|within| within.contains(id))).collect();
        if ids.is_empty() {
            return Err(EditRefused::NothingFound { words: in_words(label) });
        }
        let edit = self.relabel(&ids, by, over)?;
        if edit.changes.is_empty() {
            return Err(EditRefused::NothingChanges { words: in_words(by) });
        }
        Ok(TimelineEdit { title: format!("Replace {} by {}", in_words(label), in_words(by)), ..edit })
    }

    /// Says whom segments are with and what part their animals play; without a partner there is no part.
    ///
    /// # Errors
    /// When none is given or one is not there, or the partner is none of the recording's animals or the animal itself.
    pub fn set_partner(
        &self,
        ids: &[SegmentId],
        partner: Option<AnimalId>,
        role: SocialRole,
    ) -> Result<TimelineEdit, EditRefused> {
        if let Some(partner) = partner {
            self.require_animal(partner)?;
        }
        let role = if partner.is_some() { role } else { SocialRole::None };
        let own = |segment: &&Segment| Some(segment.animal) == partner;
        let draft = Draft::of(self);
        if let Some(own) = ids.iter().filter_map(|id| draft.get(*id).ok()).find(own) {
            return Err(EditRefused::OwnPartner { animal: self.name_of(own.animal) });
        }
        let title = match partner {
            Some(partner) => format!("with {}", self.name_of(partner)),
            None => "with nobody".to_owned(),
        };
        self.described(
            ids,
            |segment| Segment { partner, role, ..segment },
            |what| format!("Say that {what} is {title}"),
        )
    }

    /// Writes what can be seen.
    ///
    /// # Errors
    /// When the segment is not there.
    pub fn set_description(&self, id: SegmentId, description: &str) -> Result<TimelineEdit, EditRefused> {
        let description = description.trim();
        let change = |segment| Segment { description: description.to_owned(), ..segment };
        self.described(&[id], change, |what| format!("Describe {what}"))
    }

    /// Says what more there is to say of segments; empty words and words that stand twice are left out.
    ///
    /// # Errors
    /// When none is given or one is not there.
    pub fn set_modifiers(&self, ids: &[SegmentId], modifiers: &[String]) -> Result<TimelineEdit, EditRefused> {
        let mut kept: Vec<String> = Vec::new();
        for modifier in modifiers.iter().map(|modifier| modifier.trim()).filter(|modifier| !modifier.is_empty()) {
            if !kept.iter().any(|other| other == modifier) {
                kept.push(modifier.to_owned());
            }
        }
        let change = |segment| Segment { modifiers: kept.clone(), ..segment };
        self.described(ids, change, |what| format!("Set modifiers of {what}"))
    }

    /// Says that unreviewed segments are right; who made them stays. What a person edited is theirs already.
    ///
    /// # Errors
    /// When none is given or one is not there.
    pub fn accept(&self, ids: &[SegmentId]) -> Result<TimelineEdit, EditRefused> {
        let mut draft = Draft::of(self);
        let what = draft.words_of(ids)?;
        for id in ids {
            let segment = draft.get(*id)?.clone();
            if segment.status == SegmentStatus::Unreviewed {
                draft.set(*id, Segment { status: SegmentStatus::Accepted, ..segment });
            }
        }
        Ok(draft.finish(format!("Accept {what}")))
    }

    /// Says of segments what people did with them, as that one is not reviewed after all.
    ///
    /// # Errors
    /// When none is given or one is not there.
    pub fn set_status(&self, ids: &[SegmentId], status: SegmentStatus) -> Result<TimelineEdit, EditRefused> {
        let mut draft = Draft::of(self);
        let what = draft.words_of(ids)?;
        for id in ids {
            let segment = draft.get(*id)?.clone();
            draft.set(*id, Segment { status, ..segment });
        }
        Ok(draft.finish(format!("Mark {what} as {}", status.as_str())))
    }

    /// The definition that a label or synonym has in the vocabulary.
    pub(super) fn require_label(&self, label: &str) -> Result<&LabelDefinition, EditRefused> {
        self.vocabulary.find(label).ok_or_else(|| EditRefused::NoSuchLabel { label: label.to_owned() })
    }

    /// Changes what is said of segments, and neither label nor frames: who gave those stays. What stays as it was is not
    /// edited.
    pub(super) fn described(
        &self,
        ids: &[SegmentId],
        change: impl Fn(Segment) -> Segment,
        title: impl Fn(&str) -> String,
    ) -> Result<TimelineEdit, EditRefused> {
        let mut draft = Draft::of(self);
        let what = draft.words_of(ids)?;
        for id in ids {
            let before = draft.get(*id)?.clone();
            let after = change(before.clone());
            if after != before {
                draft.set(*id, Segment { status: SegmentStatus::Edited, ..after });
            }
        }
        Ok(draft.finish(title(&what)))
    }
}

/// A segment under another label, with the part that its animal can play then.
pub(super) fn relabelled(segment: &Segment, definition: &LabelDefinition) -> Result<Segment, EditRefused> {
    let label = definition.name.clone();
    match (segment.kind, definition.is_point) {
        (SegmentKind::State, true) => return Err(EditRefused::MomentLabel { label: in_words(&label) }),
        (SegmentKind::Point, false) => return Err(EditRefused::LastingLabel { label: in_words(&label) }),
        _ => {}
    }
    let partner = segment.partner.filter(|_| definition.is_social);
    let role = partner.map_or(SocialRole::None, |_| role_for(definition, segment.role));
    Ok(Segment { label, partner, role, ..segment.clone() })
}

/// The part that an animal plays in something with another, as near to the one that is given as it can be.
pub(super) fn role_for(definition: &LabelDefinition, given: SocialRole) -> SocialRole {
    match (definition.reciprocity, given) {
        (Reciprocity::Mutual, _) => SocialRole::Mutual,
        (_, SocialRole::Recipient) => SocialRole::Recipient,
        _ => SocialRole::Actor,
    }
}
