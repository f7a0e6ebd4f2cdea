//! The operations that every type of remote provides: a WebDAV server, a folder, a bucket.
//!
//! Paths are relative to the remote, consist of validated names, and are separated by `/`. Each
//! method makes one attempt; callers retry with
//! [`retry_with_backoff`](crate::web::retry_with_backoff). To add a type of remote, implement
//! [`Store`] and recognize its URL in `location.rs`.

use std::io::Read;
use std::path::PathBuf;

use crate::error::{Error, Location};
use crate::web::RequestResult;

/// The name of the object by which a store without folders locks one that is being moved.
pub(super) const CLAIM: &str = ".claim";

/// Access to the files of a remote.
pub(super) trait Store: Send + Sync {
    /// Returns the location of `path` for messages, without secrets.
    fn place(&self, path: &str) -> Location;

    /// Returns the local path of `path`, if the remote is a local folder.
    fn local(&self, _path: &str) -> Option<PathBuf> {
        None
    }

    /// Returns the error for writing to the remote, if it is known to be read-only.
    fn read_only(&self) -> Option<Error> {
        None
    }

    /// Returns a notice about the remote to show to the user once, if any.
    fn notice(&self) -> Option<String> {
        None
    }

    /// Returns whether the remote has only objects, which are written atomically, and no folders.
    /// Objects need no temporary name, and without a manifest the name of an item is free.
    fn is_flat(&self) -> bool {
        false
    }

    /// Lists the entries of `folder`, in any order.
    fn list(&self, folder: &str) -> RequestResult<Vec<Entry>>;

    /// Opens the file at `path` for reading.
    ///
    /// `from` is a byte offset and a validator. Reading starts at that offset if the file still has
    /// that validator, and at the beginning otherwise.
    fn read(&self, path: &str, from: Option<(u64, &str)>) -> RequestResult<Reading>;

    /// Writes a file of `size` bytes at `path`, replacing any existing file. The parent folder must
    /// exist.
    fn write(&self, path: &str, content: &mut dyn Read, size: u64) -> RequestResult<()>;

    /// Creates the folder `path` unless it exists. The parent folder must exist.
    fn make_folder(&self, path: &str) -> RequestResult<()>;

    /// Renames the file `from` to `to` atomically, replacing any existing file.
    fn rename(&self, from: &str, to: &str) -> RequestResult<()>;

    /// Renames the folder `from` to `to`, so that no reader sees an incomplete folder.
    ///
    /// `needed` are paths within the folder that must exist if the store moves files one by one.
    ///
    /// # Errors
    /// [`RequestError::AlreadyExists`](crate::web::RequestError::AlreadyExists) if `to` exists;
    /// [`RequestError::NotFound`](crate::web::RequestError::NotFound) if a needed file is missing.
    fn move_folder(&self, from: &str, to: &str, needed: &[&str]) -> RequestResult<()>;

    /// Removes the file `path`, or the folder if `path` ends with `/`, unless it is missing.
    fn remove(&self, path: &str) -> RequestResult<()>;
}

/// A file or folder in a folder listing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Entry {
    /// The name, a single component of a path.
    pub(super) name: String,
    pub(super) is_folder: bool,
    /// The size in bytes, if the store reports it.
    pub(super) size: Option<u64>,
}

/// A file that is open for reading.
pub(super) struct Reading {
    /// The offset of the first byte of `content`.
    pub(super) start: u64,
    /// The size of the whole file, if the store reports it.
    pub(super) size: Option<u64>,
    /// An identifier of this version of the file, such as an `ETag`.
    pub(super) validator: Option<String>,
    /// The bytes from `start`.
    pub(super) content: Box<dyn Read + Send>,
    /// The error to report if the content does not match the manifest. Set if the content looks
    /// like an HTML page, which captive portals and login forms send.
    pub(super) page: Option<Error>,
}
