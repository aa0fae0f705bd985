//! The difference of Gaussians: narrow minus wide blur of a picture.
//!
//! The narrow blur is separable; the wide one is taken at a coarse resolution and interpolated, its widths chosen so that
//! merging, blurring and interpolating together have the wanted standard deviation.

use super::plane::Plane;

/// Variance that merging `factor` pixels into their mean adds, px².
fn merging_variance(factor: usize) -> f64 {
    ((factor * factor) as f64 - 1.0) / 12.0
}

/// Weights of a Gaussian, the centre first, summing to one over both sides; beyond `reach` deviations there is nothing.
fn gaussian_weights(sigma: f64, reach: f64) -> Vec<f32> {
    let radius = (sigma * reach).round().max(1.0) as usize;
    let weight = |offset: usize| (-0.5 * (offset as f64 / sigma.max(1e-3)).powi(2)).exp();
    let sum = 1.0 + 2.0 * (1..=radius).map(weight).sum::<f64>();
    (0..=radius).map(|offset| (weight(offset) / sum) as f32).collect()
}

/// Blurs a row whose `radius` values on each side are already repeated into `padded`.
fn blur_row(padded: &[f32], weights: &[f32], out: &mut [f32]) {
    let radius = weights.len() - 1;
    let width = out.len();
    let centre = &padded[radius..radius + width];
    for (value, centre) in out.iter_mut().zip(centre) {
        *value = weights[0] * centre;
    }
    for (offset, weight) in weights.iter().enumerate().skip(1) {
        let left = &padded[radius - offset..radius - offset + width];
        let right = &padded[radius + offset..radius + offset + width];
        for ((value, left), right) in out.iter_mut().zip(left).zip(right) {
            *value += weight * (left + right);
        }
    }
}

/// Copies a row with its ends repeated `radius` times.
fn pad_row(row: &[f32], radius: usize, padded: &mut Vec<f32>) {
    padded.clear();
    let (first, last) = (row.first().copied().unwrap_or(0.0), row.last().copied().unwrap_or(0.0));
    padded.resize(radius, first);
    padded.extend_from_slice(row);
    padded.resize(row.len() + 2 * radius, last);
}

/// Blurs by a Gaussian and hands each finished row to `finish(y, row)`. Needs memory for a few rows only.
fn blurred_rows(plane: &Plane, weights: &[f32], mut finish: impl FnMut(usize, &[f32])) {
    let radius = weights.len() - 1;
    let (width, height) = (plane.width, plane.height);
    let ring_len = 2 * radius + 1;
    let mut ring = vec![0.0f32; ring_len * width];
    let mut padded = Vec::with_capacity(width + 2 * radius);
    let mut out = vec![0.0f32; width];
    let mut filled = 0;
    for y in 0..height {
        while filled < height && filled <= y + radius {
            pad_row(plane.row(filled), radius, &mut padded);
            let slot = filled % ring_len;
            blur_row(&padded, weights, &mut ring[slot * width..(slot + 1) * width]);
            filled += 1;
        }
        let row_of = |y: usize| {
            let slot = y % ring_len;
            &ring[slot * width..(slot + 1) * width]
        };
        for (value, centre) in out.iter_mut().zip(row_of(y)) {
            *value = weights[0] * centre;
        }
        for (offset, weight) in weights.iter().enumerate().skip(1) {
            let above = row_of(y.saturating_sub(offset));
            let below = row_of((y + offset).min(height - 1));
            for ((value, above), below) in out.iter_mut().zip(above).zip(below) {
                *value += weight * (above + below);
            }
        }
        finish(y, &out);
    }
}

/// A Gaussian blur.
pub(super) fn blurred(plane: &Plane, sigma: f64) -> Plane {
    let mut out = Plane::zeros(plane.width, plane.height);
    blurred_rows(plane, &gaussian_weights(sigma, 3.0), |y, row| out.row_mut(y).copy_from_slice(row));
    out
}

/// A wide blur, kept at its own coarse resolution.
#[derive(Clone, Debug)]
pub(super) struct Surroundings {
    /// Means over `factor` × `factor` values of the fine plane, blurred.
    coarse: Plane,
    pub(super) factor: usize,
}

impl Surroundings {
    /// How many values of a fine plane, along each side, a wide blur may merge: the blur must stay Gaussian, so its
    /// standard deviation spans at least 2.2 merged values.
    pub(super) fn factor_for(wide_sigma: f64) -> usize {
        let mut factor = 1;
        while factor < 64 && wide_sigma >= 2.2 * (2 * factor) as f64 {
            factor *= 2;
        }
        factor
    }

    /// Blurs what [`Plane::merged`] made of the fine plane with `factor`, to `wide_sigma` fine values in total.
    pub(super) fn new(merged: &Plane, factor: usize, wide_sigma: f64) -> Self {
        let interpolation_variance = if factor > 1 { (factor * factor) as f64 / 6.0 } else { 0.0 };
        let rest = wide_sigma * wide_sigma - merging_variance(factor) - interpolation_variance;
        let sigma = rest.max(0.25).sqrt() / factor as f64;
        Self { coarse: blurred(merged, sigma), factor }
    }

    /// The blur at a place of the fine plane.
    pub(super) fn sample(&self, x: f64, y: f64) -> f32 {
        let factor = self.factor as f64;
        self.coarse.sample((x + 0.5) / factor - 0.5, (y + 0.5) / factor - 0.5)
    }

