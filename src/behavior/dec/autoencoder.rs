//! The autoencoder whose inner half DEC starts from: it learns to give its input back through a narrow code.
//!
//! The paper's net is first trained layer by layer, each as a small autoencoder of what the layers below make, with part of its
//! values set to 0 (Vincent et al. 2010); then all layers are trained together. A net of a few thousand weights needs only that.

use ndarray::ArrayView2;
use rand::seq::SliceRandom;
use rand::{Rng, RngExt};
use rand_chacha::ChaCha8Rng;

use super::net::{Adam, Net, Pass};
use super::train::{DecConfig, DecReport};

/// Rows to learn from and how much each counts; the weights' mean is 1.
#[derive(Clone, Copy)]
pub(super) struct Rows<'a> {
    pub(super) features: ArrayView2<'a, f32>,
    pub(super) weights: &'a [f32],
}

/// How one net is trained.
struct Schedule {
    epochs: usize,
    /// Share of the input that is set to 0 meanwhile.
    input_dropout: f32,
    batch: usize,
    rate: f32,
}

/// The encoder of an autoencoder of the rows; `None` where `after_pass` said to stop.
pub(super) fn encoder_of(
    rows: Rows<'_>,
    config: &DecConfig,
    rng: &mut ChaCha8Rng,
    report: &mut DecReport,
    after_pass: &mut dyn FnMut() -> bool,
) -> Option<Net> {
    let widths: Vec<usize> = [rows.features.ncols()].into_iter().chain(config.widths.iter().copied()).collect();
    let mut encoder = Net::new(&widths, rng);
    let back: Vec<usize> = widths.into_iter().rev().collect();
    let mut decoder = Net::new(&back, rng);
    if config.layer_epochs > 0 {
        train_layers(rows, (&mut encoder, &mut decoder), config, rng, report, after_pass)?;
    }
    let depth = encoder.layers.len();
    let mut both = encoder;
    both.layers.append(&mut decoder.layers);
    let schedule = Schedule {
        epochs: config.autoencoder_epochs,
        input_dropout: config.dropout,
        batch: config.batch,
        rate: config.autoencoder_rate,
    };
    report.autoencoder_losses = train_net(rows, &mut both, &schedule, rng, after_pass)?;
    both.layers.truncate(depth);
    Some(both)
}

/// Trains each layer of the encoder with its counterpart in the decoder on what the layers below make of the rows.
fn train_layers(
    rows: Rows<'_>,
    (encoder, decoder): (&mut Net, &mut Net),
    config: &DecConfig,
    rng: &mut ChaCha8Rng,
    report: &mut DecReport,
    after_pass: &mut dyn FnMut() -> bool,
) -> Option<()> {
    let depth = encoder.layers.len();
    let schedule = Schedule {
        epochs: config.layer_epochs,
        input_dropout: config.layer_dropout,
        batch: config.batch,
        rate: config.autoencoder_rate,
    };
    let mut below = rows.features.to_owned();
    for layer in 0..depth {
        let counterpart = depth - 1 - layer;
        let mut pair = Net { layers: vec![encoder.layers[layer].clone(), decoder.layers[counterpart].clone()] };
        let rows = Rows { features: below.view(), weights: rows.weights };
        report.layer_losses.push(train_net(rows, &mut pair, &schedule, rng, after_pass)?);
        decoder.layers[counterpart] = pair.layers.pop()?;
        below = pair.forward(below.view());
        encoder.layers[layer] = pair.layers.pop()?;
    }
    Some(())
}

/// Trains a net to give its input back; the weighted mean squared error per value in each pass.
fn train_net(
    rows: Rows<'_>,
    net: &mut Net,
    schedule: &Schedule,
    rng: &mut ChaCha8Rng,
    after_pass: &mut dyn FnMut() -> bool,
) -> Option<Vec<f64>> {
    let mut order: Vec<usize> = (0..rows.features.nrows()).collect();
    let batch_rows = schedule.batch.clamp(1, order.len().max(1));
    let mut pass = Pass::new(net, batch_rows);
    let mut adam = Adam::new(schedule.rate);
    let mut losses = Vec::with_capacity(schedule.epochs);
    for _ in 0..schedule.epochs {
        order.shuffle(rng);
        let mut sum = 0.0;
        for batch in order.chunks(batch_rows) {
            sum += step(rows, batch, net, (&mut pass, &mut adam), schedule.input_dropout, rng);
        }
        losses.push(sum / rows.features.len() as f64);
        if !after_pass() {
            return None;
        }
    }
    Some(losses)
}

/// One step; gives the batch's weighted sum of squared errors.
fn step(
    rows: Rows<'_>,
    batch: &[usize],
    net: &mut Net,
    (pass, adam): (&mut Pass, &mut Adam),
    input_dropout: f32,
    rng: &mut impl Rng,
) -> f64 {
    let mut input = pass.load(rows.features, batch);
    if input_dropout > 0.0 {
        input.mapv_inplace(|value| if rng.random::<f32>() < input_dropout { 0.0 } else { value });
    }
    pass.forward(net);
    let (output, mut slopes) = pass.output_and_slopes();
    let share = 2.0 / output.len() as f32;
    let mut sum = 0.0;
    for ((output, mut slopes), row) in output.rows().into_iter().zip(slopes.rows_mut()).zip(batch) {
        let weight = rows.weights[*row];
        let mut squares = 0.0_f32;
        let values = output.iter().zip(rows.features.row(*row)).zip(slopes.iter_mut());
        for ((output, wanted), slope) in values {
            let error = output - wanted;
            squares += error * error;
            *slope = share * weight * error;
        }
        sum += f64::from(weight * squares);
    }
    let slopes = pass.backward(net);
    adam.update(net.pairs(slopes));
    sum
}
