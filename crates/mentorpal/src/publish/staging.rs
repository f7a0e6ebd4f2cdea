//! Building a folder out of sight and publishing it by one rename.

use std::fs::{self, File};
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use super::cleanup::{create_draft_dir, lock_dir, remove_if_unread, remove_stale_drafts};
use super::removal::{refuse_unlisted_files, unlisted_files};
use super::scratch::{self, Scratch};
use super::swap::exchange;
use super::{
    ItemKind, MANIFEST_FILE, MAX_MANIFEST, OnExisting, REPLACED, already_exists, changed_meanwhile,
};
use crate::error::{Error, Result};
use crate::files::{self, files_below, sync_folder, write_synced};

/// An unpublished folder. Dropping it before it is published removes it.
#[derive(Debug)]
pub(crate) struct Staging {
    parent: PathBuf,
    folder: PathBuf,
    kind: ItemKind,
    state: Mutex<State>,
    /// Makes the signal handler remove the folder.
    scratch: Scratch,
}

/// The content of the hidden folder.
#[derive(Debug)]
enum State {
    /// A draft, with its lock if the disk supports locks.
    Draft(Option<File>),
    /// Nothing, or the replaced folder, which other processes may be reading.
    Published,
}

impl Staging {
    /// Creates a hidden folder in `parent`, after removing the drafts of killed processes.
    ///
    /// # Errors
    /// If the folder cannot be created.
    pub(crate) fn begin(parent: &Path, kind: ItemKind) -> Result<Self> {
        fs::create_dir_all(parent).map_err(|e| Error::io(parent, "create the folder", e))?;
        let _lock = lock_dir(parent);
        remove_stale_drafts(parent)
            .map_err(|e| Error::io(parent, "remove the draft of a killed process", e))?;
        let (folder, lock, scratch) =
            create_draft_dir(parent).map_err(|e| Error::io(parent, "create a folder in it", e))?;
        let state = Mutex::new(State::Draft(lock));
        Ok(Self { parent: parent.to_owned(), folder, kind, state, scratch })
    }

    /// Returns the hidden folder, to write files to.
    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    /// Publishes the folder as `name`, the text of a checked [`Name`](crate::workspace::Name), and waits until it is on disk. Succeeds at most once.
    ///
    /// # Errors
    /// If the name is in use and `existing` does not allow replacing it (another name may be
    /// tried), if the existing folder contains unlisted files, or if the disk fails. An existing
    /// folder is then left as it was.
    pub(crate) fn publish(
        &self,
        name: &str,
        manifest: &[u8],
        existing: OnExisting,
    ) -> Result<PathBuf> {
        let target = self.parent.join(name);
        let action = format!("publish the {}", self.kind.noun);
        let failed = |e| Error::io(&target, &action, e);
        write_synced(&self.folder.join(MANIFEST_FILE), manifest)
            .and_then(|()| sync_folder(&self.folder))
            .map_err(failed)?;
        // After the exchange the replaced folder is unlocked for a moment. The lock on the parent
        // keeps other processes from removing it, because it may have to be moved back.
        let _lock = lock_dir(&self.parent);
        // The signal handler waits, so that it does not remove files while they are published.
        let mut signals = scratch::pause();
        let is_new = target.symlink_metadata().is_err();
        if !is_new && !matches!(existing, OnExisting::Refuse) {
            refuse_unlisted_files(&target, self.kind, manifest)?;
        }
        let mut state = self.state.lock().expect("publishing does not panic");
        // Readers lock the folder as soon as it has its name, so the draft's lock is released now.
        // The lock on the parent keeps other processes from removing the draft.
        unlock(&state);
        let published = if is_new {
            match fs::rename(&self.folder, &target) {
                Err(_) if target.exists() => Err(already_exists(&target, self.kind)),
                renamed => renamed.map_err(failed),
            }
        } else {
            self.replace(&target, manifest, existing, exchange)
        };
        if published.is_err() {
            relock(&state);
            return published.map(|()| target.clone());
        }
        *state = State::Published;
        self.scratch.set_replaced(&mut signals, &self.folder);
        drop((state, signals));
        sync_folder(&self.parent).map_err(failed)?;
        Ok(target)
    }

