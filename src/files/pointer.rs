//! Git LFS pointers: the few lines that stand in a file's place where Git LFS has not fetched the file.

use std::fs::{self, File};
use std::io::Read;
use std::path::Path;

use crate::error::{Error, Location, Result};

/// What each pointer begins with (the Git LFS specification, version 1).
const BEGINS: &[u8] = b"version https://git-lfs.github.com/spec/";

/// The specification's upper limit for a pointer's size, in bytes.
const MOST_BYTES: u64 = 1024;

/// What is wrong with a file that is a pointer.
pub(crate) const POINTER: &str =
    "a Git LFS pointer in place of the file (`git lfs pull` fetches the file)";

/// Whether `bytes` are all of a Git LFS pointer.
pub(crate) fn is_pointer(bytes: &[u8]) -> bool {
    bytes.len() as u64 <= MOST_BYTES && bytes.starts_with(BEGINS)
}

/// Whether the file at `path` is a Git LFS pointer; a file that cannot be read is none.
pub(crate) fn is_pointer_at(path: &Path) -> bool {
    let is_small = |found: fs::Metadata| found.is_file() && found.len() <= MOST_BYTES;
    if !fs::metadata(path).is_ok_and(is_small) {
        return false;
    }
    let mut bytes = Vec::new();
    let read = File::open(path).and_then(|file| file.take(MOST_BYTES).read_to_end(&mut bytes));
    read.is_ok() && is_pointer(&bytes)
}

/// Refuses the file at `path` if it is a Git LFS pointer. For readers that do not use
/// [`read`](super::read).
///
/// # Errors
/// When it is a pointer.
pub(crate) fn refuse_pointer(path: &Path) -> Result<()> {
    if is_pointer_at(path) { Err(pointer(path)) } else { Ok(()) }
}

/// The error of a file that is a pointer.
pub(super) fn pointer(path: &Path) -> Error {
    Error::at(Location::file(path), POINTER)
        .hint("run `git lfs pull` in the repository that the file is from, then this again")
}
