//! Where a point of one view can lie in another: the curve that its ray draws there, through both lenses.

use nalgebra::Vector3;

use super::camera::Camera;
use super::rig::Rig;
use crate::model::{CameraId, Point2, Point3};

/// Places along the ray that are looked at first; a curve that dips into the image between two of them is not seen.
const SAMPLES: u32 = 512;

/// Neighbouring points of the curve are no farther apart, px.
const SPACING_PX: f64 = 16.0;

/// Centres that differ by less, as a share of their distance from the origin, are one: their difference is rounding.
const SAME_CENTER: f64 = 1e-9;

/// The curve in view `to` on which the point seen at `point_in_image` by `from` must lie, from near to far: the longest
/// piece inside the image and before the camera, empty where there is none. Two cameras with one centre give one point.
pub fn epipolar_curve(rig: &Rig, from: CameraId, point_in_image: Point2, to: CameraId) -> Vec<Point2> {
    let (Some(source), Some(target)) = (rig.cameras.get(from.index()), rig.cameras.get(to.index())) else {
        return Vec::new();
    };
    let Some(ray) = source.ray(point_in_image) else { return Vec::new() };
    let base = (target.center_in_world() - source.center_in_world()).norm();
    if base <= SAME_CENTER * (1.0 + ray.origin.coords.norm()) {
        let there = target.project(ray.origin + ray.direction * (1.0 + ray.origin.coords.norm()));
        return there.filter(|there| target.sees(*there)).into_iter().collect();
    }
    let sweep = Sweep { target, origin: ray.origin, direction: ray.direction, unit: base };
    let mut longest: Vec<Point2> = Vec::new();
    let mut first = None;
    for step in 0..=SAMPLES + 1 {
        let inside = step <= SAMPLES && sweep.at(share(step)).is_some();
        match (inside, first) {
            (true, None) => first = Some(step),
            (false, Some(start)) => {
                let piece = sweep.piece(start, step - 1);
                if length_px(&piece) > length_px(&longest) || longest.is_empty() {
                    longest = piece;
                }
                first = None;
            }
            _ => {}
        }
    }
    longest
}

/// 0 is the camera, 1 is infinitely far.
fn share(step: u32) -> f64 {
    f64::from(step) / f64::from(SAMPLES)
}

fn length_px(curve: &[Point2]) -> f64 {
    curve.windows(2).map(|pair| (pair[1] - pair[0]).norm()).sum()
}

/// A ray as the target sees it, by the share of the way from the camera to infinity: half of it is one `unit`.
struct Sweep<'a> {
    target: &'a Camera,
    origin: Point3,
    direction: Vector3<f64>,
    unit: f64,
}

impl Sweep<'_> {
    fn at(&self, share: f64) -> Option<Point2> {
        // Near 1 the depth stays finite: a million units away is the vanishing point to a fraction of a pixel.
        let depth = self.unit * share / (1.0 - share).max(1e-6);
        let point = self.target.project(self.origin + self.direction * depth)?;
        self.target.sees(point).then_some(point)
    }

    /// The curve from sample `first` to sample `last`, which are inside, drawn out to where it leaves the image.
    fn piece(&self, first: u32, last: u32) -> Vec<Point2> {
        let mut shares: Vec<f64> = (first..=last).map(share).collect();
        if first > 0 {
            shares.insert(0, self.border(share(first - 1), share(first)));
        }
        if last < SAMPLES {
            shares.push(self.border(share(last + 1), share(last)));
        }
        let mut curve = Vec::new();
        let mut previous: Option<f64> = None;
        for share in shares {
            let Some(point) = self.at(share) else { continue };
            if let Some(before) = previous {
                self.fill(before, share, 16, &mut curve);
            }
            if curve.last() != Some(&point) {
                curve.push(point);
            }
            previous = Some(share);
        }
        curve
    }

    /// The place between an outside and an inside share where the curve crosses the border, on the inside.
    fn border(&self, mut outside: f64, mut inside: f64) -> f64 {
        for _ in 0..40 {
            let middle = 0.5 * (outside + inside);
            if self.at(middle).is_some() { inside = middle } else { outside = middle }
        }
        inside
    }

    /// Adds points between two shares until neighbours are close enough.
    fn fill(&self, before: f64, after: f64, depth: u32, curve: &mut Vec<Point2>) {
        let (Some(start), Some(end)) = (self.at(before), self.at(after)) else { return };
        if depth == 0 || (end - start).norm() <= SPACING_PX {
            return;
        }
        let middle = 0.5 * (before + after);
        self.fill(before, middle, depth - 1, curve);
        curve.extend(self.at(middle));
        self.fill(middle, after, depth - 1, curve);
    }
}

