//! What a store must be able to do to share through it: a WebDAV disk, a folder, a bucket.
//!
//! Paths are relative to the remote, `/` between their parts, and made of checked names. Each
//! method is one attempt; [`retry_with_backoff`](crate::web::retry_with_backoff) tries again. A new kind of store
//! implements this and has its URL recognised in `location.rs`.

use std::io::Read;
use std::path::PathBuf;

use crate::error::{Error, Location};
use crate::web::RequestResult;

/// A place where checkpoints and vector models are shared.
pub(super) trait Store: Send + Sync {
    /// Where `path` is, for messages; without secrets.
    fn place(&self, path: &str) -> Location;

    /// Where `path` is on this machine, if it is a file here.
    fn local(&self, _path: &str) -> Option<PathBuf> {
        None
    }

    /// Why nothing can be put there, if that is known beforehand.
    fn read_only(&self) -> Option<Error> {
        None
    }

    /// What people should know of how it is used, once.
    fn notice(&self) -> Option<String> {
        None
    }

    /// Whether it has no folders, only objects that each appear whole and at once: these need no
    /// temporary name, and where no manifest is, nothing is in the way.
    fn is_flat(&self) -> bool {
        false
    }

    /// What is directly in `folder`, in any order.
    fn list(&self, folder: &str) -> RequestResult<Vec<Entry>>;

    /// Reads the file at `path` from the byte `from` on, if it is still the one with this
    /// validator; otherwise from its beginning.
    fn read(&self, path: &str, from: Option<(u64, &str)>) -> RequestResult<Reading>;

    /// Writes a file of `size` bytes at `path`, whatever was there. The folder above is there.
    fn write(&self, path: &str, content: &mut dyn Read, size: u64) -> RequestResult<()>;

    /// Makes the folder `path`, if it is not there. The one above is there.
    fn make_folder(&self, path: &str) -> RequestResult<()>;

    /// Gives the file `from` the name `to`, in one step, whatever was there.
    fn rename(&self, from: &str, to: &str) -> RequestResult<()>;

    /// Gives the folder `from` the name `to`, so that nobody sees half of it:
    /// [`RequestError::AlreadyExists`](crate::web::RequestError::AlreadyExists) where there is a folder of this name. Where
    /// files are moved one by one, those in `needed` must be there, by path within the folder:
    /// [`RequestError::NotFound`](crate::web::RequestError::NotFound) otherwise.
    fn move_folder(&self, from: &str, to: &str, needed: &[&str]) -> RequestResult<()>;

    /// Removes the file `path`, or the folder where it ends with `/`, if it is there.
    fn remove(&self, path: &str) -> RequestResult<()>;
}

/// One of a folder's files and folders.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Entry {
    /// Its name, one part of a path.
    pub(super) name: String,
    pub(super) is_folder: bool,
    /// In bytes, where the store says so.
    pub(super) size: Option<u64>,
}

/// A file that is being read.
pub(super) struct Reading {
    /// The byte that comes first.
    pub(super) start: u64,
    /// The whole file's size, where the store says so.
    pub(super) size: Option<u64>,
    /// What tells this file from another at the same place.
    pub(super) validator: Option<String>,
    pub(super) content: Box<dyn Read + Send>,
    /// What is said where the content is not the file's: set where it looks like a page for
    /// people, as networks and disks that want a login send.
    pub(super) page: Option<Error>,
}
