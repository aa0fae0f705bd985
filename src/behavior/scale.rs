//! From raw features to few numbers of like size: robust z-scores, then principal components.
//!
//! Each column is centred on its median and divided by its robust spread, so that one wild frame does not set the scale. A
//! missing value (not finite) counts in no statistic and becomes 0, its column's middle. A constant column becomes 0.
//! Components are not whitened: distances between rows stay those of the z-scores, and weak directions, which are mostly noise,
//! stay weak. All components share one factor that makes their mean variance 1, the size that a net's first layer expects.

use nalgebra::{DMatrix, SymmetricEigen};
use ndarray::linalg::general_mat_mul;
use ndarray::{Array1, Array2, ArrayView1, ArrayView2, Axis};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

/// What [`Reduction::apply`] does to features, learnt from a sample of them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Reduction {
    /// The middle of each column, in its own unit.
    pub medians: Array1<f32>,
    /// The robust standard deviation of each column, in its own unit; 0 where the column is constant or empty.
    pub spreads: Array1<f32>,
    /// Mean of each column's z-scores.
    pub means: Array1<f32>,
    /// One row per component, of length 1, the strongest first; the entry farthest from 0 is positive. A column per feature.
    pub components: Array2<f32>,
    /// Each component's share of the variance of the z-scores.
    pub explained: Array1<f32>,
    /// What all components are multiplied by.
    pub factor: f32,
}

/// Components at most.
pub const MOST_COMPONENTS: usize = 32;

/// Z-scores beyond this are cut to it: a jump of a keypoint is a far value, not a direction of its own.
const FARTHEST: f32 = 8.0;

/// Of a normal distribution: standard deviation over median absolute deviation, and over mean absolute deviation.
const DEVIATION_BY_MEDIAN: f64 = 1.4826;
const DEVIATION_BY_MEAN: f64 = 1.2533;

/// A spread below this share of the largest value is rounding.
const ROUNDING: f64 = 1e-6;

/// A component with less than this share of the variance is none.
const LEAST_SHARE: f64 = 1e-9;

/// Rows that are scaled at once.
const CHUNK_ROWS: usize = 2048;

impl Reduction {
    /// Learns from a sample, a row per frame. A sample in which nothing varies gives no components.
    pub fn fit(sample: ArrayView2<'_, f32>) -> Self {
        let columns: Vec<_> = sample.columns().into_iter().collect();
        let (medians, spreads): (Vec<f32>, Vec<f32>) = columns.into_par_iter().map(middle_and_spread).unzip();
        let mut reduction = Self {
            medians: medians.into(),
            spreads: spreads.into(),
            means: Array1::zeros(sample.ncols()),
            components: Array2::zeros((0, sample.ncols())),
            explained: Array1::zeros(0),
            factor: 1.0,
        };
        let (means, covariance) = reduction.moments(sample);
        reduction.means = means.mapv(|mean| mean as f32);
        let total = covariance.trace();
        if total <= 0.0 {
            return reduction;
        }
        let found = strongest(covariance, LEAST_SHARE * total);
        let kept: f64 = found.iter().map(|(variance, _)| variance).sum();
        reduction.explained = found.iter().map(|(variance, _)| (variance / total) as f32).collect();
        reduction.factor = (found.len() as f64 / kept).sqrt() as f32;
        reduction.components =
            Array2::from_shape_fn((found.len(), sample.ncols()), |(row, column)| found[row].1[column] as f32);
        reduction
    }

    /// The components of each row; a column per component.
    ///
    /// # Panics
    /// Where `features` has another number of columns than the sample had.
    pub fn apply(&self, features: ArrayView2<'_, f32>) -> Array2<f32> {
        assert_eq!(features.ncols(), self.medians.len(), "as many columns as the sample");
        let mut reduced = Array2::zeros((features.nrows(), self.components.nrows()));
        let parts: Vec<_> = features
            .axis_chunks_iter(Axis(0), CHUNK_ROWS)
            .zip(reduced.axis_chunks_iter_mut(Axis(0), CHUNK_ROWS))
            .collect();
        parts.into_par_iter().for_each(|(features, mut reduced)| {
            let mut scores = self.scores(features);
            scores -= &self.means;
            general_mat_mul(self.factor, &scores, &self.components.t(), 0.0, &mut reduced);
        });
        reduced
    }

