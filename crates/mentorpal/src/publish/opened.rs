//! Reading a published folder consistently, even if another process replaces it.
//!
//! A reader holds a shared lock on the folder. A process that replaces or removes the folder first
//! renames it, and deletes its files only under an exclusive lock. On a disk without locks, the
//! reader opens all files at once ([`OpenedFolder::hold_files_open`]), or detects that the path
//! leads to another folder.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, ErrorKind, Read, Seek};
use std::path::{Path, PathBuf};

use super::{FileRecord, MAX_MANIFEST, REPLACED, changed_meanwhile, lock_dir};
use crate::error::{Error, Result};
use crate::files;
use crate::sha256;

/// The largest number of times that a reader starts again because another process replaced the folder.
const MAX_ATTEMPTS: usize = 100;

/// The largest number of files that are held open on a disk without locks. Systems allow a process a few
/// hundred open files.
const MAX_OPEN_FILES: usize = 128;

/// A published folder that is open for reading.
#[derive(Debug)]
pub(crate) struct OpenedFolder {
    path: PathBuf,
    /// The opened folder; `None` if the system cannot open folders.
    folder: Option<File>,
    is_locked: bool,
    /// Files that are held open, by path within the folder.
    open_files: BTreeMap<String, File>,
}

impl OpenedFolder {
    /// Opens the folder at `path` and calls `read` on it. Starts again if another process has
    /// replaced the folder since it was opened.
    ///
    /// # Errors
    /// If the folder does not exist, if `read` fails, or if the folder keeps being replaced.
    pub(crate) fn read_with<T>(
        path: &Path,
        mut read: impl FnMut(&mut Self) -> Result<T>,
    ) -> Result<(Self, T)> {
        let failed = |e| Error::io(path, "open the folder", e);
        let mut last = None;
        for _ in 0..MAX_ATTEMPTS {
            let mut opened = Self::open(path, true).map_err(failed)?;
            match read(&mut opened) {
                Ok(found) if opened.is_consistent() => return Ok((opened, found)),
                Err(error) if opened.is_current() => return Err(error),
                read => last = read.err(),
            }
        }
        let error = changed_meanwhile(path, "folder");
        Err(match last {
            Some(last) => error.caused_by(last),
            None => error,
        })
    }

    /// Opens the folder at `path`, and locks it if `may_lock` is set and the disk supports locks.
    ///
    /// # Errors
    /// If the folder does not exist.
    pub(super) fn open(path: &Path, may_lock: bool) -> io::Result<Self> {
        let found = fs::metadata(path).or_else(|error| wait_for_replacement(path, &error))?;
        if !found.is_dir() {
            return Err(ErrorKind::NotADirectory.into());
        }
        for _ in 0..MAX_ATTEMPTS {
            // The files may be readable even if the folder cannot be listed.
            let folder = match File::open(path) {
                Err(error) if error.kind() == ErrorKind::NotFound => {
                    wait_for_replacement(path, &error)?;
                    continue;
                }
                opened => opened.ok(),
            };
            let lock = |folder: &File| may_lock && folder.try_lock_shared().is_ok();
            let is_locked = folder.as_ref().is_some_and(lock);
            let opened =
                Self { path: path.to_owned(), folder, is_locked, open_files: BTreeMap::new() };
            // The folder may have been replaced before it was locked.
            if opened.is_current() {
                return Ok(opened);
            }
        }
        Err(ErrorKind::ResourceBusy.into())
    }

    /// Returns the path at which the folder was opened. Another folder may now have this path.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Returns whether the path still leads to the opened folder.
    pub(crate) fn is_current(&self) -> bool {
        self.folder.as_ref().is_none_or(|folder| is_at(folder, &self.path))
    }

    /// Returns whether everything read so far is from the same folder.
    fn is_consistent(&self) -> bool {
        self.is_locked || !self.open_files.is_empty() || self.is_current()
    }

