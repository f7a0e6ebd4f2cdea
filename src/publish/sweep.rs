//! Removing what ended runs left, and what was replaced or removed once nobody reads it any more.

use std::fs::{self, File, TryLockError};
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use super::opened::is_at;
use super::scratch::Scratch;
use super::{DRAFT, REPLACED};

/// Keeps other runs from changing what is in `parent` meanwhile. Disks without locks (some
/// network ones) go without.
pub(crate) fn hold(parent: &Path) -> Option<File> {
    let folder = File::open(parent).ok()?;
    folder.lock().ok()?;
    Some(folder)
}

/// As [`hold`]; `None`, too, where another run does.
pub(crate) fn try_hold(parent: &Path) -> Option<File> {
    File::open(parent).ok().filter(|folder| folder.try_lock().is_ok())
}

/// Makes a new hidden folder in `parent` and locks it, where folders can be; a signal removes it.
pub(super) fn hidden_folder(parent: &Path) -> io::Result<(PathBuf, Option<File>, Scratch)> {
    for attempt in 0.. {
        let folder = parent.join(format!("{DRAFT}{}-{attempt}", std::process::id()));
        let scratch = match Scratch::folder(&folder) {
            Ok(scratch) => scratch,
            Err(error) if error.kind() == ErrorKind::AlreadyExists => continue,
            Err(error) => return Err(error),
        };
        // Disks without locks (some network ones) and systems that cannot open folders go
        // without: nothing is swept there.
        let lock = File::open(&folder).ok();
        let _ = lock.as_ref().map(File::lock);
        // Between its making and its locking another run may have swept it up.
        if lock.as_ref().map_or(folder.is_dir(), |lock| is_at(lock, &folder)) {
            return Ok((folder, lock, scratch));
        }
    }
    unreachable!("the attempts do not end")
}

/// Removes the drafts of runs that were killed and what was replaced while it was read, and puts
/// back what one had set aside. The caller [holds](hold) `parent`.
///
/// # Errors
/// When the folder cannot be listed or something in it not removed.
pub(crate) fn sweep(parent: &Path) -> io::Result<()> {
    for entry in fs::read_dir(parent)? {
        let path = entry?.path();
        let Some(name) = path.file_name().and_then(|name| name.to_str()) else { continue };
        if !path.is_dir() {
            continue;
        }
        if name.starts_with(DRAFT) {
            if is_abandoned(&path) {
                tracing::info!(path = %path.display(), "removing what a killed run left");
                remove_folder(&path)?;
            }
        } else if let Some(original) = name.strip_prefix(REPLACED) {
            let target = parent.join(original);
            if target.exists() { discard(&path)? } else { fs::rename(&path, target)? }
        }
    }
    Ok(())
}

/// The drafts in `parent` whose makers are gone, sorted.
///
/// # Errors
/// When the folder cannot be listed.
pub(crate) fn abandoned(parent: &Path) -> io::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(parent)? {
        let entry = entry?;
        let is_draft = entry.file_name().to_string_lossy().starts_with(DRAFT);
        if is_draft && entry.path().is_dir() && is_abandoned(&entry.path()) {
            found.push(entry.path());
        }
    }
    found.sort();
    Ok(found)
}

/// Whether the hidden folder at `path` has neither a maker nor readers any more. Where the disk has
/// no locks, that is not known of any.
fn is_abandoned(path: &Path) -> bool {
    File::open(path).is_ok_and(|lock| lock.try_lock().is_ok())
}

/// Removes a folder that is out of sight, unless somebody still reads it: then a later run sweeps
/// it up. Where the disk has no locks, it is removed.
///
/// # Errors
/// When the disk fails.
pub(crate) fn discard(folder: &Path) -> io::Result<()> {
    // Held until the files are gone.
    let lock = File::open(folder).ok();
    match lock.as_ref().map(File::try_lock) {
        Some(Err(TryLockError::WouldBlock)) => Ok(()),
        _ => remove_folder(folder),
    }
}

fn remove_folder(folder: &Path) -> io::Result<()> {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}