    /// Z-scores, within bounds and without missing values.
    fn scores(&self, features: ArrayView2<'_, f32>) -> Array2<f32> {
        let mut scores = features.as_standard_layout().into_owned();
        for mut row in scores.rows_mut() {
            for ((value, median), spread) in row.iter_mut().zip(&self.medians).zip(&self.spreads) {
                let is_known = value.is_finite() && *spread > 0.0;
                *value = if is_known { ((*value - median) / spread).clamp(-FARTHEST, FARTHEST) } else { 0.0 };
            }
        }
        scores
    }

    /// Mean and covariance of the sample's z-scores.
    fn moments(&self, sample: ArrayView2<'_, f32>) -> (Array1<f64>, DMatrix<f64>) {
        let columns = sample.ncols();
        let (mut sums, mut products) = (Array1::<f64>::zeros(columns), Array2::<f64>::zeros((columns, columns)));
        for chunk in sample.axis_chunks_iter(Axis(0), CHUNK_ROWS) {
            let scores = self.scores(chunk).mapv(f64::from);
            sums += &scores.sum_axis(Axis(0));
            general_mat_mul(1.0, &scores.t(), &scores, 1.0, &mut products);
        }
        let rows = sample.nrows().max(1) as f64;
        let means = sums / rows;
        let covariance = DMatrix::from_fn(columns, columns, |a, b| products[[a, b]] / rows - means[a] * means[b]);
        (means, covariance)
    }
}

/// The strongest directions of a covariance with their variances, the strongest first.
fn strongest(covariance: DMatrix<f64>, least_variance: f64) -> Vec<(f64, Vec<f64>)> {
    let eigen = SymmetricEigen::new(covariance);
    let mut order: Vec<usize> = (0..eigen.eigenvalues.len()).collect();
    order.sort_by(|a, b| eigen.eigenvalues[*b].total_cmp(&eigen.eigenvalues[*a]));
    let kept = order.into_iter().take(MOST_COMPONENTS).filter(|index| eigen.eigenvalues[*index] > least_variance);
    kept.map(|index| {
        let mut direction: Vec<f64> = eigen.eigenvectors.column(index).iter().copied().collect();
        let farthest =
            direction.iter().copied().fold(0.0, |far: f64, entry| if entry.abs() > far.abs() { entry } else { far });
        direction.iter_mut().for_each(|entry| *entry *= farthest.signum());
        (eigen.eigenvalues[index], direction)
    })
    .collect()
}

/// Median and robust standard deviation of the finite values; 0 and 0 of none. Where more than half of the values are equal (a
/// flag that is seldom up), the spread is that of the mean deviation.
fn middle_and_spread(column: ArrayView1<'_, f32>) -> (f32, f32) {
    let mut values: Vec<f32> = column.iter().copied().filter(|value| value.is_finite()).collect();
    let Some(median) = median_of(&mut values) else { return (0.0, 0.0) };
    let largest = values.iter().fold(0.0_f32, |largest, value| largest.max(value.abs()));
    values.iter_mut().for_each(|value| *value = (*value - median).abs());
    let by_mean = DEVIATION_BY_MEAN * values.iter().map(|value| f64::from(*value)).sum::<f64>() / values.len() as f64;
    let by_median = DEVIATION_BY_MEDIAN * median_of(&mut values).map_or(0.0, f64::from);
    let rounding = ROUNDING * f64::from(largest);
    let spread = if by_median > rounding { by_median } else { by_mean };
    (median, if spread > rounding { spread as f32 } else { 0.0 })
}

/// The middle value, or the mean of the two in the middle.
fn median_of(values: &mut [f32]) -> Option<f32> {
    let middle = values.len() / 2;
    let is_even = values.len().is_multiple_of(2);
    if values.is_empty() {
        return None;
    }
    let (below, upper, _) = values.select_nth_unstable_by(middle, f32::total_cmp);
    let upper = *upper;
    let lower = if is_even { below.iter().copied().max_by(f32::total_cmp)? } else { upper };
    Some(lower + (upper - lower) / 2.0)
}

#[cfg(test)]
mod tests {
    use ndarray::array;
    use rand::SeedableRng;
    use rand_chacha::ChaCha8Rng;
    use rand_distr::{Distribution, StandardNormal};

    use super::*;

    fn normal(rows: usize, columns: usize, seed: u64) -> Array2<f32> {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        Array2::from_shape_simple_fn((rows, columns), || StandardNormal.sample(&mut rng))
    }

