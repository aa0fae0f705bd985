//! `behaviorvlm doctor`: what is wrong, and what to do.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;

use super::console::{Common, Console};
use crate::jobs::doctor::{self, Report};

/// Say what is wrong with a recording or a project, and what to do.
///
/// The exit code is 1 where an error was found.
#[derive(Debug, Args)]
#[command(after_help = "Example: behaviorvlm doctor recordings/day1\n         behaviorvlm doctor mice.bvlm --fix")]
pub(super) struct Arguments {
    /// A recording's folder, or a project file.
    #[arg(value_name = "RECORDING|PROJECT")]
    path: PathBuf,
    /// Mend what can be mended safely: find recordings that moved, bring older projects up to date.
    #[arg(long)]
    fix: bool,
    #[command(flatten)]
    common: Common,
}

pub(super) fn run(arguments: &Arguments, console: &Console) -> anyhow::Result<ExitCode> {
    let report = console.job(&arguments.common, |job| doctor::run(job, &arguments.path, arguments.fix))?;
    console.print(&arguments.common, &report, || words(&report))?;
    Ok(if report.has_error() { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

fn words(report: &Report) -> String {
    let mut text = String::new();
    for fixed in &report.fixed {
        text.push_str(&format!("fixed: {fixed}\n"));
    }
    for finding in &report.findings {
        text.push_str(&format!("{}: {} [{}]\n", finding.severity.as_str(), finding.message, finding.code));
        if !finding.remedy.is_empty() {
            text.push_str(&format!("    {}\n", finding.remedy));
        }
    }
    if report.findings.is_empty() {
        text.push_str("nothing found\n");
    }
    text
}
