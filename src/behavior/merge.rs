//! The rule merge: joins an animal's neighbouring clips into segments where no model does.
//!
//! Clips of the same label, partner and role belong together. A short piece between two such is taken in, where it is the
//! animal alone, since a contact that is measured flickers at its edges. The segments tile what the clips tile.

use super::rules::Describer;
use crate::model::{BehaviorSource, Caption, Clip, Segment, SegmentKind, SegmentStatus};

/// A piece up to this between two of a kind belongs to them, s.
const TAKEN_IN_SECS: f64 = 0.5;

/// Clips of one kind that belong together.
#[derive(Clone, Debug)]
struct Group {
    clips: Vec<Clip>,
    caption: Caption,
    /// Σ confidence · frames.
    weight: f64,
}

impl Group {
    fn frames(&self) -> u32 {
        self.clips.iter().map(|clip| clip.stop_frame - clip.start_frame).sum()
    }

    fn is_like(&self, other: &Self) -> bool {
        let key = |group: &Self| (group.caption.partner, group.caption.role);
        self.caption.label == other.caption.label && key(self) == key(other)
    }

    fn take(&mut self, mut other: Self) {
        self.clips.append(&mut other.clips);
        self.weight += other.weight;
    }
}

/// Merges the clips of one animal, in order, each with its caption. `describer` measures the merged ones anew.
pub fn merge(clips: &[(Clip, Caption)], fps: f64, describer: &Describer<'_>) -> Vec<Segment> {
    let groups = clips.iter().map(|(clip, caption)| Group {
        clips: vec![*clip],
        caption: caption.clone(),
        weight: f64::from(caption.confidence) * f64::from(clip.stop_frame - clip.start_frame),
    });
    let mut merged = joined(groups.collect());
    let short = (TAKEN_IN_SECS * fps).round() as u32;
    // What is taken in may bring two of a kind together, so that the next may be taken in.
    let mut at = 1;
    while at + 1 < merged.len() {
        let (before, here, after) = (&merged[at - 1], &merged[at], &merged[at + 1]);
        let is_alone = here.caption.partner.is_none() && here.caption.label != "not_seen";
        if before.is_like(after) && before.caption.partner.is_some() && is_alone && here.frames() <= short {
            let after = merged.remove(at + 1);
            // It is of that kind now, as sure as that nothing is known of it.
            let taken = Group { weight: 0.0, ..merged.remove(at) };
            merged[at - 1].take(taken);
            merged[at - 1].take(after);
        } else {
            at += 1;
        }
    }
    merged.into_iter().filter_map(|group| segment_of(group, describer)).collect()
}

/// Neighbours of a kind as one.
fn joined(groups: Vec<Group>) -> Vec<Group> {
    let mut joined: Vec<Group> = Vec::new();
    for group in groups {
        match joined.last_mut() {
            Some(last) if last.is_like(&group) => last.take(group),
            _ => joined.push(group),
        }
    }
    joined
}

