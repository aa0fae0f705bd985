//! Makes the demo recording and takes it all the way: detect, seeds, solve, rank, evaluate.
//!
//! The folder holds `demo.json` (what was asked for), `recording/` and `demo.bvlm`. The same call goes on where it stopped.

use std::fs;
use std::path::{Path, PathBuf};

use serde::Serialize;
use serde_json::json;

use super::rank::{self, RankedFrame};
use super::{Job, JobError, detect, evaluate, new, open, pose, seeds};
use crate::demo::{DemoConfig, DemoError, DifficultyFigures, Scene, SceneFigures, WriteOptions};
use crate::model::{CameraId, Centroid, CentroidNumber, CentroidOrigin};
use crate::pose::ranking::RankBy;
use crate::store::{Project, RecordingInfo, RunState, StoredDetection, now_unix_ms};

/// How many of the worst frames are told.
const WORST_FRAMES: usize = 5;

/// What came of it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Report {
    /// The recording's folder.
    pub recording: PathBuf,
    /// The project.
    pub project: PathBuf,
    /// How hard it was asked to be.
    pub difficulty: DifficultyFigures,
    /// How hard it turned out to be.
    pub scene: SceneFigures,
    /// What detection did; absent where dots come straight from the imaging model.
    pub detect: Option<detect::Report>,
    /// What the import of seeds did.
    pub seeds: Vec<seeds::Report>,
    /// What the run did.
    pub pose: pose::Report,
    /// How good it is; absent where every frame is a seed.
    pub eval: Option<evaluate::Report>,
    /// The frames to look at first.
    pub worst: Vec<RankedFrame>,
    /// Seconds for all of it.
    pub wall_s: f64,
}

/// Makes and solves a demo in `dir`.
///
/// # Errors
/// When a number is out of its range, `dir` holds something else, or a file cannot be written.
pub fn run(job: &Job<'_>, dir: &Path, config: &DemoConfig, pictures: bool) -> Result<Report, JobError> {
    let started = std::time::Instant::now();
    let scene = Scene::new(config)?;
    let recording_dir = dir.join("recording");
    let project_path = dir.join("demo.bvlm");
    claim(dir, config, pictures)?;
    if !recording_dir.join("recording.toml").exists() {
        write_scene(job, &scene, &recording_dir, pictures)?;
    }
    job.check()?;
    new::run(job, std::slice::from_ref(&recording_dir), &project_path, None)?;
    let mut project = Project::open(&project_path)?;
    let info = open::choose(&project, None)?;
    let detect = if pictures {
        Some(detect::run(job, &mut project, &detect::Options::default())?)
    } else {
        store_dots(job, &mut project, &info, &scene)?;
        None
    };
    let truth = recording_dir.join("truth");
    let seeds = seeds::import(job, &mut project, None, &truth.join("seeds.csv"), "demo")?;
    let pose = pose::run(job, &mut project, &pose::Options::default())?;
    let eval = match evaluate::pose(job, &project, None, &truth.join("points3d.csv")) {
        Err(JobError::NothingToJudge { .. }) => None,
        other => Some(other?),
    };
    let mut worst = rank::run(&project, &info, RankBy::LikelyWrong)?;
    worst.truncate(WORST_FRAMES);
    Ok(Report {
        recording: recording_dir,
        project: project_path,
        difficulty: config.difficulty.figures(),
        scene: scene.measure(),
        detect,
        seeds,
        pose,
        eval,
        worst,
        wall_s: started.elapsed().as_secs_f64(),
    })
}

/// Makes the folder, or refuses one that holds something else than this demo.
fn claim(dir: &Path, config: &DemoConfig, pictures: bool) -> Result<(), JobError> {
    let io = |action| {
        let path = dir.to_owned();
        move |source| JobError::Io { action, path, source }
    };
    let note = dir.join("demo.json");
    let wanted = json!({
        "frames": config.frames,
        "fps": config.fps,
        "size_px": config.size_px,
        "difficulty": format!("{:?}", config.difficulty),
        "seed": config.seed,
        "layout": format!("{:?}", config.layout),
        "cameras": config.camera_count,
        "speed": config.speed,
        "fluorescence_lag_frames": config.fluorescence_lag_frames,
        "pictures": pictures,
        "version": env!("CARGO_PKG_VERSION"),
    });
    fs::create_dir_all(dir).map_err(io("create"))?;
    if let Ok(text) = fs::read_to_string(&note) {
        let is_same = serde_json::from_str::<serde_json::Value>(&text).is_ok_and(|found| found == wanted);
        return if is_same { Ok(()) } else { Err(JobError::OtherDemo { path: dir.to_owned() }) };
    }
    if fs::read_dir(dir).map_err(io("read"))?.next().is_some() {
        return Err(JobError::OtherDemo { path: dir.to_owned() });
    }
    fs::write(&note, format!("{wanted:#}\n")).map_err(io("write into"))
}

fn write_scene(job: &Job<'_>, scene: &Scene, dir: &Path, pictures: bool) -> Result<(), JobError> {
    // Without a manifest it is what an interrupted call left behind; the folder is ours.
    if dir.exists() {
        fs::remove_dir_all(dir).map_err(|source| JobError::Io { action: "clear", path: dir.to_owned(), source })?;
    }
    job.phase("make the recording", u64::from(scene.config.frames), "frames");
    let options = WriteOptions { pictures, ..WriteOptions::default() };
    let written = scene.write_while(dir, options, &|done| {
        job.done(u64::from(done));
        !job.is_cancelled()
    });
    match written {
        Err(DemoError::Stopped) => Err(JobError::Stopped),
        other => Ok(other?),
    }
}

/// Stores what a perfect detector would report, where there are no pictures to detect in.
fn store_dots(job: &Job<'_>, project: &mut Project, info: &RecordingInfo, scene: &Scene) -> Result<(), JobError> {
    project.set_frame_count(info.id, scene.config.frames)?;
    let settings = json!({ "dots": "straight from the imaging model" }).to_string();
    let known = project.find_run(info.id, "detect", &Project::config_hash(&settings))?;
    let run = match known {
        Some(run) if run.state == RunState::Finished => return Ok(()),
        Some(run) => run.id,
        None => project.begin_run(info.id, "detect", &settings, now_unix_ms())?,
    };
    job.phase("store the dots", u64::from(scene.config.frames), "frames");
    let done = project.detected_frames(info.id, Some(run))?;
    for frame in (0..scene.config.frames).filter(|frame| done.binary_search(frame).is_err()) {
        job.check()?;
        let views: Vec<Option<StoredDetection>> = scene
            .dots(frame)
            .iter()
            .enumerate()
            .map(|(camera, dots)| {
                let centroids = dots.iter().enumerate().map(|(index, dot)| Centroid {
                    number: CentroidNumber(index as u16 + 1),
                    point_in_image: dot.point_in_image,
                    sigma_px: dot.sigma_px as f32,
                    peak: dot.peak as f32,
                    snr: dot.peak as f32,
                    origin: CentroidOrigin::Detected,
                });
                let crop = scene.crop(frame, CameraId(camera as u8));
                Some(StoredDetection { crop, centroids: centroids.collect() })
            })
            .collect();
        project.put_detection(info.id, frame, Some(run), &views)?;
        job.done(u64::from(frame) + 1);
    }
    project.finish_run(run, now_unix_ms())?;
    Ok(())
}
