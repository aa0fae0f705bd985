//! `behaviorvlm behavior examples`: the bank of verified clips that are shown to models.

use std::fmt::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Subcommand};

use crate::behavior::clip_pictures::{ClipView, Preparation};
use crate::cli::console::{Common, Console};
use crate::jobs::behavior::examples::{self, AddOptions, BankReport, USUAL_PER_LABEL, USUAL_PICTURES};
use crate::store::Project;

/// Keep clips that a person verified, to be shown to models beside the clips of other recordings.
///
/// `behavior run --examples` shows those that are nearest to a clip, and near misses. An example is never shown beside a clip of
/// its own recording, nor of a copy of it.
#[derive(Debug, Args)]
#[command(after_help = "Example: behaviorvlm behavior examples add mice.bvlm --recording day1
         behaviorvlm behavior run mice.bvlm --recording day2 --examples --model caption=Qwen/Qwen3.5-35B-A3B@http://127.0.0.1:8000")]
pub(super) struct Arguments {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Say what is in the bank.
    List(ListArguments),
    /// Make examples of segments that a person accepted or edited.
    Add(AddArguments),
    /// Take examples away.
    Remove(RemoveArguments),
    /// Read the examples of a file.
    Import(FileArguments),
    /// Write the bank with its pictures into a file.
    Export(FileArguments),
}

#[derive(Debug, Args)]
struct ListArguments {
    /// The project file.
    project: PathBuf,
    #[command(flatten)]
    common: Common,
}

#[derive(Debug, Args)]
struct AddArguments {
    /// The project file.
    project: PathBuf,
    /// One recording of several; all of them where none is named.
    #[arg(long, value_name = "NAME")]
    recording: Option<String>,
    /// A label; may be given several times. All labels where none is named.
    #[arg(long, value_name = "LABEL")]
    label: Vec<String>,
    /// Examples of a label from each recording, at most.
    #[arg(long, value_name = "N", default_value_t = USUAL_PER_LABEL)]
    per_label: usize,
    /// Pictures of an example, at most.
    #[arg(long, value_name = "N", default_value_t = USUAL_PICTURES as u16, value_parser = clap::value_parser!(u16).range(1..=64))]
    pictures: u16,
    /// Show them with more contrast, as a run with this option shows its clips.
    #[arg(long)]
    contrast: bool,
    /// Show them without what never moves.
    #[arg(long)]
    remove_background: bool,
    /// Show where the animal was in the last second.
    #[arg(long)]
    trail: bool,
    #[command(flatten)]
    common: Common,
}

#[derive(Debug, Args)]
struct RemoveArguments {
    /// The project file.
    project: PathBuf,
    /// Those of a label.
    #[arg(long, value_name = "LABEL")]
    label: Option<String>,
    /// Those of a recording.
    #[arg(long, value_name = "NAME")]
    recording: Option<String>,
    /// All of them.
    #[arg(long, conflicts_with_all = ["label", "recording"], required_unless_present_any = ["label", "recording"])]
    all: bool,
    #[command(flatten)]
    common: Common,
}

#[derive(Debug, Args)]
struct FileArguments {
    /// The project file.
    project: PathBuf,
    /// The file, JSON with the pictures in it.
    file: PathBuf,
    #[command(flatten)]
    common: Common,
}

pub(super) fn run(arguments: &Arguments, console: &Console) -> anyhow::Result<ExitCode> {
    let (report, common) = match &arguments.what {
        What::List(arguments) => (examples::list(&Project::open_read_only(&arguments.project)?)?, &arguments.common),
        What::Add(arguments) => {
            let mut project = Project::open(&arguments.project)?;
            let preparation = Preparation {
                has_contrast: arguments.contrast,
                is_without_background: arguments.remove_background,
                has_trail: arguments.trail,
            };
            let most_pictures = usize::from(arguments.pictures);
            let options = AddOptions {
                recording: arguments.recording.as_deref(),
                labels: &arguments.label,
                per_label: arguments.per_label,
                view: ClipView { most_pictures, preparation, ..ClipView::default() },
            };
            let report = console.job(&arguments.common, |job| examples::add(job, &mut project, &options))?;
            (report, &arguments.common)
        }
        What::Remove(arguments) => {
            let mut project = Project::open(&arguments.project)?;
            let report = examples::remove(&mut project, arguments.label.as_deref(), arguments.recording.as_deref())?;
            (report, &arguments.common)
        }
        What::Import(arguments) => {
            let mut project = Project::open(&arguments.project)?;
            (examples::import(&mut project, &arguments.file)?, &arguments.common)
        }
        What::Export(arguments) => {
            let project = Project::open_read_only(&arguments.project)?;
            (examples::export(&project, &arguments.file)?, &arguments.common)
        }
    };
    console.print(common, &report, || words(&report))?;
    Ok(ExitCode::SUCCESS)
}

fn words(report: &BankReport) -> String {
    let mut text = String::new();
    if report.added > 0 {
        let _ = writeln!(text, "{} added, {} of them in the place of earlier ones", report.added, report.replaced);
    }
    if report.removed > 0 {
        let _ = writeln!(text, "{} taken away", report.removed);
    }
    for (reason, count) in &report.left_out {
        let _ = writeln!(text, "  left out: {count} {reason}");
    }
    let _ = writeln!(
        text,
        "{} examples with {} pictures; about {} tokens each",
        report.examples, report.pictures, report.mean_tokens
    );
    for (label, count) in &report.labels {
        let _ = writeln!(text, "  {label:22} {count:4}");
    }
    for (recording, count) in &report.recordings {
        let _ = writeln!(text, "from {recording}: {count}");
    }
    text
}
