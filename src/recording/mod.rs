//! What is on disk: manifest, calibration files, image sequences and video.
//!
//! A [`Recording`] says what there is and where; opening one reads the manifest and the calibration, and no picture. Pictures
//! are read through [`open_channel`], calibration files through [`calibration`]; [`doctor`] says what is wrong with a
//! recording, and what to do. Tables of foreign tracks are only named here, never read. Nothing here knows model servers or
//! windows.

pub mod manifest;

mod rig_folder;

mod open;

pub mod calibration;

pub mod frame;

pub mod histogram;

pub mod media;

pub mod sequence;

pub mod video;

pub mod fingerprint;

pub mod doctor;

use std::collections::BTreeMap;
use std::path::PathBuf;

use rayon::prelude::*;
use thiserror::Error;

pub mod detect;

pub use self::fingerprint::{content_fingerprints, fingerprint};
pub use self::frame::{FrameSource, GrayFrame, GrayPixels};
pub use self::media::{Channel, ChannelSource, MediaError, MediaPath, open_channel};

use self::calibration::CalibrationError;
use self::manifest::ManifestError;
use crate::geometry::{Camera, Rig};
use crate::model::CameraId;

/// The unit of length of a recording's calibration.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Units {
    /// Millimetres.
    #[default]
    Mm,
    /// Centimetres.
    Cm,
    /// Metres.
    M,
}

impl Units {
    /// The unit of a word of the manifest.
    pub fn parse(word: &str) -> Option<Self> {
        match word {
            "mm" => Some(Self::Mm),
            "cm" => Some(Self::Cm),
            "m" => Some(Self::M),
            _ => None,
        }
    }

    /// The manifest's word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Mm => "mm",
            Self::Cm => "cm",
            Self::M => "m",
        }
    }

    /// Millimetres in one unit.
    pub fn to_mm(self) -> f64 {
        match self {
            Self::Mm => 1.0,
            Self::Cm => 10.0,
            Self::M => 1000.0,
        }
    }
}

/// What one camera recorded.
#[derive(Clone, Debug, PartialEq)]
pub struct CameraMedia {
    /// Its name, which is the calibration's.
    pub name: String,
    /// Pictures of the animal.
    pub reflectance: Option<ChannelSource>,
    /// Pictures of the dots.
    pub fluorescence: Option<ChannelSource>,
    /// Pictures in which non-zero is animal.
    pub mask: Option<ChannelSource>,
    /// A plain behaviour video.
    pub video: Option<ChannelSource>,
    /// Millimetres in one pixel on the floor, for a camera that looks straight down.
    pub mm_per_px: Option<f64>,
    /// Named polygons in image pixels.
    pub zones: BTreeMap<String, Vec<[f64; 2]>>,
}

impl CameraMedia {
    fn named(name: &str) -> Self {
        let name = name.to_owned();
        Self {
            name,
            reflectance: None,
            fluorescence: None,
            mask: None,
            video: None,
            mm_per_px: None,
            zones: BTreeMap::new(),
        }
    }

    /// Where a channel's pictures are.
    pub fn channel(&self, channel: Channel) -> Option<&ChannelSource> {
        match channel {
            Channel::Reflectance => self.reflectance.as_ref(),
            Channel::Fluorescence => self.fluorescence.as_ref(),
            Channel::Mask => self.mask.as_ref(),
            Channel::Video => self.video.as_ref(),
        }
    }

    /// The channels that there are.
    pub fn channels(&self) -> impl Iterator<Item = (Channel, &ChannelSource)> {
        Channel::ALL.into_iter().filter_map(|channel| self.channel(channel).map(|source| (channel, source)))
    }

    /// Whether its two channels are every second picture of one video.
    pub fn is_interleaved(&self) -> bool {
        self.reflectance.as_ref().is_some_and(|source| source.interleaved.is_some())
    }

    /// How many frames its shortest channel has; `None` without channels. Masks do not count: a frame without one is masked
    /// from its picture.
    ///
    /// # Errors
    /// When a channel cannot be read.
    pub fn frame_count(&self) -> Result<Option<u32>, MediaError> {
        let mut shortest = None;
        for (channel, source) in self.channels() {
            if channel != Channel::Mask {
                let count = source.open()?.frame_count()?;
                shortest = Some(shortest.map_or(count, |shortest: u32| shortest.min(count)));
            }
        }
        Ok(shortest)
    }

    /// Pixels across and down, from the first channel that can be opened.
    pub fn size_px(&self) -> Option<[u32; 2]> {
        self.channels().find_map(|(_, source)| source.open().ok()).map(|source| source.size_px())
    }
}

/// An animal of a behaviour recording, and the files that say where it is.
#[derive(Clone, Debug, PartialEq)]
pub struct Animal {
    /// Its name.
    pub name: String,
    /// "#rrggbb".
    pub colour: Option<String>,
    /// Keypoint tracks.
    pub tracks: Option<PathBuf>,
    /// Boxes, where there are no keypoints.
    pub boxes: Option<PathBuf>,
    /// Its name inside a file of several animals.
    pub individual: Option<String>,
    /// The tracks' coordinates times this are pixels of the camera.
    pub scale: f64,
    /// Whether the tracks have y before x.
    pub swap_axes: bool,
    /// Points that the tracker was less sure of are missing, from 0 to 1.
    pub least_confidence: f64,
}

