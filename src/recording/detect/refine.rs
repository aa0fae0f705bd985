//! From candidates to spots: joint fits, a cleaner view of the surroundings, and a second look at what is left over.

use super::candidates::{Candidates, Search};
use super::filter::Surroundings;
use super::fit::{Fit, FitLimits, Patch, SPOTS_MAX, Spot, fit_spots};
use super::noise::robust_spread;
use super::trace::{Rejection, Trace};
use crate::model::Point2;

/// A fitted dot.
#[derive(Clone, Copy, Debug)]
pub(super) struct Found {
    /// The spot.
    pub(super) spot: Spot,
    /// Its height over the noise of a pixel.
    pub(super) snr: f64,
}

/// Fits the candidates, splits what touches, adds what was hidden.
///
/// The first fit takes the wide blur as it is, which the spots themselves have lifted; later ones take it without them.
pub(super) fn refine(search: &Search<'_>, candidates: &Candidates, trace: &mut Trace) -> Vec<Found> {
    let narrow = search.scales.narrow_px;
    let start = candidates.spots.iter().map(|candidate| {
        // A spot as wide as the narrow Gaussian loses half of its height in the filter.
        Spot { x: candidate.x, y: candidate.y, peak: 2.0 * f64::from(candidate.response), sigma: 0.8 * narrow }
    });
    let mut model = Model::new(search, start.collect());
    // A window that shows little of a wide spot cannot tell its width from the level around it.
    let window = 3.0 * narrow + 2.0;
    let sigma_max = std::mem::replace(&mut model.limits.sigma_max, 0.6 * window);
    model.fit_all(|_| window);
    model.limits.sigma_max = sigma_max;
    model.drop_lost(trace);
    model.clean_surroundings();
    model.fit_all(fit_radius);
    model.drop_lost(trace);
    for _ in 0..SECOND_LOOKS {
        if !(model.split_touching() | model.add_hidden()) {
            break;
        }
        model.clean_surroundings();
        model.fit_all(fit_radius);
        model.drop_lost(trace);
    }
    model.found(trace)
}

/// How far around a spot its pixels are fitted: 3.5 deviations hold all of it and enough of its surroundings.
pub(super) fn fit_radius(spot: &Spot) -> f64 {
    3.5 * spot.sigma + 1.5
}

/// The usual deviation of a dot over the narrow Gaussian's: 1.4 to 1.5 on simulated recordings of 640 and 1024 px.
pub(super) const USUAL_WIDTH: f64 = 1.4;

/// Standard deviation of the logarithmic width among dots: dots under skin are up to twice as wide as bare ones.
const WIDTH_SPREAD: f64 = 0.35;

/// Independent pixels are fewer than pixels: video compression makes the noise of neighbours alike. The fits count the
/// noise's variance this many times where it stands against the usual width.
const PIXELS_PER_INDEPENDENT_ONE: f64 = 4.0;

/// Rounds of splitting and adding: a close group of four needs two.
const SECOND_LOOKS: usize = 2;

/// Pixels that a robust deviation needs to be good to about a fifth.
const LEAST_NOISE_PIXELS: usize = 16;

/// Of a group whose narrowest spot is `n` times this many narrow Gaussians wide, every `n`-th pixel of every `n`-th row is
/// fitted. No dot is that wide; glow and noise are, and all their pixels would take milliseconds each.
const COARSE_WIDTH: f64 = 1.5;

/// Spots nearer than this many times the sum of their deviations are fitted together.
const TOUCHING: f64 = 2.2;

/// All spots of a picture, with what surrounds them.
pub(super) struct Model<'a> {
    /// The picture.
    pub(super) search: &'a Search<'a>,
    /// The wide blur that is subtracted before fitting.
    pub(super) surroundings: Surroundings,
    /// The spots.
    pub(super) spots: Vec<Spot>,
    /// Noise of a pixel around each spot.
    pub(super) noise: Vec<f64>,
    limits: FitLimits,
}

