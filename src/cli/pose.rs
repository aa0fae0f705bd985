//! `behaviorvlm pose`: solves frames.

use std::fmt::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;

use super::console::{Common, Console, figure};
use super::model::{ASKING, ModelArguments};
use crate::jobs::JobError;
use crate::jobs::pose::{self, Ablation, Assigner, ModelOptions, Options, Report};
use crate::model::FrameRange;
use crate::pose::stage4::Solver;
use crate::store::Project;
use crate::vlm::http::Role;

/// Say which dot is which keypoint, and triangulate.
///
/// Goes on where it stopped, and ends with the same result as if it had never stopped. Labels by people stay.
#[derive(Debug, Args)]
#[command(
    after_help = "Example: behaviorvlm pose mice.bvlm\n         behaviorvlm pose mice.bvlm --assigner labels --solver consensus\n         behaviorvlm pose mice.bvlm \
         --assigner hybrid --model pose=Qwen/Qwen3.5-27B@http://127.0.0.1:8000"
)]
pub(super) struct Arguments {
    /// The project file.
    project: PathBuf,
    /// Who says which dot is which: geometry (built in), vlm (a model, stage by stage), hybrid (geometry, and a model where that
    /// is unsure) or labels (imported 2D labels).
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
    /// What of the paper's pipeline to leave out: refinement (stage 4), regions (stages 1 and 2), or both with a comma between.
    #[arg(long, value_name = "STAGES", default_value = "", hide_default_value = true)]
    ablate: Ablation,
    /// Begin anew, also where nothing changed since the last run.
    #[arg(long)]
    again: bool,
    #[command(flatten)]
    model: ModelArguments,
    /// Ask for all regions of a view in one call instead of one each.
    #[arg(long, help_heading = ASKING)]
    regions_at_once: bool,
    /// Share of what the geometry is sure of that a hybrid run asks about too, per cent.
    #[arg(long, value_name = "PERCENT", default_value_t = ModelOptions::AUDIT_PCT, help_heading = ASKING)]
    audit: f64,
    #[command(flatten)]
    common: Common,
}

pub(super) fn run(arguments: &Arguments, console: &Console) -> anyhow::Result<ExitCode> {
    let assigner: Assigner = arguments.assigner.parse()?;
    let mut model = arguments.model.options(Role::Pose)?;
    if let Some(model) = &mut model {
        if !(0.0..=100.0).contains(&arguments.audit) {
            let message = format!("--audit is a share in per cent, 0 to 100, not {}", arguments.audit);
            return Err(JobError::Model { message }.into());
        }
        model.regions_at_once = arguments.regions_at_once;
        model.audit_pct = arguments.audit;
    }
    if model.is_some() && !assigner.asks_model() {
        return Err(JobError::Meaningless { option: "--model", what: "an assigner that asks none" }.into());
    }
    let mut project = Project::open(&arguments.project)?;
    let options = Options {
        recording: arguments.recording.as_deref(),
        frames: arguments.frames,
        assigner,
        solver: arguments.solver,
        ablation: arguments.ablate,
        model: model.as_ref(),
        again: arguments.again,
    };
    let report = console.job(&arguments.common, |job| pose::run(job, &mut project, &options))?;
    console.print(&arguments.common, &report, || words(&report))?;
    Ok(ExitCode::SUCCESS)
}

pub(super) fn words(report: &Report) -> String {
    let mut text = format!(
        "{}: {} frames solved in {:.1} s ({} ms of processor time a frame), {} done before; {} labels changed by stage 4, {} \
         by people kept\n",
        report.recording,
        report.frames_done,
        report.wall_s,
        figure(report.cpu_ms_per_frame, 1),
        report.frames_skipped,
        report.changes,
        report.human_labels_kept
    );
    if let Some(counts) = &report.model {
        let _ = writeln!(
            text,
            "model: {} calls, {} known before, {} asked again, {} failed, {} requests repeated; the geometry, where it was sure, \
             agreed with {} % of its labels",
            counts.calls,
            counts.known,
            counts.reasks,
            counts.failed,
            report.retries,
            figure(report.agreement.map(|share| share * 100.0), 1)
        );
        for (name, count) in counts.problems.iter().chain(&counts.unanswered) {
            let _ = writeln!(text, "  {count} × {}", name.replace('_', " "));
        }
    }
    text
}
