//! From candidates to spots: joint fits, a cleaner view of the surroundings, and a second look at what is left over.

use super::candidates::{Candidates, Search, maxima};
use super::filter::{Surroundings, blurred};
use super::fit::{Fit, FitLimits, Patch, Spot, fit_spots};
use super::noise::robust_spread;
use super::plane::Plane;

/// A fitted dot.
#[derive(Clone, Copy, Debug)]
pub(super) struct Found {
    /// The spot.
    pub(super) spot: Spot,
    /// Its height over the noise of a pixel.
    pub(super) snr: f64,
}

/// Fits the candidates, splits what touches, adds what was hidden.
pub(super) fn refine(search: &Search<'_>, candidates: &Candidates) -> Vec<Found> {
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
    model.drop_lost();
    model.clean_surroundings();
    model.fit_all(fit_radius);
    model.drop_lost();
    if model.split_touching() | model.add_hidden() {
        model.clean_surroundings();
        model.fit_all(fit_radius);
        model.drop_lost();
    }
    model.found()
}

/// How far around a spot its pixels are fitted: 3.5 deviations hold all of it and enough of its surroundings.
fn fit_radius(spot: &Spot) -> f64 {
    3.5 * spot.sigma + 1.5
}

/// Largest number of spots that are fitted together; a larger group is fitted in parts, each with the rest subtracted.
const SC: f64 = 4.0;
const GROUP_MAX: usize = 6;

/// Pixels that a robust deviation needs to be good to about a fifth.
const LEAST_NOISE_PIXELS: usize = 16;

/// Spots nearer than this many times the sum of their deviations are fitted together.
const TOUCHING: f64 = 2.2;

/// All spots of a picture, with what surrounds them.
struct Model<'a> {
    search: &'a Search<'a>,
    surroundings: Surroundings,
    spots: Vec<Spot>,
    /// Noise of a pixel around each spot.
    noise: Vec<f64>,
    limits: FitLimits,
}

