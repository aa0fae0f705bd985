//! What in the timelines of several animals contradicts itself: reasons to look, never corrections.
//!
//! A social label has a partner, the partner's own timeline agrees where the label says that it must, and what needs touch or
//! nearness is supported by the tracks where there are any.

use std::ops::Range;

use serde::Serialize;

use super::bodies::Bodies;
use super::pairs::PairParts;
use super::rules::Rules;
use crate::model::vocabulary::Reciprocity;
use crate::model::{AnimalId, Segment, SocialRole, Vocabulary};

/// A contradiction.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// A social label without a partner.
    NoPartner,
    /// A partner that is the animal itself, or none of the recording's.
    ImpossiblePartner,
    /// A partner with a label that an animal does alone.
    NeedlessPartner,
    /// The partner's timeline says that it does something else, or nothing with this animal.
    PartnerDisagrees,
    /// Both say that they are the actor, or both the recipient.
    RolesClash,
    /// The tracks show the animals too far apart for it.
    TooFarApart,
}

impl Reason {
    /// What is wrong, in words.
    pub fn words(self) -> &'static str {
        match self {
            Self::NoPartner => "another animal takes part, and none is named",
            Self::ImpossiblePartner => "the partner is not another animal of the recording",
            Self::NeedlessPartner => "an animal does this alone, and a partner is named",
            Self::PartnerDisagrees => "the partner's own timeline says something else",
            Self::RolesClash => "both animals are said to play the same part",
            Self::TooFarApart => "the animals are too far apart for it",
        }
    }
}

/// A contradiction and where it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// The position of the segment among those that were checked.
    pub segment: usize,
    /// What is wrong.
    pub reason: Reason,
}

/// So much of a segment the partner must agree with, and the tracks support: borders need not be the same.
const LEAST_SHARE: f64 = 0.5;

/// Touch is supported up to this multiple of the rule's distance: clips are longer than the moments that give them their name.
const SLACK: f32 = 2.0;

/// Checks the segments of all animals of one layer.
#[derive(Debug)]
pub struct Checker<'a> {
    /// How many animals there are.
    pub animals: usize,
    /// What labels mean.
    pub vocabulary: &'a Vocabulary,
    /// The tracks, where there are any, and what contact means in them.
    pub bodies: Option<(&'a Bodies, &'a Rules)>,
}

impl Checker<'_> {
    /// All contradictions, in the order of the segments.
    pub fn check(&self, segments: &[Segment]) -> Vec<Finding> {
        let mut findings = Vec::new();
        for (index, segment) in segments.iter().enumerate() {
            let mut found = |reason: Reason| findings.push(Finding { segment: index, reason });
            let is_social = self.vocabulary.is_social(&segment.label);
            match segment.partner {
                None if is_social => found(Reason::NoPartner),
                None => {}
                Some(partner) if partner == segment.animal || partner.index() >= self.animals => {
                    found(Reason::ImpossiblePartner);
                }
                Some(_) if !is_social && self.vocabulary.find(&segment.label).is_some() => {
                    found(Reason::NeedlessPartner);
                }
                Some(partner) => {
                    self.agreement(segments, segment, partner).into_iter().for_each(&mut found);
                    if !self.is_supported(segment, partner) {
                        found(Reason::TooFarApart);
                    }
                }
            }
        }
        findings
    }

    /// What the partner's timeline says against it.
    fn agreement(&self, segments: &[Segment], segment: &Segment, partner: AnimalId) -> Option<Reason> {
        let reciprocity = self.vocabulary.find(&segment.label).map_or(Reciprocity::Unaware, |label| label.reciprocity);
        if reciprocity == Reciprocity::Unaware {
            return None;
        }
        let (mut known, mut agreed, mut clashing) = (0, 0, 0);
        for other in segments.iter().filter(|other| other.animal == partner) {
            let frames = overlap(&segment.frames(), &other.frames());
            known += frames;
            let is_with = other.partner == Some(segment.animal) && self.vocabulary.is_social(&other.label);
            // Two contacts of different names agree that they are together; who does what must fit for the same one.
            let is_clash = is_with
                && other.label == segment.label
                && reciprocity == Reciprocity::Directed
                && segment.role == other.role
                && matches!(segment.role, SocialRole::Actor | SocialRole::Recipient);
            clashing += if is_clash { frames } else { 0 };
            agreed += if is_with && !is_clash { frames } else { 0 };
        }
        let share = |frames: u32| f64::from(frames) / f64::from(known.max(1));
        if known == 0 || share(agreed) >= LEAST_SHARE {
            None
        } else if share(clashing) >= LEAST_SHARE {
            Some(Reason::RolesClash)
        } else {
            Some(Reason::PartnerDisagrees)
        }
    }

    /// Whether the tracks allow it; they do where they say nothing.
    fn is_supported(&self, segment: &Segment, partner: AnimalId) -> bool {
        let Some((bodies, rules)) = self.bodies else { return true };
        let label = self.vocabulary.find(&segment.label);
        if !label.is_some_and(|label| label.needs_touch) {
            return true;
        }
        let parts = PairParts::of(bodies);
        let far = SLACK * rules.contact_bl.max(rules.nose_contact_bl);
        let (mut known, mut near) = (0_u32, 0_u32);
        for frame in segment.frames().filter(|frame| *frame < bodies.frame_count) {
            let nearest = parts.measure(bodies, segment.animal.index(), partner.index(), frame as usize).nearest;
            known += u32::from(nearest.is_finite());
            near += u32::from(nearest < far);
        }
        known == 0 || f64::from(near) >= LEAST_SHARE * f64::from(known)
    }
}

