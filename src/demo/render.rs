//! Pictures of a scene: shaded fur in reflectance; dots, glow and noise in fluorescence.
//!
//! Spots are drawn from the same list that [`Scene::dots`] detects, so pictures and dots tell one story. Only a window around
//! the animal is computed; the rest is a still backdrop with fresh noise.

use nalgebra::Vector3;
use rayon::prelude::*;

use super::anatomy::Body;
use super::backdrop::{Backdrop, FloorTiles};
use super::imaging::{READ_NOISE_GREY, SHOT_NOISE_GREY, Spot};
use super::random::mix;
use super::raster::{Raster, View, Window};
use super::texture::{NoiseList, Tile};
use super::volume::{Blob, Tissue};
use crate::geometry::{Camera, Rig};
use crate::model::Point3;

/// Noise of the reflectance camera, grey levels.
const REFLECTANCE_NOISE_GREY: f32 = 1.1;
/// Glow of the body in fluorescence, grey levels.
const GLOW_GREY: f32 = 6.5;
/// Share of a spot's height in its wide halo, and the halo's width in spot widths: light scattered in tissue.
const HALO_SHARE: f32 = 0.035;
const HALO_WIDTH: f32 = 4.5;
/// Grey levels of 16 bits per grey level of 8.
const SIXTEEN_BIT_GAIN: f32 = 64.0;
/// How far shadows and glow reach beyond the body, px at 1024 px width.
const MARGIN_PX: f64 = 14.0;

/// What all pictures of a scene share.
#[derive(Debug)]
pub(super) struct Studio {
    pub(super) backdrops: Vec<Backdrop>,
    fur: Tile,
    reflectance_noise: NoiseList,
    fluorescence_noise: NoiseList,
    seed: u64,
}

/// Which picture is taken: its key chooses its noise.
#[derive(Clone, Copy, Debug)]
pub(super) struct Shot<'a> {
    pub(super) camera: &'a Camera,
    pub(super) camera_index: usize,
    pub(super) frame: u32,
}

impl Studio {
    pub(super) fn new(rig: &Rig, seed: u64) -> Self {
        let tiles = FloorTiles { grain: Tile::new(seed, 1, [1, 1]), stain: Tile::new(seed, 2, [9, 9]) };
        Self {
            backdrops: rig.cameras.par_iter().map(|camera| Backdrop::new(camera, &tiles)).collect(),
            fur: Tile::new(seed, 3, [5, 1]),
            reflectance_noise: NoiseList::new(seed, 4, REFLECTANCE_NOISE_GREY),
            fluorescence_noise: NoiseList::new(seed, 5, READ_NOISE_GREY as f32),
            seed,
        }
    }

    /// The animal as the eye sees it, 8 bits.
    pub(super) fn reflectance(&self, shot: &Shot<'_>, body: &Body) -> Vec<u8> {
        let backdrop = &self.backdrops[shot.camera_index].reflectance;
        let width = shot.camera.size_px()[0] as usize;
        let mut picture = self.with_noise(backdrop, width, &self.reflectance_noise, shot, 0);
        let Some(raster) = Raster::new(body, shot.camera, MARGIN_PX * self.scale(width)) else { return picture };
        let window = raster.window;
        let shadow = shadow(body, shot.camera, window);
        for row in 0..window.height {
            let y = window.y + row;
            let noise = self.reflectance_noise.values(self.key(shot, 1, y), window.width);
            let line = &mut picture[y * width + window.x..][..window.width];
            let still = &backdrop[y * width + window.x..][..window.width];
            for column in 0..window.width {
                let pixel = row * window.width + column;
                let (cover, shade) = (raster.cover[pixel], shadow[pixel]);
                if cover <= 0.0 && shade <= 0.0 {
                    continue;
                }
                let mut level = f32::from(still[column]) * (1.0 - shade);
                if let Some(view) = raster.views.get(usize::from(raster.front[pixel])).and_then(Option::as_ref) {
                    let blob = &body.blobs[usize::from(raster.front[pixel])];
                    let offset = Raster::offset_px(view, window.x + column, y);
                    let animal = self.fur_level(body, blob, view, offset, raster.depth_mm[pixel]);
                    level += (animal - level) * cover;
                }
                level += noise[column] * (REFLECTANCE_NOISE_GREY.powi(2) + 0.02 * level).sqrt();
                line[column] = level.round().clamp(0.0, 255.0) as u8;
            }
        }
        picture
    }

