//! The command line: verbs, arguments and help texts. [`crate::commands`] runs the verbs.

// These comments are the help texts, which are shown without Markdown; flags are bools.
#![allow(clippy::doc_markdown, clippy::struct_excessive_bools)]

mod checkpoints;
mod flags;
mod sharing;
mod tune;
mod vectors;

use std::num::NonZeroUsize;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};
use clap_complete::Shell;

pub(crate) use checkpoints::{CheckpointsArgs, CheckpointsCommand, CheckpointsImportArgs};
pub(crate) use sharing::{DownloadArgs, InitArgs, RemoteFlags, UploadArgs, VectorsUploadArgs};
pub(crate) use tune::TuneArgs;
pub(crate) use vectors::{
    VectorsAddArgs, VectorsArgs, VectorsCommand, VectorsDistillArgs, VectorsDownloadArgs,
};

/// Trains, tests, compares and shares the classifiers behind virtual mentors.
#[derive(Debug, Parser)]
#[command(name = "mentorpal", version, max_term_width = 100, propagate_version = true)]
pub(crate) struct Cli {
    /// The workspace folder [env: MENTORPAL] [default: the current folder or its nearest parent
    /// folder with mentorpal.toml]
    #[arg(long, global = true, value_name = "DIR")]
    pub(crate) workspace: Option<PathBuf>,

    /// Print more detail on stderr
    #[arg(short, long, global = true)]
    pub(crate) verbose: bool,

    /// The verb
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// The verbs.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Train mentors and publish a checkpoint
    Train(TrainArgs),
    /// Test a checkpoint and print its accuracy
    Test(TestArgs),
    /// Compare two or more checkpoints on the same test set
    Compare(CompareArgs),
    /// Find the best architecture and vector model by cross-validation on the mentors' own questions
    Tune(TuneArgs),
    /// Ask a mentor one question or a batch of questions, or start an interactive session
    Ask(AskArgs),
    /// List mentors, or show one mentor and check its data
    Mentors(MentorsArgs),
    /// List, show, verify and import checkpoints
    Checkpoints(CheckpointsArgs),
    /// Add, list, show, verify, upload and download vector models
    Vectors(VectorsArgs),
    /// Download the remote's vector models and the checkpoint that mentorpal.toml names
    Init(InitArgs),
    /// Download a checkpoint from the remote
    Download(DownloadArgs),
    /// Upload a checkpoint to the remote
    Upload(UploadArgs),
    /// Remove local checkpoints and vector models if the remote has a copy of each of them
    Clean(CleanArgs),
    /// Create a workspace with an example mentor
    New(NewArgs),
    /// Print a completion script for a shell
    #[command(after_help = example("mentorpal completions bash > ~/.local/share/bash-completion/completions/mentorpal"))]
    Completions {
        /// The shell
        shell: Shell,
    },
}

/// The section with examples that ends a help text.
fn example(text: &str) -> String {
    let lines: Vec<String> = text.lines().map(|line| format!("  {line}")).collect();
    format!("Examples:\n{}", lines.join("\n"))
}

/// The checkpoint to use.
#[derive(Clone, Debug, Default, Args)]
pub(crate) struct CheckpointFlags {
    /// The architecture [env: ARCH] [default: the architecture in the checkpoint's name; for a name
    /// without one, fusion_v1; if no checkpoint is named, all architectures are considered]
    #[arg(long)]
    pub(crate) arch: Option<String>,

    /// The checkpoint, `CHECKPOINT` or `ARCH/CHECKPOINT` [env: CHECKPOINT] [default: the checkpoint
    /// that mentorpal.toml names, else the newest]
    #[arg(long)]
    pub(crate) checkpoint: Option<String>,
}

/// Arguments of `train`.
#[derive(Debug, Args)]
#[command(after_help = example(
    "mentorpal train\n\
     mentorpal train --mentor guide --checkpoint my_checkpoint\n\
     mentorpal train --mentor guide --checkpoint my_checkpoint --update\n\
     mentorpal train --mentor guide --html report.html --csv figures"))]
pub(crate) struct TrainArgs {
    /// Train this mentor only; may be repeated [env: MENTOR] [default: all mentors]
    #[arg(long = "mentor", value_name = "MENTOR")]
    pub(crate) mentors: Vec<String>,

    /// The architecture [env: ARCH] [default: fusion_v1]
    #[arg(long)]
    pub(crate) arch: Option<String>,

    /// The new checkpoint's name [env: CHECKPOINT] [default: the time, yyyy-MM-dd-HHmm in UTC]
    #[arg(long)]
    pub(crate) checkpoint: Option<String>,

