//! `behaviorvlm seeds`: reads seed labels.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;

use super::console::{Common, Console, annotator};
use crate::jobs::seeds;
use crate::store::Project;

/// Read seed labels from a table frame,camera,keypoint,x,y.
#[derive(Debug, Args)]
#[command(after_help = "Example: behaviorvlm seeds mice.bvlm --import seeds.csv --annotator Ann")]
pub(super) struct Arguments {
    /// The project file.
    project: PathBuf,
    /// The table.
    #[arg(long, value_name = "FILE")]
    import: PathBuf,
    /// Whose labels they are; the system's user where no name is given.
    #[arg(long, value_name = "NAME")]
    annotator: Option<String>,
    /// The recording that the table is about, where it does not say so itself.
    #[arg(long, value_name = "NAME")]
    recording: Option<String>,
    #[command(flatten)]
    common: Common,
}

pub(super) fn run(arguments: &Arguments, console: &Console) -> anyhow::Result<ExitCode> {
    let mut project = Project::open(&arguments.project)?;
    let annotator = annotator(arguments.annotator.as_deref());
    let recording = arguments.recording.as_deref();
    let reports = console
        .job(&arguments.common, |job| seeds::import(job, &mut project, recording, &arguments.import, &annotator))?;
    let json = serde_json::json!({ "annotator": annotator, "recordings": reports });
    console.print(&arguments.common, &json, || reports.iter().map(words).collect())?;
    Ok(ExitCode::SUCCESS)
}

pub(super) fn words(report: &seeds::Report) -> String {
    format!(
        "{}: {} labels on {} frames, {} on centroids, {} free points; {} new or changed, {} removed\n",
        report.recording,
        report.labels,
        report.frames.len(),
        report.snapped,
        report.free,
        report.changed,
        report.removed
    )
}
