//! In which order frames are solved: forward and backward from the seeds; between two seeds, from the nearer.

use std::ops::Range;

/// Frames that are solved one after the other, away from a seed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sweep {
    /// The seed frames on the way, in the order of the sweep; the last one is where it starts.
    pub prelude: Vec<u32>,
    /// The frames to solve, in order. The seed itself is among those of the forward sweep.
    pub frames: Vec<u32>,
}

/// Seeds that are at most so far apart warm up the same sweep: their differences show how the animal moves.
const PRELUDE_REACH: u32 = 3;

/// The sweeps that solve `frames`, each frame once. `seeds` are ascending, not empty.
pub fn sweeps(seeds: &[u32], frames: Range<u32>) -> Vec<Sweep> {
    let mut sweeps = Vec::new();
    for (index, seed) in seeds.iter().enumerate() {
        let previous = index.checked_sub(1).map(|index| seeds[index]);
        let next = seeds.get(index + 1).copied();
        // A frame in the middle goes to the earlier seed.
        let first = previous.map_or(0, |previous| previous + (seed - previous) / 2 + 1);
        let end = next.map_or(u32::MAX, |next| seed + (next - seed) / 2 + 1);
        let forward: Vec<u32> = ((*seed).max(frames.start)..end.min(frames.end)).collect();
        let backward: Vec<u32> = (first.max(frames.start)..(*seed).min(frames.end)).rev().collect();
        if !forward.is_empty() {
            sweeps.push(Sweep { prelude: prelude(seeds[..index].iter().rev(), *seed), frames: forward });
        }
        if !backward.is_empty() {
            let later = seeds[index + 1..].iter();
            let mut prelude = prelude(later, *seed);
            prelude.push(*seed);
            sweeps.push(Sweep { prelude, frames: backward });
        }
    }
    sweeps
}

/// The seeds that lead up to `seed`, farthest first, without it.
fn prelude<'a>(nearest_first: impl Iterator<Item = &'a u32>, seed: u32) -> Vec<u32> {
    let mut last = seed;
    let near = nearest_first.take_while(|frame| {
        let reached = frame.abs_diff(last) <= PRELUDE_REACH;
        last = **frame;
        reached
    });
    let mut frames: Vec<u32> = near.copied().take(2).collect();
    frames.reverse();
    frames
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn three_seeds_at_the_start_warm_up_one_sweep() {
        let found = sweeps(&[0, 1, 2], 0..6);
        let last = found.last().unwrap();
        assert_eq!((&last.prelude[..], &last.frames[..]), (&[0, 1][..], &[2, 3, 4, 5][..]));
    }

    #[test]
    fn between_seeds_the_nearer_one_leads() {
        let found = sweeps(&[0, 10], 0..12);
        assert_eq!(found[0].frames, [0, 1, 2, 3, 4, 5]);
        assert_eq!(found[1].frames, [10, 11]);
        assert_eq!(found[2].frames, [9, 8, 7, 6]);
        assert_eq!(found[2].prelude, [10]);
    }

    proptest! {
        #[test]
        fn every_frame_is_solved_once(mut seeds in prop::collection::btree_set(0u32..60, 1..6), start in 0u32..30, length in 1u32..40) {
            let range = start..start + length;
            let seeds: Vec<u32> = std::mem::take(&mut seeds).into_iter().collect();
            let mut frames: Vec<u32> = sweeps(&seeds, range.clone()).into_iter().flat_map(|sweep| sweep.frames).collect();
            frames.sort_unstable();
            prop_assert_eq!(frames, range.collect::<Vec<_>>());
        }
    }
}
