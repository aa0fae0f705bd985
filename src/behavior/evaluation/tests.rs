//! Figures of small accounts counted by hand. Many more are checked against scikit-learn: `tests/reference/evaluation.py`.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;
use crate::model::AnimalId;

/// One animal whose frames bear the labels of a text, "." for none.
fn intervals(animal: u8, text: &str) -> Vec<Interval> {
    let one = |(frame, label): (usize, char)| Interval {
        animal: AnimalId(animal),
        start_frame: frame as u32,
        stop_frame: frame as u32 + 1,
        label: label.to_string(),
        confidence: None,
    };
    text.chars().enumerate().filter(|(_, label)| *label != '.').map(one).collect()
}

fn pair(found: &[&str], truth: &[&str]) -> RecordingPair {
    let of = |side: &[&str]| (0..).zip(side).flat_map(|(animal, text)| intervals(animal, text)).collect();
    RecordingPair {
        name: "r".to_owned(),
        fps: 10.0,
        frame_count: found[0].len() as u32,
        animals: (0..found.len()).map(|animal| format!("A{animal}")).collect(),
        found: of(found),
        truth: of(truth),
        ..RecordingPair::default()
    }
}

fn evaluated(pair: RecordingPair, options: &EvaluationOptions) -> Evaluation {
    evaluate(&Lanes::of(&[pair], options), options)
}

fn figures(found: &[&str], truth: &[&str]) -> Evaluation {
    evaluated(pair(found, truth), &EvaluationOptions::default())
}

#[track_caller]
fn close(found: Option<f64>, expected: f64) {
    assert!(found.is_some_and(|found| (found - expected).abs() < 1e-12), "{found:?} {expected}");
}

#[test]
fn figures_of_frames_are_those_counted_by_hand() {
    let found = figures(&["aabb.acc"], &["aaab..bc"]);
    let a = &found.per_label["a"];
    assert_eq!((a.support, a.found, a.has_scores), (3, 3, false));
    for figure in [a.precision, a.recall, a.f1] {
        close(figure, 2.0 / 3.0);
    }
    close(a.mcc, (2.0 * 4.0 - 1.0) / 15.0);
    close(a.balanced_accuracy, (2.0 / 3.0 + 4.0 / 5.0) / 2.0);
    // Precision 2/3 for the two found of three; the third comes with all 8 frames.
    close(a.ap, (2.0 * 2.0 / 3.0 + 3.0 / 8.0) / 3.0);
    close(found.f1_macro, (2.0 / 3.0 + 0.5 + 2.0 / 3.0) / 3.0);
    close(found.accuracy, 5.0 / 8.0);
    assert_eq!(found.confusion.labels, ["a", "b", "c", "none"]);
    assert_eq!(found.confusion.frames, [vec![2, 1, 0, 0], vec![0, 1, 1, 0], vec![0, 0, 1, 0], vec![1, 0, 0, 1]]);
}

#[test]
fn the_keys_that_scripts_rely_on_come_first() {
    let json = serde_json::to_value(figures(&["aab"], &["abb"])).unwrap();
    let keys: Vec<&str> = json.as_object().unwrap().keys().map(String::as_str).take(7).collect();
    assert_eq!(keys, ["f1_macro", "per_label", "kappa", "kappa_ci", "segment_f1", "edit_score", "boundary_ms"]);
    let label: Vec<&str> = json["per_label"]["a"].as_object().unwrap().keys().map(String::as_str).take(6).collect();
    assert_eq!(label, ["f1", "precision", "recall", "ap", "mcc", "support"]);
    assert_eq!(json["segment_f1"].as_object().unwrap().keys().collect::<Vec<_>>(), ["0.1", "0.25", "0.5", "0.75"]);
}

