//! The command line: one file per verb, which reads arguments, starts a job and prints its report. No logic of its own.
//!
//! Results go to standard output, everything else to standard error. The exit code is 0 only where everything that was asked
//! for was done, 1 where something went wrong, 2 for a command line that cannot be understood, 130 after Ctrl-C.

mod console;

mod demo;

mod doctor;

mod new;

mod detect;

mod seeds;

mod pose;

mod model;

mod key;

mod gallery;

mod exchanges;

mod rank;

mod behavior;

mod eval;

mod import;

mod export;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

use self::console::Console;
use crate::jobs::JobError;

/// The exit code after Ctrl-C, as shells know it.
const INTERRUPTED: u8 = 130;

/// Label quantum-dot mouse recordings from six views, worst frames first. Without a verb, the window opens.
#[derive(Debug, Parser)]
#[command(name = "behaviorvlm", version, propagate_version = true, after_help = "Example: behaviorvlm demo --dir demo")]
struct Arguments {
    #[command(subcommand)]
    verb: Option<Verb>,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// Open the window, with a project or a recording.
    #[command(after_help = "Example: behaviorvlm open mouse.bvlm")]
    Open {
        /// A project file, or a recording's folder.
        path: Option<PathBuf>,
    },
    Demo(demo::Arguments),
    Doctor(doctor::Arguments),
    New(new::Arguments),
    Detect(detect::Arguments),
    Seeds(seeds::Arguments),
    Pose(pose::Arguments),
    Exchanges(exchanges::Arguments),
    Key(key::Arguments),
    Gallery(gallery::Arguments),
    Rank(rank::Arguments),
    Behavior(behavior::Arguments),
    Eval(eval::Arguments),
    Import(import::Arguments),
    Export(export::Arguments),
}

/// What is to be done after the verb.
#[derive(Debug)]
pub enum Next {
    /// Nothing; the process ends with this code.
    Exit(ExitCode),
    /// The window opens, with what is at this path.
    Window(Option<PathBuf>),
}

/// Runs the verb that the arguments name.
pub fn main() -> Next {
    let verb = match Arguments::parse().verb {
        None => return Next::Window(None),
        Some(Verb::Open { path }) => return Next::Window(path),
        Some(verb) => verb,
    };
    let console = Console::new();
    let mut window = None;
    let outcome = match verb {
        Verb::Open { .. } => Ok(ExitCode::SUCCESS),
        Verb::Demo(arguments) => demo::run(&arguments, &console).map(|project| {
            window = project;
            ExitCode::SUCCESS
        }),
        Verb::Doctor(arguments) => doctor::run(&arguments, &console),
        Verb::New(arguments) => new::run(&arguments, &console),
        Verb::Detect(arguments) => detect::run(&arguments, &console),
        Verb::Seeds(arguments) => seeds::run(&arguments, &console),
        Verb::Pose(arguments) => pose::run(&arguments, &console),
        Verb::Exchanges(arguments) => exchanges::run(&arguments, &console),
        Verb::Key(arguments) => key::run(&arguments, &console),
        Verb::Gallery(arguments) => gallery::run(&arguments, &console),
        Verb::Rank(arguments) => rank::run(&arguments, &console),
        Verb::Behavior(arguments) => behavior::run(&arguments, &console),
        Verb::Eval(arguments) => eval::run(&arguments, &console),
        Verb::Import(arguments) => import::run(&arguments, &console),
        Verb::Export(arguments) => export::run(&arguments, &console),
    };
    console.end();
    match outcome {
        Ok(_) if window.is_some() => Next::Window(window),
        Ok(code) => Next::Exit(code),
        Err(error) => {
            console::say_error(&error);
            Next::Exit(match error.downcast_ref::<JobError>() {
                Some(JobError::Stopped) => ExitCode::from(INTERRUPTED),
                _ => ExitCode::FAILURE,
            })
        }
    }
}
