//! The verbs, one file each: they call the library, print the results, and choose the exit status.

mod ask;
mod bar;
mod batch;
mod checkpoints;
mod clean;
mod clock;
mod compare;
mod compare_text;
mod console;
mod decoding;
mod error_json;
mod import;
mod mentors;
mod new;
mod open;
mod remote_checkpoints;
mod report_files;
mod sharing;
mod signals;
mod summary_text;
mod test;
mod train;
mod training_pages;
mod transfer_reporter;
mod tune;
mod tuning_report;
mod vectors;
mod verify_report;
mod visible;

pub(crate) use self::signals::{handle_signals, wait_for_signal};

use clap::CommandFactory;

use crate::cli::{Cli, Command};
use mentorpal::config::{Flags, Settings};
use mentorpal::error::{Error, ErrorKind, Result};
use mentorpal::text::format::count;

/// The outcome of a command that returned no [`Error`]. (An `Error` gives exit code 2.)
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ExitStatus {
    /// Exit code 0.
    Success,
    /// Exit code 1: the command ran, and its answer is negative. For example, an accuracy is below
    /// `--fail-under`, or a file differs from its manifest.
    Negative,
}

/// Runs the verb of a parsed command line.
///
/// # Errors
/// On invalid input and on every failure.
pub(crate) fn run(cli: Cli) -> Result<ExitStatus> {
    let flags = Flags { workspace: cli.workspace, ..cli.command.flags() };
    let settings = || Settings::resolve_here(&flags);
    match cli.command {
        Command::Train(args) => train::run(&settings()?, &args),
        Command::Test(args) => test::run(&settings()?, &args),
        Command::Compare(args) => compare::run(&settings()?, &args),
        Command::Tune(args) => tune::run(&settings()?, &args),
        Command::Ask(args) => ask::run(&settings()?, &args),
        Command::Mentors(args) => mentors::run(&settings()?, &args),
        Command::Checkpoints(args) => checkpoints::run(&settings()?, &args),
        Command::Clean(args) => clean::run(&settings()?, &args),
        Command::Vectors(args) => vectors::run(&settings()?, &args),
        Command::Init(args) => sharing::init(&settings()?, &args),
        Command::Download(args) => sharing::download(&settings()?, &args),
        Command::Upload(args) => sharing::upload(&settings()?, &args),
        Command::New(args) => new::run(&args),
        Command::Completions { shell } => {
            let mut script = Vec::new();
            clap_complete::generate(shell, &mut Cli::command(), "mentorpal", &mut script);
            console::line(String::from_utf8_lossy(&script).trim_end())?;
            Ok(ExitStatus::Success)
        }
    }
}

/// The result of a listing: an error if some items could not be read, each of which has already
/// been reported.
fn listed(unreadable: usize, noun: &str) -> Result<ExitStatus> {
    match unreadable {
        0 => Ok(ExitStatus::Success),
        several => Err(Error::new(format!("{} cannot be read", count(several, noun)))
            .with_kind(ErrorKind::Corrupt)),
    }
}

/// Prints an error on stderr: as one JSON object if `is_json`, else as text with its causes and
/// its hint.
pub(crate) fn report(error: &Error, is_json: bool) {
    if is_json {
        console::error_json(error);
    } else {
        console::error(error);
    }
}

/// Prints a usage error on stderr, or the requested help or version on stdout, and exits with
/// `clap`'s exit code.
///
/// The command line could not be parsed, so `--json` is looked for among the raw arguments.
pub(crate) fn report_usage(error: &clap::Error) -> ! {
    if !error.use_stderr() {
        error.exit();
    }
    let mut arguments = std::env::args_os().take_while(|argument| argument != "--");
    if arguments.any(|argument| argument == "--json") {
        console::error_json(&error_json::of_usage(error));
    } else {
        console::usage(error);
    }
    std::process::exit(error.exit_code())
}

/// Installs a `tracing` subscriber that writes to stderr: warnings only, or all events if
/// `verbose`.
pub(crate) fn init_logging(verbose: bool) {
    let level = if verbose { tracing::Level::DEBUG } else { tracing::Level::WARN };
    tracing_subscriber::fmt()
        .with_max_level(level)
        .with_writer(|| console::Log)
        .with_ansi(false)
        .without_time()
        .init();
}
