//! Fully connected layers with their gradients, and Adam.
//!
//! Products are cut into parts of fixed size, each computed whole by one thread: the numbers are the same however many threads
//! there are. A [`Pass`] keeps the buffers of a step, so that a step allocates nothing of size.

use ndarray::linalg::general_mat_mul;
use ndarray::{Array1, Array2, ArrayView2, ArrayViewMut2, Axis, Slice, Zip};
use rand::{Rng, RngExt};
use rayon::prelude::*;

/// One layer: `x · weight + bias`, negative values cut off unless it is linear.
#[derive(Clone, Debug, PartialEq)]
pub struct Layer {
    /// Rows are inputs, columns outputs.
    pub weight: Array2<f32>,
    /// One per output.
    pub bias: Array1<f32>,
    /// Whether negative values pass.
    pub is_linear: bool,
}

/// Layers one after the other.
#[derive(Clone, Debug, PartialEq)]
pub struct Net {
    /// The layers, from the input on.
    pub layers: Vec<Layer>,
}

/// Rows that go through a net at once where nothing is trained.
const CHUNK_ROWS: usize = 512;

impl Net {
    /// A net with these widths, from the input on, whose last layer is linear. Weights are drawn so that values keep their size
    /// (Glorot and Bengio 2010).
    pub fn new(widths: &[usize], rng: &mut impl Rng) -> Self {
        let last = widths.len().saturating_sub(2);
        let layers = widths.windows(2).enumerate().map(|(index, pair)| {
            let reach = (6.0 / (pair[0] + pair[1]) as f32).sqrt();
            Layer {
                weight: Array2::from_shape_simple_fn((pair[0], pair[1]), || rng.random_range(-reach..reach)),
                bias: Array1::zeros(pair[1]),
                is_linear: index == last,
            }
        });
        Self { layers: layers.collect() }
    }

    /// What it makes of the rows of `input`.
    pub fn forward(&self, input: ArrayView2<'_, f32>) -> Array2<f32> {
        let outputs = self.layers.last().map_or(input.ncols(), |layer| layer.bias.len());
        let mut output = Array2::zeros((input.nrows(), outputs));
        let parts: Vec<_> =
            input.axis_chunks_iter(Axis(0), CHUNK_ROWS).zip(output.axis_chunks_iter_mut(Axis(0), CHUNK_ROWS)).collect();
        parts.into_par_iter().for_each(|(input, mut output)| {
            let mut values = input.to_owned();
            for layer in &self.layers {
                let mut next = Array2::zeros((values.nrows(), layer.bias.len()));
                layer.forward(values.view(), next.view_mut());
                values = next;
            }
            output.assign(&values);
        });
        output
    }
}

impl Layer {
    fn forward(&self, input: ArrayView2<'_, f32>, output: ArrayViewMut2<'_, f32>) {
        product(input, self.weight.view(), output, &|mut part, [_, column]| {
            let bias = self.bias.slice_axis(Axis(0), Slice::from(column..column + part.ncols()));
            for mut row in part.rows_mut() {
                row.zip_mut_with(&bias, |value, bias| *value += bias);
                if !self.is_linear {
                    row.mapv_inplace(|value| value.max(0.0));
                }
            }
        });
    }
}

/// Columns, or rows, of a product that one thread computes. Narrower parts would pack the same numbers too often; products of
/// more rows than columns are narrow, and little to pack.
const PART_COLUMNS: usize = 256;
const PART_ROWS: usize = 128;

/// Products with fewer multiplications are not worth a second thread.
const LEAST_SHARED: usize = 1 << 22;

