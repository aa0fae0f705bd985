//! Fully connected layers with their gradients, and Adam.

use ndarray::{Array1, Array2, ArrayView2, Axis, Zip};
use rand::{Rng, RngExt};
use serde::{Deserialize, Serialize};

/// One layer: `x · weight + bias`, negative values cut off unless it is linear.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Layer {
    /// Rows are inputs, columns outputs.
    pub weight: Array2<f32>,
    /// One per output.
    pub bias: Array1<f32>,
    /// Whether negative values pass.
    pub is_linear: bool,
}

/// Layers one after the other; the last is linear.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Net {
    /// The layers.
    pub layers: Vec<Layer>,
}

impl Net {
    /// A net with these widths, from the input on; weights are drawn so that values keep their size (Glorot and Bengio 2010).
    pub fn new(widths: &[usize], rng: &mut impl Rng) -> Self {
        let pairs: Vec<[usize; 2]> = widths.windows(2).map(|pair| [pair[0], pair[1]]).collect();
        let last = pairs.len().saturating_sub(1);
        let layers = pairs.into_iter().enumerate().map(|(index, [inputs, outputs])| {
            let reach = (6.0 / (inputs + outputs) as f32).sqrt();
            Layer {
                weight: Array2::from_shape_simple_fn((inputs, outputs), || rng.random_range(-reach..reach)),
                bias: Array1::zeros(outputs),
                is_linear: index == last,
            }
        });
        Self { layers: layers.collect() }
    }

    /// What it makes of the rows of `input`.
    pub fn forward(&self, input: ArrayView2<'_, f32>) -> Array2<f32> {
        self.layers.iter().fold(input.to_owned(), |values, layer| layer.forward(values.view()))
    }

    /// The same with what stands between the layers: the input first, the output last.
    pub fn activations(&self, input: ArrayView2<'_, f32>) -> Vec<Array2<f32>> {
        let mut all = vec![input.to_owned()];
        for layer in &self.layers {
            let next = layer.forward(all[all.len() - 1].view());
            all.push(next);
        }
        all
    }

    /// Slopes of a loss by weights and biases, and by the input, from its slopes by the output.
    pub fn backward(&self, activations: &[Array2<f32>], by_output: Array2<f32>) -> (Vec<Layer>, Array2<f32>) {
        let mut slope = by_output;
        let mut slopes = Vec::with_capacity(self.layers.len());
        for (index, layer) in self.layers.iter().enumerate().rev() {
            if !layer.is_linear {
                Zip::from(&mut slope).and(&activations[index + 1]).for_each(|slope, value| {
                    if *value <= 0.0 {
                        *slope = 0.0;
                    }
                });
            }
            slopes.push(Layer {
                // Row by row, as the weights lie, whatever order the product comes in.
                weight: activations[index].t().dot(&slope).as_standard_layout().into_owned(),
                bias: slope.sum_axis(Axis(0)),
                is_linear: layer.is_linear,
            });
            slope = slope.dot(&layer.weight.t());
        }
        slopes.reverse();
        (slopes, slope)
    }
}

impl Layer {
    fn forward(&self, input: ArrayView2<'_, f32>) -> Array2<f32> {
        let mut output = input.dot(&self.weight);
        output += &self.bias;
        if !self.is_linear {
            output.mapv_inplace(|value| value.max(0.0));
        }
        output
    }
}

/// Adam (Kingma and Ba 2015) over any number of arrays.
#[derive(Clone, Debug)]
pub struct Adam {
    rate: f32,
    step: i32,
    moments: Vec<(Vec<f32>, Vec<f32>)>,
}

const MEAN_DECAY: f32 = 0.9;
const SQUARE_DECAY: f32 = 0.999;
const LEAST: f32 = 1e-8;

impl Adam {
    /// With this learning rate.
    pub fn new(rate: f32) -> Self {
        Self { rate, step: 0, moments: Vec::new() }
    }

    /// Moves each array against its slope; always the same arrays in the same order.
    pub fn update<'a>(&mut self, pairs: impl Iterator<Item = (&'a mut [f32], &'a [f32])>) {
        self.step += 1;
        let mean_share = 1.0 - MEAN_DECAY.powi(self.step);
        let square_share = 1.0 - SQUARE_DECAY.powi(self.step);
        for (index, (values, slopes)) in pairs.enumerate() {
            if self.moments.len() <= index {
                self.moments.push((vec![0.0; values.len()], vec![0.0; values.len()]));
            }
            let (means, squares) = &mut self.moments[index];
            for (((value, slope), mean), square) in values.iter_mut().zip(slopes).zip(means).zip(squares) {
                *mean = MEAN_DECAY * *mean + (1.0 - MEAN_DECAY) * slope;
                *square = SQUARE_DECAY * *square + (1.0 - SQUARE_DECAY) * slope * slope;
                *value -= self.rate * (*mean / mean_share) / ((*square / square_share).sqrt() + LEAST);
            }
        }
    }
}

impl Net {
    /// Its arrays beside those of slopes of the same shape.
    pub fn pairs<'a>(&'a mut self, slopes: &'a [Layer]) -> impl Iterator<Item = (&'a mut [f32], &'a [f32])> {
        self.layers.iter_mut().zip(slopes).flat_map(|(layer, slope)| {
            let Layer { weight, bias, .. } = layer;
            let weights = weight.as_slice_mut().unwrap_or_default();
            let biases = bias.as_slice_mut().unwrap_or_default();
            [
                (weights, slope.weight.as_slice().unwrap_or_default()),
                (biases, slope.bias.as_slice().unwrap_or_default()),
            ]
        })
    }
}
