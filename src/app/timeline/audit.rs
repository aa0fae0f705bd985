//! The audit: segments in an order that chance chose, and what those that were judged say of all.
//!
//! Nothing of it is stored but what people do: a segment of the sample that was accepted is right, one that was changed was
//! wrong. Judged are those at the beginning of the order up to the first that nobody looked at, so that what was looked at for
//! other reasons does not count before its turn. A segment that is deleted leaves the sample: change its label instead.

use std::collections::HashMap;

use super::Layers;
use crate::behavior::review::audit::{AuditEstimate, AuditOptions, audit_order};
use crate::behavior::review::{Goal, checks_until};
use crate::jobs::timeline::Target;
use crate::model::{PlacedSegment, Segment, SegmentId, SegmentStatus};

/// The same order each time that a project is opened.
const SEED: u64 = 1;
/// The level of the interval.
const LEVEL: f64 = 0.95;
/// Segments that no clip tells apart are numbered from here on.
const WITHOUT_CLIP: i64 = 1 << 40;

/// A sample and what it says.
#[derive(Clone, Debug, PartialEq)]
pub struct Audit {
    /// All segments that count, in the order of their turn.
    pub order: Vec<Target>,
    /// So many of them are judged, from the first on.
    pub judged: usize,
    /// What those say.
    pub estimate: AuditEstimate,
}

impl Audit {
    /// The audit as it stands.
    pub fn of(layers: &Layers) -> Self {
        let counted = layers.counted();
        let mut of_turn: HashMap<SegmentId, usize> = HashMap::new();
        let mut placed = Vec::new();
        for (at, (_, segment)) in counted.iter().enumerate() {
            let mut id = turn_of(segment);
            while of_turn.contains_key(&id) {
                // Both parts of a segment that was cut may have the same clip.
                id = SegmentId(id.0 + 2 * WITHOUT_CLIP);
            }
            of_turn.insert(id, at);
            placed.push(PlacedSegment { id, segment: (*segment).clone() });
        }
        // By shares of labels the order would change with each label that is corrected.
        let order = audit_order(&placed, AuditOptions { seed: SEED, is_stratified: false });
        let order: Vec<usize> = order.into_iter().filter_map(|id| of_turn.get(&id).copied()).collect();
        let status = |at: &usize| counted[*at].1.status;
        let judged = order.iter().take_while(|at| status(at) != SegmentStatus::Unreviewed).count();
        let wrong = order[..judged].iter().filter(|at| status(at) == SegmentStatus::Edited).count();
        let estimate = AuditEstimate::of(wrong as u64, judged as u64, LEVEL);
        Self { order: order.into_iter().map(|at| counted[at].0).collect(), judged, estimate }
    }

    /// The segment whose turn it is.
    pub fn next(&self) -> Option<Target> {
        self.order.get(self.judged).copied()
    }

    /// How many more are to be judged until the interval reaches so far to each side, if errors stay as frequent as they were;
    /// `None` where that takes all that are left.
    pub fn more_until(&self, half_width: f64) -> Option<u64> {
        let more = checks_until(self.estimate.wrong, self.estimate.checked, LEVEL, Goal::Width(2.0 * half_width))?;
        let left = (self.order.len() - self.judged) as u64;
        (more < left || left == 0).then_some(more)
    }
}

