//! Isolation forest (Liu, Ting and Zhou 2008): what a few random cuts part from all else is unlike it.

use ndarray::{ArrayView2, Axis};
use rand::seq::index;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// How a forest is grown. The defaults are the paper's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ForestOptions {
    /// Trees.
    pub trees: usize,
    /// Rows that each tree is grown of, at most.
    pub sample: usize,
    /// Of all that is drawn.
    pub seed: u64,
}

impl Default for ForestOptions {
    fn default() -> Self {
        Self { trees: 100, sample: 256, seed: 1 }
    }
}

enum Node {
    /// Which column is cut where, and the nodes on both sides: below first.
    Cut { column: usize, at: f32, sides: [usize; 2] },
    /// How many cuts lead here, and how many more would part its rows.
    Leaf { depth: f64 },
}

/// The score of each row, 0 to 1: 2^(−E(h)/c(ψ)) with the mean number h of cuts that isolate it and their expectation c(ψ) in
/// a sample of ψ rows. 0.5 is usual, towards 1 unlike all others. A value that is not finite counts as the median of its column.
/// The same seed gives the same scores.
pub fn isolation_scores(rows: ArrayView2<'_, f32>, options: &ForestOptions) -> Vec<f64> {
    let count = rows.nrows();
    if count < 2 || options.trees == 0 {
        return vec![0.5; count];
    }
    let rows = with_medians(rows);
    let sample = options.sample.clamp(2, count);
    let deepest = (sample as f64).log2().ceil() as usize;
    let mut sums = vec![0.0; count];
    let mut rng = ChaCha8Rng::seed_from_u64(options.seed);
    for _ in 0..options.trees {
        let drawn = index::sample(&mut rng, count, sample).into_vec();
        let mut tree = Vec::new();
        grow(&rows, drawn, 0, deepest, &mut tree, &mut rng);
        for (sum, row) in sums.iter_mut().zip(&rows) {
            *sum += path(&tree, row);
        }
    }
    let expected = expected_path(sample);
    sums.into_iter().map(|sum| (-sum / options.trees as f64 / expected * std::f64::consts::LN_2).exp()).collect()
}

/// The mean number of cuts that isolate one of so many rows: c(n) = 2 H(n − 1) − 2 (n − 1) / n.
fn expected_path(rows: usize) -> f64 {
    const EULER: f64 = 0.577_215_664_901_532_9;
    match rows {
        0 | 1 => 0.0,
        2 => 1.0,
        _ => {
            let before = (rows - 1) as f64;
            2.0 * (before.ln() + EULER) - 2.0 * before / rows as f64
        }
    }
}

fn with_medians(rows: ArrayView2<'_, f32>) -> Vec<Vec<f32>> {
    let median_of = |column: ndarray::ArrayView1<'_, f32>| {
        let mut known: Vec<f32> = column.iter().copied().filter(|value| value.is_finite()).collect();
        crate::behavior::bodies::median(&mut known).unwrap_or(0.0)
    };
    let medians: Vec<f32> = rows.axis_iter(Axis(1)).map(median_of).collect();
    let filled = |row: ndarray::ArrayView1<'_, f32>| {
        row.iter().zip(&medians).map(|(value, median)| if value.is_finite() { *value } else { *median }).collect()
    };
    rows.rows().into_iter().map(filled).collect()
}

/// Adds the nodes of some rows to a tree and returns the first of them.
fn grow(
    rows: &[Vec<f32>],
    own: Vec<usize>,
    depth: usize,
    deepest: usize,
    tree: &mut Vec<Node>,
    rng: &mut ChaCha8Rng,
) -> usize {
    let at = tree.len();
    tree.push(Node::Leaf { depth: depth as f64 + expected_path(own.len()) });
    if own.len() < 2 || depth >= deepest {
        return at;
    }
    let range = |column: usize| {
        let values = own.iter().map(|row| rows[*row][column]);
        values.fold((f32::INFINITY, f32::NEG_INFINITY), |(low, high), value| (low.min(value), high.max(value)))
    };
    // Columns in which nothing varies cannot be cut.
    let open: Vec<(usize, f32, f32)> = (0..rows[own[0]].len())
        .map(|column| (column, range(column)))
        .filter(|(_, (low, high))| low < high)
        .map(|(column, (low, high))| (column, low, high))
        .collect();
    if open.is_empty() {
        return at;
    }
    let (column, low, high) = open[rng.random_range(0..open.len())];
    let share: f32 = rng.random();
    // Below the highest value, so that rows are on both sides.
    let cut = (low + (high - low) * share).clamp(low, high.next_down());
    let (below, above): (Vec<usize>, Vec<usize>) = own.into_iter().partition(|row| rows[*row][column] <= cut);
    let sides = [below, above].map(|side| grow(rows, side, depth + 1, deepest, tree, rng));
    tree[at] = Node::Cut { column, at: cut, sides };
    at
}

fn path(tree: &[Node], row: &[f32]) -> f64 {
    let mut here = 0;
    loop {
        match &tree[here] {
            Node::Leaf { depth } => return *depth,
            Node::Cut { column, at, sides } => here = sides[usize::from(row[*column] > *at)],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// c(256) is the paper's; small ones by the formula.
    #[test]
    fn expected_paths_are_those_of_the_paper() {
        let known = [(0, 0.0), (1, 0.0), (2, 1.0), (5, 2.327), (256, 10.244_770_92)];
        for (rows, expected) in known {
            assert!((expected_path(rows) - expected).abs() < 1e-3, "{rows}: {}", expected_path(rows));
        }
    }

    #[test]
    fn equal_rows_and_few_rows_are_usual() {
        let equal = ndarray::Array2::<f32>::ones((40, 3));
        assert!(
            isolation_scores(equal.view(), &ForestOptions::default()).iter().all(|score| (score - 0.5).abs() < 1e-9)
        );
        assert_eq!(isolation_scores(ndarray::array![[1.0, 2.0]].view(), &ForestOptions::default()), [0.5]);
        assert!(isolation_scores(ndarray::Array2::zeros((0, 3)).view(), &ForestOptions::default()).is_empty());
        let unknown = ndarray::array![[f32::NAN], [f32::INFINITY], [f32::NAN]];
        assert!(isolation_scores(unknown.view(), &ForestOptions::default()).iter().all(|score| score.is_finite()));
    }
}
