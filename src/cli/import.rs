//! `behaviorvlm import`: reads tables into a project.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;

use super::console::{Common, Console, annotator};
use crate::jobs::tables::{self, Format};
use crate::store::Project;

/// Read labels or points that were made elsewhere.
///
/// Labels by people stay where the table has others.
#[derive(Debug, Args)]
#[command(after_help = "Example: behaviorvlm import mice.bvlm --format points2d labels.csv\n\nFormats: points2d \
                        (frame,camera,keypoint,x,y[,visible]), points3d (frame,keypoint,x,y,z[,error_px,views,source]), seeds \
                        (frame,camera,keypoint,x,y).")]
pub(super) struct Arguments {
    /// The project file.
    project: PathBuf,
    /// points2d, points3d or seeds.
    #[arg(long, value_name = "NAME")]
    format: String,
    /// The table.
    path: PathBuf,
    /// Whose labels seeds are; the system's user where no name is given.
    #[arg(long, value_name = "NAME")]
    annotator: Option<String>,
    /// The recording that the table is about, where it does not say so itself.
    #[arg(long, value_name = "NAME")]
    recording: Option<String>,
    #[command(flatten)]
    common: Common,
}

pub(super) fn run(arguments: &Arguments, console: &Console) -> anyhow::Result<ExitCode> {
    let format: Format = arguments.format.parse()?;
    let mut project = Project::open(&arguments.project)?;
    let (recording, annotator) = (arguments.recording.as_deref(), annotator(arguments.annotator.as_deref()));
    let report = console.job(&arguments.common, |job| {
        tables::import(job, &mut project, recording, format, &arguments.path, &annotator)
    })?;
    console.print(&arguments.common, &report, || {
        let mut text = format!("{} rows on {} frames read\n", report.rows, report.frames);
        if report.human_labels_kept > 0 {
            text.push_str(&format!("{} labels by people kept instead of the table's\n", report.human_labels_kept));
        }
        text.extend(report.seeds.iter().map(super::seeds::words));
        text
    })?;
    Ok(ExitCode::SUCCESS)
}
