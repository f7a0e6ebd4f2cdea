//! A checkpoint or a vector model that is to be removed.

use std::path::PathBuf;

use super::super::teller::Teller;
use crate::checkpoint::{self, CheckpointRef, MANIFEST_FILE};
use crate::error::{Error, Location, Result};
use crate::files;
use crate::remote::{Contents, Item, LocalState, NoCopy, Remote};
use crate::vectors;
use crate::workspace::{Name, Workspace};

/// A checkpoint or a vector model, as it was found.
#[derive(Clone)]
pub(super) struct Published {
    pub(super) what: What,
    pub(super) size: u64,
    /// Its manifest, if that could be read: what has another one by the time that it is removed was
    /// changed by another run, and stays.
    manifest: Option<Vec<u8>>,
    /// What was compared with the remote's copy.
    contents: Option<Contents>,
}

/// Of which kind it is, and what it is called.
#[derive(Clone)]
pub(super) enum What {
    Checkpoint(CheckpointRef),
    Vectors(Name),
}

impl Published {
    /// As it is now.
    pub(super) fn find(workspace: &Workspace, what: What) -> Self {
        let folder = what.folder(workspace);
        let manifest = files::read(&folder.join(MANIFEST_FILE)).ok();
        Self { what, size: super::found::size_below(&folder), manifest, contents: None }
    }

    /// What it is called.
    pub(super) fn name(&self) -> String {
        match &self.what {
            What::Checkpoint(name) => name.to_string(),
            What::Vectors(name) => name.to_string(),
        }
    }

    /// Why the remote is no safe place for it, if it is none. Of what is compared, every file is
    /// read to its end, here and on the remote.
    pub(super) fn why_only_here(
        &mut self,
        workspace: &Workspace,
        remote: &Remote,
    ) -> Result<Option<&'static str>> {
        let item = self.what.item(workspace)?;
        let contents = match item.local_state()? {
            // Another run removed it meanwhile.
            LocalState::Missing => return Ok(None),
            // Which of the two is right, nobody can say.
            LocalState::Corrupt(..) => return Ok(Some("damaged here")),
            LocalState::Valid(contents) => contents,
        };
        let teller = Teller::new(item.to_string(), false);
        let copy = remote.has_copy(&item, &contents, &teller)?;
        drop(teller);
        self.manifest = Some(contents.manifest().to_owned());
        self.contents = Some(contents);
        Ok(copy.err().map(why))
    }

    /// Removes it, if it is still as it was found; where `remote` was asked for a copy, it is asked
    /// again, now that what is here has no name any more. Whether there was something to remove.
    pub(super) fn remove(&self, workspace: &Workspace, remote: Option<&Remote>) -> Result<bool> {
        let confirm = || match (remote, &self.contents) {
            (None, _) => Ok(()),
            (Some(remote), Some(contents)) => self.confirm(workspace, remote, contents),
            (Some(_), None) => Err(self.lost_copy(workspace, "it was not compared")),
        };
        let seen = self.manifest.as_deref();
        let removed = match &self.what {
            What::Checkpoint(name) => checkpoint::remove(workspace, name, seen, confirm),
            What::Vectors(name) => vectors::remove(workspace, name, seen, confirm),
        };
        match removed {
            Err(_) if files::is_absent(&self.what.folder(workspace)) => Ok(false),
            removed => removed.map(|()| true),
        }
    }

    /// Asks the remote for its copy while the one here is out of sight: if both are the same
    /// folder, whatever way leads to it, that is gone, too.
    fn confirm(&self, workspace: &Workspace, remote: &Remote, contents: &Contents) -> Result<()> {
        let copy = remote.still_has_copy(&self.what.item(workspace)?, contents)?;
        copy.map_err(|why_not| self.lost_copy(workspace, why(why_not)))
    }

    fn lost_copy(&self, workspace: &Workspace, why: &str) -> Error {
        let what = format!("the remote has no copy of {} any more ({why})", self.name());
        Error::at(Location::file(self.what.folder(workspace)), what)
            .hint("it stays; upload it again, or remove it all the same with --force")
    }
}

fn why(unshared: NoCopy) -> &'static str {
    match unshared {
        NoCopy::Missing => "not there",
        NoCopy::Different => "another of this name is there",
        NoCopy::Corrupt => "damaged there",
        NoCopy::SameFiles => "the remote has the same files, so no copy",
    }
}

impl What {
    pub(super) fn folder(&self, workspace: &Workspace) -> PathBuf {
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
