//! Disagreements as a queue: it stays put while one settles them.

use std::cmp::Reverse;
use std::collections::HashMap;

use super::{Cell, Stretch};

/// In which order disagreements are walked through.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Order {
    /// The longest first.
    #[default]
    Longest,
    /// Those of the cell with the most frames first, within it the longest: one settles a kind of mistake at a time.
    CommonestCell,
    /// By lane and time.
    Time,
}

/// A disagreement in the queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct QueuedStretch {
    /// Where, and what the accounts said when it came.
    pub stretch: Stretch,
    /// Whether the accounts agree in all of its frames now.
    pub is_settled: bool,
}

/// The disagreements of two accounts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DisagreementQueue {
    entries: Vec<QueuedStretch>,
}

impl DisagreementQueue {
    /// A queue of stretches of at least so many frames: boundaries that are a few frames apart are no disagreement to settle.
    pub fn of(stretches: &[Stretch], least_frames: u32, order: Order) -> Self {
        let mut frames: HashMap<Cell, u64> = HashMap::new();
        for stretch in stretches {
            *frames.entry(stretch.cell).or_default() += stretch.frames().len() as u64;
        }
        let mut kept: Vec<Stretch> =
            stretches.iter().filter(|stretch| stretch.frames().len() >= least_frames as usize).copied().collect();
        kept.sort_by_key(|stretch| {
            let length = Reverse(stretch.frames().len());
            let of_cell = (Reverse(frames[&stretch.cell]), Some(stretch.cell));
            match order {
                Order::Longest => ((Reverse(0), None), length, *stretch),
                Order::CommonestCell => (of_cell, length, *stretch),
                Order::Time => ((Reverse(0), None), Reverse(0), *stretch),
            }
        });
        let entries = kept.into_iter().map(|stretch| QueuedStretch { stretch, is_settled: false });
        Self { entries: entries.collect() }
    }

    /// Takes in how the accounts differ after an edit: all that was there keeps its place. What differs where nothing did
    /// comes last, by time.
    pub fn update(&mut self, stretches: &[Stretch], least_frames: u32) {
        let overlaps =
            |a: &Stretch, b: &Stretch| a.lane == b.lane && a.start_frame < b.stop_frame && b.start_frame < a.stop_frame;
        for entry in &mut self.entries {
            entry.is_settled = !stretches.iter().any(|stretch| overlaps(stretch, &entry.stretch));
        }
        let is_new = |stretch: &&Stretch| !self.entries.iter().any(|entry| overlaps(stretch, &entry.stretch));
        let new: Vec<Stretch> = stretches.iter().filter(is_new).copied().collect();
        self.entries.extend(Self::of(&new, least_frames, Order::Time).entries);
    }

    /// All, in order.
    pub fn entries(&self) -> &[QueuedStretch] {
        &self.entries
    }

    /// How many are left.
    pub fn left(&self) -> usize {
        self.entries.iter().filter(|entry| !entry.is_settled).count()
    }

    /// The position of the next that is not settled after one, and from the beginning again after the last.
    pub fn next(&self, after: Option<usize>) -> Option<usize> {
        let count = self.entries.len();
        let from = after.map_or(0, |after| after + 1);
        let turns = (0..count).map(|step| (from + step) % count);
        turns.into_iter().find(|at| !self.entries[*at].is_settled && Some(*at) != after)
    }
}