    /// Opens the files `names` and holds them open, unless a lock already keeps them from being
    /// removed.
    ///
    /// # Errors
    /// If another process has replaced the folder. A file that cannot be opened for another
    /// reason is an error only when it is read.
    pub(crate) fn hold_files_open<'a>(
        &mut self,
        names: impl ExactSizeIterator<Item = &'a String>,
    ) -> Result<()> {
        if self.is_locked || names.len() > MAX_OPEN_FILES {
            return Ok(());
        }
        for name in names {
            if let Ok(file) = self.file(name) {
                self.open_files.insert(name.clone(), file);
            }
        }
        if self.is_current() { Ok(()) } else { Err(changed_meanwhile(&self.path, "folder")) }
    }

    /// Opens the file `name`, a path within the folder, at its beginning. Two handles of a file
    /// that is [held open](Self::hold_files_open) share their position.
    ///
    /// # Errors
    /// If the file does not exist or is not a regular file.
    pub(crate) fn file(&self, name: &str) -> io::Result<File> {
        let file = match (self.open_files.get(name), &self.folder) {
            (Some(open), _) => {
                let mut file = open.try_clone()?;
                file.rewind()?;
                file
            }
            (None, Some(folder)) => {
                open_in(folder, name).map_err(|e| self.specific_error(name, e))?
            }
            // `File::open` would wait for the writer of a pipe.
            (None, None) => files::open(&self.path.join(name))?,
        };
        files::check_regular(&file.metadata()?)?;
        Ok(file)
    }

    /// Returns an error that names the file's type if the file is not a regular one, else `error`.
    /// For a socket, the system's own error is only "no such device".
    fn specific_error(&self, name: &str, error: io::Error) -> io::Error {
        let found = fs::metadata(self.path.join(name));
        found.ok().and_then(|found| files::check_regular(&found).err()).unwrap_or(error)
    }

    /// Reads a manifest.
    ///
    /// # Errors
    /// The same as [`files::read_at_most`] with [`MAX_MANIFEST`].
    pub(crate) fn read(&self, name: &str) -> Result<Vec<u8>> {
        let path = self.path.join(name);
        let failed = |e| Error::io(&path, "read the file", e);
        if let Ok(file) = self.file(name)
            && file.metadata().is_ok_and(|found| found.len() <= MAX_MANIFEST)
        {
            let mut bytes = Vec::new();
            // The file may grow while it is read.
            file.take(MAX_MANIFEST).read_to_end(&mut bytes).map_err(failed)?;
            files::refuse_pointer(&path)?;
            return Ok(bytes);
        }
        // Reads the path again for a specific error. If that succeeds, the folder was replaced.
        let fault = files::read_at_most(&path, MAX_MANIFEST).err();
        Err(fault.unwrap_or_else(|| changed_meanwhile(&self.path, "folder")))
    }

    /// Reads the file `name` and compares it with `record`.
    ///
    /// # Errors
    /// If the file cannot be read or differs; the error describes the difference.
    pub(crate) fn read_checked(
        &self,
        name: &str,
        record: &FileRecord,
    ) -> std::result::Result<Vec<u8>, String> {
        let unread = |e| format!("cannot be read: {e}");
        let mut file = self.file(name).map_err(unread)?;
        let length = file.metadata().map_err(unread)?.len();
        if let Some(fault) = record.size_fault(length) {
            return Err(self.or_pointer(name, fault));
        }
        let mut bytes = Vec::with_capacity(length as usize);
        file.read_to_end(&mut bytes).map_err(unread)?;
        record.fault(&FileRecord::of(&bytes)).map_or(Ok(bytes), Err)
    }

    /// Compares the size of the file `name` with `record`; returns a description of the difference,
    /// if any.
    pub(crate) fn size_fault(&self, name: &str, record: &FileRecord) -> Option<String> {
        match self.file(name).and_then(|file| file.metadata()) {
            Ok(found) => record.size_fault(found.len()).map(|fault| self.or_pointer(name, fault)),
            Err(error) => Some(unreadable(&error)),
        }
    }

    /// Returns `fault`, or another description if the file is a Git LFS pointer.
    fn or_pointer(&self, name: &str, fault: String) -> String {
        if files::is_pointer_at(&self.path.join(name)) { files::POINTER.to_owned() } else { fault }
    }

    /// Reads the whole file `name` and compares it with `record`; returns a description of the
    /// difference, if any.
    pub(crate) fn fault(&self, name: &str, record: &FileRecord) -> Option<String> {
        self.size_fault(name, record).or_else(|| {
            match self.file(name).and_then(sha256::digest_of) {
                Ok(sha256) => record.fault(&FileRecord { size: record.size, sha256 }),
                Err(error) => Some(unreadable(&error)),
            }
        })
    }

    /// Returns the paths of all files within the folder, sorted. Skips folders that cannot be
    /// listed; does not follow links.
    pub(crate) fn files(&self) -> Vec<String> {
        let mut files = match &self.folder {
            Some(folder) => list::files_in(folder),
            None => files::relative_paths_below(&self.path),
        };
        files.sort();
        files
    }

    /// Returns `error`, or a conflict caused by it if another process has replaced the folder.
    pub(crate) fn explain(&self, noun: &str, error: Error) -> Error {
        if self.is_current() { error } else { changed_meanwhile(&self.path, noun).caused_by(error) }
    }
}

