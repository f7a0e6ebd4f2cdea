//! A checkpoint or vector model to remove.

use std::fmt;
use std::path::PathBuf;

use crate::checkpoint::{self, CheckpointRef, MANIFEST_FILE};
use crate::error::{Error, ErrorKind, Location, Result};
use crate::files;
use crate::remote::{Contents, Item, LocalState, NoCopy, Remote, Watcher};
use crate::vectors;
use crate::workspace::{VectorModelName, Workspace};

/// A checkpoint or vector model in the state in which it was found.
#[derive(Clone, Debug)]
pub struct CleanableItem {
    /// Its kind and name.
    pub name: ItemName,
    /// The size of its files in bytes.
    pub bytes: u64,
    /// Its manifest, if it could be read. If the manifest has changed before the removal, another
    /// process replaced the item, and it is kept.
    manifest: Option<Vec<u8>>,
    /// The files that were compared with the remote copy.
    contents: Option<Contents>,
}

/// The kind and the name of an item.
#[derive(Clone, Debug)]
pub enum ItemName {
    /// A checkpoint.
    Checkpoint(CheckpointRef),
    /// A vector model.
    Vectors(VectorModelName),
}

impl CleanableItem {
    /// The item in its current state.
    pub(super) fn find(workspace: &Workspace, name: ItemName) -> Self {
        let folder = name.folder(workspace);
        let manifest = files::read(&folder.join(MANIFEST_FILE)).ok();
        Self { name, bytes: super::bytes_below(&folder), manifest, contents: None }
    }

    /// The reason why the remote has no copy of the item; `None` if it has one. Every file is read
    /// completely, locally and on the remote.
    ///
    /// # Errors
    /// If the local item or the remote cannot be read.
    pub fn why_only_here(
        &mut self,
        workspace: &Workspace,
        remote: &Remote,
        watcher: &dyn Watcher,
    ) -> Result<Option<&'static str>> {
        let item = self.name.item(workspace)?;
        let contents = match item.local_state()? {
            // Another process has removed it.
            LocalState::Missing => return Ok(None),
            // Neither copy can be trusted.
            LocalState::Corrupt(..) => return Ok(Some("the local copy is corrupt")),
            LocalState::Valid(contents) => contents,
        };
        let copy = remote.has_copy(&item, &contents, watcher)?;
        self.manifest = Some(contents.manifest().to_owned());
        self.contents = Some(contents);
        Ok(copy.err().map(why))
    }

    /// Removes the item if it is unchanged; returns whether it still existed. With a `remote`, its
    /// copy is checked once more after the local folder has been renamed.
    pub(super) fn remove(&self, workspace: &Workspace, remote: Option<&Remote>) -> Result<bool> {
        let confirm = || match (remote, &self.contents) {
            (None, _) => Ok(()),
            (Some(remote), Some(contents)) => self.confirm(workspace, remote, contents),
            (Some(_), None) => Err(self.lost_copy(workspace, "not compared")),
        };
        let seen = self.manifest.as_deref();
        let removed = match &self.name {
            ItemName::Checkpoint(name) => checkpoint::remove(workspace, name, seen, confirm),
            ItemName::Vectors(name) => vectors::remove(workspace, name, seen, confirm),
        };
        match removed {
            Err(_) if files::is_absent(&self.name.folder(workspace)) => Ok(false),
            removed => removed.map(|()| true),
        }
    }

    /// Checks the remote copy while the local folder is renamed. If both are the same folder (for
    /// example through a link), the copy is missing then.
    fn confirm(&self, workspace: &Workspace, remote: &Remote, contents: &Contents) -> Result<()> {
        let copy = remote.still_has_copy(&self.name.item(workspace)?, contents)?;
        copy.map_err(|why_not| self.lost_copy(workspace, why(why_not)))
    }

    fn lost_copy(&self, workspace: &Workspace, why: &str) -> Error {
        let what = format!("the remote no longer has a copy of {} ({why})", self.name);
        Error::at(Location::file(self.name.folder(workspace)), what)
            .with_kind(ErrorKind::Conflict)
            .hint("upload the item again, or pass --force to remove it anyway")
    }
}

fn why(unshared: NoCopy) -> &'static str {
    match unshared {
        NoCopy::Missing => "missing",
        NoCopy::Different => "a different item has the same name",
        NoCopy::Corrupt => "the copy is corrupt",
        NoCopy::SameFiles => "the remote is the same folder",
    }
}

impl ItemName {
    /// The item's folder.
    #[must_use]
    pub fn folder(&self, workspace: &Workspace) -> PathBuf {
        match self {
            Self::Checkpoint(name) => name.folder(workspace),
            Self::Vectors(name) => workspace.vector_model(name),
        }
    }

    fn item(&self, workspace: &Workspace) -> Result<Item> {
        match self {
            Self::Checkpoint(name) => Ok(Item::checkpoint(workspace, name)),
            Self::Vectors(name) => Item::vectors(workspace, name),
        }
    }
}

impl fmt::Display for ItemName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Checkpoint(name) => name.fmt(f),
            Self::Vectors(name) => name.fmt(f),
        }
    }
}
