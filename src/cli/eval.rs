//! `behaviorvlm eval`: judges results against ground truth.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Subcommand};

use super::console::{Common, Console, figure};
use crate::jobs::evaluate::{self, Report};
use crate::pose::evaluation::Errors;
use crate::store::Project;

/// Judge results against ground truth.
#[derive(Debug, Args)]
#[command(after_help = "Example: behaviorvlm eval pose mice.bvlm --truth truth/points3d.csv")]
pub(super) struct Arguments {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    Pose(PoseArguments),
}

/// Judge labels and 3D points, beside the floor: the same triangulation with the true identity of every dot.
///
/// Frames that a person labelled are left out. Errors are in mm, whatever the calibration's unit.
#[derive(Debug, Args)]
#[command(after_help = "Example: behaviorvlm eval pose mice.bvlm --truth truth/points3d.csv --json")]
struct PoseArguments {
    /// The project file.
    project: PathBuf,
    /// The true points: a table frame,keypoint,x,y,z.
    #[arg(long, value_name = "FILE")]
    truth: PathBuf,
    /// One recording of several.
    #[arg(long, value_name = "NAME")]
    recording: Option<String>,
    #[command(flatten)]
    common: Common,
}

pub(super) fn run(arguments: &Arguments, console: &Console) -> anyhow::Result<ExitCode> {
    let What::Pose(arguments) = &arguments.what;
    let project = Project::open_read_only(&arguments.project)?;
    let recording = arguments.recording.as_deref();
    let report = console.job(&arguments.common, |job| evaluate::pose(job, &project, recording, &arguments.truth))?;
    console.print(&arguments.common, &report, || words(&report))?;
    Ok(ExitCode::SUCCESS)
}

/// The report as a table.
pub(super) fn words(report: &Report) -> String {
    let mut text = format!(
        "{:14} {:>8} {:>8} {:>8} {:>8} {:>9} {:>9} {:>9}\n{:14} {:>8} {:>8} {:>8} {:>8} {:>9} {:>9} {:>9}\n",
        "",
        "mean",
        "median",
        "p95",
        "floor",
        "identity",
        "missing",
        "floor",
        "",
        "mm",
        "mm",
        "mm",
        "mm",
        "errors %",
        "%",
        "%"
    );
    text.push_str(&row("all", &report.overall));
    for (name, errors) in &report.per_keypoint.0 {
        text.push_str(&row(name, errors));
    }
    text.push_str(&format!(
        "{} frames judged, {} left out as people labelled them",
        report.frames, report.frames_by_people
    ));
    if report.frames_not_solved > 0 {
        text.push_str(&format!(", {} not solved", report.frames_not_solved));
    }
    let ranking = &report.ranking;
    text.push_str(&format!("\n{} frames with a wrong label", ranking.wrong_frames));
    if let (Some(five), Some(ten)) = (ranking.found_in_first_5_pct, ranking.found_in_first_10_pct) {
        text.push_str(&format!(
            "; the first 5 % of the queue hold {:.0} % of them, the first 10 % {:.0} %",
            100.0 * five,
            100.0 * ten
        ));
    }
    text.push('\n');
    text
}

fn row(name: &str, errors: &Errors) -> String {
    format!(
        "{name:14} {:>8} {:>8} {:>8} {:>8} {:>9} {:>9} {:>9}\n",
        figure(errors.mean_mm, 3),
        figure(errors.median_mm, 3),
        figure(errors.p95_mm, 3),
        figure(errors.floor_mean_mm, 3),
        figure(errors.identity_error_pct, 2),
        figure(errors.missing_pct, 2),
        figure(errors.floor_missing_pct, 2)
    )
}
