//! Training: the autoencoder, k-means on its code, then code and centroids together.

use std::collections::BTreeMap;

use ndarray::{Array2, ArrayView2, Axis};
use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};

use super::autoencoder::{Rows, encoder_of};
use super::net::{Adam, Net, Pass};
use super::{divergence, divergence_slopes, sharpened, soft_assignment};
use crate::behavior::kmeans::kmeans;

/// What is trained, and for how long.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DecConfig {
    /// Clusters.
    pub clusters: usize,
    /// Widths of the encoder's layers after its input; the last is the code's.
    pub widths: Vec<usize>,
    /// Passes over all rows that train each layer by itself, before all are trained together; 0 leaves this out.
    pub layer_epochs: usize,
    /// Share of a layer's inputs that are set to 0 while it is trained by itself.
    pub layer_dropout: f32,
    /// Passes that train the whole autoencoder.
    pub autoencoder_epochs: usize,
    /// Share of its inputs that are set to 0 meanwhile.
    pub dropout: f32,
    /// Passes at most that train code and centroids.
    pub cluster_epochs: usize,
    /// Rows per step.
    pub batch: usize,
    /// Learning rate of the autoencoder.
    pub autoencoder_rate: f32,
    /// Learning rate of code and centroids.
    pub cluster_rate: f32,
    /// It ends where a smaller share of the rows changes its cluster from pass to pass.
    pub settled_share: f64,
    /// Starts of k-means.
    pub starts: usize,
    /// Of all that is drawn.
    pub seed: u64,
}

impl Default for DecConfig {
    /// The net for a workstation: seconds for minutes of video. One wide layer before the code finds more than two of 64: on the
    /// sequences of `tests/reference/compare_clusters.py` an accuracy of 0.84 against 0.72, on its manifolds 0.95 against 0.86
    /// (mean of seeds 0 to 5). There the net of 64 lost without dropout, and with 30 passes of the autoencoder instead of 100.
    fn default() -> Self {
        Self {
            clusters: 10,
            widths: vec![128, 10],
            layer_epochs: 0,
            layer_dropout: 0.0,
            autoencoder_epochs: 100,
            dropout: 0.1,
            cluster_epochs: 50,
            batch: 256,
            autoencoder_rate: 1e-3,
            cluster_rate: 1e-3,
            settled_share: 0.001,
            starts: 20,
            seed: 1,
        }
    }
}

impl DecConfig {
    /// The paper's net (Xie et al. 2016): 500-500-2000-10, each layer pretrained with a fifth of its inputs missing, then all
    /// together without. Xie trains 150,000 steps by stochastic gradient descent; Adam needs far fewer, and still minutes.
    pub fn paper() -> Self {
        Self { widths: vec![500, 500, 2000, 10], layer_epochs: 10, layer_dropout: 0.2, dropout: 0.0, ..Self::default() }
    }

    fn passes(&self) -> usize {
        let layers = if self.layer_epochs > 0 { self.widths.len() } else { 0 };
        layers * self.layer_epochs + self.autoencoder_epochs + self.cluster_epochs
    }
}

/// A trained model: features in, clusters out.
#[derive(Clone, Debug, PartialEq)]
pub struct DecModel {
    /// Features to code.
    pub encoder: Net,
    /// In the code, one row per cluster.
    pub centroids: Array2<f32>,
}

/// What the training did.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct DecReport {
    /// Mean squared error per value of each layer trained by itself, in each pass.
    pub layer_losses: Vec<Vec<f64>>,
    /// The same of the whole autoencoder.
    pub autoencoder_losses: Vec<f64>,
    /// Sum over the groups of the mean divergence from the target, before each pass.
    pub cluster_losses: Vec<f64>,
    /// Share of the rows that changed their cluster since the pass before, or since k-means.
    pub changes: Vec<f64>,
    /// Rows of which each cluster is the likeliest, at the end.
    pub sizes: Vec<usize>,
    /// Whether it ended since so few rows changed.
    pub has_settled: bool,
}

/// Told after each pass: passes done and in all; says whether to go on.
pub type Progress<'a> = &'a mut dyn FnMut(usize, usize) -> bool;

impl DecModel {
    /// The chances of each row's clusters.
    pub fn chances(&self, features: ArrayView2<'_, f32>) -> Array2<f32> {
        soft_assignment(self.encoder.forward(features).view(), self.centroids.view())
    }
}

