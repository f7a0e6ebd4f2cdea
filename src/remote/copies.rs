//! Whether the remote keeps a copy of what is here: other files with the same content.

use std::fs::{self, Metadata};
use std::path::Path;

use super::item::{Contents, Item};
use super::look::There;
use super::transfer::Watcher;
use super::{Remote, Unshared};
use crate::error::{Error, Location, Result};
use crate::publish::MANIFEST_FILE;
use crate::web::RequestError;

impl Remote {
    /// Whether the remote has a copy of the item, which is `contents` here: reads every file of it
    /// to its end.
    ///
    /// # Errors
    /// Why it cannot be asked.
    pub fn has_copy(
        &self,
        item: &Item,
        contents: &Contents,
        watcher: &dyn Watcher,
    ) -> Result<Result<(), Unshared>> {
        if let Err(why) = self.still_has_copy(item, contents)? {
            return Ok(Err(why));
        }
        let faults = self.faults(item, contents, watcher).map_err(RequestError::into_error)?;
        Ok(if faults.is_empty() { Ok(()) } else { Err(Unshared::Damaged) })
    }

    /// Whether the remote still has a copy of the item, which [has been compared](Self::has_copy):
    /// asks for the manifest and the sizes of the files.
    ///
    /// # Errors
    /// Why it cannot be asked.
    pub fn still_has_copy(&self, item: &Item, contents: &Contents) -> Result<Result<(), Unshared>> {
        if self.is_own(item, contents) {
            return Ok(Err(Unshared::Own));
        }
        let there = match self.look(item).map_err(RequestError::into_error)? {
            There::Published(there) => there,
            There::Absent => return Ok(Err(Unshared::Absent)),
            There::Broken(..) => return Ok(Err(Unshared::Damaged)),
        };
        if there.manifest != contents.manifest {
            return Ok(Err(Unshared::Different));
        }
        let faults = self.size_faults(&item.remote(), &there).map_err(RequestError::into_error)?;
        Ok(if faults.is_empty() { Ok(()) } else { Err(Unshared::Damaged) })
    }

    /// Refuses to share an item through the very files that it has here.
    ///
    /// # Errors
    /// When the remote is the workspace's own folder, or has links to its files.
    pub(super) fn refuse_own(&self, item: &Item, contents: &Contents) -> Result<()> {
        if !self.is_own(item, contents) {
            return Ok(());
        }
        let noun = item.noun();
        let what =
            format!("the remote has the same files as the workspace, so no copy of the {noun}");
        let place = Location::file(self.store.local(&item.remote()).unwrap_or_default());
        Err(Error::at(place, what).hint(
            "name a folder outside the workspace as the remote, and remove links between the two",
        ))
    }

    /// Whether what is on the remote under the item's name is what is here: the same folder, by
    /// whatever path, or a file that has two names. Where the item is not on the remote yet,
    /// whether it would come to the folder that it is in.
    fn is_own(&self, item: &Item, contents: &Contents) -> bool {
        let Some(there) = self.store.local(&item.remote()) else { return false };
        let here = item.folder();
        let names = contents.files.keys().map(String::as_str).chain([MANIFEST_FILE]);
        let is_same = |a: Option<&Path>, b: Option<&Path>| a.zip(b).is_some_and(same_file);
        is_same(Some(here), Some(&there))
            || is_same(here.parent(), there.parent())
            || names
                .map(|name| (here.join(name), there.join(name)))
                .any(|(a, b)| same_file((&a, &b)))
    }
}

/// Whether both paths lead to one file or folder.
fn same_file((a, b): (&Path, &Path)) -> bool {
    let (Ok(found_a), Ok(found_b)) = (fs::metadata(a), fs::metadata(b)) else { return false };
    let is_same_path = a.canonicalize().is_ok_and(|a| b.canonicalize().is_ok_and(|b| a == b));
    is_same_path || same_inode(&found_a, &found_b)
}

#[cfg(unix)]
fn same_inode(a: &Metadata, b: &Metadata) -> bool {
    use std::os::unix::fs::MetadataExt;
    (a.dev(), a.ino()) == (b.dev(), b.ino())
}

/// No: this system does not number files.
#[cfg(not(unix))]
fn same_inode(_a: &Metadata, _b: &Metadata) -> bool {
    false
}
