//! The command-line program; [`mentorpal_cli`] has its parts.

use std::process::ExitCode;

fn main() -> ExitCode {
    mentorpal_cli::main()
}
