//! A published folder as a reader has it: opened once, so that all that is read belongs together,
//! whatever takes its name meanwhile.
//!
//! A reader holds a shared lock of the folder; whoever replaces or removes it renames it out of
//! sight and removes its files only under an exclusive one. Where the disk has no locks, the reader
//! opens the files at once ([`Opened::keep`]), or notices that another folder has the name.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, ErrorKind, Read, Seek};
use std::path::{Path, PathBuf};

use super::{FileRecord, MAX_MANIFEST, REPLACED, hold};
use crate::error::{Error, Location, Result};
use crate::files;
use crate::sha256;

/// How often a reader begins again because another run replaced what it had opened.
const ATTEMPTS: usize = 100;

/// The most files that are opened at once where the disk has no locks: a process may have some
/// hundreds of open files.
const MOST_KEPT: usize = 128;

/// A folder that is being read.
#[derive(Debug)]
pub(crate) struct Opened {
    path: PathBuf,
    /// The folder itself; `None` where the system cannot open folders.
    folder: Option<File>,
    is_locked: bool,
    /// Files that were opened beforehand, by path within the folder.
    kept: BTreeMap<String, File>,
}

impl Opened {
    /// Opens the folder at `path` and reads from it with `read`; begins again where another run
    /// replaces the folder meanwhile.
    ///
    /// # Errors
    /// When there is no such folder; those of `read`.
    pub(crate) fn read_with<T>(
        path: &Path,
        mut read: impl FnMut(&mut Self) -> Result<T>,
    ) -> Result<(Self, T)> {
        let failed = |e| Error::io(path, "open the folder", e);
        let mut last = None;
        for _ in 0..ATTEMPTS {
            let mut opened = Self::open(path, true).map_err(failed)?;
            match read(&mut opened) {
                Ok(found) if opened.is_safe() => return Ok((opened, found)),
                Err(error) if opened.is_current() => return Err(error),
                read => last = read.err(),
            }
        }
        let error = replaced(path, "folder");
        Err(match last {
            Some(last) => error.caused_by(last),
            None => error,
        })
    }

    /// Opens the folder at `path`, and locks it where the disk and `may_lock` allow that.
    ///
    /// # Errors
    /// When there is no such folder.
    pub(super) fn open(path: &Path, may_lock: bool) -> io::Result<Self> {
        let found = fs::metadata(path).or_else(|error| in_between(path, &error))?;
        if !found.is_dir() {
            return Err(ErrorKind::NotADirectory.into());
        }
        for _ in 0..ATTEMPTS {
            // Where it may not be listed, its files may be read all the same.
            let folder = match File::open(path) {
                Err(error) if error.kind() == ErrorKind::NotFound => {
                    in_between(path, &error)?;
                    continue;
                }
                opened => opened.ok(),
            };
            let lock = |folder: &File| may_lock && folder.try_lock_shared().is_ok();
            let is_locked = folder.as_ref().is_some_and(lock);
            let opened = Self { path: path.to_owned(), folder, is_locked, kept: BTreeMap::new() };
            // Before it was locked it may have been replaced, and removed.
            if opened.is_current() {
                return Ok(opened);
            }
        }
        Err(ErrorKind::ResourceBusy.into())
    }

    /// Its path. What has this name may be another folder by now.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Whether the name still leads to what was opened.
    pub(crate) fn is_current(&self) -> bool {
        self.folder.as_ref().is_none_or(|folder| is_at(folder, &self.path))
    }

    /// Whether what was read so far belongs together.
    fn is_safe(&self) -> bool {
        self.is_locked || !self.kept.is_empty() || self.is_current()
    }

