//! How far one account of behaviour is another: per frame, per segment, and beyond chance.
//!
//! An account is one label per frame, or none. Figures are those of the field: per-label precision, recall, F1, average precision
//! and Matthews correlation over frames; F1 of segments that overlap by at least a share of their union, the edit score and the
//! distance of boundaries (Lea et al. 2017); Cohen's kappa with a bootstrap over blocks of frames.

use std::collections::{BTreeMap, BTreeSet};

use rand::{Rng, RngExt};
use serde::Serialize;

/// One label per frame; `None` where nothing was labelled.
pub type Track<'a> = [Option<&'a str>];

/// Counts of one label over frames.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// In both.
    pub both: u64,
    /// Found, and not true.
    pub found_only: u64,
    /// True, and not found.
    pub true_only: u64,
    /// In neither.
    pub neither: u64,
}

/// The figures of one label over frames; `None` where nothing can be divided.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct LabelFigures {
    /// Share of the found that is true.
    pub precision: Option<f64>,
    /// Share of the true that is found.
    pub recall: Option<f64>,
    /// 2·both / (found + true).
    pub f1: Option<f64>,
    /// Matthews correlation.
    pub mcc: Option<f64>,
    /// Frames that truly have it.
    pub support: u64,
}

impl Counts {
    /// Counts a label's frames; the tracks have the same length.
    pub fn of(label: &str, found: &Track<'_>, truth: &Track<'_>) -> Self {
        let mut counts = Self::default();
        for (found, truth) in found.iter().zip(truth) {
            match (*found == Some(label), *truth == Some(label)) {
                (true, true) => counts.both += 1,
                (true, false) => counts.found_only += 1,
                (false, true) => counts.true_only += 1,
                (false, false) => counts.neither += 1,
            }
        }
        counts
    }

    /// Its figures.
    pub fn figures(self) -> LabelFigures {
        let [both, found_only, true_only, neither] =
            [self.both, self.found_only, self.true_only, self.neither].map(|count| count as f64);
        let share = |part: f64, whole: f64| (whole > 0.0).then(|| part / whole);
        let product = (both + found_only) * (both + true_only) * (neither + found_only) * (neither + true_only);
        LabelFigures {
            precision: share(both, both + found_only),
            recall: share(both, both + true_only),
            f1: share(2.0 * both, 2.0 * both + found_only + true_only),
            mcc: share(both * neither - found_only * true_only, product.sqrt()),
            support: self.both + self.true_only,
        }
    }
}

/// All labels of two tracks.
pub fn labels_of<'a>(found: &Track<'a>, truth: &Track<'a>) -> BTreeSet<&'a str> {
    found.iter().chain(truth).flatten().copied().collect()
}

/// Area under precision over recall, by steps: the sum over the true, in the order of falling scores, of the precision there.
/// Equal scores count together. `None` where nothing is true.
pub fn average_precision(scores: &[f64], is_true: &[bool]) -> Option<f64> {
    let all = is_true.iter().filter(|is_true| **is_true).count();
    if all == 0 {
        return None;
    }
    let mut order: Vec<usize> = (0..scores.len()).collect();
    order.sort_by(|a, b| scores[*b].total_cmp(&scores[*a]));
    let (mut seen, mut hits, mut sum) = (0, 0, 0.0);
    for group in order.chunk_by(|a, b| scores[*a] == scores[*b]) {
        let new = group.iter().filter(|at| is_true[**at]).count();
        seen += group.len();
        hits += new;
        sum += new as f64 * hits as f64 / seen as f64;
    }
    Some(sum / all as f64)
}

/// Cohen's kappa of two tracks; "nothing" is a label like the others. `None` where chance alone would agree always.
pub fn kappa(found: &Track<'_>, truth: &Track<'_>) -> Option<f64> {
    let pairs: Vec<_> = found.iter().copied().zip(truth.iter().copied()).collect();
    kappa_of(&pairs)
}

type Pair<'a> = (Option<&'a str>, Option<&'a str>);

