//! The command line: parse, run, exit code.

use std::process::ExitCode;

use clap::Parser;
use mentorpal::cli::Cli;
use mentorpal::commands::{self, Outcome};

fn main() -> ExitCode {
    let cli = Cli::try_parse().unwrap_or_else(|error| commands::report_usage(&error));
    commands::listen(cli.verbose);
    commands::handle_signals();
    let outcome = commands::run(cli);
    commands::wait_for_signal();
    match outcome {
        Ok(Outcome::Done) => ExitCode::SUCCESS,
        Ok(Outcome::Negative) => ExitCode::from(1),
        Err(error) => {
            commands::report(&error);
            ExitCode::from(2)
        }
    }
}
