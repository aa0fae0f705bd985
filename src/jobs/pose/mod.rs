//! Solves the frames of a recording: labels, 3D points, changes and reasons, each frame in one transaction.
//!
//! A run is known by its settings and its inputs. Called again, an unfinished run goes on where it stopped and ends with the
//! same result as if it had never stopped; a finished one is left alone, unless people corrected labels or dots since.

mod inputs;

mod identity;

pub mod preview;

mod unfinished;

pub use unfinished::{Unfinished, unfinished};

use serde::Serialize;

use self::inputs::Inputs;
use super::cameras::CameraMap;
use super::rank::summary_of;
use super::{Job, JobError, open, seeds};
use crate::model::FrameRange;
use crate::pose::joint::tracker::Track;
use crate::pose::solve::{FrameInput, PoseConfig, PoseSolver, SolvedFrame, Stamp};
use crate::pose::stage4::{Change, Solver};
use crate::pose::sweep::{self, Sweep};
use crate::store::{ChangeRecord, MachineFrame, Project, RecordingInfo, RunInfo, RunState, now_unix_ms};

/// Who says which dot is which.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Assigner {
    /// The built-in geometry.
    #[default]
    Geometry,
    /// Imported 2D labels.
    Labels,
}

impl std::str::FromStr for Assigner {
    type Err = JobError;

    fn from_str(word: &str) -> Result<Self, JobError> {
        match word {
            "geometry" => Ok(Self::Geometry),
            "labels" => Ok(Self::Labels),
            "vlm" | "hybrid" => Err(JobError::NoModelPipeline { word: word.to_owned() }),
            _ => Err(JobError::UnknownAssigner { word: word.to_owned() }),
        }
    }
}

/// What to solve, and how.
#[derive(Clone, Copy, Debug, Default)]
pub struct Options<'a> {
    /// The recording; without a name, the only one.
    pub recording: Option<&'a str>,
    /// The frames.
    pub frames: FrameRange,
    /// Who says which dot is which.
    pub assigner: Assigner,
    /// What stage 4 does.
    pub solver: Solver,
    /// Whether a run that is finished, or under way, is begun anew.
    pub again: bool,
}

/// What was done.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Report {
    /// The recording.
    pub recording: String,
    /// Frames that were asked for.
    pub frames: u32,
    /// Frames solved now.
    pub frames_done: u32,
    /// Frames that the same run had solved before.
    pub frames_skipped: u32,
    /// Questions to a model: none here.
    pub calls: u64,
    /// Questions asked again.
    pub retries: u64,
    /// Questions without a usable answer.
    pub failed_calls: u64,
    /// Processor time per frame solved now, all threads together, ms.
    pub cpu_ms_per_frame: Option<f64>,
    /// Seconds that it took.
    pub wall_s: f64,
    /// Labels that stage 4 changed.
    pub changes: u64,
    /// Labels by people that stayed.
    pub human_labels_kept: u64,
    /// τ_reproj as the seeds set it, px at 1024 px width.
    pub tau_px: f64,
    /// What results suffer from.
    pub warnings: Vec<String>,
}