    /// The vector model for training and answering; `none` to use no vector model
    /// [default: embedded]
    #[arg(long, value_name = "NAME")]
    pub(crate) vectors: Option<String>,

    /// Replace a checkpoint of the same name
    #[arg(long, conflicts_with = "update")]
    pub(crate) overwrite: bool,

    /// Retrain the mentor that --mentor names in an existing checkpoint. The checkpoint is the one
    /// that --checkpoint names, else the one that mentorpal.toml names, else the newest
    #[arg(long)]
    pub(crate) update: bool,

    /// Publish the checkpoint without the mentors that failed to train
    #[arg(long)]
    pub(crate) keep_going: bool,

    /// Seed of the random number generator
    #[arg(long, default_value_t = 0)]
    pub(crate) seed: u64,

    /// Upload the checkpoint to the remote after publishing it
    #[arg(long, conflicts_with = "update")]
    pub(crate) upload: bool,

    /// Options for the connection to the remote
    #[command(flatten)]
    pub(crate) remote: RemoteFlags,

    /// Write a self-contained HTML report of the training; with several mentors, a folder of reports
    #[arg(long, value_name = "PATH")]
    pub(crate) html: Option<PathBuf>,

    /// Write the figures of the report into this folder as CSV tables
    #[arg(long, value_name = "DIR")]
    pub(crate) csv: Option<PathBuf>,

    /// Print one JSON object per mentor, then one for the checkpoint
    #[arg(long)]
    pub(crate) json: bool,
}

/// Arguments of `test`.
#[derive(Debug, Args)]
#[command(after_help = example(
    "mentorpal test\n\
     mentorpal test --mentor guide --no-canned --fail-under 0.7\n\
     mentorpal test --html report.html --csv figures --junit junit.xml\n\
     ARCH=fusion_v1 CHECKPOINT=my_checkpoint mentorpal test --json"))]
pub(crate) struct TestArgs {
    /// Test this mentor only; may be repeated [env: MENTOR] [default: all mentors with a test set]
    #[arg(long = "mentor", value_name = "MENTOR")]
    pub(crate) mentors: Vec<String>,

    /// The checkpoint to use
    #[command(flatten)]
    pub(crate) checkpoint: CheckpointFlags,

    /// The test set's name: its file name without .csv [env: TEST_SET] [default: the mentor's only
    /// test set]
    #[arg(long)]
    pub(crate) test_set: Option<String>,

    /// Do not look up exact matches of known questions; ask the classifier every question
    #[arg(long)]
    pub(crate) no_canned: bool,

    /// Ask only the first N questions
    #[arg(long, value_name = "N")]
    pub(crate) limit: Option<NonZeroUsize>,

    /// Exit with code 1 if a mentor's accuracy is below this value (0 to 1)
    #[arg(long, value_name = "ACCURACY", value_parser = fraction)]
    pub(crate) fail_under: Option<f64>,

    /// Write a self-contained HTML report
    #[arg(long, value_name = "FILE")]
    pub(crate) html: Option<PathBuf>,

    /// Write the figures of the report and every question into this folder as CSV tables
    #[arg(long, value_name = "DIR")]
    pub(crate) csv: Option<PathBuf>,

    /// Write JUnit XML for CI, one test case per question
    #[arg(long, value_name = "FILE")]
    pub(crate) junit: Option<PathBuf>,

    /// Print one JSON object per mentor
    #[arg(long)]
    pub(crate) json: bool,
}

/// Arguments of `compare`.
#[derive(Debug, Args)]
#[command(after_help = example(
    "mentorpal compare fusion_v1/2026-05-01-2209 fusion_v1/my_checkpoint --mentor guide\n\
     mentorpal compare old new --html report.html --csv figures\n\
     mentorpal compare old new newer --json"))]
pub(crate) struct CompareArgs {
    /// The baseline checkpoint, `CHECKPOINT` or `ARCH/CHECKPOINT`
    pub(crate) a: String,

    /// The checkpoint to compare with the baseline
    pub(crate) b: String,

    /// More checkpoints to compare with the baseline. With several comparisons, p-values are
    /// corrected for multiple testing (Holm)
    pub(crate) more: Vec<String>,

    /// Compare on this mentor only; may be repeated [env: MENTOR] [default: all mentors with a test
    /// set]
    #[arg(long = "mentor", value_name = "MENTOR")]
    pub(crate) mentors: Vec<String>,

    /// The architecture of checkpoints that are given without their architecture [env: ARCH]
    /// [default: fusion_v1]
    #[arg(long)]
    pub(crate) arch: Option<String>,

