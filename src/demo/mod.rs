//! A synthetic quantum-dot recording with ground truth, made on the fly: an articulated mouse, calibrated cameras, and an
//! imaging model that dims, hides, merges and invents dots.
//!
//! A [`Scene`] is a function of its [`DemoConfig`]: any frame can be asked for in any order and is always the same. The mouse
//! moves as a function of seconds and seed; frames per second only sample it. Dots hold at fluorescence time, a part of a
//! frame after reflectance. [`Scene::dots`] gives what a detector would report, without pictures, so that accuracy can be
//! studied quickly. Nothing here knows how identities are assigned.

mod random;

mod motion;

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

use std::path::PathBuf;
use std::sync::OnceLock;

use thiserror::Error;

use crate::geometry::{CameraError, Rig, RigError};
use crate::model::{CameraId, Crop, KeypointId, Point2, Point3, Skeleton};

use anatomy::{Body, KEYPOINT_COUNT};
pub use difficulty::DifficultyFigures;
use imaging::{Moment, Optics};
pub use measure::SceneFigures;
use motion::Motion;
use render::{Shot, Studio};
pub use write::{DepthBits, WriteOptions};

/// Image width at which lengths in pixels are stated; they scale with the width.
pub const SCALE_WIDTH_PX: f64 = 1024.0;

/// How hard a demo recording is to label; [`Difficulty::figures`] says it in numbers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Difficulty {
    /// Bright dots, little noise, few reflections.
    Easy,
    /// As a good recording is.
    #[default]
    Normal,
    /// Dim dots, many reflections, a lively animal.
    Hard,
}

/// How the cameras stand.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum RigLayout {
    /// All around the arena, about 30° above the floor.
    #[default]
    Ring,
    /// Some above and some below a glass floor.
    Floor,
}

/// What to make.
#[derive(Clone, Debug, PartialEq)]
pub struct DemoConfig {
    /// How many frames.
    pub frames: u32,
    /// Frames per second; the animal is the same at any rate.
    pub fps: f64,
    /// Width and height of the images.
    pub size_px: [u32; 2],
    /// How hard it is.
    pub difficulty: Difficulty,
    /// Which animal, rig and noise.
    pub seed: u64,
    /// How the cameras stand.
    pub layout: RigLayout,
    /// How many cameras, 4 to 8.
    pub camera_count: u8,
    /// How fast the animal lives, 1 is usual.
    pub speed: f64,
    /// How much later than reflectance fluorescence is exposed, in frames; a strobed rig has one half.
    pub fluorescence_lag_frames: f64,
}

impl Default for DemoConfig {
    /// Two seconds of a rig as in the laboratory: six cameras at 60 frames/s.
    fn default() -> Self {
        Self {
            frames: 120,
            fps: 60.0,
            size_px: [1024, 700],
            difficulty: Difficulty::Normal,
            seed: 1,
            layout: RigLayout::Ring,
            camera_count: 6,
            speed: 1.0,
            fluorescence_lag_frames: 0.5,
        }
    }
}

/// Why a demo recording cannot be made.
#[derive(Debug, Error)]
pub enum DemoError {
    /// A number out of its range.
    #[error("a demo recording cannot have {what} = {value}; choose {range}")]
    OutOfRange {
        /// Which number.
        what: &'static str,
        /// What it was.
        value: String,
        /// What it may be.
        range: &'static str,
    },
    /// The folder holds something else.
    #[error("{} is not empty; choose a new or an empty folder for the demo recording", path.display())]
    Occupied {
        /// The folder.
        path: PathBuf,
    },
    /// A file cannot be written.
    #[error("{} cannot be written: {cause}", path.display())]
    Write {
        /// The file or folder.
        path: PathBuf,
        /// What the system says.
        cause: std::io::Error,
    },
    /// A picture cannot be written.
    #[error("{} cannot be written: {cause}", path.display())]
    Picture {
        /// The file.
        path: PathBuf,
        /// What the encoder says.
        cause: image::ImageError,
    },
    /// The rig's cameras are none; a mistake of this program.
    #[error("the demo's rig is not valid: {0}")]
    Camera(#[from] CameraError),
    /// The rig's cameras do not fit together; a mistake of this program.
    #[error("the demo's rig is not valid: {0}")]
    Rig(#[from] RigError),
}

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

/// The pictures that one camera takes of one frame, row by row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pictures {
    /// The animal in infrared light, 8 bits.
    pub reflectance: Vec<u8>,
    /// The dots.
    pub fluorescence: Fluorescence,
}

/// Pixels of a fluorescence picture.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fluorescence {
    /// 8 bits.
    U8(Vec<u8>),
    /// 16 bits, 64 levels to one of 8 bits.
    U16(Vec<u16>),
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
        Pictures {
            reflectance: studio.reflectance(&shot, &self.body_at(reflectance_secs)),
            fluorescence: match depth {
                DepthBits::Eight => Fluorescence::U8(studio.fluorescence(&shot, &body, &spots)),
                DepthBits::Sixteen => Fluorescence::U16(studio.fluorescence_16_bit(&shot, &body, &spots)),
            },
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

impl DemoConfig {
    fn check(&self) -> Result<(), DemoError> {
        let refuse = |what, value: String, range| Err(DemoError::OutOfRange { what, value, range });
        if self.frames == 0 {
            return refuse("frames", self.frames.to_string(), "1 or more");
        }
        if !(self.fps > 0.0 && self.fps <= 10_000.0) {
            return refuse("fps", self.fps.to_string(), "a rate above 0 and up to 10000");
        }
        if self.size_px.iter().any(|side| !(64..=8192).contains(side)) {
            return refuse("size", format!("{}x{}", self.size_px[0], self.size_px[1]), "64 to 8192 px on each side");
        }
        if !(4..=8).contains(&self.camera_count) {
            return refuse("cameras", self.camera_count.to_string(), "4 to 8");
        }
        if !(self.speed > 0.0 && self.speed <= 20.0) {
            return refuse("speed", self.speed.to_string(), "a factor above 0 and up to 20");
        }
        if !(0.0..1.0).contains(&self.fluorescence_lag_frames) {
            return refuse("lag", self.fluorescence_lag_frames.to_string(), "a part of a frame, 0 to below 1");
        }
        Ok(())
    }
}
