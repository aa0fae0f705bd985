//! Lens distortion as OpenCV defines it, between normalized coordinates of the ideal pinhole and those behind the lens.
//!
//! Pinhole lenses: k1 k2 p1 p2 [k3 [k4 k5 k6 [s1 s2 s3 s4]]] (radial polynomial or ratio of two, tangential, thin prism).
//! Fisheye lenses: k1 k2 k3 k4 on the angle from the optical axis.
//!
//! Invariant: a lens is used only where it maps one to one. Beyond the radius where the polynomial turns back, two
//! directions would share a pixel, so that radius is found once, when the lens is made. The tilted sensor of OpenCV's
//! fourteen coefficients is not modelled.

/// How many coefficients the longest supported model has.
pub(super) const COEFFICIENTS: usize = 12;

/// Radii beyond this (89.994° off the axis) are as good as infinite.
const LARGEST_RADIUS_SQUARED: f64 = 1e8;

/// Newton converges quadratically: after a step this small, in normalized units, the error left is below 1e-11.
const LAST_STEP: f64 = 2e-6;

/// The same next to the pole of a rational lens, where curvature has no bound.
const LAST_STEP_RATIONAL: f64 = 1e-10;

/// A lens, checked for finite coefficients, with the range in which it maps one to one.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Distortion {
    model: Model,
    coefficients: [f64; COEFFICIENTS],
    count: usize,
    /// Pinhole lenses: the squared normalized radius, fisheye lenses: the angle in radians, up to which it is one to one.
    limit: f64,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Model {
    /// All coefficients are zero.
    Ideal,
    /// k1 k2 p1 p2 k3.
    Polynomial,
    /// The same with the denominator k4 k5 k6 and the thin prism s1 s2 s3 s4.
    Rational,
    /// k1 k2 k3 k4 on the angle.
    Fisheye,
}

/// A distorted point with the derivative of the distortion there, row by row.
#[derive(Clone, Copy, Debug)]
pub(super) struct Distorted {
    pub x: f64,
    pub y: f64,
    pub jacobian: [[f64; 2]; 2],
}

impl Distorted {
    fn determinant(&self) -> f64 {
        let [[xx, xy], [yx, yy]] = self.jacobian;
        xx * yy - xy * yx
    }
}

/// An ideal point that a distorted one came from, with the derivative of the distortion there.
#[derive(Clone, Copy, Debug)]
pub(super) struct Undistorted {
    pub x: f64,
    pub y: f64,
    pub jacobian: [[f64; 2]; 2],
}

impl Distortion {
    /// A lens from OpenCV's coefficients, or `None` where their number fits no model or one is not finite. No coefficient
    /// at all is an ideal lens; fourteen are accepted where the last two, the tilt, are zero.
    pub fn new(coefficients: &[f64], fisheye: bool) -> Option<Self> {
        let mut given = coefficients;
        if !fisheye && given.len() == 14 && given[12..].iter().all(|tilt| *tilt == 0.0) {
            given = &given[..COEFFICIENTS];
        }
        let fits = if fisheye { matches!(given.len(), 0 | 4) } else { matches!(given.len(), 0 | 4 | 5 | 8 | 12) };
        if !fits || given.iter().any(|coefficient| !coefficient.is_finite()) {
            return None;
        }
        let mut all = [0.0; COEFFICIENTS];
        all[..given.len()].copy_from_slice(given);
        let model = match () {
            () if fisheye => Model::Fisheye,
            () if all.iter().all(|coefficient| *coefficient == 0.0) => Model::Ideal,
            () if all[5..].iter().all(|coefficient| *coefficient == 0.0) => Model::Polynomial,
            () => Model::Rational,
        };
        let limit = match model {
            Model::Ideal => f64::INFINITY,
            Model::Fisheye => fisheye_limit(&all),
            Model::Polynomial | Model::Rational => radial_limit(&all),
        };
        Some(Self { model, coefficients: all, count: given.len(), limit })
    }

    /// The coefficients as they were given.
    pub fn coefficients(&self) -> &[f64] {
        &self.coefficients[..self.count]
    }

    /// Whether the coefficients act on the angle, as `cv2.fisheye` has it.
    pub fn is_fisheye(&self) -> bool {
        self.model == Model::Fisheye
    }

