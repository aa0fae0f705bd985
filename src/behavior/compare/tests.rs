//! Stretches of small comparisons, and that they are the confusion matrix.

use proptest::prelude::*;

use super::*;
use crate::behavior::evaluation::{EvaluationOptions, Interval};

fn interval(animal: u8, start_frame: u32, stop_frame: u32, label: &str) -> Interval {
    Interval { animal: AnimalId(animal), start_frame, stop_frame, label: label.to_owned(), confidence: None }
}

fn pair(found: Vec<Interval>, truth: Vec<Interval>) -> RecordingPair {
    RecordingPair {
        name: "r".to_owned(),
        fps: 10.0,
        frame_count: 50,
        animals: vec!["A0".to_owned(), "A1".to_owned()],
        found,
        truth,
        ..RecordingPair::default()
    }
}

/// The labels "chase", "huddle" and "none".
fn lanes() -> Lanes {
    let truth = vec![interval(0, 0, 20, "chase"), interval(0, 20, 40, "huddle"), interval(1, 10, 20, "huddle")];
    let found = vec![interval(0, 0, 25, "chase"), interval(0, 25, 50, "huddle"), interval(1, 0, 50, "huddle")];
    Lanes::of(&[pair(found, truth)], &EvaluationOptions::default())
}

fn told(stretches: &[Stretch]) -> Vec<(usize, Range<u32>, usize, usize)> {
    stretches.iter().map(|it| (it.lane, it.frames(), it.cell.truth, it.cell.found)).collect()
}

#[test]
fn disagreements_are_told_by_lane_and_time() {
    assert_eq!(
        told(&disagreements(&lanes())),
        [(0, 20..25, 1, 0), (0, 40..50, 2, 1), (1, 0..10, 2, 1), (1, 20..50, 2, 1)]
    );
    assert_eq!(told(&stretches_of(&lanes(), Cell { truth: 0, found: 0 })), [(0, 0..20, 0, 0)]);
    assert_eq!(stretches_of(&lanes(), Cell { truth: 0, found: 1 }), []);
}

#[test]
fn lanes_know_their_recordings_and_animals() {
    let recordings = [pair(Vec::new(), Vec::new()), pair(Vec::new(), Vec::new())];
    let places: Vec<_> =
        lane_places(&recordings, false).iter().map(|it| (it.recording, it.animal.unwrap().0)).collect();
    assert_eq!(places, [(0, 0), (0, 1), (1, 0), (1, 1)]);
    for union_of_animals in [false, true] {
        let options = EvaluationOptions { union_of_animals, ..EvaluationOptions::default() };
        let lanes = Lanes::of(&recordings, &options).lanes.len();
        assert_eq!(lane_places(&recordings, union_of_animals).len(), lanes);
    }
}

#[test]
fn the_queue_goes_by_length_or_by_kind_of_mistake_and_stays_put() {
    let all = disagreements(&lanes());
    let starts = |order, least| -> Vec<u32> {
        DisagreementQueue::of(&all, least, order).entries().iter().map(|entry| entry.stretch.start_frame).collect()
    };
    assert_eq!(starts(Order::Longest, 0), [20, 40, 0, 20]);
    assert_eq!(starts(Order::Longest, 6), [20, 40, 0]);
    let mut queue = DisagreementQueue::of(&all, 0, Order::Longest);
    assert_eq!((queue.next(None), queue.next(Some(3)), queue.left()), (Some(0), Some(0), 4));
    // The longest is settled but for three frames, the next wholly, and a new one came up.
    let cell = Cell { truth: 2, found: 1 };
    let now = [
        Stretch { lane: 0, start_frame: 2, stop_frame: 9, cell },
        Stretch { lane: 0, start_frame: 20, stop_frame: 25, cell },
        Stretch { lane: 1, start_frame: 0, stop_frame: 10, cell },
        Stretch { lane: 1, start_frame: 47, stop_frame: 50, cell },
    ];
    queue.update(&now, 5);
    let settled: Vec<bool> = queue.entries().iter().map(|entry| entry.is_settled).collect();
    assert_eq!(settled, [false, true, false, false, false]);
    assert_eq!(queue.entries()[4].stretch.start_frame, 2);
    assert_eq!((queue.next(Some(0)), queue.next(Some(4))), (Some(2), Some(0)));
    assert_eq!(DisagreementQueue::default().next(None), None);
}

#[test]
fn a_cell_with_many_short_stretches_comes_before_one_with_a_long_one() {
    let stretch =
        |start_frame, stop_frame, truth| Stretch { lane: 0, start_frame, stop_frame, cell: Cell { truth, found: 2 } };
    let all = [stretch(0, 10, 0), stretch(10, 16, 1), stretch(20, 27, 1)];
    let starts = |order| -> Vec<u32> {
        DisagreementQueue::of(&all, 0, order).entries().iter().map(|entry| entry.stretch.start_frame).collect()
    };
    assert_eq!(starts(Order::CommonestCell), [20, 10, 0]);
    assert_eq!(starts(Order::Longest), [0, 20, 10]);
    assert_eq!(starts(Order::Time), [0, 10, 20]);
}

fn account() -> impl Strategy<Value = Vec<Interval>> {
    let piece = (0..2_u8, 0..55_u32, 1..20_u32, 0..3_usize);
    let labels = ["chase", "huddle", "feeding"];
    let interval = move |(animal, start, length, label): (u8, u32, u32, usize)| {
        interval(animal, start, start + length, labels[label])
    };
    proptest::collection::vec(piece.prop_map(interval), 0..8)
}

proptest! {
    #[test]
    fn stretches_of_a_cell_are_its_frames(found in account(), truth in account(), reviewed in any::<bool>()) {
        let reviewed = reviewed.then(|| vec![vec![3..17, 30..60], vec![0..9]]);
        let recording = RecordingPair { reviewed, ..pair(found, truth) };
        let lanes = Lanes::of(&[recording], &EvaluationOptions::default());
        let confusion = Confusion::of(&lanes);
        let mut different = 0;
        for truth in 0..confusion.labels.len() {
            for found in 0..confusion.labels.len() {
                let stretches = stretches_of(&lanes, Cell { truth, found });
                let frames: usize = stretches.iter().map(|stretch| stretch.frames().len()).sum();
                prop_assert_eq!(frames as u64, confusion.frames[truth][found]);
                for pair in stretches.windows(2).filter(|pair| pair[0].lane == pair[1].lane) {
                    prop_assert!(pair[0].stop_frame < pair[1].start_frame, "two that touch are one");
                }
                different += if truth == found { 0 } else { stretches.len() };
            }
        }
        prop_assert_eq!(disagreements(&lanes).len(), different);
    }
}
