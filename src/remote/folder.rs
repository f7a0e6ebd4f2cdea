//! A remote that is a folder: a mounted disk, a shared one.

use std::fs::{self, File};
use std::io::{self, ErrorKind, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

use super::store::{Entry, Reading, Store};
use crate::error::{Error, Location};
use crate::files;
use crate::publish::sync_folder;
use crate::web::{RequestError, RequestResult};

/// A folder with the remote's layout.
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
        let failed = |e| fault(&path, "list the folder", e);
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
        let failed = |e| fault(&path, "read the file", e);
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
        let failed = |e| fault(&path, "write the file", e);
        let mut file = File::create(&path).map_err(failed)?;
        let written = io::copy(content, &mut file).map_err(failed)?;
        if written != size {
            let what = format!("{written} bytes written, expected {size}");
            return Err(RequestError::Permanent(Error::at(Location::file(&path), what)));
        }
        file.sync_all().map_err(failed)
    }

    fn make_folder(&self, path: &str) -> RequestResult<()> {
        let path = self.path(path);
        match fs::create_dir(&path) {
            Err(error) if error.kind() == ErrorKind::AlreadyExists && path.is_dir() => Ok(()),
            made => made.map_err(|e| fault(&path, "make the folder", e)),
        }
    }

    fn rename(&self, from: &str, to: &str) -> RequestResult<()> {
        let (from, to) = (self.path(from), self.path(to));
        fs::rename(&from, &to).map_err(|e| fault(&to, "move a file there", e))?;
        synced(&to)
    }

    fn move_folder(&self, from: &str, to: &str, _needed: &[&str]) -> RequestResult<()> {
        let (from, to) = (self.path(from), self.path(to));
        // All that is in there shall be on the disk before its name is.
        for folder in folders_below(&from).map_err(|e| fault(&from, "list the folder", e))? {
            sync_folder(&folder).map_err(|e| fault(&folder, "sync the folder", e))?;
        }
        match fs::rename(&from, &to) {
            // A folder takes the place of an empty one only.
            Err(_) if from.exists() && to.symlink_metadata().is_ok() => {
                Err(RequestError::AlreadyExists(Error::at(
                    Location::file(&to),
                    "there is something of this name",
                )))
            }
            renamed => {
                renamed.map_err(|e| fault(&to, "move a folder there", e))?;
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
            removed => removed.map_err(|e| fault(&path, "remove it", e)),
        }
    }
}

/// Waits until the disk has the name `path`.
fn synced(path: &Path) -> RequestResult<()> {
    let folder = path.parent().unwrap_or(path);
    sync_folder(folder).map_err(|e| fault(folder, "sync the folder", e))
}

/// `folder` and all folders below it.
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

fn fault(path: &Path, action: &str, error: io::Error) -> RequestError {
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
