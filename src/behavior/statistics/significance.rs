//! Whether two groups differ: permutation and rank tests, effect sizes, and Holm's correction for many tests.

use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;
use serde::Serialize;

use super::numbers::{mean, normal_above, standard_deviation};

/// Up to so many ways of dealing the values to the groups all are counted; beyond, so many are drawn.
pub const MOST_EXACT: f64 = 20_000.0;

/// Rank sums are counted exactly where no values are equal and the smaller group has at most so many, as scipy does.
const LARGEST_EXACT_GROUP: usize = 8;

/// A test of whether the means of two groups differ.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Permutation {
    /// Share of deals whose means differ at least as much, two-sided.
    pub p: f64,
    /// Deals that were counted.
    pub deals: u64,
    /// Whether those were all.
    pub is_exact: bool,
}

/// A test of whether the values of one group tend to be larger.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct MannWhitney {
    /// Pairs in which the first group's value is larger, equal ones counting half.
    pub u: f64,
    /// Two-sided.
    pub p: f64,
    /// Whether counted exactly; else by the normal approximation with corrections for ties and continuity.
    pub is_exact: bool,
}

/// Deals the values to two groups of the same sizes anew and compares the differences of means. `None` where a group is empty.
pub fn permutation_test(one: &[f64], other: &[f64], seed: u64) -> Option<Permutation> {
    let difference = mean(one)? - mean(other)?;
    let values: Vec<f64> = one.iter().chain(other).copied().collect();
    let total: f64 = values.iter().sum();
    let (size, rest) = (one.len() as f64, other.len() as f64);
    // Sums in another order differ in the last digits; equal differences must count as such.
    let slack = 1e-9 * values.iter().fold(difference.abs(), |most, value| most.max(value.abs()));
    let is_extreme = |sum: f64| (sum / size - (total - sum) / rest).abs() >= difference.abs() - slack;
    if ways(values.len(), one.len()) <= MOST_EXACT {
        let (mut extreme, mut deals) = (0_u64, 0_u64);
        for_each_choice(values.len(), one.len(), &mut |chosen| {
            deals += 1;
            extreme += u64::from(is_extreme(chosen.iter().map(|at| values[*at]).sum()));
        });
        return Some(Permutation { p: extreme as f64 / deals as f64, deals, is_exact: true });
    }
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let mut shuffled = values;
    let deals = MOST_EXACT as u64;
    let mut extreme = 0_u64;
    for _ in 0..deals {
        let (chosen, _) = shuffled.partial_shuffle(&mut rng, one.len());
        extreme += u64::from(is_extreme(chosen.iter().sum()));
    }
    // The observed deal is one of them: p is never 0.
    Some(Permutation { p: (extreme + 1) as f64 / (deals + 1) as f64, deals, is_exact: false })
}

/// Mann–Whitney U. `None` where a group is empty.
pub fn mann_whitney(one: &[f64], other: &[f64]) -> Option<MannWhitney> {
    if one.is_empty() || other.is_empty() {
        return None;
    }
    let u = larger_pairs(one, other);
    let (size, rest) = (one.len() as f64, other.len() as f64);
    let larger_u = u.max(size * rest - u);
    let ties = tie_sizes(one, other);
    if ties.is_empty() && one.len().min(other.len()) <= LARGEST_EXACT_GROUP {
        let p = (2.0 * rank_sum_tail(one.len(), other.len(), larger_u as usize)).min(1.0);
        return Some(MannWhitney { u, p, is_exact: true });
    }
    let all = size + rest;
    let tied: f64 = ties.iter().map(|count| count.powi(3) - count).sum();
    let deviation = (size * rest / 12.0 * ((all + 1.0) - tied / (all * (all - 1.0)))).sqrt();
    let distance = larger_u - size * rest / 2.0 - 0.5;
    // All values are equal: nothing differs.
    let p = if deviation > 0.0 { (2.0 * normal_above(distance / deviation)).min(1.0) } else { 1.0 };
    Some(MannWhitney { u, p, is_exact: false })
}