fn kappa_of(pairs: &[Pair<'_>]) -> Option<f64> {
    let count = pairs.len() as f64;
    let mut sides: BTreeMap<Option<&str>, [f64; 2]> = BTreeMap::new();
    let mut same = 0.0;
    for (found, truth) in pairs {
        same += f64::from(u8::from(found == truth));
        sides.entry(*found).or_default()[0] += 1.0;
        sides.entry(*truth).or_default()[1] += 1.0;
    }
    let by_chance: f64 = sides.values().map(|[found, truth]| found * truth).sum::<f64>() / (count * count);
    (count > 0.0 && by_chance < 1.0).then(|| (same / count - by_chance) / (1.0 - by_chance))
}

/// The middle 95 % of kappa over tracks put together anew from blocks of `block` frames, which keep what lasts together.
pub fn kappa_interval(
    found: &Track<'_>,
    truth: &Track<'_>,
    block: usize,
    draws: usize,
    rng: &mut impl Rng,
) -> Option<[f64; 2]> {
    let pairs: Vec<Pair<'_>> = found.iter().copied().zip(truth.iter().copied()).collect();
    let blocks: Vec<&[Pair<'_>]> = pairs.chunks(block.max(1)).collect();
    if blocks.is_empty() {
        return None;
    }
    let mut drawn: Vec<f64> = (0..draws)
        .filter_map(|_| {
            let of_draw: Vec<Pair<'_>> =
                (0..blocks.len()).flat_map(|_| blocks[rng.random_range(0..blocks.len())].iter().copied()).collect();
            kappa_of(&of_draw)
        })
        .collect();
    drawn.sort_by(f64::total_cmp);
    let at = |share: f64| drawn.get(((drawn.len() as f64 - 1.0) * share).round() as usize).copied();
    Some([at(0.025)?, at(0.975)?])
}

/// A piece of a track with one label.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Piece<'a> {
    /// The label.
    pub label: &'a str,
    /// The first frame.
    pub start_frame: u32,
    /// The frame after the last.
    pub stop_frame: u32,
}

/// The labelled pieces of a track, in order.
pub fn pieces<'a>(track: &Track<'a>) -> Vec<Piece<'a>> {
    let mut pieces = Vec::new();
    let mut start = 0;
    for run in track.chunk_by(|a, b| a == b) {
        let stop = start + run.len() as u32;
        if let Some(label) = run[0] {
            pieces.push(Piece { label, start_frame: start, stop_frame: stop });
        }
        start = stop;
    }
    pieces
}

/// F1 of pieces: a found piece is right where it overlaps a true one of its label, which no other found piece has taken, by at
/// least `least` of their union. Found pieces take the true one that they overlap most, in order. `None` without any piece.
pub fn segment_f1(found: &[Piece<'_>], truth: &[Piece<'_>], least: f64) -> Option<f64> {
    let mut taken = vec![false; truth.len()];
    let mut right = 0;
    for piece in found {
        let same = truth.iter().enumerate().filter(|(_, other)| other.label == piece.label);
        let best = same.map(|(at, other)| (at, overlap(piece, other))).max_by(|a, b| a.1.total_cmp(&b.1));
        if let Some((at, share)) = best
            && share >= least
            && !taken[at]
        {
            taken[at] = true;
            right += 1;
        }
    }
    let all = found.len() + truth.len();
    (all > 0).then(|| 2.0 * f64::from(right) / all as f64)
}

/// Frames of both over frames of either.
fn overlap(a: &Piece<'_>, b: &Piece<'_>) -> f64 {
    let both = a.stop_frame.min(b.stop_frame).saturating_sub(a.start_frame.max(b.start_frame));
    let either = (a.stop_frame - a.start_frame) + (b.stop_frame - b.start_frame) - both;
    if either == 0 { 0.0 } else { f64::from(both) / f64::from(either) }
}

