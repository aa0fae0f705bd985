//! `behaviorvlm pose`: solves frames.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;

use super::console::{Common, Console, figure};
use crate::jobs::pose::{self, Assigner, Options, Report};
use crate::model::FrameRange;
use crate::pose::stage4::Solver;
use crate::store::Project;

/// Say which dot is which keypoint, and triangulate.
///
/// Goes on where it stopped, and ends with the same result as if it had never stopped. Labels by people stay.
#[derive(Debug, Args)]
#[command(
    after_help = "Example: behaviorvlm pose mice.bvlm\n         behaviorvlm pose mice.bvlm --assigner labels --solver consensus"
)]
pub(super) struct Arguments {
    /// The project file.
    project: PathBuf,
    /// Who says which dot is which: geometry (built in) or labels (imported 2D labels).
    #[arg(long, value_name = "NAME", default_value = "geometry")]
    assigner: String,
    /// What stage 4 does: joint, consensus, ransac or dlt.
    #[arg(long, value_name = "NAME", default_value = "joint")]
    solver: Solver,
    /// Frames A..B, 0-based, B exclusive; either end may be left out.
    #[arg(long, value_name = "A..B", default_value = "..", hide_default_value = true)]
    frames: FrameRange,
    /// One recording of several.
    #[arg(long, value_name = "NAME")]
    recording: Option<String>,
    /// Begin anew, also where nothing changed since the last run.
    #[arg(long)]
    again: bool,
    #[command(flatten)]
    common: Common,
}

pub(super) fn run(arguments: &Arguments, console: &Console) -> anyhow::Result<ExitCode> {
    let assigner: Assigner = arguments.assigner.parse()?;
    let mut project = Project::open(&arguments.project)?;
    let options = Options {
        recording: arguments.recording.as_deref(),
        frames: arguments.frames,
        assigner,
        solver: arguments.solver,
        again: arguments.again,
    };
    let report = console.job(&arguments.common, |job| pose::run(job, &mut project, &options))?;
    console.print(&arguments.common, &report, || words(&report))?;
    Ok(ExitCode::SUCCESS)
}

pub(super) fn words(report: &Report) -> String {
    format!(
        "{}: {} frames solved in {:.1} s ({} ms of processor time a frame), {} done before; {} labels changed by stage 4, {} \
         by people kept\n",
        report.recording,
        report.frames_done,
        report.wall_s,
        figure(report.cpu_ms_per_frame, 1),
        report.frames_skipped,
        report.changes,
        report.human_labels_kept
    )
}
