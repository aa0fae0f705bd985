//! The audit: what a machine said, in an order that chance chose, and what those that were judged say of all.
//!
//! Nothing of it is stored but what people do. A machine's segment is right where people found it right as it is; it is wrong
//! where they gave it another label, partner or edge, joined or cut it, or took it away. Other words of its description are no
//! error. Judged are those at the beginning of the order up to the first that nobody looked at, so that what was looked at for
//! other reasons does not count before its turn. Of an animal of which no machine said anything, people's segments are judged
//! by what was done to them since they were imported.

use std::collections::{BTreeMap, HashMap};

use super::Layers;
use super::order::keys;
use crate::behavior::review::audit::{AuditEstimate, AuditOptions, audit_order};
use crate::behavior::review::{Goal, checks_until};
use crate::jobs::timeline::Target;
use crate::model::{AnimalId, PlacedSegment, Segment, SegmentId, SegmentStatus, Vocabulary};

/// The same order each time that a project is opened.
const SEED: u64 = 1;
/// The level of the interval.
const LEVEL: f64 = 0.95;

/// What people say of a segment of the sample.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Nothing yet.
    Open,
    /// It is right as it is.
    Right,
    /// It was changed or taken away.
    Wrong,
}

/// A sample and what it says.
#[derive(Clone, Debug, PartialEq)]
pub struct Audit {
    /// All segments in the order of their turn: as it can be pointed at now, and what people say of it. One that was taken away is
    /// shown as the machine's.
    pub order: Vec<(Target, Verdict)>,
    /// So many of them are judged, from the first on.
    pub judged: usize,
    /// What those say.
    pub estimate: AuditEstimate,
}

impl Audit {
    /// The audit as it stands.
    pub fn of(layers: &Layers) -> Self {
        let animals = (0..layers.names.len()).map(|at| AnimalId(at as u8));
        let judged: Vec<_> = animals.flat_map(|animal| verdicts_of(layers, animal)).collect();
        // What a segment's turn hangs on stays when people's layer becomes a copy of the machine's.
        let ids = keys(judged.iter().map(|(segment, (target, _))| (*target, *segment)));
        let verdicts: HashMap<SegmentId, (Target, Verdict)> =
            ids.iter().zip(&judged).map(|(id, (_, verdict))| (*id, *verdict)).collect();
        let placed = ids.iter().zip(&judged);
        let placed = placed.map(|(id, (segment, _))| PlacedSegment { id: *id, segment: (*segment).clone() });
        let placed: Vec<PlacedSegment> = placed.collect();
        // By shares of labels the order would change with each label that is corrected.
        let order = audit_order(&placed, AuditOptions { seed: SEED, is_stratified: false });
        let order: Vec<(Target, Verdict)> = order.into_iter().filter_map(|id| verdicts.get(&id).copied()).collect();
        let judged = order.iter().take_while(|(_, verdict)| *verdict != Verdict::Open).count();
        let wrong = order[..judged].iter().filter(|(_, verdict)| *verdict == Verdict::Wrong).count();
        let estimate = AuditEstimate::of(wrong as u64, judged as u64, LEVEL);
        Self { order, judged, estimate }
    }

    /// The segment whose turn it is.
    pub fn next(&self) -> Option<Target> {
        self.order.get(self.judged).map(|(target, _)| *target)
    }

    /// How many more are to be judged until the interval reaches so far to each side, if errors stay as frequent as they were;
    /// `None` where that takes all that are left.
    pub fn more_until(&self, half_width: f64) -> Option<u64> {
        let more = checks_until(self.estimate.wrong, self.estimate.checked, LEVEL, Goal::Width(2.0 * half_width))?;
        let left = (self.order.len() - self.judged) as u64;
        (more < left || left == 0).then_some(more)
    }
}

