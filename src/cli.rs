//! What can be typed. [`crate::commands`] says what it does.

// These comments are the help texts: people read them without Markdown, and flags are bools.
#![allow(clippy::doc_markdown, clippy::struct_excessive_bools)]

mod checkpoints;
mod sharing;
mod tune;
mod vectors;

use std::num::NonZeroUsize;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};
use clap_complete::Shell;

pub use checkpoints::{CheckpointsArgs, CheckpointsCommand, CheckpointsImportArgs};
pub use sharing::{DownloadArgs, InitArgs, RemoteFlags, UploadArgs, VectorsUploadArgs};
pub use tune::TuneArgs;
pub use vectors::{
    VectorsAddArgs, VectorsArgs, VectorsCommand, VectorsDistillArgs, VectorsDownloadArgs,
};

/// Trains, tests, compares and shares the classifiers behind virtual mentors.
#[derive(Debug, Parser)]
#[command(name = "mentorpal", version, max_term_width = 100, propagate_version = true)]
pub struct Cli {
    /// The workspace [env: MENTORPAL] [default: the nearest folder upward with mentorpal.toml]
    #[arg(long, global = true, value_name = "DIR")]
    pub workspace: Option<PathBuf>,

    /// Say more of what is done, on stderr
    #[arg(short, long, global = true)]
    pub verbose: bool,

    /// What to do
    #[command(subcommand)]
    pub command: Command,
}

/// The verbs.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Train mentors and publish a checkpoint
    Train(TrainArgs),
    /// Run the standard accuracy test on a checkpoint
    Test(TestArgs),
    /// Compare two or more checkpoints on the same test
    Compare(CompareArgs),
    /// Compare architectures and vector models on mentors' own questions, and name the best
    Tune(TuneArgs),
    /// Ask a mentor a question, a batch of them, or have a conversation
    Ask(AskArgs),
    /// List mentors, or show one and check its data
    Mentors(MentorsArgs),
    /// List, show, verify and import checkpoints
    Checkpoints(CheckpointsArgs),
    /// Add, list, show, verify and fetch vector models
    Vectors(VectorsArgs),
    /// Download the vector models and the stable checkpoint
    Init(InitArgs),
    /// Download a checkpoint from the remote
    Download(DownloadArgs),
    /// Upload a checkpoint to the remote
    Upload(UploadArgs),
    /// Remove local checkpoints and vector models
    Clean(CleanArgs),
    /// Make a fresh workspace
    New(NewArgs),
    /// Print a completion script for a shell
    #[command(after_help = example("mentorpal completions bash > ~/.local/share/bash-completion/completions/mentorpal"))]
    Completions {
        /// The shell
        shell: Shell,
    },
}

fn example(text: &str) -> String {
    let lines: Vec<String> = text.lines().map(|line| format!("  {line}")).collect();
    format!("Examples:\n{}", lines.join("\n"))
}

/// Which checkpoint.
#[derive(Clone, Debug, Default, Args)]
pub struct CheckpointFlags {
    /// The architecture [env: ARCH] [default: fusion_v1; any, where no checkpoint is named]
    #[arg(long)]
    pub arch: Option<String>,

    /// The checkpoint, `CHECKPOINT` or `ARCH/CHECKPOINT` [env: CHECKPOINT] [default: the one of
    /// mentorpal.toml, else the one created last]
    #[arg(long)]
    pub checkpoint: Option<String>,
}

/// Arguments of `train`.
#[derive(Debug, Args)]
#[command(after_help = example(
    "mentorpal train\n\
     mentorpal train --mentor guide --checkpoint my_checkpoint\n\
     mentorpal train --mentor guide --checkpoint my_checkpoint --update\n\
     mentorpal train --mentor guide --html report.html --csv figures"))]
pub struct TrainArgs {
    /// Train this mentor only; may be repeated [env: MENTOR] [default: all]
    #[arg(long = "mentor", value_name = "MENTOR")]
    pub mentors: Vec<String>,

    /// The architecture [env: ARCH] [default: fusion_v1]
    #[arg(long)]
    pub arch: Option<String>,

