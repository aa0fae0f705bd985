//! `behaviorvlm gallery`: what a model would see of a frame.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;

use super::console::{Common, Console};
use crate::jobs::gallery;
use crate::store::Project;
use crate::vlm::Profile;

/// Write the pictures and prompts that a model would get for a frame, with a page that shows them. Nothing is asked.
#[derive(Debug, Args)]
#[command(after_help = "Example: behaviorvlm gallery mice.bvlm --frame 120 --out gallery")]
pub(super) struct Arguments {
    /// The project file.
    project: PathBuf,
    /// The frame.
    #[arg(long, value_name = "T")]
    frame: u32,
    /// The folder to write to; it is made if it is not there.
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// The model's name, which decides how places are written.
    #[arg(long, value_name = "NAME", default_value = "Qwen3.5-27B")]
    model: String,
    /// One recording of several.
    #[arg(long, value_name = "NAME")]
    recording: Option<String>,
    #[command(flatten)]
    common: Common,
}

pub(super) fn run(arguments: &Arguments, console: &Console) -> anyhow::Result<ExitCode> {
    let project = Project::open_read_only(&arguments.project)?;
    let options = gallery::Options {
        recording: arguments.recording.as_deref(),
        frame: arguments.frame,
        out: &arguments.out,
        convention: Profile::for_model(&arguments.model).convention,
    };
    let report = console.job(&arguments.common, |job| gallery::run(job, &project, &options))?;
    console.print(&arguments.common, &report, || {
        format!(
            "{} questions with {} pictures of frame {}: {}\n",
            report.questions,
            report.pictures,
            report.frame,
            report.page.display()
        )
    })?;
    Ok(ExitCode::SUCCESS)
}
