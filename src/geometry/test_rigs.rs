//! Rigs that the unit tests of this module share.

use nalgebra::{Matrix3, Vector3};

use super::{Camera, Rig};
use crate::model::Point3;

/// Coefficients of each model, mild as real lenses are; the second says whether they are a fisheye's.
pub const LENSES: [(&[f64], bool); 7] = [
    (&[], false),
    (&[-0.18, 0.06, 5e-4, -3e-4], false),
    (&[-0.16, 0.94, -1e-3, -4e-3, -2.7], false),
    (&[0.3, -0.1, 1e-3, 2e-3, 0.02, 0.5, -0.05, 0.01], false),
    (&[-0.2, 0.08, 1e-3, -5e-4, 0.01, 0.02, 0.01, -0.003, 1e-3, -5e-4, 8e-4, 3e-4], false),
    (&[-0.01, 0.02, -0.015, 0.003], true),
    (&[0.08, -0.03, 0.0, 0.0], true),
];

pub fn looking_at(name: &str, from: Point3, at: Point3, focal_px: f64, lens: (&[f64], bool)) -> Camera {
    let ahead = (at - from).normalize();
    let right = ahead.cross(&Vector3::z()).normalize();
    let down = ahead.cross(&right);
    let rotation = Matrix3::from_rows(&[right.transpose(), down.transpose(), ahead.transpose()]);
    let matrix = Matrix3::new(focal_px, -4.0, 575.0, 0.0, focal_px * 1.002, 510.0, 0.0, 0.0, 1.0);
    let translation = -rotation * from.coords;
    Camera::new(name.to_owned(), [1152, 1024], matrix, lens.0, lens.1, (rotation, translation)).unwrap()
}

/// `count` cameras around the origin, 500 units away, 30° up, with the same lens.
pub fn ring(count: usize, lens: (&[f64], bool)) -> Rig {
    let cameras = (0..count).map(|index| {
        let angle = std::f64::consts::TAU * index as f64 / count as f64 + 0.1;
        let from = Point3::new(430.0 * angle.cos(), 430.0 * angle.sin(), 250.0 + 10.0 * index as f64);
        looking_at(&format!("cam{index}"), from, Point3::origin(), 1600.0, lens)
    });
    Rig::new(cameras.collect()).unwrap()
}
