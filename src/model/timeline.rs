//! What animals do over time: clips as they were cut, what was said of each, and segments.
//!
//! Frames are counted in presentation order from 0, and every stop is exclusive. Within one layer, animal and exclusive
//! group, states do not overlap, and moments do not; a moment may lie over a state. A frame that no segment covers is not
//! yet reviewed, which is not "no behaviour".

use std::collections::{HashMap, HashSet};
use std::fmt;
use std::ops::Range;

use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::ids::{AnimalId, ClipId, SegmentId};

/// A short piece of one animal's track; the clips of an animal tile the recording.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Clip {
    /// Its number in the recording.
    pub id: ClipId,
    /// Whose it is.
    pub animal: AnimalId,
    /// The first frame.
    pub start_frame: u32,
    /// The frame after the last.
    pub stop_frame: u32,
    /// The cluster that it is of; `None` where the animal is not seen.
    pub cluster: Option<u16>,
}

impl Clip {
    /// Its frames.
    pub fn frames(&self) -> Range<u32> {
        self.start_frame..self.stop_frame
    }
}

/// The part that an animal plays in what it does with another.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SocialRole {
    /// It does it.
    Actor,
    /// It is done to it.
    Recipient,
    /// Both do it.
    Mutual,
    /// Nobody else takes part.
    #[default]
    None,
}

impl SocialRole {
    /// The word in answers, tables and the project.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Actor => "actor",
            Self::Recipient => "recipient",
            Self::Mutual => "mutual",
            Self::None => "none",
        }
    }

    /// The role of a word.
    pub fn parse(word: &str) -> Option<Self> {
        [Self::Actor, Self::Recipient, Self::Mutual, Self::None].into_iter().find(|role| role.as_str() == word)
    }

    /// The role that the partner plays then.
    #[must_use]
    pub fn of_partner(self) -> Self {
        match self {
            Self::Actor => Self::Recipient,
            Self::Recipient => Self::Actor,
            Self::Mutual => Self::Mutual,
            Self::None => Self::None,
        }
    }
}

/// What was said of a clip, by a model or by rules.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Caption {
    /// A label of the vocabulary.
    pub label: String,
    /// What can be seen, in sentences.
    pub description: String,
    /// The other animal that takes part.
    pub partner: Option<AnimalId>,
    /// The part that this animal plays.
    pub role: SocialRole,
    /// From 0 to 1.
    pub confidence: f32,
}

/// An animal's body in a clip, part by part: what an open vocabulary asks for.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct BodyWords {
    /// All of it, in a sentence.
    pub overall: String,
    /// What the head does.
    pub head: String,
    /// What the limbs do.
    pub limbs: String,
    /// How the trunk is held and moves.
    pub torso: String,
    /// A few words that say it shortest.
    pub keywords: Vec<String>,
}

/// What was said of a clip beside its caption.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct CaptionDetail {
    /// Each answer, where the model was asked several times.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub samples: Vec<Caption>,
    /// The body part by part, in an open vocabulary.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub body: Option<BodyWords>,
}

impl CaptionDetail {
    /// Whether there is nothing in it.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// The label, the partner and the role of which most samples are, and the share of them that say so; `None` without samples.
    /// Of several that are said as often it is the one that was said first.
    pub fn majority(&self) -> Option<(&Caption, f32)> {
        let is_like = |a: &Caption, b: &Caption| (&a.label, a.partner, a.role) == (&b.label, b.partner, b.role);
        let alike = |one: &Caption| self.samples.iter().filter(|other| is_like(one, other)).count();
        // The last of the greatest is what max_by_key gives.
        let usual = self.samples.iter().rev().max_by_key(|sample| alike(sample))?;
        Some((usual, alike(usual) as f32 / self.samples.len() as f32))
    }
}

/// Whether a segment lasts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SegmentKind {
    /// It lasts from its first to its last frame.
    #[default]
    State,
    /// It is a moment: one frame.
    Point,
}

