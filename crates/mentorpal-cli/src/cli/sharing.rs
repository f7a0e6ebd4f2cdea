//! Arguments of the verbs that use the remote: `init`, `download`, `upload`, `vectors upload`.

use clap::Args;

use super::example;

/// Options for the connection to the remote.
#[derive(Clone, Copy, Debug, Default, Args)]
pub(crate) struct RemoteFlags {
    /// Allow sending the username and password over unencrypted HTTP, where others can read them
    #[arg(long)]
    pub(crate) insecure: bool,
}

/// Arguments of `init`.
#[derive(Debug, Args)]
#[command(after_help = example(
    "mentorpal init\n\
     mentorpal init --dry-run\n\
     CHECKPOINT=fusion_v1/2026-05-01-2209 mentorpal init"))]
pub(crate) struct InitArgs {
    /// Only show what would be downloaded
    #[arg(long)]
    pub(crate) dry_run: bool,

    /// Options for the connection to the remote
    #[command(flatten)]
    pub(crate) remote: RemoteFlags,

    /// Print one JSON object per event
    #[arg(long)]
    pub(crate) json: bool,
}

/// Arguments of `download`.
#[derive(Debug, Args)]
#[command(after_help = example(
    "mentorpal download fusion_v1/2026-05-01-2209\n\
     mentorpal download 2026-05-01-2209 --dry-run"))]
pub(crate) struct DownloadArgs {
    /// The checkpoint, `CHECKPOINT` or `ARCH/CHECKPOINT` [env: CHECKPOINT] [default: the checkpoint
    /// that mentorpal.toml names, else the newest on the remote]
    pub(crate) checkpoint: Option<String>,

    /// Replace a local checkpoint of this name that differs or is damaged; the old one is deleted
    #[arg(long)]
    pub(crate) force: bool,

    /// Only show what would be downloaded
    #[arg(long)]
    pub(crate) dry_run: bool,

    /// Options for the connection to the remote
    #[command(flatten)]
    pub(crate) remote: RemoteFlags,

    /// Print one JSON object per event
    #[arg(long)]
    pub(crate) json: bool,
}

/// Arguments of `upload`.
#[derive(Debug, Args)]
#[command(after_help = example(
    "mentorpal upload fusion_v1/2026-05-01-2209\n\
     mentorpal upload fusion_v1/2026-05-01-2209 --force"))]
pub(crate) struct UploadArgs {
    /// The checkpoint, `CHECKPOINT` or `ARCH/CHECKPOINT` [env: CHECKPOINT] [default: the checkpoint
    /// that mentorpal.toml names, else the newest]
    pub(crate) checkpoint: Option<String>,

    /// Check the copy on the remote completely, and repair it if it is damaged
    #[arg(long)]
    pub(crate) force: bool,

    /// Only show what would be uploaded
    #[arg(long)]
    pub(crate) dry_run: bool,

    /// Options for the connection to the remote
    #[command(flatten)]
    pub(crate) remote: RemoteFlags,

    /// Print one JSON object per event
    #[arg(long)]
    pub(crate) json: bool,
}

/// Arguments of `vectors upload`.
#[derive(Debug, Args)]
#[command(after_help = example("mentorpal vectors upload glove.6B.100d"))]
pub(crate) struct VectorsUploadArgs {
    /// The vector model
    pub(crate) name: String,

    /// Check the copy on the remote completely, and repair it if it is damaged
    #[arg(long)]
    pub(crate) force: bool,

    /// Only show what would be uploaded
    #[arg(long)]
    pub(crate) dry_run: bool,

    /// Options for the connection to the remote
    #[command(flatten)]
    pub(crate) remote: RemoteFlags,

    /// Print one JSON object per event
    #[arg(long)]
    pub(crate) json: bool,
}