fn unreadable(error: &io::Error) -> String {
    match error.kind() {
        ErrorKind::Other => error.to_string(),
        _ => format!("cannot be read: {error}"),
    }
}

/// Returns the metadata of `path` after opening it failed with `error`.
///
/// On a disk that cannot exchange names, `path` does not exist for a moment while another process
/// replaces the folder. In that case, waits for that process.
fn wait_for_replacement(path: &Path, error: &io::Error) -> io::Result<fs::Metadata> {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let aside = path.with_file_name(format!("{REPLACED}{name}"));
    if error.kind() != ErrorKind::NotFound || aside.symlink_metadata().is_err() {
        return fs::metadata(path);
    }
    drop(lock_dir(path.parent().unwrap_or(path)));
    fs::metadata(path)
}

/// Returns whether `path` leads to the opened `file`.
#[cfg(unix)]
pub(crate) fn is_at(file: &File, path: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;
    let id = |found: &fs::Metadata| (found.dev(), found.ino());
    matches!((file.metadata(), fs::metadata(path)), (Ok(a), Ok(b)) if id(&a) == id(&b))
}

/// Returns whether `path` exists: this system does not identify files by number.
#[cfg(not(unix))]
pub(crate) fn is_at(_file: &File, path: &Path) -> bool {
    path.exists()
}

/// Opens the file `name` in `folder`, without waiting for the writer of a pipe.
#[cfg(unix)]
fn open_in(folder: &File, name: &str) -> io::Result<File> {
    use rustix::fs::{Mode, OFlags, openat};
    let flags = OFlags::RDONLY | OFlags::CLOEXEC | OFlags::NONBLOCK;
    Ok(openat(folder, name, flags, Mode::empty())?.into())
}

/// Fails: this system cannot open folders.
#[cfg(not(unix))]
fn open_in(_folder: &File, _name: &str) -> io::Result<File> {
    Err(ErrorKind::Unsupported.into())
}

#[cfg(unix)]
mod list {
    use std::fs::File;

    use rustix::fd::OwnedFd;
    use rustix::fs::{AtFlags, Dir, FileType, Mode, OFlags, openat, statat};

    /// Returns the paths of all files in `folder` and the folders below it.
    pub(super) fn files_in(folder: &File) -> Vec<String> {
        let mut files = Vec::new();
        // Opens the folder again, because listing moves the position of the handle.
        if let Ok(folder) = below(folder, ".") {
            collect(&folder, "", &mut files);
        }
        files
    }

    fn below(folder: impl rustix::fd::AsFd, name: &str) -> rustix::io::Result<OwnedFd> {
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC | OFlags::NOFOLLOW;
        openat(folder, name, flags, Mode::empty())
    }

    fn collect(folder: &OwnedFd, prefix: &str, files: &mut Vec<String>) {
        let Ok(entries) = Dir::read_from(folder) else { return };
        for entry in entries.flatten() {
            let name = entry.file_name().to_string_lossy().into_owned();
            if name == "." || name == ".." {
                continue;
            }
            let kind = match entry.file_type() {
                FileType::Unknown => statat(folder, entry.file_name(), AtFlags::SYMLINK_NOFOLLOW)
                    .map_or(FileType::Unknown, |found| FileType::from_raw_mode(found.st_mode)),
                kind => kind,
            };
            let path = format!("{prefix}{name}");
            match kind {
                FileType::Directory => {
                    if let Ok(inner) = below(folder, &name) {
                        collect(&inner, &format!("{path}/"), files);
                    }
                }
                _ => files.push(path),
            }
        }
    }
}

#[cfg(not(unix))]
mod list {
    use std::fs::File;

    /// Returns nothing: this system cannot open folders.
    pub(super) fn files_in(_folder: &File) -> Vec<String> {
        Vec::new()
    }
}
