//! What is discovered of things that are known to be there.

use std::collections::BTreeSet;
use std::f32::consts::PI;
use std::ops::Range;

use ndarray::Array2;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution, Normal};
use serde::Deserialize;

use super::*;
use crate::behavior::bodies::Bodies;
use crate::behavior::statistics::AnimalRecord;
use crate::behavior::tfidf::{SparseRow, TfIdf};
use crate::model::{
    AnimalId, AnimalTrack, BehaviorSource, Part, Segment, SegmentKind, SegmentStatus, SocialRole, Tracks, Vocabulary,
};

const CAPTIONS: [&str; 16] = [
    "A0 follows A2 at 0.6 body lengths.",
    "A1 is following A0 closely, running.",
    "A2 follows A1 while running.",
    "A0 runs and follows A1.",
    "A1 rests against A0, hardly moving.",
    "A2 rests against A1.",
    "A0 is resting against A2.",
    "A1 rests against A2.",
    "A0 rests against A1; it digs in the bedding with its forepaws.",
    "A2 grooms its face with both paws.",
    "A1 is grooming its flank, then its face.",
    "A0 grooms its face.",
    "A0 1.5 s",
    "A0 rests against A1.",
    "A2 rests against A0.",
    "A1 rests against A2.",
];

#[test]
fn captions_of_a_kind_stand_together() {
    let learnt = TfIdf::fit(CAPTIONS);
    let rows: Vec<SparseRow> = CAPTIONS.iter().map(|caption| learnt.row(caption)).collect();
    for seed in 0..20 {
        let found = cluster(&rows, 3, seed);
        let members: BTreeSet<&[usize]> = found.clusters.iter().map(|cluster| cluster.members.as_slice()).collect();
        assert_eq!(
            members,
            BTreeSet::from([&[0, 1, 2, 3][..], &[4, 5, 6, 7, 8, 13, 14, 15], &[9, 10, 11]]),
            "seed {seed}"
        );
        assert_eq!(found.unplaced, [12], "a caption without a word is like nothing");
        let resting = &found.clusters[0];
        assert_eq!(resting.members.len(), 8, "the largest first");
        assert_eq!(resting.outliers, [8, 4], "the one that digs, too, is the farthest");
        assert!(resting.members.contains(&resting.medoid) && resting.medoid != 8);
        assert_eq!(found, cluster(&rows, 3, seed), "the same seed gives the same groups");
    }
}

#[test]
fn a_medoid_is_the_member_that_is_most_like_the_others() {
    let learnt = TfIdf::fit(CAPTIONS);
    let rows: Vec<SparseRow> = CAPTIONS.iter().map(|caption| learnt.row(caption)).collect();
    for group in cluster(&rows, 3, 1).clusters {
        let likeness = |one: usize| group.members.iter().map(|other| rows[one].cosine(&rows[*other])).sum::<f64>();
        let best = group.members.iter().map(|at| likeness(*at)).fold(f64::NEG_INFINITY, f64::max);
        assert!((likeness(group.medoid) - best).abs() < 1e-6);
    }
}

#[test]
fn fewer_kinds_than_clusters_and_no_rows_pass() {
    let rows = vec![SparseRow::unit(&[1.0, 2.0]), SparseRow::unit(&[2.0, 4.0]), SparseRow::unit(&[0.0, 1.0])];
    assert_eq!(cluster(&rows, 9, 1).clusters.len(), 2);
    assert_eq!(cluster(&rows, 1, 1).clusters[0].members, [0, 1, 2]);
    assert!(cluster(&[], 3, 1).clusters.is_empty() && cluster(&rows, 0, 1).clusters.is_empty());
    // Vectors of an embedding may point away from one another.
    let signed = [[-1.0, 0.1], [-1.0, -0.1], [1.0, 0.0], [1.0, 0.2]].map(|row| SparseRow::unit(&row));
    let found = cluster(&signed, 2, 1);
    assert_eq!(found.clusters.iter().map(|it| it.members.clone()).collect::<Vec<_>>(), [vec![0, 1], vec![2, 3]]);
}

