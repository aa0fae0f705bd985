//! What the pictures of a recording say: animals as moving blobs, and features of the pixels around each.
//!
//! Each is one pass over the video. Features go to a temporary file as they come, so that memory does not grow with the
//! recording.

use std::fs::File;
use std::io::{BufWriter, Read, Seek, SeekFrom, Write};
use std::ops::Range;
use std::path::Path;
use std::sync::Mutex;

use ndarray::Array2;

use super::BehaviorError;
use super::subjects::{picture_channel, watching_camera};
use crate::behavior::blobs::{BlobSamples, BlobTracker, BlobTracks, sample_frames};
use crate::behavior::visual::{ChannelScale, PatchDescriber, Place};
use crate::jobs::{Job, JobError};
use crate::model::skeleton::Role;
use crate::model::{AnimalTrack, Part, Tracks};
use crate::recording::{Channel, FrameSource, GrayFrame, GrayPixels, MediaError, Recording, open_channel};

/// Frames between two looks at whether to stop.
const STEP_FRAMES: u32 = 64;

/// The pictures that behaviour is watched in; `None` where there are none.
pub(super) fn pictures(recording: &Recording) -> Result<Option<Box<dyn FrameSource + Send>>, JobError> {
    let camera = watching_camera(recording);
    let Some(channel) = picture_channel(recording, camera) else { return Ok(None) };
    Ok(Some(open_channel(recording, camera, channel)?))
}

/// The masks of the camera that behaviour is watched with, animals white; `None` where there are none.
pub(super) fn masks(recording: &Recording) -> Result<Option<Box<dyn FrameSource + Send>>, JobError> {
    let camera = watching_camera(recording);
    if recording.cameras.get(camera.index()).is_none_or(|media| media.mask.is_none()) {
        return Ok(None);
    }
    Ok(Some(Box::new(White(open_channel(recording, camera, Channel::Mask)?))))
}

/// Masks in which each pixel that is not black is white.
struct White(Box<dyn FrameSource + Send>);

impl FrameSource for White {
    fn frame_count(&mut self) -> Result<u32, MediaError> {
        self.0.frame_count()
    }

    fn size_px(&self) -> [u32; 2] {
        self.0.size_px()
    }

    fn read(&mut self, frame: u32) -> Result<GrayFrame, MediaError> {
        let shown = self.0.read(frame)?;
        let white = |is_animal: bool| if is_animal { 255 } else { 0 };
        let pixels = match &shown.pixels {
            GrayPixels::U8(values) => values.iter().map(|value| white(*value > 0)).collect(),
            GrayPixels::U16(values) => values.iter().map(|value| white(*value > 0)).collect(),
        };
        Ok(GrayFrame { pixels: GrayPixels::U8(pixels), ..shown })
    }
}

/// Finds animals as moving blobs; `None` where nothing moves or no count of them holds.
pub(super) fn blobs(
    job: &Job<'_>,
    source: &mut dyn FrameSource,
    frame_count: u32,
    animal_count: Option<usize>,
) -> Result<Option<BlobTracks>, JobError> {
    let chosen = sample_frames(frame_count);
    job.phase("find animals", chosen.len() as u64 + u64::from(frame_count), "frames");
    let mut samples = BlobSamples::default();
    for (done, frame) in chosen.iter().enumerate() {
        job.check()?;
        samples.push(&source.read(*frame)?);
        job.done(done as u64 + 1);
    }
    let Some(model) = samples.learn(animal_count) else { return Ok(None) };
    drop(samples);
    let mut tracker = BlobTracker::new(model);
    for frame in 0..frame_count {
        if frame % STEP_FRAMES == 0 {
            job.check()?;
            job.done(chosen.len() as u64 + u64::from(frame));
        }
        tracker.push(&source.read(frame)?);
    }
    Ok(Some(tracker.finish()))
}

/// Blobs as tracks: front, middle and rear of each, where the way that it goes tells front from rear.
pub(super) fn tracks_of_blobs(blobs: &BlobTracks, fps: f64, mm_per_px: Option<f64>) -> Tracks {
    let animals = (0..blobs.animal_count).map(|animal| {
        let headings = blobs.headings_rad(animal);
        let points = (0..blobs.frame_count).flat_map(|frame| {
            let Some(blob) = blobs.blob(animal, frame) else { return [[f32::NAN; 2]; 3] };
            let [x, y] = blob.center;
            let half = blob.axes_px[0] / 2.0;
            let end = |sign: f32| match headings[frame as usize] {
                Some(heading) => [x + sign * half * heading.cos(), y + sign * half * heading.sin()],
                None => [f32::NAN; 2],
            };
            [end(1.0), [x, y], end(-1.0)]
        });
        AnimalTrack { points: points.collect(), heights: Vec::new() }
    });
    let animals = animals.collect();
    Tracks { animals, ..blank_tracks(0, blobs.frame_count, fps, mm_per_px) }
}

