//! `behaviorvlm behavior search`: the segments that a query means.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;

use crate::cli::console::{Common, Console};
use crate::cli::model::ModelArguments;
use crate::jobs::JobError;
use crate::jobs::behavior::ask;
use crate::jobs::behavior::layer::Layer;
use crate::jobs::behavior::search::{SearchOptions, search};
use crate::store::Project;
use crate::vlm::http::Role;

/// Search timelines: by label, animal, partner, length, what comes before and after, place and words.
///
/// A query is a row of conditions, all of which must hold. The first line of the answer is what was understood.
#[derive(Debug, Args)]
#[command(after_help = "Conditions:
  chase   oral genital contact or huddle   social          labels, or a category
  by A0   with A2   partner:none   role:actor              who
  longer 1 s   shorter 30 frames                           how long
  after feeding within 2 s   before (…)   not after …      beside another segment of the same animal
  after feeding by A1   during (huddle animal:any)         or of others
  in food   \"nose\"                                         where, and words of the description
  layer:human   reviewed   status:edited   confidence above 0.8   recording:NAME   group:NAME

Examples: behaviorvlm behavior search mice.bvlm \"chase after feeding within 2 s\"
          behaviorvlm behavior search mice.bvlm 'label:chase animal:A0 partner:A2 longer 1 s in food \"nose\"' --json
          behaviorvlm behavior search mice.bvlm --ask --model merge=Qwen/Qwen3-Next-80B-A3B@http://127.0.0.1:8001 when does A0 run after a mouse that has fed")]
pub(super) struct Arguments {
    /// The project file.
    project: PathBuf,
    /// What to search for. Several words need no quotes around them, unless the shell reads them otherwise.
    #[arg(required = true, value_name = "QUERY")]
    query: Vec<String>,
    /// clips, captions, merged or human. Without it, what people said where they said anything, else merged.
    #[arg(long, value_name = "LAYER")]
    layer: Option<String>,
    /// The query is a question in plain words: the model named with --model merge=NAME@URL makes a query of it, which is shown.
    #[arg(long, requires = "model")]
    ask: bool,
    /// Labels and what they mean, a TOML file.
    #[arg(long, value_name = "FILE")]
    vocabulary: Option<PathBuf>,
    /// One recording of several; all of them where none is named.
    #[arg(long, value_name = "NAME")]
    recording: Option<String>,
    #[command(flatten)]
    model: ModelArguments,
    #[command(flatten)]
    common: Common,
}

pub(super) fn run(arguments: &Arguments, console: &Console) -> anyhow::Result<ExitCode> {
    let mut query = arguments.query.join(" ");
    let recording = arguments.recording.as_deref();
    if arguments.ask {
        query = asked(arguments, console, &query)?;
    }
    let options = SearchOptions {
        query: &query,
        recording,
        layer: arguments.layer.as_deref().map(str::parse::<Layer>).transpose()?,
        vocabulary: arguments.vocabulary.as_deref(),
    };
    let mut project = Project::open_read_only(&arguments.project)?;
    let report = console.job(&arguments.common, |job| search(job, &mut project, &options))?;
    console.print(&arguments.common, &report, || report.to_text())?;
    Ok(ExitCode::SUCCESS)
}

/// The query that a model makes of a question.
fn asked(arguments: &Arguments, console: &Console, question: &str) -> anyhow::Result<String> {
    arguments.model.check_roles(&[Role::Merge])?;
    let Some(model) = arguments.model.options(Role::Merge)? else {
        let what = "a search without --model merge=NAME@URL";
        return Err(JobError::Meaningless { option: "--ask", what }.into());
    };
    let mut project = Project::open(&arguments.project)?;
    let (recording, vocabulary) = (arguments.recording.as_deref(), arguments.vocabulary.as_deref());
    let query = console
        .job(&arguments.common, |job| ask::query_of(job, &mut project, question, &model, recording, vocabulary))?;
    Ok(query)
}