    /// The lens's place of an ideal normalized point, asked for or not whether it is in range.
    pub(super) fn distort(&self, x: f64, y: f64) -> [f64; 2] {
        let distorted = self.distort_with_jacobian(x, y);
        [distorted.x, distorted.y]
    }

    /// The same within the range in which the lens is one to one.
    #[inline(always)]
    pub(super) fn distort_in_range(&self, x: f64, y: f64) -> Option<Distorted> {
        // The lens that nearly every calibration has is inlined by force: it saves RANSAC a quarter of its time.
        if self.model == Model::Polynomial {
            let distorted = self.polynomial(x, y);
            return (x * x + y * y < self.limit && distorted.determinant() > 0.0).then_some(distorted);
        }
        self.distort_in_range_otherwise(x, y)
    }

    #[inline(never)]
    fn distort_in_range_otherwise(&self, x: f64, y: f64) -> Option<Distorted> {
        let squared = x * x + y * y;
        let is_inside = match self.model {
            Model::Ideal => squared.is_finite(),
            Model::Polynomial | Model::Rational => squared < self.limit,
            Model::Fisheye => squared.sqrt().atan() < self.limit,
        };
        if !is_inside {
            return None;
        }
        let distorted = self.distort_with_jacobian(x, y);
        (distorted.determinant() > 0.0).then_some(distorted)
    }

    fn distort_with_jacobian(&self, x: f64, y: f64) -> Distorted {
        match self.model {
            Model::Ideal => Distorted { x, y, jacobian: [[1.0, 0.0], [0.0, 1.0]] },
            Model::Polynomial => self.polynomial(x, y),
            Model::Rational => self.rational(x, y),
            Model::Fisheye => self.fisheye(x, y),
        }
    }

    #[inline(always)]
    fn polynomial(&self, x: f64, y: f64) -> Distorted {
        let [k1, k2, _, _, k3, ..] = self.coefficients;
        let r2 = x * x + y * y;
        let radial = 1.0 + r2 * (k1 + r2 * (k2 + r2 * k3));
        let slope = k1 + r2 * (2.0 * k2 + r2 * 3.0 * k3);
        self.with_tangential(x, y, r2, radial, slope)
    }

    /// The radial factor and its slope over r² are given; adds the tangential part.
    #[inline(always)]
    fn with_tangential(&self, x: f64, y: f64, r2: f64, radial: f64, slope: f64) -> Distorted {
        let [_, _, p1, p2, ..] = self.coefficients;
        let cross = 2.0 * (x * y * slope + p1 * x + p2 * y);
        Distorted {
            x: x * radial + 2.0 * p1 * x * y + p2 * (r2 + 2.0 * x * x),
            y: y * radial + p1 * (r2 + 2.0 * y * y) + 2.0 * p2 * x * y,
            jacobian: [
                [radial + 2.0 * (x * x * slope + p1 * y + 3.0 * p2 * x), cross],
                [cross, radial + 2.0 * (y * y * slope + 3.0 * p1 * y + p2 * x)],
            ],
        }
    }

    fn rational(&self, x: f64, y: f64) -> Distorted {
        let [k1, k2, _, _, k3, k4, k5, k6, s1, s2, s3, s4] = self.coefficients;
        let r2 = x * x + y * y;
        let above = 1.0 + r2 * (k1 + r2 * (k2 + r2 * k3));
        let below = 1.0 + r2 * (k4 + r2 * (k5 + r2 * k6));
        let radial = above / below;
        let slope_above = k1 + r2 * (2.0 * k2 + r2 * 3.0 * k3);
        let slope_below = k4 + r2 * (2.0 * k5 + r2 * 3.0 * k6);
        let mut distorted = self.with_tangential(x, y, r2, radial, (slope_above - radial * slope_below) / below);
        distorted.x += r2 * (s1 + s2 * r2);
        distorted.y += r2 * (s3 + s4 * r2);
        let prism = [2.0 * (s1 + 2.0 * s2 * r2), 2.0 * (s3 + 2.0 * s4 * r2)];
        for (row, prism) in distorted.jacobian.iter_mut().zip(prism) {
            row[0] += prism * x;
            row[1] += prism * y;
        }
        distorted
    }

