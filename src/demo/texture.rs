//! Periodic tiles of noise, made once: fur, floor and sensor noise are looked up instead of computed per pixel.

use rand::RngExt;
use rand_distr::StandardNormal;

use super::random::{Purpose, stream};

/// Texels along each side of a [`Tile`]; a power of two.
const SIDE: usize = 256;

/// A periodic picture of smooth noise with mean 0 and standard deviation 1.
#[derive(Debug)]
pub(super) struct Tile {
    texels: Vec<f32>,
}

impl Tile {
    /// Noise blurred by boxes of `2·radius + 1` texels, twice, along and across.
    pub(super) fn new(seed: u64, index: u64, radii: [usize; 2]) -> Self {
        let mut random = stream(seed, Purpose::Pixels, &[index]);
        let mut texels: Vec<f32> = (0..SIDE * SIDE).map(|_| random.sample(StandardNormal)).collect();
        for _ in 0..2 {
            texels = blurred(&texels, radii[0], 1);
            texels = blurred(&texels, radii[1], SIDE);
        }
        let mean = texels.iter().sum::<f32>() / texels.len() as f32;
        let variance = texels.iter().map(|texel| (texel - mean).powi(2)).sum::<f32>() / texels.len() as f32;
        let scale = 1.0 / variance.sqrt().max(1e-6);
        texels.iter_mut().for_each(|texel| *texel = (*texel - mean) * scale);
        Self { texels }
    }

    /// The value at a place in texels, linear between texels.
    pub(super) fn at(&self, x: f32, y: f32) -> f32 {
        let (column, row) = (x.floor(), y.floor());
        let (fx, fy) = (x - column, y - row);
        let wrap = |place: f32, step: usize| (place as i32 as usize).wrapping_add(step) & (SIDE - 1);
        let (left, right) = (wrap(column, 0), wrap(column, 1));
        let (above, below) = (wrap(row, 0) * SIDE, wrap(row, 1) * SIDE);
        let top = self.texels[above + left] * (1.0 - fx) + self.texels[above + right] * fx;
        let bottom = self.texels[below + left] * (1.0 - fx) + self.texels[below + right] * fx;
        top * (1.0 - fy) + bottom * fy
    }
}

/// A box blur along one axis, periodic; `stride` is 1 along rows and the side across them.
fn blurred(texels: &[f32], radius: usize, stride: usize) -> Vec<f32> {
    let mut result = vec![0.0; texels.len()];
    let across = if stride == 1 { SIDE } else { 1 };
    for line in 0..SIDE {
        let at = |place: usize| line * across + (place & (SIDE - 1)) * stride;
        for place in 0..SIDE {
            let window = 0..=2 * radius;
            let sum: f32 = window.map(|offset| texels[at(place + SIDE - radius + offset)]).sum();
            result[at(place)] = sum / (2 * radius + 1) as f32;
        }
    }
    result
}

/// A long list of independent normal values, read from random places so that no frame repeats another's noise.
#[derive(Debug)]
pub(super) struct NoiseList {
    values: Vec<f32>,
    /// The same values for a fixed standard deviation, in whole grey levels.
    levels: Vec<i8>,
}

impl NoiseList {
    const LENGTH: usize = 1 << 17;

    /// `level_sigma` is the standard deviation of [`NoiseList::levels`].
    pub(super) fn new(seed: u64, index: u64, level_sigma: f32) -> Self {
        let mut random = stream(seed, Purpose::Pixels, &[index]);
        let values: Vec<f32> = (0..Self::LENGTH).map(|_| random.sample(StandardNormal)).collect();
        let levels = values.iter().map(|value| (value * level_sigma).round().clamp(-100.0, 100.0) as i8).collect();
        Self { values, levels }
    }

    /// `count` values of standard deviation 1, from a place that `key` chooses; `count` is at most a picture's width.
    pub(super) fn values(&self, key: u64, count: usize) -> &[f32] {
        let start = Self::start(key, count);
        &self.values[start..start + count]
    }

    /// `count` whole grey levels, from a place that `key` chooses.
    pub(super) fn levels(&self, key: u64, count: usize) -> &[i8] {
        let start = Self::start(key, count);
        &self.levels[start..start + count]
    }

    fn start(key: u64, count: usize) -> usize {
        (key % (Self::LENGTH - count) as u64) as usize
    }
}
