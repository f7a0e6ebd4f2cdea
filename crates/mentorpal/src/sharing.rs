//! Uploads and downloads the checkpoints of a workspace.
//!
//! ```
//! use mentorpal::{NoProgress, TrainRequest, Workspace};
//!
//! # let folder = std::env::temp_dir().join(format!("mentorpal-sharing-{}", std::process::id()));
//! # let data = folder.join("ada/mentor/ada/data");
//! # std::fs::create_dir_all(&data).unwrap();
//! # std::fs::create_dir_all(folder.join("bob")).unwrap();
//! # std::fs::create_dir_all(folder.join("shared")).unwrap();
//! # std::fs::write(data.join("classifier_data.csv"),
//! #     "ID,topics,text,question\n1,,I am Ada.,Who are you?\n2,,In London.,Where do you live?\n")
//! #     .unwrap();
//! let url = format!("file://{}", folder.join("shared").display());
//! let (mine, yours) =
//!     (Workspace::open(folder.join("ada"))?, Workspace::open(folder.join("bob"))?);
//! mine.train(&TrainRequest::new().name("first"), &NoProgress)?;
//! mine.remote_at(&url)?.upload("fusion_v1/first")?;
//! let transferred = yours.remote_at(&url)?.download("fusion_v1/first")?;
//! assert!(transferred.moved && transferred.files > 1);
//! # std::fs::remove_dir_all(&folder).unwrap();
//! # Ok::<(), mentorpal::Error>(())
//! ```

use std::ffi::OsStr;

use crate::checkpoint::{self, CheckpointRef};
use crate::cleaning::remove_stale_drafts;
use crate::config::{Flags, Settings};
use crate::error::{Error, ErrorKind, Result};
use crate::open::Warning;
use crate::progress::NoProgress;
use crate::publish::FileRecord;
use crate::remote::{
    Item, Moved, Remote, RemoteCheckpoint, RemoteSettings, TransferOptions, Transferred, Watcher,
};
use crate::workspace::{ArchName, Workspace};

/// Environment variables that select what to use. They are for the command line only.
const SELECTING: [&str; 5] = ["MENTORPAL", "ARCH", "CHECKPOINT", "MENTOR", "TEST_SET"];

/// The environment variable with the URL of the remote.
const URL: &str = "MENTORPAL_REMOTE";

/// A workspace with the remote that its checkpoints are shared through.
pub struct WorkspaceRemote {
    workspace: Workspace,
    arch: ArchName,
    remote: Remote,
}

impl Workspace {
    /// Opens the remote that the environment variable `MENTORPAL_REMOTE` or `mentorpal.toml` names. Sends no
    /// request yet.
    ///
    /// # Errors
    /// If no remote is configured, its URL is invalid, or its credentials cannot be read.
    pub fn remote(&self) -> Result<WorkspaceRemote> {
        WorkspaceRemote::open(self, std::env::var_os(URL).as_deref())
    }

    /// Opens the remote at `url`, for instance `https://HOST/PATH` (WebDAV), `s3://BUCKET/PREFIX` or
    /// `file:///PATH` (a folder). Sends no request yet.
    ///
    /// # Errors
    /// If the URL is invalid, or its credentials cannot be read.
    pub fn remote_at(&self, url: &str) -> Result<WorkspaceRemote> {
        WorkspaceRemote::open(self, Some(url.as_ref()))
    }
}

impl WorkspaceRemote {
    fn open(workspace: &Workspace, url: Option<&OsStr>) -> Result<Self> {
        let environment = |name: &str| match name {
            URL => url.map(OsStr::to_owned),
            name => std::env::var_os(name).filter(|_| !SELECTING.contains(&name)),
        };
        let flags = Flags { workspace: Some(workspace.root().to_owned()), ..Flags::default() };
        let settings = Settings::resolve(&flags, environment, workspace.root())?;
        let remote = open_remote(settings.remote.as_ref(), false)?;
        Ok(Self { workspace: workspace.clone(), arch: settings.arch, remote })
    }

    /// Uploads a checkpoint, unless the remote has it already.
    ///
    /// # Errors
    /// If the workspace has no such checkpoint or it is corrupt, the remote has another or a corrupt one of this
    /// name, or a request fails.
    pub fn upload(&self, name: &str) -> Result<Transferred> {
        let name = CheckpointRef::parse(name, &self.arch)?;
        checkpoint::refuse_legacy(&self.workspace, &name)?;
        let item = Item::checkpoint(&self.workspace, &name);
        self.remote.upload(&item, TransferOptions::default(), &NoProgress)
    }

    /// Downloads a checkpoint and verifies its files, unless the workspace has it already.
    ///
    /// # Errors
    /// If the remote has no such checkpoint, the workspace has another one of this name, or a request fails.
    pub fn download(&self, name: &str) -> Result<Transferred> {
        let name = CheckpointRef::parse(name, &self.arch)?;
        checkpoint::refuse_legacy(&self.workspace, &name)?;
        remove_stale_drafts(&self.workspace);
        let item = Item::checkpoint(&self.workspace, &name);
        self.remote.download(&item, TransferOptions::default(), &NoProgress)
    }

    /// Lists the checkpoints on the remote. A checkpoint with an invalid manifest is an error in its place.
    ///
    /// # Errors
    /// If a request fails.
    pub fn checkpoints(&self) -> Result<Vec<Result<RemoteCheckpoint>>> {
        self.remote.checkpoints(&self.workspace)
    }

    /// The remote itself, for transfers with [`TransferOptions`] and progress.
    #[must_use]
    pub fn remote(&self) -> &Remote {
        &self.remote
    }
}

impl Watcher for NoProgress {
    fn file(&self, _path: &str, _record: &FileRecord, _how: Moved) {}
}

/// Opens the configured remote. `is_insecure` allows sending credentials over plain HTTP to other machines.
///
/// # Errors
/// If no remote is configured, its URL is invalid, or its credentials cannot be read.
pub fn open_remote(settings: Option<&RemoteSettings>, is_insecure: bool) -> Result<Remote> {
    let Some(settings) = settings else {
        return Err(Error::new("no remote is configured").with_kind(ErrorKind::NotFound).hint(
            "set MENTORPAL_REMOTE, or `url` under `[remote]` in mentorpal.toml; checkpoints can \
             also be copied by hand, folder for folder",
        ));
    };
    Remote::open(settings, is_insecure)
}

/// Returns the checkpoint on the remote that was created last, of `arch` or of all architectures, if there is
/// one. Of checkpoints created at the same time, the one with the last name is returned. Checkpoints with an
/// invalid manifest are left out, with a warning.
///
/// # Errors
/// If a request fails.
pub fn newest_on_remote(
    remote: &Remote,
    workspace: &Workspace,
    arch: Option<&ArchName>,
) -> Result<(Option<CheckpointRef>, Vec<Warning>)> {
    let (mut candidates, mut warnings) = (Vec::new(), Vec::new());
    for checkpoint in remote.checkpoints(workspace)? {
        match checkpoint {
            Ok(RemoteCheckpoint { name, .. }) if arch.is_some_and(|arch| name.arch != *arch) => {}
            Ok(RemoteCheckpoint { name, created, .. }) => {
                candidates.push((checkpoint::time_created(Some(&created)), name));
            }
            Err(error) => warnings.push(Warning::CheckpointSkipped(error)),
        }
    }
    Ok((candidates.into_iter().max().map(|(_, name)| name), warnings))
}