    fn fisheye(&self, x: f64, y: f64) -> Distorted {
        let r2 = x * x + y * y;
        let radius = r2.sqrt();
        if radius < 1e-9 {
            return Distorted { x, y, jacobian: [[1.0, 0.0], [0.0, 1.0]] };
        }
        let [angle, slope] = self.fisheye_angle(radius.atan());
        let scale = angle / radius;
        let bend = (slope / (1.0 + r2) - scale) / r2;
        Distorted {
            x: x * scale,
            y: y * scale,
            jacobian: [[scale + bend * x * x, bend * x * y], [bend * x * y, scale + bend * y * y]],
        }
    }

    /// The angle behind the lens, and its slope.
    fn fisheye_angle(&self, angle: f64) -> [f64; 2] {
        let [k1, k2, k3, k4, ..] = self.coefficients;
        let a2 = angle * angle;
        let bent = angle * (1.0 + a2 * (k1 + a2 * (k2 + a2 * (k3 + a2 * k4))));
        let slope = 1.0 + a2 * (3.0 * k1 + a2 * (5.0 * k2 + a2 * (7.0 * k3 + a2 * 9.0 * k4)));
        [bent, slope]
    }

    /// The ideal point that the lens maps to (`x`, `y`), to within 1e-9; `None` where there is none in range.
    #[inline]
    pub(super) fn undistort(&self, x: f64, y: f64) -> Option<Undistorted> {
        if self.model != Model::Polynomial {
            return self.undistort_otherwise(x, y);
        }
        let [k1, k2, p1, p2, ..] = self.coefficients;
        let r2 = x * x + y * y;
        // The inverse's series: Newton then needs one or two steps for the lenses that labs have.
        let scale = 1.0 - r2 * (k1 - r2 * (3.0 * k1 * k1 - k2));
        let start_x = x * scale - 2.0 * p1 * x * y - p2 * (r2 + 2.0 * x * x);
        let start_y = y * scale - p1 * (r2 + 2.0 * y * y) - 2.0 * p2 * x * y;
        self.newton([x, y], [start_x, start_y], LAST_STEP).or_else(|| self.undistort_far(x, y))
    }

    #[inline(never)]
    fn undistort_otherwise(&self, x: f64, y: f64) -> Option<Undistorted> {
        match self.model {
            Model::Ideal => {
                let is_finite = x.is_finite() && y.is_finite();
                is_finite.then_some(Undistorted { x, y, jacobian: [[1.0, 0.0], [0.0, 1.0]] })
            }
            Model::Fisheye => self.undistort_fisheye(x, y),
            Model::Polynomial | Model::Rational => {
                self.newton([x, y], [x, y], LAST_STEP_RATIONAL).or_else(|| self.undistort_far(x, y))
            }
        }
    }

    #[inline(always)]
    fn newton(&self, [x, y]: [f64; 2], start: [f64; 2], last_step: f64) -> Option<Undistorted> {
        let [mut ideal_x, mut ideal_y] = start;
        for _ in 0..8 {
            let at = self.distort_in_range(ideal_x, ideal_y)?;
            let [[xx, xy], [yx, yy]] = at.jacobian;
            let determinant = at.determinant();
            let inverse = 1.0 / determinant;
            let (miss_x, miss_y) = (x - at.x, y - at.y);
            let step_x = (yy * miss_x - xy * miss_y) * inverse;
            let step_y = (xx * miss_y - yx * miss_x) * inverse;
            ideal_x += step_x;
            ideal_y += step_y;
            // A flat lens magnifies what is left, a steep one shows it in the image: either must come closer.
            if step_x.abs() + step_y.abs() < last_step * determinant.min(inverse) {
                return Some(Undistorted { x: ideal_x, y: ideal_y, jacobian: at.jacobian });
            }
        }
        None
    }

