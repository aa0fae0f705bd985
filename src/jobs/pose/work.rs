//! Solving sweeps: chunk after chunk, each frame in one transaction, so that a run goes on where it stopped.

use serde::{Deserialize, Serialize};

use super::inputs::{Examples, Inputs};
use super::{Assigner, Options, Report};
use crate::jobs::cameras::CameraMap;
use crate::jobs::rank::summary_of;
use crate::jobs::{Job, JobError};
use crate::model::RunId;
use crate::pose::joint::tracker::Track;
use crate::pose::solve::{FrameInput, PoseSolver, SolvedFrame, Stamp};
use crate::pose::stage4::{Change, Solver};
use crate::pose::sweep::Sweep;
use crate::recording::Recording;
use crate::store::{ChangeRecord, MachineFrame, MachineOutcome, Project, RecordingInfo, RunInfo, StoreError};

/// What all sweeps of a run share.
pub(super) struct Work<'a> {
    pub job: &'a Job<'a>,
    pub project: &'a mut Project,
    pub recording: &'a Recording,
    pub info: &'a RecordingInfo,
    pub cameras: &'a CameraMap,
    pub run: &'a RunInfo,
    pub options: &'a Options<'a>,
    pub examples: &'a Examples,
    pub report: Report,
}

/// Where a sweep stands: what follows is a function of this and the inputs.
#[derive(Serialize, Deserialize)]
pub(super) struct Checkpoint {
    /// Frames of the sweep that are committed.
    pub committed: usize,
    /// What they say about the next one.
    pub track: Track,
}

/// A pass over all sweeps.
#[derive(Clone, Copy)]
pub(super) struct Pass<'a> {
    pub solver: &'a PoseSolver,
    /// Who says which dot is which in it.
    pub assigner: Assigner,
    /// Its checkpoints have this name and the sweep's number.
    pub name: &'static str,
    /// Whether its frames are the run's result.
    pub is_last: bool,
}

/// The pass whose frames are a run's result.
pub(super) const LAST_PASS: &str = "sweep";

/// The pass of a hybrid run before the model is asked.
pub(super) const GEOMETRY_PASS: &str = "geometry";

/// Under this key a run keeps where a sweep of a pass stands.
pub(super) fn sweep_key(pass: &str, sweep: usize) -> String {
    format!("{pass} {sweep}")
}

