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

mod rank;

mod eval;

mod import;

mod export;

use std::process::ExitCode;

use clap::{CommandFactory, Parser, Subcommand};

use self::console::Console;
use crate::jobs::JobError;

/// The exit code after Ctrl-C, as shells know it.
const INTERRUPTED: u8 = 130;

/// Label quantum-dot mouse recordings from six views, worst frames first.
#[derive(Debug, Parser)]
#[command(name = "behaviorvlm", version, propagate_version = true, after_help = "Example: behaviorvlm demo --dir demo")]
struct Arguments {
    #[command(subcommand)]
    verb: Option<Verb>,
}

#[derive(Debug, Subcommand)]
enum Verb {
    Demo(demo::Arguments),
    Doctor(doctor::Arguments),
    New(new::Arguments),
    Detect(detect::Arguments),
    Seeds(seeds::Arguments),
    Pose(pose::Arguments),
    Rank(rank::Arguments),
    Eval(eval::Arguments),
    Import(import::Arguments),
    Export(export::Arguments),
}

/// Runs the verb that the arguments name.
pub fn main() -> ExitCode {
    let Some(verb) = Arguments::parse().verb else {
        // Without a verb there is nothing to do yet but to say what can be done.
        return match Arguments::command().print_help() {
            Ok(()) => ExitCode::SUCCESS,
            Err(_) => ExitCode::FAILURE,
        };
    };
    let console = Console::new();
    let outcome = match verb {
        Verb::Demo(arguments) => demo::run(&arguments, &console),
        Verb::Doctor(arguments) => doctor::run(&arguments, &console),
        Verb::New(arguments) => new::run(&arguments, &console),
        Verb::Detect(arguments) => detect::run(&arguments, &console),
        Verb::Seeds(arguments) => seeds::run(&arguments, &console),
        Verb::Pose(arguments) => pose::run(&arguments, &console),
        Verb::Rank(arguments) => rank::run(&arguments, &console),
        Verb::Eval(arguments) => eval::run(&arguments, &console),
        Verb::Import(arguments) => import::run(&arguments, &console),
        Verb::Export(arguments) => export::run(&arguments, &console),
    };
    console.end();
    match outcome {
        Ok(code) => code,
        Err(error) => {
            console::say_error(&error);
            match error.downcast_ref::<JobError>() {
                Some(JobError::Stopped) => ExitCode::from(INTERRUPTED),
                _ => ExitCode::FAILURE,
            }
        }
    }
}