#[test]
fn nothing_to_divide_by_is_no_figure() {
    let empty = figures(&["...."], &["...."]);
    assert_eq!((empty.f1_macro, empty.kappa, empty.kappa_ci, empty.edit_score), (None, None, None, None));
    assert_eq!((empty.segment_f1["0.5"], empty.boundary_ms, empty.accuracy), (None, None, Some(1.0)));
    let missed = figures(&["...."], &["aa.."]);
    let a = &missed.per_label["a"];
    assert_eq!((a.precision, a.recall, a.f1, a.mcc), (None, Some(0.0), Some(0.0), None));
    assert_eq!((missed.f1_macro, missed.edit_score), (Some(0.0), Some(0.0)));
    assert_eq!(evaluate(&Lanes::default(), &EvaluationOptions::default()).accuracy, None);
}

#[test]
fn kappa_is_one_for_the_same_and_has_an_interval() {
    let same = "aabbccab..aabbcc";
    assert_eq!(figures(&[same], &[same]).kappa, Some(1.0));
    assert_eq!(figures(&["aaaa"], &["aaaa"]).kappa, None, "chance would agree as well");
    // 1 of 4 agrees; by chance (3·2 + 1·2)/16 = 0.5.
    assert_eq!(figures(&["aaab"], &["bbaa"]).kappa, Some(-0.5));
    let options = EvaluationOptions { block_secs: 0.4, ..EvaluationOptions::default() };
    let (found, truth) = ("aabbccab..aabbccabab", "aabbccab..aabbcaabbb");
    let first = evaluated(pair(&[found], &[truth]), &options);
    let [low, high] = first.kappa_ci.unwrap();
    assert!(low < first.kappa.unwrap() && first.kappa.unwrap() < high && high <= 1.0);
    assert_eq!(evaluated(pair(&[found], &[truth]), &options).kappa_ci, first.kappa_ci, "the same seed, the same draws");
}

#[test]
fn segments_are_right_once_each() {
    let found = figures(&["aaa.aaabbb"], &["aaaaaaabbb"]);
    // Each half of "a" overlaps 3 of 7: right at 0.25 for the first alone.
    close(found.segment_f1["0.25"], 2.0 * 2.0 / 5.0);
    close(found.segment_f1["0.5"], 2.0 * 1.0 / 5.0);
    assert_eq!(found.segment_counts["0.5"], SegmentCounts { right: 1, found: 3, truth: 2 });
    close(found.edit_score, 100.0 * (1.0 - 1.0 / 3.0));
    assert_eq!(found.segment_f1_curve.len(), 19);
    assert!((found.segment_f1_curve[9].0 - 0.5).abs() < 1e-12);
}

#[test]
fn boundaries_are_measured_where_somebody_set_them() {
    let found = figures(&["aaaa...bbbb."], &["aaaaaa..bbbb"]);
    // The starts of "a" are the recording's; "b" ends at its end in the truth alone.
    assert_eq!(found.boundary.errors.start_ms, [-100.0]);
    assert_eq!(found.boundary.errors.stop_ms, [-200.0, -100.0]);
    assert_eq!((found.boundary_ms, found.boundary.matched), (Some(100.0), 2));
    close(found.boundary.mean_ms, 400.0 / 3.0);
}

#[test]
fn frames_that_nobody_reviewed_are_left_out() {
    let mut given = pair(&["aabbbb"], &["aa...."]);
    let options = EvaluationOptions::default();
    assert_eq!(evaluated(given.clone(), &options).per_label["b"].f1, Some(0.0), "unlabelled is none");
    given.reviewed = Some(vec![std::iter::once(0..3).collect()]);
    let found = evaluated(given, &options);
    assert_eq!((found.frames, found.unknown_frames, found.per_label["b"].found), (3, 3, 1));
    assert_eq!(found.boundary.errors.stop_ms, [0.0]);
}

