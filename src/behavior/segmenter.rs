//! What gives each frame its chances of belonging to each cluster: deep embedded clustering, or k-means on principal components.
//!
//! A model is trained once, on the frames of all animals together, and applied to any recording with the same features. Where
//! there are many frames it learns from some of them, spread evenly, and all go through it once. It is saved as bytes
//! ([`Model::to_bytes`]).

mod bytes;

#[cfg(test)]
mod known;
#[cfg(test)]
mod tests;

use ndarray::{Array2, ArrayView2, Axis};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::behavior::dec::{self, DecConfig, DecModel, DecReport, Progress};
use crate::behavior::kmeans::{Clusters, kmeans, squared_distance};
use crate::behavior::scale::Reduction;

pub use bytes::ModelError;

/// Rows that a model learns from at most: 5.5 minutes of three animals at 30 frames/s, or an hour of every eleventh frame.
pub const MOST_TRAINED_ROWS: usize = 30_000;

/// How frames are clustered.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "method", rename_all = "kebab-case")]
pub enum Method {
    /// Deep embedded clustering.
    Dec(DecConfig),
    /// k-means on the principal components.
    KMeans {
        /// Clusters.
        clusters: usize,
        /// Starts, of which the best is kept.
        starts: usize,
        /// Of all that is drawn.
        seed: u64,
    },
}

impl Default for Method {
    fn default() -> Self {
        Self::Dec(DecConfig::default())
    }
}

impl Method {
    fn clusters(&self) -> usize {
        match self {
            Self::Dec(config) => config.clusters,
            Self::KMeans { clusters, .. } => *clusters,
        }
    }

    fn seed(&self) -> u64 {
        match self {
            Self::Dec(config) => config.seed,
            Self::KMeans { seed, .. } => *seed,
        }
    }
}

/// Frames of one or several animals, one after the other.
#[derive(Clone, Copy, Debug)]
pub struct Rows<'a> {
    /// A row per frame of an animal, a column per feature, each in its own unit; what is not finite is missing.
    pub features: ArrayView2<'a, f32>,
    /// Whose each row is. Each animal counts alike, however many rows it has.
    pub groups: &'a [usize],
    /// Rows in which the animal is not seen: nothing is learnt from them.
    pub is_missing: &'a [bool],
}

/// A trained model: raw features in, chances out.
#[derive(Clone, Debug, PartialEq)]
pub struct Model {
    /// From features to components.
    pub reduction: Reduction,
    /// From components to chances.
    pub clusters: ModelClusters,
}

/// The part of a model that knows clusters.
#[derive(Clone, Debug, PartialEq)]
pub enum ModelClusters {
    /// Deep embedded clustering.
    Dec(DecModel),
    /// k-means.
    KMeans {
        /// One row per cluster, a column per component.
        centroids: Array2<f32>,
        /// Mean squared distance of the rows to their centroids: so much farther makes a cluster e times less likely.
        mean_square: f32,
    },
}

/// What the training did.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct TrainReport {
    /// Rows with features.
    pub rows: usize,
    /// Rows learnt from.
    pub trained_rows: usize,
    /// Features that vary.
    pub columns: usize,
    /// Principal components.
    pub components: usize,
    /// Share of the variance that they keep.
    pub explained: f32,
    /// Of the rows learnt from, how many are in each cluster.
    pub sizes: Vec<usize>,
    /// Losses and changes of deep embedded clustering.
    pub dec: Option<DecReport>,
}

/// Why there is no model, or no chances.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum SegmenterError {
    /// A number that each row has is there for more or fewer.
    #[error("{what} has {found} entries for {rows} rows of features")]
    Lengths {
        /// Groups, or missing rows.
        what: &'static str,
        /// Entries.
        found: usize,
        /// Rows.
        rows: usize,
    },
    /// Clusters need rows.
    #[error("{clusters} clusters need at least as many frames with features; there are {rows}")]
    FewerRowsThanClusters {
        /// Clusters asked for.
        clusters: usize,
        /// Rows with features.
        rows: usize,
    },
    /// The number of clusters, or a width of the net, makes no sense.
    #[error("{what} must be from 1 to {most}, not {found}")]
    Setting {
        /// The setting.
        what: &'static str,
        /// The largest value.
        most: usize,
        /// The value.
        found: usize,
    },
    /// All features are constant or missing.
    #[error("no feature varies from frame to frame: there is nothing to cluster")]
    NothingVaries,
    /// The model was trained on other features.
    #[error("the model knows {expected} features, these are {found}")]
    Columns {
        /// The model's.
        expected: usize,
        /// The given.
        found: usize,
    },
}