/// Trains on the rows of `features`; `groups` tells whose each row is (an animal's, say). Each group counts alike, however many
/// rows it has: the loss is the sum over groups of their mean loss. `None` where `progress` said to stop.
///
/// # Panics
/// Without rows, or where `groups` has another length: callers check both.
pub fn train(
    features: ArrayView2<'_, f32>,
    groups: &[usize],
    config: &DecConfig,
    progress: Progress<'_>,
) -> Option<(DecModel, DecReport)> {
    assert!(features.nrows() > 0 && groups.len() == features.nrows(), "each row has a group");
    let mut rng = ChaCha8Rng::seed_from_u64(config.seed);
    let mut report = DecReport::default();
    let (weights, group_count) = weights_of(groups);
    let rows = Rows { features, weights: &weights };
    let (mut done, passes) = (0, config.passes());
    let mut after_pass = || {
        done += 1;
        progress(done, passes)
    };

    let encoder = encoder_of(rows, config, &mut rng, &mut report, &mut after_pass)?;
    let start = kmeans(encoder.forward(features).view(), config.clusters, config.starts, &mut rng);
    let mut model = DecModel { encoder, centroids: start.centroids };

    let mut labels = start.labels;
    let mut order: Vec<usize> = (0..features.nrows()).collect();
    let batch_rows = config.batch.clamp(1, order.len());
    let mut pass = Pass::new(&model.encoder, batch_rows);
    let mut adam = Adam::new(config.cluster_rate);
    for epoch in 0..config.cluster_epochs {
        let chances = model.chances(features);
        let target = sharpened(chances.view());
        let loss = divergence(target.view(), chances.view(), &weights);
        report.cluster_losses.push(loss * group_count as f64 / weights.len() as f64);
        let share = relabel(&mut labels, chances.view());
        report.changes.push(share);
        if epoch > 0 && share < config.settled_share {
            report.has_settled = true;
            break;
        }
        order.shuffle(&mut rng);
        for batch in order.chunks(batch_rows) {
            cluster_step(rows, target.view(), batch, &mut model, (&mut pass, &mut adam));
        }
        if !after_pass() {
            return None;
        }
    }
    relabel(&mut labels, model.chances(features).view());
    report.sizes = vec![0; config.clusters];
    labels.iter().for_each(|label| report.sizes[*label] += 1);
    Some((model, report))
}

/// One step of the encoder and the centroids towards the target, which was set for all rows at once.
fn cluster_step(
    rows: Rows<'_>,
    target: ArrayView2<'_, f32>,
    batch: &[usize],
    model: &mut DecModel,
    (pass, adam): (&mut Pass, &mut Adam),
) {
    pass.load(rows.features, batch);
    pass.forward(&model.encoder);
    let weights: Vec<f32> = batch.iter().map(|row| rows.weights[*row] / batch.len() as f32).collect();
    let target = target.select(Axis(0), batch);
    let (codes, mut slopes) = pass.output_and_slopes();
    let chances = soft_assignment(codes, model.centroids.view());
    let (by_code, by_centroid) =
        divergence_slopes(codes, model.centroids.view(), target.view(), chances.view(), &weights);
    slopes.assign(&by_code);
    let by_encoder = pass.backward(&model.encoder);
    let centroids = model.centroids.as_slice_mut().unwrap_or_default();
    let by_centroid = by_centroid.as_slice().unwrap_or_default();
    adam.update(model.encoder.pairs(by_encoder).chain([(centroids, by_centroid)]));
}

/// Of each row, one over how many rows its group has, made 1 on average; and how many groups there are.
pub(super) fn weights_of(groups: &[usize]) -> (Vec<f32>, usize) {
    let mut counts: BTreeMap<usize, usize> = BTreeMap::new();
    groups.iter().for_each(|group| *counts.entry(*group).or_default() += 1);
    let share = groups.len() as f64 / counts.len().max(1) as f64;
    (groups.iter().map(|group| (share / counts[group] as f64) as f32).collect(), counts.len())
}

/// Gives each row its likeliest cluster, the first of several; the share of the rows that changed.
fn relabel(labels: &mut [usize], chances: ArrayView2<'_, f32>) -> f64 {
    let mut changed = 0_usize;
    for (label, row) in labels.iter_mut().zip(chances.rows()) {
        let mut best = 0;
        for (cluster, chance) in row.iter().enumerate() {
            if *chance > row[best] {
                best = cluster;
            }
        }
        changed += usize::from(best != *label);
        *label = best;
    }
    changed as f64 / labels.len().max(1) as f64
}
