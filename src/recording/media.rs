//! Opens a channel of a camera as numbered pictures, whatever holds it: a video, an image sequence, or every second
//! picture of an interleaved video.
//!
//! Invariant: picture n of a channel is what a player shows as the n-th one, and both channels of an interleaved video
//! count timepoints: even pictures are reflectance, odd ones fluorescence.

use std::path::{Path, PathBuf};

use thiserror::Error;

use super::frame::{FrameSource, GrayFrame};
use super::sequence::{ImageSequence, SequencePattern};
use super::video::VideoReader;
use super::{CameraMedia, Recording};
use crate::model::CameraId;

/// What a camera's pictures show.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Channel {
    /// The animal under illumination.
    Reflectance,
    /// The quantum dots.
    Fluorescence,
    /// Where the animal is: non-zero is animal.
    Mask,
    /// A plain behaviour camera.
    Video,
}

impl Channel {
    /// All channels, in the order in which findings list them.
    pub const ALL: [Self; 4] = [Self::Reflectance, Self::Fluorescence, Self::Mask, Self::Video];

    /// The manifest's key for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Reflectance => "reflectance",
            Self::Fluorescence => "fluorescence",
            Self::Mask => "mask",
            Self::Video => "video",
        }
    }
}

/// Where pictures come from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MediaPath {
    /// One video file.
    Video(PathBuf),
    /// Numbered image files.
    Sequence(SequencePattern),
}

impl MediaPath {
    /// The file, or the pattern as it was written.
    pub fn path(&self) -> PathBuf {
        match self {
            Self::Video(path) => path.clone(),
            Self::Sequence(pattern) => pattern.path(),
        }
    }

    /// Opens the pictures.
    ///
    /// # Errors
    /// When there is no such file, or it is no video or picture that can be read.
    pub fn open(&self) -> Result<Box<dyn FrameSource + Send>, MediaError> {
        Ok(match self {
            Self::Video(path) => Box::new(VideoReader::open(path)?),
            Self::Sequence(pattern) => Box::new(ImageSequence::open(pattern)?),
        })
    }
}

/// Which pictures of a file a channel is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChannelSource {
    /// The pictures.
    pub path: MediaPath,
    /// Every second picture: `Some(0)` takes the even ones, `Some(1)` the odd ones, `None` all.
    pub interleaved: Option<u32>,
}

impl ChannelSource {
    /// Opens the channel.
    ///
    /// # Errors
    /// When there is no such file, or it is no video or picture that can be read.
    pub fn open(&self) -> Result<Box<dyn FrameSource + Send>, MediaError> {
        let source = self.path.open()?;
        Ok(match self.interleaved {
            None => source,
            Some(first) => Box::new(EverySecond { path: self.path.path(), source, first }),
        })
    }
}

/// Opens one channel of one camera.
///
/// # Errors
/// When the camera has no such channel, or its file is missing or unreadable.
pub fn open_channel(
    recording: &Recording,
    camera: CameraId,
    channel: Channel,
) -> Result<Box<dyn FrameSource + Send>, MediaError> {
    let absent = |name: &str| MediaError::NoChannel { camera: name.to_owned(), channel: channel.as_str() };
    let media: &CameraMedia = recording.cameras.get(camera.index()).ok_or_else(|| absent(&format!("#{}", camera.0)))?;
    media.channel(channel).ok_or_else(|| absent(&media.name))?.open()
}

/// One channel of an interleaved video.
struct EverySecond {
    path: PathBuf,
    source: Box<dyn FrameSource + Send>,
    first: u32,
}

impl FrameSource for EverySecond {
    fn frame_count(&mut self) -> Result<u32, MediaError> {
        Ok(self.source.frame_count()? / 2)
    }

    fn size_px(&self) -> [u32; 2] {
        self.source.size_px()
    }

