//! `behaviorvlm export`: writes tables.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;

use super::console::{Common, Console};
use crate::jobs::JobError;
use crate::jobs::behavior::layer::Layer;
use crate::jobs::behavior::tell::{self, TellFormat};
use crate::jobs::tables::{self, ExportReport, Filter, Format};
use crate::store::Project;

/// Write labels, points or timelines. What is left out is counted and said.
#[derive(Debug, Args)]
#[command(
    after_help = "Example: behaviorvlm export mice.bvlm --format points3d points.csv --max-error 3\n\nFormats: points2d \
                        (frame,camera,keypoint,x,y,visible), points3d (frame,keypoint,x,y,z,error_px,views,source), seeds \
                        (frame,camera,keypoint,x,y); of timelines behavior (video,animal,target,label,start_frame,stop_frame,description), \
                        vectors (one label per frame and subject), vectors-multi (a column per label), story (sentences)."
)]
pub(super) struct Arguments {
    /// The project file.
    project: PathBuf,
    /// points2d, points3d, seeds, behavior, vectors, vectors-multi or story.
    #[arg(long, value_name = "NAME")]
    format: String,
    /// The file; it is replaced whole.
    path: PathBuf,
    /// Leave out points whose reprojection error is larger, or unknown.
    #[arg(long, value_name = "PX", value_parser = length)]
    max_error: Option<f64>,
    /// Leave out what no person labelled, fixed or accepted.
    #[arg(long)]
    reviewed_only: bool,
    /// Of a timeline: clips, captions, merged or human. Without it, what people said where they said anything, else merged.
    #[arg(long, value_name = "LAYER")]
    layer: Option<String>,
    /// One recording of several; all of them where none is named.
    #[arg(long, value_name = "NAME")]
    recording: Option<String>,
    #[command(flatten)]
    common: Common,
}

fn length(text: &str) -> Result<f64, String> {
    let length = text.parse().ok().filter(|length: &f64| length.is_finite() && *length >= 0.0);
    length.ok_or_else(|| format!("\"{text}\" is no length; write a number of pixels, as 3 or 2.5"))
}

pub(super) fn run(arguments: &Arguments, console: &Console) -> anyhow::Result<ExitCode> {
    if let Ok(format) = arguments.format.parse::<TellFormat>() {
        return timeline(arguments, console, format);
    }
    let format: Format = arguments.format.parse()?;
    if arguments.layer.is_some() {
        return Err(JobError::Meaningless { option: "--layer", what: "labels and points" }.into());
    }
    let project = Project::open_read_only(&arguments.project)?;
    let filter = Filter { max_error_px: arguments.max_error, reviewed_only: arguments.reviewed_only };
    let recording = arguments.recording.as_deref();
    let report = console.job(&arguments.common, |job| {
        let report = tables::export(job, &project, recording, format, filter, &arguments.path)?;
        say_left_out(job, &report);
        anyhow::Ok(report)
    })?;
    console
        .print(&arguments.common, &report, || format!("{} rows on {} frames written\n", report.rows, report.frames))?;
    Ok(ExitCode::SUCCESS)
}

fn timeline(arguments: &Arguments, console: &Console, format: TellFormat) -> anyhow::Result<ExitCode> {
    if arguments.max_error.is_some() {
        return Err(JobError::Meaningless { option: "--max-error", what: "timelines" }.into());
    }
    let layer = arguments.layer.as_deref().map(str::parse::<Layer>).transpose()?;
    let project = Project::open_read_only(&arguments.project)?;
    let recording = arguments.recording.as_deref();
    let report = console.job(&arguments.common, |job| {
        let report = tell::export(job, &project, recording, format, layer, arguments.reviewed_only, &arguments.path)?;
        if report.left_out_unreviewed > 0 {
            job.warn(format!("{} segments left out: no person reviewed them", report.left_out_unreviewed));
        }
        if report.unreviewed > 0 {
            job.warn(format!(
                "{} of {} segments are written that no person reviewed; --reviewed-only leaves them out",
                report.unreviewed, report.segments
            ));
        }
        anyhow::Ok(report)
    })?;
    console.print(&arguments.common, &report, || {
        let layers = report.layers.iter().map(|(name, layer)| format!("{layer} of {name}")).collect::<Vec<_>>();
        format!("{} rows of {} segments written, layer {}\n", report.rows, report.segments, layers.join(", "))
    })?;
    Ok(ExitCode::SUCCESS)
}

fn say_left_out(job: &crate::jobs::Job<'_>, report: &ExportReport) {
    if report.left_out_by_error > 0 {
        job.warn(format!(
            "{} points left out: their error is larger than asked for, or unknown",
            report.left_out_by_error
        ));
    }
    if report.left_out_unreviewed > 0 {
        job.warn(format!("{} points left out: no person reviewed them", report.left_out_unreviewed));
    }
}
