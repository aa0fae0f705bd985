//! A run that stopped before its end: what it was asked for and how far it came, so that it can be offered again.

use std::ops::Range;

use serde::Deserialize;

use super::model::asked_key;
use super::work::{LAST_PASS, sweep_key};
use super::{Assigner, ModelSettings};
use crate::jobs::JobError;
use crate::pose::stage4::Solver;
use crate::store::{Project, RecordingInfo, RunInfo, RunState};

/// The latest run of a recording, where it stopped early.
#[derive(Clone, Debug, PartialEq)]
pub struct Unfinished {
    /// The frames that it was asked for.
    pub frames: Range<u32>,
    /// How many of them it solved.
    pub done: u32,
    /// Who says which dot is which.
    pub assigner: Assigner,
    /// What stage 4 does.
    pub solver: Solver,
    /// The model that it asks, and how; `None` where it asks none. Another one would begin it anew.
    pub model: Option<ModelSettings>,
}

/// What is read of a run's settings.
#[derive(Deserialize)]
struct Settings {
    assigner: String,
    solver: String,
    frames: [u32; 2],
    model: Option<ModelSettings>,
}

/// What is read of a sweep's checkpoint.
#[derive(Deserialize)]
struct Progress {
    committed: u32,
}

/// What is read of a sweep's checkpoint while a model is asked.
#[derive(Deserialize)]
struct Asked {
    checkpoint: Progress,
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
    let assigner: Assigner = assigner;
    if assigner.asks_model() != settings.model.is_some() {
        return Ok(None);
    }
    // Frames that a model was asked about are labelled already, if without what comes after them.
    let solved = committed(
        project,
        &run,
        |sweep| sweep_key(LAST_PASS, sweep),
        |bytes| serde_json::from_slice::<Progress>(bytes).ok(),
    )?;
    let asked = committed(project, &run, asked_key, |bytes| {
        serde_json::from_slice::<Asked>(bytes).ok().map(|asked| asked.checkpoint)
    })?;
    let done = solved.max(asked);
    let [start, end] = settings.frames;
    Ok(Some(Unfinished { frames: start..end, done, assigner, solver, model: settings.model }))
}

/// Frames that the sweeps of a pass have behind them.
fn committed(
    project: &Project,
    run: &RunInfo,
    key: impl Fn(usize) -> String,
    progress: impl Fn(&[u8]) -> Option<Progress>,
) -> Result<u32, JobError> {
    let mut done = 0;
    // Sweeps follow one another: the first without a checkpoint was not begun.
    for index in 0.. {
        let Some(bytes) = project.checkpoint(run.id, &key(index))? else { break };
        done += progress(&bytes).map_or(0, |progress| progress.committed);
    }
    Ok(done)
}
