//! Joint least-squares fit of touching spots: circular Gaussians on one constant level.
//!
//! Levenberg–Marquardt over place, height and logarithm of the deviation of each spot, and the level. What surrounds the
//! spots (glow, other spots) is subtracted by the caller.

use nalgebra::{Cholesky, SMatrix, SVector};

/// A circular Gaussian spot.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Spot {
    /// Column of its centre.
    pub(super) x: f64,
    /// Row of its centre.
    pub(super) y: f64,
    /// Height above the surroundings, grey levels.
    pub(super) peak: f64,
    /// Standard deviation, px.
    pub(super) sigma: f64,
}

impl Spot {
    /// Grey levels that the spot adds at a place.
    pub(super) fn at(&self, x: f64, y: f64) -> f64 {
        let square = (x - self.x).powi(2) + (y - self.y).powi(2);
        self.peak * (-0.5 * square / (self.sigma * self.sigma)).exp()
    }

    /// Distance to another spot, px.
    pub(super) fn distance(&self, other: &Self) -> f64 {
        (self.x - other.x).hypot(self.y - other.y)
    }
}

/// A rectangle of grey levels, less their surroundings, of which some pixels are used.
#[derive(Clone, Debug, Default)]
pub(super) struct Patch {
    /// Column of the first pixel.
    pub(super) x: usize,
    /// Row of the first pixel.
    pub(super) y: usize,
    /// Pixels across.
    pub(super) width: usize,
    /// Pixels down.
    pub(super) height: usize,
    /// Grey levels, row by row.
    pub(super) levels: Vec<f32>,
    /// Whether each pixel is used, row by row.
    pub(super) used: Vec<bool>,
}

impl Patch {
    /// Calls `visit(x, y, index)` for each pixel that is used.
    pub(super) fn for_each_used(&self, mut visit: impl FnMut(f64, f64, usize)) {
        for row in 0..self.height {
            for column in 0..self.width {
                let index = row * self.width + column;
                if self.used[index] {
                    visit((self.x + column) as f64, (self.y + row) as f64, index);
                }
            }
        }
    }
}

/// What a fit may do.
#[derive(Clone, Copy, Debug)]
pub(super) struct FitLimits {
    /// Smallest deviation, px.
    pub(super) sigma_min: f64,
    /// Largest deviation, px.
    pub(super) sigma_max: f64,
    /// How far a spot may move from where it starts, px.
    pub(super) shift_max: f64,
    /// The usual deviation, px.
    pub(super) sigma_usual: f64,
    /// How much a change of the logarithmic deviation by one costs, in squared grey levels: the variance of a pixel's noise
    /// over that of the logarithmic deviation among dots. It keeps faint dots from growing into the glow around them.
    pub(super) sigma_cost: f64,
}

/// Fitted spots.
#[derive(Clone, Debug)]
pub(super) struct Fit {
    /// The spots, in the order of the start.
    pub(super) spots: Vec<Spot>,
    /// The constant level.
    pub(super) level: f64,
    /// Sum of squared residuals, with what the widths cost.
    pub(super) cost: f64,
}

/// Largest number of spots that are fitted together.
pub(super) const SPOTS_MAX: usize = 6;

/// Rounds of Levenberg–Marquardt: clean spots need 4 to 6, touching ones up to 20.
const ROUNDS: usize = 30;

/// A fit has settled when no parameter of place or logarithmic width moves by more than this.
const SETTLED: f64 = 2e-4;

/// Fits the spots of `start` to a patch; more than [`SPOTS_MAX`] are fitted so many at a time, without the others.
pub(super) fn fit_spots(patch: &Patch, start: &[Spot], limits: &FitLimits) -> Fit {
    // Sizes known when compiling let the sums of the normal equations stay in registers.
    match start.len() {
        0 => Fit { spots: Vec::new(), level: 0.0, cost: 0.0 },
        1 => fit_parameters::<5>(patch, start, limits),
        2 => fit_parameters::<9>(patch, start, limits),
        3 => fit_parameters::<13>(patch, start, limits),
        4 => fit_parameters::<17>(patch, start, limits),
        5 => fit_parameters::<21>(patch, start, limits),
        6 => fit_parameters::<25>(patch, start, limits),
        _ => {
            let (first, rest) = start.split_at(SPOTS_MAX);
            let mut fit = fit_parameters::<25>(patch, first, limits);
            fit.spots.extend(fit_spots(patch, rest, limits).spots);
            fit
        }
    }
}

