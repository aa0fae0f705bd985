//! How well known states are found: figures below which a change of the method is a step back.
//!
//! `tests/reference/compare_clusters.py` compares with scikit-learn and with a DEC written apart.

use rand_distr::{Distribution, StandardNormal};

use super::*;
use crate::behavior::clips::sticky_path;

const COLUMNS: usize = 24;

fn drawn(rows: usize, columns: usize, spread: f32, rng: &mut ChaCha8Rng) -> Array2<f32> {
    Array2::from_shape_simple_fn((rows, columns), || {
        let value: f32 = StandardNormal.sample(&mut *rng);
        spread * value
    })
}

/// Six heaps of uneven width that touch.
fn blobs(rng: &mut ChaCha8Rng) -> (Array2<f32>, Vec<usize>) {
    let middles = drawn(6, COLUMNS, 0.9, rng);
    let truth: Vec<usize> = (0..1200).map(|_| rng.random_range(0..6)).collect();
    let mut features = drawn(1200, COLUMNS, 1.0, rng);
    for (mut row, state) in features.rows_mut().into_iter().zip(&truth) {
        row *= 0.7 + 0.1 * *state as f32;
        row += &middles.row(*state);
    }
    (features, truth)
}

/// Five bent lines, bent again into more dimensions, with noise.
fn lines(rng: &mut ChaCha8Rng) -> (Array2<f32>, Vec<usize>) {
    let truth: Vec<usize> = (0..1200).map(|_| rng.random_range(0..5)).collect();
    let (places, frames) = (drawn(5, 6, 1.1, rng), (0..5).map(|_| drawn(3, 6, 0.7, rng)).collect::<Vec<_>>());
    let mut latent = Array2::zeros((1200, 6));
    for (mut row, state) in latent.rows_mut().into_iter().zip(&truth) {
        let angle = rng.random_range(-1.6_f32..1.6);
        let curve = ndarray::array![angle.cos(), angle.sin(), 0.3 * angle];
        row.assign(&(curve.dot(&frames[*state]) + places.row(*state)));
    }
    let features = latent.dot(&drawn(6, COLUMNS, 0.4, rng)).mapv(f32::tanh) + drawn(1200, COLUMNS, 0.1, rng);
    (features, truth)
}

/// Six states that last a second at 30 frames/s; each has a middle that the place returns to.
fn sequence(rng: &mut ChaCha8Rng) -> (Array2<f32>, Vec<usize>) {
    let (middles, mixing) = (drawn(6, 6, 1.2, rng), drawn(6, COLUMNS, 0.5, rng));
    let noise = drawn(1800, 6, 0.45, rng);
    let (mut state, mut place) = (0, Array2::<f32>::zeros((1, 6)));
    let mut latent = Array2::zeros((1800, 6));
    let mut truth = Vec::new();
    for frame in 0..1800 {
        if rng.random::<f32>() < 0.033 {
            state = rng.random_range(0..6);
        }
        truth.push(state);
        place = (&place - &middles.row(state)) * 0.8 + middles.row(state) + noise.row(frame);
        latent.row_mut(frame).assign(&place.row(0));
    }
    (latent.dot(&mixing) + drawn(1800, COLUMNS, 0.3, rng), truth)
}

/// Accuracy under the best matching of clusters and states, of which there are as many; and normalised mutual information.
fn agreement(truth: &[usize], labels: &[usize], count: usize) -> [f64; 2] {
    let total = truth.len() as f64;
    let mut shares = Array2::<f64>::zeros((count, count));
    truth.iter().zip(labels).for_each(|(state, label)| shares[[*label, *state]] += 1.0 / total);
    // The best sum of the first rows' entries, for each set of columns that they take.
    let mut best = vec![0.0_f64; 1 << count];
    for taken in 1..best.len() {
        let row = taken.count_ones() as usize - 1;
        let without = (0..count).filter(|column| taken >> column & 1 == 1);
        best[taken] = without.map(|column| best[taken & !(1 << column)] + shares[[row, column]]).fold(0.0, f64::max);
    }
    let entropy = |sums: ndarray::Array1<f64>| -> f64 {
        sums.iter().filter(|share| **share > 0.0).map(|share| -share * share.ln()).sum()
    };
    let [labels, states] = [shares.sum_axis(Axis(1)), shares.sum_axis(Axis(0))].map(entropy);
    let both = entropy(shares.iter().copied().collect());
    [best[best.len() - 1], 2.0 * (labels + states - both) / (labels + states)]
}

fn found(make: fn(&mut ChaCha8Rng) -> (Array2<f32>, Vec<usize>), count: usize, method: &Method) -> [[f64; 2]; 2] {
    let mut sums = [[0.0; 2]; 2];
    for seed in [1, 2] {
        let (features, truth) = make(&mut ChaCha8Rng::seed_from_u64(seed));
        let frames = truth.len();
        let rows = Rows { features: features.view(), groups: &vec![0; frames], is_missing: &vec![false; frames] };
        let (model, _) = train(method, &rows, &mut |_, _| true).unwrap().unwrap();
        let chances = model.chances(features.view()).unwrap();
        for (sums, [switch_cost, shortest]) in sums.iter_mut().zip([[0.0, 1.0], [5.0, 12.0]]) {
            let path = sticky_path(chances.view(), &vec![true; frames], switch_cost, shortest as u32);
            let labels: Vec<usize> = path.into_iter().map(usize::from).collect();
            let figures = agreement(&truth, &labels, count);
            sums.iter_mut().zip(figures).for_each(|(sum, figure)| *sum += figure / 2.0);
        }
    }
    sums
}

#[test]
fn agreement_is_that_by_hand() {
    assert_eq!(agreement(&[0, 0, 1, 1], &[1, 1, 0, 0], 2), [1.0, 1.0]);
    let [accuracy, information] = agreement(&[0, 0, 1, 1], &[0, 1, 0, 1], 2);
    assert!((accuracy - 0.5).abs() < 1e-12 && information.abs() < 1e-12);
    assert_eq!(agreement(&[0, 0, 0, 1], &[1, 1, 0, 0], 2)[0], 0.75);
}

/// Data whose states are known, which path they are read from (that of single frames, or a sticky one), and the least accuracy and
/// mutual information of k-means and of DEC.
struct Case {
    name: &'static str,
    make: fn(&mut ChaCha8Rng) -> (Array2<f32>, Vec<usize>),
    clusters: usize,
    path: usize,
    least: [[f64; 2]; 2],
}

const CASES: [Case; 3] = [
    Case { name: "blobs", make: blobs, clusters: 6, path: 0, least: [[0.97, 0.95], [0.96, 0.93]] },
    Case { name: "lines", make: lines, clusters: 5, path: 0, least: [[0.73, 0.73], [0.74, 0.76]] },
    Case { name: "sequence", make: sequence, clusters: 6, path: 1, least: [[0.90, 0.78], [0.90, 0.78]] },
];

#[test]
fn known_states_are_found_as_well_as_ever() {
    for Case { name, make, clusters, path, least } in CASES {
        let methods = [
            Method::KMeans { clusters, starts: 20, seed: 1 },
            Method::Dec(DecConfig { clusters, ..DecConfig::default() }),
        ];
        for (method, least) in methods.iter().zip(least) {
            let figures = found(make, clusters, method)[path];
            assert!(figures[0] >= least[0] && figures[1] >= least[1], "{name}, {method:?}: {figures:?} < {least:?}");
        }
    }
}
