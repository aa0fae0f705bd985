//! Hands over to the command line, and opens the window where that is asked for. Wires, decides nothing.

use std::process::ExitCode;

use behaviorvlm::cli::{self, Next};
use behaviorvlm::ui;

fn main() -> ExitCode {
    match cli::main() {
        Next::Exit(code) => code,
        Next::Window(path) => match ui::open(path) {
            Ok(()) => ExitCode::SUCCESS,
            Err(message) => {
                eprintln!("error: {message}");
                ExitCode::FAILURE
            }
        },
    }
}