/// `c = a · b`; then `finish` changes each part of it, told the part's first row and column.
fn product(
    a: ArrayView2<'_, f32>,
    b: ArrayView2<'_, f32>,
    c: ArrayViewMut2<'_, f32>,
    finish: &(dyn Fn(ArrayViewMut2<'_, f32>, [usize; 2]) + Sync),
) {
    let (rows, columns) = c.dim();
    if rows * columns * a.ncols() < LEAST_SHARED {
        let mut c = c;
        general_mat_mul(1.0, &a, &b, 0.0, &mut c);
        return finish(c, [0, 0]);
    }
    let mut c = c;
    let (axis, size) = if columns >= rows { (Axis(1), PART_COLUMNS) } else { (Axis(0), PART_ROWS) };
    let parts: Vec<_> = c.axis_chunks_iter_mut(axis, size).enumerate().collect();
    parts.into_par_iter().for_each(|(index, mut part)| {
        let first = index * size;
        if axis == Axis(1) {
            let b = b.slice_axis(Axis(1), Slice::from(first..first + part.ncols()));
            general_mat_mul(1.0, &a, &b, 0.0, &mut part);
            finish(part, [0, first]);
        } else {
            let a = a.slice_axis(Axis(0), Slice::from(first..first + part.nrows()));
            general_mat_mul(1.0, &a, &b, 0.0, &mut part);
            finish(part, [first, 0]);
        }
    });
}

/// The buffers of a step of one net: what stands between the layers, and slopes.
#[derive(Debug)]
pub struct Pass {
    rows: usize,
    /// The input first, the output last.
    activations: Vec<Array2<f32>>,
    /// Slopes of the loss by each of them; those by the input are not computed.
    by_activation: Vec<Array2<f32>>,
    slopes: Vec<Layer>,
}

impl Pass {
    /// For a net and batches of at most so many rows.
    pub fn new(net: &Net, most_rows: usize) -> Self {
        let inputs = net.layers.first().map_or(0, |layer| layer.weight.nrows());
        let widths = [inputs].into_iter().chain(net.layers.iter().map(|layer| layer.bias.len()));
        let activations: Vec<_> = widths.map(|width| Array2::zeros((most_rows, width))).collect();
        let slopes = net.layers.iter().map(|layer| Layer {
            weight: Array2::zeros(layer.weight.raw_dim()),
            bias: Array1::zeros(layer.bias.raw_dim()),
            is_linear: layer.is_linear,
        });
        Self { rows: 0, by_activation: activations.clone(), slopes: slopes.collect(), activations }
    }

    /// Takes these rows of `features` as the input; it may be changed before [`Self::forward`].
    pub fn load(&mut self, features: ArrayView2<'_, f32>, batch: &[usize]) -> ArrayViewMut2<'_, f32> {
        self.rows = batch.len();
        let mut input = self.activations[0].slice_axis_mut(Axis(0), Slice::from(..batch.len()));
        for (mut to, row) in input.rows_mut().into_iter().zip(batch) {
            to.assign(&features.row(*row));
        }
        input
    }

    /// Runs the net on the input.
    pub fn forward(&mut self, net: &Net) {
        for (index, layer) in net.layers.iter().enumerate() {
            let (before, after) = self.activations.split_at_mut(index + 1);
            let input = before[index].slice_axis(Axis(0), Slice::from(..self.rows));
            layer.forward(input, after[0].slice_axis_mut(Axis(0), Slice::from(..self.rows)));
        }
    }

    /// The output, and where the slopes of the loss by it belong before [`Self::backward`].
    pub fn output_and_slopes(&mut self) -> (ArrayView2<'_, f32>, ArrayViewMut2<'_, f32>) {
        let last = self.activations.len() - 1;
        let rows = Slice::from(..self.rows);
        (self.activations[last].slice_axis(Axis(0), rows), self.by_activation[last].slice_axis_mut(Axis(0), rows))
    }

    /// Slopes of the loss by all weights and biases, from those by the output.
    pub fn backward(&mut self, net: &Net) -> &[Layer] {
        let rows = Slice::from(..self.rows);
        for (index, layer) in net.layers.iter().enumerate().rev() {
            let (below, above) = self.by_activation.split_at_mut(index + 1);
            let mut slope = above[0].slice_axis_mut(Axis(0), rows);
            // Of the layers below, this was done where their slopes were made.
            if !layer.is_linear && index + 1 == net.layers.len() {
                cut_off(slope.view_mut(), self.activations[index + 1].slice_axis(Axis(0), rows));
            }
            let Layer { weight, bias, .. } = &mut self.slopes[index];
            let input = self.activations[index].slice_axis(Axis(0), rows);
            product(input.t(), slope.view(), weight.view_mut(), &|_, _| ());
            bias.fill(0.0);
            slope.rows().into_iter().for_each(|row| *bias += &row);
            if index > 0 {
                let is_linear = net.layers[index - 1].is_linear;
                let by_input = below[index].slice_axis_mut(Axis(0), rows);
                product(slope.view(), layer.weight.t(), by_input, &|part, [row, column]| {
                    if !is_linear {
                        let values = input.slice_axis(Axis(0), Slice::from(row..row + part.nrows()));
                        let columns = Slice::from(column..column + part.ncols());
                        cut_off(part, values.slice_axis(Axis(1), columns));
                    }
                });
            }
        }
        &self.slopes
    }
}

/// Nothing flows back through a value that was cut off.
fn cut_off(mut slopes: ArrayViewMut2<'_, f32>, values: ArrayView2<'_, f32>) {
    Zip::from(&mut slopes).and(&values).for_each(|slope, value| {
        *slope = if *value > 0.0 { *slope } else { 0.0 };
    });
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

/// Values that one thread moves at a time.
const SHARE: usize = 1 << 15;

impl Adam {
    /// With this learning rate.
    pub fn new(rate: f32) -> Self {
        Self { rate, step: 0, moments: Vec::new() }
    }

    /// Moves each array against its slope; always the same arrays in the same order.
    pub fn update<'a>(&mut self, pairs: impl Iterator<Item = (&'a mut [f32], &'a [f32])>) {
        self.step += 1;
        let mean_share = 1.0 - MEAN_DECAY.powi(self.step);
        let square_root = (1.0 - SQUARE_DECAY.powi(self.step)).sqrt();
        let (rate, least) = (self.rate * square_root / mean_share, LEAST * square_root);
        for (index, (values, slopes)) in pairs.enumerate() {
            if self.moments.len() <= index {
                self.moments.push((vec![0.0; values.len()], vec![0.0; values.len()]));
            }
            let (means, squares) = &mut self.moments[index];
            let shares = values.par_chunks_mut(SHARE).zip(slopes.par_chunks(SHARE));
            let moments = means.par_chunks_mut(SHARE).zip(squares.par_chunks_mut(SHARE));
            shares.zip(moments).for_each(|((values, slopes), (means, squares))| {
                for (((value, slope), mean), square) in values.iter_mut().zip(slopes).zip(means).zip(squares) {
                    *mean = MEAN_DECAY * *mean + (1.0 - MEAN_DECAY) * slope;
                    *square = SQUARE_DECAY * *square + (1.0 - SQUARE_DECAY) * slope * slope;
                    *value -= rate * *mean / (square.sqrt() + least);
                }
            });
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
