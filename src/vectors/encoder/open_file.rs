//! A file that is read here and there, by several threads at once.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

use crate::error::{Error, Result};
use crate::files;

/// An open file; it stays the same one whatever becomes of its name.
#[derive(Debug)]
pub(super) struct OpenFile {
    path: PathBuf,
    file: File,
}

impl OpenFile {
    /// Opens the file at `path`.
    ///
    /// # Errors
    /// When there is none.
    pub(super) fn open(path: &Path) -> Result<Self> {
        files::refuse_pointer(path)?;
        let file = files::open(path).map_err(|e| Error::io(path, "read the file", e))?;
        Ok(Self { path: path.to_owned(), file })
    }

    /// Its path when it was opened.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Its size in bytes.
    ///
    /// # Errors
    /// When the disk fails.
    pub(super) fn size(&self) -> Result<u64> {
        let metadata = self.file.metadata();
        Ok(metadata.map_err(|e| Error::io(&self.path, "read the file", e))?.len())
    }

    /// Fills `bytes` with those at `start`.
    ///
    /// # Errors
    /// When the file is shorter, or the disk fails.
    pub(super) fn read_exact_at(&self, bytes: &mut [u8], start: u64) -> Result<()> {
        read_exact_at(&self.file, bytes, start)
            .map_err(|e| Error::io(&self.path, "read the file", e))
    }
}

#[cfg(unix)]
fn read_exact_at(file: &File, bytes: &mut [u8], start: u64) -> io::Result<()> {
    std::os::unix::fs::FileExt::read_exact_at(file, bytes, start)
}

#[cfg(windows)]
fn read_exact_at(file: &File, mut bytes: &mut [u8], mut start: u64) -> io::Result<()> {
    while !bytes.is_empty() {
        match std::os::windows::fs::FileExt::seek_read(file, bytes, start)? {
            0 => return Err(io::ErrorKind::UnexpectedEof.into()),
            count => {
                bytes = &mut bytes[count..];
                start += count as u64;
            }
        }
    }
    Ok(())
}
