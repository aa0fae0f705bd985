//! Makes the stores of a recording's long-group videos, tells beforehand how large they will be, and deletes them.
//!
//! One channel after the other is decoded once, forward; its frames are encoded on all cores. A segment that is there is not
//! made again, so that a job that was stopped or killed goes on where it was.

use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use rayon::prelude::*;
use serde::Serialize;

use super::segment::{self, PART_PREFIX, Pictures};
use super::stored::{About, segment_path};
use super::{SEGMENT_FRAMES, folder_of};
use crate::jobs::{Job, JobError};
use crate::model::CameraId;
use crate::recording::video::VideoReader;
use crate::recording::{Channel, ChannelSource, FrameSource, GrayFrame, MediaError, MediaPath, Recording};
use crate::store::RecordingInfo;

/// Key frames farther apart than this make jumps slow enough to need a store: beyond, decoding the way to a frame takes
/// longer than starting the decoder.
const LONG_GROUP: u32 = 15;
/// Frames, from the first, whose size is measured for the estimate, and whose levels for how they are coded.
const SAMPLED_FRAMES: u32 = 3;
/// Frames that are decoded before they are encoded at once.
const BLOCK_FRAMES: u32 = 8;
/// A part of a segment that nobody has written to for so long is left over from a kill.
const LEFT_OVER_AFTER: Duration = Duration::from_secs(3600);

/// A channel that a store can be made of.
#[derive(Clone, Debug, PartialEq)]
pub struct StorableChannel {
    /// The camera, as the project counts them.
    pub camera: CameraId,
    /// The channel.
    pub channel: Channel,
    /// Its video.
    pub source: ChannelSource,
    /// Frames that it has.
    pub frames: u32,
    /// Frames that the store holds already.
    pub frames_done: u32,
    /// The most frames that must be decoded to reach one.
    pub longest_group: u32,
    /// Whether that is so many that a store is worth its size.
    pub is_worthwhile: bool,
    /// Bytes of the whole store, from a sample of its frames.
    pub estimated_bytes: u64,
    /// Bytes that lie on the disk now.
    pub bytes_on_disk: u64,
    folder: PathBuf,
}

/// What was done.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Prepared {
    /// Frames encoded now.
    pub frames_done: u64,
    /// Frames that were there before.
    pub frames_skipped: u64,
    /// Frames that their video cannot show.
    pub frames_absent: u64,
    /// Why a channel was left out, one sentence each.
    pub problems: Vec<String>,
}

/// The videos of a recording, with what their stores would take. Decodes a few frames of each: some seconds, not for the
/// thread that draws. Channels that cannot be read are left out.
pub fn plan(recording: &Recording, info: &RecordingInfo, root: &Path) -> Vec<StorableChannel> {
    let mut found: Vec<StorableChannel> = Vec::new();
    for (index, camera) in (0u8..).zip(&info.cameras) {
        let Some(media) = recording.cameras.iter().find(|media| media.name == camera.name) else { continue };
        for (channel, source) in media.channels().filter(|(channel, _)| *channel != Channel::Mask) {
            found.extend(plan_channel(root, CameraId(index), channel, source).ok().flatten());
        }
    }
    found
}

fn plan_channel(
    root: &Path,
    camera: CameraId,
    channel: Channel,
    source: &ChannelSource,
) -> Result<Option<StorableChannel>, MediaError> {
    let (MediaPath::Video(path), Some(folder)) = (&source.path, folder_of(root, source)?) else { return Ok(None) };
    let longest_group = VideoReader::open(path)?.index()?.longest_group();
    let mut reader = source.open()?;
    let frames = reader.frame_count()?;
    let (about, samples) = about_of(reader.as_mut())?;
    let bytes: Vec<usize> =
        samples.iter().filter_map(|frame| Some(about.encode(frame)?.iter().map(Vec::len).sum())).collect();
    let estimated_bytes = bytes.iter().sum::<usize>() as u64 * u64::from(frames) / bytes.len().max(1) as u64;
    let is_there = |segment: &u32| segment_path(&folder, *segment).exists();
    let frames_done = (0..frames.div_ceil(SEGMENT_FRAMES)).filter(is_there).map(|segment| length(segment, frames));
    Ok(Some(StorableChannel {
        camera,
        channel,
        source: source.clone(),
        frames,
        frames_done: frames_done.sum(),
        longest_group,
        is_worthwhile: longest_group > LONG_GROUP,
        estimated_bytes,
        bytes_on_disk: bytes_in(&folder),
        folder,
    }))
}

/// What a store of a channel says of itself, and the first frames.
fn about_of(reader: &mut dyn FrameSource) -> Result<(About, Vec<GrayFrame>), MediaError> {
    let frames = reader.frame_count()?;
    let samples: Vec<GrayFrame> = (0..SAMPLED_FRAMES.min(frames)).filter_map(|frame| reader.read(frame).ok()).collect();
    Ok((About::new(reader.size_px(), frames, &samples), samples))
}