    /// The slow way, for points near the end of the range: the radial part by bisection, the rest by damped Newton.
    #[cold]
    fn undistort_far(&self, x: f64, y: f64) -> Option<Undistorted> {
        let distorted_radius = x.hypot(y);
        if !distorted_radius.is_finite() {
            return None;
        }
        let end = self.limit.min(LARGEST_RADIUS_SQUARED).sqrt();
        let radius = bisect(0.0, end * (1.0 - 1e-9), |radius| radius * self.radial(radius * radius) - distorted_radius);
        let scale = if distorted_radius > 0.0 { radius / distorted_radius } else { 1.0 };
        let (mut ideal_x, mut ideal_y) = (x * scale, y * scale);
        let mut at = self.distort_in_range(ideal_x, ideal_y)?;
        for _ in 0..60 {
            let (miss_x, miss_y) = (x - at.x, y - at.y);
            let miss = miss_x.hypot(miss_y);
            if miss < 1e-13 * (1.0 + distorted_radius) {
                break;
            }
            let [[xx, xy], [yx, yy]] = at.jacobian;
            let step_x = (yy * miss_x - xy * miss_y) / at.determinant();
            let step_y = (xx * miss_y - yx * miss_x) / at.determinant();
            let better = (0..30).map(|halvings| 0.5f64.powi(halvings)).find_map(|share| {
                let (x_there, y_there) = (ideal_x + share * step_x, ideal_y + share * step_y);
                let there = self.distort_in_range(x_there, y_there)?;
                ((x - there.x).hypot(y - there.y) < miss).then_some((x_there, y_there, there))
            });
            let Some(better) = better else { break };
            (ideal_x, ideal_y, at) = better;
        }
        let miss = (x - at.x).hypot(y - at.y);
        (miss < 1e-10 * (1.0 + distorted_radius)).then_some(Undistorted {
            x: ideal_x,
            y: ideal_y,
            jacobian: at.jacobian,
        })
    }

    fn radial(&self, r2: f64) -> f64 {
        let [k1, k2, _, _, k3, k4, k5, k6, ..] = self.coefficients;
        (1.0 + r2 * (k1 + r2 * (k2 + r2 * k3))) / (1.0 + r2 * (k4 + r2 * (k5 + r2 * k6)))
    }

    fn undistort_fisheye(&self, x: f64, y: f64) -> Option<Undistorted> {
        let bent = x.hypot(y);
        let end = self.limit * (1.0 - 1e-12);
        let in_range = bent <= self.fisheye_angle(end)[0];
        if !in_range {
            return None;
        }
        let mut angle = bisect(0.0, end, |angle| self.fisheye_angle(angle)[0] - bent);
        // Bisection ends a rounding error away from the root; one Newton step takes that too.
        let [there, slope] = self.fisheye_angle(angle);
        angle -= (there - bent) / slope;
        let scale = if bent > 1e-9 { angle.tan() / bent } else { 1.0 };
        let (ideal_x, ideal_y) = (x * scale, y * scale);
        let at = self.distort_in_range(ideal_x, ideal_y)?;
        Some(Undistorted { x: ideal_x, y: ideal_y, jacobian: at.jacobian })
    }
}

/// The squared radius where r·radial(r²) stops growing: the first root of its derivative's numerator, or of the
/// denominator.
fn radial_limit(coefficients: &[f64; COEFFICIENTS]) -> f64 {
    let [k1, k2, _, _, k3, k4, k5, k6, ..] = *coefficients;
    let above = [1.0, k1, k2, k3];
    let below = [1.0, k4, k5, k6];
    // d/dr [r·A/B] = (A·B + 2u·(A'·B − A·B'))/B² with u = r²; the term of u^(i+j) has the factor 1 + 2i − 2j.
    let mut growth = [0.0; 7];
    for (i, a) in above.iter().enumerate() {
        for (j, b) in below.iter().enumerate() {
            growth[i + j] += a * b * (1.0 + 2.0 * i as f64 - 2.0 * j as f64);
        }
    }
    first_root(&growth, LARGEST_RADIUS_SQUARED).min(first_root(&below, LARGEST_RADIUS_SQUARED))
}

/// The angle where the bent angle stops growing, a quarter turn at most.
fn fisheye_limit(coefficients: &[f64; COEFFICIENTS]) -> f64 {
    let [k1, k2, k3, k4, ..] = *coefficients;
    let end = std::f64::consts::FRAC_PI_2;
    first_root(&[1.0, 3.0 * k1, 5.0 * k2, 7.0 * k3, 9.0 * k4], end * end).sqrt().min(end)
}

