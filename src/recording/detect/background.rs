//! What stays in a camera's fluorescence while the animal is elsewhere: fixed reflections, scratches, glowing edges.
//!
//! A pixel's background is a low percentile over those sampled pictures in which the animal was elsewhere; where the
//! animal hardly left, nothing is known and nothing is subtracted. So a resting animal keeps its dots. Only fine bright
//! structure is kept: what is smooth, the difference of Gaussians removes anyway, and subtracting it would draw an edge
//! around every place that is not known.

use super::config::{DetectConfig, Scales};
use super::error::{DetectError, check_size};
use super::filter::{Surroundings, blurred};
use super::mask::grow;
use super::noise::{quantisation_step, robust_spread};
use super::plane::Plane;
use crate::model::{Crop, Point2};
use crate::recording::frame::{GrayFrame, GrayPixels};

/// Fine static structure of a fluorescence channel, to subtract.
#[derive(Clone, Debug, PartialEq)]
pub struct Background {
    size_px: [u32; 2],
    /// Side of the square of pixels that a merged pixel stands for.
    bin: usize,
    /// Grey levels above the smooth part, in merged pixels.
    excess: Plane,
}

/// A sampled fluorescence picture, kept small: merged and in 16 bits.
pub(super) struct FluorescenceSample {
    levels: Vec<u16>,
    /// Where the animal was, if that is known.
    pub(super) animal: Option<Crop>,
}

/// Fractions of a grey level that a sample of an 8-bit picture keeps.
const FRACTIONS_OF_8_BIT: f32 = 64.0;

fn fractions(frame: &GrayFrame) -> f32 {
    match &frame.pixels {
        GrayPixels::U8(_) => FRACTIONS_OF_8_BIT,
        GrayPixels::U16(_) => 1.0,
    }
}

impl FluorescenceSample {
    /// Keeps a merged picture.
    pub(super) fn new(frame: &GrayFrame, merged: &Plane) -> Self {
        let scale = fractions(frame);
        Self { levels: merged.data.iter().map(|value| (value * scale).round() as u16).collect(), animal: None }
    }
}

impl Background {
    /// Builds the background from samples that have the format of `frame`; `None` where nothing is known or nothing
    /// stands out.
    pub(super) fn from_samples(
        samples: &[FluorescenceSample],
        frame: &GrayFrame,
        config: &DetectConfig,
    ) -> Option<Self> {
        let scales = config.scales(frame.width);
        let (width, height) = (frame.width as usize, frame.height as usize);
        let (width, height) = (width.div_ceil(scales.bin), height.div_ceil(scales.bin));
        let samples: Vec<&FluorescenceSample> =
            samples.iter().filter(|sample| sample.animal.is_some() && sample.levels.len() == width * height).collect();
        if samples.len() < config.background_min_samples.max(1) {
            return None;
        }
        let (level, known) = low_percentile(&samples, width, height, &scales, config);
        let mut level = level;
        level.data.iter_mut().for_each(|value| *value /= fractions(frame));
        let excess = fine_structure(&level, &known, &scales, quantisation_step(frame))?;
        Some(Self { size_px: frame.size_px(), bin: scales.bin, excess })
    }

    /// Refuses a picture of another size.
    pub(super) fn check_size(&self, frame: &GrayFrame) -> Result<(), DetectError> {
        check_size(frame, self.size_px, "fluorescence")
    }

    /// Subtracts it from a picture merged by `bin`, a power of two as its own.
    pub(super) fn subtract_from(&self, merged: &mut Plane, bin: usize) {
        if bin < self.bin {
            let picture = |index: usize| (index as f64 + 0.5) * bin as f64 - 0.5;
            for y in 0..merged.height {
                for (x, value) in merged.row_mut(y).iter_mut().enumerate() {
                    *value -= self.excess_at(picture(x), picture(y));
                }
            }
            return;
        }
        let coarser = (bin > self.bin).then(|| self.excess.merged(bin / self.bin));
        let excess = coarser.as_ref().unwrap_or(&self.excess);
        for (value, excess) in merged.data.iter_mut().zip(&excess.data) {
            *value -= excess;
        }
    }

