//! The second look: what the first fit left over shows spots that are two, and spots in the shadow of others.

use super::candidates::maxima;
use super::filter::blurred;
use super::fit::{Fit, Patch, Spot, fit_spots};
use super::noise::robust_spread;
use super::plane::Plane;
use super::refine::{Model, fit_radius};

/// A residual below this many deviations of the noise is no reason to try two spots: it only saves the time.
const SUSPECT_NOISE: f64 = 1.3;

/// Nor is one below this share of the peak.
const SUSPECT_SHARE: f64 = 0.02;

/// Nor is one of which a long or lopsided core explains less than this share.
const SUSPECT_SHAPE: f64 = 0.3;

/// Two spots must leave at most this share of the squares that one leaves. Single dots in compressed video, blurred by
/// motion, leave 0.75 and more; resolvable pairs less than 0.4 (simulated recordings).
const EXPLAINED: f64 = 0.5;

/// The lower of two spots has at least this share of the higher one's peak.
const LEAST_BALANCE: f64 = 0.15;

/// The wider of two spots is at most this much wider.
const MOST_WIDTH_RATIO: f64 = 2.0;

/// Two spots are at least this many times the sum of their deviations apart: nearer ones cannot be told from a long one.
const LEAST_DISTANCE: f64 = 0.55;

/// A hidden spot near another has at least this share of its peak; less is the other's own shape.
const LEAST_HIDDEN: f64 = 0.12;

impl Model<'_> {
    /// Splits spots whose residual shows that they are two. Returns whether any was split.
    pub(super) fn split_touching(&mut self) -> bool {
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
        let quiet = shape.rms < (SUSPECT_NOISE * noise).max(SUSPECT_SHARE * spot.peak);
        if quiet || shape.shaped < SUSPECT_SHAPE {
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
        let explains = double.cost < EXPLAINED * single.cost;
        let balanced = a.peak.min(b.peak) > LEAST_BALANCE * a.peak.max(b.peak)
            && a.sigma.max(b.sigma) < MOST_WIDTH_RATIO * a.sigma.min(b.sigma);
        let apart = a.distance(&b) > LEAST_DISTANCE * sigmas;
        (explains && balanced && apart).then_some(if a.peak >= b.peak { [a, b] } else { [b, a] })
    }

    /// Adds spots that stood in the shadow or on the flank of others. Returns whether any was found.
    pub(super) fn add_hidden(&mut self) -> bool {
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
        let least = search.threshold.max(search.config.least_contrast() * spread);
        for maximum in maxima(&smooth, least) {
            let x = search.picture_from_merged(maximum.x + rest.x as f64);
            let y = search.picture_from_merged(maximum.y + rest.y as f64);
            let found = Spot { x, y, peak: 2.0 * f64::from(maximum.response), sigma: 0.8 * narrow };
            // Near a bright spot, what is left may be its own shape, which is no perfect Gaussian.
            let explained = self.spots.iter().any(|spot| {
                let distance = spot.distance(&found);
                distance < 0.8 * (spot.sigma + narrow)
                    || (distance < 5.0 * spot.sigma && found.peak < LEAST_HIDDEN * spot.peak)
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
}

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
    /// Share of the squares that a long or lopsided core explains; noise and a wrong profile explain little.
    shaped: f64,
}

impl Leftover {
    fn of(patch: &Patch, fit: &Fit, spot: &Spot) -> Self {
        let (mut squares, mut count) = (0.0, 0.0);
        // Two spots taken for one leave a pattern of twofold symmetry, unequal ones also lopsided patterns.
        let mut sums = [0.0f64; 6];
        let mut norms = [0.0f64; 6];
        patch.for_each_used(|x, y, index| {
            let (dx, dy) = ((x - spot.x) / spot.sigma, (y - spot.y) / spot.sigma);
            let square = dx * dx + dy * dy;
            if square > 6.25 {
                return;
            }
            let model: f64 = fit.spots.iter().map(|spot| spot.at(x, y)).sum::<f64>() + fit.level;
            let rest = f64::from(patch.levels[index]) - model;
            squares += rest * rest;
            count += 1.0;
            let shape = (-0.5 * square).exp();
            let patterns = [
                dx * dx - dy * dy,
                2.0 * dx * dy,
                dx * (dx * dx - 3.0 * dy * dy),
                dy * (3.0 * dx * dx - dy * dy),
                dx * (square - 4.0),
                dy * (square - 4.0),
            ];
            for ((sum, norm), pattern) in sums.iter_mut().zip(&mut norms).zip(patterns) {
                *sum += rest * shape * pattern;
                *norm += (shape * pattern).powi(2);
            }
        });
        let explained: f64 = sums.iter().zip(norms).map(|(sum, norm)| sum * sum / norm.max(1e-12)).sum();
        Self {
            rms: (squares / f64::max(count, 1.0)).sqrt(),
            angle: 0.5 * f64::atan2(sums[1], sums[0]),
            shaped: explained / f64::max(squares, 1e-12),
        }
    }
}
