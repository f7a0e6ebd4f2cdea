//! Checking that the remote has a copy of an item: different files with the same content.

use std::fs::{self, Metadata};
use std::path::Path;

use super::inspect::RemoteState;
use super::item::{Contents, Item};
use super::transfer::Watcher;
use super::{NoCopy, Remote};
use crate::error::{Error, Location, Result};
use crate::publish::MANIFEST_FILE;
use crate::web::RequestError;

impl Remote {
    /// Checks whether the remote has a valid copy of the item, by reading every file on the remote.
    /// `contents` is the local item. The inner error is the reason why the remote has no copy.
    ///
    /// # Errors
    /// If a request fails.
    pub fn has_copy(
        &self,
        item: &Item,
        contents: &Contents,
        watcher: &dyn Watcher,
    ) -> Result<Result<(), NoCopy>> {
        if let Err(why) = self.still_has_copy(item, contents)? {
            return Ok(Err(why));
        }
        let faults =
            self.corrupt_files(item, contents, watcher).map_err(RequestError::into_error)?;
        Ok(if faults.is_empty() { Ok(()) } else { Err(NoCopy::Corrupt) })
    }

    /// Checks whether the remote still has a copy that [was compared](Self::has_copy) before, by
    /// comparing the manifest and the file sizes only. The inner error is the reason why it has not.
    ///
    /// # Errors
    /// If a request fails.
    pub fn still_has_copy(&self, item: &Item, contents: &Contents) -> Result<Result<(), NoCopy>> {
        if self.is_same_folder(item, contents) {
            return Ok(Err(NoCopy::SameFiles));
        }
        let there = match self.inspect(item).map_err(RequestError::into_error)? {
            RemoteState::Published(there) => there,
            RemoteState::Missing => return Ok(Err(NoCopy::Missing)),
            RemoteState::Corrupt(..) => return Ok(Err(NoCopy::Corrupt)),
        };
        if there.manifest != contents.manifest {
            return Ok(Err(NoCopy::Different));
        }
        let faults = self.size_faults(&item.remote(), &there).map_err(RequestError::into_error)?;
        Ok(if faults.is_empty() { Ok(()) } else { Err(NoCopy::Corrupt) })
    }

    /// Fails if the remote would store the item in the workspace's own files.
    ///
    /// # Errors
    /// If the remote is the workspace's own folder, or links to its files.
    pub(super) fn refuse_same_folder(&self, item: &Item, contents: &Contents) -> Result<()> {
        if !self.is_same_folder(item, contents) {
            return Ok(());
        }
        let message = format!(
            "the remote has the same files as the workspace, not a copy of the {}",
            item.noun()
        );
        let place = Location::file(self.store.local(&item.remote()).unwrap_or_default());
        Err(Error::at(place, message).hint(
            "set the remote to a folder outside the workspace, and remove links between the two",
        ))
    }

    /// Returns whether the item's paths on the remote and in the workspace lead to the same folder,
    /// parent folder, or file.
    fn is_same_folder(&self, item: &Item, contents: &Contents) -> bool {
        let Some(there) = self.store.local(&item.remote()) else { return false };
        let here = item.folder();
        let names = contents.files.keys().map(String::as_str).chain([MANIFEST_FILE]);
        let is_same =
            |a: Option<&Path>, b: Option<&Path>| a.zip(b).is_some_and(|(a, b)| same_file(a, b));
        is_same(Some(here), Some(&there))
            || is_same(here.parent(), there.parent())
            || names.map(|name| (here.join(name), there.join(name))).any(|(a, b)| same_file(&a, &b))
    }
}

/// Returns whether both paths lead to the same file or folder.
fn same_file(a: &Path, b: &Path) -> bool {
    let (Ok(found_a), Ok(found_b)) = (fs::metadata(a), fs::metadata(b)) else { return false };
    let is_same_path = a.canonicalize().is_ok_and(|a| b.canonicalize().is_ok_and(|b| a == b));
    is_same_path || same_inode(&found_a, &found_b)
}

#[cfg(unix)]
fn same_inode(a: &Metadata, b: &Metadata) -> bool {
    use std::os::unix::fs::MetadataExt;
    (a.dev(), a.ino()) == (b.dev(), b.ino())
}

/// Returns `false`: this system does not identify files by number.
#[cfg(not(unix))]
fn same_inode(_a: &Metadata, _b: &Metadata) -> bool {
    false
}
