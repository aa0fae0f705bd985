//! Reasons, the queue and the audit on small timelines.

use std::collections::HashMap;

use proptest::prelude::*;

use super::audit::{AuditEstimate, AuditOptions, audit_order};
use super::*;
use crate::behavior::consistency::{Checker, Finding, Reason};
use crate::model::{
    AnimalId, BehaviorSource, PlacedSegment, Segment, SegmentId, SegmentKind, SegmentStatus, SocialRole, Vocabulary,
};

fn segment(start_frame: u32, stop_frame: u32, label: &str) -> Segment {
    Segment {
        animal: AnimalId(0),
        start_frame,
        stop_frame,
        kind: SegmentKind::State,
        label: label.to_owned(),
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

fn placed(segments: Vec<Segment>) -> Vec<PlacedSegment> {
    (1..).map(SegmentId).zip(segments).map(|(id, segment)| PlacedSegment { id, segment }).collect()
}

struct Known {
    findings: Vec<Finding>,
    agreement: HashMap<SegmentId, f32>,
    novelty: HashMap<SegmentId, f32>,
}

const NOTHING: fn() -> Known = || Known { findings: Vec::new(), agreement: HashMap::new(), novelty: HashMap::new() };

fn items(segments: &[PlacedSegment], known: &Known) -> Vec<ReviewItem> {
    let vocabulary = Vocabulary::mouse();
    let input = ReviewInput {
        segments,
        vocabulary: &vocabulary,
        findings: &known.findings,
        agreement: &known.agreement,
        novelty: &known.novelty,
        fps: 10.0,
        frame_count: 10_000,
    };
    review_items(&input, &ReviewOptions::default())
}

fn rows(items: &[ReviewItem]) -> Vec<i64> {
    items.iter().map(|item| item.id.0).collect()
}

/// What a segment of that label and description is at odds with.
fn at_odds(label: &str, description: &str) -> Option<String> {
    let described = Segment { description: description.to_owned(), ..segment(10, 50, label) };
    let found = items(&placed(vec![described]), &NOTHING());
    found.into_iter().flat_map(|item| item.reasons).find_map(|reason| match reason {
        ReviewReason::WordsAtOdds { named } => Some(named),
        _ => None,
    })
}

#[test]
fn a_description_that_names_another_label_is_at_odds() {
    assert_eq!(at_odds("huddle", "A0 chases A1 along the wall.").as_deref(), Some("chase"));
    assert_eq!(at_odds("huddle", "A0 is chasing A1, then both huddled."), None);
    assert_eq!(at_odds("chase", "A0 runs after A1."), None);
    assert_eq!(at_odds("contact", "An oral-ear contact with A1.").as_deref(), Some("oral_ear_contact"));
    assert_eq!(at_odds("oral_ear_contact", "An oral–ear contact, then a turn."), None);
    assert_eq!(at_odds("of no list", "A0 is feeding.").as_deref(), Some("feeding"));
    assert_eq!(at_odds("huddle", "A rear view of a pear."), Some("rearing".to_owned()), "stems are all it knows");
    assert_eq!(at_odds("huddle", ""), None);
    let rules = Segment {
        description: "A0 goes 3.0 body lengths, turning 90° to its right.".to_owned(),
        source: BehaviorSource::Rules,
        ..segment(10, 50, "locomotion")
    };
    assert!(items(&placed(vec![rules]), &NOTHING()).is_empty(), "rules make the sentence from the label");
}

#[test]
fn what_is_unusually_long_or_short_for_its_label_is_found() {
    let lengths = [30, 25, 40, 35, 28, 33, 45, 31, 29, 2, 400];
    let mut at = 1;
    let mut segments = Vec::new();
    for length in lengths {
        segments.push(segment(at, at + length, "huddle"));
        at += length;
    }
    segments.push(segment(at, at + 900, "chase"));
    let found = items(&placed(segments.clone()), &NOTHING());
    assert_eq!(rows(&found), [10, 11]);
    assert_eq!(found[0].reasons, [ReviewReason::TooShort { secs: 0.2, usual_secs: 31.0_f64.ln().exp() / 10.0 }]);
    assert_eq!(found[1].reasons[0].words(), "40.0 s is long for its label, which lasts 3.1 s in the median");
    // The recording begins within it.
    (segments[9].start_frame, segments[9].stop_frame) = (0, 1);
    assert_eq!(rows(&items(&placed(segments.clone()), &NOTHING())), [11]);
    segments.truncate(7);
    segments.push(segment(5000, 5400, "contact"));
    assert!(items(&placed(segments), &NOTHING()).is_empty(), "too few to know what is usual");
}

#[test]
fn reasons_add_up_and_the_weightiest_come_first() {
    let unsure = |start, confidence| Segment { confidence: Some(confidence), ..segment(start, start + 9, "feeding") };
    let mut segments = placed(vec![
        unsure(10, 0.45),
        unsure(20, 0.1),
        unsure(30, 0.9),
        unsure(40, 0.1),
        segment(50, 60, "chase"),
        segment(60, 70, "contact"),
    ]);
    let finding = |segment, reason| Finding { segment, reason };
    let known = Known {
        findings: vec![finding(4, Reason::NoPartner), finding(5, Reason::TooFarApart)],
        agreement: HashMap::from([(SegmentId(1), 0.4), (SegmentId(3), 0.8)]),
        novelty: HashMap::from([(SegmentId(5), 0.7), (SegmentId(3), 0.5)]),
    };
    let found = items(&segments, &known);
    assert_eq!(rows(&found), [5, 1, 6, 2, 4], "of two that weigh the same, the earlier");
    assert_eq!(
        found[0].reasons,
        [ReviewReason::Contradiction { finding: Reason::NoPartner }, ReviewReason::Novel { score: 0.7 }]
    );
    assert!(matches!(found[1].reasons[0], ReviewReason::SamplesDisagree { .. }));
    assert_eq!(found[2].reasons, [ReviewReason::NotSupported]);
    segments[4].segment.status = SegmentStatus::Accepted;
    assert_eq!(rows(&items(&segments, &known)), [1, 6, 2, 4]);
}

#[test]
fn contradictions_between_animals_are_reasons() {
    let vocabulary = Vocabulary::mouse();
    let mut segments = vec![segment(0, 50, "huddle"), segment(0, 50, "feeding")];
    (segments[0].partner, segments[0].role) = (Some(AnimalId(1)), SocialRole::Mutual);
    segments[1].animal = AnimalId(1);
    let findings = Checker { animals: 2, vocabulary: &vocabulary, bodies: None }.check(&segments);
    let found = items(&placed(segments), &Known { findings, ..NOTHING() });
    assert_eq!(found[0].reasons, [ReviewReason::Contradiction { finding: Reason::PartnerDisagrees }]);
    assert_eq!(found.len(), 1);
}

#[test]
fn the_queue_stays_put_while_one_works_in_it() {
    let unsure =
        |start: u32| Segment { confidence: Some(start as f32 / 1000.0), ..segment(start, start + 9, "feeding") };
    let mut segments = placed(vec![unsure(10), unsure(20), unsure(30), unsure(40)]);
    let mut queue = ReviewQueue::of(&items(&segments, &NOTHING()));
    let order = |queue: &ReviewQueue| -> Vec<(i64, bool)> {
        queue.entries().iter().map(|entry| (entry.id.0, entry.is_done)).collect()
    };
    let statuses = |segments: &[PlacedSegment]| -> HashMap<SegmentId, SegmentStatus> {
        segments.iter().map(|placed| (placed.id, placed.segment.status)).collect()
    };
    assert_eq!(order(&queue), [(1, false), (2, false), (3, false), (4, false)]);
    // One is accepted, one deleted, one becomes sure, and a weighty one comes up.
    segments[1].segment.status = SegmentStatus::Accepted;
    segments[3].segment.confidence = Some(0.9);
    segments.remove(2);
    segments.push(PlacedSegment { id: SegmentId(9), segment: unsure(0) });
    queue.update(&items(&segments, &NOTHING()), &statuses(&segments));
    assert_eq!(order(&queue), [(1, false), (2, true), (4, true), (9, false)]);
    assert!(!queue.entries()[2].reasons.is_empty(), "why it was there is still to be read");
    // Taken back: it is to be done again, at its place.
    segments[1].segment.status = SegmentStatus::Unreviewed;
    queue.update(&items(&segments, &NOTHING()), &statuses(&segments));
    assert_eq!(order(&queue)[1], (2, false));
}

/// From scipy 1.x: `beta.ppf((1 - level) / 2, k, n - k + 1)` and `beta.ppf((1 + level) / 2, k + 1, n - k)`.
const REFERENCE: [(u64, u64, f64, [f64; 2]); 8] = [
    (0, 1, 0.95, [0.0, 0.975]),
    (1, 1, 0.95, [0.025, 1.0]),
    (0, 59, 0.95, [0.0, 0.060608900950339835]),
    (3, 60, 0.95, [0.010432329644348228, 0.13924324672107277]),
    (7, 200, 0.9, [0.01653963501789509, 0.06473252213684852]),
    (50, 100, 0.99, [0.3688614373589241, 0.6311385626410759]),
    (999, 1000, 0.95, [0.9944410757201734, 0.9999746825125088]),
    (123, 4567, 0.95, [0.022432278104357845, 0.03205011206904826]),
];

#[test]
fn intervals_are_those_of_the_beta_distribution() {
    for (hits, trials, level, expected) in REFERENCE {
        let found = clopper_pearson(hits, trials, level);
        let error = (0..2).map(|end| (found[end] - expected[end]).abs()).fold(0.0, f64::max);
        assert!(error < 1e-10, "{hits} of {trials}: {found:?}, not {expected:?}");
    }
    assert_eq!(clopper_pearson(0, 0, 0.95), [0.0, 1.0]);
}

#[test]
fn how_many_more_to_check_is_what_a_search_one_by_one_finds() {
    // Searched with scipy's intervals.
    assert_eq!(checks_until(0, 0, 0.95, Goal::UpperEnd(0.05)), Some(72));
    assert_eq!(checks_until(2, 100, 0.95, Goal::UpperEnd(0.05)), Some(130));
    assert_eq!(checks_until(10, 50, 0.95, Goal::Width(0.1)), Some(215));
    assert_eq!(checks_until(0, 100, 0.95, Goal::UpperEnd(0.05)), Some(0));
    assert_eq!(checks_until(10, 100, 0.95, Goal::UpperEnd(0.05)), None);
    assert_eq!(checks_until(0, 5, 0.95, Goal::Width(0.0)), None);
}

#[test]
fn estimates_are_per_label_too() {
    let judged = [("chase", true), ("huddle", false), ("chase", false), ("huddle", false)];
    let found = AuditEstimate::per_label(judged, 0.95);
    assert_eq!((found["chase"].wrong, found["chase"].error_share), (1, Some(0.5)));
    assert_eq!((found["huddle"].checked, found["huddle"].interval[0]), (2, 0.0));
    assert_eq!(AuditEstimate::of(0, 0, 0.95).error_share, None);
}

fn many(count: usize) -> Vec<PlacedSegment> {
    let labels = ["stationary", "stationary", "stationary", "stationary", "huddle", "huddle", "chase"];
    placed((0..count).map(|at| segment(at as u32 * 10, at as u32 * 10 + 10, labels[at % labels.len()])).collect())
}

#[test]
fn a_sample_repeats_grows_and_leaves_the_rest_in_order() {
    let segments = many(300);
    let plain = AuditOptions { seed: 1, is_stratified: false };
    let order = audit_order(&segments, plain);
    assert_eq!(order, audit_order(&segments, plain));
    assert_ne!(order, audit_order(&segments, AuditOptions { seed: 2, ..plain }));
    let fewer: Vec<PlacedSegment> = segments.iter().filter(|placed| placed.id.0 % 5 > 0).cloned().collect();
    let left: Vec<SegmentId> = order.iter().copied().filter(|id| id.0 % 5 > 0).collect();
    assert_eq!(audit_order(&fewer, plain), left);
}

#[test]
fn each_segment_comes_first_about_as_often() {
    let segments = many(10);
    let mut firsts = [0_u32; 10];
    for seed in 0..2000 {
        firsts[audit_order(&segments, AuditOptions { seed, is_stratified: false })[0].0 as usize - 1] += 1;
    }
    // 200 each; five standard deviations are 67.
    assert!(firsts.iter().all(|count| count.abs_diff(200) < 67), "{firsts:?}");
}

proptest! {
    #[test]
    fn each_beginning_of_a_stratified_sample_has_each_label_by_its_share(count in 1_usize..200, seed in any::<u64>()) {
        let segments = many(count);
        let order = audit_order(&segments, AuditOptions { seed, is_stratified: true });
        let mut sorted = order.clone();
        sorted.sort();
        prop_assert_eq!(sorted, segments.iter().map(|placed| placed.id).collect::<Vec<_>>());
        let label = |id: &SegmentId| segments[id.0 as usize - 1].segment.label.as_str();
        for name in ["stationary", "huddle", "chase"] {
            let all = order.iter().filter(|id| label(id) == name).count() as f64 / count as f64;
            for size in 1..=count {
                let there = order[..size].iter().filter(|id| label(id) == name).count() as f64;
                prop_assert!((there - all * size as f64).abs() <= 1.5, "{there} {name} of {size}, share {all}");
            }
        }
    }

    #[test]
    fn an_interval_holds_the_share_and_narrows(hits in 0_u64..50, misses in 0_u64..50) {
        let trials = hits + misses;
        let [low, high] = clopper_pearson(hits, trials, 0.95);
        let share = hits as f64 / trials.max(1) as f64;
        prop_assert!((0.0..=1.0).contains(&low) && low <= share && share <= high && high <= 1.0);
        let [lower, higher] = clopper_pearson(hits, trials, 0.99);
        prop_assert!(lower <= low && high <= higher);
    }
}