/// What people did with a segment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SegmentStatus {
    /// Nobody looked at it.
    #[default]
    Unreviewed,
    /// A person found it right.
    Accepted,
    /// A person changed or made it.
    Edited,
}

/// Who says so.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum BehaviorSource {
    /// Measured from keypoints by the built-in rules.
    Rules,
    /// A model.
    Model,
    /// A table that was read.
    Imported,
    /// A person.
    Human,
}

/// A layer of a timeline; each can be looked into from the next.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum TimelineLayer {
    /// Clips, under the names of their clusters.
    Clips,
    /// What was said of each clip.
    Captions,
    /// Clips joined to segments.
    Merged,
    /// What people said.
    Human,
}

macro_rules! words {
    ($kind:ty, $what:literal, $($value:ident => $word:literal),+) => {
        impl $kind {
            #[doc = concat!("The word of ", $what, " in tables and the project.")]
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$value => $word),+ }
            }

            #[doc = concat!("What a word of ", $what, " means.")]
            pub fn parse(word: &str) -> Option<Self> {
                match word { $($word => Some(Self::$value),)+ _ => None }
            }
        }
    };
}

words!(SegmentKind, "a segment's kind", State => "state", Point => "point");
words!(SegmentStatus, "a segment's status", Unreviewed => "unreviewed", Accepted => "accepted", Edited => "edited");
words!(TimelineLayer, "a layer", Clips => "clips", Captions => "captions", Merged => "merged", Human => "human");
words!(BehaviorSource, "a source", Rules => "rules", Model => "model", Imported => "imported", Human => "human");

/// A described piece of one animal's timeline.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Segment {
    /// Whose it is.
    pub animal: AnimalId,
    /// The first frame.
    pub start_frame: u32,
    /// The frame after the last.
    pub stop_frame: u32,
    /// Whether it lasts.
    pub kind: SegmentKind,
    /// A label of the vocabulary.
    pub label: String,
    /// What can be seen, in sentences.
    pub description: String,
    /// The other animal that takes part.
    pub partner: Option<AnimalId>,
    /// The part that this animal plays.
    pub role: SocialRole,
    /// From 0 to 1; `None` where nobody said.
    pub confidence: Option<f32>,
    /// What people did with it.
    pub status: SegmentStatus,
    /// Who says so.
    pub source: BehaviorSource,
    /// What more is to say of it, in words of the annotator's, as "fast".
    #[serde(default)]
    pub modifiers: Vec<String>,
    /// The clips that it was made of, in order.
    pub clips: Vec<ClipId>,
}

impl Segment {
    /// Its frames.
    pub fn frames(&self) -> Range<u32> {
        self.start_frame..self.stop_frame
    }
}

/// A segment of the human layer and its row.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PlacedSegment {
    /// Its row.
    pub id: SegmentId,
    /// What it says.
    pub segment: Segment,
}

/// One change of one segment: made (`before` is `None`), deleted (`after` is `None`), or changed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SegmentChange {
    /// Its row.
    pub id: SegmentId,
    /// What stood there.
    pub before: Option<Segment>,
    /// What stands there now.
    pub after: Option<Segment>,
}

/// A change that cannot be applied, since the segment is no longer the one that it starts from.
#[derive(Clone, Debug, Error, PartialEq)]
#[error(
    "the segment was {} since",
    found.as_ref().map_or("deleted".to_owned(), |it| format!("changed to \"{}\" at frames {}..{}", it.label, it.start_frame, it.stop_frame))
)]
pub struct SegmentConflict {
    /// Its row.
    pub id: SegmentId,
    /// What stands there instead.
    pub found: Option<Box<Segment>>,
}

impl SegmentChange {
    /// The change that takes this one back.
    #[must_use]
    pub fn inverse(&self) -> Self {
        Self { id: self.id, before: self.after.clone(), after: self.before.clone() }
    }

