//! What can be typed after `checkpoints`.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::{RemoteFlags, example};

/// Arguments of `checkpoints`.
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true, after_help = example(
    "mentorpal checkpoints\n\
     mentorpal checkpoints show fusion_v1/my_checkpoint\n\
     mentorpal checkpoints show my_checkpoint --html report.html\n\
     mentorpal checkpoints verify\n\
     mentorpal checkpoints --remote"))]
pub struct CheckpointsArgs {
    /// What to do with them; without it, list them
    #[command(subcommand)]
    pub command: Option<CheckpointsCommand>,

    /// Of this architecture only
    #[arg(long)]
    pub arch: Option<String>,

    /// Those on the remote
    #[arg(long)]
    pub remote: bool,

    /// How to reach the remote
    #[command(flatten)]
    pub remote_flags: RemoteFlags,

    /// Print a line of JSON a checkpoint
    #[arg(long)]
    pub json: bool,
}

/// What `checkpoints` can do besides listing.
#[derive(Debug, Subcommand)]
pub enum CheckpointsCommand {
    /// Show what a checkpoint holds
    #[command(after_help = example(
        "mentorpal checkpoints show fusion_v1/my_checkpoint\n\
         mentorpal checkpoints show my_checkpoint --mentor guide --html report.html"))]
    Show {
        /// The checkpoint, `CHECKPOINT` or `ARCH/CHECKPOINT` [env: CHECKPOINT] [default:
        /// the one of mentorpal.toml, else the one created last]
        checkpoint: Option<String>,
        /// Write a page of how training went
        #[arg(long, value_name = "FILE")]
        html: Option<PathBuf>,
        /// Whose training the page shows [default: the only mentor's]
        #[arg(long, value_name = "MENTOR", requires = "html")]
        mentor: Option<String>,
        /// Print the manifest
        #[arg(long)]
        json: bool,
    },
    /// Make a checkpoint of one that the older tool left: Keras and scikit-learn files
    #[command(after_help = example(
        "mentorpal checkpoints import ~/old/checkpoint/classifiers/lstm_v1/2019-05-01-2209\n\
         mentorpal checkpoints import old/2019-05-01-2209 --checkpoint imported --vectors google_news"))]
    Import(CheckpointsImportArgs),
    /// Read every file again and compare it with the manifest; exit with 1 where one differs
    #[command(after_help = example("mentorpal checkpoints verify\nmentorpal checkpoints verify my_checkpoint"))]
    Verify {
        /// The checkpoint, `CHECKPOINT` or `ARCH/CHECKPOINT` [default: all]
        checkpoint: Option<String>,
        /// Those on the remote
        #[arg(long)]
        remote: bool,
        /// How to reach the remote
        #[command(flatten)]
        remote_flags: RemoteFlags,
        /// Print a line of JSON a checkpoint
        #[arg(long)]
        json: bool,
    },
}

/// Arguments of `checkpoints import`.
#[derive(Debug, Args)]
pub struct CheckpointsImportArgs {
    /// The checkpoint's folder, with a folder a mentor
    pub dir: PathBuf,

    /// The new checkpoint's name [default: the folder's]
    #[arg(long)]
    pub checkpoint: Option<String>,

    /// The word vectors it was trained with [default: those that its w2v.txt names]
    #[arg(long, value_name = "NAME")]
    pub vectors: Option<String>,

    /// Publish even though a mentor cannot be imported, without it
    #[arg(long)]
    pub keep_going: bool,

    /// Print a line of JSON a mentor, then one for the checkpoint
    #[arg(long)]
    pub json: bool,
}
