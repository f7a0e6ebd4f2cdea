//! Unfinished downloads, which later runs resume.
//!
//! ```text
//! .download-<tag>/parts/<number>        a partial file: its bytes received so far
//! .download-<tag>/parts/<number>.json   the version of the file on the remote
//! .download-<tag>/whole/<path>          the complete files
//! ```
//!
//! The tag is the digest of the manifest's content, so that a download is resumed only by a
//! download of the same content. The run that uses the folder locks it; a run that finds the folder
//! locked creates another folder.

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

/// The start of the names of such folders, before the tag.
const DOWNLOAD: &str = ".download-";

/// The largest note, in bytes.
const MAX_NOTE: u64 = 1 << 16;

/// The folders of unfinished downloads of checkpoints and vector models, sorted.
#[derive(Debug, Default)]
pub struct Unfinished {
    /// The folders that no run is using. The next download of the same item resumes them.
    pub idle: Vec<PathBuf>,
    /// The folders that a run is using, or may be using on a disk without locks.
    pub in_use: Vec<PathBuf>,
}

/// Lists the unfinished downloads.
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

/// Removes the folder of an unfinished download, unless a run is using it. Returns whether it was
/// removed.
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

/// Removes the folders of killed downloads in `parent` that no run can resume. The caller holds the
/// lock of `parent`.
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

/// The folders of downloads in `parent`, in use or not.
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

/// Locks a folder that no run is using; `None` if one is.
fn idle(folder: &Path) -> Option<File> {
    File::open(folder).ok().filter(|lock| lock.try_lock().is_ok())
}

/// An unfinished download.
#[derive(Debug)]
pub(super) struct Partial {
    folder: PathBuf,
    /// Held while this run uses the folder.
    _lock: Option<File>,
    /// Set if no other run can resume the download; a signal removes the folder then.
    own: Option<Scratch>,
}

/// One file that is partly downloaded.
#[derive(Debug)]
pub(super) struct Part {
    path: PathBuf,
    note: PathBuf,
    pub(super) whole: PathBuf,
}

/// The version of the file on the remote that a part is from.
#[derive(Debug, Serialize, Deserialize)]
struct Note {
    validator: Option<String>,
}

impl Partial {
    /// Opens the download of this content that an earlier run left in `parent`, or starts a new
    /// one.
    ///
    /// # Errors
    /// If a folder cannot be made.
    pub(super) fn open(parent: &Path, contents: &Contents) -> Result<Self> {
        // Without this lock, another run could remove the folder before it is locked.
        let _held = lock_dir(parent);
        let shared = parent.join(format!("{DOWNLOAD}{}", contents.tag()));
        let partial = match Self::lock(&shared) {
            Ok(Some(lock)) => Self { folder: shared, _lock: Some(lock), own: None },
            // Another run is using the folder, or the disk has no locks (some network disks have
            // none).
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
            Err(error) => return Err(Error::io(&shared, "create the folder", error)),
        };
        let whole = partial.folder.join("whole");
        let below = subfolders(contents).into_iter().map(|folder| whole.join(folder));
        for folder in [partial.folder.join("parts"), whole.clone()].into_iter().chain(below) {
            fs::create_dir_all(&folder).map_err(|e| Error::io(&folder, "create the folder", e))?;
        }
        Ok(partial)
    }

    /// Makes `folder` and locks it; `None` if another run has locked it.
    fn lock(folder: &Path) -> io::Result<Option<File>> {
        loop {
            fs::create_dir_all(folder)?;
            let Ok(file) = File::open(folder) else { return Ok(None) };
            if file.try_lock().is_err() {
                return Ok(None);
            }
            // The former owner may have removed the folder before it was locked.
            if is_at(&file, folder) {
                return Ok(Some(file));
            }
        }
    }

    /// The file at `path`, which is the item's file with this number.
    pub(super) fn part(&self, number: usize, path: &str) -> Part {
        let parts = self.folder.join("parts");
        Part {
            path: parts.join(number.to_string()),
            note: parts.join(format!("{number}.json")),
            whole: self.folder.join("whole").join(path),
        }
    }

    /// Moves the complete files to the folder `to`.
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

    /// Removes the folder; nothing is left to resume.
    pub(super) fn remove(self) {
        // Best effort: `mentorpal clean` removes the rest.
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
    /// Whether an earlier run downloaded the complete file.
    pub(super) fn is_complete(&self, record: &FileRecord) -> bool {
        record.fault_at(&self.whole).is_none()
    }

    /// Opens the partial file; a partial file of more than `size` bytes is discarded. Also returns
    /// the validator of the version on the remote, if it is known.
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

    /// Records the version of the file on the remote, before any of its content is written.
    ///
    /// # Errors
    /// If the disk fails.
    pub(super) fn note(&self, validator: Option<String>) -> Result<()> {
        let note =
            serde_json::to_vec(&Note { validator }).expect("plain data serializes without errors");
        write_synced(&self.note, &note).map_err(|e| Error::io(&self.note, "write the file", e))
    }

    /// Moves the partial file, which is now complete, to the folder of complete files.
    ///
    /// # Errors
    /// If the disk fails.
    pub(super) fn complete(&self) -> Result<()> {
        fs::rename(&self.path, &self.whole)
            .map_err(|e| Error::io(&self.whole, "move the file there", e))
    }
}