/// Solves frames of one recording.
///
/// # Errors
/// When the recording has no calibration, no centroids or no seeds, when a range does not fit, or when the project cannot be
/// written. What was solved before the error stays.
pub fn run(job: &Job<'_>, project: &mut Project, options: &Options<'_>) -> Result<Report, JobError> {
    let started = std::time::Instant::now();
    let info = open::choose(project, options.recording)?;
    let recording = open::recording_of(project, &info)?;
    let cameras = CameraMap::new(&recording, &info)?;
    let frames = open::frames_of(project, &info, options.frames)?;
    let mut report = Report { recording: info.name.clone(), frames: frames.end - frames.start, ..Report::default() };

    let inputs = Inputs { project, info: &info, cameras: &cameras, assigner: options.assigner };
    inputs.require(&frames)?;
    let examples = inputs.examples(&frames)?;
    report.warnings.extend(recording.warnings.iter().cloned());
    report.warnings.extend(seeds::shortcomings(project, &info)?.iter().map(seeds::Shortcoming::warning));
    report.warnings.iter().for_each(|warning| job.warn(warning.clone()));

    let config = PoseConfig { solver: options.solver, ..PoseConfig::default() };
    let solver = PoseSolver::new(cameras.rig.clone(), project.skeleton().clone(), config, &examples.frames)?;
    report.tau_px = solver.config().tau_px;
    let sweeps = sweep::sweeps(&examples.start_frames, frames.clone());
    let identity = identity::settings(project, &info, &cameras, options, &frames, &examples)?;
    let (run, is_done) = identity::begin(project, &info, &identity, options.again)?;
    if is_done {
        report.frames_skipped = report.frames;
        report.wall_s = started.elapsed().as_secs_f64();
        return Ok(report);
    }

    project.put_checkpoint(run.id, TAU_PX, report.tau_px.to_string().as_bytes())?;
    job.phase(format!("solve {}", info.name), u64::from(report.frames), "frames");
    let cpu = cpu_time::ProcessTime::now();
    let mut work = Work { job, project, info: &info, cameras: &cameras, solver: &solver, run: &run, options, report };
    for (index, sweep) in sweeps.iter().enumerate() {
        match work.sweep(index, sweep, &examples.frames) {
            Ok(()) => {}
            Err(JobError::Stopped) => {
                project.set_run_state(run.id, RunState::Stopped, now_unix_ms())?;
                return Err(JobError::Stopped);
            }
            Err(error) => return Err(error),
        }
    }
    let mut report = work.report;
    project.finish_run(run.id, now_unix_ms())?;
    if report.frames_done > 0 {
        report.cpu_ms_per_frame = Some(cpu.elapsed().as_secs_f64() * 1e3 / f64::from(report.frames_done));
    }
    report.wall_s = started.elapsed().as_secs_f64();
    Ok(report)
}

/// What all sweeps of a run share.
struct Work<'a> {
    job: &'a Job<'a>,
    project: &'a mut Project,
    info: &'a RecordingInfo,
    cameras: &'a CameraMap,
    solver: &'a PoseSolver,
    run: &'a RunInfo,
    options: &'a Options<'a>,
    report: Report,
}

/// Where a sweep stands: what follows is a function of this and the inputs.
#[derive(Serialize, serde::Deserialize)]
struct Checkpoint {
    /// Frames of the sweep that are committed.
    committed: usize,
    /// What they say about the next one.
    track: Track,
}