    /// Grey level of the body's surface.
    fn fur_level(&self, body: &Body, blob: &Blob, view: &View, offset_px: [f32; 2], depth_mm: f32) -> f32 {
        let (place, normal) = view.surface(offset_px, depth_mm);
        let facing = -normal.dot(&view.view);
        let above = normal.z;
        let toward = (-view.view + Vector3::z() * 0.55 * view.view.z.signum() * -1.0).normalize();
        let lit = normal.dot(&toward).max(0.0);
        let height = (blob.center.z as f32 + place.z).max(0.0);
        // Light from the floor is missing under the belly.
        let open = (0.62 + 0.38 * (height / 14.0).min(1.0)).min(1.0 + 0.3 * above.min(0.0));
        let light = (0.30 + 0.72 * lit.powf(0.85)) * open;
        let (albedo, texture) = match blob.tissue {
            Tissue::Fur => {
                let [left, up] = body.left_and_up.map(|axis| axis.cast::<f32>());
                let around = normal.dot(&left).atan2(normal.dot(&up));
                let along = blob.along_mm as f32 + place.dot(&blob.axis.cast());
                let hair = self.fur.at(along * 3.2, around * 52.0);
                let patch = self.fur.at(along * 0.35 + 100.0, around * 5.0 + 30.0);
                (168.0, 1.0 + 0.075 * hair + 0.045 * patch)
            }
            Tissue::Skin => (142.0, 1.0 + 0.03 * self.fur.at(place.x * 6.0, place.y * 6.0)),
            Tissue::Eye => (26.0 + 190.0 * lit.powi(24), 1.0),
        };
        albedo * light * texture * (0.72 + 0.28 * facing.clamp(0.0, 1.0).sqrt())
    }

    /// The dots in the dark, as levels of 8 bits before rounding, written through `put(pixel, level)` wherever they differ
    /// from the noisy backdrop.
    fn draw_fluorescence(&self, shot: &Shot<'_>, body: &Body, spots: &[Spot], mut put: impl FnMut(usize, f32)) {
        let size_px = shot.camera.size_px();
        let width = size_px[0] as usize;
        let backdrop = &self.backdrops[shot.camera_index].fluorescence_levels;
        let mut windows: Vec<(Window, Vec<f32>)> = Vec::new();
        let reached: Vec<Window> = spots.iter().filter_map(|spot| reach_of(spot, size_px)).collect();
        let raster = Raster::new(body, shot.camera, MARGIN_PX * self.scale(width));
        let main = raster.as_ref().map(|raster| raster.window);
        for part in reached.iter().filter(|part| !main.is_some_and(|main| main.holds(part))) {
            windows.push((*part, vec![0.0; part.area()]));
        }
        if let Some(raster) = raster {
            let glow = glow(&raster, (2.5 * self.scale(width)).round() as usize);
            windows.push((raster.window, glow));
        }
        for (window, light) in &mut windows {
            spots.iter().for_each(|spot| add_spot(light, *window, spot));
        }
        // Windows may overlap; each holds the light of all spots, and the last, the animal's, its glow as well.
        for (window, light) in &windows {
            for row in 0..window.height {
                let y = window.y + row;
                let noise = self.fluorescence_noise.values(self.key(shot, 3, y), window.width);
                for column in 0..window.width {
                    let signal = light[row * window.width + column];
                    let place = y * width + window.x + column;
                    let spread = ((READ_NOISE_GREY * READ_NOISE_GREY) as f32 + SHOT_NOISE_GREY as f32 * signal).sqrt();
                    put(place, backdrop[place] + signal + noise[column] * spread);
                }
            }
        }
    }

    /// The dots in the dark, 8 bits.
    pub(super) fn fluorescence(&self, shot: &Shot<'_>, body: &Body, spots: &[Spot]) -> Vec<u8> {
        let backdrop = &self.backdrops[shot.camera_index].fluorescence;
        let width = shot.camera.size_px()[0] as usize;
        let mut picture = self.with_noise(backdrop, width, &self.fluorescence_noise, shot, 2);
        self.draw_fluorescence(shot, body, spots, |place, level| {
            picture[place] = level.round().clamp(0.0, 255.0) as u8;
        });
        picture
    }

    /// The same, 16 bits.
    pub(super) fn fluorescence_16_bit(&self, shot: &Shot<'_>, body: &Body, spots: &[Spot]) -> Vec<u16> {
        let sixteen = |level: f32| (level * SIXTEEN_BIT_GAIN).round().clamp(0.0, 65535.0) as u16;
        let backdrop = &self.backdrops[shot.camera_index].fluorescence_levels;
        let width = shot.camera.size_px()[0] as usize;
        let mut picture = Vec::with_capacity(backdrop.len());
        for (y, still) in backdrop.chunks(width).enumerate() {
            let noise = self.fluorescence_noise.values(self.key(shot, 2, y), width);
            picture
                .extend(still.iter().zip(noise).map(|(still, noise)| sixteen(still + noise * READ_NOISE_GREY as f32)));
        }
        self.draw_fluorescence(shot, body, spots, |place, level| picture[place] = sixteen(level));
        picture
    }

    fn with_noise(&self, still: &[u8], width: usize, noise: &NoiseList, shot: &Shot<'_>, channel: u64) -> Vec<u8> {
        let mut picture = Vec::with_capacity(still.len());
        for (y, line) in still.chunks(width).enumerate() {
            let noise = noise.levels(self.key(shot, channel, y), width);
            let levels = line.iter().zip(noise);
            picture.extend(levels.map(|(still, noise)| still.saturating_add_signed(*noise)));
        }
        picture
    }

    fn key(&self, shot: &Shot<'_>, channel: u64, y: usize) -> u64 {
        let picture = u64::from(shot.frame) << 24 | (shot.camera_index as u64) << 20 | channel << 16;
        mix(self.seed ^ mix(picture) ^ mix(y as u64 + 1))
    }