/// What is judged of an animal.
fn verdicts_of(layers: &Layers, animal: AnimalId) -> Vec<(&Segment, (Target, Verdict))> {
    let machine = layers.machine_lane(animal);
    let human = layers.human_of(animal);
    if machine.is_empty() {
        let verdict = |placed: &PlacedSegment| match placed.segment.status {
            SegmentStatus::Unreviewed => Verdict::Open,
            SegmentStatus::Accepted => Verdict::Right,
            SegmentStatus::Edited => Verdict::Wrong,
        };
        return human.iter().map(|it| (&it.segment, (Target::Human(it.id), verdict(it)))).collect();
    }
    if human.is_empty() {
        return machine.into_iter().map(|(target, segment)| (segment, (target, Verdict::Open))).collect();
    }
    let lanes = Lanes::of(human, &layers.vocabulary);
    machine.into_iter().map(|(target, segment)| (segment, lanes.judge(target, segment))).collect()
}

/// What people say of an animal, by exclusive group, each by time and without overlaps.
struct Lanes<'a> {
    vocabulary: &'a Vocabulary,
    of_group: BTreeMap<&'a str, Vec<&'a PlacedSegment>>,
}

impl<'a> Lanes<'a> {
    fn of(human: &'a [PlacedSegment], vocabulary: &'a Vocabulary) -> Self {
        let mut of_group: BTreeMap<&str, Vec<&PlacedSegment>> = BTreeMap::new();
        for placed in human {
            of_group.entry(vocabulary.group_of(&placed.segment.label)).or_default().push(placed);
        }
        of_group.values_mut().for_each(|lane| lane.sort_by_key(|placed| placed.segment.start_frame));
        Self { vocabulary, of_group }
    }

    /// What became of a machine's segment in its animal's layer, now that this is a person's.
    fn judge(&self, target: Target, segment: &Segment) -> (Target, Verdict) {
        let lane = self.of_group.get(self.vocabulary.group_of(&segment.label)).map_or(&[][..], Vec::as_slice);
        let first = lane.partition_point(|placed| placed.segment.stop_frame <= segment.start_frame);
        let parts = lane[first..].iter().take_while(|placed| placed.segment.start_frame < segment.stop_frame);
        let parts: Vec<&PlacedSegment> = parts.copied().collect();
        let is_reviewed = parts.iter().any(|placed| placed.segment.status != SegmentStatus::Unreviewed);
        match parts.as_slice() {
            [] => (target, Verdict::Wrong),
            [first, ..] if !is_reviewed => (Target::Human(first.id), Verdict::Open),
            [only] if says_the_same(segment, &only.segment) => (Target::Human(only.id), Verdict::Right),
            [first, ..] => (Target::Human(first.id), Verdict::Wrong),
        }
    }
}

