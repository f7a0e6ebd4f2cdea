//! Folders that are published whole or not at all: checkpoints, vector models.
//!
//! One is gathered in a hidden folder `.draft-…` beside its later place and published by a
//! rename, its manifest written last. The hidden folder is locked while its maker lives; a maker
//! that was killed leaves it unlocked, and the next one removes it. A name without the dot is
//! always complete.
//!
//! | file | what is in it |
//! |---|---|
//! | `staging.rs` | a folder in the making, until it is published |
//! | `opened.rs` | a published folder as a reader has it |
//! | `removal.rs` | removing a published folder, and what else lies in it |
//! | `sweep.rs` | removing what ended runs left, and what nobody reads any more |
//! | `scratch.rs` | what a signal removes |
//! | `swap.rs` | what the file system does for them |

mod opened;
mod removal;
mod scratch;
mod staging;
mod swap;
mod sweep;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::error::{Error, ErrorKind, Location};
use crate::files;
use crate::sha256;

pub(crate) use opened::{Opened, is_at};
pub(crate) use removal::{other_files, refuse_others, remove, remove_unread};
pub(crate) use scratch::{Scratch, remove_all as remove_scratch};
pub(crate) use staging::Staging;
pub(crate) use swap::{sync_folder, write_synced};
pub(crate) use sweep::{abandoned, hold, sweep, try_hold};

/// The manifest's file name in a published folder.
pub const MANIFEST_FILE: &str = "manifest.json";

/// The largest manifest that is read, in bytes: that of a thousand mentors has about a sixth of it.
pub(crate) const MAX_MANIFEST: u64 = 8 << 20;

const DRAFT: &str = ".draft-";
const REPLACED: &str = ".replaced-";

/// One file of a published folder.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileRecord {
    /// In bytes.
    pub size: u64,
    /// In hex.
    pub sha256: String,
}

impl FileRecord {
    /// The record of a file with this content.
    #[must_use]
    pub fn of(bytes: &[u8]) -> Self {
        Self { size: bytes.len() as u64, sha256: sha256::digest(bytes) }
    }

    /// What is wrong with a file of `size` bytes in this one's place, if something is.
    pub(crate) fn size_fault(&self, size: u64) -> Option<String> {
        (size != self.size).then(|| format!("{size} bytes, the manifest says {}", self.size))
    }

    /// What is wrong with `found` in this one's place, if something is.
    pub(crate) fn fault(&self, found: &Self) -> Option<String> {
        let other = || "its SHA-256 is not what the manifest says".to_owned();
        self.size_fault(found.size).or_else(|| (found != self).then(other))
    }

    /// What is wrong with the file at `path` in this one's place, by its size, if something is.
    pub(crate) fn size_fault_at(&self, path: &Path) -> Option<String> {
        match fs::metadata(path) {
            Ok(found) if found.is_file() => self.size_fault(found.len()).map(|fault| {
                if files::is_pointer_at(path) { files::POINTER.to_owned() } else { fault }
            }),
            Ok(found) => {
                let kind = files::kind(&found).unwrap_or("something else");
                Some(format!("{kind}, not a plain file"))
            }
            Err(error) => Some(format!("cannot be read: {error}")),
        }
    }

    /// What is wrong with the file at `path` in this one's place, if something is: reads it to
    /// the end.
    pub(crate) fn fault_at(&self, path: &Path) -> Option<String> {
        let read = || files::open(path).and_then(sha256::digest_of);
        self.size_fault_at(path).or_else(|| match read() {
            Ok(sha256) => self.fault(&Self { size: self.size, sha256 }),
            Err(error) => Some(format!("cannot be read: {error}")),
        })
    }
}

/// The most bytes that the files of a manifest may have: no disk has room for as many, and sums of
/// two such numbers are numbers.
const MOST_BYTES: u64 = 1 << 60;

/// What is wrong with the files that a manifest names, wherever it comes from, if something is.
pub(crate) fn files_fault(files: &BTreeMap<String, FileRecord>) -> Option<&'static str> {
    if !files.values().all(|file| sha256::is_digest(&file.sha256)) {
        return Some("names a file without a SHA-256");
    }
    let sum = files.values().try_fold(0_u64, |sum, file| sum.checked_add(file.size));
    let is_too_much = sum.is_none_or(|sum| sum > MOST_BYTES);
    is_too_much.then_some("names files of more bytes than there can be")
}

/// The paths of the files below `folder` within it, sorted, as [`files_below`] has them.
pub(crate) fn names_below(folder: &Path) -> Vec<String> {
    let within = |path: &PathBuf| {
        let parts = path.strip_prefix(folder).ok()?.iter();
        Some(parts.map(|part| part.to_string_lossy()).collect::<Vec<_>>().join("/"))
    };
    files_below(folder).iter().filter_map(within).collect()
}

/// Every file below `folder`, sorted; what cannot be listed is passed over, links are not followed.
pub(crate) fn files_below(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    let Ok(entries) = fs::read_dir(folder) else { return files };
    for entry in entries.flatten() {
        match entry.file_type() {
            Ok(kind) if kind.is_dir() => files.extend(files_below(&entry.path())),
            _ => files.push(entry.path()),
        }
    }
    files.sort();
    files
}

/// Plain data as a JSON file that people can read, too.
pub(crate) fn json_file(data: &impl Serialize) -> Vec<u8> {
    let mut bytes = serde_json::to_vec_pretty(data).expect("plain data can be written");
    bytes.push(b'\n');
    bytes
}

/// What is published, for messages.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Kind {
    /// `checkpoint`.
    pub(crate) noun: &'static str,
    /// What to do where the name is taken.
    pub(crate) if_taken: &'static str,
}

/// What to do about a folder of the same name.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Existing<'a> {
    /// Leave it and fail.
    Refuse,
    /// Take its place, whatever it is.
    Replace,
    /// Take its place if its manifest still is this one.
    Update(&'a [u8]),
}

/// The error of a name that is there already.
pub(crate) fn taken(target: &Path, kind: Kind) -> Error {
    Error::at(Location::file(target), format!("there is a {} of this name", kind.noun))
        .with_kind(ErrorKind::AlreadyExists)
        .hint(kind.if_taken)
}
