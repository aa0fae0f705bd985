//! Figures of small timelines counted by hand, and of groups computed by scipy 1.17.

use super::*;
use crate::model::{AnimalId, BehaviorSource, Segment, SegmentKind, SegmentStatus, SocialRole};

fn segment(label: &str, partner: Option<u8>, start_frame: u32, stop_frame: u32) -> Segment {
    Segment {
        animal: AnimalId(0),
        start_frame,
        stop_frame,
        kind: SegmentKind::State,
        label: label.to_owned(),
        description: String::new(),
        partner: partner.map(AnimalId),
        role: SocialRole::None,
        confidence: None,
        status: SegmentStatus::Unreviewed,
        source: BehaviorSource::Rules,
        modifiers: Vec::new(),
        clips: Vec::new(),
    }
}

fn record(subject: &str, group: Option<&str>, segments: Vec<Segment>) -> AnimalRecord {
    AnimalRecord {
        recording: "r".to_owned(),
        animal: "A0".to_owned(),
        subject: subject.to_owned(),
        group: group.map(str::to_owned),
        fps: 10.0,
        frame_count: 100,
        animals: vec!["A0".to_owned(), "A1".to_owned(), "A2".to_owned()],
        segments,
        unreviewed: Vec::new(),
    }
}

fn close(found: Option<f64>, expected: f64) {
    assert!(found.is_some_and(|found| (found - expected).abs() < 1e-9), "{found:?} {expected}");
}

#[test]
fn time_bouts_and_latency_are_those_counted_by_hand() {
    let one = record(
        "m1",
        None,
        vec![
            segment("run", None, 10, 30),
            segment("chase", Some(1), 30, 35),
            segment("chase", Some(2), 35, 40),
            segment("run", None, 40, 50),
            segment("not_seen", None, 80, 100),
        ],
    );
    let labels = ["chase", "run", "rear"].map(str::to_owned);
    let [chase, run, rear] = &label_budgets(&one, &labels)[..] else { panic!("three labels") };
    assert_eq!((chase.bouts, run.bouts, rear.bouts), (1, 2, 0), "chases of two animals that touch are one bout");
    close(Some(run.time_s), 3.0);
    close(run.pct_of_seen, 37.5);
    close(run.bouts_per_min, 15.0);
    close(run.mean_s, 1.5);
    close(run.median_s, 1.5);
    close(run.sd_s, 0.5_f64.sqrt());
    close(run.latency_s, 1.0);
    assert_eq!((rear.time_s, rear.latency_s, rear.mean_s), (0.0, None, None));
    let pairs: Vec<_> = pair_budgets(&one).into_iter().map(|it| (it.label, it.partner, it.bouts, it.time_s)).collect();
    let pair = |partner: &str| ("chase".to_owned(), Some(partner.to_owned()), 1, 0.5);
    assert_eq!(pairs, [pair("A1"), pair("A2")]);
}

#[test]
fn moments_side_by_side_are_several_and_time_that_nobody_reviewed_is_none() {
    let moment = |frame| Segment { kind: SegmentKind::Point, ..segment("jump", None, frame, frame + 1) };
    let mut one = record("m1", None, vec![moment(4), moment(5), moment(5), segment("run", None, 10, 30)]);
    assert_eq!(one.bouts(|segment| segment.label == "jump"), [(4, 5), (5, 6)]);
    assert_eq!(one.gaps(), [0..4, 6..10, 30..100]);
    close(Some(one.seen_s()), 10.0);
    one.segments.push(segment("not_seen", None, 90, 200));
    close(Some(one.seen_s()), 9.0);
    one.unreviewed = one.gaps();
    assert_eq!(one.unreviewed, [0..4, 6..10, 30..90]);
    close(Some(one.seen_s()), 2.2);
    let [run] = &label_budgets(&one, &["run".to_owned()])[..] else { panic!("one label") };
    close(run.pct_of_seen, 100.0 * 2.0 / 2.2);
    one.segments.clear();
    assert_eq!(one.gaps().first(), Some(&(0..100)));
    one.unreviewed = one.gaps();
    assert_eq!((one.seen_s(), label_budgets(&one, &["run".to_owned()])[0].pct_of_seen), (0.0, None));
}

#[test]
fn transitions_do_not_bridge_gaps_or_absence() {
    let one = record(
        "m1",
        None,
        vec![
            segment("a", None, 0, 10),
            segment("b", None, 10, 20),
            segment("a", None, 25, 30),
            segment("b", None, 50, 60),
            segment("not_seen", None, 60, 61),
            segment("a", None, 61, 70),
            segment("c", None, 70, 80),
        ],
    );
    let found: Vec<_> = transitions([&one], &BudgetOptions::default())
        .into_iter()
        .map(|it| (it.from, it.to, it.count, it.probability))
        .collect();
    let row = |from: &str, to: &str, count, share| (from.to_owned(), to.to_owned(), count, share);
    assert_eq!(found, [row("a", "b", 1, 0.5), row("a", "c", 1, 0.5), row("b", "a", 1, 1.0)]);
}

