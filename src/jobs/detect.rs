//! Crops and centroids of a recording: streams through its pictures with one long-lived decoder per camera and channel, on
//! all cores, and commits one frame at a time for all cameras.
//!
//! Pictures are read in blocks of a few frames; memory holds one block, however long the recording is. A frame that was
//! detected with the same settings is skipped; the settings are those that the project keeps for the recording. A camera that cannot be read does not keep the others from being detected:
//! its views stay empty, the report names it, and the next call tries them again.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use rayon::prelude::*;
use serde::Serialize;
use serde_json::json;

use super::detect_camera::OpenCamera;
use super::{Job, JobError, open};
use crate::model::{CameraId, FrameRange, RunId, ViewSet};
use crate::recording::detect::{CameraDetector, DetectConfig, Moment};
use crate::recording::{Channel, MediaError, Recording};
use crate::store::{Project, RecordingInfo, RunState, StoredDetection, now_unix_ms};

/// Pictures held at once, at most, bytes: enough for all cores at six views of 2048 × 1400, 16 bit.
const BLOCK_BYTES: usize = 192 * 1024 * 1024;
/// Most frames of a block: beyond, a kill would lose more work than waiting for the slowest camera costs.
const BLOCK_FRAMES: usize = 16;

/// What to detect.
#[derive(Clone, Copy, Debug, Default)]
pub struct Options<'a> {
    /// The recording; without a name, the only one.
    pub recording: Option<&'a str>,
    /// The frames.
    pub frames: FrameRange,
    /// Whether frames that are done are done again.
    pub again: bool,
    /// The detector's sensitivity, which the project keeps for this recording from then on; without one, that of the
    /// project.
    pub sensitivity: Option<f64>,
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

