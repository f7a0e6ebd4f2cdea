//! A file that several threads read at arbitrary offsets.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

use crate::error::{Error, Result};
use crate::files;

/// An open file. It stays the same file even if another file replaces it at its path.
#[derive(Debug)]
pub(super) struct OpenFile {
    path: PathBuf,
    file: File,
}

impl OpenFile {
    /// Opens the file at `path`.
    ///
    /// # Errors
    /// If the file does not exist or cannot be opened.
    pub(super) fn open(path: &Path) -> Result<Self> {
        files::refuse_pointer(path)?;
        let file = files::open(path).map_err(|e| Error::io(path, "read the file", e))?;
        Ok(Self { path: path.to_owned(), file })
    }

    /// The path at which the file was opened.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// The size of the file, in bytes.
    ///
    /// # Errors
    /// If the disk fails.
    pub(super) fn size(&self) -> Result<u64> {
        let metadata = self.file.metadata();
        Ok(metadata.map_err(|e| Error::io(&self.path, "read the file", e))?.len())
    }

    /// Fills `bytes` from the file, beginning at the offset `start`.
    ///
    /// # Errors
    /// If the file ends before `bytes` is full, or the disk fails.
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