#[test]
fn one_subject_is_one_observation() {
    let records = [
        record("m1", Some("wt"), vec![segment("run", None, 0, 20)]),
        record("m1", Some("wt"), vec![segment("run", None, 50, 60), segment("not_seen", None, 60, 100)]),
        record("m2", Some("ko"), vec![segment("run", None, 0, 100)]),
    ];
    let found = report(&records, &BudgetOptions::default(), 1);
    assert_eq!(found.subjects.len(), 2);
    let wt = &found.subjects[1];
    assert_eq!((wt.subject.as_str(), wt.recordings, wt.seen_s), ("m1", 2, 16.0));
    let run = wt.labels.iter().find(|it| it.label == "run").unwrap();
    close(run.pct_of_seen, 100.0 * 3.0 / 16.0);
    close(run.latency_s, 2.5);
    assert_eq!(run.bouts, 2);
    let comparison = found.comparisons.iter().find(|it| it.label == "run").unwrap();
    assert_eq!((comparison.groups.clone(), comparison.n), (["ko".to_owned(), "wt".to_owned()], [1, 1]));
    assert!(comparison.note.as_ref().unwrap().contains("cannot reach p < 0.05"));
    let text = found.to_text();
    assert!(text.contains("run") && text.contains("20.0"), "{text}");
    assert!(serde_json::to_string(&found).unwrap().contains("\"pct_of_seen\""));
}

#[test]
fn clear_differences_are_found_and_absent_ones_are_not() {
    let subjects = |group: &str, stops: &[u32]| -> Vec<AnimalRecord> {
        let of_subject = |(at, stop): (usize, &u32)| {
            record(
                &format!("{group}{at}"),
                Some(group),
                vec![segment("run", None, 0, *stop), segment("rear", None, 90, 93 + at as u32 % 3)],
            )
        };
        stops.iter().enumerate().map(of_subject).collect()
    };
    let mut records = subjects("ko", &[40, 42, 44, 46, 48, 50]);
    records.extend(subjects("wt", &[10, 12, 14, 16, 18, 20]));
    let found = report(&records, &BudgetOptions::default(), 1);
    let of = |label: &str| {
        found.comparisons.iter().find(|it| it.label == label && it.measure == Measure::PctOfSeen).unwrap()
    };
    close(Some(of("run").permutation.p), 2.0 / 924.0);
    close(Some(of("run").p_permutation_holm), 4.0 / 924.0);
    close(Some(of("run").cliffs_delta), 1.0);
    assert_eq!((of("rear").permutation.p, of("rear").note.as_ref()), (1.0, None));
}

#[test]
fn tests_of_differences_are_those_of_scipy() {
    let one = [1.83, 0.50, 1.62, 2.48, 1.68, 1.88, 1.55, 3.06];
    let with_ties = [0.878, 0.647, 0.598, 2.05, 1.06, 1.29, 1.06, 3.05];
    let without = [0.878, 0.647, 0.598, 2.05, 1.06, 1.29, 1.07, 3.05];
    let (approximate, exact) = (mann_whitney(&one, &with_ties).unwrap(), mann_whitney(&one, &without).unwrap());
    assert_eq!((approximate.is_exact, approximate.u, exact.is_exact, exact.u), (false, 45.0, true, 45.0));
    close(Some(approximate.p), 0.188_937_448_002_994_17);
    close(Some(exact.p), 0.194_871_794_871_794_85);
    let all = permutation_test(&one, &with_ties, 1).unwrap();
    assert!(all.is_exact && all.deals == 12_870);
    close(Some(all.p), 0.225_796_425_796_425_8);
    assert_eq!(mann_whitney(&[1.0, 1.0], &[1.0]).unwrap().p, 1.0);
    assert_eq!(mann_whitney(&[], &one), None);
    let many: Vec<f64> = (0..30).map(f64::from).collect();
    let shifted: Vec<f64> = many.iter().map(|value| value + 9.0).collect();
    let drawn = permutation_test(&many, &shifted, 1).unwrap();
    assert!(!drawn.is_exact && drawn.p < 0.001 && drawn == permutation_test(&many, &shifted, 1).unwrap());
}

#[test]
fn the_correction_is_holms() {
    let found = holm(&[0.01, 0.04, 0.03, 0.005]);
    for (found, expected) in found.iter().zip([0.03, 0.06, 0.06, 0.02]) {
        assert!((found - expected).abs() < 1e-12);
    }
    assert_eq!(holm(&[0.9, 0.9]), [1.0, 1.0]);
    assert_eq!(least_possible_p(3, 3), 0.1);
    close(Some(least_possible_p(4, 4)), 2.0 / 70.0);
}

#[test]
fn tables_line_up() {
    let rows = vec![vec!["run".to_owned(), "3.0".to_owned()], vec!["überall".to_owned(), "12.5".to_owned()]];
    assert_eq!(text_table(&["label", "s"], &rows), "label       s\n-------  ----\nrun       3.0\nüberall  12.5\n");
}
