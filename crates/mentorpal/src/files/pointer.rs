//! Git LFS pointers: short text files that replace a file until Git LFS fetches it.

use std::fs::{self, File};
use std::io::Read;
use std::path::Path;

use crate::error::{Error, ErrorKind, Location, Result};

/// The first bytes of every pointer (Git LFS specification, version 1).
const PREFIX: &[u8] = b"version https://git-lfs.github.com/spec/";

/// The largest pointer that the specification allows, in bytes.
const MAX_BYTES: u64 = 1024;

/// The message of the error for a pointer.
pub(crate) const POINTER: &str =
    "a Git LFS pointer instead of the file (`git lfs pull` fetches the file)";

/// Returns whether `bytes` are the content of a Git LFS pointer.
pub(crate) fn is_pointer(bytes: &[u8]) -> bool {
    bytes.len() as u64 <= MAX_BYTES && bytes.starts_with(PREFIX)
}

/// Returns whether the file at `path` is a Git LFS pointer; `false` if it cannot be read.
pub(crate) fn is_pointer_at(path: &Path) -> bool {
    let is_small = |found: fs::Metadata| found.is_file() && found.len() <= MAX_BYTES;
    if !fs::metadata(path).is_ok_and(is_small) {
        return false;
    }
    let mut bytes = Vec::new();
    let read = File::open(path).and_then(|file| file.take(MAX_BYTES).read_to_end(&mut bytes));
    read.is_ok() && is_pointer(&bytes)
}

/// Fails if the file at `path` is a Git LFS pointer. Readers that do not use
/// `files::read` call this.
///
/// # Errors
/// If the file is a pointer.
pub fn refuse_pointer(path: &Path) -> Result<()> {
    if is_pointer_at(path) { Err(error(path)) } else { Ok(()) }
}

/// Returns the error for a pointer at `path`.
pub(super) fn error(path: &Path) -> Error {
    Error::at(Location::file(path), POINTER).with_kind(ErrorKind::Corrupt).hint(
        "run `git lfs pull` in the repository that contains the file, then run this command again",
    )
}
