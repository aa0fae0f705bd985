//! What asking a model will take, before it is asked; and whether it can be asked at all.

use super::settings::ModelOptions;
use super::{Way, way_of};
use crate::jobs::pose::{Assigner, Options};
use crate::jobs::words::{count, duration, rough};
use crate::jobs::{Job, JobError, open};
use crate::pose::window::EXEMPLARS;
use crate::store::Project;
use crate::vlm::http::{Finding, Stop};
use crate::vlm::reply::Usage;
use crate::vlm::sent::Limits;

/// Tokens of a prompt's words; measured on the built-in prompts, which have 2,500 to 8,500 characters.
const WORDS_TOKENS: u64 = 1300;

/// Tokens of an answer: reasons of two sentences and up to twelve numbers.
const ANSWER_TOKENS: u64 = 150;

/// Share of a recording's regions that the geometry is unsure of, where nothing is solved yet.
const UNSURE_SHARE: f64 = 0.03;

/// What asking will take, at most: regions that hold no dot are not asked about, and an answer that the project has already is
/// not asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Estimate {
    /// Frames that are asked about.
    pub frames: u32,
    /// Calls.
    pub calls: u64,
    /// Tokens of the questions, pictures included.
    pub prompt_tokens: u64,
    /// Tokens of the answers, without thinking.
    pub answer_tokens: u64,
    /// By the profile's prices; `None` without any.
    pub cost: Option<f64>,
    /// Seconds at the pace of the latest calls of this model; `None` where the project has none.
    pub secs: Option<f64>,
}

impl Estimate {
    /// What a run says of it as it begins.
    pub(in crate::jobs::pose) fn note(&self, assigner: Assigner) -> String {
        // How much the geometry is unsure of is known only after it.
        let about = if assigner == Assigner::Hybrid { "about" } else { "at most" };
        let questions = if self.calls == 1 { "question" } else { "questions" };
        let (sent, back) = (rough(self.prompt_tokens), rough(self.answer_tokens));
        let time = self.secs.map(|secs| format!(", about {}", duration(secs))).unwrap_or_default();
        format!("asks {about} {} {questions}: {sent} tokens sent, {back} back{time}", count(self.calls))
    }
}

/// Counts what a run would ask. For a hybrid run this is a guess, since what the geometry is unsure of is known only after it.
///
/// # Errors
/// When the recording is not there, a range does not fit, or the project cannot be read.
pub fn estimate(project: &Project, options: &Options<'_>) -> Result<Estimate, JobError> {
    let Some(model) = options.model.filter(|_| options.assigner.asks_model()) else { return Ok(Estimate::default()) };
    let info = open::choose(project, options.recording)?;
    let range = open::frames_of(project, &info, options.frames)?;
    let seeds = project.seed_frames(info.id)?;
    let frames = range.len() as u64 - seeds.iter().filter(|seed| range.contains(*seed)).count() as u64;
    let (views, regions) = (info.cameras.len() as u64, project.skeleton().regions.len() as u64);
    let with_exemplars = EXEMPLARS as u64 + 1;
    let (calls, pictures) = match way_of(options, model) {
        Way::Known => {
            let share = model.audit_pct / 100.0 + UNSURE_SHARE;
            let calls = (frames as f64 * (views * regions) as f64 * share).ceil() as u64;
            (calls, calls * with_exemplars)
        }
        Way::Plain => (frames * views, frames * views * with_exemplars),
        Way::AtOnce => (frames * views * (2 + regions), frames * views * (with_exemplars * (1 + regions) + 1)),
        Way::OneByOne => (frames * views * (1 + 2 * regions), frames * views * (with_exemplars * 2 * regions + 1)),
    };
    let side = f64::from(Limits::default().wanted_px).sqrt() as u32;
    let usage = Usage {
        prompt_tokens: calls * WORDS_TOKENS + pictures * model.profile.picture_tokens([side, side]),
        answer_tokens: calls * ANSWER_TOKENS,
    };
    let slots: usize = model.endpoints.iter().map(|endpoint| endpoint.concurrency).sum();
    let pace = project.mean_millis(&model.name)?.filter(|_| slots > 0);
    Ok(Estimate {
        frames: u32::try_from(frames).unwrap_or(u32::MAX),
        calls,
        prompt_tokens: usage.prompt_tokens,
        answer_tokens: usage.answer_tokens,
        cost: model.profile.cost(usage),
        secs: pace.map(|millis| calls as f64 * millis / 1e3 / slots as f64),
    })
}

/// Tries each endpoint of a model with a small question, and says in words what was found.
///
/// # Errors
/// When nothing can be sent from here, a host has no leave, or the job is stopped.
pub fn check_model(job: &Job<'_>, model: &ModelOptions) -> Result<Vec<Finding>, JobError> {
    let stop = Stop::default();
    let Some(client) = model.client(&stop)? else { return Ok(Vec::new()) };
    super::block_on(job, &stop, None, async {
        let found = client.test().await;
        if stop.is_stopped() { Err(JobError::Stopped) } else { Ok(found) }
    })
}