/// Tracks of blobs on which nothing is seen.
pub(super) fn blank_tracks(animals: usize, frame_count: u32, fps: f64, mm_per_px: Option<f64>) -> Tracks {
    let part = |name: &str, role| Part { name: name.to_owned(), role: Some(role) };
    let parts =
        vec![part("blob front", Role::Nose), part("blob middle", Role::BodyCentre), part("blob rear", Role::TailBase)];
    let animals = vec![AnimalTrack::missing(frame_count, parts.len()); animals];
    Tracks { frame_count, fps, parts, animals, mm_per_unit: mm_per_px }
}

/// Features of the pixels around each animal, on disk.
#[derive(Debug)]
pub(super) struct PixelRows {
    file: Mutex<File>,
    animals: usize,
    names: Vec<String>,
}

impl PixelRows {
    /// Looks at all pictures. `places` has a list per animal, of a place per frame; the temporary file lies beside `near`.
    pub(super) fn measure(
        job: &Job<'_>,
        source: &mut dyn FrameSource,
        describer: &mut dyn PatchDescriber,
        places: &[Vec<Option<Place>>],
        near: &Path,
    ) -> Result<Self, JobError> {
        let frame_count = places.iter().map(Vec::len).max().unwrap_or_default();
        let folder = near.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let io = |source| JobError::Io { action: "write a temporary file in", path: folder.to_owned(), source };
        let file = tempfile::tempfile_in(folder).map_err(io)?;
        let mut out = BufWriter::with_capacity(1 << 20, file);
        job.phase("pixels", frame_count as u64, "frames");
        for frame in 0..frame_count {
            if (frame as u32).is_multiple_of(STEP_FRAMES) {
                job.check()?;
                job.done(frame as u64);
            }
            let now: Vec<Option<Place>> = places.iter().map(|of_animal| of_animal[frame]).collect();
            let rows = describer.describe(&source.read(frame as u32)?, &now);
            let rows = rows.map_err(BehaviorError::from)?;
            for value in &rows {
                out.write_all(&value.to_le_bytes()).map_err(io)?;
            }
        }
        let file = out.into_inner().map_err(|error| io(error.into_error()))?;
        Ok(Self { file: Mutex::new(file), animals: places.len(), names: describer.names() })
    }

    /// The names of the columns.
    pub(super) fn names(&self) -> &[String] {
        &self.names
    }

    /// The rows of one animal.
    pub(super) fn rows(&self, animal: usize, frames: Range<u32>) -> Result<Array2<f32>, JobError> {
        let width = self.names.len();
        let stride = self.animals * width * size_of::<f32>();
        let mut bytes = vec![0; frames.len() * stride];
        {
            let mut file = self.file.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
            let read = file.seek(SeekFrom::Start(u64::from(frames.start) * stride as u64));
            let read = read.and_then(|_| file.read_exact(&mut bytes));
            read.map_err(|source| JobError::Io { action: "read", path: "the temporary file".into(), source })?;
        }
        let start = animal * width * size_of::<f32>();
        Ok(Array2::from_shape_fn((frames.len(), width), |(row, column)| {
            let at = row * stride + start + column * size_of::<f32>();
            f32::from_le_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]])
        }))
    }
}

/// The median side of the patches, px; that of the built-in ones where there are none.
pub(super) fn patch_px(places: &[Vec<Option<Place>>]) -> f32 {
    let mut sides: Vec<f32> = places.iter().flatten().flatten().map(|place| place.size_px[0]).collect();
    sides.sort_by(f32::total_cmp);
    sides.get(sides.len() / 2).copied().unwrap_or(48.0)
}

/// The network of a file, which describes patches of about `patch_px` pixels a side.
#[cfg(feature = "onnx")]
pub(super) fn encoder(path: &Path, scale: &ChannelScale, patch_px: f32) -> Result<Box<dyn PatchDescriber>, JobError> {
    let bytes = super::read_bytes(path)?;
    let encoder = crate::behavior::visual::Encoder::from_bytes(&bytes, scale, patch_px);
    Ok(Box::new(encoder.map_err(BehaviorError::from)?))
}

/// Says that this program has none.
#[cfg(not(feature = "onnx"))]
pub(super) fn encoder(_: &Path, _: &ChannelScale, _: f32) -> Result<Box<dyn PatchDescriber>, JobError> {
    Err(BehaviorError::NoEncoders.into())
}

#[cfg(all(test, feature = "onnx"))]
mod onnx_tests;