    /// The new checkpoint's name [env: CHECKPOINT] [default: the time, yyyy-MM-dd-HHmm in UTC]
    #[arg(long)]
    pub checkpoint: Option<String>,

    /// The vector model to train and answer with, `none` for none [default: embedded]
    #[arg(long, value_name = "NAME")]
    pub vectors: Option<String>,

    /// Replace a checkpoint of the same name
    #[arg(long, conflicts_with = "update")]
    pub overwrite: bool,

    /// Retrain the mentor within an existing checkpoint: the one named, else the one of
    /// mentorpal.toml, else the one created last
    #[arg(long)]
    pub update: bool,

    /// Publish even though a mentor failed, without it
    #[arg(long)]
    pub keep_going: bool,

    /// Where random numbers start
    #[arg(long, default_value_t = 0)]
    pub seed: u64,

    /// Upload the checkpoint to the remote when it is published
    #[arg(long, conflicts_with = "update")]
    pub upload: bool,

    /// How to reach the remote
    #[command(flatten)]
    pub remote: RemoteFlags,

    /// Write a page of how training went; of several mentors, a folder of pages
    #[arg(long, value_name = "PATH")]
    pub html: Option<PathBuf>,

    /// Write what the report shows into this folder, as CSV tables
    #[arg(long, value_name = "DIR")]
    pub csv: Option<PathBuf>,

    /// Print a line of JSON a mentor, then one for the checkpoint
    #[arg(long)]
    pub json: bool,
}

/// Arguments of `test`.
#[derive(Debug, Args)]
#[command(after_help = example(
    "mentorpal test\n\
     mentorpal test --mentor guide --no-canned --fail-under 0.7\n\
     mentorpal test --html report.html --csv figures --junit junit.xml\n\
     ARCH=fusion_v1 CHECKPOINT=my_checkpoint mentorpal test --json"))]
pub struct TestArgs {
    /// Test this mentor only; may be repeated [env: MENTOR] [default: all with a test set]
    #[arg(long = "mentor", value_name = "MENTOR")]
    pub mentors: Vec<String>,

    /// Which checkpoint
    #[command(flatten)]
    pub checkpoint: CheckpointFlags,

    /// The test set's file name [env: TEST_SET] [default: the mentor's only one]
    #[arg(long)]
    pub test_set: Option<String>,

    /// Do not recognise known questions word for word; ask the classifier everything
    #[arg(long)]
    pub no_canned: bool,

    /// Ask only the first N questions
    #[arg(long, value_name = "N")]
    pub limit: Option<NonZeroUsize>,

    /// Exit with 1 where a mentor's accuracy is under this, in 0..1
    #[arg(long, value_name = "ACCURACY", value_parser = fraction)]
    pub fail_under: Option<f64>,

    /// Write a page to look at: one file that works from disk
    #[arg(long, value_name = "FILE")]
    pub html: Option<PathBuf>,

    /// Write the page's numbers and every question as CSV tables into this folder
    #[arg(long, value_name = "DIR")]
    pub csv: Option<PathBuf>,

    /// Write JUnit XML for CI: a case a question
    #[arg(long, value_name = "FILE")]
    pub junit: Option<PathBuf>,

    /// Print a line of JSON a mentor
    #[arg(long)]
    pub json: bool,
}

/// Arguments of `compare`.
#[derive(Debug, Args)]
#[command(after_help = example(
    "mentorpal compare fusion_v1/2026-05-01-2209 fusion_v1/my_checkpoint --mentor guide\n\
     mentorpal compare old new --html report.html --csv figures\n\
     mentorpal compare old new newer --json"))]
pub struct CompareArgs {
    /// One checkpoint, `ARCH/CHECKPOINT`: what every other one is compared with
    pub a: String,

    /// The other checkpoint
    pub b: String,

    /// More checkpoints. The p-values of several checkpoints, or on several mentors, are
    /// corrected for being so many (Holm): one family of every mentor with every checkpoint but
    /// the first, and, apart, one of the checkpoints on all mentors together
    pub more: Vec<String>,

