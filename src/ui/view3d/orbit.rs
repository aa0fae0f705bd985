//! A camera that circles a point: where world points appear, and back. Millimetres and screen points; plain mathematics.

use std::f64::consts::{FRAC_PI_2, TAU};

use nalgebra::Vector3;

/// A place or direction in the world, mm.
pub type Vector = Vector3<f64>;

/// Nothing nearer to the eye than this is shown, mm.
const NEAR_MM: f64 = 1.0;
/// Half the angle that the picture's height spans, radians.
const HALF_ANGLE: f64 = 0.35;
/// Nearest and farthest that the eye may be, mm.
const DISTANCES_MM: (f64, f64) = (15.0, 50_000.0);

/// Which way is up, and two level directions, all perpendicular.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Level {
    /// Level.
    pub forth: Vector,
    /// Level.
    pub across: Vector,
    /// Up.
    pub up: Vector,
}

impl Level {
    /// Level directions for an up direction; one that is nearly an axis of the world is taken as that axis. z where there is
    /// none.
    pub fn from_up(up: Vector) -> Self {
        let up = up.try_normalize(1e-9).filter(|up| up.iter().all(|value| value.is_finite())).unwrap_or(Vector::z());
        let strongest = up.iamax();
        let mut snapped = Vector::zeros();
        snapped[strongest] = up[strongest].signum();
        // Cameras round a cage tilt their mean a little.
        let up = if up.dot(&snapped) > 0.9 { snapped } else { up };
        let seed = if up.x.abs() < 0.9 { Vector::x() } else { Vector::y() };
        let forth = (seed - up * up.dot(&seed)).normalize();
        Self { forth, across: up.cross(&forth), up }
    }
}

/// Where the eye stands.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Orbit {
    /// What it circles.
    pub target: Vector,
    /// Round the up direction, radians.
    pub yaw: f64,
    /// Above the floor, radians, −π/2 to π/2.
    pub pitch: f64,
    /// From the target, mm.
    pub distance_mm: f64,
}

impl Orbit {
    /// Turns by screen points.
    pub fn turn(&mut self, by: [f64; 2]) {
        self.yaw = (self.yaw - by[0] * 0.008).rem_euclid(TAU);
        self.pitch = (self.pitch + by[1] * 0.008).clamp(-FRAC_PI_2, FRAC_PI_2);
    }

    /// Comes nearer (`factor` above 1) or goes away.
    pub fn zoom(&mut self, factor: f64) {
        if factor.is_finite() && factor > 0.0 {
            self.distance_mm = (self.distance_mm / factor).clamp(DISTANCES_MM.0, DISTANCES_MM.1);
        }
    }

    /// The view through it in a picture of so many points.
    pub fn lens(&self, level: &Level, centre: [f64; 2], height: f64) -> Lens {
        let (sin, cos) = self.yaw.sin_cos();
        let outward = (level.forth * cos + level.across * sin) * self.pitch.cos() + level.up * self.pitch.sin();
        let ahead = -outward;
        let right = level.across * cos - level.forth * sin;
        Lens {
            eye: self.target + outward * self.distance_mm,
            right,
            up: right.cross(&ahead),
            ahead,
            centre,
            focal: 0.5 * height.max(1.0) / HALF_ANGLE.tan(),
        }
    }

    /// Moves the target so that the picture shifts by screen points.
    pub fn pan(&mut self, lens: &Lens, by: [f64; 2]) {
        let mm_per_point = self.distance_mm / lens.focal;
        self.target += (lens.up * by[1] - lens.right * by[0]) * mm_per_point;
    }
}

/// The distance from which a ball of that radius fills the picture.
pub fn distance_for(radius_mm: f64) -> f64 {
    (radius_mm.max(1.0) / HALF_ANGLE.sin()).clamp(DISTANCES_MM.0, DISTANCES_MM.1)
}

/// A perspective view.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Lens {
    eye: Vector,
    right: Vector,
    up: Vector,
    ahead: Vector,
    centre: [f64; 2],
    focal: f64,
}

/// Where a point appears.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Seen {
    /// On the screen, points.
    pub at: [f32; 2],
    /// Along the view, mm.
    pub depth_mm: f64,
}

impl Lens {
    /// Where a point appears; nothing for one behind the eye or one that is not finite.
    pub fn project(&self, point: Vector) -> Option<Seen> {
        let from_eye = point - self.eye;
        let depth_mm = from_eye.dot(&self.ahead);
        if depth_mm.is_nan() || depth_mm < NEAR_MM * (1.0 - 1e-9) {
            return None;
        }
        let scale = self.focal / depth_mm;
        let at = [
            (self.centre[0] + from_eye.dot(&self.right) * scale) as f32,
            (self.centre[1] - from_eye.dot(&self.up) * scale) as f32,
        ];
        (at[0].is_finite() && at[1].is_finite()).then_some(Seen { at, depth_mm })
    }

    /// The point that appears at a screen position at that depth.
    #[cfg(test)]
    pub fn unproject(&self, seen: Seen) -> Vector {
        let scale = seen.depth_mm / self.focal;
        let [x, y] = [f64::from(seen.at[0]) - self.centre[0], self.centre[1] - f64::from(seen.at[1])];
        self.eye + self.ahead * seen.depth_mm + self.right * (x * scale) + self.up * (y * scale)
    }

