//! What a demo recording can be asked to be, checked once, and why one cannot be made.

use std::path::PathBuf;

use thiserror::Error;

use crate::geometry::{CameraError, RigError};

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

impl DemoConfig {
    /// Refuses numbers out of their ranges.
    pub(super) fn check(&self) -> Result<(), DemoError> {
        let refuse = |what, value: String, range| Err(DemoError::OutOfRange { what, value, range });
        if self.frames == 0 {
            return refuse("frames", self.frames.to_string(), "1 or more");
        }
        if !(self.fps > 0.0 && self.fps <= 10_000.0) {
            return refuse("fps", self.fps.to_string(), "a rate above 0 and up to 10000");
        }
        if self.size_px.iter().any(|side| !(64..=4096).contains(side)) {
            return refuse("size", format!("{}x{}", self.size_px[0], self.size_px[1]), "64 to 4096 px on each side");
        }
        if !(4..=8).contains(&self.camera_count) {
            return refuse("cameras", self.camera_count.to_string(), "4 to 8");
        }
        if !(self.speed > 0.0 && self.speed <= 20.0) {
            return refuse("speed", self.speed.to_string(), "a factor above 0 and up to 20");
        }
        let length_secs = f64::from(self.frames) / self.fps * self.speed;
        if length_secs > 7200.0 {
            return refuse("length", format!("{length_secs:.0} s"), "frames, fps and speed that make up to 7200 s");
        }
        if !(0.0..1.0).contains(&self.fluorescence_lag_frames) {
            return refuse("lag", self.fluorescence_lag_frames.to_string(), "a part of a frame, 0 to below 1");
        }
        Ok(())
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
    /// Whoever asked for it changed their mind.
    #[error("the demo recording was stopped before it was whole")]
    Stopped,
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
