//! Candidates: maxima of the filtered fluorescence that are no noise.

use super::background::Background;
use super::config::{DetectConfig, Scales};
use super::error::{DetectError, check_buffer};
use super::filter::{Filtered, difference_of_gaussians};
use super::noise::{noise_of_plane, quantisation_step, robust_spread, threshold_in_deviations};
use super::plane::Plane;
use super::trace::{Rejection, Trace};
use crate::model::Point2;
use crate::recording::frame::{GrayFrame, GrayPixels};

/// A maximum of the filtered picture.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Candidate {
    /// Column in the picture, px.
    pub(super) x: f64,
    /// Row in the picture, px.
    pub(super) y: f64,
    /// Height in the filtered picture, grey levels.
    pub(super) response: f32,
}

/// Candidates, highest first.
#[derive(Clone, Debug, Default)]
pub(super) struct Candidates {
    /// The maxima.
    pub(super) spots: Vec<Candidate>,
}

impl Candidates {
    /// Drops those whose place is not wanted, and gives them back.
    pub(super) fn keep(&mut self, wanted: impl Fn(f64, f64) -> bool) -> Vec<Candidate> {
        self.spots.extract_if(.., |spot| !wanted(spot.x, spot.y)).collect()
    }
}

/// A picture with its filtered version and its noise.
pub(super) struct Search<'a> {
    /// The picture.
    pub(super) frame: &'a GrayFrame,
    /// Static spots to subtract.
    pub(super) background: Option<&'a Background>,
    /// Settings.
    pub(super) config: &'a DetectConfig,
    /// Settings at this picture's width.
    pub(super) scales: Scales,
    /// The picture less its background, merged by `scales.bin`.
    pub(super) merged: Plane,
    /// The filtered picture.
    pub(super) filtered: Filtered,
    /// Least height of a spot in the filtered picture, grey levels.
    pub(super) threshold: f32,
    /// The same in standard deviations of white noise.
    pub(super) threshold_deviations: f32,
    /// Standard deviation of a pixel, as far as its noise is white, at least that of the quantisation.
    pub(super) pixel_noise: f32,
    /// Difference of neighbouring grey levels.
    pub(super) step: f32,
}

/// Maxima of at least this share of the threshold are told of where a person wants to know what was nearly a dot.
const NEARLY: f32 = 0.5;

/// Every how many values the noise is sampled, along each side: about 40,000 values of a large picture.
const NOISE_STRIDE: usize = 4;

impl<'a> Search<'a> {
    /// Filters a picture and measures its noise.
    pub(super) fn new(
        frame: &'a GrayFrame,
        background: Option<&'a Background>,
        config: &'a DetectConfig,
    ) -> Result<Self, DetectError> {
        check_buffer(frame, "fluorescence")?;
        if let Some(background) = background {
            background.check_size(frame)?;
        }
        let scales = config.scales(frame.width);
        let mut merged = Plane::from_frame(frame, scales.bin);
        if let Some(background) = background {
            background.subtract_from(&mut merged, scales.bin);
        }
        let filtered = difference_of_gaussians(&merged, scales.narrow_px, scales.wide_px, scales.bin);
        let step = quantisation_step(frame);
        let deviation = noise_of_plane(&filtered.response, NOISE_STRIDE);
        let area = f64::from(frame.width) * f64::from(frame.height);
        let factor = threshold_in_deviations(area, scales.narrow_px, config.false_alarms_per_image) as f32;
        // A Gaussian of deviation σ shrinks white noise to 1 / (2 σ √π).
        let pixel_noise =
            (deviation * (2.0 * scales.narrow_px * std::f64::consts::PI.sqrt()) as f32).max(step / 12f32.sqrt());
        let sensitivity = config.sensitivity as f32;
        let threshold = (factor * deviation).max(config.floor_steps as f32 * step) / sensitivity;
        Ok(Self {
            frame,
            background,
            config,
            scales,
            merged,
            filtered,
            threshold,
            threshold_deviations: factor / sensitivity,
            pixel_noise,
            step,
        })
    }

    /// The maxima above the threshold, highest first.
    pub(super) fn candidates(&self, trace: &mut Trace) -> Candidates {
        let lowest = if trace.is_on() { NEARLY * self.threshold } else { self.threshold };
        let mut spots = maxima(&self.filtered.response, lowest);
        // A picture that is no fluorescence may have thousands; fitting them would take minutes.
        spots.sort_by(|a, b| b.response.total_cmp(&a.response).then(a.y.total_cmp(&b.y)).then(a.x.total_cmp(&b.x)));
        let low = spots.split_off(spots.partition_point(|spot| spot.response > self.threshold));
        spots.truncate(4 * self.config.max_centroids);
        let contrast = self.config.least_contrast();
        let is_flat = |spot: &mut Candidate| spot.response < contrast * self.spread_around(spot.x, spot.y);
        let flat: Vec<Candidate> = spots.extract_if(.., is_flat).collect();
        for (refused, reason) in [(flat, Rejection::LowContrast), (low, Rejection::BelowThreshold)] {
            for spot in refused {
                self.note(trace, &self.in_picture(spot), reason);
            }
        }
        Candidates { spots: spots.into_iter().map(|spot| self.in_picture(spot)).collect() }
    }

