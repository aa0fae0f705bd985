//! Cohen's kappa of two accounts, with an interval.

use std::collections::BTreeMap;

use rand::{Rng, RngExt};

use super::lanes::Lanes;
use crate::behavior::statistics::quantile;

/// The share of draws on either side that an interval leaves out.
const TAIL: f64 = 0.025;

/// The categories of each known frame, found and true, by lane. Frames with the same set of labels are of one category.
pub(super) fn categories_of(lanes: &Lanes) -> Vec<Vec<(usize, usize)>> {
    let mut categories: BTreeMap<Vec<usize>, usize> = BTreeMap::new();
    let mut category_of = |side: &[Vec<bool>], frame: usize| {
        let set: Vec<usize> = (0..side.len()).filter(|label| side[*label][frame]).collect();
        let next = categories.len();
        *categories.entry(set).or_insert(next)
    };
    let mut pairs = Vec::new();
    for lane in &lanes.lanes {
        let known = (0..lane.frame_count()).filter(|frame| lane.known[*frame]);
        pairs.push(known.map(|frame| (category_of(&lane.found, frame), category_of(&lane.truth, frame))).collect());
    }
    pairs
}

/// Cohen's kappa of categories, found and true, of frames by lane. `None` without frames, and where chance alone would agree
/// always.
pub fn kappa(lanes: &[Vec<(usize, usize)>]) -> Option<f64> {
    let count = category_count(lanes);
    let mut tally = Tally::empty(count);
    lanes.iter().for_each(|pairs| tally.add(&Tally::of(pairs, count)));
    tally.kappa()
}

/// The middle 95 % of kappa over lanes put together anew from blocks of frames, drawn with replacement. `block_frames` is by
/// lane; a block stays within its lane.
pub fn kappa_interval(
    lanes: &[Vec<(usize, usize)>],
    block_frames: &[usize],
    draws: usize,
    rng: &mut impl Rng,
) -> Option<[f64; 2]> {
    let count = category_count(lanes);
    let blocks: Vec<Tally> = lanes
        .iter()
        .zip(block_frames)
        .flat_map(|(pairs, frames)| pairs.chunks((*frames).max(1)))
        .map(|pairs| Tally::of(pairs, count))
        .collect();
    if blocks.is_empty() {
        return None;
    }
    let mut drawn: Vec<f64> = (0..draws)
        .filter_map(|_| {
            let mut tally = Tally::empty(count);
            for _ in 0..blocks.len() {
                tally.add(&blocks[rng.random_range(0..blocks.len())]);
            }
            tally.kappa()
        })
        .collect();
    drawn.sort_by(f64::total_cmp);
    Some([quantile(&drawn, TAIL)?, quantile(&drawn, 1.0 - TAIL)?])
}

/// Kappa from the frames in which both agree, all frames, and the frames of each category, found and true.
pub(super) fn beyond_chance(same: u64, all: u64, sides: &[(u64, u64)]) -> Option<f64> {
    let chance: f64 = sides.iter().map(|(found, truth)| *found as f64 * *truth as f64).sum();
    let all = all as f64;
    let chance = chance / (all * all);
    // Both always say the same one thing: chance is 1 and nothing is left to agree on.
    (all > 0.0 && chance < 1.0).then(|| (same as f64 / all - chance) / (1.0 - chance))
}

fn category_count(lanes: &[Vec<(usize, usize)>]) -> usize {
    lanes.iter().flatten().map(|(found, truth)| found.max(truth) + 1).max().unwrap_or(0)
}

/// What kappa needs of some frames.
#[derive(Clone, Debug)]
struct Tally {
    same: u64,
    all: u64,
    sides: Vec<(u64, u64)>,
}

impl Tally {
    fn empty(categories: usize) -> Self {
        Self { same: 0, all: 0, sides: vec![(0, 0); categories] }
    }

    fn of(pairs: &[(usize, usize)], categories: usize) -> Self {
        let mut tally = Self::empty(categories);
        for (found, truth) in pairs {
            tally.same += u64::from(found == truth);
            tally.all += 1;
            tally.sides[*found].0 += 1;
            tally.sides[*truth].1 += 1;
        }
        tally
    }

    fn add(&mut self, other: &Self) {
        self.same += other.same;
        self.all += other.all;
        for (mine, theirs) in self.sides.iter_mut().zip(&other.sides) {
            *mine = (mine.0 + theirs.0, mine.1 + theirs.1);
        }
    }

    fn kappa(&self) -> Option<f64> {
        beyond_chance(self.same, self.all, &self.sides)
    }
}
