//! `behaviorvlm exchanges`: a run's questions and answers as a file, and a run from such a file.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Subcommand};

use super::console::{Common, Console};
use super::{behavior, pose};
use crate::jobs::JobError;
use crate::jobs::exchanges;
use crate::store::Project;

/// Write a model's answers into a file, or run from such a file without a server.
#[derive(Debug, Args)]
#[command(
    after_help = "Example: behaviorvlm exchanges export mice.bvlm answers.jsonl\n         behaviorvlm exchanges replay copy.bvlm answers.jsonl"
)]
pub(super) struct Arguments {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Write all questions and answers about a recording, and what its run was asked for.
    Export(FileArguments),
    /// Read questions and answers, and run again with them alone: nothing is sent.
    ///
    /// An answer counts only for exactly the words and pictures that it was given for, so the recording, its dots and its seeds
    /// have to be the same.
    Replay(FileArguments),
}

#[derive(Debug, Args)]
struct FileArguments {
    /// The project file.
    project: PathBuf,
    /// The file, one JSON object per line.
    file: PathBuf,
    /// One recording of several; a file that is replayed names its own.
    #[arg(long, value_name = "NAME")]
    recording: Option<String>,
    #[command(flatten)]
    common: Common,
}

pub(super) fn run(arguments: &Arguments, console: &Console) -> anyhow::Result<ExitCode> {
    match &arguments.what {
        What::Export(arguments) => {
            let project = Project::open_read_only(&arguments.project)?;
            let recording = arguments.recording.as_deref();
            let report =
                console.job(&arguments.common, |job| exchanges::export(job, &project, recording, &arguments.file))?;
            console.print(&arguments.common, &report, || {
                format!(
                    "{}: {} exchanges written to {}, {} of them without an answer\n",
                    report.recording,
                    report.exchanges,
                    arguments.file.display(),
                    report.unanswered
                )
            })?;
        }
        What::Replay(arguments) => {
            if arguments.recording.is_some() {
                return Err(JobError::Meaningless { option: "--recording", what: "a file that names its own" }.into());
            }
            let mut project = Project::open(&arguments.project)?;
            let replayed =
                console.job(&arguments.common, |job| exchanges::replay(job, &mut project, &arguments.file))?;
            console.print(&arguments.common, &replayed, || {
                let solved = replayed.run.as_ref().map(pose::words).unwrap_or_default();
                let described = replayed.behavior.as_ref().map(behavior::words).unwrap_or_default();
                format!("{} exchanges read\n{solved}{described}", replayed.read.exchanges)
            })?;
        }
    }
    Ok(ExitCode::SUCCESS)
}
