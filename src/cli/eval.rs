//! `behaviorvlm eval`: judges results against ground truth.

use std::fmt::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Subcommand};

use super::console::{Common, Console, figure};
use crate::behavior::evaluation::Evaluation;
use crate::jobs::behavior::judge::{self, JudgeOptions};
use crate::jobs::evaluate::{self, Report};
use crate::model::FrameRange;
use crate::pose::evaluation::Errors;
use crate::store::Project;

/// Judge results against ground truth.
#[derive(Debug, Args)]
#[command(
    after_help = "Example: behaviorvlm eval pose mice.bvlm --truth truth/points3d.csv\n         behaviorvlm eval behavior mice.bvlm --truth labels.csv"
)]
pub(super) struct Arguments {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    Pose(PoseArguments),
    Behavior(BehaviorArguments),
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

/// Judge a timeline, frame by frame, segment by segment and beyond chance.
#[derive(Debug, Args)]
#[command(
    after_help = "Example: behaviorvlm eval behavior mice.bvlm --truth labels.csv --map contact=interact,investigation=interact --html report.html"
)]
struct BehaviorArguments {
    /// The project file.
    project: PathBuf,
    /// What is true: a table video,animal,target,label,start_frame,stop_frame, or an export of BORIS.
    #[arg(long, value_name = "FILE")]
    truth: PathBuf,
    /// What is judged: clips, captions, merged or human.
    #[arg(long, value_name = "LAYER", default_value = "merged")]
    layer: String,
    /// What labels are called in the truth, as found=true,… or a TOML file.
    #[arg(long, value_name = "MAP")]
    map: Option<String>,
    /// All animals of a recording count as one: a label holds where any of them has it.
    #[arg(long)]
    union: bool,
    /// Frames A..B, 0-based, B exclusive; either end may be left out.
    #[arg(long, value_name = "A..B", default_value = "..", hide_default_value = true)]
    frames: FrameRange,
    /// Write a report with plots here.
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,
    /// One recording of several; all of them where none is named.
    #[arg(long, value_name = "NAME")]
    recording: Option<String>,
    #[command(flatten)]
    common: Common,
}

pub(super) fn run(arguments: &Arguments, console: &Console) -> anyhow::Result<ExitCode> {
    match &arguments.what {
        What::Pose(arguments) => pose(arguments, console),
        What::Behavior(arguments) => behavior(arguments, console),
    }
}

fn behavior(arguments: &BehaviorArguments, console: &Console) -> anyhow::Result<ExitCode> {
    let project = Project::open_read_only(&arguments.project)?;
    let options = JudgeOptions {
        recording: arguments.recording.as_deref(),
        layer: arguments.layer.parse()?,
        truth: &arguments.truth,
        map: arguments.map.as_deref(),
        union_of_animals: arguments.union,
        frames: arguments.frames,
        html: arguments.html.as_deref(),
    };
    let report = console.job(&arguments.common, |job| judge::judge(job, &project, &options))?;
    console.print(&arguments.common, &report, || behavior_words(&report))?;
    Ok(ExitCode::SUCCESS)
}

/// The comparison as a table.
fn behavior_words(report: &Evaluation) -> String {
    let mut text =
        format!("{:24} {:>7} {:>9} {:>7} {:>7} {:>7} {:>9}\n", "", "F1", "precision", "recall", "AP", "MCC", "frames");
    for (label, figures) in &report.per_label {
        let [f1, precision, recall, ap, mcc] =
            [figures.f1, figures.precision, figures.recall, figures.ap, figures.mcc].map(|it| figure(it, 3));
        let _ = writeln!(text, "{label:24} {f1:>7} {precision:>9} {recall:>7} {ap:>7} {mcc:>7} {:>9}", figures.support);
    }
    let _ = writeln!(
        text,
        "F1 over labels {}; kappa {}{}",
        figure(report.f1_macro, 3),
        figure(report.kappa, 3),
        interval(report)
    );
    let segments = report.segment_f1.iter().map(|(least, f1)| format!("{} at {least}", figure(*f1, 3)));
    let segments = segments.collect::<Vec<_>>().join(", ");
    let _ = writeln!(
        text,
        "segment F1 {segments}; edit score {}; boundaries off by {} ms",
        figure(report.edit_score, 1),
        figure(report.boundary_ms, 0)
    );
    text
}

fn interval(report: &Evaluation) -> String {
    report.kappa_ci.map(|[low, high]| format!(" (95 %: {low:.3} to {high:.3})")).unwrap_or_default()
}

fn pose(arguments: &PoseArguments, console: &Console) -> anyhow::Result<ExitCode> {
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
