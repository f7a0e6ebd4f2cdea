//! What has come of a download, kept from run to run.
//!
//! ```text
//! .download-<tag>/parts/<number>        what has come of a file
//! .download-<tag>/parts/<number>.json   of which file on the remote that is
//! .download-<tag>/whole/<path>          files that are whole
//! ```
//!
//! The tag is of the manifest's content, so that nothing goes on with another item's files. The
//! folder is locked by the run that uses it; a run that finds it locked makes one of its own.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::inspect::subfolders;
use super::item::Contents;
use crate::error::{Error, Result};
use crate::files::{self, sync_folder, write_synced};
use crate::publish::{FileRecord, Scratch, is_at, lock_dir};
use crate::workspace::Workspace;

/// What such folders are called, before the tag.
const DOWNLOAD: &str = ".download-";

/// The longest note, in bytes.
const MAX_NOTE: u64 = 1 << 16;

/// The folders of downloads that were not finished, of checkpoints and of vector models; sorted.
#[derive(Debug, Default)]
pub struct Unfinished {
    /// Those that no run is using: the next download of the same would go on with them.
    pub idle: Vec<PathBuf>,
    /// Those that a run is using, or may be using, where the disk has no locks.
    pub in_use: Vec<PathBuf>,
}

/// Lists the downloads that were not finished.
///
/// # Errors
/// If a folder cannot be listed.
pub fn unfinished_downloads(workspace: &Workspace) -> Result<Unfinished> {
    let mut found = Unfinished::default();
    for parent in workspace.published_folders()? {
        for path in downloads(&parent).map_err(|e| Error::io(&parent, "list the folder", e))? {
            let list = if idle(&path).is_some() { &mut found.idle } else { &mut found.in_use };
            list.push(path);
        }
    }
    found.idle.sort();
    found.in_use.sort();
    Ok(found)
}

/// Removes the folder of a download that was not finished, if no run is using it; whether it is
/// gone.
///
/// # Errors
/// If the disk fails.
pub fn remove_unfinished(folder: &Path) -> Result<bool> {
    let _held = lock_dir(folder.parent().unwrap_or(folder));
    if files::is_absent(folder) {
        return Ok(true);
    }
    let Some(_lock) = idle(folder) else { return Ok(false) };
    fs::remove_dir_all(folder).map_err(|e| Error::io(folder, "remove the folder", e))?;
    Ok(true)
}

/// Removes what killed downloads left in `parent` that no run can go on with. The caller
/// holds the lock of `parent`.
///
/// # Errors
/// If the disk fails.
pub fn sweep_downloads(parent: &Path) -> io::Result<()> {
    for path in downloads(parent)? {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let is_own = name.strip_prefix(DOWNLOAD).is_some_and(|rest| rest.contains('-'));
        if is_own && let Some(_lock) = idle(&path) {
            fs::remove_dir_all(&path)?;
        }
    }
    Ok(())
}

/// The folders of downloads in `parent`, used or not.
fn downloads(parent: &Path) -> io::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(parent)? {
        let entry = entry?;
        if entry.file_name().to_string_lossy().starts_with(DOWNLOAD) {
            found.push(entry.path());
        }
    }
    Ok(found)
}

/// The lock of a folder that no run is using.
fn idle(folder: &Path) -> Option<File> {
    File::open(folder).ok().filter(|lock| lock.try_lock().is_ok())
}

/// A download that is not finished.
#[derive(Debug)]
pub(super) struct Partial {
    folder: PathBuf,
    /// Held while this run uses the folder.
    _lock: Option<File>,
    /// Where nobody will go on with it; a signal removes it.
    own: Option<Scratch>,
}

/// One file that has come in part.
#[derive(Debug)]
pub(super) struct Part {
    path: PathBuf,
    note: PathBuf,
    pub(super) whole: PathBuf,
}

/// Of which file on the remote a part is.
#[derive(Debug, Serialize, Deserialize)]
struct Note {
    validator: Option<String>,
}

