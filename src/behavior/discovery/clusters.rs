//! Clusters of captions, by the angle between their vectors (spherical k-means; Dhillon and Modha 2001), seeded. Each has a
//! medoid, the caption that stands for it, and outliers, which may be of another kind.

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use crate::behavior::statistics::quantile;
use crate::behavior::tfidf::SparseRow;

/// Starts, of which the best is taken.
const STARTS: usize = 10;

/// Steps after which a start is taken as it is.
const MOST_STEPS: usize = 100;

/// Outliers of a cluster, at most.
pub const MOST_OUTLIERS: usize = 5;

/// A member lies outside if it is less alike than the lower quartile by more than this times the quartiles' distance (Tukey).
const FENCE: f64 = 1.5;

/// A group of like rows.
#[derive(Clone, Debug, PartialEq)]
pub struct Cluster {
    /// Positions of its rows, in order.
    pub members: Vec<usize>,
    /// The row that is most like all others of it.
    pub medoid: usize,
    /// Members unlike the others, the farthest first.
    pub outliers: Vec<usize>,
    /// Mean cosine of its rows with its centre, 0 to 1: how much they are of a kind.
    pub likeness: f64,
}

/// All of them.
#[derive(Clone, Debug, PartialEq)]
pub struct Clusters {
    /// The largest first.
    pub clusters: Vec<Cluster>,
    /// Rows without any entry, which are like nothing.
    pub unplaced: Vec<usize>,
}

/// Clusters rows of length 1 into at most `count` groups: fewer where there are fewer distinct rows. The same seed gives the
/// same groups.
pub fn cluster(rows: &[SparseRow], count: usize, seed: u64) -> Clusters {
    let (placed, unplaced): (Vec<usize>, Vec<usize>) = (0..rows.len()).partition(|at| !rows[*at].is_empty());
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let columns = rows.iter().flat_map(SparseRow::entries).map(|(column, _)| column + 1).max().unwrap_or(0) as usize;
    let own: Vec<&SparseRow> = placed.iter().map(|at| &rows[*at]).collect();
    let mut best: Option<(f64, Vec<usize>)> = None;
    if count > 0 && !own.is_empty() {
        for _ in 0..STARTS {
            let found = one_start(&own, count, columns, &mut rng);
            if best.as_ref().is_none_or(|(likeness, _)| found.0 > *likeness) {
                best = Some(found);
            }
        }
    }
    let labels = best.map(|(_, labels)| labels).unwrap_or_default();
    let mut members: Vec<Vec<usize>> = vec![Vec::new(); labels.iter().max().map_or(0, |last| last + 1)];
    for (label, at) in labels.into_iter().zip(&placed) {
        members[label].push(*at);
    }
    members.retain(|members| !members.is_empty());
    members.sort_by_key(|members| (usize::MAX - members.len(), members[0]));
    let clusters = members.into_iter().map(|members| described(rows, members, columns)).collect();
    Clusters { clusters, unplaced }
}

/// One start from rows drawn far apart: the sum of cosines, and the cluster of each row.
fn one_start(rows: &[&SparseRow], count: usize, columns: usize, rng: &mut ChaCha8Rng) -> (f64, Vec<usize>) {
    let mut centres = spread(rows, count, columns, rng);
    let mut labels = vec![usize::MAX; rows.len()];
    let mut total = 0.0;
    for _ in 0..MOST_STEPS {
        let nearest: Vec<(usize, f64)> = rows.iter().map(|row| nearest(row, &centres)).collect();
        total = nearest.iter().map(|(_, cosine)| cosine).sum();
        let next: Vec<usize> = nearest.into_iter().map(|(label, _)| label).collect();
        if next == labels {
            break;
        }
        labels = next;
        for (label, centre) in centres.iter_mut().enumerate() {
            let own = rows.iter().zip(&labels).filter(|(_, its)| **its == label).map(|(row, _)| *row);
            // A centre that lost its rows stays where it was.
            if let Some(mean) = centre_of(own, columns) {
                *centre = mean;
            }
        }
    }
    (total, labels)
}