    /// Subtracts row `y` of the blur, at fine resolution, from `row` into `out`. `scratch` is reused between rows.
    fn subtract_row(&self, y: usize, row: &[f32], out: &mut [f32], scratch: &mut Vec<f32>) {
        let factor = self.factor;
        let place = ((y as f64 + 0.5) / factor as f64 - 0.5).clamp(0.0, (self.coarse.height - 1) as f64);
        let top = place as usize;
        let bottom = (top + 1).min(self.coarse.height - 1);
        let share = (place - top as f64) as f32;
        // One value of the border is repeated on each side, so that all inner columns interpolate alike.
        scratch.clear();
        let mixed = self.coarse.row(top).iter().zip(self.coarse.row(bottom)).map(|(a, b)| a + (b - a) * share);
        scratch.push(0.0);
        scratch.extend(mixed);
        scratch[0] = scratch[1];
        scratch.push(scratch[scratch.len() - 1]);
        let half = factor / 2;
        if factor == 1 {
            for ((out, value), wide) in out.iter_mut().zip(row).zip(&scratch[1..]) {
                *out = value - wide;
            }
            return;
        }
        // Fine columns x with (x + half) / factor = cell lie between coarse columns cell − 1 and cell.
        let mut x = 0;
        let mut cell = 0;
        while x < row.len() {
            let stop = ((cell + 1) * factor - half).min(row.len());
            let (left, right) = (scratch[cell.min(scratch.len() - 1)], scratch[(cell + 1).min(scratch.len() - 1)]);
            let step = (right - left) / factor as f32;
            let first = left + step * (0.5 + (x + half - cell * factor) as f32);
            for (index, (out, value)) in out[x..stop].iter_mut().zip(&row[x..stop]).enumerate() {
                *out = value - (first + step * index as f32);
            }
            x = stop;
            cell += 1;
        }
    }
}

/// A picture filtered by a difference of Gaussians, at its (merged) resolution.
#[derive(Clone, Debug)]
pub(super) struct Filtered {
    /// Narrow minus wide blur.
    pub(super) response: Plane,
    /// The wide blur.
    pub(super) surroundings: Surroundings,
    /// The plane at the wide blur's resolution, before that blur.
    pub(super) coarse: Plane,
    /// The wide blur's standard deviation, in values of the plane.
    pub(super) wide_sigma: f64,
    /// The narrow blur's standard deviation with merging counted in, in values of the plane.
    pub(super) narrow_sigma: f64,
    /// The blur that makes it, merging apart, in values of the plane.
    pub(super) narrow_rest: f64,
}

/// Filters a plane whose values are `bin` merged pixels; the deviations are in pixels of the picture.
pub(super) fn difference_of_gaussians(plane: &Plane, narrow_px: f64, wide_px: f64, bin: usize) -> Filtered {
    let bin_px = bin as f64;
    let narrow_rest = ((narrow_px * narrow_px - merging_variance(bin)).max(0.04)).sqrt() / bin_px;
    let wide = wide_px / bin_px;
    let factor = Surroundings::factor_for(wide);
    let coarse = plane.merged(factor);
    let surroundings = Surroundings::new(&coarse, factor, wide);
    let mut response = Plane::zeros(plane.width, plane.height);
    let mut scratch = Vec::new();
    blurred_rows(plane, &gaussian_weights(narrow_rest, 2.7), |y, row| {
        surroundings.subtract_row(y, row, response.row_mut(y), &mut scratch);
    });
    Filtered { response, surroundings, coarse, wide_sigma: wide, narrow_sigma: narrow_px / bin_px, narrow_rest }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Standard deviation of the spot that a single bright pixel becomes.
    fn spread(plane: &Plane) -> f64 {
        let (mut mass, mut moment, mut mean) = (0.0, 0.0, 0.0);
        for y in 0..plane.height {
            for x in 0..plane.width {
                let value = f64::from(plane.at(x, y));
                mass += value;
                mean += value * x as f64;
                moment += value * (x * x) as f64;
            }
        }
        (moment / mass - (mean / mass).powi(2)).sqrt()
    }

    #[test]
    fn blurs_have_the_asked_width_and_keep_the_mass() {
        let mut plane = Plane::zeros(200, 180);
        plane.row_mut(90)[100] = 1000.0;
        let narrow = blurred(&plane, 1.5);
        assert!((spread(&narrow) - 1.5).abs() < 0.05, "{}", spread(&narrow));
        assert!((narrow.data.iter().sum::<f32>() - 1000.0).abs() < 1.0);
        for wide_sigma in [6.0, 10.0, 20.0] {
            let factor = Surroundings::factor_for(wide_sigma);
            let wide = Surroundings::new(&plane.merged(factor), factor, wide_sigma);
            let mut fine = Plane::zeros(200, 180);
            let zeros = vec![0.0; 200];
            let mut scratch = Vec::new();
            for y in 0..180 {
                wide.subtract_row(y, &zeros, fine.row_mut(y), &mut scratch);
                for x in [0, 1, 50, 99, 100, 101, 150, 199] {
                    assert!((fine.at(x, y) + wide.sample(x as f64, y as f64)).abs() < 1e-4);
                }
            }
            assert!((spread(&fine) / wide_sigma - 1.0).abs() < 0.06, "{wide_sigma}: {}", spread(&fine));
        }
    }

    #[test]
    fn flat_pictures_and_tiny_ones_give_zero() {
        for (width, height) in [(1, 1), (3, 1), (1, 7), (37, 23)] {
            for bin in [1, 2] {
                let plane = Plane { width, height, data: vec![9.0; width * height] };
                let filtered = difference_of_gaussians(&plane, 3.0, 20.0, bin);
                assert!(filtered.response.data.iter().all(|value| value.abs() < 1e-4), "{width}×{height}");
            }
        }
        assert!(difference_of_gaussians(&Plane::zeros(0, 0), 3.0, 20.0, 2).response.data.is_empty());
    }
}