impl Partial {
    /// Finds what an earlier run left in `parent` of this content, or begins anew.
    ///
    /// # Errors
    /// If a folder cannot be made.
    pub(super) fn open(parent: &Path, contents: &Contents) -> Result<Self> {
        // What is not locked yet is not swept up meanwhile.
        let _held = lock_dir(parent);
        let shared = parent.join(format!("{DOWNLOAD}{}", contents.tag()));
        let partial = match Self::lock(&shared) {
            Ok(Some(lock)) => Self { folder: shared, _lock: Some(lock), own: None },
            // Another run is at it, or the disk has no locks (some network ones).
            Ok(None) => {
                let own = parent.join(format!(
                    "{DOWNLOAD}{}-{:016x}",
                    contents.tag(),
                    rand::random::<u64>()
                ));
                let lock = Self::lock(&own);
                let scratch = Some(Scratch::existing_folder(&own));
                Self { folder: own, _lock: lock.ok().flatten(), own: scratch }
            }
            Err(error) => return Err(Error::io(&shared, "make the folder", error)),
        };
        let whole = partial.folder.join("whole");
        let below = subfolders(contents).into_iter().map(|folder| whole.join(folder));
        for folder in [partial.folder.join("parts"), whole.clone()].into_iter().chain(below) {
            fs::create_dir_all(&folder).map_err(|e| Error::io(&folder, "make the folder", e))?;
        }
        Ok(partial)
    }

    /// Makes `folder` and locks it; `None` where another run has.
    fn lock(folder: &Path) -> io::Result<Option<File>> {
        loop {
            fs::create_dir_all(folder)?;
            let Ok(file) = File::open(folder) else { return Ok(None) };
            if file.try_lock().is_err() {
                return Ok(None);
            }
            // Between its making and its locking the run that had it may have removed it.
            if is_at(&file, folder) {
                return Ok(Some(file));
            }
        }
    }

    /// The file `path`, the `number`th of the item.
    pub(super) fn part(&self, number: usize, path: &str) -> Part {
        let parts = self.folder.join("parts");
        Part {
            path: parts.join(number.to_string()),
            note: parts.join(format!("{number}.json")),
            whole: self.folder.join("whole").join(path),
        }
    }

    /// Moves the whole files to the folder `to`.
    ///
    /// # Errors
    /// If the disk fails.
    pub(super) fn move_to(&self, to: &Path, contents: &Contents) -> Result<()> {
        let whole = self.folder.join("whole");
        for folder in subfolders(contents).iter().rev() {
            let folder = whole.join(folder);
            sync_folder(&folder).map_err(|e| Error::io(&folder, "sync the folder", e))?;
        }
        let entries = fs::read_dir(&whole).map_err(|e| Error::io(&whole, "list the folder", e))?;
        for entry in entries.flatten() {
            let target = to.join(entry.file_name());
            fs::rename(entry.path(), &target)
                .map_err(|e| Error::io(&target, "move it there", e))?;
        }
        Ok(())
    }

    /// Removes all of it: nothing is left to go on with.
    pub(super) fn remove(self) {
        // Best effort: `mentorpal clean` removes what stays.
        let _ = fs::remove_dir_all(&self.folder);
    }
}

impl Drop for Partial {
    fn drop(&mut self) {
        if self.own.is_some() {
            let _ = fs::remove_dir_all(&self.folder);
        }
    }
}

impl Part {
    /// Whether the whole file is there, from an earlier run.
    pub(super) fn is_whole(&self, record: &FileRecord) -> bool {
        record.fault_at(&self.whole).is_none()
    }

    /// Opens what has come, if there is no more than `size` bytes of it; what tells the file on
    /// the remote from another, if that is known.
    ///
    /// # Errors
    /// If the disk fails.
    pub(super) fn open(&self, size: u64) -> Result<(File, Option<String>)> {
        let failed = |e| Error::io(&self.path, "write the file", e);
        let options =
            File::options().read(true).write(true).create(true).truncate(false).to_owned();
        let file = files::check_writable(&self.path)
            .and_then(|()| options.open(&self.path))
            .map_err(failed)?;
        let length = file.metadata().map_err(failed)?.len();
        let note = files::read_at_most(&self.note, MAX_NOTE)
            .ok()
            .and_then(|note| serde_json::from_slice(&note).ok());
        let validator = note.and_then(|note: Note| note.validator);
        if length > size || (length > 0 && validator.is_none()) {
            file.set_len(0).map_err(failed)?;
        }
        Ok((file, validator))
    }

    /// Notes of which file on the remote the part is; before anything of that is written.
    ///
    /// # Errors
    /// If the disk fails.
    pub(super) fn note(&self, validator: Option<String>) -> Result<()> {
        let note = serde_json::to_vec(&Note { validator }).expect("plain data can be written");
        write_synced(&self.note, &note).map_err(|e| Error::io(&self.note, "write the file", e))
    }

    /// Says that the part is the whole file.
    ///
    /// # Errors
    /// If the disk fails.
    pub(super) fn complete(&self) -> Result<()> {
        fs::rename(&self.path, &self.whole)
            .map_err(|e| Error::io(&self.whole, "move the file there", e))
    }
}