    /// A candidate whose place is moved from the merged picture to the picture.
    fn in_picture(&self, spot: Candidate) -> Candidate {
        Candidate { x: self.picture_from_merged(spot.x), y: self.picture_from_merged(spot.y), ..spot }
    }

    /// Notes why a candidate is no dot.
    pub(super) fn note(&self, trace: &mut Trace, spot: &Candidate, reason: Rejection) {
        trace.note(Point2::new(spot.x, spot.y), f64::from(spot.response / self.threshold), reason);
    }

    /// Robust deviation of the filtered picture in a ring around a place, both in merged pixels.
    fn spread_around(&self, x: f64, y: f64) -> f32 {
        let plane = &self.filtered.response;
        let inner = 3.0 * self.filtered.narrow_sigma;
        let outer = 10.0 * self.filtered.narrow_sigma;
        let reach = outer.ceil() as i64;
        let mut values = Vec::with_capacity((4 * reach * reach) as usize);
        for dy in -reach..=reach {
            for dx in -reach..=reach {
                let radius = ((dx * dx + dy * dy) as f64).sqrt();
                let (column, row) = (x as i64 + dx, y as i64 + dy);
                let inside = (0..plane.width as i64).contains(&column) && (0..plane.height as i64).contains(&row);
                if inside && radius >= inner && radius <= outer {
                    values.push(plane.at(column as usize, row as usize));
                }
            }
        }
        robust_spread(&mut values).1
    }

    /// Where a coordinate of the merged picture lies in the picture.
    pub(super) fn picture_from_merged(&self, coordinate: f64) -> f64 {
        (coordinate + 0.5) * self.scales.bin as f64 - 0.5
    }

    /// Where a coordinate of the picture lies in the merged picture.
    pub(super) fn merged_from_picture(&self, coordinate: f64) -> f64 {
        (coordinate + 0.5) / self.scales.bin as f64 - 0.5
    }

    /// The grey level of a pixel inside the picture, less the background.
    pub(super) fn level(&self, x: usize, y: usize) -> f32 {
        let index = y * self.frame.width as usize + x;
        let level = match &self.frame.pixels {
            GrayPixels::U8(levels) => f32::from(levels[index]),
            GrayPixels::U16(levels) => f32::from(levels[index]),
        };
        match self.background {
            Some(background) => level - background.excess_at(x as f64, y as f64),
            None => level,
        }
    }
}

/// Values that are compared with the threshold at a time.
const RUN: usize = 32;

/// Maxima of a plane above a threshold, to a fraction of a value, in values of the plane. Border values count.
pub(super) fn maxima(plane: &Plane, threshold: f32) -> Vec<Candidate> {
    let mut found = Vec::new();
    for y in 0..plane.height {
        for (run, values) in plane.row(y).chunks(RUN).enumerate() {
            if !values.iter().fold(false, |any, value| any | (*value > threshold)) {
                continue;
            }
            for (offset, value) in values.iter().enumerate() {
                let x = run * RUN + offset;
                if *value > threshold && is_maximum(plane, x, y) {
                    found.push(interpolated(plane, x, y));
                }
            }
        }
    }
    found
}

/// Whether a value is the largest of its neighbourhood; of equal neighbours the first in reading order is.
fn is_maximum(plane: &Plane, x: usize, y: usize) -> bool {
    let value = plane.at(x, y);
    for row in y.saturating_sub(1)..(y + 2).min(plane.height) {
        for column in x.saturating_sub(1)..(x + 2).min(plane.width) {
            let other = plane.at(column, row);
            let earlier = (row, column) < (y, x);
            if other > value || (earlier && other == value) {
                return false;
            }
        }
    }
    true
}

/// A maximum, moved to the top of the parabolas through its neighbours.
fn interpolated(plane: &Plane, x: usize, y: usize) -> Candidate {
    let centre = plane.at(x, y);
    let offset = |before: Option<f32>, after: Option<f32>| -> f64 {
        let (Some(before), Some(after)) = (before, after) else { return 0.0 };
        let curvature = before - 2.0 * centre + after;
        if curvature < 0.0 { f64::from(0.5 * (before - after) / curvature).clamp(-0.5, 0.5) } else { 0.0 }
    };
    let at = |x: Option<usize>, y: Option<usize>| {
        let (x, y) = (x?, y?);
        (x < plane.width && y < plane.height).then(|| plane.at(x, y))
    };
    Candidate {
        x: x as f64 + offset(at(x.checked_sub(1), Some(y)), at(Some(x + 1), Some(y))),
        y: y as f64 + offset(at(Some(x), y.checked_sub(1)), at(Some(x), Some(y + 1))),
        response: centre,
    }
}
