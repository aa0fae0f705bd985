//! k-means: seeds drawn far apart (greedy k-means++), Lloyd's steps until nothing moves, the best of several starts.
//!
//! Starts run at once, each with its own stream drawn from the caller's: the same seed gives the same clusters, however many
//! threads there are.

use ndarray::{Array1, Array2, ArrayView1, ArrayView2, Axis};
use rand::{Rng, RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;

/// Clusters of rows.
#[derive(Clone, Debug, PartialEq)]
pub struct Clusters {
    /// One row per cluster.
    pub centroids: Array2<f32>,
    /// The cluster of each row of the data.
    pub labels: Vec<usize>,
    /// Sum of the squared distances to the rows' centroids.
    pub inertia: f64,
}

/// Steps after which a start is taken as it is.
const MOST_STEPS: usize = 300;

/// Clusters the rows of `data` into `count` clusters; the best of `starts` starts, the first of equals. A cluster that loses its
/// rows takes the row that lies farthest from its own centroid; with fewer distinct rows than clusters some stay empty.
///
/// # Panics
/// Without rows or clusters: callers check both, and say what is missing.
pub fn kmeans(data: ArrayView2<'_, f32>, count: usize, starts: usize, rng: &mut impl Rng) -> Clusters {
    assert!(data.nrows() > 0 && count > 0, "clusters need rows");
    let data = data.as_standard_layout();
    let seeds: Vec<u64> = (0..starts.max(1)).map(|_| rng.random()).collect();
    let found: Vec<Clusters> = seeds
        .into_par_iter()
        .map(|seed| lloyd(data.view(), spread(data.view(), count, &mut ChaCha8Rng::seed_from_u64(seed))))
        .collect();
    let best = found.into_iter().reduce(|best, next| if next.inertia < best.inertia { next } else { best });
    best.expect("there was a start")
}

/// Rows that lie far apart: several are drawn with the chance of their squared distance to those before, and the one is taken
/// that leaves the least distances (Arthur and Vassilvitskii 2007, section 7).
fn spread(data: ArrayView2<'_, f32>, count: usize, rng: &mut ChaCha8Rng) -> Array2<f32> {
    let tries = 2 + (count as f64).ln() as usize;
    let mut centroids = Array2::zeros((count, data.ncols()));
    let first = rng.random_range(0..data.nrows());
    centroids.row_mut(0).assign(&data.row(first));
    let mut least: Vec<f64> = data.rows().into_iter().map(|row| squared_distance(row, data.row(first))).collect();
    for cluster in 1..count {
        let total: f64 = least.iter().sum();
        let candidates = (0..tries).map(|_| {
            let mut draw = rng.random::<f64>() * total;
            let drawn = least.iter().position(|distance| {
                draw -= distance;
                draw < 0.0
            });
            let drawn = drawn.unwrap_or_else(|| rng.random_range(0..data.nrows()));
            let chosen = data.row(drawn);
            let left: Vec<f64> = data
                .rows()
                .into_iter()
                .zip(&least)
                .map(|(row, least)| least.min(squared_distance(row, chosen)))
                .collect();
            (drawn, left.iter().sum::<f64>(), left)
        });
        if let Some((drawn, _, left)) = candidates.min_by(|one, other| one.1.total_cmp(&other.1)) {
            centroids.row_mut(cluster).assign(&data.row(drawn));
            least = left;
        }
    }
    centroids
}

fn lloyd(data: ArrayView2<'_, f32>, mut centroids: Array2<f32>) -> Clusters {
    let mut labels = vec![usize::MAX; data.nrows()];
    let mut distances = vec![0.0; data.nrows()];
    for step in 0..MOST_STEPS {
        let mut has_moved = false;
        for ((label, distance), row) in labels.iter_mut().zip(&mut distances).zip(data.rows()) {
            let (found, least) = nearest(row, centroids.view());
            has_moved |= *label != found;
            (*label, *distance) = (found, least);
        }
        if !has_moved || step + 1 == MOST_STEPS {
            break;
        }
        fill_empty(&mut labels, &mut distances, centroids.nrows());
        centroids = means(data, &labels, &centroids);
    }
    Clusters { centroids, labels, inertia: distances.iter().sum() }
}

/// Gives each cluster without rows the row that lies farthest from its centroid, unless all lie on theirs.
fn fill_empty(labels: &mut [usize], distances: &mut [f64], count: usize) {
    let mut sizes = vec![0_usize; count];
    labels.iter().for_each(|label| sizes[*label] += 1);
    for cluster in 0..count {
        if sizes[cluster] > 0 {
            continue;
        }
        let farthest = (0..labels.len()).max_by(|one, other| distances[*one].total_cmp(&distances[*other]));
        let Some(row) = farthest.filter(|row| distances[*row] > 0.0 && sizes[labels[*row]] > 1) else { return };
        sizes[labels[row]] -= 1;
        sizes[cluster] = 1;
        (labels[row], distances[row]) = (cluster, 0.0);
    }
}

/// The nearest centroid of a row and its squared distance; the first of several.
pub fn nearest(row: ArrayView1<'_, f32>, centroids: ArrayView2<'_, f32>) -> (usize, f64) {
    let mut best = (0, f64::INFINITY);
    for (index, centroid) in centroids.rows().into_iter().enumerate() {
        let distance = squared_distance(row, centroid);
        if distance < best.1 {
            best = (index, distance);
        }
    }
    best
}

/// The mean of each cluster's rows; a cluster without any stays where it was.
fn means(data: ArrayView2<'_, f32>, labels: &[usize], before: &Array2<f32>) -> Array2<f32> {
    let mut sums: Array2<f64> = Array2::zeros(before.raw_dim());
    let mut counts: Array1<f64> = Array1::zeros(before.nrows());
    for (row, label) in data.rows().into_iter().zip(labels) {
        sums.row_mut(*label).zip_mut_with(&row, |sum, value| *sum += f64::from(*value));
        counts[*label] += 1.0;
    }
    let mut centroids = before.clone();
    for ((mut centroid, sum), count) in centroids.axis_iter_mut(Axis(0)).zip(sums.axis_iter(Axis(0))).zip(&counts) {
        if *count > 0.0 {
            centroid.zip_mut_with(&sum, |mean, sum| *mean = (sum / count) as f32);
        }
    }
    centroids
}

/// Sums in eight lanes, which the compiler turns into vector instructions; rows are short, so single precision is enough.
pub(super) fn squared_distance(a: ArrayView1<'_, f32>, b: ArrayView1<'_, f32>) -> f64 {
    let (Some(a), Some(b)) = (a.as_slice(), b.as_slice()) else {
        return a.iter().zip(b).map(|(a, b)| f64::from(a - b).powi(2)).sum();
    };
    let mut lanes = [0.0_f32; 8];
    let (whole_a, rest_a) = a.as_chunks::<8>();
    let (whole_b, rest_b) = b.as_chunks::<8>();
    for (a, b) in whole_a.iter().zip(whole_b) {
        for (lane, (a, b)) in lanes.iter_mut().zip(a.iter().zip(b)) {
            *lane += (a - b) * (a - b);
        }
    }
    let rest: f32 = rest_a.iter().zip(rest_b).map(|(a, b)| (a - b) * (a - b)).sum();
    f64::from(lanes.iter().sum::<f32>() + rest)
}

#[cfg(test)]
mod tests {
    use ndarray::array;
    use rand::SeedableRng;
    use rand_chacha::ChaCha8Rng;

    use super::*;

    #[test]
    fn two_heaps_are_told_apart() {
        let data = array![[0.0, 0.0], [0.2, 0.0], [0.0, 0.1], [9.0, 9.0], [9.1, 9.0], [9.0, 9.2]];
        let found = kmeans(data.view(), 2, 20, &mut ChaCha8Rng::seed_from_u64(1));
        assert_eq!(found.labels[..3], [found.labels[0]; 3]);
        assert_eq!(found.labels[3..], [found.labels[3]; 3]);
        assert_ne!(found.labels[0], found.labels[3]);
        let again = kmeans(data.view(), 2, 20, &mut ChaCha8Rng::seed_from_u64(1));
        assert_eq!(found, again, "the same seed gives the same clusters");
    }

    #[test]
    fn fewer_rows_than_clusters_leave_clusters_empty() {
        let data = array![[1.0, 2.0], [3.0, 4.0]];
        let found = kmeans(data.view(), 5, 3, &mut ChaCha8Rng::seed_from_u64(2));
        assert_eq!(found.centroids.nrows(), 5);
        assert!(found.inertia < 1e-12);
        assert_ne!(found.labels[0], found.labels[1]);
    }

    #[test]
    fn a_cluster_that_loses_its_rows_takes_the_farthest_row() {
        let data = array![[0.0, 0.0], [0.1, 0.0], [5.0, 0.0], [0.0, 0.1]];
        // The second centroid is nobody's nearest.
        let found = lloyd(data.view(), array![[0.0, 0.0], [90.0, 90.0]]);
        assert_eq!(found.labels, [0, 0, 1, 0]);
        assert_eq!(found.centroids.row(1), array![5.0, 0.0]);
    }

    #[test]
    fn inertia_is_that_of_the_labels() {
        let data = Array2::from_shape_fn((50, 11), |(row, column)| ((row * 31 + column * 17) % 23) as f32);
        let found = kmeans(data.view(), 4, 3, &mut ChaCha8Rng::seed_from_u64(5));
        let rows = data.rows().into_iter().zip(&found.labels);
        let by_hand: f64 = rows
            .map(|(row, label)| {
                row.iter().zip(found.centroids.row(*label)).map(|(a, b)| f64::from(a - b).powi(2)).sum::<f64>()
            })
            .sum();
        assert!((found.inertia - by_hand).abs() < 1e-3 * by_hand, "{} {by_hand}", found.inertia);
        assert_eq!(
            found.labels,
            data.rows().into_iter().map(|row| nearest(row, found.centroids.view()).0).collect::<Vec<_>>()
        );
    }
}