    /// Opens these files now, where no lock keeps them from being removed before they are read.
    ///
    /// # Errors
    /// When another run replaced the folder meanwhile. A file that cannot be opened for another
    /// reason is an error only when it is read.
    pub(crate) fn keep<'a>(
        &mut self,
        names: impl ExactSizeIterator<Item = &'a String>,
    ) -> Result<()> {
        if self.is_locked || names.len() > MOST_KEPT {
            return Ok(());
        }
        for name in names {
            if let Ok(file) = self.file(name) {
                self.kept.insert(name.clone(), file);
            }
        }
        if self.is_current() { Ok(()) } else { Err(replaced(&self.path, "folder")) }
    }

    /// Opens a file by its path within the folder, at its beginning. Two of one file that was
    /// [kept](Self::keep) share how far they were read.
    ///
    /// # Errors
    /// When it is not there or not a plain file.
    pub(crate) fn file(&self, name: &str) -> io::Result<File> {
        let file = match (self.kept.get(name), &self.folder) {
            (Some(kept), _) => {
                let mut file = kept.try_clone()?;
                file.rewind()?;
                file
            }
            (None, Some(folder)) => open_in(folder, name).map_err(|e| self.said_of(name, e))?,
            // A pipe would be waited for.
            (None, None) => files::open(&self.path.join(name))?,
        };
        files::check_plain(&file.metadata()?)?;
        Ok(file)
    }

    /// What a file is that cannot be opened, where that says more than `error`: of a socket the system
    /// says no more than that there is no such device.
    fn said_of(&self, name: &str, error: io::Error) -> io::Error {
        let found = fs::metadata(self.path.join(name));
        found.ok().and_then(|found| files::check_plain(&found).err()).unwrap_or(error)
    }

    /// Reads a manifest.
    ///
    /// # Errors
    /// As [`files::read_at_most`], of [`MAX_MANIFEST`] bytes.
    pub(crate) fn read(&self, name: &str) -> Result<Vec<u8>> {
        let path = self.path.join(name);
        let failed = |e| Error::io(&path, "read the file", e);
        if let Ok(file) = self.file(name)
            && file.metadata().is_ok_and(|found| found.len() <= MAX_MANIFEST)
        {
            let mut bytes = Vec::new();
            // It may grow meanwhile.
            file.take(MAX_MANIFEST).read_to_end(&mut bytes).map_err(failed)?;
            files::refuse_pointer(&path)?;
            return Ok(bytes);
        }
        // Says what is wrong with it, and is not what was opened where nothing is.
        let fault = files::read_at_most(&path, MAX_MANIFEST).err();
        Err(fault.unwrap_or_else(|| replaced(&self.path, "folder")))
    }

    /// Reads a file that should be as `record` says; what is wrong with it, if something is.
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

    /// What is wrong with the size of a file that should be as `record` says, if something is.
    pub(crate) fn size_fault(&self, name: &str, record: &FileRecord) -> Option<String> {
        match self.file(name).and_then(|file| file.metadata()) {
            Ok(found) => record.size_fault(found.len()).map(|fault| self.or_pointer(name, fault)),
            Err(error) => Some(unreadable(&error)),
        }
    }

    /// The fault of a file of another size; a Git LFS pointer is named.
    fn or_pointer(&self, name: &str, fault: String) -> String {
        if files::is_pointer_at(&self.path.join(name)) { files::POINTER.to_owned() } else { fault }
    }

    /// What is wrong with a file that should be as `record` says, if something is: reads it to the
    /// end.
    pub(crate) fn fault(&self, name: &str, record: &FileRecord) -> Option<String> {
        self.size_fault(name, record).or_else(|| {
            match self.file(name).and_then(sha256::digest_of) {
                Ok(sha256) => record.fault(&FileRecord { size: record.size, sha256 }),
                Err(error) => Some(unreadable(&error)),
            }
        })
    }

    /// The paths of all its files within it, sorted; what cannot be listed is passed over, links
    /// are not followed.
    pub(crate) fn files(&self) -> Vec<String> {
        let mut files = match &self.folder {
            Some(folder) => list::files_in(folder),
            None => super::names_below(&self.path),
        };
        files.sort();
        files
    }

    /// `error`, which what was read led to; or, where another run replaced the folder meanwhile,
    /// that.
    pub(crate) fn explain(&self, noun: &str, error: Error) -> Error {
        if self.is_current() { error } else { replaced(&self.path, noun).caused_by(error) }
    }
}

fn unreadable(error: &io::Error) -> String {
    match error.kind() {
        ErrorKind::Other => error.to_string(),
        _ => format!("cannot be read: {error}"),
    }
}

/// The error of a folder that another run replaced while it was read.
fn replaced(path: &Path, noun: &str) -> Error {
    let what = format!("another run changed the {noun} while it was read");
    Error::at(Location::file(path), what).hint("run this again")
}

/// Where nothing has the name `path`: on a disk that cannot exchange names that may be so for a
/// moment, while another run replaces the folder. Waits for that run.
fn in_between(path: &Path, error: &io::Error) -> io::Result<fs::Metadata> {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let aside = path.with_file_name(format!("{REPLACED}{name}"));
    if error.kind() != ErrorKind::NotFound || aside.symlink_metadata().is_err() {
        return fs::metadata(path);
    }
    drop(hold(path.parent().unwrap_or(path)));
    fs::metadata(path)
}

/// Whether `path` leads to the opened `file`.
#[cfg(unix)]
pub(crate) fn is_at(file: &File, path: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;
    let id = |found: &fs::Metadata| (found.dev(), found.ino());
    matches!((file.metadata(), fs::metadata(path)), (Ok(a), Ok(b)) if id(&a) == id(&b))
}

/// Whether there is something at `path`: this system does not tell files apart.
#[cfg(not(unix))]
pub(crate) fn is_at(_file: &File, path: &Path) -> bool {
    path.exists()
}

/// Opens the file `name` in `folder`; whoever opens a pipe does not wait for its other end.
#[cfg(unix)]
fn open_in(folder: &File, name: &str) -> io::Result<File> {
    use rustix::fs::{Mode, OFlags, openat};
    let flags = OFlags::RDONLY | OFlags::CLOEXEC | OFlags::NONBLOCK;
    Ok(openat(folder, name, flags, Mode::empty())?.into())
}

/// This system opens no folders.
#[cfg(not(unix))]
fn open_in(_folder: &File, _name: &str) -> io::Result<File> {
    Err(ErrorKind::Unsupported.into())
}

#[cfg(unix)]
mod list {
    use std::fs::File;

    use rustix::fd::OwnedFd;
    use rustix::fs::{AtFlags, Dir, FileType, Mode, OFlags, openat, statat};

    /// The paths of all files in `folder`, those in folders below it included.
    pub(super) fn files_in(folder: &File) -> Vec<String> {
        let mut files = Vec::new();
        // A folder of its own to read from: the other one's position is not moved.
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

    /// None: this system opens no folders.
    pub(super) fn files_in(_folder: &File) -> Vec<String> {
        Vec::new()
    }
}