    /// What it subtracts at a place of the picture, grey levels.
    pub(super) fn excess_at(&self, x: f64, y: f64) -> f32 {
        let merged = |coordinate: f64| (coordinate + 0.5) / self.bin as f64 - 0.5;
        self.excess.sample(merged(x), merged(y))
    }

    /// Share of the picture in which it subtracts something.
    pub fn coverage(&self) -> f64 {
        let covered = self.excess.data.iter().filter(|excess| **excess > 0.0).count();
        covered as f64 / self.excess.data.len().max(1) as f64
    }
}

/// The low percentile per merged pixel over the samples whose animal was elsewhere, and whether there were enough.
fn low_percentile(
    samples: &[&FluorescenceSample],
    width: usize,
    height: usize,
    scales: &Scales,
    config: &DetectConfig,
) -> (Plane, Vec<bool>) {
    let mut level = Plane::zeros(width, height);
    let mut known = vec![false; width * height];
    let mut values: Vec<u16> = Vec::with_capacity(samples.len());
    let picture = |index: usize| (index as f64 + 0.5) * scales.bin as f64 - 0.5;
    for y in 0..height {
        for x in 0..width {
            let place = Point2::new(picture(x), picture(y));
            let index = y * width + x;
            values.clear();
            let elsewhere = samples.iter().filter(|sample| sample.animal.is_some_and(|animal| !animal.contains(place)));
            values.extend(elsewhere.map(|sample| sample.levels[index]));
            if values.len() >= config.background_min_samples.max(1) {
                let rank = ((values.len() - 1) as f64 * config.background_percentile.clamp(0.0, 1.0)) as usize;
                level.data[index] = f32::from(*values.select_nth_unstable(rank).1);
                known[index] = true;
            }
        }
    }
    (level, known)
}

/// Least height of static structure over the noise of the background itself.
const LEAST_DEVIATIONS: f32 = 6.0;

/// What of the known level stands above its smooth part; `None` where nothing does.
fn fine_structure(level: &Plane, known: &[bool], scales: &Scales, step: f32) -> Option<Plane> {
    let bin = scales.bin as f64;
    let above = above_smooth(level, known, known, scales);
    let narrow = blurred(&above, scales.narrow_px / bin);
    let mut sampled: Vec<f32> = narrow.data.iter().step_by(7).copied().collect();
    let least = (LEAST_DEVIATIONS * robust_spread(&mut sampled).1).max(step);
    let stands_out: Vec<bool> = narrow.data.iter().map(|value| *value > least).collect();
    if !stands_out.contains(&true) {
        return None;
    }
    let reach = (2.0 * scales.narrow_px / bin).ceil() as usize;
    let structure = grow(&stands_out, level.width, level.height, reach);
    // What stands out has lifted the smooth part around it; the second time it does not take part.
    let plain: Vec<bool> = known.iter().zip(&structure).map(|(known, structure)| *known && !structure).collect();
    let mut excess = above_smooth(level, known, &plain, scales);
    for (value, keep) in excess.data.iter_mut().zip(structure) {
        *value = if keep { value.max(0.0) } else { 0.0 };
    }
    Some(excess)
}

/// The level less a wide blur of its `smooth_from` pixels, where it is known.
fn above_smooth(level: &Plane, known: &[bool], smooth_from: &[bool], scales: &Scales) -> Plane {
    let wide = scales.wide_px / scales.bin as f64;
    let factor = Surroundings::factor_for(wide);
    let mut weights = Plane::zeros(level.width, level.height);
    let mut weighted = Plane::zeros(level.width, level.height);
    for (index, _) in smooth_from.iter().enumerate().filter(|(_, counts)| **counts) {
        weights.data[index] = 1.0;
        weighted.data[index] = level.data[index];
    }
    let smooth = Surroundings::new(&weighted.merged(factor), factor, wide);
    let support = Surroundings::new(&weights.merged(factor), factor, wide);
    let mut above = Plane::zeros(level.width, level.height);
    for y in 0..level.height {
        for x in 0..level.width {
            let weight = support.sample(x as f64, y as f64);
            if known[y * level.width + x] && weight > LEAST_SUPPORT {
                above.row_mut(y)[x] = level.at(x, y) - smooth.sample(x as f64, y as f64) / weight;
            }
        }
    }
    above
}

/// Share of a pixel's surroundings that must be known before its smooth part is.
const LEAST_SUPPORT: f32 = 0.1;
