//! The rolling window (§2.1): the three completed frames that serve as exemplars for the next one.
//!
//! At first the seeds. A completed frame enters and the oldest leaves; a frame that failed the quality gate is not used
//! while a better one that is at most [`MAX_AGE`] frames old exists; a frame that a person corrected replaces its machine
//! version.

use serde::{Deserialize, Serialize};

/// How many exemplars there are.
pub const EXEMPLARS: usize = 3;

/// A frame that failed the gate gives way to a good one at most so many frames old.
pub const MAX_AGE: u32 = 30;

/// So many of the completed frames can still be shown to later ones.
const KEPT: usize = MAX_AGE as usize + EXEMPLARS;

/// A completed frame, as the window sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Completed {
    /// The frame.
    pub frame: u32,
    /// Whether it passed the quality gate; seeds and corrected frames always do.
    pub is_good: bool,
}

/// The frames that were completed so far, and which of them are shown.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RollingWindow {
    /// In the order of completion, the latest [`KEPT`].
    completed: Vec<Completed>,
}

impl RollingWindow {
    /// A window that begins with the seeds; the one nearest to `first`, the frame that comes next, counts as the latest.
    pub fn from_seeds(seeds: &[u32], first: u32) -> Self {
        let mut farthest_first = seeds.to_vec();
        farthest_first.sort_by_key(|seed| std::cmp::Reverse(seed.abs_diff(first)));
        Self { completed: farthest_first.into_iter().map(|frame| Completed { frame, is_good: true }).collect() }
    }

    /// Adds a completed frame, or replaces its earlier version where it stands.
    pub fn complete(&mut self, completed: Completed) {
        match self.completed.iter_mut().find(|earlier| earlier.frame == completed.frame) {
            Some(earlier) => *earlier = completed,
            None => self.completed.push(completed),
        }
        // Frames follow one another, so that those before are too old to be shown.
        let surplus = self.completed.len().saturating_sub(KEPT);
        self.completed.drain(..surplus);
    }

    /// The exemplars for `target`, oldest first: the three completed last, good ones before those that failed the gate as
    /// long as they are at most [`MAX_AGE`] frames away.
    pub fn exemplars(&self, target: u32) -> Vec<u32> {
        let is_near = |completed: &Completed| completed.frame.abs_diff(target) <= MAX_AGE;
        let latest = || (0..self.completed.len()).rev().filter(|index| self.completed[*index].frame != target);
        let good = latest().filter(|index| self.completed[*index].is_good && is_near(&self.completed[*index]));
        let mut chosen: Vec<usize> = good.take(EXEMPLARS).collect();
        let rest: Vec<usize> = latest().filter(|index| !chosen.contains(index)).collect();
        chosen.extend(rest.into_iter().take(EXEMPLARS - chosen.len()));
        chosen.sort_unstable();
        chosen.into_iter().map(|index| self.completed[index].frame).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn good(frame: u32) -> Completed {
        Completed { frame, is_good: true }
    }

    fn bad(frame: u32) -> Completed {
        Completed { frame, is_good: false }
    }

    #[test]
    fn the_oldest_leaves() {
        let mut window = RollingWindow::from_seeds(&[0, 1, 2], 3);
        assert_eq!(window.exemplars(3), [0, 1, 2]);
        window.complete(good(3));
        assert_eq!(window.exemplars(4), [1, 2, 3]);
    }

    #[test]
    fn a_failed_frame_gives_way_to_a_good_one_of_the_last_thirty() {
        let mut window = RollingWindow::from_seeds(&[0, 1, 2], 3);
        window.complete(bad(3));
        assert_eq!(window.exemplars(4), [0, 1, 2]);
        assert_eq!(window.exemplars(32), [1, 2, 3], "frame 0 is 32 frames old by now");
        assert_eq!(window.exemplars(40), [1, 2, 3], "with no good one near, the latest serve");
    }

    #[test]
    fn a_corrected_frame_replaces_its_machine_version() {
        let mut window = RollingWindow::from_seeds(&[0, 1], 2);
        window.complete(bad(2));
        window.complete(good(3));
        window.complete(good(2));
        assert_eq!(window.exemplars(4), [1, 2, 3]);
    }

    #[test]
    fn the_seed_that_a_sweep_leaves_from_counts_as_the_latest() {
        assert_eq!(RollingWindow::from_seeds(&[0, 500, 900], 501).exemplars(501), [0, 900, 500]);
        assert_eq!(RollingWindow::from_seeds(&[0, 1, 2], 3).exemplars(3), [0, 1, 2]);
    }

    #[test]
    fn fewer_than_three_are_shown_as_they_are() {
        assert_eq!(RollingWindow::from_seeds(&[7], 8).exemplars(8), [7]);
        assert!(RollingWindow::default().exemplars(0).is_empty());
    }
}