    /// Replaces `target` by the hidden folder, whose manifest is `new`. Uses `exchange`, or two
    /// renames if the disk does not support it.
    pub(super) fn replace(
        &self,
        target: &Path,
        new: &[u8],
        existing: OnExisting,
        exchange: Exchange,
    ) -> Result<()> {
        let action = format!("replace the {}", self.kind.noun);
        let failed = |e| Error::io(target, &action, e);
        let expected = match existing {
            OnExisting::Refuse => return Err(already_exists(target, self.kind)),
            OnExisting::Replace => None,
            OnExisting::Update(manifest) => Some(manifest),
        };
        let is_expected = |folder: &Path| {
            let has = |manifest: &[u8]| {
                files::read_at_most(&folder.join(MANIFEST_FILE), MAX_MANIFEST)
                    .is_ok_and(|found| found == manifest)
            };
            expected.is_none_or(has) && unlisted_files(folder, new).is_empty()
        };
        copy_permissions(target, &self.folder).map_err(failed)?;
        match exchange(&self.folder, target) {
            Ok(()) => {
                // The hidden folder now contains the replaced one, which `drop` removes.
                if is_expected(&self.folder) {
                    return Ok(());
                }
                exchange(&self.folder, target).map_err(failed)?;
            }
            Err(error) if error.kind() == ErrorKind::Unsupported => {
                // Other processes wait for the lock on the parent, if the disk supports locks.
                if is_expected(target) {
                    return replace_in_two_steps(&self.folder, target).map_err(failed);
                }
            }
            Err(error) => return Err(failed(error)),
        }
        Err(changed_meanwhile(target, self.kind.noun))
    }
}

fn unlock(state: &State) {
    if let State::Draft(Some(lock)) = state {
        // Best effort: readers also work without a lock.
        let _ = lock.unlock();
    }
}

fn relock(state: &State) {
    if let State::Draft(Some(lock)) = state {
        let _ = lock.try_lock();
    }
}

/// A function that exchanges two folders.
pub(super) type Exchange = fn(&Path, &Path) -> io::Result<()>;

impl Drop for Staging {
    fn drop(&mut self) {
        // Best effort: the next run removes what remains.
        let _ = match self.state.get_mut() {
            Ok(State::Published) => remove_if_unread(&self.folder),
            _ => fs::remove_dir_all(&self.folder),
        };
    }
}

/// Gives the folder `new` and its files the permissions of `old` and of its files with the same
/// names. Files that only their owner could read then remain private.
#[cfg(unix)]
fn copy_permissions(old: &Path, new: &Path) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    let copy = |from: &Path, to: &Path, required: u32| {
        let mode = fs::metadata(from)?.permissions().mode() & 0o777;
        fs::set_permissions(to, fs::Permissions::from_mode(mode | required))
    };
    copy(old, new, 0o700)?;
    for file in files_below(old) {
        let Ok(path) = file.strip_prefix(old) else { continue };
        let target = new.join(path);
        if file.is_file() && target.is_file() {
            copy(&file, &target, 0o600)?;
        }
    }
    Ok(())
}

/// Does nothing: on this system, files inherit the permissions of the parent folder.
#[cfg(not(unix))]
#[allow(clippy::unnecessary_wraps)]
fn copy_permissions(_old: &Path, _new: &Path) -> io::Result<()> {
    Ok(())
}

/// Replaces `target` by `new` with two renames, for disks that cannot exchange names. If the
/// process is killed between the two, [`remove_stale_drafts`] restores `target`.
fn replace_in_two_steps(new: &Path, target: &Path) -> io::Result<()> {
    let name = target.file_name().unwrap_or_default().to_string_lossy();
    let aside = target.with_file_name(format!("{REPLACED}{name}"));
    fs::rename(target, &aside)?;
    if let Err(error) = fs::rename(new, target) {
        fs::rename(&aside, target)?;
        return Err(error);
    }
    // Best effort: the next run removes what remains.
    let _ = remove_if_unread(&aside);
    Ok(())
}
