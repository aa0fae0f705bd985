//! A synthetic quantum-dot recording with ground truth, made on the fly: an articulated mouse, calibrated cameras, and an
//! imaging model that dims, hides, merges and invents dots.
//!
//! A [`Scene`] is a function of its [`DemoConfig`]: any frame can be asked for in any order and is always the same. The mouse
//! moves as a function of seconds and seed; frames per second only sample it. Dots hold at fluorescence time, a part of a
//! frame after reflectance. [`Scene::dots`] gives what a detector would report, without pictures, so that accuracy can be
//! studied quickly. Nothing here knows how identities are assigned.

mod config;

mod random;

mod motion;

mod volume;

mod anatomy;

mod layout;

mod difficulty;

mod imaging;

mod measure;

mod texture;

mod backdrop;

mod raster;

mod render;

mod write;

use std::sync::OnceLock;

use crate::geometry::Rig;
use crate::model::{CameraId, Crop, KeypointId, Point2, Point3, Skeleton};
use crate::recording::{GrayFrame, GrayPixels};

use anatomy::{Body, KEYPOINT_COUNT};
pub use config::{DemoConfig, DemoError, Difficulty, RigLayout, SCALE_WIDTH_PX};
pub use difficulty::DifficultyFigures;
use imaging::{Moment, Optics};
pub use measure::SceneFigures;
use motion::Motion;
use render::{Shot, Studio};
pub use write::{DepthBits, WriteOptions};

/// A dot as a detector would report it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SimulatedDot {
    /// Its place.
    pub point_in_image: Point2,
    /// Its height above its surroundings, grey levels of 8 bits.
    pub peak: f64,
    /// Its standard deviation.
    pub sigma_px: f64,
    /// The keypoint that it is; none for a reflection or a false alarm.
    pub keypoint: Option<KeypointId>,
    /// The fainter keypoint that touches it and is not reported on its own.
    pub swallowed: Option<KeypointId>,
}

/// A synthetic recording.
#[derive(Debug)]
pub struct Scene {
    /// What it was made from.
    pub config: DemoConfig,
    /// The calibrated cameras; the unit is the millimetre.
    pub rig: Rig,
    /// The mouse with twelve keypoints.
    pub skeleton: Skeleton,
    motion: Motion,
    optics: Optics,
    /// What pictures share; made when the first is taken.
    studio: OnceLock<Studio>,
}

/// The pictures that one camera takes of one frame.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pictures {
    /// The animal in infrared light, 8 bits.
    pub reflectance: GrayFrame,
    /// The dots, 8 bits, or 16 with 64 levels to one of 8.
    pub fluorescence: GrayFrame,
}

impl Scene {
    /// The recording of a configuration.
    ///
    /// # Errors
    /// When a number is out of its range.
    pub fn new(config: &DemoConfig) -> Result<Self, DemoError> {
        config.check()?;
        let figures = config.difficulty.figures();
        let end_secs = (f64::from(config.frames) + config.fluorescence_lag_frames) / config.fps * config.speed;
        Ok(Self {
            config: config.clone(),
            rig: layout::rig(config.layout, config.camera_count, config.size_px, config.seed)?,
            skeleton: Skeleton::qd12(),
            motion: Motion::new(config.seed, end_secs, figures.liveliness),
            optics: Optics::new(config.seed, figures),
            studio: OnceLock::new(),
        })
    }

    /// The true places of the keypoints, when the frame's fluorescence is exposed, mm.
    pub fn points(&self, frame: u32) -> [Point3; KEYPOINT_COUNT] {
        self.body_at(self.fluorescence_secs(frame)).keypoints
    }

    /// What a detector would report of a frame: per camera, dots in reading order, inside the crop around the animal.
    pub fn dots(&self, frame: u32) -> Vec<Vec<SimulatedDot>> {
        let body = self.body_at(self.fluorescence_secs(frame));
        let view = |camera: CameraId| {
            let moment = self.moment(frame, camera);
            let spots = self.optics.spots(&moment, &body);
            self.optics.detect(&moment, &spots, self.crop_around(&body, camera))
        };
        self.rig.ids().map(view).collect()
    }

    /// The crop around the animal in a view, padded by 16 px and 5 % of its box; none where the animal is out of sight.
    pub fn crop(&self, frame: u32, camera: CameraId) -> Option<Crop> {
        self.crop_around(&self.body_at(self.fluorescence_secs(frame)), camera)
    }

    /// Both pictures of a frame in one view, as large as the configuration says.
    pub fn render(&self, frame: u32, camera: CameraId, depth: DepthBits) -> Pictures {
        let studio = self.studio.get_or_init(|| Studio::new(&self.rig, self.config.seed));
        let shot = Shot { camera: self.rig.camera(camera), camera_index: camera.index(), frame };
        let reflectance_secs = f64::from(frame) / self.config.fps * self.config.speed;
        let body = self.body_at(self.fluorescence_secs(frame));
        let spots = self.optics.spots(&self.moment(frame, camera), &body);
        let [width, height] = self.config.size_px;
        let picture = |pixels: GrayPixels| GrayFrame { width, height, pixels };
        Pictures {
            reflectance: picture(GrayPixels::U8(studio.reflectance(&shot, &self.body_at(reflectance_secs)))),
            fluorescence: picture(match depth {
                DepthBits::Eight => GrayPixels::U8(studio.fluorescence(&shot, &body, &spots)),
                DepthBits::Sixteen => GrayPixels::U16(studio.fluorescence_16_bit(&shot, &body, &spots)),
            }),
        }
    }

    fn crop_around(&self, body: &Body, camera: CameraId) -> Option<Crop> {
        let camera = self.rig.camera(camera);
        let [width, height] = camera.size_px().map(f64::from);
        let (mut low, mut high) = ([f64::MAX; 2], [f64::MIN; 2]);
        for blob in &body.blobs {
            let Some(point) = camera.project(blob.center) else { continue };
            let radius = blob.reach_mm * camera.focal_px() / (camera.center_in_world() - blob.center).norm();
            for (axis, coordinate) in [point.x, point.y].into_iter().enumerate() {
                low[axis] = low[axis].min(coordinate - radius);
                high[axis] = high[axis].max(coordinate + radius);
            }
        }
        for (axis, size) in [width, height].into_iter().enumerate() {
            low[axis] = low[axis].max(0.0);
            high[axis] = high[axis].min(size - 1.0);
            if low[axis] >= high[axis] {
                return None;
            }
        }
        let pad = |axis: usize| 16.0 + 0.05 * (high[axis] - low[axis]);
        let start = [0, 1].map(|axis| (low[axis] - pad(axis)).floor() as i32);
        let end = [0, 1].map(|axis| (high[axis] + pad(axis)).ceil() as i32);
        let [across, down] = [0, 1].map(|axis| (end[axis] - start[axis] + 1) as u32);
        Some(Crop { x: start[0], y: start[1], width: across, height: down })
    }

    fn fluorescence_secs(&self, frame: u32) -> f64 {
        (f64::from(frame) + self.config.fluorescence_lag_frames) / self.config.fps * self.config.speed
    }

    fn body_at(&self, time_secs: f64) -> Body {
        Body::new(&self.motion.at(time_secs))
    }

    fn moment(&self, frame: u32, camera: CameraId) -> Moment<'_> {
        Moment {
            camera: self.rig.camera(camera),
            camera_index: u64::from(camera.0),
            frame: u64::from(frame),
            time_secs: self.fluorescence_secs(frame),
        }
    }
}
