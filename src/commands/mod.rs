//! The verbs, one file each: they wire the stages together, print, and say how it went.
//! Everything they call returns values and errors.

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
mod essentials;
mod import;
mod mentors;
mod new;
mod open;
mod remote_checkpoints;
mod report_files;
mod sharing;
mod signals;
mod teller;
mod test;
mod train;
mod training_pages;
mod tune;
mod tuned;
mod vectors;
mod visible;

pub use self::signals::{handle_signals, wait_for_signal};

use clap::CommandFactory;

use crate::cli::{CheckpointFlags, Cli, Command};
use crate::config::{Flags, Settings};
use crate::error::{Error, Result};
use crate::text::format::count;

/// How a command ended, where it did not fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Done: exit code 0.
    Done,
    /// Done, and the answer is “no”: exit code 1.
    Negative,
}

/// Does what was typed.
///
/// # Errors
/// Wrong use or bad input: exit code 2.
pub fn run(cli: Cli) -> Result<Outcome> {
    let resolve =
        |flags: Flags| Settings::resolve_here(&Flags { workspace: cli.workspace.clone(), ..flags });
    match cli.command {
        Command::Train(args) => train::run(&resolve(args.flags())?, &args),
        Command::Test(args) => test::run(&resolve(args.flags())?, &args),
        Command::Compare(args) => compare::run(&resolve(args.flags())?, &args),
        Command::Tune(args) => tune::run(&resolve(args.flags())?, &args),
        Command::Ask(args) => ask::run(&resolve(args.flags())?, &args),
        Command::Mentors(args) => mentors::run(&resolve(Flags::default())?, &args),
        Command::Checkpoints(args) => {
            let flags = Flags { arch: args.arch.clone(), ..Flags::default() };
            checkpoints::run(&resolve(flags)?, &args)
        }
        Command::Clean(args) => clean::run(&resolve(Flags::default())?, &args),
        Command::Vectors(args) => vectors::run(&resolve(Flags::default())?, &args),
        Command::Init(args) => sharing::init(&resolve(Flags::default())?, &args),
        Command::Download(args) => sharing::download(&resolve(Flags::default())?, &args),
        Command::Upload(args) => sharing::upload(&resolve(Flags::default())?, &args),
        Command::New(args) => new::run(&args),
        Command::Completions { shell } => {
            let mut script = Vec::new();
            clap_complete::generate(shell, &mut Cli::command(), "mentorpal", &mut script);
            console::line(String::from_utf8_lossy(&script).trim_end())?;
            Ok(Outcome::Done)
        }
    }
}

/// How a list ends of which so many could not be read, each of them said already.
fn listed(unreadable: usize, noun: &str) -> Result<Outcome> {
    match unreadable {
        0 => Ok(Outcome::Done),
        several => Err(Error::new(format!("{} cannot be read", count(several, noun)))),
    }
}

/// Prints an error to people, with its causes and what to do.
pub fn report(error: &Error) {
    console::error(error);
}

/// Prints why the command line cannot be used, and ends the process as `clap` does; or prints the
/// help or the version that was asked for. What was wrong may be an address with a password.
pub fn report_usage(error: &clap::Error) -> ! {
    if !error.use_stderr() {
        error.exit();
    }
    console::usage(error);
    std::process::exit(error.exit_code())
}

/// Lets events of the work be seen on stderr: warnings, or, `verbose`, everything.
pub fn listen(verbose: bool) {
    let level = if verbose { tracing::Level::DEBUG } else { tracing::Level::WARN };
    tracing_subscriber::fmt()
        .with_max_level(level)
        .with_writer(|| console::Log)
        .with_ansi(false)
        .without_time()
        .init();
}

impl CheckpointFlags {
    fn flags(&self) -> Flags {
        Flags { arch: self.arch.clone(), checkpoint: self.checkpoint.clone(), ..Flags::default() }
    }
}
