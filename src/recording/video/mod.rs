//! Video files through Debian's ffmpeg as child processes: exact frame numbers, one long-lived decoder per reader.
//!
//! A reader works on two things. `index` is the list of shown frames with their exact presentation times, made once per
//! file by ffprobe without decoding. `decoder` is one running ffmpeg that writes grey pictures into a pipe and says the
//! presentation time of each. Every picture is matched with the index by that time, so that a picture that the decoder leaves
//! out, or a seek that lands elsewhere, is noticed and never shown under a wrong number.
//!
//! Frames are numbered as a player shows them: presentation order, edit lists honoured, nothing repeated or dropped to keep a
//! constant rate. `pixels` says which grey levels come out.

mod decoder;
mod index;
mod pixels;
mod tools;

use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use self::decoder::{Decoder, Picture};
use self::index::VideoHeader;
pub use self::index::VideoIndex;
use super::frame::{FrameSource, GrayFrame};
use super::media::MediaError;

/// Frames that a running decoder skips rather than being positioned anew: starting a process costs about as much as this
/// many pictures of 2048 × 1400 pixels.
const SKIP_FRAMES: u32 = 24;

/// A video file as numbered grey pictures.
pub struct VideoReader {
    path: PathBuf,
    header: Arc<VideoHeader>,
    index: Option<Arc<VideoIndex>>,
    decoder: Option<Decoder>,
    /// A picture that arrived where an earlier one was expected.
    ahead: Option<(u32, GrayFrame)>,
    /// Frames that no decoder shows, found out once at the cost of decoding from the start.
    damaged: Vec<Range<u32>>,
}

impl VideoReader {
    /// Reads the file's header. The list of frames is made at the first use.
    ///
    /// # Errors
    /// When the file is missing or no video, or ffmpeg is not installed.
    pub fn open(path: &Path) -> Result<Self, MediaError> {
        let header = index::header(path)?;
        let path = path.to_owned();
        Ok(Self { path, header, index: None, decoder: None, ahead: None, damaged: Vec::new() })
    }

    /// The list of shown frames; made once per file and process, kept in memory.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn index(&mut self) -> Result<Arc<VideoIndex>, MediaError> {
        if let Some(index) = &self.index {
            return Ok(Arc::clone(index));
        }
        let index = index::index(&self.path)?;
        self.index = Some(Arc::clone(&index));
        Ok(index)
    }

    /// Frames per second that the header states, on average.
    pub fn rate(&self) -> Option<f64> {
        self.header.rate
    }

    /// The next picture that the decoder gives whose number the index knows.
    fn next_known(&mut self, index: &VideoIndex) -> Result<Option<(u32, GrayFrame)>, MediaError> {
        if let Some(ahead) = self.ahead.take() {
            return Ok(Some(ahead));
        }
        let Some(decoder) = &mut self.decoder else { return Ok(None) };
        while let Some(Picture { pts, ordinal, frame }) = decoder.next()? {
            if let Some(number) = index.number_of(pts, ordinal) {
                return Ok(Some((number, frame)));
            }
        }
        Ok(None)
    }

    /// Runs the present decoder until it shows `frame`. `None` when it has passed it or ends before.
    fn run_to(&mut self, index: &VideoIndex, frame: u32) -> Result<Option<GrayFrame>, MediaError> {
        while let Some((number, picture)) = self.next_known(index)? {
            match number.cmp(&frame) {
                std::cmp::Ordering::Less => {}
                std::cmp::Ordering::Equal => return Ok(Some(picture)),
                std::cmp::Ordering::Greater => {
                    self.ahead = Some((number, picture));
                    return Ok(None);
                }
            }
        }
        Ok(None)
    }

    fn start(&mut self, index: &VideoIndex, frame: u32) -> Result<(), MediaError> {
        // The old process ends before the new one starts: a reader never runs two.
        self.decoder = None;
        self.ahead = None;
        self.decoder = Some(Decoder::start(&self.path, &self.header, index.seek_secs(frame))?);
        Ok(())
    }

    /// The error of a frame that a decoder from the first picture on did not show.
    fn not_shown(&mut self, index: &VideoIndex, frame: u32) -> MediaError {
        let reason = self.decoder.as_ref().map(Decoder::complaint).unwrap_or_default();
        if self.ahead.is_none() && self.decoder.as_mut().is_some_and(Decoder::was_killed) {
            self.decoder = None;
            let (program, path) = ("ffmpeg".to_owned(), self.path.clone());
            return MediaError::FfmpegFailed { program, path, reason: "it was ended while it decoded".to_owned() };
        }
        let next_shown = self.ahead.as_ref().map_or(index.frame_count(), |(number, _)| *number);
        self.damaged.push(frame..next_shown);
        self.damage(frame, reason)
    }

    fn damage(&self, frame: u32, reason: String) -> MediaError {
        MediaError::Damaged { path: self.path.clone(), frame, reason }
    }

    /// Whether the running decoder gets to `frame` sooner than one that is started for it.
    fn is_near(&self, index: &VideoIndex, frame: u32) -> bool {
        let next = match (&self.ahead, &self.decoder) {
            (Some((number, _)), _) => *number,
            (None, Some(decoder)) => match decoder.last_pts() {
                Some((pts, ordinal)) => index.number_of(pts, ordinal).map_or(0, |number| number + 1),
                None => return false,
            },
            (None, None) => return false,
        };
        frame >= next && (frame - next <= SKIP_FRAMES || !index.has_keyframe_between(next, frame))
    }
}

impl FrameSource for VideoReader {
    fn frame_count(&mut self) -> Result<u32, MediaError> {
        Ok(self.index()?.frame_count())
    }

    fn size_px(&self) -> [u32; 2] {
        self.header.size_px
    }

    fn read(&mut self, frame: u32) -> Result<GrayFrame, MediaError> {
        let index = self.index()?;
        index.check(&self.path, frame)?;
        if self.damaged.iter().any(|range| range.contains(&frame)) {
            return Err(self.damage(frame, String::new()));
        }
        let near = self.is_near(&index, frame);
        if !near {
            self.start(&index, frame)?;
        }
        let mut from_start = !near && index.seek_secs(frame).is_none();
        loop {
            if let Some(picture) = self.run_to(&index, frame)? {
                return Ok(picture);
            }
            if from_start {
                return Err(self.not_shown(&index, frame));
            }
            // The decoder was positioned too late, or has left the picture out. A run from the first picture tells which.
            self.decoder = None;
            self.ahead = None;
            self.decoder = Some(Decoder::start(&self.path, &self.header, None)?);
            from_start = true;
        }
    }
}

/// Whether ffmpeg and ffprobe can be started.
pub fn is_ffmpeg_installed() -> bool {
    tools::is_installed()
}

/// Counts the pictures of a video by decoding all of it.
///
/// # Errors
/// When the file is missing or unreadable.
pub fn count_by_decoding(path: &Path) -> Result<u32, MediaError> {
    Ok(u32::try_from(decoder::shown_times(path)?.len()).unwrap_or(u32::MAX))
}