/// 100 · (1 − edits / pieces): how far the order of labels is the same, however long each lasts. 100 without any piece.
pub fn edit_score(found: &[Piece<'_>], truth: &[Piece<'_>]) -> f64 {
    let longest = found.len().max(truth.len());
    if longest == 0 {
        return 100.0;
    }
    let mut before: Vec<usize> = (0..=truth.len()).collect();
    for (row, piece) in found.iter().enumerate() {
        let mut now = vec![row + 1; truth.len() + 1];
        for (column, other) in truth.iter().enumerate() {
            let changed = before[column] + usize::from(piece.label != other.label);
            now[column + 1] = changed.min(before[column + 1] + 1).min(now[column] + 1);
        }
        before = now;
    }
    100.0 * (1.0 - before[truth.len()] as f64 / longest as f64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::SeedableRng;
    use rand_chacha::ChaCha8Rng;

    fn track(text: &str) -> Vec<Option<&str>> {
        (0..text.len()).map(|at| &text[at..=at]).map(|label| (label != ".").then_some(label)).collect()
    }

    #[test]
    fn figures_are_those_counted_by_hand() {
        let (found, truth) = (track("aabb.acc"), track("aaab..bc"));
        let a = Counts::of("a", &found, &truth);
        assert_eq!(a, Counts { both: 2, found_only: 1, true_only: 1, neither: 4 });
        let figures = a.figures();
        assert_eq!(figures.precision, Some(2.0 / 3.0));
        assert_eq!((figures.recall, figures.f1, figures.support), (Some(2.0 / 3.0), Some(2.0 / 3.0), 3));
        assert!((figures.mcc.unwrap() - (2.0 * 4.0 - 1.0) / 15.0).abs() < 1e-12);
        assert_eq!(Counts::of("z", &found, &truth).figures().f1, None);
        assert_eq!(labels_of(&found, &truth).into_iter().collect::<Vec<_>>(), ["a", "b", "c"]);
    }

    #[test]
    fn kappa_is_one_for_the_same_and_about_zero_for_chance() {
        let one = track("aabbccab..aabbcc");
        assert_eq!(kappa(&one, &one), Some(1.0));
        assert_eq!(kappa(&track("aaaa"), &track("aaaa")), None, "chance would agree as well");
        // By hand: 1 of 4 agrees; by chance (3·2 + 1·2)/16 = 0.5.
        assert_eq!(kappa(&track("aaab"), &track("aabb").into_iter().rev().collect::<Vec<_>>()), Some(-0.5));
        let mut rng = ChaCha8Rng::seed_from_u64(1);
        let [low, high] = kappa_interval(&one, &track("aabbccab..aabbca"), 4, 500, &mut rng).unwrap();
        assert!(low <= 1.0 && low < high && high <= 1.0);
    }

    #[test]
    fn segments_are_right_once_each() {
        let (found, truth) = (track("aaa.aaabbb"), track("aaaaaaabbb"));
        let (found, truth) = (pieces(&found), pieces(&truth));
        assert_eq!(found.len(), 3);
        // Each half of "a" overlaps 3 of 7: right at 0.25 for the first alone.
        assert_eq!(segment_f1(&found, &truth, 0.25), Some(2.0 * 2.0 / 5.0));
        assert_eq!(segment_f1(&found, &truth, 0.5), Some(2.0 * 1.0 / 5.0));
        assert_eq!(segment_f1(&[], &[], 0.5), None);
        assert!((edit_score(&found, &truth) - 100.0 * (1.0 - 1.0 / 3.0)).abs() < 1e-9);
    }

    #[test]
    fn average_precision_of_a_perfect_order_is_one() {
        assert_eq!(average_precision(&[0.9, 0.8, 0.1], &[true, true, false]), Some(1.0));
        // Precision 1/2 at the first true one, 2/3 at the second.
        let found = average_precision(&[0.9, 0.8, 0.7], &[false, true, true]).unwrap();
        assert!((found - (0.5 + 2.0 / 3.0) / 2.0).abs() < 1e-12);
        assert_eq!(average_precision(&[0.5, 0.5], &[true, false]), Some(0.5), "equal scores count together");
        assert_eq!(average_precision(&[0.5], &[false]), None);
    }
}