/// Detects frames of one recording.
///
/// # Errors
/// When a range does not fit, nothing can be read, or the project cannot be written. A camera that cannot be read is no
/// error: the report says so.
pub fn run(job: &Job<'_>, project: &mut Project, options: &Options<'_>) -> Result<Report, JobError> {
    let started = std::time::Instant::now();
    let info = &open::choose(project, options.recording)?;
    let recording = open::recording_of(project, info)?;
    if open::fingerprint(&recording).0 != info.fingerprint {
        job.warn(format!(
            "files of recording \"{}\" have changed since it was added; what was detected before is kept, --again detects anew",
            info.name
        ));
    }
    if !open::has_fluorescence(&recording) {
        return Err(JobError::NoPictures { name: info.name.clone(), project: project.path().to_owned() });
    }
    let frames = open::frames_of(project, info, options.frames)?;
    let config = configure(project, info, options.sensitivity)?;
    let run = begin(project, info, &config, options.again)?;
    let mut report = Report { recording: info.name.clone(), frames: frames.end - frames.start, ..Report::default() };

    let (cameras, mut problems) = open_cameras(job, &recording, info);
    let todo = frames_to_do(project, info, run, frames, &cameras, options.again)?;
    report.frames_skipped = report.frames - todo.len() as u32;
    let is_any = !cameras.is_empty();
    let mut cameras =
        if todo.is_empty() { Vec::new() } else { prepare(job, &recording, info, cameras, &config, &mut problems) };
    if !is_any || (cameras.is_empty() && !todo.is_empty()) {
        let first = problems.0.into_values().next().map(|(_, reason)| reason).unwrap_or_default();
        return Err(JobError::NoCamera { name: info.name.clone(), first });
    }

    job.phase(format!("detect {}", info.name), todo.len() as u64, "frames");
    let (mut steps, mut refilled) = (0, false);
    for block in todo.chunks(block_frames(&cameras)) {
        if let Err(stopped) = job.check() {
            project.set_run_state(run, RunState::Stopped, now_unix_ms())?;
            return Err(stopped);
        }
        let found = detect_block(&mut cameras, block, info.cameras.len(), &mut problems);
        for (todo, views) in block.iter().zip(&found) {
            steps += 1;
            job.done(steps);
            let is_new = todo.is_new || views.iter().any(Option::is_some);
            if !is_new {
                report.frames_skipped += 1;
                continue;
            }
            if !todo.is_new && !refilled {
                refilled = true;
                count_refill(project, run)?;
            }
            report.centroids += views.iter().flatten().map(|view| view.centroids.len() as u64).sum::<u64>();
            project.put_detection(info.id, todo.frame, Some(run), views)?;
            report.frames_done += 1;
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

/// The recording's settings, with another sensitivity where one is given.
fn configure(project: &mut Project, info: &RecordingInfo, sensitivity: Option<f64>) -> Result<DetectConfig, JobError> {
    let mut config = project.detect_config(info.id)?.unwrap_or_default();
    if let Some(sensitivity) = sensitivity.filter(|sensitivity| *sensitivity != config.sensitivity) {
        config.sensitivity = sensitivity;
        project.set_detect_config(info.id, &config)?;
    }
    Ok(config)
}

/// The run with these settings: the one that was begun, or a new one.
fn begin(project: &mut Project, info: &RecordingInfo, config: &DetectConfig, again: bool) -> Result<RunId, JobError> {
    let settings = json!({ "version": env!("CARGO_PKG_VERSION"), "detector": config }).to_string();
    let known = project.latest_run(info.id, "detect")?;
    match known.filter(|run| !again && run.config_hash == Project::config_hash(&settings)) {
        Some(run) => {
            project.set_run_state(run.id, RunState::Running, now_unix_ms())?;
            Ok(run.id)
        }
        None => Ok(project.begin_run(info.id, "detect", &settings, now_unix_ms())?),
    }
}

/// Under this key a run keeps how often views were added to frames that had been detected.
const REFILLS: &str = "refills";

/// Says that frames which runs may have solved already have more views from now on.
fn count_refill(project: &mut Project, run: RunId) -> Result<(), JobError> {
    let count = refills(project, run)? + 1;
    Ok(project.put_checkpoint(run, REFILLS, count.to_string().as_bytes())?)
}

/// How often views were added to frames of a run that had been detected: what was solved before is then old.
pub(super) fn refills(project: &Project, run: RunId) -> Result<u64, JobError> {
    let stored = project.checkpoint(run, REFILLS)?;
    Ok(stored.and_then(|bytes| String::from_utf8(bytes).ok()?.parse().ok()).unwrap_or(0))
}

/// Views that failed, and the first reason, by camera name.
#[derive(Default)]
struct Problems(BTreeMap<String, (u64, String)>);

impl Problems {
    fn add_camera(&mut self, job: &Job<'_>, camera: String, reason: String) {
        job.warn(format!("camera \"{camera}\" is left out: {reason}"));
        self.0.entry(camera).or_insert((0, reason));
    }

    fn add_view(&mut self, camera: &str, reason: String) {
        self.0.entry(camera.to_owned()).or_insert((0, reason)).0 += 1;
    }
}

/// A camera that is detected.
struct Work {
    camera: OpenCamera,
    detector: CameraDetector,
}

/// Opens all cameras with fluorescence, in parallel, and says which of them cannot be opened.
fn open_cameras(job: &Job<'_>, recording: &Recording, info: &RecordingInfo) -> (Vec<OpenCamera>, Problems) {
    let ids: Vec<CameraId> = (0..recording.cameras.len() as u8).map(CameraId).collect();
    let with_dots =
        ids.into_par_iter().filter(|id| recording.cameras[id.index()].channel(Channel::Fluorescence).is_some());
    let opened: Vec<Result<OpenCamera, (String, String)>> = with_dots
        .map(|id| {
            let name = recording.cameras[id.index()].name.clone();
            OpenCamera::new(recording, info, id).map_err(|reason| (name, reason))
        })
        .collect();
    let (mut cameras, mut problems) = (Vec::new(), Problems::default());
    for camera in opened {
        match camera {
            Ok(camera) => cameras.push(camera),
            Err((name, reason)) => problems.add_camera(job, name, reason),
        }
    }
    (cameras, problems)
}

/// Learns every camera's backgrounds, in parallel, and leaves out the cameras where that cannot be done.
fn prepare(
    job: &Job<'_>,
    recording: &Recording,
    info: &RecordingInfo,
    cameras: Vec<OpenCamera>,
    config: &DetectConfig,
    problems: &mut Problems,
) -> Vec<Work> {
    job.phase(format!("learn the backgrounds of {}", info.name), cameras.len() as u64, "cameras");
    let done = AtomicU64::new(0);
    let prepared: Vec<_> = cameras
        .into_par_iter()
        .map(|camera| {
            let detector = CameraDetector::prepare(recording, camera.in_recording, config);
            job.done(done.fetch_add(1, Ordering::Relaxed) + 1);
            (camera, detector)
        })
        .collect();
    let mut ready = Vec::new();
    for (camera, detector) in prepared {
        match detector {
            Ok(detector) => ready.push(Work { camera, detector }),
            Err(error) => problems.add_camera(job, camera.name, error.to_string()),
        }
    }
    ready
}

/// A frame that lacks views.
struct Todo {
    frame: u32,
    /// The project's cameras that it lacks.
    cameras: ViewSet,
    /// Whether no view was looked at yet with these settings.
    is_new: bool,
}

/// The frames of the range that lack a view of a camera that can be read.
fn frames_to_do(
    project: &Project,
    info: &RecordingInfo,
    run: RunId,
    frames: Range<u32>,
    cameras: &[OpenCamera],
    again: bool,
) -> Result<Vec<Todo>, JobError> {
    let all: ViewSet = cameras.iter().map(|camera| camera.in_project).collect();
    let mut todo: BTreeMap<u32, Todo> =
        frames.clone().map(|frame| (frame, Todo { frame, cameras: all, is_new: true })).collect();
    if !again {
        for frame in project.detected_frames(info.id, Some(run))? {
            if let Some(todo) = todo.get_mut(&frame) {
                todo.is_new = false;
            }
        }
        for item in project.detections_in(info.id, frames)? {
            let (frame, views) = item?;
            let Some(todo) = todo.get_mut(&frame).filter(|todo| !todo.is_new) else { continue };
            let has = |camera: &CameraId| views.get(camera.index()).is_some_and(Option::is_some);
            todo.cameras = all.iter().filter(|camera| !has(camera)).collect();
        }
    }
    Ok(todo.into_values().filter(|todo| !todo.cameras.is_empty()).collect())
}

fn block_frames(cameras: &[Work]) -> usize {
    // Two channels of up to two bytes a pixel.
    let bytes: usize = cameras
        .iter()
        .map(|work| work.camera.fluorescence.size_px().map(|side| side as usize).iter().product::<usize>() * 4)
        .sum();
    (BLOCK_BYTES / bytes.max(1)).clamp(1, BLOCK_FRAMES)
}

/// Reads and detects a block: each camera reads forward, and whichever core is idle takes a picture that was read.
fn detect_block(
    cameras: &mut [Work],
    block: &[Todo],
    camera_count: usize,
    problems: &mut Problems,
) -> Vec<Vec<Option<StoredDetection>>> {
    let found = Mutex::new(vec![vec![None; camera_count]; block.len()]);
    let failures: Mutex<Vec<(usize, String, String)>> = Mutex::new(Vec::new());
    rayon::scope(|scope| {
        for camera in cameras {
            let (found, failures) = (&found, &failures);
            scope.spawn(move |scope| camera.read_block(scope, block, found, failures));
        }
    });
    let mut failures = failures.into_inner().unwrap_or_else(PoisonError::into_inner);
    failures.sort();
    for (_, camera, reason) in failures {
        problems.add_view(&camera, reason);
    }
    found.into_inner().unwrap_or_else(PoisonError::into_inner)
}

impl Work {
    fn read_block<'scope>(
        &'scope mut self,
        scope: &rayon::Scope<'scope>,
        block: &'scope [Todo],
        found: &'scope Mutex<Vec<Vec<Option<StoredDetection>>>>,
        failures: &'scope Mutex<Vec<(usize, String, String)>>,
    ) {
        let (camera, detector) = (&mut self.camera, &self.detector);
        let (name, in_project) = (camera.name.clone(), camera.in_project);
        for (position, todo) in block.iter().enumerate().filter(|(_, todo)| todo.cameras.contains(in_project)) {
            let (frame, name) = (todo.frame, name.clone());
            let fail = move |reason: String| lock(failures).push((position, name, reason));
            match camera.read(frame) {
                Ok(Moment { fluorescence, reflectance, mask }) => {
                    scope.spawn(move |_| match detector.detect(reflectance.as_ref(), &fluorescence, mask.as_ref()) {
                        Ok(view) => {
                            let view = StoredDetection { crop: view.crop, centroids: view.centroids };
                            lock(found)[position][in_project.index()] = Some(view);
                        }
                        Err(error) => fail(format!("frame {frame}: {error}")),
                    })
                }
                Err(error) => fail(describe(&error, frame)),
            }
        }
    }
}

fn describe(error: &MediaError, frame: u32) -> String {
    match error {
        MediaError::Damaged { .. } | MediaError::OutOfRange { .. } => error.to_string(),
        _ => format!("from frame {frame} on: {error}"),
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