    /// Applies changes in order, all or none; the segments are by animal, time and row then.
    ///
    /// # Errors
    /// When a segment is not the one that its change starts from; nothing is changed then.
    pub fn apply_all(changes: &[Self], segments: &mut Vec<PlacedSegment>) -> Result<(), SegmentConflict> {
        let changed: HashSet<SegmentId> = changes.iter().map(|change| change.id).collect();
        let is_changed = |placed: &&PlacedSegment| changed.contains(&placed.id);
        let mut found: HashMap<SegmentId, &Segment> =
            segments.iter().filter(is_changed).map(|placed| (placed.id, &placed.segment)).collect();
        for change in changes {
            let there = found.remove(&change.id);
            if there != change.before.as_ref() {
                return Err(SegmentConflict { id: change.id, found: there.cloned().map(Box::new) });
            }
            found.extend(change.after.as_ref().map(|after| (change.id, after)));
        }
        let left: Vec<PlacedSegment> =
            found.into_iter().map(|(id, segment)| PlacedSegment { id, segment: segment.clone() }).collect();
        segments.retain(|placed| !changed.contains(&placed.id));
        segments.extend(left);
        segments.sort_by_key(|placed| (placed.segment.animal, placed.segment.start_frame, placed.id));
        Ok(())
    }
}

impl fmt::Display for SocialRole {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_majority_of_samples_is_what_most_say_and_else_what_came_first() {
        let said = |label: &str, partner| Caption {
            label: label.to_owned(),
            description: String::new(),
            partner,
            role: SocialRole::None,
            confidence: 0.5,
        };
        let of = |samples: &[Caption]| CaptionDetail { samples: samples.to_vec(), body: None };
        assert_eq!(of(&[]).majority(), None);
        let two = of(&[said("chase", None), said("huddle", None), said("huddle", None)]);
        assert_eq!(two.majority(), Some((&said("huddle", None), 2.0 / 3.0)));
        let even = of(&[said("chase", Some(AnimalId(1))), said("chase", None)]);
        assert_eq!(even.majority(), Some((&said("chase", Some(AnimalId(1))), 0.5)), "another partner is another thing");
    }

    fn segment(start_frame: u32, stop_frame: u32) -> Segment {
        Segment {
            animal: AnimalId(0),
            start_frame,
            stop_frame,
            kind: SegmentKind::State,
            label: "chase".to_owned(),
            description: String::new(),
            partner: None,
            role: SocialRole::None,
            confidence: None,
            status: SegmentStatus::Unreviewed,
            source: BehaviorSource::Model,
            modifiers: Vec::new(),
            clips: Vec::new(),
        }
    }

    #[test]
    fn changes_apply_all_or_none_and_are_taken_back() {
        let start = vec![PlacedSegment { id: SegmentId(4), segment: segment(10, 20) }];
        let mut segments = start.clone();
        let changes = [
            SegmentChange { id: SegmentId(4), before: Some(segment(10, 20)), after: Some(segment(10, 15)) },
            SegmentChange { id: SegmentId(5), before: None, after: Some(segment(0, 5)) },
        ];
        SegmentChange::apply_all(&changes, &mut segments).unwrap();
        assert_eq!(segments.iter().map(|placed| placed.id.0).collect::<Vec<_>>(), [5, 4]);
        let conflict = SegmentChange::apply_all(&changes, &mut segments.clone()).unwrap_err();
        assert_eq!(conflict.to_string(), "the segment was changed to \"chase\" at frames 10..15 since");
        let back: Vec<_> = changes.iter().rev().map(SegmentChange::inverse).collect();
        SegmentChange::apply_all(&back, &mut segments).unwrap();
        assert_eq!(segments, start);
        let half = [changes[1].clone(), changes[1].clone()];
        assert!(SegmentChange::apply_all(&half, &mut segments).is_err());
        assert_eq!(segments, start, "the first of two is not left behind");
    }

    #[test]
    fn segments_of_earlier_versions_have_no_modifiers() {
        let mut json = serde_json::to_value(segment(0, 5)).unwrap();
        json.as_object_mut().unwrap().remove("modifiers");
        assert_eq!(serde_json::from_value::<Segment>(json).unwrap(), segment(0, 5));
    }
}