/// Rows drawn with the chance of how unlike they are to those before; fewer where all are drawn that differ.
fn spread(rows: &[&SparseRow], count: usize, columns: usize, rng: &mut ChaCha8Rng) -> Vec<Vec<f32>> {
    let mut centres = vec![dense(rows[rng.random_range(0..rows.len())], columns)];
    let mut unlike: Vec<f64> = vec![2.0; rows.len()];
    while centres.len() < count {
        let last = &centres[centres.len() - 1];
        for (unlike, row) in unlike.iter_mut().zip(rows) {
            *unlike = unlike.min((1.0 - cosine(row, last)).max(0.0));
        }
        // What is left of equal rows by rounding is no difference.
        let weight = |unlike: &f64| if *unlike > 1e-6 { *unlike } else { 0.0 };
        let all: f64 = unlike.iter().map(weight).sum();
        if all <= 0.0 {
            break;
        }
        let mut draw = rng.random::<f64>() * all;
        let drawn = unlike.iter().position(|unlike| {
            draw -= weight(unlike);
            draw < 0.0 && weight(unlike) > 0.0
        });
        let farthest = || (0..rows.len()).max_by(|one, other| unlike[*one].total_cmp(&unlike[*other]));
        let Some(drawn) = drawn.or_else(farthest) else { break };
        centres.push(dense(rows[drawn], columns));
    }
    centres
}

fn dense(row: &SparseRow, columns: usize) -> Vec<f32> {
    let mut values = vec![0.0; columns];
    row.entries().iter().for_each(|(column, value)| values[*column as usize] = *value);
    values
}

fn cosine(row: &SparseRow, centre: &[f32]) -> f64 {
    row.entries().iter().map(|(column, value)| f64::from(*value) * f64::from(centre[*column as usize])).sum()
}

/// The most alike centre, the first of several, and the cosine.
fn nearest(row: &SparseRow, centres: &[Vec<f32>]) -> (usize, f64) {
    let mut best = (0, f64::NEG_INFINITY);
    for (label, centre) in centres.iter().enumerate() {
        let cosine = cosine(row, centre);
        if cosine > best.1 {
            best = (label, cosine);
        }
    }
    best
}

/// The mean of rows, of length 1; `None` of nothing, or of rows that cancel out.
fn centre_of<'a>(rows: impl Iterator<Item = &'a SparseRow>, columns: usize) -> Option<Vec<f32>> {
    let mut sums = vec![0.0_f64; columns];
    for (column, value) in rows.flat_map(SparseRow::entries) {
        sums[*column as usize] += f64::from(*value);
    }
    let length = sums.iter().map(|sum| sum * sum).sum::<f64>().sqrt();
    (length > 1e-9).then(|| sums.into_iter().map(|sum| (sum / length) as f32).collect())
}

fn described(rows: &[SparseRow], members: Vec<usize>, columns: usize) -> Cluster {
    let centre = centre_of(members.iter().map(|at| &rows[*at]), columns).unwrap_or_else(|| vec![0.0; columns]);
    // The mean cosine with all members is that with their sum.
    let mut by_likeness: Vec<(f64, usize)> = members.iter().map(|at| (cosine(&rows[*at], &centre), *at)).collect();
    by_likeness.sort_by(|one, other| one.0.total_cmp(&other.0).then(other.1.cmp(&one.1)));
    let medoid = by_likeness.last().map_or(members[0], |(_, at)| *at);
    let sorted: Vec<f64> = by_likeness.iter().map(|(cosine, _)| *cosine).collect();
    let [lower, upper] = [0.25, 0.75].map(|share| quantile(&sorted, share).unwrap_or(0.0));
    let fence = lower - FENCE * (upper - lower) - 1e-6;
    let outliers = by_likeness.iter().take_while(|(cosine, _)| *cosine < fence).map(|(_, at)| *at).take(MOST_OUTLIERS);
    Cluster {
        outliers: outliers.collect(),
        medoid,
        likeness: sorted.iter().sum::<f64>() / sorted.len() as f64,
        members,
    }
}
