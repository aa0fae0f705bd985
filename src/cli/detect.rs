//! `behaviorvlm detect`: crops and centroids.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;

use super::console::{Common, Console};
use crate::jobs::detect::{self, Options, Report};
use crate::model::FrameRange;
use crate::store::Project;

/// Find the animal's crop and the dots in every view.
///
/// Goes on where it stopped. A camera that cannot be read is left out and named, and the exit code is then 1.
#[derive(Debug, Args)]
#[command(after_help = "Example: behaviorvlm detect mice.bvlm --frames 0..500")]
pub(super) struct Arguments {
    /// The project file.
    project: PathBuf,
    /// Frames A..B, 0-based, B exclusive; either end may be left out.
    #[arg(long, value_name = "A..B", default_value = "..", hide_default_value = true)]
    frames: FrameRange,
    /// One recording of several.
    #[arg(long, value_name = "NAME")]
    recording: Option<String>,
    /// Detect frames again that are done already.
    #[arg(long)]
    again: bool,
    /// How readily something is taken for a dot, 0.2 to 2, usually 1; the project keeps it.
    #[arg(long, value_name = "X")]
    sensitivity: Option<f64>,
    #[command(flatten)]
    common: Common,
}

pub(super) fn run(arguments: &Arguments, console: &Console) -> anyhow::Result<ExitCode> {
    let mut project = Project::open(&arguments.project)?;
    let options = Options {
        recording: arguments.recording.as_deref(),
        frames: arguments.frames,
        again: arguments.again,
        sensitivity: arguments.sensitivity,
    };
    let report = console.job(&arguments.common, |job| detect::run(job, &mut project, &options))?;
    console.print(&arguments.common, &report, || words(&report))?;
    Ok(if report.problems.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn words(report: &Report) -> String {
    let mut text = format!(
        "{}: {} frames detected in {:.1} s, {} done before, {} dots\n",
        report.recording, report.frames_done, report.wall_s, report.frames_skipped, report.centroids
    );
    for problem in &report.problems {
        text.push_str(&format!("  left out: {problem}\n"));
    }
    text
}
