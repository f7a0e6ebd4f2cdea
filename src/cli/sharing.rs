//! What can be typed after the verbs that share: `init`, `download`, `upload`.

use clap::Args;

use super::example;

/// How to reach the remote.
#[derive(Clone, Copy, Debug, Default, Args)]
pub struct RemoteFlags {
    /// Send user and password over plain http, too, where others can read them
    #[arg(long)]
    pub insecure: bool,
}

/// Arguments of `init`.
#[derive(Debug, Args)]
#[command(after_help = example(
    "mentorpal init\n\
     mentorpal init --dry-run\n\
     CHECKPOINT=fusion_v1/2026-05-01-2209 mentorpal init"))]
pub struct InitArgs {
    /// Only say what would be downloaded
    #[arg(long)]
    pub dry_run: bool,

    /// How to reach the remote
    #[command(flatten)]
    pub remote: RemoteFlags,

    /// Print a line of JSON an event
    #[arg(long)]
    pub json: bool,
}

/// Arguments of `download`.
#[derive(Debug, Args)]
#[command(after_help = example(
    "mentorpal download fusion_v1/2026-05-01-2209\n\
     mentorpal download 2026-05-01-2209 --dry-run"))]
pub struct DownloadArgs {
    /// The checkpoint, `CHECKPOINT` or `ARCH/CHECKPOINT` [env: CHECKPOINT] [default: the one of
    /// mentorpal.toml, else the one on the remote that was created last]
    pub checkpoint: Option<String>,

    /// Replace another or a damaged checkpoint of this name, which is lost then
    #[arg(long)]
    pub force: bool,

    /// Only say what would be downloaded
    #[arg(long)]
    pub dry_run: bool,

    /// How to reach the remote
    #[command(flatten)]
    pub remote: RemoteFlags,

    /// Print a line of JSON an event
    #[arg(long)]
    pub json: bool,
}

/// Arguments of `upload`.
#[derive(Debug, Args)]
#[command(after_help = example(
    "mentorpal upload fusion_v1/2026-05-01-2209\n\
     mentorpal upload fusion_v1/2026-05-01-2209 --force"))]
pub struct UploadArgs {
    /// The checkpoint, `CHECKPOINT` or `ARCH/CHECKPOINT` [env: CHECKPOINT] [default: the one of
    /// mentorpal.toml, else the one created last]
    pub checkpoint: Option<String>,

    /// Repair a damaged copy on the remote, which is read from end to end to find out
    #[arg(long)]
    pub force: bool,

    /// Only say what would be uploaded
    #[arg(long)]
    pub dry_run: bool,

    /// How to reach the remote
    #[command(flatten)]
    pub remote: RemoteFlags,

    /// Print a line of JSON an event
    #[arg(long)]
    pub json: bool,
}

/// Arguments of `vectors upload`.
#[derive(Debug, Args)]
#[command(after_help = example("mentorpal vectors upload glove.6B.100d"))]
pub struct VectorsUploadArgs {
    /// The vector model
    pub name: String,

    /// Repair a damaged copy on the remote, which is read from end to end to find out
    #[arg(long)]
    pub force: bool,

    /// Only say what would be uploaded
    #[arg(long)]
    pub dry_run: bool,

    /// How to reach the remote
    #[command(flatten)]
    pub remote: RemoteFlags,

    /// Print a line of JSON an event
    #[arg(long)]
    pub json: bool,
}
