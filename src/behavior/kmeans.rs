//! k-means: seeds drawn far apart (k-means++), Lloyd's steps until nothing moves, the best of several starts.

use ndarray::{Array1, Array2, ArrayView1, ArrayView2, Axis};
use rand::{Rng, RngExt};

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

/// Clusters the rows of `data` into `count` clusters; the best of `starts` starts. With fewer rows than clusters the rest of the
/// centroids repeat rows, and stay empty.
///
/// # Panics
/// Without rows or clusters: callers check both, and say what is missing.
pub fn kmeans(data: ArrayView2<'_, f32>, count: usize, starts: usize, rng: &mut impl Rng) -> Clusters {
    assert!(data.nrows() > 0 && count > 0, "clusters need rows");
    let mut best: Option<Clusters> = None;
    for _ in 0..starts.max(1) {
        let found = lloyd(data, spread(data, count, rng));
        if best.as_ref().is_none_or(|best| found.inertia < best.inertia) {
            best = Some(found);
        }
    }
    best.expect("there was a start")
}

/// Rows that lie far apart: each is drawn with the chance of its squared distance to those before.
fn spread(data: ArrayView2<'_, f32>, count: usize, rng: &mut impl Rng) -> Array2<f32> {
    let mut centroids = Array2::zeros((count, data.ncols()));
    let first = rng.random_range(0..data.nrows());
    centroids.row_mut(0).assign(&data.row(first));
    let mut nearest: Vec<f64> = data.rows().into_iter().map(|row| squared_distance(row, data.row(first))).collect();
    for cluster in 1..count {
        let total: f64 = nearest.iter().sum();
        let mut draw = rng.random::<f64>() * total;
        let drawn = nearest.iter().position(|distance| {
            draw -= distance;
            draw < 0.0
        });
        let drawn = drawn.unwrap_or_else(|| rng.random_range(0..data.nrows()));
        centroids.row_mut(cluster).assign(&data.row(drawn));
        for (nearest, row) in nearest.iter_mut().zip(data.rows()) {
            *nearest = nearest.min(squared_distance(row, data.row(drawn)));
        }
    }
    centroids
}

fn lloyd(data: ArrayView2<'_, f32>, mut centroids: Array2<f32>) -> Clusters {
    let mut labels = vec![usize::MAX; data.nrows()];
    let mut inertia = 0.0;
    for _ in 0..MOST_STEPS {
        inertia = 0.0;
        let mut has_moved = false;
        for (label, row) in labels.iter_mut().zip(data.rows()) {
            let (nearest, distance) = nearest(row, centroids.view());
            has_moved |= *label != nearest;
            *label = nearest;
            inertia += distance;
        }
        if !has_moved {
            break;
        }
        centroids = means(data, &labels, &centroids);
    }
    Clusters { centroids, labels, inertia }
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

fn squared_distance(a: ArrayView1<'_, f32>, b: ArrayView1<'_, f32>) -> f64 {
    a.iter().zip(b).map(|(a, b)| f64::from(a - b).powi(2)).sum()
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
}