    fn scale(&self, width: usize) -> f64 {
        width as f64 / super::SCALE_WIDTH_PX
    }
}

/// The pixels that a spot's light reaches.
fn reach_of(spot: &Spot, size_px: [u32; 2]) -> Option<Window> {
    let reach = f64::from(HALO_WIDTH) * spot.sigma_px * 2.2;
    let center = [spot.point_in_image.x, spot.point_in_image.y];
    Window::within(center.map(|at| at - reach), center.map(|at| at + reach), size_px)
}

/// Adds a spot with its halo to the light in a window.
fn add_spot(light: &mut [f32], window: Window, spot: &Spot) {
    let end = [window.x + window.width, window.y + window.height].map(|end| end as u32);
    let Some(part) = reach_of(spot, end) else { return };
    let narrow = -0.5 / (spot.sigma_px * spot.sigma_px) as f32;
    let wide = narrow / (HALO_WIDTH * HALO_WIDTH);
    let peak = spot.peak as f32;
    for y in part.y.max(window.y)..part.y + part.height {
        let dy = (y as f64 - spot.point_in_image.y) as f32;
        let row = (y - window.y) * window.width;
        for x in part.x.max(window.x)..part.x + part.width {
            let dx = (x as f64 - spot.point_in_image.x) as f32;
            let squared = dx * dx + dy * dy;
            let shape = (1.0 - HALO_SHARE) * (squared * narrow).exp() + HALO_SHARE * (squared * wide).exp();
            light[row + x - window.x] += peak * shape;
        }
    }
}

/// How much darker the floor is under and beside the body, 0 to 1; nothing is dark through glass.
fn shadow(body: &Body, camera: &Camera, window: Window) -> Vec<f32> {
    let mut shadow = vec![0.0_f32; window.area()];
    if camera.center_in_world().z < 0.0 {
        return shadow;
    }
    let size_px = camera.size_px();
    for blob in body.blobs.iter().step_by(4).filter(|blob| blob.opaque && blob.reach_mm > 1.5) {
        let below = Point3::new(blob.center.x, blob.center.y, 0.0);
        let Some((center, jacobian)) = camera.project_with_jacobian(below) else { continue };
        let radius_mm = blob.reach_mm * 1.25 + 0.15 * blob.center.z;
        let strength = (0.34 * (1.0 - blob.center.z / 70.0).max(0.0)) as f32;
        let across = jacobian.fixed_view::<2, 2>(0, 0) * radius_mm;
        let Some(inverse) = across.try_inverse() else { continue };
        let inverse: nalgebra::Matrix2<f32> = inverse.cast();
        let half = [0, 1].map(|axis| across.row(axis).norm());
        let at = [center.x, center.y];
        let (low, high) = ([at[0] - half[0], at[1] - half[1]], [at[0] + half[0], at[1] + half[1]]);
        let Some(part) = Window::within(low, high, size_px) else { continue };
        let columns = part.x.max(window.x)..(part.x + part.width).min(window.x + window.width);
        for y in part.y.max(window.y)..(part.y + part.height).min(window.y + window.height) {
            let dy = (y as f64 - center.y) as f32;
            for x in columns.clone() {
                let dx = (x as f64 - center.x) as f32;
                let (u, v) = (inverse.m11 * dx + inverse.m12 * dy, inverse.m21 * dx + inverse.m22 * dy);
                let inside = 1.0 - u * u - v * v;
                if inside > 0.0 {
                    let dark = &mut shadow[(y - window.y) * window.width + x - window.x];
                    *dark += (0.75 - *dark) * strength * inside * inside;
                }
            }
        }
    }
    shadow
}

/// Light of the excited tissue, blurred: where the body is, a little more where it is thick.
fn glow(raster: &Raster, radius_px: usize) -> Vec<f32> {
    let window = raster.window;
    let mut light: Vec<f32> = raster.cover.iter().map(|cover| GLOW_GREY * cover).collect();
    let radius = radius_px.max(1);
    for _ in 0..2 {
        light = blurred_rows(&light, window.width, radius);
        light = transposed(&light, window.width);
        light = blurred_rows(&light, window.height, radius);
        light = transposed(&light, window.height);
    }
    light
}

/// A box blur along the rows of a picture, dark outside.
fn blurred_rows(light: &[f32], width: usize, radius: usize) -> Vec<f32> {
    let mut result = Vec::with_capacity(light.len());
    let scale = 1.0 / (2 * radius + 1) as f32;
    for row in light.chunks(width) {
        let mut sum: f32 = row.iter().take(radius).sum();
        for x in 0..width {
            sum += row.get(x + radius).copied().unwrap_or(0.0);
            result.push(sum * scale);
            if x >= radius {
                sum -= row[x - radius];
            }
        }
    }
    result
}

fn transposed(light: &[f32], width: usize) -> Vec<f32> {
    let height = light.len() / width.max(1);
    let mut result = Vec::with_capacity(light.len());
    for x in 0..width {
        result.extend((0..height).map(|y| light[y * width + x]));
    }
    result
}