/// Fits (`P` − 1) / 4 spots: four parameters each, and the level.
fn fit_parameters<const P: usize>(patch: &Patch, start: &[Spot], limits: &FitLimits) -> Fit {
    let mut best = State::<P>::new(patch, start, limits);
    best.fill_normal_equations(patch, limits);
    let mut damping = 1e-3;
    for _ in 0..ROUNDS {
        let Some(step) = best.step(damping) else {
            damping *= 10.0;
            if damping > 1e8 {
                break;
            }
            continue;
        };
        let mut next = best.moved(&step, start, limits);
        next.fill_normal_equations(patch, limits);
        if next.cost.is_finite() && next.cost <= best.cost {
            let settled = best.moved_less_than(&next, SETTLED);
            best = next;
            damping = (damping * 0.2).max(1e-9);
            if settled {
                break;
            }
        } else {
            damping *= 8.0;
            if damping > 1e8 {
                break;
            }
        }
    }
    Fit { spots: best.spots, level: best.level, cost: best.cost }
}

/// Parameters with the normal equations at them.
struct State<const P: usize> {
    spots: Vec<Spot>,
    level: f64,
    cost: f64,
    normal: SMatrix<f64, P, P>,
    gradient: SVector<f64, P>,
}

impl<const P: usize> State<P> {
    fn new(patch: &Patch, start: &[Spot], limits: &FitLimits) -> Self {
        let clamped = |spot: &Spot| Spot { sigma: spot.sigma.clamp(limits.sigma_min, limits.sigma_max), ..*spot };
        let spots: Vec<Spot> = start.iter().map(clamped).collect();
        // The level starts at the lower quarter of the patch, which the spots hardly reach.
        let mut levels: Vec<f32> = Vec::with_capacity(patch.levels.len());
        patch.for_each_used(|_, _, index| levels.push(patch.levels[index]));
        let quarter = levels.len() / 4;
        let level = if levels.is_empty() { 0.0 } else { *levels.select_nth_unstable_by(quarter, f32::total_cmp).1 };
        Self { spots, level: f64::from(level), cost: 0.0, normal: SMatrix::zeros(), gradient: SVector::zeros() }
    }

    /// Sums the normal equations and the cost at the parameters.
    fn fill_normal_equations(&mut self, patch: &Patch, limits: &FitLimits) {
        let profiles: Vec<(Vec<f64>, Vec<f64>)> = self.spots.iter().map(|spot| profiles(spot, patch)).collect();
        let mut normal = [[0.0f64; P]; P];
        let mut gradient = [0.0f64; P];
        let mut cost = 0.0;
        for row in 0..patch.height {
            let y = (patch.y + row) as f64;
            for column in 0..patch.width {
                let index = row * patch.width + column;
                if !patch.used[index] {
                    continue;
                }
                let x = (patch.x + column) as f64;
                let mut residual = f64::from(patch.levels[index]) - self.level;
                let mut slopes = [1.0f64; P];
                for ((spot, (across, down)), slopes) in
                    self.spots.iter().zip(&profiles).zip(slopes[..P - 1].as_chunks_mut::<4>().0)
                {
                    let shape = across[column] * down[row];
                    let value = spot.peak * shape;
                    let scaled = value / (spot.sigma * spot.sigma);
                    let (dx, dy) = (x - spot.x, y - spot.y);
                    *slopes = [scaled * dx, scaled * dy, shape, scaled * (dx * dx + dy * dy)];
                    residual -= value;
                }
                cost += residual * residual;
                for i in 0..P {
                    gradient[i] += slopes[i] * residual;
                    for j in 0..P {
                        normal[i][j] += slopes[i] * slopes[j];
                    }
                }
            }
        }
        for (i, spot) in self.spots.iter().enumerate() {
            let growth = (spot.sigma / limits.sigma_usual).ln();
            let index = 4 * i + 3;
            normal[index][index] += limits.sigma_cost;
            gradient[index] -= limits.sigma_cost * growth;
            cost += limits.sigma_cost * growth * growth;
        }
        self.normal = SMatrix::from(normal);
        self.gradient = SVector::from(gradient);
        self.cost = cost;
    }

    /// The damped step, or `None` where the equations cannot be solved.
    fn step(&self, damping: f64) -> Option<SVector<f64, P>> {
        let mut damped = self.normal;
        for i in 0..P {
            damped[(i, i)] += damping * damped[(i, i)] + 1e-12;
        }
        let step = Cholesky::new(damped)?.solve(&self.gradient);
        step.iter().all(|value| value.is_finite()).then_some(step)
    }

