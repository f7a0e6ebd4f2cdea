//! Arguments of `mentorpal checkpoints`.

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
pub(crate) struct CheckpointsArgs {
    /// The action; without one, checkpoints are listed
    #[command(subcommand)]
    pub(crate) command: Option<CheckpointsCommand>,

    /// List only checkpoints of this architecture
    #[arg(long)]
    pub(crate) arch: Option<String>,

    /// List the checkpoints on the remote
    #[arg(long)]
    pub(crate) remote: bool,

    /// Options for the connection to the remote
    #[command(flatten)]
    pub(crate) remote_flags: RemoteFlags,

    /// Print one JSON object per checkpoint
    #[arg(long)]
    pub(crate) json: bool,
}

/// The actions of `checkpoints` other than listing.
#[derive(Debug, Subcommand)]
pub(crate) enum CheckpointsCommand {
    /// Show details of a checkpoint
    #[command(after_help = example(
        "mentorpal checkpoints show fusion_v1/my_checkpoint\n\
         mentorpal checkpoints show my_checkpoint --mentor guide --html report.html"))]
    Show {
        /// The checkpoint, `CHECKPOINT` or `ARCH/CHECKPOINT` [env: CHECKPOINT] [default:
        /// the checkpoint that mentorpal.toml names, else the newest]
        checkpoint: Option<String>,
        /// Write a self-contained HTML report of the training
        #[arg(long, value_name = "FILE")]
        html: Option<PathBuf>,
        /// The mentor whose training the report shows [default: the only mentor]
        #[arg(long, value_name = "MENTOR", requires = "html")]
        mentor: Option<String>,
        /// Print the manifest as JSON
        #[arg(long)]
        json: bool,
    },
    /// Convert a checkpoint of the Python pipeline (MentorPAL's mentor-classifier)
    #[command(after_help = example(
        "mentorpal checkpoints import ~/old/checkpoint/classifiers/lstm_v1/2019-05-01-2209\n\
         mentorpal checkpoints import old/2019-05-01-2209 --checkpoint imported --vectors google_news"))]
    Import(CheckpointsImportArgs),
    /// Compare every file with the manifest; exit with code 1 if a file differs
    #[command(after_help = example("mentorpal checkpoints verify\nmentorpal checkpoints verify my_checkpoint"))]
    Verify {
        /// The checkpoint, `CHECKPOINT` or `ARCH/CHECKPOINT` [default: all]
        checkpoint: Option<String>,
        /// Verify the checkpoints on the remote
        #[arg(long)]
        remote: bool,
        /// Options for the connection to the remote
        #[command(flatten)]
        remote_flags: RemoteFlags,
        /// Print one JSON object per checkpoint
        #[arg(long)]
        json: bool,
    },
}

/// Arguments of `checkpoints import`.
#[derive(Debug, Args)]
pub(crate) struct CheckpointsImportArgs {
    /// The checkpoint's folder, with one subfolder per mentor
    pub(crate) dir: PathBuf,

    /// Name of the new checkpoint [default: the folder's name]
    #[arg(long)]
    pub(crate) checkpoint: Option<String>,

    /// The word vectors that the checkpoint was trained with [default: the word vectors that its
    /// w2v.txt names]
    #[arg(long, value_name = "NAME")]
    pub(crate) vectors: Option<String>,

    /// Publish the checkpoint without the mentors that cannot be imported
    #[arg(long)]
    pub(crate) keep_going: bool,

    /// Print one JSON object per mentor, then one for the checkpoint
    #[arg(long)]
    pub(crate) json: bool,
}
