//! The two rigs of the demo: cameras around the arena, and cameras above and below a glass floor.
//!
//! Sizes follow laboratory rigs: focal length 1150 px at 1024 px width, 360–445 mm from the arena's centre, mild barrel
//! distortion. Each seed has its own slightly different rig. The glass does not refract here.

use nalgebra::{Matrix3, Vector3};
use rand::RngExt;
use rand_chacha::ChaCha8Rng;

use super::random::{Purpose, stream};
use super::{DemoError, RigLayout, SCALE_WIDTH_PX};
use crate::geometry::{Camera, Rig};
use crate::model::Point3;

const FOCAL_PX: f64 = 1150.0;
/// Where the cameras look: above the floor's centre, at half the animal's height.
const AIM: Point3 = Point3::new(0.0, 0.0, 15.0);

/// Where a camera stands, as seen from the arena's centre.
struct Post {
    azimuth_deg: f64,
    elevation_deg: f64,
    distance_mm: f64,
}

/// The calibrated cameras of a layout.
pub(super) fn rig(layout: RigLayout, camera_count: u8, size_px: [u32; 2], seed: u64) -> Result<Rig, DemoError> {
    let mut random = stream(seed, Purpose::Rig, &[layout as u64]);
    let posts = match layout {
        RigLayout::Ring => ring(camera_count),
        RigLayout::Floor => floor(camera_count),
    };
    let cameras = posts
        .iter()
        .enumerate()
        .map(|(index, post)| camera(format!("cam{index}"), post, size_px, &mut random))
        .collect::<Result<Vec<_>, _>>()?;
    Ok(Rig::new(cameras)?)
}

fn ring(camera_count: u8) -> Vec<Post> {
    let step = 360.0 / f64::from(camera_count);
    (0..camera_count)
        .map(|index| {
            let high = index % 2 == 1;
            Post {
                azimuth_deg: 12.0 + step * f64::from(index),
                elevation_deg: if high { 37.0 } else { 30.0 },
                distance_mm: if high { 435.0 } else { 390.0 },
            }
        })
        .collect()
}

/// One camera above, one below, the others low around; from six cameras on the last one also looks up.
fn floor(camera_count: u8) -> Vec<Post> {
    let mut posts = vec![
        Post { azimuth_deg: 0.0, elevation_deg: 89.0, distance_mm: 430.0 },
        Post { azimuth_deg: 40.0, elevation_deg: -89.0, distance_mm: 385.0 },
    ];
    let around = camera_count.saturating_sub(2);
    let step = 360.0 / f64::from(around.max(1));
    for index in 0..around {
        let looks_up = camera_count >= 7 && index + 1 == around;
        posts.push(Post {
            azimuth_deg: 28.0 + step * f64::from(index),
            elevation_deg: if looks_up { -38.0 } else { 20.0 },
            distance_mm: if looks_up { 380.0 } else { 360.0 },
        });
    }
    posts
}

fn camera(name: String, post: &Post, size_px: [u32; 2], random: &mut ChaCha8Rng) -> Result<Camera, DemoError> {
    let mut around = |middle: f64, spread: f64| middle + random.random_range(-spread..spread);
    let scale = f64::from(size_px[0]) / SCALE_WIDTH_PX;
    let (sin_azimuth, cos_azimuth) = around(post.azimuth_deg, 3.0).to_radians().sin_cos();
    let (sin_elevation, cos_elevation) = around(post.elevation_deg, 0.9).to_radians().sin_cos();
    let direction = Vector3::new(cos_azimuth * cos_elevation, sin_azimuth * cos_elevation, sin_elevation);
    let center = AIM + direction * around(post.distance_mm, 12.0);
    let aim = AIM + Vector3::new(around(0.0, 4.0), around(0.0, 4.0), around(0.0, 2.0));

    let forward = (aim - center).normalize();
    let upward = if forward.z.abs() > 0.9 { Vector3::y() } else { Vector3::z() };
    let right = forward.cross(&upward).normalize();
    let down = forward.cross(&right);
    let rotation = Matrix3::from_rows(&[right.transpose(), down.transpose(), forward.transpose()]);
    let translation = -(rotation * center.coords);

    let focal = around(FOCAL_PX, 30.0) * scale;
    let middle = |pixels: u32| (f64::from(pixels) - 1.0) / 2.0;
    let (cx, cy) = (middle(size_px[0]) + around(0.0, 10.0) * scale, middle(size_px[1]) + around(0.0, 8.0) * scale);
    let matrix = Matrix3::new(focal, 0.0, cx, 0.0, focal * around(1.0, 0.001), cy, 0.0, 0.0, 1.0);
    let distortion =
        [around(-0.115, 0.03), around(0.025, 0.012), around(0.0, 6e-4), around(0.0, 6e-4), around(0.0, 0.004)];
    Ok(Camera::new(name, size_px, matrix, &distortion, false, (rotation, translation))?)
}
