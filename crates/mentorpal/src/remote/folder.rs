//! A remote that is a folder, for example on a network drive.

use std::fs::{self, File};
use std::io::{self, ErrorKind, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

use super::store::{Entry, Reading, Store};
use crate::error::{Error, ErrorKind as Kind, Location};
use crate::files::{self, sync_folder};
use crate::web::{RequestError, RequestResult};

/// A folder with the layout of a remote.
#[derive(Debug)]
pub(super) struct Folder(pub(super) PathBuf);

impl Folder {
    fn path(&self, path: &str) -> PathBuf {
        path.split('/')
            .filter(|part| !part.is_empty())
            .fold(self.0.clone(), |to, part| to.join(part))
    }
}

impl Store for Folder {
    fn place(&self, path: &str) -> Location {
        Location::file(self.path(path))
    }

    fn local(&self, path: &str) -> Option<PathBuf> {
        Some(self.path(path))
    }

    fn list(&self, folder: &str) -> RequestResult<Vec<Entry>> {
        let path = self.path(folder);
        let failed = |e| request_error(&path, "list the folder", e);
        let mut entries = Vec::new();
        for entry in fs::read_dir(&path).map_err(failed)? {
            let entry = entry.map_err(failed)?;
            let Ok(found) = fs::metadata(entry.path()) else { continue };
            let Ok(name) = entry.file_name().into_string() else { continue };
            let size = found.is_file().then_some(found.len());
            entries.push(Entry { name, is_folder: found.is_dir(), size });
        }
        Ok(entries)
    }

    fn read(&self, path: &str, from: Option<(u64, &str)>) -> RequestResult<Reading> {
        let path = self.path(path);
        let failed = |e| request_error(&path, "read the file", e);
        let mut file = files::open(&path).map_err(failed)?;
        let found = file.metadata().map_err(failed)?;
        let changed = found.modified().ok().and_then(|time| time.duration_since(UNIX_EPOCH).ok());
        let validator = changed.map(|time| format!("{}-{}", time.as_nanos(), found.len()));
        let start = match from {
            Some((start, expected)) if validator.as_deref() == Some(expected) => start,
            _ => 0,
        };
        file.seek(SeekFrom::Start(start)).map_err(failed)?;
        let content = Box::new(file);
        Ok(Reading { start, size: Some(found.len()), validator, content, page: None })
    }

    fn write(&self, path: &str, content: &mut dyn Read, size: u64) -> RequestResult<()> {
        let path = self.path(path);
        let failed = |e| request_error(&path, "write the file", e);
        let mut file = File::create(&path).map_err(failed)?;
        let written = io::copy(content, &mut file).map_err(failed)?;
        if written != size {
            let message = format!("{written} bytes written, expected {size}");
            let error = Error::at(Location::file(&path), message).with_kind(Kind::Conflict);
            return Err(RequestError::Permanent(error));
        }
        file.sync_all().map_err(failed)
    }

    fn make_folder(&self, path: &str) -> RequestResult<()> {
        let path = self.path(path);
        match fs::create_dir(&path) {
            Err(error) if error.kind() == ErrorKind::AlreadyExists && path.is_dir() => Ok(()),
            made => made.map_err(|e| request_error(&path, "create the folder", e)),
        }
    }

    fn rename(&self, from: &str, to: &str) -> RequestResult<()> {
        let (from, to) = (self.path(from), self.path(to));
        fs::rename(&from, &to).map_err(|e| request_error(&to, "move a file here", e))?;
        synced(&to)
    }

    fn move_folder(&self, from: &str, to: &str, _needed: &[&str]) -> RequestResult<()> {
        let (from, to) = (self.path(from), self.path(to));
        // The content must be on disk before the folder gets its name.
        for folder in
            folders_below(&from).map_err(|e| request_error(&from, "list the folder", e))?
        {
            sync_folder(&folder).map_err(|e| request_error(&folder, "sync the folder", e))?;
        }
        match fs::rename(&from, &to) {
            // A rename replaces only an empty folder.
            Err(_) if from.exists() && to.symlink_metadata().is_ok() => {
                Err(RequestError::AlreadyExists(
                    Error::at(Location::file(&to), "already exists").with_kind(Kind::AlreadyExists),
                ))
            }
            renamed => {
                renamed.map_err(|e| request_error(&to, "move a folder here", e))?;
                synced(&to)
            }
        }
    }

    fn remove(&self, path: &str) -> RequestResult<()> {
        let path = self.path(path);
        let removed =
            if path.is_dir() { fs::remove_dir_all(&path) } else { fs::remove_file(&path) };
        match removed {
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
            removed => removed.map_err(|e| request_error(&path, "remove this", e)),
        }
    }
}

/// Waits until the new name `path` is on disk.
fn synced(path: &Path) -> RequestResult<()> {
    let folder = path.parent().unwrap_or(path);
    sync_folder(folder).map_err(|e| request_error(folder, "sync the folder", e))
}

/// Returns `folder` and all folders below it.
fn folders_below(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let mut folders = vec![folder.to_owned()];
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            folders.extend(folders_below(&entry.path())?);
        }
    }
    Ok(folders)
}

/// Converts an error of the file system to a request error.
fn request_error(path: &Path, action: &str, error: io::Error) -> RequestError {
    let kind = error.kind();
    let error = Error::io(path, action, error);
    match kind {
        ErrorKind::NotFound => RequestError::NotFound(error),
        ErrorKind::Interrupted | ErrorKind::TimedOut | ErrorKind::ResourceBusy => {
            RequestError::Transient(error, None)
        }
        _ => RequestError::Permanent(error),
    }
}