/// A recording: the synchronised pictures of one session, with its calibration.
#[derive(Clone, Debug)]
pub struct Recording {
    /// The folder.
    pub root: PathBuf,
    /// The manifest, unless it is a rig's folder without one.
    pub manifest: Option<PathBuf>,
    /// The calibration file.
    pub calibration: Option<PathBuf>,
    /// Its name.
    pub name: String,
    /// Timepoints per second.
    pub fps: f64,
    /// The calibration's unit of length.
    pub units: Units,
    /// How many frames after reflectance the fluorescence is exposed.
    pub fluorescence_lag_frames: f64,
    /// When it was made, as the rig's metadata says it.
    pub start_time: Option<String>,
    /// The animal's name.
    pub subject: Option<String>,
    /// The session's name.
    pub session: Option<String>,
    /// The experimental group.
    pub group: Option<String>,
    /// By camera id: in the manifest's order, those without calibration last.
    pub cameras: Vec<CameraMedia>,
    /// The calibrated cameras, which are the first ones of `cameras` in the same order; `None` where none is calibrated.
    pub rig: Option<Rig>,
    /// Whose behaviour is looked at.
    pub animals: Vec<Animal>,
    /// What does not stop the work and should be known: cameras left without calibration, and why.
    pub warnings: Vec<String>,
}

/// Why something is not a recording that can be worked on.
#[derive(Debug, Error)]
pub enum RecordingError {
    /// There is nothing at the path.
    #[error("{path} does not exist")]
    NotFound {
        /// The path.
        path: PathBuf,
    },
    /// There is something else at the path.
    #[error(
        "{path} is no recording: it has no recording.toml, and no _proc folder with CAMERA-reflectance.avi or \
         CAMERA-fluorescence.avi"
    )]
    NotARecording {
        /// The path.
        path: PathBuf,
    },
    /// A file or folder cannot be read.
    #[error("{path} cannot be read: {reason}")]
    Unreadable {
        /// The path.
        path: PathBuf,
        /// Why.
        reason: String,
    },
    /// The manifest is wrong.
    #[error(transparent)]
    Manifest(#[from] ManifestError),
    /// The calibration is wrong.
    #[error(transparent)]
    Calibration(#[from] CalibrationError),
    /// A rig's folder has more cameras than a set of views holds.
    #[error("{path} has {count} cameras; at most 16 are possible")]
    TooManyCameras {
        /// The folder.
        path: PathBuf,
        /// How many.
        count: usize,
    },
    /// A rig's folder has several calibrations.
    #[error(
        "{first} and {second} are both calibrations; move one away, or write a recording.toml that names the right one"
    )]
    SeveralCalibrations {
        /// One of them.
        first: PathBuf,
        /// Another.
        second: PathBuf,
    },
    /// Nobody says how fast the rig was.
    #[error("{folder} does not say its frame rate; add metadata.toml with a line such as fps = 60.0")]
    NoFps {
        /// The folder.
        folder: PathBuf,
    },
    /// Pictures cannot be had.
    #[error(transparent)]
    Media(#[from] MediaError),
}

impl Recording {
    /// The camera with this name.
    pub fn find(&self, name: &str) -> Option<CameraId> {
        self.cameras.iter().position(|camera| camera.name == name).map(|index| CameraId(index as u8))
    }

    /// Pixels across and down of a camera's pictures: the calibration's, else those of its first channel.
    pub fn size_px(&self, camera: CameraId) -> Option<[u32; 2]> {
        let calibrated = self.rig.as_ref().and_then(|rig| rig.cameras.get(camera.index()));
        calibrated.map(Camera::size_px).or_else(|| self.cameras.get(camera.index())?.size_px())
    }

    /// How many frames there are: the largest number that at least two cameras reach, since one view gives no point in
    /// space (with one camera, its own). A camera reaches as many as its shortest channel has. Without pictures: 0.
    ///
    /// # Errors
    /// When no camera's pictures can be read: the first camera's reason.
    pub fn frame_count(&self) -> Result<u32, MediaError> {
        let counts: Vec<Result<Option<u32>, MediaError>> =
            self.cameras.par_iter().map(CameraMedia::frame_count).collect();
        let mut known = Vec::new();
        let mut first_error = None;
        for count in counts {
            match count {
                Ok(count) => known.extend(count),
                Err(error) => first_error = first_error.or(Some(error)),
            }
        }
        known.sort_unstable_by(|a, b| b.cmp(a));
        match (known.get(1).or(known.first()), first_error) {
            (Some(count), _) => Ok(*count),
            (None, Some(error)) => Err(error),
            (None, None) => Ok(0),
        }
    }
}