#[cfg(test)]
mod tests {
    use super::super::test_rigs::{LENSES, looking_at, ring};
    use super::*;

    /// Distance of a point from a polyline.
    fn distance(curve: &[Point2], point: Point2) -> f64 {
        let to_segment = |pair: &[Point2]| {
            let along = pair[1] - pair[0];
            let share = ((point - pair[0]).dot(&along) / along.norm_squared()).clamp(0.0, 1.0);
            (pair[0] + along * share - point).norm()
        };
        curve.windows(2).map(to_segment).fold(f64::INFINITY, f64::min)
    }

    #[test]
    fn the_curve_passes_where_the_other_view_sees_the_point() {
        for lens in LENSES {
            let rig = ring(6, lens);
            for world in [Point3::new(0.0, 0.0, 0.0), Point3::new(60.0, -40.0, 20.0), Point3::new(-30.0, 70.0, -20.0)] {
                let Some(point) = rig.cameras[0].project(world) else { continue };
                for to in 1..6 {
                    let camera = &rig.cameras[to];
                    let there = camera.project(world).filter(|there| camera.sees(*there));
                    let curve = epipolar_curve(&rig, CameraId(0), point, CameraId(to as u8));
                    if let Some(there) = there {
                        assert!(distance(&curve, there) < 0.1, "{lens:?} {world} in {to}: {}", distance(&curve, there));
                    }
                    assert!(curve.iter().all(|point| camera.sees(*point)));
                    assert!(curve.windows(2).all(|pair| (pair[1] - pair[0]).norm() <= SPACING_PX * 1.01));
                }
            }
        }
    }

    #[test]
    fn a_curve_that_crosses_the_image_ends_at_its_borders() {
        let rig = ring(4, LENSES[1]);
        let point = rig.cameras[0].project(Point3::origin()).unwrap();
        let curve = epipolar_curve(&rig, CameraId(0), point, CameraId(1));
        let from_border = |point: &Point2| {
            [point.x + 0.5, point.y + 0.5, 1151.5 - point.x, 1023.5 - point.y].into_iter().fold(f64::INFINITY, f64::min)
        };
        for end in [curve.first().unwrap(), curve.last().unwrap()] {
            assert!(from_border(end).abs() < 1e-3, "{end}");
        }
    }

    #[test]
    fn without_a_ray_there_is_no_curve() {
        let mut rig = ring(2, LENSES[1]);
        let nowhere = Point2::new(f64::NAN, 4.0);
        assert!(epipolar_curve(&rig, CameraId(0), nowhere, CameraId(1)).is_empty());
        assert!(epipolar_curve(&rig, CameraId(0), Point2::origin(), CameraId(7)).is_empty());
        let point = Point2::new(300.0, 400.0);
        let itself = epipolar_curve(&rig, CameraId(0), point, CameraId(0));
        assert!(itself.len() == 1 && (itself[0] - point).norm() < 1e-6);
        let away = Point3::new(900.0, 0.0, 0.0);
        rig.cameras[1] = looking_at("away", away, Point3::new(2000.0, 0.0, 0.0), 1600.0, LENSES[1]);
        let behind = rig.cameras[0].project(Point3::origin()).unwrap();
        assert!(epipolar_curve(&rig, CameraId(0), behind, CameraId(1)).is_empty());
    }
}