/// Trains a model. `Ok(None)` where `progress` said to stop.
///
/// # Errors
/// Settings out of range, too few rows, or features that say nothing.
pub fn train(
    method: &Method,
    rows: &Rows<'_>,
    progress: Progress<'_>,
) -> Result<Option<(Model, TrainReport)>, SegmenterError> {
    check_settings(method)?;
    let usable = usable_rows(rows)?;
    if usable.len() < method.clusters() {
        return Err(SegmenterError::FewerRowsThanClusters { clusters: method.clusters(), rows: usable.len() });
    }
    let mut rng = ChaCha8Rng::seed_from_u64(method.seed());
    let chosen = spread_evenly(&usable, MOST_TRAINED_ROWS, &mut rng);
    let sample = rows.features.select(Axis(0), &chosen);
    let reduction = Reduction::fit(sample.view());
    if reduction.components.nrows() == 0 {
        return Err(SegmenterError::NothingVaries);
    }
    let reduced = reduction.apply(sample.view());
    let mut report = TrainReport {
        rows: usable.len(),
        trained_rows: chosen.len(),
        columns: reduction.spreads.iter().filter(|spread| **spread > 0.0).count(),
        components: reduction.components.nrows(),
        explained: reduction.explained.sum(),
        ..TrainReport::default()
    };
    let clusters = match method {
        Method::Dec(config) => {
            let groups: Vec<usize> = chosen.iter().map(|row| rows.groups[*row]).collect();
            let Some((model, trained)) = dec::train(reduced.view(), &groups, config, progress) else {
                return Ok(None);
            };
            report.sizes.clone_from(&trained.sizes);
            report.dec = Some(trained);
            ModelClusters::Dec(model)
        }
        Method::KMeans { clusters, starts, .. } => {
            let Clusters { centroids, labels, inertia } = kmeans(reduced.view(), *clusters, *starts, &mut rng);
            report.sizes = vec![0; *clusters];
            labels.iter().for_each(|label| report.sizes[*label] += 1);
            if !progress(1, 1) {
                return Ok(None);
            }
            let mean_square = (inertia / labels.len() as f64).max(f64::from(f32::MIN_POSITIVE)) as f32;
            ModelClusters::KMeans { centroids, mean_square }
        }
    };
    Ok(Some((Model { reduction, clusters }, report)))
}

impl Model {
    /// The chances of each row's clusters: a column per cluster, each row summing to 1. Of deep embedded clustering they are
    /// its soft assignment; of k-means exp(−d²/m), made to sum to 1, with d the distance to a centroid and m the mean squared
    /// distance of the training's rows to theirs. A row without any feature gets the chances of the middle of all.
    ///
    /// # Errors
    /// Where the model was trained on another number of features.
    pub fn chances(&self, features: ArrayView2<'_, f32>) -> Result<Array2<f32>, SegmenterError> {
        let expected = self.reduction.medians.len();
        if features.ncols() != expected {
            return Err(SegmenterError::Columns { expected, found: features.ncols() });
        }
        let reduced = self.reduction.apply(features);
        Ok(match &self.clusters {
            ModelClusters::Dec(model) => model.chances(reduced.view()),
            ModelClusters::KMeans { centroids, mean_square } => {
                near_chances(reduced.view(), centroids.view(), *mean_square)
            }
        })
    }

    /// How many clusters it knows.
    pub fn cluster_count(&self) -> usize {
        match &self.clusters {
            ModelClusters::Dec(model) => model.centroids.nrows(),
            ModelClusters::KMeans { centroids, .. } => centroids.nrows(),
        }
    }
}

/// A row of which no feature is known can teach nothing, whatever its flag says.
fn usable_rows(rows: &Rows<'_>) -> Result<Vec<usize>, SegmenterError> {
    let count = rows.features.nrows();
    for (what, found) in
        [("the list of animals", rows.groups.len()), ("the list of missing rows", rows.is_missing.len())]
    {
        if found != count {
            return Err(SegmenterError::Lengths { what, found, rows: count });
        }
    }
    let is_usable =
        |row: &usize| !rows.is_missing[*row] && rows.features.row(*row).iter().any(|value| value.is_finite());
    Ok((0..count).filter(is_usable).collect())
}

/// Cluster numbers are kept in 16 bits; nets wider than this are slips of the keyboard.
const MOST_CLUSTERS: usize = 1000;
const MOST_WIDTH: usize = 20_000;

fn check_settings(method: &Method) -> Result<(), SegmenterError> {
    let check = |what, found, most| {
        if (1..=most).contains(&found) { Ok(()) } else { Err(SegmenterError::Setting { what, most, found }) }
    };
    check("the number of clusters", method.clusters(), MOST_CLUSTERS)?;
    if let Method::Dec(config) = method {
        check("the number of layers", config.widths.len(), 20)?;
        config.widths.iter().try_for_each(|width| check("the width of a layer", *width, MOST_WIDTH))?;
    }
    Ok(())
}

/// At most `most` of the rows: one drawn from each of as many stretches of equal length.
fn spread_evenly(rows: &[usize], most: usize, rng: &mut ChaCha8Rng) -> Vec<usize> {
    if rows.len() <= most {
        return rows.to_vec();
    }
    let edge = |part: usize| part * rows.len() / most;
    (0..most).map(|part| rows[rng.random_range(edge(part)..edge(part + 1))]).collect()
}

fn near_chances(reduced: ArrayView2<'_, f32>, centroids: ArrayView2<'_, f32>, mean_square: f32) -> Array2<f32> {
    let mut chances = Array2::zeros((reduced.nrows(), centroids.nrows()));
    for (row, mut chances) in reduced.rows().into_iter().zip(chances.rows_mut()) {
        let distances: Vec<f64> =
            centroids.rows().into_iter().map(|centroid| squared_distance(row, centroid)).collect();
        let least = distances.iter().copied().fold(f64::INFINITY, f64::min);
        for (chance, distance) in chances.iter_mut().zip(distances) {
            *chance = (-(distance - least) / f64::from(mean_square)).exp() as f32;
        }
        let sum = chances.sum();
        dec::share_out(chances, sum);
    }
    chances
}
