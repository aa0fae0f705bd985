//! What a camera sees where the animal is not: the arena's floor from above, or the room through the glass from below.
//!
//! Made once per camera; it does not change from frame to frame.

use nalgebra::Vector3;

use super::random::mix;
use super::texture::Tile;
use crate::geometry::Camera;
use crate::model::Point2;

/// Radius of the arena's floor.
const ARENA_RADIUS_MM: f32 = 165.0;
/// Pixels between rays that are computed through the lens; between them rays are linear.
const RAY_STEP_PX: usize = 16;

/// The still pictures of a camera, grey levels of 8 bits.
#[derive(Debug)]
pub(super) struct Backdrop {
    pub(super) reflectance: Vec<u8>,
    pub(super) fluorescence: Vec<u8>,
    /// Before rounding, for 16 bits.
    pub(super) fluorescence_levels: Vec<f32>,
}

/// Noise of the floor: fine grain and large stains.
#[derive(Debug)]
pub(super) struct FloorTiles {
    pub(super) grain: Tile,
    pub(super) stain: Tile,
}

impl Backdrop {
    pub(super) fn new(camera: &Camera, tiles: &FloorTiles) -> Self {
        let [width, height] = camera.size_px().map(|side| side as usize);
        let center = camera.center_in_world();
        let origin = Vector3::new(center.x, center.y, center.z).cast::<f32>();
        let rays = RayGrid::new(camera);
        let mut reflectance = Vec::with_capacity(width * height);
        let mut fluorescence = Vec::with_capacity(width * height);
        let mut fluorescence_levels = Vec::with_capacity(width * height);
        let (middle_x, middle_y) = (width as f32 / 2.0, height as f32 / 2.0);
        for y in 0..height {
            for x in 0..width {
                let off = ((x as f32 - middle_x) / middle_x).powi(2) + ((y as f32 - middle_y) / middle_x).powi(2);
                let light = 1.0 - 0.22 * off;
                let direction = rays.direction(x, y);
                let dark = 9.5 * light + 0.4;
                reflectance.push(dithered(scenery(&origin, &direction, tiles) * light, x, y));
                fluorescence.push(dithered(dark, x, y));
                fluorescence_levels.push(dark);
            }
        }
        Self { reflectance, fluorescence, fluorescence_levels }
    }
}

/// Rounds up or down at random, so that slow gradients keep their mean.
fn dithered(level: f32, x: usize, y: usize) -> u8 {
    let chance = (mix((y << 20 | x) as u64) & 0xffff) as f32 / 65536.0;
    (level + chance).floor().clamp(0.0, 255.0) as u8
}

/// Grey level along a ray from a camera.
fn scenery(origin: &Vector3<f32>, direction: &Vector3<f32>, tiles: &FloorTiles) -> f32 {
    let reach = -origin.z / direction.z;
    if !(reach > 0.0 && reach < 4000.0) {
        return 16.0;
    }
    let (x, y) = (origin.x + direction.x * reach, origin.y + direction.y * reach);
    let radius = x.hypot(y);
    if origin.z < 0.0 {
        return through_glass(x, y, radius, tiles);
    }
    let grain = tiles.grain.at(x * 1.1, y * 1.1);
    let stain = tiles.stain.at(x * 0.45 + 90.0, y * 0.45);
    let floor = 46.0 + 3.2 * grain + 3.0 * stain;
    let table = 20.0 + 1.2 * grain;
    let rim = (1.0 - ((radius - ARENA_RADIUS_MM - 2.0) / 2.5).powi(2)).max(0.0);
    let edge = ((ARENA_RADIUS_MM - radius) / 1.5).clamp(0.0, 1.0);
    // The wall's shadow falls on the floor's margin.
    let margin = 1.0 - 0.35 * (1.0 - (ARENA_RADIUS_MM - radius) / 30.0).clamp(0.0, 1.0);
    table + (floor * margin - table) * edge + 45.0 * rim
}

/// Looking up: the room is dark and out of focus, the glass has smears and mirrors the lamps.
fn through_glass(x: f32, y: f32, radius: f32, tiles: &FloorTiles) -> f32 {
    if radius > ARENA_RADIUS_MM {
        return if radius < ARENA_RADIUS_MM + 8.0 { 52.0 } else { 18.0 };
    }
    let room = 30.0 + 4.0 * tiles.stain.at(x * 0.2, y * 0.2 + 40.0);
    let smear = 2.5 * (tiles.stain.at(x * 0.9 + 17.0, y * 1.4) - 0.8).max(0.0);
    let lamp = |at_x: f32, at_y: f32| 26.0 * (-((x - at_x).powi(2) + (y - at_y).powi(2)) / 180.0).exp();
    room + smear + lamp(-95.0, 70.0) + lamp(100.0, -60.0)
}

/// Directions of rays through every so many pixels.
struct RayGrid {
    columns: usize,
    directions: Vec<Vector3<f32>>,
}

impl RayGrid {
    fn new(camera: &Camera) -> Self {
        let [width, height] = camera.size_px().map(|side| side as usize);
        let (columns, rows) = (width / RAY_STEP_PX + 2, height / RAY_STEP_PX + 2);
        let mut directions = Vec::with_capacity(columns * rows);
        for row in 0..rows {
            for column in 0..columns {
                let point = Point2::new((column * RAY_STEP_PX) as f64, (row * RAY_STEP_PX) as f64);
                let direction = camera.ray(point).map_or_else(Vector3::z, |ray| ray.direction);
                directions.push(direction.cast());
            }
        }
        Self { columns, directions }
    }

    fn direction(&self, x: usize, y: usize) -> Vector3<f32> {
        let (column, row) = (x / RAY_STEP_PX, y / RAY_STEP_PX);
        let fx = (x % RAY_STEP_PX) as f32 / RAY_STEP_PX as f32;
        let fy = (y % RAY_STEP_PX) as f32 / RAY_STEP_PX as f32;
        let at = |right: usize, down: usize| self.directions[(row + down) * self.columns + column + right];
        (at(0, 0) * (1.0 - fx) + at(1, 0) * fx) * (1.0 - fy) + (at(0, 1) * (1.0 - fx) + at(1, 1) * fx) * fy
    }
}