impl Work<'_> {
    /// Solves what a sweep lacks, chunk by chunk.
    fn sweep(&mut self, index: usize, sweep: &Sweep, examples: &[FrameInput]) -> Result<(), JobError> {
        let key = format!("sweep {index}");
        let mut checkpoint = match self.stored(&key)? {
            Some(checkpoint) => checkpoint,
            None => Checkpoint { committed: 0, track: self.first_track(sweep, examples)? },
        };
        self.report.frames_skipped += checkpoint.committed as u32;
        let (chunk, lookahead) = (self.solver.config().chunk, self.solver.config().lookahead);
        let mut inputs: Vec<FrameInput> = Vec::new();
        while checkpoint.committed < sweep.frames.len() {
            self.job.check()?;
            let at = checkpoint.committed;
            let end = (at + chunk + lookahead).min(sweep.frames.len());
            let wanted = &sweep.frames[at + inputs.len()..end];
            inputs.extend(self.inputs().of(wanted)?);
            let commit = chunk.min(inputs.len());
            let stamp = Stamp { run: Some(self.run.id), at_unix_ms: self.run.started_unix_ms };
            let solved = self.solver.solve(&mut checkpoint.track, &inputs, commit, stamp);
            checkpoint.committed += solved.len();
            let state = serde_json::to_vec(&checkpoint).map_err(|error| self.broken(&error))?;
            for (position, frame) in solved.iter().enumerate() {
                // The checkpoint is committed with the chunk's last frame: a kill before that solves the chunk again.
                let checkpoint = (position + 1 == solved.len()).then_some((key.as_str(), state.as_slice()));
                self.keep(frame, checkpoint)?;
            }
            inputs.drain(..solved.len());
        }
        Ok(())
    }

    fn inputs(&self) -> Inputs<'_> {
        Inputs { project: self.project, info: self.info, cameras: self.cameras, assigner: self.options.assigner }
    }

    fn broken(&self, error: &serde_json::Error) -> JobError {
        JobError::Checkpoint { reason: error.to_string(), project: self.project.path().to_owned() }
    }

    fn stored(&self, key: &str) -> Result<Option<Checkpoint>, JobError> {
        let stored = self.project.checkpoint(self.run.id, key)?;
        stored.map(|bytes| serde_json::from_slice(&bytes).map_err(|error| self.broken(&error))).transpose()
    }

    /// What the seeds say, warmed up by those that lead to the sweep's first frame.
    fn first_track(&self, sweep: &Sweep, examples: &[FrameInput]) -> Result<Track, JobError> {
        let first = sweep.frames.first().copied().unwrap_or_default();
        // A seed far from the first frame says nothing about where the animal is.
        let is_near = |frame: &u32| frame.abs_diff(first) <= NEAR_FRAMES;
        let prelude: Vec<u32> = sweep.prelude.iter().copied().filter(is_near).collect();
        let prelude: Vec<&FrameInput> =
            prelude.iter().filter_map(|frame| examples.iter().find(|example| example.frame == *frame)).collect();
        Ok(self.solver.track(examples, &prelude)?)
    }

    /// Stores a frame.
    fn keep(&mut self, solved: &SolvedFrame, checkpoint: Option<(&str, &[u8])>) -> Result<(), JobError> {
        let record = |change| record(self.cameras, self.options.solver, change);
        let changes: Vec<ChangeRecord> = solved.changes.iter().map(record).collect();
        let frame = MachineFrame {
            labels: &self.cameras.labels_for_project(&solved.labels),
            pose: &solved.pose,
            changes: &changes,
            summary: &summary_of(solved.frame, &solved.reasons, self.cameras.project_label(solved.worst)),
            checkpoint,
        };
        let outcome = self.project.put_machine_frame(self.info.id, solved.frame, self.run.id, &frame)?;
        self.report.human_labels_kept += outcome.kept_human as u64;
        self.report.changes += changes.len() as u64;
        self.report.frames_done += 1;
        self.job.done(u64::from(self.report.frames_done + self.report.frames_skipped));
        Ok(())
    }
}

/// A correction of stage 4 as the project keeps it.
fn record(cameras: &CameraMap, solver: Solver, change: &Change) -> ChangeRecord {
    let reason = match solver {
        Solver::Joint => "fits the other views, the bones and the motion better",
        Solver::Consensus => "lower cost over all views",
        Solver::Dlt | Solver::Ransac => "",
    };
    ChangeRecord {
        camera: cameras.project_id(change.camera),
        keypoint: change.keypoint,
        before: Some(change.before),
        after: Some(change.after),
        error_before_px: change.error_before_px,
        error_after_px: change.error_after_px,
        reason: reason.to_owned(),
    }
}

/// Seeds so near to a sweep's first frame tell how the animal moved into it.
const NEAR_FRAMES: u32 = 3;

/// Under this key a run keeps its τ_reproj.
const TAU_PX: &str = "tau_px";

/// τ_reproj of the latest run of a recording, px at 1024 px width; the default where there is none.
///
/// # Errors
/// When the project cannot be read.
pub fn tau_px(project: &Project, info: &RecordingInfo) -> Result<f64, JobError> {
    let stored = match project.latest_run(info.id, "pose")? {
        Some(run) => project.checkpoint(run.id, TAU_PX)?,
        None => None,
    };
    let stored = stored.and_then(|bytes| String::from_utf8(bytes).ok()?.parse().ok());
    Ok(stored.unwrap_or(PoseConfig::default().tau_px))
}