impl<'a> Model<'a> {
    fn new(search: &'a Search<'a>, spots: Vec<Spot>) -> Self {
        let narrow = search.scales.narrow_px;
        let limits = FitLimits {
            sigma_min: (0.25 * narrow).max(0.35),
            sigma_max: 0.7 * search.scales.wide_px,
            shift_max: 1.5 * narrow,
            sigma_usual: USUAL_WIDTH * narrow,
            sigma_cost: 0.0,
        };
        let noise = vec![f64::from(search.pixel_noise); spots.len()];
        Self { search, surroundings: search.filtered.surroundings.clone(), spots, noise, limits }
    }

    /// Fits every group of touching spots, the others subtracted.
    fn fit_all(&mut self, radius_of: impl Fn(&Spot) -> f64) {
        for group in self.groups() {
            let start: Vec<Spot> = group.iter().map(|index| self.spots[*index]).collect();
            let radii: Vec<f64> = start.iter().map(&radius_of).collect();
            let patch = self.patch(&group, &start, &radii);
            let variance = group.iter().map(|index| self.noise[*index].powi(2)).fold(0.0, f64::max);
            let fit = fit_spots(&patch, &start, &self.limits(variance));
            for ((index, spot), radius) in group.iter().zip(&fit.spots).zip(&radii) {
                self.spots[*index] = *spot;
                self.noise[*index] = self.noise_of(&patch, &fit, spot, *radius);
            }
        }
    }

    /// The limits of a fit among noise of that variance.
    pub(super) fn limits(&self, variance: f64) -> FitLimits {
        FitLimits { sigma_cost: PIXELS_PER_INDEPENDENT_ONE * variance / (WIDTH_SPREAD * WIDTH_SPREAD), ..self.limits }
    }

    /// Spots that touch one another, directly or through others; a larger group than can be fitted at once comes in parts,
    /// each of which is fitted with the rest subtracted.
    pub(super) fn groups(&self) -> Vec<Vec<usize>> {
        let mut free: Vec<usize> = (0..self.spots.len()).collect();
        let mut groups = Vec::new();
        while let Some(first) = free.first().copied() {
            free.remove(0);
            let mut group = vec![first];
            let mut next = 0;
            while next < group.len() && group.len() < SPOTS_MAX {
                let member = self.spots[group[next]];
                free.retain(|index| {
                    let other = &self.spots[*index];
                    let touches = member.distance(other) < TOUCHING * (member.sigma + other.sigma);
                    let joins = touches && group.len() < SPOTS_MAX;
                    if joins {
                        group.push(*index);
                    }
                    !joins
                });
                next += 1;
            }
            groups.push(group);
        }
        groups
    }

    /// The pixels around some spots, less the surroundings and all spots that are not in `group`.
    pub(super) fn patch(&self, group: &[usize], spots: &[Spot], radii: &[f64]) -> Patch {
        let (width, height) = (self.search.frame.width as usize, self.search.frame.height as usize);
        let span = |centre: fn(&Spot) -> f64, count: usize| {
            let places = || spots.iter().zip(radii);
            let low = places().map(|(spot, radius)| centre(spot) - radius).fold(f64::INFINITY, f64::min);
            let high = places().map(|(spot, radius)| centre(spot) + radius).fold(f64::NEG_INFINITY, f64::max);
            let first = (low.ceil().max(0.0) as usize).min(count.saturating_sub(1));
            let last = (high.floor().max(0.0) as usize).min(count.saturating_sub(1));
            (first, last + 1 - first.min(last))
        };
        let (x, columns) = span(|spot| spot.x, width);
        let (y, rows) = span(|spot| spot.y, height);
        let mut patch = Patch { x, y, width: columns, height: rows, ..Patch::default() };
        let others: Vec<&Spot> = self
            .spots
            .iter()
            .enumerate()
            .filter(|(index, _)| !group.contains(index))
            .map(|(_, other)| other)
            .filter(|other| {
                let reach = 4.0 * other.sigma;
                spots.iter().zip(radii).any(|(spot, radius)| spot.distance(other) < radius + reach)
            })
            .collect();
        let ceiling = self.saturation(&patch);
        let narrowest = spots.iter().map(|spot| spot.sigma).fold(f64::INFINITY, f64::min);
        let stride = ((narrowest / (COARSE_WIDTH * self.search.scales.narrow_px)) as usize).max(1);
        for row in y..y + rows {
            for column in x..x + columns {
                let (px, py) = (column as f64, row as f64);
                let inside = spots
                    .iter()
                    .zip(radii)
                    .any(|(spot, radius)| (px - spot.x).powi(2) + (py - spot.y).powi(2) <= radius * radius);
                let mut level = self.search.level(column, row);
                let taken = row.is_multiple_of(stride) && column.is_multiple_of(stride);
                let usable = inside && taken && ceiling.is_none_or(|ceiling| level < ceiling);
                if usable {
                    let (mx, my) = (self.search.merged_from_picture(px), self.search.merged_from_picture(py));
                    let near: f64 = others.iter().map(|other| other.at(px, py)).sum();
                    level -= self.surroundings.sample(mx, my) + near as f32;
                }
                patch.levels.push(if usable { level } else { 0.0 });
                patch.used.push(usable);
            }
        }
        patch
    }

