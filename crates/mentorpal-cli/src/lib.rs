//! The program `mentorpal`: arguments, terminal output, signals and exit codes.
//!
//! It is a library so that cargo compiles it beside the library `mentorpal`; a binary would wait for that.

use std::process::ExitCode;

mod cli;
mod commands;

use clap::Parser;

use crate::cli::Cli;
use crate::commands::ExitStatus;

/// Parses the arguments of the process, runs the verb, and returns the exit code.
#[must_use]
pub fn main() -> ExitCode {
    let cli = Cli::try_parse().unwrap_or_else(|error| commands::report_usage(&error));
    let is_json = cli.command.is_json();
    commands::init_logging(cli.verbose);
    commands::handle_signals(is_json);
    let status = commands::run(cli);
    commands::wait_for_signal();
    match status {
        Ok(ExitStatus::Success) => ExitCode::SUCCESS,
        Ok(ExitStatus::Negative) => ExitCode::from(1),
        Err(error) => {
            commands::report(&error, is_json);
            ExitCode::from(2)
        }
    }
}