#[test]
fn all_animals_together_have_what_any_of_them_has() {
    let mut given = pair(&["aa..", "...b"], &["...a", "a..b"]);
    given.found[0].confidence = Some(0.7);
    let options = EvaluationOptions { union_of_animals: true, ..EvaluationOptions::default() };
    let lanes = Lanes::of(&[given], &options);
    assert_eq!(lanes.lanes.len(), 1);
    assert_eq!(lanes.lanes[0].truth[0], [true, false, false, true]);
    assert_eq!(lanes.lanes[0].scores[0], Some(vec![0.7, 1.0, 0.0, 0.0]), "who says nothing is sure");
    let found = evaluate(&lanes, &options);
    assert_eq!(found.per_label["a"].support, 2);
    assert_eq!((found.frames, found.confusion.frames[0][2]), (4, 1), "the last frame: b in both, a missed");
}

#[test]
fn several_labels_hold_at_once() {
    let mut given = pair(&["aaaa"], &["aaaa"]);
    given.truth.extend(intervals(0, "..bb"));
    given.found.extend(intervals(0, ".cc."));
    let found = evaluated(given, &EvaluationOptions::default());
    let confusion = &found.confusion.frames;
    assert_eq!(confusion[0], [4, 0, 0, 0]);
    assert_eq!((confusion[1][2], confusion[1][3], confusion[3][2], confusion[3][3]), (1, 1, 1, 0));
    close(found.accuracy, 0.25);
    assert_eq!(found.segment_counts["0.5"], SegmentCounts { right: 1, found: 2, truth: 2 });
}

#[test]
fn scores_and_names_come_from_the_caller() {
    let mut given = pair(&["xx.."], &["a..a"]);
    given.scores =
        vec![BTreeMap::from([("x".to_owned(), vec![0.9, 0.8, 0.1, 0.2]), ("y".to_owned(), vec![0.0, 0.0, 0.0, 0.95])])];
    let map = LabelMap::parse("x=a,y=a").unwrap();
    let options = EvaluationOptions { map, ..EvaluationOptions::default() };
    let found = evaluated(given, &options);
    assert_eq!(found.per_label.keys().collect::<Vec<_>>(), ["a"]);
    assert_eq!((found.per_label["a"].ap, found.per_label["a"].has_scores), (Some(1.0), true));
    assert_eq!(found.per_label["a"].found, 2, "scores alone find nothing");
}

#[test]
fn average_precision_counts_equal_scores_together() {
    assert_eq!(average_precision(&[0.9, 0.8, 0.1], &[true, true, false]), Some(1.0));
    // Precision 1/2 at the first true one, 2/3 at the second.
    close(average_precision(&[0.9, 0.8, 0.7], &[false, true, true]), (0.5 + 2.0 / 3.0) / 2.0);
    assert_eq!(average_precision(&[0.5, 0.5], &[true, false]), Some(0.5));
    assert_eq!(average_precision(&[0.5], &[false]), None);
}

proptest! {
    #[test]
    fn whoever_agrees_with_itself_is_perfect(text in "[abc.]{1,60}", other in "[abc.]{1,60}") {
        let same = figures(&[&text], &[&text]);
        let has_label = text.contains(['a', 'b', 'c']);
        prop_assert_eq!(same.f1_macro, has_label.then_some(1.0));
        prop_assert_eq!(same.edit_score, has_label.then_some(100.0));
        prop_assert_eq!(same.segment_f1["0.75"], has_label.then_some(1.0));
        prop_assert!(same.boundary_ms.is_none_or(|error| error == 0.0));
        let length = text.len().min(other.len());
        let (one, two) = (&text[..length], &other[..length]);
        let (forth, back) = (figures(&[one], &[two]), figures(&[two], &[one]));
        prop_assert_eq!(forth.f1_macro, back.f1_macro);
        prop_assert_eq!(forth.kappa, back.kappa);
        prop_assert_eq!(forth.edit_score, back.edit_score);
        let frames: u64 = forth.confusion.frames.iter().flatten().sum();
        prop_assert_eq!(frames, length as u64);
        let curve: Vec<f64> = forth.segment_f1_curve.iter().filter_map(|(_, f1)| *f1).collect();
        prop_assert!(curve.windows(2).all(|pair| pair[0] >= pair[1]), "asking for more overlap finds no more");
    }
}