fn says_the_same(one: &Segment, other: &Segment) -> bool {
    let said = |it: &Segment| (it.start_frame, it.stop_frame, it.partner, it.role);
    one.label == other.label && said(one) == said(other)
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::jobs::timeline::Timeline;
    use crate::model::{Animal, AnimalId, BehaviorSource, ClipId, SegmentKind, SocialRole};

    const COUNT: u32 = 60;

    pub fn segment(at: u32, status: SegmentStatus) -> Segment {
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

    /// Layers of one animal of which a machine said something, and then people.
    fn layers(human: &[Segment]) -> Layers {
        let merged = (0..COUNT).map(|at| segment(at, SegmentStatus::Unreviewed)).collect();
        layers_of(merged, human)
    }

    pub fn layers_of(merged: Vec<Segment>, human: &[Segment]) -> Layers {
        // Rows are of no account.
        let placed =
            |(at, segment): (i64, &Segment)| PlacedSegment { id: SegmentId(900 - at), segment: segment.clone() };
        let timeline = Timeline {
            animals: vec![Animal { name: "A0".to_owned(), color: None, is_identity_verified: true }],
            merged,
            human: (0..).zip(human).map(placed).collect(),
            ..Timeline::default()
        };
        Layers::alone(timeline, COUNT * 10)
    }

    fn copies() -> Vec<Segment> {
        (0..COUNT).map(|at| segment(at, SegmentStatus::Unreviewed)).collect()
    }

    fn starts(layers: &Layers) -> Vec<u32> {
        let order = Audit::of(layers).order;
        order.iter().filter_map(|(target, _)| Some(layers.timeline.find(*target)?.start_frame)).collect()
    }

    /// The positions of segments in the order of their turn.
    fn turns() -> Vec<usize> {
        starts(&layers(&[])).iter().map(|start| *start as usize / 10).collect()
    }

    #[test]
    fn the_order_is_by_chance_and_stays_when_a_person_takes_the_layer_over() {
        let machine = starts(&layers(&[]));
        assert_eq!(machine.len(), COUNT as usize);
        assert!(!machine.is_sorted());
        let touched = layers(&copies());
        assert_eq!(starts(&touched), machine);
        assert_eq!((Audit::of(&touched).judged, Audit::of(&touched).estimate.interval), (0, [0.0, 1.0]));
    }

    #[test]
    fn what_was_looked_at_counts_only_when_its_turn_came() {
        let order = turns();
        let mut human = copies();
        human[order[5]].label = "huddle".to_owned();
        human[order[5]].status = SegmentStatus::Edited;
        assert_eq!(Audit::of(&layers(&human)).judged, 0, "five come before it");
        for at in &order[..4] {
            human[*at].status = SegmentStatus::Accepted;
        }
        human[order[2]].label = "huddle".to_owned();
        human[order[2]].status = SegmentStatus::Edited;
        let layers = layers(&human);
        let audit = Audit::of(&layers);
        assert_eq!((audit.judged, audit.estimate.wrong, audit.estimate.error_share), (4, 1, Some(0.25)));
        let next = layers.timeline.find(audit.next().unwrap()).unwrap().start_frame;
        assert_eq!(next as usize / 10, order[4]);
    }

    #[test]
    fn what_was_taken_away_joined_cut_or_moved_was_wrong_and_other_words_are_not() {
        let first = turns()[0];
        let judged = |change: &dyn Fn(&mut Vec<Segment>)| {
            let mut human = copies();
            change(&mut human);
            let audit = Audit::of(&layers(&human));
            assert_eq!(audit.order.len(), COUNT as usize, "the sample stays whole");
            audit.order[0].1
        };
        let edited = |segment: &mut Segment| segment.status = SegmentStatus::Edited;
        assert_eq!(judged(&|human| drop(human.remove(first))), Verdict::Wrong);
        assert_eq!(
            judged(&|human| {
                human[first].description = "It runs after A1.".to_owned();
                edited(&mut human[first]);
            }),
            Verdict::Right
        );
        assert_eq!(
            judged(&|human| {
                human[first].stop_frame -= 1;
                edited(&mut human[first]);
            }),
            Verdict::Wrong
        );
        assert_eq!(
            judged(&|human| {
                let [one, other] = if first == 0 { [0, 1] } else { [first - 1, first] };
                human[one].stop_frame = human[other].stop_frame;
                human.remove(other);
                edited(&mut human[one]);
            }),
            Verdict::Wrong
        );
        assert_eq!(
            judged(&|human| {
                let mut second = human[first].clone();
                second.start_frame += 5;
                human[first].stop_frame -= 5;
                human.insert(first + 1, second);
            }),
            Verdict::Open,
            "taken apart, and nobody looked at the parts"
        );
    }

    #[test]
    fn without_a_machine_peoples_segments_are_judged_by_what_was_done_to_them() {
        let mut human = copies();
        human.iter_mut().for_each(|segment| segment.status = SegmentStatus::Accepted);
        human[3].status = SegmentStatus::Edited;
        let audit = Audit::of(&layers_of(Vec::new(), &human));
        assert_eq!((audit.judged, audit.estimate.wrong), (COUNT as usize, 1));
    }

    #[test]
    fn it_says_how_many_more_or_that_all_are_needed() {
        let mut human = copies();
        human.iter_mut().for_each(|segment| segment.status = SegmentStatus::Accepted);
        let audit = Audit::of(&layers(&human));
        assert_eq!((audit.judged, audit.next()), (COUNT as usize, None));
        assert_eq!(audit.more_until(0.1), Some(0));
        let begun = Audit::of(&layers(&[]));
        // With no error among n, the interval reaches up to 1 - 0.025^(1/n): 17 of them make it 20 points wide.
        assert_eq!(begun.more_until(0.1), Some(17));
        assert_eq!(begun.more_until(0.01), None);
    }
}
