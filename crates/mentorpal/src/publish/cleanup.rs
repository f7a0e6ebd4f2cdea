//! Folder locks, and the removal of stale drafts and replaced folders.

use std::fs::{self, File, TryLockError};
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use super::opened::is_at;
use super::scratch::Scratch;
use super::{DRAFT, REPLACED};

/// Locks `parent`, so that no other process changes its entries until the lock is dropped.
///
/// Returns `None` if the disk does not support locks, as some network disks do not.
pub(crate) fn lock_dir(parent: &Path) -> Option<File> {
    let folder = File::open(parent).ok()?;
    folder.lock().ok()?;
    Some(folder)
}

/// Locks `parent` like [`lock_dir`], without waiting. Also returns `None` if another process holds
/// the lock.
pub(crate) fn try_lock_dir(parent: &Path) -> Option<File> {
    File::open(parent).ok().filter(|folder| folder.try_lock().is_ok())
}

/// Creates and locks a draft folder in `parent`. The signal handler removes it.
///
/// The lock is `None` if the system cannot open folders.
pub(super) fn create_draft_dir(parent: &Path) -> io::Result<(PathBuf, Option<File>, Scratch)> {
    for attempt in 0.. {
        let folder = parent.join(format!("{DRAFT}{}-{attempt}", std::process::id()));
        let scratch = match Scratch::create_folder(&folder) {
            Ok(scratch) => scratch,
            Err(error) if error.kind() == ErrorKind::AlreadyExists => continue,
            Err(error) => return Err(error),
        };
        // Without locks (some network disks, systems that cannot open folders) no draft is ever
        // considered stale, so an unlocked one is safe.
        let lock = File::open(&folder).ok();
        let _ = lock.as_ref().map(File::lock);
        // Another process may have removed the folder before it was locked.
        if lock.as_ref().map_or(folder.is_dir(), |lock| is_at(lock, &folder)) {
            return Ok((folder, lock, scratch));
        }
    }
    unreachable!("the range of attempts is unbounded")
}

/// Removes the drafts of killed processes and replaced folders without readers from `parent`, and
/// restores folders whose replacement was interrupted. The caller holds the [lock](lock_dir) of
/// `parent`.
///
/// # Errors
/// If `parent` cannot be listed, or an entry cannot be removed.
pub(crate) fn remove_stale_drafts(parent: &Path) -> io::Result<()> {
    for entry in fs::read_dir(parent)? {
        let path = entry?.path();
        let Some(name) = path.file_name().and_then(|name| name.to_str()) else { continue };
        if !path.is_dir() {
            continue;
        }
        if name.starts_with(DRAFT) {
            if is_stale(&path) {
                tracing::info!(path = %path.display(), "removing the draft of a killed process");
                remove_folder(&path)?;
            }
        } else if let Some(original) = name.strip_prefix(REPLACED) {
            let target = parent.join(original);
            if target.exists() { remove_if_unread(&path)? } else { fs::rename(&path, target)? }
        }
    }
    Ok(())
}

/// Returns the drafts in `parent` whose processes have ended, sorted.
///
/// # Errors
/// If `parent` cannot be listed.
pub(crate) fn stale_drafts(parent: &Path) -> io::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(parent)? {
        let entry = entry?;
        let is_draft = entry.file_name().to_string_lossy().starts_with(DRAFT);
        if is_draft && entry.path().is_dir() && is_stale(&entry.path()) {
            found.push(entry.path());
        }
    }
    found.sort();
    Ok(found)
}

/// Returns whether no process builds or reads the hidden folder at `path`. Returns `false` if the
/// disk does not support locks, because the state is then unknown.
fn is_stale(path: &Path) -> bool {
    File::open(path).is_ok_and(|lock| lock.try_lock().is_ok())
}

/// Removes a hidden folder unless a reader has locked it; in that case a later run removes it. On a
/// disk without locks, the folder is always removed.
///
/// # Errors
/// If the disk fails.
pub(crate) fn remove_if_unread(folder: &Path) -> io::Result<()> {
    // The lock is held until the files are removed.
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