    /// The test set's name: its file name without .csv [env: TEST_SET] [default: the mentor's only
    /// test set]
    #[arg(long)]
    pub(crate) test_set: Option<String>,

    /// Do not look up exact matches of known questions; ask the classifiers every question
    #[arg(long)]
    pub(crate) no_canned: bool,

    /// Write a self-contained HTML report
    #[arg(long, value_name = "FILE")]
    pub(crate) html: Option<PathBuf>,

    /// Write the figures of the report and the changed questions into this folder as CSV tables
    #[arg(long, value_name = "DIR")]
    pub(crate) csv: Option<PathBuf>,

    /// Print one JSON object per mentor and compared checkpoint. With several mentors, also print
    /// one per compared checkpoint for all mentors together
    #[arg(long)]
    pub(crate) json: bool,
}

/// Arguments of `ask`.
#[derive(Debug, Args)]
#[command(after_help = example(
    "mentorpal ask --mentor guide \"How do I train a checkpoint?\"\n\
     mentorpal ask --mentor guide\n\
     mentorpal ask --mentor guide --batch questions.txt --json"))]
pub(crate) struct AskArgs {
    /// The question. If omitted, start an interactive session, or read one question per line from a
    /// pipe
    pub(crate) question: Option<String>,

    /// The mentor [env: MENTOR] [default: the only mentor]
    #[arg(long)]
    pub(crate) mentor: Option<String>,

    /// The checkpoint to use
    #[command(flatten)]
    pub(crate) checkpoint: CheckpointFlags,

    /// Read questions from this file, one per line; `-` for stdin
    #[arg(long, value_name = "FILE", conflicts_with = "question")]
    pub(crate) batch: Option<PathBuf>,

    /// Do not look up exact matches of known questions; ask the classifier every question
    #[arg(long)]
    pub(crate) no_canned: bool,

    /// Number of alternative answers to show, up to 9
    #[arg(long, value_name = "N", default_value_t = 3, value_parser = clap::value_parser!(u8).range(0..=9))]
    pub(crate) alternatives: u8,

    /// Print one JSON object per question
    #[arg(long)]
    pub(crate) json: bool,
}

/// Arguments of `mentors`.
#[derive(Debug, Args)]
#[command(after_help = example("mentorpal mentors\nmentorpal mentors guide\nmentorpal mentors guide --json"))]
pub(crate) struct MentorsArgs {
    /// Show this mentor and check its data
    pub(crate) id: Option<String>,

    /// Show every finding of the check, not only the first five of each kind
    #[arg(long)]
    pub(crate) all: bool,

    /// Print one JSON object per mentor
    #[arg(long)]
    pub(crate) json: bool,
}

/// Arguments of `clean`.
#[derive(Debug, Args)]
#[command(after_help = example("mentorpal clean --dry-run\nmentorpal clean --force"))]
pub(crate) struct CleanArgs {
    /// Only show what would be removed
    #[arg(long)]
    pub(crate) dry_run: bool,

    /// Also remove items that have no copy on the remote
    #[arg(long)]
    pub(crate) force: bool,

    /// Options for the connection to the remote
    #[command(flatten)]
    pub(crate) remote: RemoteFlags,

    /// Print the removed items as one JSON object; with --dry-run, the items that would be removed
    #[arg(long)]
    pub(crate) json: bool,
}

/// Arguments of `new`.
#[derive(Debug, Args)]
#[command(after_help = example("mentorpal new my_mentors"))]
pub(crate) struct NewArgs {
    /// The folder to create
    pub(crate) dir: PathBuf,

    /// Print one JSON object
    #[arg(long)]
    pub(crate) json: bool,
}

/// Parses a number between 0 and 1; the error for a percentage shows the number to write.
fn fraction(text: &str) -> Result<f64, String> {
    let number: f64 = text.parse().map_err(|_| "expected a number in 0..1, e.g. 0.7".to_owned())?;
    if (0.0..=1.0).contains(&number) {
        Ok(number)
    } else if (1.0..=100.0).contains(&number) {
        Err(format!("expected a number in 0..1; for {number} percent write {}", number / 100.0))
    } else {
        Err("expected a number in 0..1, e.g. 0.7".to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn argument_definitions_are_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn the_help_of_every_verb_has_an_example() {
        for verb in Cli::command().get_subcommands() {
            for verb in std::iter::once(verb).chain(verb.get_subcommands()) {
                let help = verb.get_after_help().map(ToString::to_string).unwrap_or_default();
                assert!(help.contains("mentorpal "), "`{}` has no example", verb.get_name());
            }
        }
    }
}