impl<'a> Model<'a> {
    fn new(search: &'a Search<'a>, spots: Vec<Spot>) -> Self {
        let narrow = search.scales.narrow_px;
        let limits = FitLimits {
            sigma_min: (0.25 * narrow).max(0.35),
            sigma_max: 0.7 * search.scales.wide_px,
            shift_max: 1.5 * narrow,
            sigma_usual: 1.4 * narrow,
            sigma_cost: 0.0,
        };
        let noise = vec![f64::from(search.step); spots.len()];
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
    fn limits(&self, variance: f64) -> FitLimits {
        FitLimits { sigma_cost: SC * variance / 0.35f64.powi(2), ..self.limits }
    }

    /// Spots that touch one another, directly or through others.
    fn groups(&self) -> Vec<Vec<usize>> {
        let mut free: Vec<usize> = (0..self.spots.len()).collect();
        let mut groups = Vec::new();
        while let Some(first) = free.first().copied() {
            free.remove(0);
            let mut group = vec![first];
            let mut next = 0;
            while next < group.len() && group.len() < GROUP_MAX {
                let member = self.spots[group[next]];
                free.retain(|index| {
                    let other = &self.spots[*index];
                    let touches = member.distance(other) < TOUCHING * (member.sigma + other.sigma);
                    let joins = touches && group.len() < GROUP_MAX;
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
    fn patch(&self, group: &[usize], spots: &[Spot], radii: &[f64]) -> Patch {
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
        for row in y..y + rows {
            for column in x..x + columns {
                let (px, py) = (column as f64, row as f64);
                let inside = spots
                    .iter()
                    .zip(radii)
                    .any(|(spot, radius)| (px - spot.x).powi(2) + (py - spot.y).powi(2) <= radius * radius);
                let mut level = self.search.level(column, row);
                let usable = inside && ceiling.is_none_or(|ceiling| level < ceiling);
                if usable {
                    let (mx, my) = (self.search.merged_from_picture(px), self.search.merged_from_picture(py));
                    let near: f64 = others.iter().map(|other| other.at(px, py)).sum();
                    level -= self.surroundings.sample(mx, my) + near as f32;
                }
                patch.levels.push(if usable { level } else { 0.0 });
                patch.weights.push(if usable { 1.0 } else { 0.0 });
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
    fn drop_lost(&mut self) {
        let filtered_peak = |spot: &Spot| {
            let narrow = self.search.scales.narrow_px;
            spot.peak * spot.sigma * spot.sigma / (spot.sigma * spot.sigma + narrow * narrow)
        };
        let keep: Vec<bool> = (0..self.spots.len())
            .map(|index| {
                let spot = &self.spots[index];
                let doubled = self.spots.iter().enumerate().any(|(other_index, other)| {
                    let stronger = (other.peak, index) > (spot.peak, other_index);
                    other_index != index && stronger && spot.distance(other) < 0.45 * (spot.sigma + other.sigma)
                });
                spot.peak.is_finite()
                    && filtered_peak(spot) >= 0.5 * f64::from(self.search.threshold)
                    && spot.sigma < 0.98 * self.limits.sigma_max
                    && !doubled
            })
            .collect();
        let mut kept = keep.iter();
        self.spots.retain(|_| *kept.next().unwrap_or(&false));
        let mut kept = keep.iter();
        self.noise.retain(|_| *kept.next().unwrap_or(&false));
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

    /// Splits spots whose residual shows that they are two. Returns whether any was split.
    fn split_touching(&mut self) -> bool {
        let count = self.spots.len();
        let mut any = false;
        for index in 0..count {
            if let Some([first, second]) = self.split(index) {
                self.spots[index] = first;
                self.spots.push(second);
                self.noise.push(self.noise[index]);
                any = true;
            }
        }
        any
    }

    /// The two spots that explain a fitted one better, if there are.
    fn split(&self, index: usize) -> Option<[Spot; 2]> {
        let spot = self.spots[index];
        let radius = fit_radius(&spot);
        let patch = self.patch(&[index], &[spot], &[radius]);
        let single = fit_spots(&patch, &[spot], &self.limits(self.noise[index].powi(2)));
        let spot = single.spots[0];
        let shape = Leftover::of(&patch, &single, &spot);
        let noise = self.noise[index];
        if shape.rms < (1.3 * noise).max(0.02 * spot.peak) {
            return None;
        }
        let offset = 0.9 * spot.sigma;
        let (dx, dy) = (offset * shape.angle.cos(), offset * shape.angle.sin());
        let half = |sign: f64| Spot {
            x: spot.x + sign * dx,
            y: spot.y + sign * dy,
            peak: 0.65 * spot.peak,
            sigma: 0.75 * spot.sigma,
        };
        let double = fit_spots(&patch, &[half(1.0), half(-1.0)], &self.limits(noise * noise));
        let [a, b] = [double.spots[0], double.spots[1]];
        let sigmas = a.sigma + b.sigma;
        let explains = double.cost < 0.5 * single.cost;
        let balanced =
            a.peak.min(b.peak) > 0.15 * a.peak.max(b.peak) && a.sigma.max(b.sigma) < 2.0 * a.sigma.min(b.sigma);
        let apart = a.distance(&b) > 0.55 * sigmas;
        (explains && balanced && apart).then_some(if a.peak >= b.peak { [a, b] } else { [b, a] })
    }

    /// Adds spots that stood in the shadow or on the flank of others. Returns whether any was found.
    fn add_hidden(&mut self) -> bool {
        let before = self.spots.len();
        for group in self.groups() {
            for index in group {
                if index < before {
                    self.add_hidden_near(index);
                }
            }
        }
        self.spots.len() > before
    }

    fn add_hidden_near(&mut self, index: usize) {
        let search = self.search;
        let narrow = search.scales.narrow_px;
        let rest = self.rest_around(&self.spots[index], 2.0 * search.scales.wide_px);
        let smooth = blurred(&rest.plane, search.filtered.narrow_rest);
        let mut sampled = smooth.data.clone();
        let spread = robust_spread(&mut sampled).1;
        let least = search.threshold.max(search.config.local_contrast as f32 * spread);
        for maximum in maxima(&smooth, least) {
            let x = search.picture_from_merged(maximum.x + rest.x as f64);
            let y = search.picture_from_merged(maximum.y + rest.y as f64);
            let found = Spot { x, y, peak: 2.0 * f64::from(maximum.response), sigma: 0.8 * narrow };
            // Near a bright spot, what is left may be its own shape, which is no perfect Gaussian.
            let explained = self.spots.iter().any(|spot| {
                let distance = spot.distance(&found);
                distance < 0.8 * (spot.sigma + narrow) || (distance < 5.0 * spot.sigma && found.peak < 0.12 * spot.peak)
            });
            if !explained {
                self.spots.push(found);
                self.noise.push(self.noise[index]);
            }
        }
    }

    /// The merged picture around a spot, less the surroundings and all spots.
    fn rest_around(&self, spot: &Spot, reach: f64) -> Rest {
        let search = self.search;
        let range = |centre: f64, count: usize| {
            let first = search.merged_from_picture(centre - reach).floor().max(0.0) as usize;
            let last = search.merged_from_picture(centre + reach).ceil().max(0.0) as usize;
            first.min(count)..(last + 1).min(count)
        };
        let columns = range(spot.x, search.merged.width);
        let rows = range(spot.y, search.merged.height);
        let mut plane = Plane::zeros(columns.len(), rows.len());
        let near: Vec<&Spot> =
            self.spots.iter().filter(|other| other.distance(spot) < 1.5 * reach + 4.0 * other.sigma).collect();
        for (row, y) in rows.clone().enumerate() {
            for (column, x) in columns.clone().enumerate() {
                let (px, py) = (search.picture_from_merged(x as f64), search.picture_from_merged(y as f64));
                let spots: f64 = near.iter().map(|spot| spot.at(px, py)).sum();
                plane.row_mut(row)[column] =
                    search.merged.at(x, y) - self.surroundings.sample(x as f64, y as f64) - spots as f32;
            }
        }
        Rest { plane, x: columns.start, y: rows.start }
    }

    /// The spots that are dots: high enough for the whole picture's noise and for that around them, and centred in the
    /// picture.
    fn found(self) -> Vec<Found> {
        let search = self.search;
        let narrow = search.scales.narrow_px;
        let (width, height) = (f64::from(search.frame.width), f64::from(search.frame.height));
        let found =
            self.spots.iter().zip(&self.noise).map(|(spot, noise)| Found { spot: *spot, snr: spot.peak / noise });
        let is_dot = |found: &Found| {
            let spot = &found.spot;
            let square = spot.sigma * spot.sigma;
            let filtered = spot.peak * square / (square + narrow * narrow);
            let certainty = found.snr * spot.sigma * CERTAINTY_PER_SNR;
            let inside = spot.x > -1.0 && spot.y > -1.0 && spot.x < width && spot.y < height;
            filtered >= 0.7 * f64::from(search.threshold)
                && certainty >= LEAST_CERTAINTY * f64::from(search.threshold_deviations)
                && inside
        };
        found.filter(is_dot).collect()
    }
}

/// The height of a spot of deviation σ px, fitted among white noise, over that height's own standard deviation is its
/// signal-to-noise ratio × σ × √(π / 2).
const CERTAINTY_PER_SNR: f64 = 1.2533;

/// Least certainty of a spot, as a share of the threshold that the filtered picture had to pass: noise around it may be
/// stronger than that of the whole picture, and a spot's neighbours cost it some certainty.
const LEAST_CERTAINTY: f64 = 0.85;

/// A piece of the merged picture with its place.
struct Rest {
    plane: Plane,
    x: usize,
    y: usize,
}

/// What a fit of one spot leaves in its core.
struct Leftover {
    /// Root mean square.
    rms: f64,
    /// Direction in which the core is longer than a circle, radians.
    angle: f64,
}

impl Leftover {
    fn of(patch: &Patch, fit: &Fit, spot: &Spot) -> Self {
        let (mut squares, mut count) = (0.0, 0.0);
        let (mut along, mut across) = (0.0, 0.0);
        patch.for_each_used(|x, y, index| {
            let (dx, dy) = (x - spot.x, y - spot.y);
            if dx * dx + dy * dy > 6.25 * spot.sigma * spot.sigma {
                return;
            }
            let model: f64 = fit.spots.iter().map(|spot| spot.at(x, y)).sum::<f64>() + fit.level;
            let rest = f64::from(patch.levels[index]) - model;
            squares += rest * rest;
            count += 1.0;
            along += rest * (dx * dx - dy * dy);
            across += rest * 2.0 * dx * dy;
        });
        Self { rms: (squares / f64::max(count, 1.0)).sqrt(), angle: 0.5 * f64::atan2(across, along) }
    }
}

/// Mean of exp(−(x − centre)² / 2σ²) over `length` px from `start`, from one sample per pixel.
fn mean_of_profile(start: f64, length: f64, centre: f64, sigma: f64) -> f64 {
    let count = length.round().max(1.0) as usize;
    let value = |index: usize| (-0.5 * ((start + 0.5 + index as f64 - centre) / sigma).powi(2)).exp();
    (0..count).map(value).sum::<f64>() / count as f64
}