fn overlap(a: &Range<u32>, b: &Range<u32>) -> u32 {
    a.end.min(b.end).saturating_sub(a.start.max(b.start))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{AnimalTrack, BehaviorSource, Part, SegmentKind, SegmentStatus, Tracks};

    fn segment(animal: u8, frames: Range<u32>, label: &str, partner: Option<u8>, role: SocialRole) -> Segment {
        Segment {
            animal: AnimalId(animal),
            start_frame: frames.start,
            stop_frame: frames.end,
            kind: SegmentKind::State,
            label: label.to_owned(),
            description: String::new(),
            partner: partner.map(AnimalId),
            role,
            confidence: None,
            status: SegmentStatus::Unreviewed,
            source: BehaviorSource::Model,
            modifiers: Vec::new(),
            clips: Vec::new(),
        }
    }

    /// Three timelines of 600 frames without a contradiction.
    fn clean() -> Vec<Segment> {
        use SocialRole::{Actor, Mutual, None as Alone, Recipient};
        vec![
            segment(0, 0..100, "locomotion", None, Alone),
            segment(0, 100..200, "chase", Some(1), Actor),
            segment(0, 200..300, "oral_genital_contact", Some(2), Actor),
            segment(0, 300..450, "huddle", Some(1), Mutual),
            segment(0, 450..600, "watching", Some(2), Actor),
            segment(1, 0..110, "stationary", None, Alone),
            segment(1, 110..200, "chase", Some(0), Recipient),
            segment(1, 200..290, "small_movement", None, Alone),
            segment(1, 290..460, "huddle", Some(0), Mutual),
            segment(1, 460..600, "feeding", None, Alone),
            segment(2, 0..210, "approach", Some(0), Actor),
            segment(2, 210..310, "oral_genital_contact", Some(0), Recipient),
            segment(2, 310..600, "locomotion", None, Alone),
        ]
    }

    fn reasons(segments: &[Segment]) -> Vec<(usize, Reason)> {
        let vocabulary = Vocabulary::mouse();
        let checker = Checker { animals: 3, vocabulary: &vocabulary, bodies: None };
        checker.check(segments).into_iter().map(|finding| (finding.segment, finding.reason)).collect()
    }

    #[test]
    fn timelines_that_agree_have_no_finding() {
        assert_eq!(reasons(&clean()), []);
    }

    #[test]
    fn each_planted_contradiction_is_found() {
        let planted = |change: &dyn Fn(&mut Vec<Segment>)| {
            let mut segments = clean();
            change(&mut segments);
            reasons(&segments)
        };
        assert_eq!(planted(&|all| all[4].partner = None), [(4, Reason::NoPartner)]);
        assert_eq!(planted(&|all| all[4].partner = Some(AnimalId(0))), [(4, Reason::ImpossiblePartner)]);
        assert_eq!(planted(&|all| all[4].partner = Some(AnimalId(7))), [(4, Reason::ImpossiblePartner)]);
        assert_eq!(planted(&|all| all[9].partner = Some(AnimalId(2))), [(9, Reason::NeedlessPartner)]);
        // The published figure: one is in contact with another that is said to feed meanwhile.
        assert_eq!(
            planted(&|all| {
                all[11].label = "feeding".to_owned();
                (all[11].partner, all[11].role) = (None, SocialRole::None);
            }),
            [(2, Reason::PartnerDisagrees)]
        );
        // Two that huddle, with different partners.
        assert_eq!(
            planted(&|all| all[8].partner = Some(AnimalId(2))),
            [(3, Reason::PartnerDisagrees), (8, Reason::PartnerDisagrees)]
        );
        assert_eq!(planted(&|all| all[6].role = SocialRole::Actor), [(1, Reason::RolesClash), (6, Reason::RolesClash)]);
    }

    #[test]
    fn a_contact_of_animals_far_apart_is_found_and_a_near_one_is_not() {
        let parts = vec![Part::named("nose"), Part::named("tail base")];
        let track = |x: f32| AnimalTrack {
            points: (0..60).flat_map(|_| [[x, 0.0], [x - 10.0, 0.0]]).collect(),
            heights: Vec::new(),
        };
        let both = |gap: f32| {
            let animals = vec![track(0.0), track(10.0 + gap)];
            Bodies::of(&Tracks { frame_count: 60, fps: 30.0, parts: parts.clone(), animals, mm_per_unit: None })
        };
        let (vocabulary, rules) = (Vocabulary::mouse(), Rules::mouse());
        let segments = [
            segment(0, 0..60, "contact", Some(1), SocialRole::Mutual),
            segment(1, 0..60, "contact", Some(0), SocialRole::Mutual),
        ];
        let found = |gap: f32| {
            let bodies = both(gap);
            Checker { animals: 2, vocabulary: &vocabulary, bodies: Some((&bodies, &rules)) }.check(&segments).len()
        };
        assert_eq!((found(2.0), found(30.0)), (0, 2));
    }
}
