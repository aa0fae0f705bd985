//! A run that stopped before its end: what it was asked for and how far it came, so that it can be offered again.

use std::ops::Range;

use serde::Deserialize;

use super::Assigner;
use crate::jobs::JobError;
use crate::pose::stage4::Solver;
use crate::store::{Project, RecordingInfo, RunState};

/// The latest run of a recording, where it stopped early.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unfinished {
    /// The frames that it was asked for.
    pub frames: Range<u32>,
    /// How many of them it solved.
    pub done: u32,
    /// Who says which dot is which.
    pub assigner: Assigner,
    /// What stage 4 does.
    pub solver: Solver,
}

/// What is read of a run's settings.
#[derive(Deserialize)]
struct Settings {
    assigner: String,
    solver: String,
    frames: [u32; 2],
}

/// What is read of a sweep's checkpoint.
#[derive(Deserialize)]
struct Progress {
    committed: u32,
}

/// The latest run, if it stopped early. One whose settings another version wrote differently is not offered.
///
/// # Errors
/// When the project cannot be read.
pub fn unfinished(project: &Project, info: &RecordingInfo) -> Result<Option<Unfinished>, JobError> {
    let run = project.latest_run(info.id, "pose")?.filter(|run| run.state != RunState::Finished);
    let Some(run) = run else { return Ok(None) };
    let Ok(settings) = serde_json::from_str::<Settings>(&run.config_json) else { return Ok(None) };
    let (Ok(assigner), Ok(solver)) = (settings.assigner.parse(), settings.solver.parse()) else { return Ok(None) };
    let mut done = 0;
    // Sweeps follow one another: the first without a checkpoint was not begun.
    for index in 0.. {
        let Some(bytes) = project.checkpoint(run.id, &format!("sweep {index}"))? else { break };
        done += serde_json::from_slice::<Progress>(&bytes).map_or(0, |progress| progress.committed);
    }
    let [start, end] = settings.frames;
    Ok(Some(Unfinished { frames: start..end, done, assigner, solver }))
}
