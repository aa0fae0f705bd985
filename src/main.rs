//! Hands over to the command line. Wires, decides nothing.

use std::process::ExitCode;

fn main() -> ExitCode {
    behaviorvlm::cli::main()
}