#[test]
fn labels_and_words_that_no_entry_covers_are_listed() {
    let mut vocabulary = Vocabulary::mouse();
    vocabulary.labels[0].synonyms = vec!["freezing".to_owned()];
    let pieces = [
        ("chase", 5.0),
        ("Digging", 1.0),
        ("digging", 2.5),
        ("digging", 1.0),
        ("Freezing", 9.0),
        ("oral genital contact", 1.0),
        ("jump", 0.2),
    ];
    let found = uncovered_labels(pieces, &vocabulary);
    assert_eq!(
        found,
        [
            UncoveredLabel { label: "digging".to_owned(), count: 3, time_s: 4.5, example: 2 },
            UncoveredLabel { label: "jump".to_owned(), count: 1, time_s: 0.2, example: 6 },
        ]
    );
    let captions = ["A0 digs in the bedding.", "It is digging under its bedding; it runs.", "A1 dug; A1 digs."];
    let words = uncovered_words(captions, &vocabulary, 2);
    assert_eq!(words.iter().map(|it| (it.word.as_str(), it.count)).collect::<Vec<_>>(), [("digs", 3), ("bedding", 2)]);
    assert!(uncovered_words(["The animal's nose is at the tail."], &vocabulary, 1).is_empty());
}

/// What scikit-learn says; `tests/reference/isolation_forest.py` writes it.
#[derive(Deserialize)]
struct Reference {
    rows: Vec<Vec<f32>>,
    scores: Vec<f64>,
    between_forests: f64,
}

/// Spearman's rank correlation; the scores have no ties to speak of.
fn rank_correlation(one: &[f64], other: &[f64]) -> f64 {
    let ranks = |values: &[f64]| {
        let mut order: Vec<usize> = (0..values.len()).collect();
        order.sort_by(|a, b| values[*a].total_cmp(&values[*b]));
        let mut ranks = vec![0.0; values.len()];
        order.into_iter().enumerate().for_each(|(rank, at)| ranks[at] = rank as f64);
        ranks
    };
    let squares: f64 = ranks(one).iter().zip(ranks(other)).map(|(a, b)| (a - b).powi(2)).sum();
    let count = one.len() as f64;
    1.0 - 6.0 * squares / (count * (count * count - 1.0))
}

#[test]
fn isolation_scores_are_those_of_scikit_learn() {
    let text = include_str!("../../../tests/it/data/isolation_forest_reference.json");
    let reference: Reference = serde_json::from_str(text).unwrap();
    let columns = reference.rows[0].len();
    let rows = Array2::from_shape_vec((reference.rows.len(), columns), reference.rows.concat()).unwrap();
    let mut lowest = 1.0_f64;
    for seed in 0..8 {
        let scores = isolation_scores(rows.view(), &ForestOptions { seed, ..ForestOptions::default() });
        let correlation = rank_correlation(&scores, &reference.scores);
        let off = scores.iter().zip(&reference.scores).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
        println!("seed {seed}: rank correlation {correlation:.4}, largest difference {off:.4}");
        lowest = lowest.min(correlation);
        assert!(off < 0.05, "seed {seed}: {off}");
    }
    assert!(lowest >= reference.between_forests, "{lowest} {}", reference.between_forests);
}

/// A mouse 60 px long that walks and rests in turn, bouts of two seconds, beside one that rests; in `planted` it rolls along
/// its own axis: fast about itself, hardly from its place, its length shrinking and growing.
fn film(bouts: usize, planted: usize) -> (Tracks, Vec<(AnimalId, Range<u32>)>) {
    let noise = Normal::new(0.0, 0.4).unwrap();
    let mut random = ChaCha8Rng::seed_from_u64(3);
    let parts: Vec<Part> = ["nose", "neck", "center back", "tail base"].map(Part::named).to_vec();
    let (mut points, mut other) = (Vec::new(), Vec::new());
    let (mut place, mut heading) = ([300.0_f32, 300.0_f32], 0.0_f32);
    for bout in 0..bouts {
        let pace = [0.0, 2.0, 4.0, 3.0][bout % 4];
        for frame in 0..60 {
            let mut length = 1.0;
            if bout == planted {
                heading += 2.0 * PI / 20.0;
                length = 0.75 + 0.25 * (frame as f32 / 3.0).cos();
            } else {
                heading += 0.02 * pace;
                place = [place[0] + pace * heading.cos(), place[1] + pace * heading.sin()];
            }
            for along in [30.0, 15.0, 0.0, -30.0] {
                let reach = along * length;
                let [dx, dy] = [noise.sample(&mut random), noise.sample(&mut random)];
                points.push([place[0] + reach * heading.cos() + dx, place[1] + reach * heading.sin() + dy]);
                other.push([900.0 + along + dy, 900.0 + dx]);
            }
        }
    }
    let animals = [points, other].map(|points| AnimalTrack { points, heights: Vec::new() }).to_vec();
    let frames = bouts as u32 * 60;
    let tracks = Tracks { frame_count: frames, fps: 30.0, parts, animals, mm_per_unit: None };
    let spans =
        (0..2_u8).flat_map(|animal| (0..bouts as u32).map(move |bout| (AnimalId(animal), bout * 60..(bout + 1) * 60)));
    (tracks, spans.collect())
}

