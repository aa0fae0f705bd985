//! `behaviorvlm behavior figures`: figures of timelines and their numbers.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;

use crate::cli::console::{Common, Console};
use crate::jobs::behavior::figures::{FiguresOptions, write_all};
use crate::jobs::behavior::layer::Layer;
use crate::store::Project;

/// Draw figures of timelines, each with a table of its numbers: ethogram, time budget, transitions, lengths of bouts, and groups
/// of subjects side by side.
#[derive(Debug, Args)]
#[command(after_help = "Example: behaviorvlm behavior figures mice.bvlm --out figures --format png")]
pub(super) struct Arguments {
    /// The project file.
    project: PathBuf,
    /// The folder that the files go to; files of their names are replaced.
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// svg, or png with 300 pixels per inch.
    #[arg(long, value_name = "NAME", default_value = "svg")]
    format: String,
    /// clips, captions, merged or human. Without it, what people said where they said anything, else merged.
    #[arg(long, value_name = "LAYER")]
    layer: Option<String>,
    /// Labels and what they mean, a TOML file.
    #[arg(long, value_name = "FILE")]
    vocabulary: Option<PathBuf>,
    /// Of the permutations, where there are too many to try all.
    #[arg(long, value_name = "S", default_value_t = 1)]
    seed: u64,
    /// One recording of several; all of them where none is named.
    #[arg(long, value_name = "NAME")]
    recording: Option<String>,
    #[command(flatten)]
    common: Common,
}

pub(super) fn run(arguments: &Arguments, console: &Console) -> anyhow::Result<ExitCode> {
    let options = FiguresOptions {
        recording: arguments.recording.as_deref(),
        layer: arguments.layer.as_deref().map(str::parse::<Layer>).transpose()?,
        vocabulary: arguments.vocabulary.as_deref(),
        format: arguments.format.parse()?,
        folder: &arguments.out,
        seed: arguments.seed,
    };
    let project = Project::open_read_only(&arguments.project)?;
    let report = console.job(&arguments.common, |job| {
        let report = write_all(job, &project, &options)?;
        if report.unreviewed > 0 {
            job.warn(format!(
                "{} of {} segments are shown that no person reviewed",
                report.unreviewed, report.segments
            ));
        }
        if report.not_reviewed_s > 0.0 {
            job.warn(format!(
                "{:.1} s of the animals' time have no label; they are no part of any share",
                report.not_reviewed_s
            ));
        }
        anyhow::Ok(report)
    })?;
    console.print(&arguments.common, &report, || {
        let files: Vec<String> = report.files.iter().map(|file| file.display().to_string()).collect();
        format!("{} files written\n{}\n", files.len(), files.join("\n"))
    })?;
    Ok(ExitCode::SUCCESS)
}
