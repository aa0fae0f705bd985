//! Crops and centroids of a recording: streams through its pictures with one long-lived decoder per camera and channel, on
//! all cores, and commits one frame at a time for all cameras.
//!
//! Pictures are read in blocks of a few frames; memory holds one block, however long the recording is. A frame that was
//! detected with the same settings is skipped. A camera that cannot be read does not keep the others from being detected:
//! its views stay empty, the report names it, and the next call tries them again.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Mutex;

use rayon::prelude::*;
use serde::Serialize;
use serde_json::json;

use super::{Job, JobError, open};
use crate::model::{CameraId, FrameRange, RunId};
use crate::recording::detect::{self, DetectConfig};
use crate::recording::{Channel, FrameSource, MediaError, Recording};
use crate::store::{Project, RecordingInfo, RunState, StoredDetection, now_unix_ms};

/// Pictures held at once, at most, bytes: enough for all cores at six views of 2048 × 1400, 16 bit.
const BLOCK_BYTES: usize = 192 * 1024 * 1024;
/// Most frames of a block: beyond, a kill would lose more work than waiting for the slowest camera costs.
const BLOCK_FRAMES: usize = 16;

/// What to detect.
#[derive(Clone, Copy, Debug, Default)]
pub struct Options<'a> {
    /// The recording; without a name, all of them.
    pub recording: Option<&'a str>,
    /// The frames.
    pub frames: FrameRange,
    /// Whether frames that are done are done again.
    pub again: bool,
}

/// What was done in one recording.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Report {
    /// The recording.
    pub recording: String,
    /// Frames that were asked for.
    pub frames: u32,
    /// Frames detected now.
    pub frames_done: u32,
    /// Frames that were detected before.
    pub frames_skipped: u32,
    /// Dots found now, in all views.
    pub centroids: u64,
    /// Views that could not be read.
    pub failed_views: u64,
    /// Why, one sentence per camera.
    pub problems: Vec<String>,
    /// Seconds that it took.
    pub wall_s: f64,
}

/// Detects the frames of a project's recordings.
///
/// # Errors
/// When a range does not fit, nothing can be read, or the project cannot be written. A camera that cannot be read is no
/// error: the report says so.
pub fn run(job: &Job<'_>, project: &mut Project, options: &Options<'_>) -> Result<Vec<Report>, JobError> {
    let recordings = open::choose_all(project, options.recording)?;
    recordings.iter().map(|info| detect_recording(job, project, info, options)).collect()
}

fn detect_recording(
    job: &Job<'_>,
    project: &mut Project,
    info: &RecordingInfo,
    options: &Options<'_>,
) -> Result<Report, JobError> {
    let started = std::time::Instant::now();
    let recording = open::recording_of(project, info)?;
    if !open::has_fluorescence(&recording) {
        return Err(JobError::NoPictures { name: info.name.clone(), project: project.path().to_owned() });
    }
    let frames = open::frames_of(project, info, options.frames)?;
    let config = DetectConfig::default();
    let run = begin(project, info, &config)?;
    let mut report = Report { recording: info.name.clone(), frames: frames.end - frames.start, ..Report::default() };

    job.phase(format!("prepare {}", info.name), 0, "cameras");
    let (mut cameras, problems) = prepare(job, &recording, info, &config);
    let mut problems = Problems(problems);
    let todo = frames_to_do(project, info, run, frames, &cameras, options.again)?;
    report.frames_skipped = report.frames - todo.len() as u32;
    if cameras.is_empty() {
        let first = problems.0.into_values().next().map(|(_, reason)| reason).unwrap_or_default();
        return Err(JobError::NoCamera { name: info.name.clone(), first });
    }

    job.phase(format!("detect {}", info.name), todo.len() as u64, "frames");
    for block in todo.chunks(block_frames(&cameras)) {
        if let Err(stopped) = job.check() {
            project.set_run_state(run, RunState::Stopped, now_unix_ms())?;
            return Err(stopped);
        }
        let mut found = detect_block(&mut cameras, block, &config, info.cameras.len(), &mut problems)?;
        for (frame, views) in block.iter().zip(&mut found) {
            report.centroids += views.iter().flatten().map(|view| view.centroids.len() as u64).sum::<u64>();
            project.put_detection(info.id, *frame, Some(run), views)?;
            report.frames_done += 1;
            job.done(u64::from(report.frames_done));
        }
    }
    project.finish_run(run, now_unix_ms())?;
    for (camera, (views, reason)) in &problems.0 {
        report.failed_views += views;
        report.problems.push(format!("camera \"{camera}\": {reason}"));
    }
    report.wall_s = started.elapsed().as_secs_f64();
    Ok(report)
}

/// The run with these settings: the one that was begun, or a new one.
fn begin(project: &mut Project, info: &RecordingInfo, config: &DetectConfig) -> Result<RunId, JobError> {
    let settings = json!({ "version": env!("CARGO_PKG_VERSION"), "detector": format!("{config:?}") }).to_string();
    let known = project.latest_run(info.id, "detect")?;
    match known.filter(|run| run.config_hash == Project::config_hash(&settings)) {
        Some(run) => {
            project.set_run_state(run.id, RunState::Running, now_unix_ms())?;
            Ok(run.id)
        }
        None => Ok(project.begin_run(info.id, "detect", &settings, now_unix_ms())?),
    }
}

/// Views that failed, and the first reason, by camera name.
struct Problems(BTreeMap<String, (u64, String)>);

impl Problems {
    fn add(&mut self, camera: &str, reason: String) {
        self.0.entry(camera.to_owned()).or_insert((0, reason)).0 += 1;
    }
}