    /// The part of a line that lies before the eye.
    pub fn segment(&self, from: Vector, to: Vector) -> Option<[Seen; 2]> {
        let depth = |point: Vector| (point - self.eye).dot(&self.ahead) - NEAR_MM;
        let (first, second) = (depth(from), depth(to));
        if !(first.is_finite() && second.is_finite()) || (first < 0.0 && second < 0.0) {
            return None;
        }
        let cut = |inside: Vector, outside: Vector, share: f64| inside + (outside - inside) * share;
        let from_cut = if first < 0.0 { cut(to, from, second / (second - first)) } else { from };
        let to_cut = if second < 0.0 { cut(from, to, first / (first - second)) } else { to };
        Some([self.project(from_cut)?, self.project(to_cut)?])
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn level() -> Level {
        Level::from_up(Vector::new(0.1, -0.05, 2.0))
    }

    fn orbit() -> Orbit {
        Orbit { target: Vector::new(10.0, 20.0, 30.0), yaw: 0.7, pitch: 0.4, distance_mm: 300.0 }
    }

    #[test]
    fn the_target_is_in_the_middle_and_up_is_up() {
        let lens = orbit().lens(&level(), [400.0, 300.0], 600.0);
        let seen = lens.project(orbit().target).unwrap();
        assert!((seen.at[0] - 400.0).abs() < 1e-3 && (seen.at[1] - 300.0).abs() < 1e-3);
        assert!((seen.depth_mm - 300.0).abs() < 1e-9);
        let above = lens.project(orbit().target + Vector::z() * 10.0).unwrap();
        assert!(above.at[1] < seen.at[1] && (above.at[0] - seen.at[0]).abs() < 1e-3);
    }

    #[test]
    fn looking_straight_down_has_no_trouble() {
        for pitch in [FRAC_PI_2, -FRAC_PI_2] {
            let lens = Orbit { pitch, ..orbit() }.lens(&level(), [0.0, 0.0], 100.0);
            let seen = lens.project(orbit().target + level().forth * 10.0).unwrap();
            assert!(seen.at[0].hypot(seen.at[1]) > 1.0);
        }
    }

    #[test]
    fn nothing_behind_the_eye_is_shown() {
        let lens = orbit().lens(&level(), [400.0, 300.0], 600.0);
        let behind = lens.eye - lens.ahead * 50.0;
        assert_eq!(lens.project(behind), None);
        assert_eq!(lens.project(lens.eye), None);
        assert_eq!(lens.project(Vector::repeat(f64::NAN)), None);
        assert_eq!(lens.segment(behind, behind), None);
        let [from, to] = lens.segment(behind + lens.right, orbit().target).unwrap();
        assert!(from.at.iter().chain(&to.at).all(|value| value.is_finite()));
        assert!((from.depth_mm - NEAR_MM).abs() < 1e-6 && (to.depth_mm - 300.0).abs() < 1e-9);
    }

    #[test]
    fn dragging_the_target_moves_it_with_the_pointer() {
        let mut moved = orbit();
        let lens = moved.lens(&level(), [400.0, 300.0], 600.0);
        moved.pan(&lens, [30.0, -20.0]);
        let lens = moved.lens(&level(), [400.0, 300.0], 600.0);
        let seen = lens.project(orbit().target).unwrap();
        assert!((seen.at[0] - 430.0).abs() < 1e-2 && (seen.at[1] - 280.0).abs() < 1e-2, "{seen:?}");
    }

    #[test]
    fn nearly_upright_is_upright_and_anything_else_stays() {
        assert_eq!(level().up, Vector::z());
        assert_eq!(Level::from_up(Vector::new(0.0, -3.0, 0.4)).up, -Vector::y());
        let oblique = Vector::new(1.0, 1.0, 1.0).normalize();
        assert!((Level::from_up(oblique).up - oblique).norm() < 1e-12);
        assert_eq!(Level::from_up(Vector::zeros()).up, Vector::z());
        assert_eq!(Level::from_up(Vector::repeat(f64::NAN)).up, Vector::z());
    }

    proptest! {
        #[test]
        fn projecting_and_back_is_the_same(
            yaw in 0f64..6.3, pitch in -1.57f64..1.57, distance in 20f64..5000.0, point in prop::array::uniform3(-500f64..500.0)
        ) {
            let lens = Orbit { yaw, pitch, distance_mm: distance, ..orbit() }.lens(&level(), [640.0, 400.0], 800.0);
            let point = Vector::from(point);
            if let Some(seen) = lens.project(point) {
                // The screen position has the precision of f32.
                let error = (lens.unproject(seen) - point).norm();
                prop_assert!(error <= 1e-3 * (1.0 + seen.depth_mm + point.norm() + distance), "{error}");
            } else {
                prop_assert!((point - lens.eye).dot(&lens.ahead) < NEAR_MM);
            }
        }

        #[test]
        fn level_directions_are_perpendicular(up in prop::array::uniform3(-1f64..1.0)) {
            let level = Level::from_up(Vector::from(up));
            for (one, other) in [(level.up, level.forth), (level.up, level.across), (level.forth, level.across)] {
                prop_assert!(one.dot(&other).abs() < 1e-9 && (one.norm() - 1.0).abs() < 1e-9);
            }
            prop_assert!((level.forth.cross(&level.across) - level.up).norm() < 1e-9);
        }
    }
}
