//! `behaviorvlm rank`: which frames a person should look at first.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use serde_json::json;

use super::console::{Common, Console, figure};
use crate::jobs::open;
use crate::jobs::rank::{self, RankedFrame};
use crate::pose::ranking::RankBy;
use crate::store::Project;

/// How many frames are printed for people who do not say.
const TOP: usize = 20;

/// Print the frames worst first, with the reasons.
#[derive(Debug, Args)]
#[command(after_help = "Example: behaviorvlm rank mice.bvlm --top 10 --by side")]
pub(super) struct Arguments {
    /// The project file.
    project: PathBuf,
    /// How many; without it 20, and with --json all.
    #[arg(long, value_name = "N")]
    top: Option<usize>,
    /// What orders them: likely-wrong, reprojection, residual-after, bones, side, jump, margin, disagreement, unassigned or two-views.
    #[arg(long, value_name = "REASON", default_value = "likely-wrong")]
    by: RankBy,
    /// One recording of several.
    #[arg(long, value_name = "NAME")]
    recording: Option<String>,
    #[command(flatten)]
    common: Common,
}

pub(super) fn run(arguments: &Arguments, console: &Console) -> anyhow::Result<ExitCode> {
    let project = Project::open_read_only(&arguments.project)?;
    let recording = open::choose(&project, arguments.recording.as_deref())?;
    let mut frames = rank::run(&project, &recording, arguments.by)?;
    let total = frames.len();
    let top = arguments.top.unwrap_or(if arguments.common.json { total } else { TOP });
    frames.truncate(top);
    console.print(&arguments.common, &json!({ "frames": frames, "total": total }), || {
        format!("{}{} of {total} frames\n", words(&frames), frames.len())
    })?;
    Ok(ExitCode::SUCCESS)
}

/// The queue as a table.
pub(super) fn words(frames: &[RankedFrame]) -> String {
    let mut text = format!("{:>7} {:>8} {:>9}  {:8} {}\n", "frame", "score", "residual", "state", "why");
    for frame in frames {
        text.push_str(&format!(
            "{:>7} {:>8.3} {:>6} px  {:8} {}\n",
            frame.frame,
            frame.score,
            figure(frame.reprojection_px, 1),
            frame.state.as_str(),
            rank::main_reason(&frame.reasons)
        ));
    }
    text
}