/// What a segment's turn hangs on: its first clip, which a copy and a corrected segment keep.
fn turn_of(segment: &Segment) -> SegmentId {
    match segment.clips.first() {
        Some(clip) => SegmentId(i64::from(clip.0)),
        None => SegmentId(WITHOUT_CLIP + (i64::from(segment.animal.0) << 32) + i64::from(segment.start_frame)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::jobs::timeline::Timeline;
    use crate::model::{Animal, AnimalId, BehaviorSource, ClipId, SegmentKind, SocialRole, Vocabulary};
    use crate::store::RecordingInfo;

    const COUNT: u32 = 60;

    fn segment(at: u32, status: SegmentStatus) -> Segment {
        Segment {
            animal: AnimalId(0),
            start_frame: at * 10,
            stop_frame: at * 10 + 10,
            kind: SegmentKind::State,
            label: "chase".to_owned(),
            description: String::new(),
            partner: None,
            role: SocialRole::None,
            confidence: None,
            status,
            source: BehaviorSource::Rules,
            modifiers: Vec::new(),
            clips: vec![ClipId(at)],
        }
    }

    /// Layers of one animal whose segments count as the human layer has them, or else as merged ones.
    fn layers(human: &[SegmentStatus]) -> Layers {
        let info = RecordingInfo {
            id: crate::model::RecordingId(1),
            name: "r".to_owned(),
            path_in_project: String::new(),
            path: Default::default(),
            fingerprint: String::new(),
            fps: 10.0,
            frame_count: COUNT * 10,
            units: "mm".to_owned(),
            fluorescence_lag_frames: 0.0,
            subject: None,
            session: None,
            group: None,
            cameras: Vec::new(),
        };
        let placed = |(at, status): (u32, &SegmentStatus)| PlacedSegment {
            // Rows are of no account.
            id: SegmentId(900 - i64::from(at)),
            segment: segment(at, *status),
        };
        let timeline = Timeline {
            animals: vec![Animal { name: "A0".to_owned(), color: None, is_identity_verified: true }],
            merged: (0..COUNT).map(|at| segment(at, SegmentStatus::Unreviewed)).collect(),
            human: (0..).zip(human).map(placed).collect(),
            ..Timeline::default()
        };
        Layers::new(timeline, Vocabulary::mouse().into(), None, &info)
    }

    fn starts(layers: &Layers) -> Vec<u32> {
        let order = Audit::of(layers).order;
        order.iter().filter_map(|target| Some(layers.timeline.find(*target)?.start_frame)).collect()
    }

    #[test]
    fn the_order_is_by_chance_and_stays_when_a_person_takes_the_layer_over() {
        let machine = starts(&layers(&[]));
        assert_eq!(machine.len(), COUNT as usize);
        assert!(!machine.is_sorted());
        let touched = layers(&[SegmentStatus::Unreviewed; COUNT as usize]);
        assert_eq!(starts(&touched), machine);
        assert_eq!((Audit::of(&touched).judged, Audit::of(&touched).estimate.interval), (0, [0.0, 1.0]));
    }

    #[test]
    fn what_was_looked_at_counts_only_when_its_turn_came() {
        let order: Vec<usize> = starts(&layers(&[])).iter().map(|start| *start as usize / 10).collect();
        let mut human = [SegmentStatus::Unreviewed; COUNT as usize];
        human[order[5]] = SegmentStatus::Edited;
        assert_eq!(Audit::of(&layers(&human)).judged, 0, "five come before it");
        for at in &order[..4] {
            human[*at] = SegmentStatus::Accepted;
        }
        human[order[2]] = SegmentStatus::Edited;
        let layers = layers(&human);
        let audit = Audit::of(&layers);
        assert_eq!((audit.judged, audit.estimate.wrong, audit.estimate.error_share), (4, 1, Some(0.25)));
        let next = layers.timeline.find(audit.next().unwrap()).unwrap().start_frame;
        assert_eq!(next as usize / 10, order[4]);
    }

    #[test]
    fn it_says_how_many_more_or_that_all_are_needed() {
        let audit = Audit::of(&layers(&[SegmentStatus::Accepted; COUNT as usize]));
        assert_eq!((audit.judged, audit.next()), (COUNT as usize, None));
        assert_eq!(audit.more_until(0.1), Some(0));
        let begun = Audit::of(&layers(&[]));
        // With no error among n, the interval reaches up to 1 - 0.025^(1/n): 17 of them make it 20 points wide.
        assert_eq!(begun.more_until(0.1), Some(17));
        assert_eq!(begun.more_until(0.01), None);
    }
}
