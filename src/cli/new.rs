//! `behaviorvlm new`: makes a project, or adds recordings to one.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use serde_json::json;

use super::console::{Common, Console};
use crate::jobs::new;

/// Make a project of recordings, or add recordings to one.
#[derive(Debug, Args)]
#[command(
    after_help = "Example: behaviorvlm new recordings/day1 recordings/day2 mice.bvlm\n\nA recording that moved is added \
                        again from its new place: it is known by its content, and keeps its labels."
)]
pub(super) struct Arguments {
    /// Folders with a recording.toml, or of a rig.
    #[arg(required = true, num_args = 1.., value_name = "RECORDING")]
    recordings: Vec<PathBuf>,
    /// The project file.
    #[arg(value_name = "PROJECT.bvlm")]
    project: PathBuf,
    /// The skeleton; the mouse with twelve quantum dots where none is given.
    #[arg(long, value_name = "FILE")]
    skeleton: Option<PathBuf>,
    #[command(flatten)]
    common: Common,
}

pub(super) fn run(arguments: &Arguments, console: &Console) -> anyhow::Result<ExitCode> {
    let added = console.job(&arguments.common, |job| {
        new::run(job, &arguments.recordings, &arguments.project, arguments.skeleton.as_deref())
    })?;
    let recordings: Vec<_> = added
        .iter()
        .map(|(info, outcome)| {
            json!({
                "recording": info.name,
                "outcome": outcome.as_str(),
                "frames": info.frame_count,
                "fps": info.fps,
                "cameras": info.cameras.iter().map(|camera| camera.name.as_str()).collect::<Vec<_>>(),
            })
        })
        .collect();
    let report = json!({ "project": arguments.project, "recordings": recordings });
    console.print(&arguments.common, &report, || {
        let lines = added.iter().map(|(info, outcome)| {
            format!("{} {}: {} frames, {} cameras\n", outcome.as_str(), info.name, info.frame_count, info.cameras.len())
        });
        lines.collect()
    })?;
    Ok(ExitCode::SUCCESS)
}