    /// The level at which the camera saturates, where several pixels of the patch stand at it: a level is taken for it
    /// when it is the largest of some number of bits.
    fn saturation(&self, patch: &Patch) -> Option<f32> {
        if self.search.background.is_some() {
            return None;
        }
        let mut highest = 0.0f32;
        let mut count = 0;
        for y in patch.y..patch.y + patch.height {
            for x in patch.x..patch.x + patch.width {
                let level = self.search.level(x, y);
                if level > highest {
                    (highest, count) = (level, 1);
                } else if level == highest {
                    count += 1;
                }
            }
        }
        let bound = highest as u32 + self.search.step as u32;
        (count >= 3 && bound >= 256 && bound.is_power_of_two()).then_some(highest)
    }

    /// Robust deviation of what a fit leaves around a spot, away from brighter ones, at least that of the picture's
    /// quantisation.
    fn noise_of(&self, patch: &Patch, fit: &Fit, spot: &Spot, radius: f64) -> f64 {
        let mut rest = Vec::with_capacity(patch.levels.len());
        let mut near = Vec::with_capacity(patch.levels.len());
        patch.for_each_used(|x, y, index| {
            let value: f64 = fit.spots.iter().map(|spot| spot.at(x, y)).sum();
            let left = patch.levels[index] - (value + fit.level) as f32;
            rest.push(left);
            let own = spot.at(x, y);
            if (x - spot.x).hypot(y - spot.y) <= radius && value - own < 0.2 * spot.peak {
                near.push(left);
            }
        });
        let chosen = if near.len() >= LEAST_NOISE_PIXELS { &mut near } else { &mut rest };
        f64::from(robust_spread(chosen).1).max(f64::from(self.search.step) / 12f64.sqrt())
    }

    /// Drops spots that vanished in the fit, and of two that became one the lower.
    fn drop_lost(&mut self, trace: &mut Trace) {
        let lost = |index: usize| {
            let spot = &self.spots[index];
            let doubled = self.spots.iter().enumerate().any(|(other_index, other)| {
                let stronger = (other.peak, index) > (spot.peak, other_index);
                other_index != index && stronger && spot.distance(other) < 0.45 * (spot.sigma + other.sigma)
            });
            let height = self.search.filtered_peak(spot);
            if !height.is_finite() || height < 0.5 * f64::from(self.search.threshold) {
                Some(Some(Rejection::Faint))
            } else if spot.sigma >= 0.98 * self.limits.sigma_max {
                Some(Some(Rejection::TooLarge))
            } else {
                doubled.then_some(None)
            }
        };
        let lost: Vec<Option<Option<Rejection>>> = (0..self.spots.len()).map(lost).collect();
        for (spot, lost) in self.spots.iter().zip(&lost) {
            // One that became another is no spot of its own, and nothing to tell of.
            if let Some(Some(reason)) = lost {
                self.search.note_spot(trace, spot, *reason);
            }
        }
        let mut kept = lost.iter();
        self.spots.retain(|_| kept.next().is_some_and(Option::is_none));
        let mut kept = lost.iter();
        self.noise.retain(|_| kept.next().is_some_and(Option::is_none));
    }