impl Work<'_> {
    /// Solves what the sweeps lack in a pass.
    pub fn pass(&mut self, pass: Pass<'_>, sweeps: &[Sweep]) -> Result<(), JobError> {
        let frames: usize = sweeps.iter().map(|sweep| sweep.frames.len()).sum();
        self.job.phase(format!("solve {}", self.info.name), frames as u64, "frames");
        let mut done = 0;
        for (index, sweep) in sweeps.iter().enumerate() {
            self.sweep(pass, index, sweep, &mut done)?;
        }
        Ok(())
    }

    /// Solves what a sweep lacks, chunk by chunk.
    fn sweep(&mut self, pass: Pass<'_>, index: usize, sweep: &Sweep, done: &mut u64) -> Result<(), JobError> {
        let key = sweep_key(pass.name, index);
        let mut checkpoint = match self.stored(&key)? {
            Some(checkpoint) => checkpoint,
            None => first_checkpoint(pass.solver, sweep, &self.examples.frames)?,
        };
        *done += checkpoint.committed as u64;
        if pass.is_last {
            self.report.frames_skipped += checkpoint.committed as u32;
        }
        let (chunk, lookahead) = (pass.solver.config().chunk, pass.solver.config().lookahead);
        let mut inputs: Vec<FrameInput> = Vec::new();
        while checkpoint.committed < sweep.frames.len() {
            self.job.check()?;
            let at = checkpoint.committed;
            let end = (at + chunk + lookahead).min(sweep.frames.len());
            let wanted = &sweep.frames[at + inputs.len()..end];
            inputs.extend(self.inputs(pass.assigner).of(wanted)?);
            let commit = chunk.min(inputs.len());
            let stamp = Stamp { run: Some(self.run.id), at_unix_ms: self.run.started_unix_ms };
            let solved = pass.solver.solve(&mut checkpoint.track, &inputs, commit, stamp);
            checkpoint.committed += solved.len();
            let state = serde_json::to_vec(&checkpoint).map_err(|error| broken(self.project, &error))?;
            for (position, frame) in solved.iter().enumerate() {
                // The checkpoint is committed with the chunk's last frame: a kill before that solves the chunk again.
                let state = [(key.as_str(), state.as_slice())];
                let checkpoints = if position + 1 == solved.len() { &state[..] } else { &[] };
                self.keep(pass, frame, checkpoints)?;
                *done += 1;
                self.job.done(*done);
            }
            inputs.drain(..solved.len());
        }
        Ok(())
    }

    pub fn inputs(&self, assigner: Assigner) -> Inputs<'_> {
        let said_by = assigner.asks_model().then_some(self.run.id);
        Inputs { project: self.project, info: self.info, cameras: self.cameras, assigner, said_by }
    }

    fn stored(&self, key: &str) -> Result<Option<Checkpoint>, JobError> {
        let stored = self.project.checkpoint(self.run.id, key)?;
        stored.map(|bytes| serde_json::from_slice(&bytes).map_err(|error| broken(self.project, &error))).transpose()
    }

    /// Stores a frame.
    fn keep(&mut self, pass: Pass<'_>, solved: &SolvedFrame, checkpoints: &[(&str, &[u8])]) -> Result<(), JobError> {
        let solver = pass.solver.config().solver;
        let outcome = put(self.project, self.info, self.cameras, solver, self.run.id, solved, checkpoints)?;
        if pass.is_last {
            self.report.human_labels_kept += outcome.kept_human as u64;
            self.report.changes += solved.changes.len() as u64;
            self.report.frames_done += 1;
        }
        Ok(())
    }
}

/// What the seeds say, warmed up by those that lead to the sweep's first frame.
pub(super) fn first_checkpoint(
    solver: &PoseSolver,
    sweep: &Sweep,
    examples: &[FrameInput],
) -> Result<Checkpoint, JobError> {
    let first = sweep.frames.first().copied().unwrap_or_default();
    // A seed far from the first frame says nothing about where the animal is.
    let is_near = |frame: &u32| frame.abs_diff(first) <= NEAR_FRAMES;
    let prelude: Vec<u32> = sweep.prelude.iter().copied().filter(is_near).collect();
    let prelude: Vec<&FrameInput> =
        prelude.iter().filter_map(|frame| examples.iter().find(|example| example.frame == *frame)).collect();
    Ok(Checkpoint { committed: 0, track: solver.track(examples, &prelude)? })
}

/// Stores a solved frame with its changes and reasons.
pub(super) fn put(
    project: &mut Project,
    info: &RecordingInfo,
    cameras: &CameraMap,
    solver: Solver,
    run: RunId,
    solved: &SolvedFrame,
    checkpoints: &[(&str, &[u8])],
) -> Result<MachineOutcome, StoreError> {
    let changes: Vec<ChangeRecord> = solved.changes.iter().map(|change| record(cameras, solver, change)).collect();
    let frame = MachineFrame {
        labels: &cameras.labels_for_project(&solved.labels),
        pose: &solved.pose,
        changes: &changes,
        summary: &summary_of(solved.frame, &solved.reasons, cameras.project_label(solved.worst)),
        checkpoints,
    };
    project.put_machine_frame(info.id, solved.frame, run, &frame)
}

/// What a run stored to go on cannot be read or written.
pub(super) fn broken(project: &Project, error: &serde_json::Error) -> JobError {
    JobError::Checkpoint { reason: error.to_string(), project: project.path().to_owned() }
}

/// A correction of stage 4 as the project keeps it.
pub(super) fn record(cameras: &CameraMap, solver: Solver, change: &Change) -> ChangeRecord {
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
pub(super) const NEAR_FRAMES: u32 = 3;
