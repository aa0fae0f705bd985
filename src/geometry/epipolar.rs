//! Where a point of one view can lie in another: the curve that its ray draws there, through both lenses.

use nalgebra::Vector3;

use super::camera::Camera;
use super::rig::Rig;
use crate::model::{CameraId, Point2, Point3};

/// Places along the ray that are looked at first; a curve that dips into the image between two of them is not seen.
const SAMPLES: u32 = 512;

/// Neighbouring points of the curve are no farther apart, px.
const SPACING_PX: f64 = 16.0;

/// The curve in view `to` on which the point seen at `point_in_image` by `from` must lie, from near to far: the longest
/// piece inside the image and before the camera, empty where there is none. Two cameras with one centre give one point.
pub fn epipolar_curve(rig: &Rig, from: CameraId, point_in_image: Point2, to: CameraId) -> Vec<Point2> {
    let (Some(source), Some(target)) = (rig.cameras.get(from.index()), rig.cameras.get(to.index())) else {
        return Vec::new();
    };
    let Some(ray) = source.ray(point_in_image) else { return Vec::new() };
    let base = (target.center_in_world() - source.center_in_world()).norm();
    let sweep =
        Sweep { target, origin: ray.origin, direction: ray.direction, unit: if base > 0.0 { base } else { 1.0 } };
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
