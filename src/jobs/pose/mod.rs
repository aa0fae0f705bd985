//! Solves the frames of a recording: labels, 3D points, changes and reasons, each frame in one transaction.
//!
//! A run is known by its settings and its inputs. Called again, an unfinished run goes on where it stopped and ends with the
//! same result as if it had never stopped; a finished one is left alone, unless people corrected labels or dots since.

mod inputs;

mod identity;

pub mod preview;

mod model;

mod unfinished;

mod work;

pub use identity::ModelSettings;
pub use model::{Estimate, ModelOptions, check_model, estimate, profile_of_file, why};
pub use unfinished::{Unfinished, unfinished};

use serde::Serialize;

use self::inputs::Inputs;
use self::work::{LAST_PASS, Pass, Work};
use super::cameras::CameraMap;
use super::inquiry::Counts;
use super::{Job, JobError, open, seeds};
use crate::model::FrameRange;
use crate::pose::solve::{PoseConfig, PoseSolver};
use crate::pose::stage4::Solver;
use crate::pose::sweep;
use crate::store::{Project, RecordingInfo, RunState, now_unix_ms};

/// Who says which dot is which.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Assigner {
    /// The built-in geometry.
    #[default]
    Geometry,
    /// Imported 2D labels.
    Labels,
    /// A vision-language model, through stages 1 to 3.
    Vlm,
    /// The built-in geometry, and a model where that is unsure.
    Hybrid,
}

impl Assigner {
    /// All, in the order in which they are offered.
    pub const ALL: [Self; 4] = [Self::Geometry, Self::Vlm, Self::Hybrid, Self::Labels];

    /// As it is written.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Geometry => "geometry",
            Self::Labels => "labels",
            Self::Vlm => "vlm",
            Self::Hybrid => "hybrid",
        }
    }

    /// Whether a model is asked.
    pub fn asks_model(self) -> bool {
        matches!(self, Self::Vlm | Self::Hybrid)
    }
}

impl std::str::FromStr for Assigner {
    type Err = JobError;

    fn from_str(word: &str) -> Result<Self, JobError> {
        let known = Self::ALL.into_iter().find(|assigner| assigner.as_str() == word);
        known.ok_or_else(|| JobError::UnknownAssigner { word: word.to_owned() })
    }
}

/// What of the paper's pipeline is left out, as its Fig. 3C does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Ablation {
    /// No regions: one plain question per view.
    pub regions: bool,
    /// No stage 4: labels are triangulated as they are, over all labelled views.
    pub refinement: bool,
}

impl std::str::FromStr for Ablation {
    type Err = JobError;

    fn from_str(words: &str) -> Result<Self, JobError> {
        let mut ablation = Self::default();
        for word in words.split(',').map(str::trim).filter(|word| !word.is_empty()) {
            match word {
                "regions" => ablation.regions = true,
                "refinement" => ablation.refinement = true,
                _ => return Err(JobError::UnknownAblation { word: word.to_owned() }),
            }
        }
        Ok(ablation)
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
    /// What is left out.
    pub ablation: Ablation,
    /// The model that is asked, where the assigner asks one.
    pub model: Option<&'a ModelOptions>,
    /// Whether a run that is finished, or under way, is begun anew.
    pub again: bool,
}

impl Options<'_> {
    /// What stage 4 does, ablation included.
    fn solver(&self) -> Solver {
        if self.ablation.refinement { Solver::Dlt } else { self.solver }
    }

    /// The model, where one is asked.
    fn model_to_ask(&self) -> Result<Option<&ModelOptions>, JobError> {
        if self.ablation.regions && self.assigner != Assigner::Vlm {
            let what = "an assigner other than vlm, which asks for no regions";
            return Err(JobError::Meaningless { option: "--ablate regions", what });
        }
        match self.model {
            _ if !self.assigner.asks_model() => Ok(None),
            None => Err(JobError::NoModel { assigner: self.assigner.as_str() }),
            found => Ok(found),
        }
    }
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
    /// Questions put to a model now, those that quote a problem included.
    pub calls: u64,
    /// Requests beyond the first of a question: servers that were busy, gone or broken for a while.
    pub retries: u64,
    /// Questions that got no usable answer.
    pub failed_calls: u64,
    /// What was asked, and what came of it; without a model, nothing.
    pub model: Option<Counts>,
    /// Share of a model's labels that the geometry, where it was sure, agreed with.
    pub agreement: Option<f64>,
    /// What the told tokens cost, by the profile's prices.
    pub cost: Option<f64>,
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
    let model = options.model_to_ask()?;
    let info = open::choose(project, options.recording)?;
    let recording = open::recording_of(project, &info)?;
    let cameras = CameraMap::new(&recording, &info)?;
    let frames = open::frames_of(project, &info, options.frames)?;
    let mut report = Report { recording: info.name.clone(), frames: frames.end - frames.start, ..Report::default() };

    let inputs = Inputs { project, info: &info, cameras: &cameras, assigner: options.assigner, said_by: None };
    inputs.require(&frames)?;
    let examples = inputs.examples(&frames)?;
    report.warnings.extend(recording.warnings.iter().cloned());
    report.warnings.extend(seeds::shortcomings(project, &info)?.iter().map(seeds::Shortcoming::warning));
    report.warnings.iter().for_each(|warning| job.warn(warning.clone()));

    let config = PoseConfig { solver: options.solver(), ..PoseConfig::default() };
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

    // A replay sends nothing.
    if model.is_some_and(|model| !model.endpoints.is_empty()) {
        let estimate = estimate(project, options)?;
        if estimate.calls > 0 {
            job.note(estimate.note(options.assigner));
        }
    }
    project.put_checkpoint(run.id, TAU_PX, report.tau_px.to_string().as_bytes())?;
    let cpu = cpu_time::ProcessTime::now();
    let mut work = Work {
        job,
        project,
        recording: &recording,
        info: &info,
        cameras: &cameras,
        run: &run,
        options,
        examples: &examples,
        report,
    };
    let result = match model {
        None => {
            let pass = Pass { solver: &solver, assigner: options.assigner, name: LAST_PASS, is_last: true };
            work.pass(pass, &sweeps)
        }
        Some(model) => work.with_model(model, &solver, &sweeps),
    };
    let mut report = work.report;
    match result {
        Ok(()) => {}
        Err(error) => {
            if matches!(error, JobError::Stopped | JobError::ModelGone { .. } | JobError::BudgetSpent { .. }) {
                project.set_run_state(run.id, RunState::Stopped, now_unix_ms())?;
            }
            return Err(error);
        }
    }
    project.finish_run(run.id, now_unix_ms())?;
    if report.frames_done > 0 {
        report.cpu_ms_per_frame = Some(cpu.elapsed().as_secs_f64() * 1e3 / f64::from(report.frames_done));
    }
    report.wall_s = started.elapsed().as_secs_f64();
    Ok(report)
}

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