    fn read(&mut self, frame: u32) -> Result<GrayFrame, MediaError> {
        let picture = frame.checked_mul(2).and_then(|even| even.checked_add(self.first));
        let frame_count = self.frame_count()?;
        match picture {
            Some(picture) if frame < frame_count => self.source.read(picture),
            _ => Err(MediaError::OutOfRange { path: self.path.clone(), frame, frame_count }),
        }
    }
}

/// Why pictures cannot be had.
#[derive(Debug, Error)]
pub enum MediaError {
    /// The recording says nothing about such a channel.
    #[error(
        "camera \"{camera}\" has no {channel} in this recording; add the key {channel} to its entry in recording.toml"
    )]
    NoChannel {
        /// The camera.
        camera: String,
        /// The channel's key.
        channel: &'static str,
    },
    /// ffmpeg or ffprobe cannot be started.
    #[error(
        "{program} is needed to read {path} and was not found; install it (Debian, Ubuntu: apt install ffmpeg), or store the \
         recording as image sequences"
    )]
    FfmpegMissing {
        /// The program that was not found.
        program: String,
        /// The video.
        path: PathBuf,
    },
    /// ffmpeg or ffprobe cannot be started for another reason, or was ended.
    #[error("{program} could not read {path}: {reason}; try again, and check that it runs in a terminal")]
    FfmpegFailed {
        /// The program.
        program: String,
        /// The video.
        path: PathBuf,
        /// What the operating system said.
        reason: String,
    },
    /// The file is not there.
    #[error("{path} does not exist; check the path in recording.toml, which is relative to its folder")]
    NotFound {
        /// The file.
        path: PathBuf,
    },
    /// The file is there, and cannot be read or understood.
    #[error("{path} cannot be read: {reason}")]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why, in the words of whoever tried.
        reason: String,
    },
    /// No file matches a sequence's pattern.
    #[error("no picture matches {pattern}; %06d stands for the number in the file name, with zeros up to six digits")]
    EmptySequence {
        /// The pattern.
        pattern: PathBuf,
    },
    /// A sequence has a hole.
    #[error(
        "{missing} is missing: the sequence goes on after it ({present}), and frames would be counted wrongly; restore the file"
    )]
    SequenceGap {
        /// The first file that is missing.
        missing: PathBuf,
        /// The next one that exists.
        present: PathBuf,
    },
    /// A picture is of another size than the first one.
    #[error("{path} is {}×{} pixels, and the pictures before it are {}×{}; all pictures of a channel must be of one size", found[0], found[1], expected[0], expected[1])]
    ImageSize {
        /// The file.
        path: PathBuf,
        /// Pixels of this picture.
        found: [u32; 2],
        /// Pixels of the first one.
        expected: [u32; 2],
    },
    /// Nobody can show this frame.
    #[error("{path} has frames 0 to {}, and frame {frame} was asked for", frame_count.saturating_sub(1))]
    OutOfRange {
        /// The file.
        path: PathBuf,
        /// The frame that was asked for.
        frame: u32,
        /// Frames that there are.
        frame_count: u32,
    },
    /// The video ends before its own header says so.
    #[error(
        "{path} is cut off: its header promises {promised} pictures, and {readable} can be read; copy the file again from its source"
    )]
    Truncated {
        /// The file.
        path: PathBuf,
        /// Pictures that can be read.
        readable: u32,
        /// What the header says, if it says anything.
        promised: String,
    },
    /// A damaged picture in the middle of a video.
    #[error("frame {frame} of {path} cannot be decoded{}", if reason.is_empty() { String::new() } else { format!(": {reason}") })]
    Damaged {
        /// The file.
        path: PathBuf,
        /// The frame.
        frame: u32,
        /// What the decoder said.
        reason: String,
    },
}

impl MediaError {
    /// The error of a file that the operating system does not give.
    pub fn from_io(path: &Path, error: &std::io::Error) -> Self {
        match error.kind() {
            std::io::ErrorKind::NotFound => Self::NotFound { path: path.to_owned() },
            _ => Self::Unreadable { path: path.to_owned(), reason: error.to_string() },
        }
    }
}
