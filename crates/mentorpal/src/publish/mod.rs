//! Atomic publishing of folders: checkpoints and vector models.
//!
//! A folder is built as a hidden draft, `.draft-…`, next to its final path. Its manifest is written
//! last, and a rename publishes it, so that a folder with a visible name is always complete.
//!
//! A draft is locked while the process that builds it runs. If that process is killed, the lock is
//! released and the next run removes the draft.
//!
//! | file | contents |
//! |---|---|
//! | `staging.rs` | building and publishing a folder |
//! | `opened.rs` | reading a published folder |
//! | `removal.rs` | removing a published folder, and files that its manifest does not list |
//! | `cleanup.rs` | folder locks, and removing drafts and replaced folders |
//! | `scratch.rs` | temporary paths that the signal handler removes |
//! | `swap.rs` | exchanging two folders atomically |

mod cleanup;
mod opened;
mod removal;
mod scratch;
mod staging;
mod swap;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::error::{Error, ErrorKind, Location};
use crate::files;
use crate::sha256;

pub(crate) use cleanup::{lock_dir, remove_stale_drafts, stale_drafts, try_lock_dir};
pub(crate) use opened::{OpenedFolder, is_at};
pub(crate) use removal::{refuse_unlisted_files, remove, remove_disposable, unlisted_files};
pub(crate) use scratch::Scratch;
pub use scratch::remove_all as remove_scratch;
pub(crate) use staging::Staging;

/// The manifest's file name in a published folder.
pub const MANIFEST_FILE: &str = "manifest.json";

/// The largest manifest that is read, in bytes. A manifest of a thousand mentors is about a sixth
/// of this size.
pub(crate) const MAX_MANIFEST: u64 = 8 << 20;

const DRAFT: &str = ".draft-";
const REPLACED: &str = ".replaced-";

/// The size and digest of one file of a published folder.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileRecord {
    /// The size in bytes.
    pub size: u64,
    /// The SHA-256 digest in lower-case hex.
    pub sha256: String,
}

impl FileRecord {
    /// Returns the record of a file with the content `bytes`.
    #[must_use]
    pub fn of(bytes: &[u8]) -> Self {
        Self { size: bytes.len() as u64, sha256: sha256::digest(bytes) }
    }

    /// Compares `size` with this record; returns a description of the difference, if any.
    pub(crate) fn size_fault(&self, size: u64) -> Option<String> {
        (size != self.size)
            .then(|| format!("{size} bytes, expected {} as in the manifest", self.size))
    }

    /// Compares `found` with this record; returns a description of the difference, if any.
    pub(crate) fn fault(&self, found: &Self) -> Option<String> {
        let other_digest = || "the SHA-256 differs from the manifest".to_owned();
        self.size_fault(found.size).or_else(|| (found != self).then(other_digest))
    }

    /// Compares the type and size of the file at `path` with this record; returns a description of
    /// the difference, if any.
    pub(crate) fn size_fault_at(&self, path: &Path) -> Option<String> {
        match fs::metadata(path) {
            Ok(found) if found.is_file() => self.size_fault(found.len()).map(|fault| {
                if files::is_pointer_at(path) { files::POINTER.to_owned() } else { fault }
            }),
            Ok(found) => files::check_regular(&found).err().map(|error| error.to_string()),
            Err(error) => Some(format!("cannot be read: {error}")),
        }
    }

    /// Reads the whole file at `path` and compares it with this record; returns a description of
    /// the difference, if any.
    pub(crate) fn fault_at(&self, path: &Path) -> Option<String> {
        let read = || files::open(path).and_then(sha256::digest_of);
        self.size_fault_at(path).or_else(|| match read() {
            Ok(sha256) => self.fault(&Self { size: self.size, sha256 }),
            Err(error) => Some(format!("cannot be read: {error}")),
        })
    }
}

/// The largest total size of the files in a manifest, in bytes. It exceeds any disk, and two such
/// numbers can be added without overflow.
const MAX_TOTAL_BYTES: u64 = 1 << 60;

/// Checks the file records of a manifest from any source; returns a description of the first
/// error, if any.
pub(crate) fn files_fault(files: &BTreeMap<String, FileRecord>) -> Option<&'static str> {
    if !files.values().all(|file| sha256::is_digest(&file.sha256)) {
        return Some("lists a file without a valid SHA-256");
    }
    let sum = files.values().try_fold(0_u64, |sum, file| sum.checked_add(file.size));
    let is_too_large = sum.is_none_or(|sum| sum > MAX_TOTAL_BYTES);
    is_too_large.then_some("the total size of the listed files is too large")
}

/// The kind of folder that is published, as error messages describe it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ItemKind {
    /// The noun, for example `checkpoint`.
    pub(crate) noun: &'static str,
    /// The hint to give if the name is already in use.
    pub(crate) hint_if_exists: &'static str,
}

/// The action if a folder with the same name is already published.
#[derive(Clone, Copy, Debug)]
pub enum OnExisting<'a> {
    /// Keep the existing folder and fail.
    Refuse,
    /// Replace the existing folder.
    Replace,
    /// Replace the existing folder only if its manifest file still has these bytes.
    Update(&'a [u8]),
}

/// Returns the error for a name that is already in use.
pub(crate) fn already_exists(target: &Path, kind: ItemKind) -> Error {
    let message = format!("a {} with this name already exists", kind.noun);
    Error::at(Location::file(target), message)
        .with_kind(ErrorKind::AlreadyExists)
        .hint(kind.hint_if_exists)
}

/// Returns the error for a folder that another process changed while this process used it.
fn changed_meanwhile(folder: &Path, noun: &str) -> Error {
    let message = format!("another process changed the {noun} while this command was running");
    Error::at(Location::file(folder), message)
        .with_kind(ErrorKind::Conflict)
        .hint("run the command again")
}