    /// Blurs the picture widely again, this time without the spots.
    fn clean_surroundings(&mut self) {
        let filtered = &self.search.filtered;
        let mut coarse = filtered.coarse.clone();
        let cell = (self.surroundings.factor * self.search.scales.bin) as f64;
        for spot in &self.spots {
            let reach = 4.0 * spot.sigma + cell;
            let range = |centre: f64, count: usize| {
                let first = ((centre - reach + 0.5) / cell).floor().max(0.0) as usize;
                let last = ((centre + reach + 0.5) / cell).ceil().max(0.0) as usize;
                first.min(count)..last.min(count)
            };
            let share =
                |index: usize, centre: f64| mean_of_profile(index as f64 * cell - 0.5, cell, centre, spot.sigma);
            let columns = range(spot.x, coarse.width);
            let across: Vec<f64> = columns.clone().map(|column| share(column, spot.x)).collect();
            for row in range(spot.y, coarse.height) {
                let down = spot.peak * share(row, spot.y);
                for (value, across) in coarse.row_mut(row)[columns.clone()].iter_mut().zip(&across) {
                    *value -= (down * across) as f32;
                }
            }
        }
        self.surroundings = Surroundings::new(&coarse, self.surroundings.factor, filtered.wide_sigma);
    }

    /// The spots that are dots: high enough for the whole picture's noise and for that around them, and centred in the
    /// picture.
    fn found(self, trace: &mut Trace) -> Vec<Found> {
        let search = self.search;
        let (width, height) = (f64::from(search.frame.width), f64::from(search.frame.height));
        let found =
            self.spots.iter().zip(&self.noise).map(|(spot, noise)| Found { spot: *spot, snr: spot.peak / noise });
        let mut dots = Vec::new();
        for found in found {
            let spot = &found.spot;
            let certainty = found.snr * spot.sigma * CERTAINTY_PER_SNR;
            let inside = spot.x > -1.0 && spot.y > -1.0 && spot.x < width && spot.y < height;
            let is_certain = search.filtered_peak(spot) >= 0.7 * f64::from(search.threshold)
                && certainty >= LEAST_CERTAINTY * f64::from(search.threshold_deviations);
            if is_certain && inside {
                dots.push(found);
            } else if inside {
                search.note_found(trace, &found, Rejection::Faint);
            }
        }
        dots
    }
}

impl Search<'_> {
    /// The height that a spot has in the filtered picture.
    fn filtered_peak(&self, spot: &Spot) -> f64 {
        let (square, narrow) = (spot.sigma * spot.sigma, self.scales.narrow_px);
        spot.peak * square / (square + narrow * narrow)
    }

    fn note_spot(&self, trace: &mut Trace, spot: &Spot, reason: Rejection) {
        trace.note(Point2::new(spot.x, spot.y), self.filtered_peak(spot) / f64::from(self.threshold), reason);
    }

    /// Notes why a fitted spot is no dot.
    pub(super) fn note_found(&self, trace: &mut Trace, found: &Found, reason: Rejection) {
        self.note_spot(trace, &found.spot, reason);
    }
}

/// The height of a spot of deviation σ px, fitted among white noise, over that height's own standard deviation is its
/// signal-to-noise ratio × σ × √(π / 2).
const CERTAINTY_PER_SNR: f64 = 1.2533;

/// Least certainty of a spot, as a share of the threshold that the filtered picture had to pass: noise around it may be
/// stronger than that of the whole picture, and a spot's neighbours cost it some certainty.
const LEAST_CERTAINTY: f64 = 0.85;

/// Mean of exp(−(x − centre)² / 2σ²) over `length` px from `start`, from one sample per pixel.
fn mean_of_profile(start: f64, length: f64, centre: f64, sigma: f64) -> f64 {
    let count = length.round().max(1.0) as usize;
    let value = |index: usize| (-0.5 * ((start + 0.5 + index as f64 - centre) / sigma).powi(2)).exp();
    (0..count).map(value).sum::<f64>() / count as f64
}