/// A camera whose pictures are being read.
struct OpenCamera {
    name: String,
    /// Its place in the project.
    id: CameraId,
    fluorescence: Box<dyn FrameSource + Send>,
}

/// Opens all cameras with fluorescence, in parallel, and says which of them cannot be opened.
fn prepare(
    job: &Job<'_>,
    recording: &Recording,
    info: &RecordingInfo,
    _config: &DetectConfig,
) -> (Vec<OpenCamera>, BTreeMap<String, (u64, String)>) {
    let with_dots: Vec<(usize, &str)> = recording
        .cameras
        .iter()
        .enumerate()
        .filter(|(_, camera)| camera.channel(Channel::Fluorescence).is_some())
        .map(|(index, camera)| (index, camera.name.as_str()))
        .collect();
    let opened: Vec<Result<OpenCamera, (String, String)>> = with_dots
        .into_par_iter()
        .map(|(index, name)| {
            let id = CameraId(index as u8);
            open_camera(recording, info, id).map_err(|reason| (name.to_owned(), reason))
        })
        .collect();
    let mut cameras = Vec::new();
    let mut problems = BTreeMap::new();
    for camera in opened {
        match camera {
            Ok(camera) => cameras.push(camera),
            Err((name, reason)) => {
                job.warn(format!("camera \"{name}\" is left out: {reason}"));
                problems.insert(name, (0, reason));
            }
        }
    }
    (cameras, problems)
}

fn open_camera(recording: &Recording, info: &RecordingInfo, id: CameraId) -> Result<OpenCamera, String> {
    let name = recording.cameras[id.index()].name.clone();
    let project_id = info
        .find_camera(&name)
        .ok_or_else(|| "the project does not know it; it was added to the recording later".to_owned())?;
    let fluorescence = crate::recording::open_channel(recording, id, Channel::Fluorescence);
    let mut fluorescence = fluorescence.map_err(|error| error.to_string())?;
    // Reads the index now, so that a file that cannot be read is known before the work begins.
    fluorescence.frame_count().map_err(|error| error.to_string())?;
    let (found, expected) = (fluorescence.size_px(), info.cameras[project_id.index()].size_px);
    if found != expected {
        return Err(format!(
            "its fluorescence is {}×{} pixels and its calibration is for {}×{}; give the calibration of these pictures",
            found[0], found[1], expected[0], expected[1]
        ));
    }
    Ok(OpenCamera { name, id: project_id, fluorescence })
}

/// The frames of the range that lack a view of a camera that can be read.
fn frames_to_do(
    project: &Project,
    info: &RecordingInfo,
    run: RunId,
    frames: Range<u32>,
    cameras: &[OpenCamera],
    again: bool,
) -> Result<Vec<u32>, JobError> {
    if again {
        return Ok(frames.collect());
    }
    let mut done = vec![false; frames.len()];
    for frame in project.detected_frames(info.id, Some(run))? {
        if frames.contains(&frame) {
            done[(frame - frames.start) as usize] = true;
        }
    }
    for item in project.detections_in(info.id, frames.clone())? {
        let (frame, views) = item?;
        let is_whole = cameras.iter().all(|camera| views.get(camera.id.index()).is_some_and(Option::is_some));
        done[(frame - frames.start) as usize] &= is_whole;
    }
    Ok(frames.clone().filter(|frame| !done[(frame - frames.start) as usize]).collect())
}

fn block_frames(cameras: &[OpenCamera]) -> usize {
    // Two channels of up to two bytes a pixel.
    let bytes: usize = cameras
        .iter()
        .map(|camera| camera.fluorescence.size_px().map(|side| side as usize).iter().product::<usize>() * 4)
        .sum();
    (BLOCK_BYTES / bytes.max(1)).clamp(1, BLOCK_FRAMES)
}

/// Reads and detects a block: each camera reads forward, and whichever core is idle takes a picture that was read.
fn detect_block(
    cameras: &mut [OpenCamera],
    block: &[u32],
    config: &DetectConfig,
    camera_count: usize,
    problems: &mut Problems,
) -> Result<Vec<Vec<Option<StoredDetection>>>, JobError> {
    let found = Mutex::new(vec![vec![None; camera_count]; block.len()]);
    let failures: Mutex<Vec<(usize, String, String)>> = Mutex::new(Vec::new());
    rayon::scope(|scope| {
        for camera in cameras {
            let (found, failures) = (&found, &failures);
            scope.spawn(move |scope| {
                for (position, frame) in block.iter().enumerate() {
                    let id = camera.id;
                    match camera.fluorescence.read(*frame) {
                        Ok(picture) => {
                            let name = camera.name.clone();
                            scope.spawn(move |_| match detect::find_centroids(&picture, None, None, config) {
                                Ok(centroids) => {
                                    let view = StoredDetection { crop: None, centroids };
                                    lock(found)[position][id.index()] = Some(view);
                                }
                                Err(error) => lock(failures).push((position, name, error.to_string())),
                            });
                        }
                        Err(error) => {
                            lock(failures).push((position, camera.name.clone(), describe(&error, *frame)));
                        }
                    }
                }
            });
        }
    });
    let mut failures = failures.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner);
    failures.sort();
    for (_, camera, reason) in failures {
        problems.add(&camera, reason);
    }
    Ok(found.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner))
}

fn describe(error: &MediaError, frame: u32) -> String {
    match error {
        MediaError::Damaged { .. } | MediaError::OutOfRange { .. } => error.to_string(),
        _ => format!("from frame {frame} on: {error}"),
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}
