//! Training: the autoencoder, k-means on its code, then code and centroids together.

use ndarray::{Array2, ArrayView2, Axis};
use rand::seq::SliceRandom;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};

use super::net::{Adam, Layer, Net};
use super::{divergence, divergence_slopes, sharpened, soft_assignment};
use crate::behavior::kmeans::{kmeans, nearest};

/// What is trained, and for how long.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DecConfig {
    /// Clusters.
    pub clusters: usize,
    /// Widths of the encoder's layers after its input; the last is the code's.
    pub widths: Vec<usize>,
    /// Passes over all rows that train the autoencoder.
    pub autoencoder_epochs: usize,
    /// Share of inputs that are set to 0 meanwhile.
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
    /// The net for a workstation: seconds for minutes of video.
    fn default() -> Self {
        Self {
            clusters: 10,
            widths: vec![64, 64, 10],
            autoencoder_epochs: 30,
            dropout: 0.1,
            cluster_epochs: 30,
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
    /// The paper's net (Xie et al. 2016): 500-500-2000-10.
    pub fn paper() -> Self {
        Self { widths: vec![500, 500, 2000, 10], dropout: 0.2, ..Self::default() }
    }
}

/// A trained model: features in, clusters out.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DecModel {
    /// Features to code.
    pub encoder: Net,
    /// In the code, one row per cluster.
    pub centroids: Array2<f32>,
}

/// What the training did.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct DecReport {
    /// Mean squared error of the autoencoder after each pass, per value.
    pub autoencoder_losses: Vec<f64>,
    /// Sum over the groups of the mean divergence, after each pass.
    pub cluster_losses: Vec<f64>,
    /// Share of the rows that changed their cluster in each pass.
    pub changes: Vec<f64>,
    /// Rows in each cluster at the end.
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

/// Trains on the rows of `features`; `groups` tells whose each row is (an animal's, say): each group counts alike, however many
/// rows it has. `None` where `progress` said to stop.
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
    let widths: Vec<usize> = [features.ncols()].into_iter().chain(config.widths.iter().copied()).collect();
    let back: Vec<usize> = widths.iter().rev().copied().collect();
    let mut encoder = Net::new(&widths, &mut rng);
    let mut decoder = Net::new(&back, &mut rng);
    let mut report = DecReport::default();
    let passes = config.autoencoder_epochs + config.cluster_epochs;

    let mut order: Vec<usize> = (0..features.nrows()).collect();
    let mut adam = Adam::new(config.autoencoder_rate);
    for pass in 0..config.autoencoder_epochs {
        order.shuffle(&mut rng);
        let mut sum = 0.0;
        for batch in order.chunks(config.batch.max(1)) {
            sum += autoencoder_step(
                features.select(Axis(0), batch),
                (&mut encoder, &mut decoder),
                &mut adam,
                config,
                &mut rng,
            );
        }
        report.autoencoder_losses.push(sum / features.len() as f64);
        if !progress(pass + 1, passes) {
            return None;
        }
    }

    let codes = encoder.forward(features);
    let start = kmeans(codes.view(), config.clusters, config.starts, &mut rng);
    let mut model = DecModel { encoder, centroids: start.centroids };
    let weights = weights_of(groups);
    let mut labels = start.labels;
    let mut adam = Adam::new(config.cluster_rate);
    for pass in 0..config.cluster_epochs {
        let chances = model.chances(features);
        let target = sharpened(chances.view());
        report.cluster_losses.push(divergence(target.view(), chances.view(), &weights));
        let now = hard(chances.view());
        let changed =
            labels.iter().zip(&now).filter(|(before, now)| before != now).count() as f64 / labels.len() as f64;
        report.changes.push(changed);
        labels = now;
        if pass > 0 && changed < config.settled_share {
            report.has_settled = true;
            break;
        }
        order.shuffle(&mut rng);
        for batch in order.chunks(config.batch.max(1)) {
            cluster_step(features, target.view(), (batch, &weights), &mut model, &mut adam);
        }
        if !progress(config.autoencoder_epochs + pass + 1, passes) {
            return None;
        }
    }
    let codes = model.encoder.forward(features);
    report.sizes = vec![0; config.clusters];
    for code in codes.rows() {
        report.sizes[nearest(code, model.centroids.view()).0] += 1;
    }
    Some((model, report))
}

/// One step of both nets; gives the batch's sum of squared errors.
fn autoencoder_step(
    rows: Array2<f32>,
    (encoder, decoder): (&mut Net, &mut Net),
    adam: &mut Adam,
    config: &DecConfig,
    rng: &mut ChaCha8Rng,
) -> f64 {
    let mut input = rows.clone();
    if config.dropout > 0.0 {
        input.mapv_inplace(|value| if rng.random::<f32>() < config.dropout { 0.0 } else { value });
    }
    let coded = encoder.activations(input.view());
    let decoded = decoder.activations(coded[coded.len() - 1].view());
    let error = &decoded[decoded.len() - 1] - &rows;
    let sum: f64 = error.iter().map(|error| f64::from(*error).powi(2)).sum();
    let share = 2.0 / error.len() as f32;
    let (by_decoder, by_code) = decoder.backward(&decoded, error * share);
    let (by_encoder, _) = encoder.backward(&coded, by_code);
    adam.update(encoder.pairs(&by_encoder).chain(decoder.pairs(&by_decoder)));
    sum
}

/// One step of the encoder and the centroids towards the target.
fn cluster_step(
    features: ArrayView2<'_, f32>,
    target: ArrayView2<'_, f32>,
    (batch, weights): (&[usize], &[f32]),
    model: &mut DecModel,
    adam: &mut Adam,
) {
    let rows = features.select(Axis(0), batch);
    let target = target.select(Axis(0), batch);
    // As if the batch were all rows, so that steps are as long whatever the batch is.
    let scale = weights.len() as f32 / batch.len() as f32;
    let weights: Vec<f32> = batch.iter().map(|row| weights[*row] * scale).collect();
    let coded = model.encoder.activations(rows.view());
    let codes = coded[coded.len() - 1].view();
    let chances = soft_assignment(codes, model.centroids.view());
    let (by_code, by_centroid) =
        divergence_slopes(codes, model.centroids.view(), target.view(), chances.view(), &weights);
    let (by_encoder, _): (Vec<Layer>, _) = model.encoder.backward(&coded, by_code);
    let centroids = model.centroids.as_slice_mut().unwrap_or_default();
    let by_centroid = by_centroid.as_slice().unwrap_or_default();
    adam.update(model.encoder.pairs(&by_encoder).chain([(centroids, by_centroid)]));
}

/// Of each row, one over how many rows its group has: the sum over groups of their means.
fn weights_of(groups: &[usize]) -> Vec<f32> {
    let most = groups.iter().copied().max().unwrap_or_default();
    let mut counts = vec![0_usize; most + 1];
    groups.iter().for_each(|group| counts[*group] += 1);
    groups.iter().map(|group| 1.0 / counts[*group] as f32).collect()
}

/// The likeliest cluster of each row.
fn hard(chances: ArrayView2<'_, f32>) -> Vec<usize> {
    let best = |row: ndarray::ArrayView1<'_, f32>| {
        let mut best = 0;
        for (cluster, chance) in row.iter().enumerate() {
            if *chance > row[best] {
                best = cluster;
            }
        }
        best
    };
    chances.rows().into_iter().map(best).collect()
}