#[test]
fn a_planted_behavior_is_found_at_the_top() {
    for planted in [5, 17, 30] {
        let (tracks, bouts) = film(40, planted);
        let bodies = Bodies::of(&tracks);
        let rows = BoutMeasures::new(&bodies).rows(&bouts);
        for seed in 0..5 {
            let found =
                novel_bouts(rows.view(), BoutMeasures::names(), &ForestOptions { seed, ..ForestOptions::default() });
            assert_eq!(found.len(), 80);
            assert_eq!(found[0].bout, planted, "seed {seed}: {:?}", &found[..3]);
            assert!(found[0].score > found[1].score + 0.02, "{} {}", found[0].score, found[1].score);
            let told: Vec<&str> = found[0].reasons.iter().map(|reason| reason.measure.as_str()).collect();
            assert!(told.iter().any(|measure| measure.contains("turn") || measure.contains("extent")), "{told:?}");
        }
    }
}

#[test]
fn bouts_that_cannot_be_measured_do_no_harm() {
    let (tracks, mut bouts) = film(4, 9);
    bouts.push((AnimalId(1), 5000..6000));
    bouts.push((AnimalId(1), 10..10));
    let bodies = Bodies::of(&tracks);
    let rows = BoutMeasures::new(&bodies).rows(&bouts);
    let found = novel_bouts(rows.view(), BoutMeasures::names(), &ForestOptions::default());
    assert_eq!(found.len(), 10);
    assert!(found.iter().all(|bout| bout.score.is_finite()));
}

fn record(subject: &str, group: &str, labels: &[(&str, u32)]) -> AnimalRecord {
    let mut start_frame = 0;
    let segments = labels.iter().map(|(label, frames)| {
        start_frame += frames;
        Segment {
            animal: AnimalId(0),
            start_frame: start_frame - frames,
            stop_frame: start_frame,
            kind: SegmentKind::State,
            label: (*label).to_owned(),
            description: String::new(),
            partner: None,
            role: SocialRole::None,
            confidence: None,
            status: SegmentStatus::Unreviewed,
            source: BehaviorSource::Rules,
            modifiers: Vec::new(),
            clips: Vec::new(),
        }
    });
    AnimalRecord {
        recording: format!("recording of {subject}"),
        animal: "A0".to_owned(),
        subject: subject.to_owned(),
        group: Some(group.to_owned()),
        fps: 10.0,
        frame_count: 1000,
        animals: vec!["A0".to_owned()],
        segments: segments.collect(),
        unreviewed: Vec::new(),
    }
}

#[test]
fn profiles_say_who_does_what_more_than_the_rest() {
    let records = [
        record("m1", "control", &[("locomotion", 500), ("huddle", 300), ("not_seen", 200)]),
        record("m2", "control", &[("locomotion", 600), ("oral_ear_contact", 15), ("huddle", 385)]),
        record("m3", "treated", &[("locomotion", 200), ("huddle", 800)]),
    ];
    let subjects = subject_profiles(&records);
    let words: Vec<&str> = subjects.iter().map(|profile| profile.words.as_str()).collect();
    assert_eq!(
        words[0],
        "m1 (control) is seen for 80 s. Most of that time: locomotion (62 %) and huddle (38 %). More than the other subjects: \
         locomotion (62 % against 40 %). Less than the other subjects: huddle (38 % against 59 %)."
    );
    assert!(words[1].contains("oral ear contact (1.5 %)"), "{}", words[1]);
    assert!(words[2].contains("More than the other subjects: huddle (80 % against 38 %)."), "{}", words[2]);
    let groups = group_profiles(&records);
    assert_eq!(
        groups.iter().map(|it| (it.name.as_str(), it.subjects)).collect::<Vec<_>>(),
        [("control", 2), ("treated", 1)]
    );
    assert!(groups[0].words.starts_with("control, 2 subjects, is seen for 180 s."), "{}", groups[0].words);
    assert!(group_profiles(&records[..2]).is_empty(), "one group has nothing beside it");
    assert!(subject_profiles(&records[..1])[0].words.ends_with("huddle (38 %)."));
}
