//! `behaviorvlm behavior discover`: what the vocabulary does not know.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;

use crate::cli::console::{Common, Console};
use crate::cli::model::ModelArguments;
use crate::jobs::behavior::discover::{DiscoverOptions, discover};
use crate::jobs::behavior::layer::Layer;
use crate::store::Project;
use crate::vlm::http::Role;

/// Discover what the vocabulary does not know: kinds of captions, labels and words without an entry, bouts unlike all others, and
/// what each subject and group does more than the rest.
#[derive(Debug, Args)]
///
/// Captions are alike where their words are, or where the vectors of an embedding model are: --model embed=NAME@URL.
#[command(after_help = "Example: behaviorvlm behavior discover mice.bvlm --clusters 12")]
pub(super) struct Arguments {
    /// The project file.
    project: PathBuf,
    /// Kinds of captions to tell apart, at most.
    #[arg(long, value_name = "K", default_value_t = 8)]
    clusters: usize,
    /// Bouts and words to list.
    #[arg(long, value_name = "N", default_value_t = 10)]
    top: usize,
    /// clips, captions, merged or human. Without it, what people said where they said anything, else merged.
    #[arg(long, value_name = "LAYER")]
    layer: Option<String>,
    /// Labels and what they mean, a TOML file.
    #[arg(long, value_name = "FILE")]
    vocabulary: Option<PathBuf>,
    /// Of all that is drawn: the same seed gives the same result.
    #[arg(long, value_name = "S", default_value_t = 1)]
    seed: u64,
    /// One recording of several; all of them where none is named.
    #[arg(long, value_name = "NAME")]
    recording: Option<String>,
    #[command(flatten)]
    model: ModelArguments,
    #[command(flatten)]
    common: Common,
}

pub(super) fn run(arguments: &Arguments, console: &Console) -> anyhow::Result<ExitCode> {
    arguments.model.check_roles(&[Role::Embed])?;
    let embedder = arguments.model.options(Role::Embed)?;
    let options = DiscoverOptions {
        recording: arguments.recording.as_deref(),
        layer: arguments.layer.as_deref().map(str::parse::<Layer>).transpose()?,
        vocabulary: arguments.vocabulary.as_deref(),
        embedder: embedder.as_ref(),
        clusters: arguments.clusters,
        top: arguments.top,
        seed: arguments.seed,
    };
    let mut project = Project::open_read_only(&arguments.project)?;
    let report = console.job(&arguments.common, |job| discover(job, &mut project, &options))?;
    console.print(&arguments.common, &report, || report.to_text())?;
    Ok(ExitCode::SUCCESS)
}