    /// Compare on this mentor only; may be repeated [env: MENTOR] [default: all with a test set]
    #[arg(long = "mentor", value_name = "MENTOR")]
    pub mentors: Vec<String>,

    /// The architecture of a checkpoint given without [env: ARCH] [default: fusion_v1]
    #[arg(long)]
    pub arch: Option<String>,

    /// The test set's file name [env: TEST_SET] [default: the mentor's only one]
    #[arg(long)]
    pub test_set: Option<String>,

    /// Do not recognise known questions word for word; ask the classifiers everything
    #[arg(long)]
    pub no_canned: bool,

    /// Write a page to look at: one file that works from disk
    #[arg(long, value_name = "FILE")]
    pub html: Option<PathBuf>,

    /// Write the page's numbers and the questions that changed as CSV tables into this folder
    #[arg(long, value_name = "DIR")]
    pub csv: Option<PathBuf>,

    /// Print a line of JSON a mentor and checkpoint but the first, then those for all of several
    /// mentors
    #[arg(long)]
    pub json: bool,
}

/// Arguments of `ask`.
#[derive(Debug, Args)]
#[command(after_help = example(
    "mentorpal ask --mentor guide \"How do I train a checkpoint?\"\n\
     mentorpal ask --mentor guide\n\
     mentorpal ask --mentor guide --batch questions.txt --json"))]
pub struct AskArgs {
    /// The question; without one, a conversation (or, from a pipe, a question a line)
    pub question: Option<String>,

    /// The mentor [env: MENTOR] [default: the only one]
    #[arg(long)]
    pub mentor: Option<String>,

    /// Which checkpoint
    #[command(flatten)]
    pub checkpoint: CheckpointFlags,

    /// Ask a question a line of this file, `-` for stdin
    #[arg(long, value_name = "FILE", conflicts_with = "question")]
    pub batch: Option<PathBuf>,

    /// Do not recognise known questions word for word; ask the classifier everything
    #[arg(long)]
    pub no_canned: bool,

    /// How many alternatives to show, up to 9
    #[arg(long, value_name = "N", default_value_t = 3, value_parser = clap::value_parser!(u8).range(0..=9))]
    pub alternatives: u8,

    /// Print a line of JSON a question
    #[arg(long)]
    pub json: bool,
}

/// Arguments of `mentors`.
#[derive(Debug, Args)]
#[command(after_help = example("mentorpal mentors\nmentorpal mentors guide\nmentorpal mentors guide --json"))]
pub struct MentorsArgs {
    /// Show this mentor and check its data
    pub id: Option<String>,

    /// Show every finding of the check, not the first few of each kind
    #[arg(long)]
    pub all: bool,

    /// Print JSON
    #[arg(long)]
    pub json: bool,
}

/// Arguments of `clean`.
#[derive(Debug, Args)]
#[command(after_help = example("mentorpal clean --dry-run\nmentorpal clean --force"))]
pub struct CleanArgs {
    /// Only say what would be removed
    #[arg(long)]
    pub dry_run: bool,

    /// Remove all the same what is not on the remote
    #[arg(long)]
    pub force: bool,

    /// How to reach the remote
    #[command(flatten)]
    pub remote: RemoteFlags,

    /// Print JSON: what was, or with --dry-run would be, removed
    #[arg(long)]
    pub json: bool,
}

/// Arguments of `new`.
#[derive(Debug, Args)]
#[command(after_help = example("mentorpal new my_mentors"))]
pub struct NewArgs {
    /// The folder to make
    pub dir: PathBuf,

    /// Print JSON
    #[arg(long)]
    pub json: bool,
}

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
    fn definitions_hold_together() {
        Cli::command().debug_assert();
    }

    #[test]
    fn every_verb_helps_with_an_example() {
        for verb in Cli::command().get_subcommands() {
            for verb in std::iter::once(verb).chain(verb.get_subcommands()) {
                let help = verb.get_after_help().map(ToString::to_string).unwrap_or_default();
                assert!(help.contains("mentorpal "), "`{}` has no example", verb.get_name());
            }
        }
    }
}