/// The smallest root in (0, `end`) where a polynomial that is positive at 0 changes sign, or infinity.
fn first_root(ascending: &[f64], end: f64) -> f64 {
    roots(ascending, end).first().copied().unwrap_or(f64::INFINITY)
}

/// Sign changes in (0, `end`), ascending: between two roots of the derivative a polynomial has one at most.
fn roots(ascending: &[f64], end: f64) -> Vec<f64> {
    if ascending.len() < 2 {
        return Vec::new();
    }
    let value = |u: f64| ascending.iter().rev().fold(0.0, |sum, coefficient| sum * u + coefficient);
    let derivative: Vec<_> = ascending.iter().enumerate().skip(1).map(|(power, c)| power as f64 * c).collect();
    let mut stops = vec![0.0];
    stops.extend(roots(&derivative, end));
    stops.push(end);
    stops
        .windows(2)
        .filter(|stop| (value(stop[0]) > 0.0) != (value(stop[1]) > 0.0))
        .map(|stop| {
            if value(stop[0]) > 0.0 { bisect(stop[0], stop[1], |u| -value(u)) } else { bisect(stop[0], stop[1], value) }
        })
        .collect()
}

/// The place in [`low`, `high`] where a growing function passes zero, or the end that is nearer to it.
fn bisect(mut low: f64, mut high: f64, growing: impl Fn(f64) -> f64) -> f64 {
    for _ in 0..200 {
        let middle = 0.5 * (low + high);
        if middle <= low || middle >= high {
            break;
        }
        if growing(middle) > 0.0 { high = middle } else { low = middle }
    }
    low
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_range_ends_where_the_lens_turns_back() {
        let limit = |coefficients: &[f64], fisheye| Distortion::new(coefficients, fisheye).unwrap().limit;
        assert_eq!(limit(&[0.0; 5], false), f64::INFINITY);
        assert_eq!(limit(&[0.2, 0.1, 0.0, 0.0], false), f64::INFINITY);
        assert!((limit(&[-0.3, 0.0, 0.0, 0.0], false) - 1.0 / 0.9).abs() < 1e-12);
        // 1 − 1.5·u + 0.5·u² has its roots at u = 1 and u = 2.
        assert!((limit(&[-0.5, 0.1, 0.0, 0.0], false) - 1.0).abs() < 1e-9);
        // The denominator 1 − 0.5·u has a pole at u = 2, before which the radius only grows.
        assert!((limit(&[0.0, 0.0, 0.0, 0.0, 0.0, -0.5, 0.0, 0.0], false) - 2.0).abs() < 1e-9);
        assert_eq!(limit(&[0.0; 4], true), std::f64::consts::FRAC_PI_2);
        let angle = (1.0f64 / 0.9).sqrt();
        assert!((limit(&[-0.3, 0.0, 0.0, 0.0], true) - angle).abs() < 1e-12);
    }

    #[test]
    fn roots_are_sign_changes() {
        let found = roots(&[-6.0, 11.0, -6.0, 1.0], 100.0);
        assert_eq!(found.len(), 3);
        found.iter().zip([1.0, 2.0, 3.0]).for_each(|(root, expected)| assert!((root - expected).abs() < 1e-12));
        assert_eq!(roots(&[1.0, 0.0, 1.0], 100.0), Vec::<f64>::new());
        assert_eq!(roots(&[1.0], 100.0), Vec::<f64>::new());
        assert_eq!(first_root(&[1.0, -2.0, 1e-300], 1e8), 0.5);
    }

    #[test]
    fn only_models_that_exist_are_accepted() {
        for count in 0..16 {
            let accepted = Distortion::new(&vec![0.01; count], false).is_some();
            assert_eq!(accepted, matches!(count, 0 | 4 | 5 | 8 | 12), "{count}");
            assert_eq!(Distortion::new(&vec![0.01; count], true).is_some(), matches!(count, 0 | 4));
        }
        let mut tilted = [0.01; 14];
        assert!(Distortion::new(&tilted, false).is_none());
        tilted[12..].fill(0.0);
        assert_eq!(Distortion::new(&tilted, false).unwrap().coefficients().len(), 12);
    }
}