    /// The parameters after a step, kept inside the limits.
    fn moved(&self, step: &SVector<f64, P>, start: &[Spot], limits: &FitLimits) -> Self {
        let mut spots = self.spots.clone();
        for (i, (spot, start)) in spots.iter_mut().zip(start).enumerate() {
            let reach = limits.shift_max;
            spot.x = (spot.x + step[4 * i]).clamp(start.x - reach, start.x + reach);
            spot.y = (spot.y + step[4 * i + 1]).clamp(start.y - reach, start.y + reach);
            spot.peak = (spot.peak + step[4 * i + 2]).max(0.0);
            let growth = step[4 * i + 3].clamp(-0.7, 0.7).exp();
            spot.sigma = (spot.sigma * growth).clamp(limits.sigma_min, limits.sigma_max);
        }
        let level = self.level + step[P - 1];
        Self { spots, level, cost: 0.0, normal: SMatrix::zeros(), gradient: SVector::zeros() }
    }

    fn moved_less_than(&self, next: &Self, limit: f64) -> bool {
        self.spots.iter().zip(&next.spots).all(|(a, b)| {
            (a.x - b.x).abs() < limit && (a.y - b.y).abs() < limit && (a.sigma / b.sigma - 1.0).abs() < limit
        })
    }
}

/// The two factors of a circular Gaussian of height one, along the columns and along the rows of a patch.
fn profiles(spot: &Spot, patch: &Patch) -> (Vec<f64>, Vec<f64>) {
    let inverse = -0.5 / (spot.sigma * spot.sigma);
    let profile = |first: usize, count: usize, centre: f64| {
        (first..first + count).map(|place| ((place as f64 - centre).powi(2) * inverse).exp()).collect()
    };
    (profile(patch.x, patch.width, spot.x), profile(patch.y, patch.height, spot.y))
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMITS: FitLimits =
        FitLimits { sigma_min: 0.4, sigma_max: 10.0, shift_max: 6.0, sigma_usual: 2.0, sigma_cost: 0.0 };

    fn patch_of(spots: &[Spot], level: f64) -> Patch {
        let mut patch =
            Patch { x: 3, y: 5, width: 31, height: 29, levels: vec![0.0; 31 * 29], used: vec![true; 31 * 29] };
        for row in 0..patch.height {
            for column in 0..patch.width {
                let (x, y) = ((patch.x + column) as f64, (patch.y + row) as f64);
                let value: f64 = spots.iter().map(|spot| spot.at(x, y)).sum();
                patch.levels[row * patch.width + column] = (value + level) as f32;
            }
        }
        patch
    }

    #[test]
    fn one_clean_spot_is_recovered() {
        let truth = Spot { x: 17.3, y: 18.7, peak: 80.0, sigma: 2.6 };
        let start = Spot { x: 16.0, y: 20.0, peak: 50.0, sigma: 1.5 };
        let fit = fit_spots(&patch_of(&[truth], 12.0), &[start], &LIMITS);
        let found = fit.spots[0];
        assert!(found.distance(&truth) < 1e-3 && (found.sigma - 2.6).abs() < 1e-3, "{found:?}");
        assert!((found.peak - 80.0).abs() < 0.01 && (fit.level - 12.0).abs() < 0.01);
    }

    #[test]
    fn two_touching_spots_are_recovered_together() {
        let truth =
            [Spot { x: 15.2, y: 18.0, peak: 90.0, sigma: 2.0 }, Spot { x: 19.0, y: 18.9, peak: 50.0, sigma: 2.4 }];
        let start =
            [Spot { x: 14.5, y: 18.3, peak: 60.0, sigma: 1.8 }, Spot { x: 20.0, y: 18.5, peak: 60.0, sigma: 1.8 }];
        let fit = fit_spots(&patch_of(&truth, 3.0), &start, &LIMITS);
        for (found, truth) in fit.spots.iter().zip(&truth) {
            assert!(found.distance(truth) < 0.01, "{found:?}");
        }
    }

    #[test]
    fn nothing_to_fit_gives_finite_numbers() {
        let mut patch = patch_of(&[], 0.0);
        let start = Spot { x: 17.0, y: 18.0, peak: 5.0, sigma: 2.0 };
        let flat = fit_spots(&patch, &[start], &LIMITS);
        assert!(flat.spots[0].peak < 0.1 && flat.cost.is_finite());
        patch.used.fill(false);
        let unseen = fit_spots(&patch, &[start], &LIMITS);
        assert!(unseen.spots[0].x.is_finite() && unseen.spots[0].sigma.is_finite());
    }
}
