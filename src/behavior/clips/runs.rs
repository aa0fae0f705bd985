//! Runs of equal values, and clips of labels that someone else gave.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use super::{Clip, ClipLimits, cut_long};

/// Neighbouring frames of one value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Run<T> {
    pub(super) start: u32,
    pub(super) stop: u32,
    pub(super) value: T,
}

/// The runs of a value per frame.
pub(super) fn runs_of<T: Copy + PartialEq>(values: &[T]) -> Vec<Run<T>> {
    let mut runs: Vec<Run<T>> = Vec::new();
    for (frame, value) in (0..).zip(values) {
        match runs.last_mut() {
            Some(last) if last.value == *value => last.stop = frame + 1,
            _ => runs.push(Run { start: frame, stop: frame + 1, value: *value }),
        }
    }
    runs
}

/// Clips of a label per frame that is taken as it is; `None` where there is none. A run that is too short joins a neighbour, the
/// shortest first: the longer one, and one with a label before one without. Long clips are cut; there is no price of a change.
pub fn clips_of_labels(labels: &[Option<u16>], limits: &ClipLimits) -> Vec<Clip> {
    let mut chain = Chain::new(runs_of(labels));
    chain.join_short(limits.shortest_frames);
    let clips = chain.runs.iter().flatten().map(|run| Clip {
        start_frame: run.start,
        stop_frame: run.stop,
        cluster: run.value,
    });
    cut_long(&clips.collect::<Vec<_>>(), limits.longest_frames)
}

/// Runs that know their neighbours, so that joining two is cheap; those that were joined are gone.
struct Chain {
    runs: Vec<Option<Run<Option<u16>>>>,
    before: Vec<Option<usize>>,
    after: Vec<Option<usize>>,
}

impl Chain {
    fn new(runs: Vec<Run<Option<u16>>>) -> Self {
        let count = runs.len();
        Self {
            runs: runs.into_iter().map(Some).collect(),
            before: (0..count).map(|at| at.checked_sub(1)).collect(),
            after: (0..count).map(|at| Some(at + 1).filter(|next| *next < count)).collect(),
        }
    }

    fn length(&self, at: usize) -> u32 {
        self.runs[at].map_or(0, |run| run.stop - run.start)
    }

    fn join_short(&mut self, shortest: u32) {
        let mut queue: BinaryHeap<Reverse<(u32, usize)>> =
            (0..self.runs.len()).map(|at| Reverse((self.length(at), at))).collect();
        while let Some(Reverse((length, at))) = queue.pop() {
            if length >= shortest {
                return;
            }
            let Some(run) = self.runs[at].filter(|run| run.stop - run.start == length) else { continue };
            let neighbours = [self.before[at], self.after[at]].into_iter().flatten();
            let rank = |next: &usize| {
                let has_label = self.runs[*next].is_some_and(|next| next.value.is_some());
                (run.value.is_some() && has_label, self.length(*next))
            };
            let Some(into) = neighbours.rev().max_by_key(rank) else { return };
            let mut kept = self.join(into, at);
            // Both sides of what was joined may now have one label.
            for next in [self.before[kept], self.after[kept]].into_iter().flatten() {
                if self.runs[next].map(|run| run.value) == self.runs[kept].map(|run| run.value) {
                    kept = self.join(kept, next);
                }
            }
            queue.push(Reverse((self.length(kept), kept)));
        }
    }

    /// Gives the frames of `gone`, a neighbour, to `kept`.
    fn join(&mut self, kept: usize, gone: usize) -> usize {
        if let (Some(given), Some(run)) = (self.runs[gone].take(), &mut self.runs[kept]) {
            run.start = run.start.min(given.start);
            run.stop = run.stop.max(given.stop);
        }
        let (before, after) = (self.before[gone], self.after[gone]);
        if let Some(before) = before {
            self.after[before] = after;
        }
        if let Some(after) = after {
            self.before[after] = before;
        }
        kept
    }
}
