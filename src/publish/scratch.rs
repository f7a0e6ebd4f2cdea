//! What this process has on disk that is of no use once it ends: a signal that ends it removes that.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::sweep::discard;

/// How often the removal of a folder is tried in which other threads may still make files.
const ATTEMPTS: usize = 10;

/// By number, in the order in which they came to be.
static SCRATCH: Mutex<BTreeMap<u64, Leftover>> = Mutex::new(BTreeMap::new());

/// Something on disk, and what becomes of it.
#[derive(Debug)]
pub(super) enum Leftover {
    /// A folder in the making.
    Folder(PathBuf),
    /// A folder that was replaced, which others may be reading.
    Replaced(PathBuf),
    /// A file in the making.
    File(PathBuf),
    /// A folder that was set aside, and its own place.
    Aside(PathBuf, PathBuf),
}

/// Something that a signal removes, or puts back, until this is dropped.
#[derive(Debug)]
pub(crate) struct Scratch(u64);

impl Scratch {
    /// Makes the folder `path`, in one step as far as a signal sees.
    ///
    /// # Errors
    /// When it cannot be made, or is there.
    pub(super) fn folder(path: &Path) -> io::Result<Self> {
        let mut all = pause();
        fs::create_dir(path)?;
        Ok(Self::add(&mut all, Leftover::Folder(path.to_owned())))
    }

    /// A folder that is there already.
    pub(crate) fn here(path: &Path) -> Self {
        Self::add(&mut pause(), Leftover::Folder(path.to_owned()))
    }

    /// A file that is about to be written.
    pub(crate) fn file(path: &Path) -> Self {
        Self::add(&mut pause(), Leftover::File(path.to_owned()))
    }

    /// Renames the folder `from` to `aside`: a signal puts it back.
    ///
    /// # Errors
    /// When it cannot be renamed.
    pub(super) fn aside(from: &Path, aside: &Path) -> io::Result<Self> {
        let mut all = pause();
        fs::rename(from, aside)?;
        Ok(Self::add(&mut all, Leftover::Aside(aside.to_owned(), from.to_owned())))
    }

    /// Says that what lies at `path` now is what was replaced.
    pub(super) fn is_replaced(&self, all: &mut Paused, path: &Path) {
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

/// Keeps a signal from removing anything until the result is dropped.
pub(super) fn pause() -> Paused {
    SCRATCH.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What [`pause`] gives.
pub(super) type Paused = MutexGuard<'static, BTreeMap<u64, Leftover>>;

/// Removes all that is of no use once this process ends, which must be now: whoever is about to
/// publish something waits for ever.
pub(crate) fn remove_all() -> impl Drop {
    let all = pause();
    for leftover in all.values().rev() {
        // Best effort: what stays is swept up by a later run.
        let _ = match leftover {
            Leftover::Folder(path) => remove_folder(path),
            Leftover::Replaced(path) => discard(path),
            Leftover::File(path) => fs::remove_file(path),
            Leftover::Aside(aside, place) => fs::rename(aside, place),
        };
    }
    all
}

fn remove_folder(path: &Path) -> io::Result<()> {
    for _ in 1..ATTEMPTS {
        if fs::remove_dir_all(path).is_ok() {
            return Ok(());
        }
    }
    fs::remove_dir_all(path)
}
