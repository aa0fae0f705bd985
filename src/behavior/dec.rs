//! Deep embedded clustering (Xie, Girshick, Farhadi 2016): an autoencoder learns a code of the features, k-means on the code gives
//! a start, then code and centroids are trained together so that each row's membership sharpens.
//!
//! Gradients are written out and checked numerically. Everything is seeded: the same data and seed give the same model.

mod autoencoder;
mod net;
mod train;

pub use net::{Layer, Net};
pub use train::{DecConfig, DecModel, DecReport, Progress, train};

use ndarray::{Array2, ArrayView2, ArrayViewMut1, Axis};

/// Membership of each row in each cluster: Student's t with one degree of freedom around the centroids, rows summing to 1.
/// Rows are codes, columns clusters.
pub fn soft_assignment(codes: ArrayView2<'_, f32>, centroids: ArrayView2<'_, f32>) -> Array2<f32> {
    let mut chances = Array2::zeros((codes.nrows(), centroids.nrows()));
    for (code, mut row) in codes.rows().into_iter().zip(chances.rows_mut()) {
        let mut sum = 0.0;
        for (centroid, chance) in centroids.rows().into_iter().zip(row.iter_mut()) {
            let distance: f32 = code.iter().zip(centroid).map(|(a, b)| (a - b).powi(2)).sum();
            *chance = 1.0 / (1.0 + distance);
            sum += *chance;
        }
        share_out(row, sum);
    }
    chances
}

/// Makes chances sum to 1. Numbers that went out of range, as those of a damaged model may, leave all clusters alike.
pub(super) fn share_out(mut chances: ArrayViewMut1<'_, f32>, sum: f32) {
    if sum > 0.0 && sum.is_finite() {
        chances.mapv_inplace(|chance| chance / sum);
    } else {
        let alike = 1.0 / chances.len() as f32;
        chances.fill(alike);
    }
}

/// The sharpened target: memberships squared, each cluster's divided by how much it holds, rows summing to 1.
pub fn sharpened(chances: ArrayView2<'_, f32>) -> Array2<f32> {
    let held = chances.sum_axis(Axis(0));
    let mut target = chances.to_owned();
    for mut row in target.rows_mut() {
        row.zip_mut_with(&held, |chance, held| *chance = *chance * *chance / held.max(f32::MIN_POSITIVE));
        let sum = row.sum().max(f32::MIN_POSITIVE);
        row.mapv_inplace(|chance| chance / sum);
    }
    target
}

/// Σ weight · KL(target ‖ membership) over rows.
pub fn divergence(target: ArrayView2<'_, f32>, chances: ArrayView2<'_, f32>, weights: &[f32]) -> f64 {
    let rows = target.rows().into_iter().zip(chances.rows()).zip(weights);
    rows.map(|((target, chances), weight)| {
        let row: f64 = target
            .iter()
            .zip(chances)
            .filter(|(target, _)| **target > 0.0)
            .map(|(target, chance)| f64::from(*target) * (f64::from(*target) / f64::from(*chance)).ln())
            .sum();
        f64::from(*weight) * row
    })
    .sum()
}

/// The slopes of [`divergence`] by the codes and by the centroids.
pub fn divergence_slopes(
    codes: ArrayView2<'_, f32>,
    centroids: ArrayView2<'_, f32>,
    target: ArrayView2<'_, f32>,
    chances: ArrayView2<'_, f32>,
    weights: &[f32],
) -> (Array2<f32>, Array2<f32>) {
    let mut by_code = Array2::zeros(codes.raw_dim());
    let mut by_centroid = Array2::zeros(centroids.raw_dim());
    for (row, code) in codes.rows().into_iter().enumerate() {
        for (cluster, centroid) in centroids.rows().into_iter().enumerate() {
            let distance: f32 = code.iter().zip(centroid).map(|(a, b)| (a - b).powi(2)).sum();
            let pull = 2.0 * weights[row] * (target[[row, cluster]] - chances[[row, cluster]]) / (1.0 + distance);
            for (axis, (a, b)) in code.iter().zip(centroid).enumerate() {
                by_code[[row, axis]] += pull * (a - b);
                by_centroid[[cluster, axis]] -= pull * (a - b);
            }
        }
    }
    (by_code, by_centroid)
}

#[cfg(test)]
mod tests;