fn segment_of(group: Group, describer: &Describer<'_>) -> Option<Segment> {
    let (first, last) = (group.clips.first()?, group.clips.last()?);
    let frames = first.start_frame..last.stop_frame;
    let description = match group.clips.len() {
        1 => group.caption.description.clone(),
        _ => describer.sentence(first.animal, frames.clone(), &group.caption),
    };
    Some(Segment {
        animal: first.animal,
        start_frame: frames.start,
        stop_frame: frames.end,
        kind: SegmentKind::State,
        label: group.caption.label.clone(),
        description,
        partner: group.caption.partner,
        role: group.caption.role,
        confidence: Some((group.weight / frames.len().max(1) as f64) as f32),
        status: SegmentStatus::Unreviewed,
        source: BehaviorSource::Rules,
        modifiers: Vec::new(),
        clips: group.clips.iter().map(|clip| clip.id).collect(),
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::behavior::bodies::Bodies;
    use crate::behavior::rules::Rules;
    use crate::model::{AnimalId, AnimalTrack, ClipId, Part, SocialRole, Tracks};

    fn still(frames: u32) -> Bodies {
        let parts = vec![Part::named("nose"), Part::named("tail base")];
        let track = |x: f32| AnimalTrack {
            points: (0..frames).flat_map(|_| [[x, 0.0], [x + 10.0, 0.0]]).collect(),
            heights: Vec::new(),
        };
        let animals = vec![track(0.0), track(30.0)];
        Bodies::of(&Tracks { frame_count: frames, fps: 30.0, parts, animals, mm_per_unit: None })
    }

    fn clips(said: &[(u32, &str, Option<u8>)]) -> Vec<(Clip, Caption)> {
        let mut start_frame = 0;
        let clip = |(index, (length, label, partner)): (usize, &(u32, &str, Option<u8>))| {
            let clip = Clip {
                id: ClipId(index as u32),
                animal: AnimalId(0),
                start_frame,
                stop_frame: start_frame + length,
                cluster: Some(0),
            };
            start_frame += length;
            let caption = Caption {
                label: (*label).to_owned(),
                description: format!("clip {index}"),
                partner: partner.map(AnimalId),
                role: if partner.is_some() { SocialRole::Actor } else { SocialRole::None },
                confidence: 0.5,
            };
            (clip, caption)
        };
        said.iter().enumerate().map(clip).collect()
    }

    fn merged(said: &[(u32, &str, Option<u8>)]) -> Vec<Segment> {
        let bodies = still(said.iter().map(|(length, ..)| length).sum());
        let (rules, names) = (Rules::mouse(), ["A0", "A1"].map(str::to_owned));
        merge(&clips(said), 30.0, &Describer::new(&bodies, &[], &rules, &names))
    }

    #[test]
    fn clips_of_a_kind_are_one_segment_which_is_measured_anew() {
        let found = merged(&[(30, "stationary", None), (45, "stationary", None), (20, "chase", Some(1))]);
        assert_eq!(found.len(), 2);
        assert_eq!(found[0].description, "A0 stays where it is for 2.5 s.");
        assert_eq!(found[0].clips, [ClipId(0), ClipId(1)]);
        assert_eq!((found[1].description.as_str(), found[1].confidence), ("clip 2", Some(0.5)));
    }

    #[test]
    fn a_moment_alone_within_a_contact_is_taken_in_and_a_long_one_is_not() {
        let short = merged(&[(30, "contact", Some(1)), (12, "stationary", None), (30, "contact", Some(1))]);
        assert_eq!(short.len(), 1);
        assert!((short[0].confidence.unwrap() - 30.0 / 72.0).abs() < 1e-6);
        let long = merged(&[(30, "contact", Some(1)), (20, "stationary", None), (30, "contact", Some(1))]);
        assert_eq!(long.len(), 3);
        let other = merged(&[(30, "contact", Some(1)), (12, "not_seen", None), (30, "contact", Some(1))]);
        assert_eq!(other.len(), 3, "what is not seen is not made up");
    }

    proptest! {
        #[test]
        fn segments_tile_what_the_clips_tile(kinds in proptest::collection::vec((1u32..40, 0usize..4), 1..40)) {
            let words = [("contact", Some(1)), ("chase", Some(1)), ("stationary", None), ("not_seen", None)];
            let said: Vec<_> = kinds.iter().map(|(length, kind)| (*length, words[*kind].0, words[*kind].1)).collect();
            let segments = merged(&said);
            let mut frame = 0;
            let mut ids = Vec::new();
            for segment in &segments {
                prop_assert_eq!(segment.start_frame, frame);
                frame = segment.stop_frame;
                ids.extend(segment.clips.iter().map(|id| id.0));
            }
            prop_assert_eq!(frame, kinds.iter().map(|(length, _)| length).sum::<u32>());
            prop_assert_eq!(ids, (0..kinds.len() as u32).collect::<Vec<_>>());
        }
    }
}
