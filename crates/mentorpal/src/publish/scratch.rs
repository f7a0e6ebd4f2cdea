//! Temporary paths of this process, which the signal handler removes or restores.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::cleanup::remove_if_unread;

/// The number of attempts to remove a folder in which other threads may still create files.
const MAX_REMOVAL_ATTEMPTS: usize = 10;

/// The registered paths by number, in the order of registration.
static SCRATCH: Mutex<BTreeMap<u64, Leftover>> = Mutex::new(BTreeMap::new());

/// A path that needs cleaning up if the process ends now.
#[derive(Debug)]
pub(super) enum Leftover {
    /// An unpublished folder, to be removed.
    Folder(PathBuf),
    /// A replaced folder, to be removed unless another process reads it.
    Replaced(PathBuf),
    /// An unfinished file, to be removed.
    File(PathBuf),
    /// A folder that was moved away, to be moved back.
    MovedAside {
        /// The current path of the folder.
        from: PathBuf,
        /// Its original path.
        to: PathBuf,
    },
}

/// The registration of a path that the signal handler cleans up; dropping it ends that.
#[derive(Debug)]
pub(crate) struct Scratch(u64);

impl Scratch {
    /// Creates the folder `path` and registers it for removal if the process is stopped. No signal is
    /// handled between these two steps.
    ///
    /// # Errors
    /// If the folder exists or cannot be created.
    pub(super) fn create_folder(path: &Path) -> io::Result<Self> {
        let mut all = pause();
        fs::create_dir(path)?;
        Ok(Self::add(&mut all, Leftover::Folder(path.to_owned())))
    }

    /// Registers an existing folder.
    pub(crate) fn existing_folder(path: &Path) -> Self {
        Self::add(&mut pause(), Leftover::Folder(path.to_owned()))
    }

    /// Registers a file that is about to be written, so that it is removed if the process is
    /// stopped.
    pub(crate) fn file(path: &Path) -> Self {
        Self::add(&mut pause(), Leftover::File(path.to_owned()))
    }

    /// Renames the folder `path` to `aside`; the signal handler moves it back.
    ///
    /// # Errors
    /// If the folder cannot be renamed.
    pub(super) fn move_aside(path: &Path, aside: &Path) -> io::Result<Self> {
        let mut all = pause();
        fs::rename(path, aside)?;
        let leftover = Leftover::MovedAside { from: aside.to_owned(), to: path.to_owned() };
        Ok(Self::add(&mut all, leftover))
    }

    /// Records that `path` now contains the replaced folder.
    pub(super) fn set_replaced(&self, all: &mut Paused, path: &Path) {
        all.insert(self.0, Leftover::Replaced(path.to_owned()));
    }

    fn add(all: &mut Paused, leftover: Leftover) -> Self {
        let number = all.last_key_value().map_or(0, |(last, _)| last + 1);
        all.insert(number, leftover);
        Self(number)
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        pause().remove(&self.0);
    }
}

/// Keeps the signal handler from cleaning up until the result is dropped.
pub(super) fn pause() -> Paused {
    SCRATCH.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The guard that [`pause`] returns.
pub(super) type Paused = MutexGuard<'static, BTreeMap<u64, Leftover>>;

/// Cleans up every registered path. The process must end while the result is held: any thread that
/// is about to publish a folder blocks until then.
#[must_use]
pub fn remove_all() -> impl Drop {
    let all = pause();
    for leftover in all.values().rev() {
        // Best effort: a later run removes the rest.
        let _ = match leftover {
            Leftover::Folder(path) => remove_folder(path),
            Leftover::Replaced(path) => remove_if_unread(path),
            Leftover::File(path) => fs::remove_file(path),
            Leftover::MovedAside { from, to } => fs::rename(from, to),
        };
    }
    all
}

fn remove_folder(path: &Path) -> io::Result<()> {
    for _ in 1..MAX_REMOVAL_ATTEMPTS {
        if fs::remove_dir_all(path).is_ok() {
            return Ok(());
        }
    }
    fs::remove_dir_all(path)
}