fn larger_pairs(one: &[f64], other: &[f64]) -> f64 {
    let score = |a: &f64, b: &f64| if a > b { 1.0 } else { f64::from(u8::from(a == b)) / 2.0 };
    one.iter().map(|a| other.iter().map(|b| score(a, b)).sum::<f64>()).sum()
}

/// How many values are equal, for each value that several are.
fn tie_sizes(one: &[f64], other: &[f64]) -> Vec<f64> {
    let mut values: Vec<f64> = one.iter().chain(other).copied().collect();
    values.sort_by(f64::total_cmp);
    values.chunk_by(|a, b| a == b).map(|group| group.len() as f64).filter(|count| *count > 1.0).collect()
}

/// The chance that U is at least `u` where all orders are alike.
fn rank_sum_tail(one: usize, other: usize, u: usize) -> f64 {
    // Ways in which `taken` values of the first group have U = `at`, the values coming in one by one from the smallest.
    let most = one * other;
    let mut counts = vec![vec![0.0_f64; most + 1]; one + 1];
    counts[0][0] = 1.0;
    for seen in 0..one + other {
        for taken in (1..=one.min(seen + 1)).rev() {
            // Before it stand the values of the other group: all that were seen but those taken.
            let Some(smaller) = (seen + 1).checked_sub(taken).filter(|smaller| *smaller <= other) else { continue };
            for at in (smaller..=most).rev() {
                let before = counts[taken - 1][at - smaller];
                counts[taken][at] += before;
            }
        }
    }
    let all: f64 = counts[one].iter().sum();
    counts[one][u.min(most)..].iter().sum::<f64>() / all
}

/// Cliff's delta, −1 to 1: how much more often the first group's value is the larger of two than the smaller.
pub fn cliffs_delta(one: &[f64], other: &[f64]) -> Option<f64> {
    let pairs = one.len() * other.len();
    (pairs > 0).then(|| 2.0 * larger_pairs(one, other) / pairs as f64 - 1.0)
}

/// Hedges' g: the difference of means in pooled standard deviations, corrected for few subjects. `None` below two subjects in a
/// group, and where nothing varies.
pub fn hedges_g(one: &[f64], other: &[f64]) -> Option<f64> {
    let (size, rest) = (one.len() as f64, other.len() as f64);
    let free = size + rest - 2.0;
    let squares = (size - 1.0) * standard_deviation(one)?.powi(2) + (rest - 1.0) * standard_deviation(other)?.powi(2);
    let pooled = (squares / free).sqrt();
    (pooled > 0.0).then_some((mean(one)? - mean(other)?) / pooled * (1.0 - 3.0 / (4.0 * free - 1.0)))
}

/// The p values after Holm's correction (Holm 1979), in the order given.
pub fn holm(p_values: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..p_values.len()).collect();
    order.sort_by(|a, b| p_values[*a].total_cmp(&p_values[*b]));
    let mut corrected = vec![1.0; p_values.len()];
    let mut most = 0.0_f64;
    for (rank, at) in order.iter().enumerate() {
        most = most.max((p_values[*at] * (p_values.len() - rank) as f64).min(1.0));
        corrected[*at] = most;
    }
    corrected
}

/// The smallest two-sided p that a rank test of groups of these sizes can reach, however much they differ: the two extreme deals of
/// all.
pub fn least_possible_p(one: usize, other: usize) -> f64 {
    (2.0 / ways(one + other, one)).min(1.0)
}

/// In how many ways `chosen` of `all` can be chosen.
fn ways(all: usize, chosen: usize) -> f64 {
    (0..chosen.min(all - chosen)).fold(1.0, |ways, at| (ways * (all - at) as f64 / (at + 1) as f64).round())
}

/// Calls `visit` with each choice of `chosen` of `all` positions.
fn for_each_choice(all: usize, chosen: usize, visit: &mut impl FnMut(&[usize])) {
    let mut choice: Vec<usize> = (0..chosen).collect();
    loop {
        visit(&choice);
        // The last position that can move on does; those behind it follow directly.
        let Some(at) = (0..chosen).rev().find(|at| choice[*at] < all - chosen + at) else { return };
        choice[at] += 1;
        for next in at + 1..chosen {
            choice[next] = choice[next - 1] + 1;
        }
    }
}
