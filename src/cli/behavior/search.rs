//! `behaviorvlm behavior search`: the segments that a query means.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;

use crate::cli::console::{Common, Console};
use crate::jobs::behavior::layer::Layer;
use crate::jobs::behavior::search::{SearchOptions, search};
use crate::store::Project;

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
          behaviorvlm behavior search mice.bvlm 'label:chase animal:A0 partner:A2 longer 1 s in food \"nose\"' --json")]
pub(super) struct Arguments {
    /// The project file.
    project: PathBuf,
    /// What to search for. Several words need no quotes around them, unless the shell reads them otherwise.
    #[arg(required = true, value_name = "QUERY")]
    query: Vec<String>,
    /// clips, captions, merged or human. Without it, what people said where they said anything, else merged.
    #[arg(long, value_name = "LAYER")]
    layer: Option<String>,
    /// Labels and what they mean, a TOML file, instead of the project's vocabulary.
    #[arg(long, value_name = "FILE")]
    vocabulary: Option<PathBuf>,
    /// One recording of several; all of them where none is named.
    #[arg(long, value_name = "NAME")]
    recording: Option<String>,
    #[command(flatten)]
    common: Common,
}

pub(super) fn run(arguments: &Arguments, console: &Console) -> anyhow::Result<ExitCode> {
    let query = arguments.query.join(" ");
    let options = SearchOptions {
        query: &query,
        recording: arguments.recording.as_deref(),
        layer: arguments.layer.as_deref().map(str::parse::<Layer>).transpose()?,
        vocabulary: arguments.vocabulary.as_deref(),
    };
    let mut project = Project::open_read_only(&arguments.project)?;
    let report = console.job(&arguments.common, |job| search(job, &mut project, &options))?;
    console.print(&arguments.common, &report, || report.to_text())?;
    Ok(ExitCode::SUCCESS)
}