/// Frames of a segment of a channel of so many.
fn length(segment: u32, frames: u32) -> u32 {
    frames.saturating_sub(segment * SEGMENT_FRAMES).min(SEGMENT_FRAMES)
}

fn bytes_in(folder: &Path) -> u64 {
    let files = std::fs::read_dir(folder).into_iter().flatten().flatten();
    files.filter_map(|file| file.metadata().ok()).map(|metadata| metadata.len()).sum()
}

/// Makes the stores of these channels, or what is missing of them.
///
/// # Errors
/// [`JobError::Stopped`], or when a segment cannot be written. A video that cannot be read is no error: the report says so.
pub fn prepare(job: &Job<'_>, channels: &[StorableChannel]) -> Result<Prepared, JobError> {
    let total: u64 = channels.iter().map(|channel| u64::from(channel.frames)).sum();
    job.phase("make the frame store", total, "frames");
    let mut report = Prepared::default();
    for channel in channels {
        match prepare_channel(job, channel, &mut report) {
            Err(JobError::Media(error)) => {
                job.warn(error.to_string());
                report.problems.push(error.to_string());
            }
            other => other?,
        }
    }
    Ok(report)
}

fn prepare_channel(job: &Job<'_>, channel: &StorableChannel, report: &mut Prepared) -> Result<(), JobError> {
    let io = |action| {
        let path = channel.folder.clone();
        move |source| JobError::Io { action, path, source }
    };
    std::fs::create_dir_all(&channel.folder).map_err(io("create"))?;
    remove_left_over(&channel.folder);
    let mut reader = channel.source.open()?;
    let frames = reader.frame_count()?;
    let about = match About::read(&channel.folder).filter(|about| about.frames == frames) {
        Some(about) => about,
        None => {
            let (about, _) = about_of(reader.as_mut())?;
            about.write(&channel.folder).map_err(io("write into"))?;
            about
        }
    };
    for segment in 0..frames.div_ceil(SEGMENT_FRAMES) {
        let path = segment_path(&channel.folder, segment);
        let count = length(segment, frames);
        if path.exists() {
            report.frames_skipped += u64::from(count);
        } else {
            let pictures = encode_segment(job, reader.as_mut(), &about, segment * SEGMENT_FRAMES, count)?;
            report.frames_absent += pictures.iter().filter(|pictures| pictures[0].is_empty()).count() as u64;
            segment::write(&path, &pictures).map_err(io("write into"))?;
            report.frames_done += u64::from(count);
        }
        job.done(report.frames_done + report.frames_skipped);
    }
    Ok(())
}

fn encode_segment(
    job: &Job<'_>,
    reader: &mut dyn FrameSource,
    about: &About,
    first: u32,
    count: u32,
) -> Result<Vec<Pictures>, JobError> {
    let mut segment = Vec::with_capacity(count as usize);
    for start in (first..first + count).step_by(BLOCK_FRAMES as usize) {
        job.check()?;
        let end = (start + BLOCK_FRAMES).min(first + count);
        let mut frames = Vec::with_capacity(BLOCK_FRAMES as usize);
        for frame in start..end {
            frames.push(match reader.read(frame) {
                Ok(picture) => Some(picture),
                Err(MediaError::Damaged { .. }) => None,
                // A drive that was unplugged, a decoder that was ended: nothing to remember of a frame.
                Err(error) => return Err(error.into()),
            });
        }
        let encoded: Vec<Pictures> = frames
            .par_iter()
            .map(|frame| frame.as_ref().and_then(|frame| about.encode(frame)).unwrap_or_else(|| about.absent()))
            .collect();
        segment.extend(encoded);
    }
    Ok(segment)
}

/// Removes parts of segments that a kill has left; another process may be writing one right now.
fn remove_left_over(folder: &Path) {
    let now = SystemTime::now();
    for file in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let is_part = file.file_name().to_string_lossy().starts_with(PART_PREFIX);
        let written = file.metadata().and_then(|metadata| metadata.modified()).ok();
        let age = written.and_then(|written| now.duration_since(written).ok());
        if is_part && age.is_some_and(|age| age > LEFT_OVER_AFTER) {
            // What cannot be removed only takes room.
            let _ = std::fs::remove_file(file.path());
        }
    }
}

/// Deletes the stores of these channels; a window that shows them goes on with the videos.
///
/// # Errors
/// When a folder cannot be removed.
pub fn delete(channels: &[StorableChannel]) -> Result<(), JobError> {
    for channel in channels.iter().filter(|channel| channel.folder.exists()) {
        let path = channel.folder.clone();
        std::fs::remove_dir_all(&path).map_err(|source| JobError::Io { action: "delete", path, source })?;
    }
    Ok(())
}
