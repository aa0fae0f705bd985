//! `behaviorvlm import`: reads tables into a project.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;

use super::console::{Common, Console, annotator};
use crate::jobs::behavior::tell::{self, ReadReport, TellFormat};
use crate::jobs::tables::{self, Format};
use crate::store::Project;

/// Read labels, points or timelines that were made elsewhere.
///
/// Labels by people stay where the table has others. A timeline is read only where people said nothing yet.
#[derive(Debug, Args)]
#[command(after_help = "Example: behaviorvlm import mice.bvlm --format points2d labels.csv\n\nFormats: points2d \
                        (frame,camera,keypoint,x,y[,visible]), points3d (frame,keypoint,x,y,z[,error_px,views,source]), seeds \
                        (frame,camera,keypoint,x,y), behavior (video,animal,target,label,start_frame,stop_frame[,description]), boris (its table \
                        of events).")]
pub(super) struct Arguments {
    /// The project file.
    project: PathBuf,
    /// points2d, points3d, seeds, behavior or boris.
    #[arg(long, value_name = "NAME")]
    format: String,
    /// The table.
    path: PathBuf,
    /// Whose labels seeds and segments are; the system's user where no name is given.
    #[arg(long, value_name = "NAME")]
    annotator: Option<String>,
    /// The recording that the table is about, where it does not say so itself.
    #[arg(long, value_name = "NAME")]
    recording: Option<String>,
    #[command(flatten)]
    common: Common,
}

pub(super) fn run(arguments: &Arguments, console: &Console) -> anyhow::Result<ExitCode> {
    let (recording, annotator) = (arguments.recording.as_deref(), annotator(arguments.annotator.as_deref()));
    if let Ok(format) = arguments.format.parse::<TellFormat>() {
        let mut project = Project::open(&arguments.project)?;
        let report = console.job(&arguments.common, |job| {
            tell::import(job, &mut project, recording, format, &arguments.path, &annotator)
        })?;
        console.print(&arguments.common, &report, || timeline_words(&report))?;
        return Ok(ExitCode::SUCCESS);
    }
    let format: Format = arguments.format.parse()?;
    let mut project = Project::open(&arguments.project)?;
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

fn timeline_words(report: &ReadReport) -> String {
    let mut text: String =
        report.segments.iter().map(|(name, count)| format!("{count} segments of {name} read\n")).collect();
    if !report.unknown_labels.is_empty() {
        text.push_str(&format!("not in the vocabulary: {}\n", report.unknown_labels.join(", ")));
    }
    text
}
