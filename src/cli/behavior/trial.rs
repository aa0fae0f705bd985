//! `behaviorvlm behavior trial`: another model or prompt on some clips, beside what is kept.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;

use super::asking::{self, AskingArguments};
use crate::cli::console::{Common, Console};
use crate::cli::model::ModelArguments;
use crate::jobs::JobError;
use crate::jobs::behavior::Options;
use crate::jobs::behavior::trial::{self, TrialOptions, USUAL_CLIPS};
use crate::model::ClipId;
use crate::store::Project;
use crate::vlm::http::Role;

/// Try another model, prompt or way of showing clips on some of them, beside the captions that are kept.
///
/// Where people labelled a clip, both are scored. The timeline stays as it is; the answers are kept, so that a run with the same
/// model and prompt does not ask again.
#[derive(Debug, Args)]
#[command(
    after_help = "Example: behaviorvlm behavior trial mice.bvlm --model caption=Qwen/Qwen3.5-35B-A3B@http://127.0.0.1:8000 --prompt mine.md --count 30"
)]
pub(super) struct Arguments {
    /// The project file.
    project: PathBuf,
    /// A prompt in place of the project's own (prompts/behavior/3_caption.md is the program's).
    #[arg(long, value_name = "FILE")]
    prompt: Option<PathBuf>,
    /// These clips, as c3,c17.
    #[arg(long, value_name = "CLIPS", value_delimiter = ',', value_parser = clip)]
    clips: Vec<ClipId>,
    /// Draw clips that are captioned so, or that people call so.
    #[arg(long, value_name = "LABEL", conflicts_with = "clips")]
    label: Option<String>,
    /// Draw so many: those first that people labelled.
    #[arg(long, value_name = "N", default_value_t = USUAL_CLIPS as u32, value_parser = clap::value_parser!(u32).range(1..))]
    count: u32,
    /// Of the draw.
    #[arg(long, value_name = "S", default_value_t = 1)]
    seed: u64,
    /// One recording of several.
    #[arg(long, value_name = "NAME")]
    recording: Option<String>,
    #[command(flatten)]
    model: ModelArguments,
    #[command(flatten)]
    asking: AskingArguments,
    #[command(flatten)]
    common: Common,
}

fn clip(text: &str) -> Result<ClipId, String> {
    let number = text.trim().strip_prefix('c').unwrap_or(text.trim()).parse();
    number.map(ClipId).map_err(|_| format!("\"{text}\" is no clip; clips are called c0, c1, …"))
}

pub(super) fn run(arguments: &Arguments, console: &Console) -> anyhow::Result<ExitCode> {
    arguments.model.check_roles(&[Role::Caption])?;
    let model = arguments.model.options(Role::Caption)?;
    let asking = arguments.asking.read(model.is_some(), model.is_some())?;
    if asking.estimate_only {
        return Err(JobError::Meaningless { option: "--estimate", what: "a trial" }.into());
    }
    let mut project = Project::open(&arguments.project)?;
    let options = TrialOptions {
        run: Options {
            recording: arguments.recording.as_deref(),
            caption_model: model.as_ref(),
            caption_prompt: arguments.prompt.as_deref(),
            asking,
            examples: arguments.asking.examples(),
            ..Options::of("")
        },
        clips: &arguments.clips,
        label: arguments.label.as_deref(),
        count: arguments.count as usize,
        seed: arguments.seed,
    };
    let report = console.job(&arguments.common, |job| trial::run(job, &mut project, &options))?;
    console.print(&arguments.common, &report, || report.to_text() + &asking::words(&report.asked))?;
    Ok(ExitCode::SUCCESS)
}