    #[test]
    fn medians_and_spreads_are_those_of_the_known_values() {
        let nan = f32::NAN;
        let column = array![1.0, nan, 2.0, 3.0, f32::INFINITY, 4.0, 1000.0];
        assert_eq!(middle_and_spread(column.view()), (3.0, 1.4826));
        assert_eq!(middle_and_spread(array![nan, nan].view()), (0.0, 0.0));
        assert_eq!(middle_and_spread(array![7.0, 7.0, nan].view()), (7.0, 0.0));
        assert_eq!(median_of(&mut [4.0, 1.0, 3.0, 2.0]), Some(2.5));
        let (median, spread) = middle_and_spread(array![0.0, 0.0, 0.0, 0.0, 1.0].view());
        assert_eq!(median, 0.0);
        assert!((spread - 0.250_66).abs() < 1e-6, "a flag that is seldom up still counts: {spread}");
    }

    #[test]
    fn constant_and_empty_columns_say_nothing() {
        let mut data = normal(200, 5, 1);
        data.column_mut(1).fill(1e6);
        data.column_mut(3).fill(f32::NAN);
        let reduction = Reduction::fit(data.view());
        assert_eq!((reduction.spreads[1], reduction.spreads[3]), (0.0, 0.0));
        assert_eq!(reduction.components.nrows(), 3);
        let reduced = reduction.apply(data.view());
        data.column_mut(1).fill(-5.0);
        data.column_mut(3).fill(17.0);
        assert_eq!(reduction.apply(data.view()), reduced, "and say nothing in other recordings");
        let nothing = Reduction::fit(Array2::from_elem((9, 4), f32::NAN).view());
        assert_eq!(nothing.apply(data.slice_axis(Axis(1), (0..4).into())).dim(), (200, 0));
        assert_eq!(Reduction::fit(Array2::zeros((0, 4)).view()).components.dim(), (0, 4));
    }

    #[test]
    fn known_directions_are_found_the_strongest_first() {
        // Column 0 and 1 move together, column 2 alone, all of spread 1 after scaling.
        let drawn = normal(4000, 3, 2);
        let data = Array2::from_shape_fn((4000, 3), |(row, column)| match column {
            0 => 10.0 * drawn[[row, 0]] + 3.0,
            1 => 0.1 * drawn[[row, 0]] + 0.001 * drawn[[row, 1]],
            _ => 5.0 * drawn[[row, 2]],
        });
        let reduction = Reduction::fit(data.view());
        let half = 0.5_f32.sqrt();
        for (row, wanted) in [(0, [half, half, 0.0]), (1, [0.0, 0.0, 1.0])] {
            for (found, wanted) in reduction.components.row(row).iter().zip(wanted) {
                assert!((found - wanted).abs() < 0.03, "{:?}", reduction.components);
            }
        }
        assert!((reduction.explained.sum() - 1.0).abs() < 1e-5);
        assert!((reduction.explained[0] - 2.0 / 3.0).abs() < 0.02);
        let reduced = reduction.apply(data.view());
        let variances: Vec<f64> = reduced
            .columns()
            .into_iter()
            .map(|column| column.iter().map(|value| f64::from(*value).powi(2)).sum::<f64>() / 4000.0)
            .collect();
        let mean = variances.iter().sum::<f64>() / variances.len() as f64;
        assert!((mean - 1.0).abs() < 1e-3, "{variances:?}");
    }

    #[test]
    fn few_rows_and_wild_values_pass() {
        let mut data = normal(6, 40, 3);
        data[[2, 7]] = 1e30;
        data[[3, 8]] = f32::NEG_INFINITY;
        let reduction = Reduction::fit(data.view());
        assert!(reduction.components.nrows() <= 5, "six rows span five directions");
        let reduced = reduction.apply(data.view());
        assert!(reduced.iter().all(|value| value.is_finite()));
        assert_eq!(reduction, Reduction::fit(data.view()));
        let many = Reduction::fit(normal(300, 50, 4).view());
        assert_eq!(many.components.nrows(), MOST_COMPONENTS);
        let lengths = many.components.dot(&many.components.t());
        assert!((&lengths - &Array2::<f32>::eye(MOST_COMPONENTS)).iter().all(|rest| rest.abs() < 1e-5));
    }
}
