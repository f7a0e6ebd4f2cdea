//! File helpers: atomic writes, and reads that are safe for any kind of file.
//!
//! A path from a user may lead to a folder, to a pipe without a writer, or to a broken link.

mod conflict;
pub(crate) mod encoding;
pub(crate) mod near;
mod pointer;
mod write;

use std::fs::{self, File};
use std::io::{self, ErrorKind, Read};
use std::path::{Path, PathBuf};

use crate::error::{Error, ErrorKind as Kind, Location, Result};

pub(crate) use encoding::{Decoded, decode};
pub use pointer::refuse_pointer;
pub(crate) use pointer::{POINTER, is_pointer_at};
pub use write::{is_stream, write_atomically};
pub(crate) use write::{pretty_json, sync_folder, write_synced};

/// The largest file that [`read`] accepts, in bytes. All data of a mentor is a few megabytes.
const MAX_BYTES: u64 = 256 << 20;

/// The hint for a file that is larger than any valid file of its kind.
pub(crate) const TOO_LARGE: &str = "check that this is the right file";

/// Returns whether nothing exists at `path`, not even a broken link.
pub(crate) fn is_absent(path: &Path) -> bool {
    path.symlink_metadata().is_err_and(|error| error.kind() == ErrorKind::NotFound)
}

/// Opens a regular file for reading, without waiting for a pipe.
///
/// The type is checked before and after opening, because the file may be replaced in between.
///
/// # Errors
/// If the file does not exist, cannot be read, or is not a regular file.
pub(crate) fn open(path: &Path) -> io::Result<File> {
    check_regular(&fs::metadata(path)?)?;
    let mut options = File::options();
    options.read(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        // Opening a pipe then does not wait for a writer.
        options.custom_flags(rustix::fs::OFlags::NONBLOCK.bits().cast_signed());
    }
    let file = options.open(path)?;
    check_regular(&file.metadata()?)?;
    Ok(file)
}

/// Checks that `found` describes a regular file.
///
/// # Errors
/// If it does not; the error names the actual type.
pub(crate) fn check_regular(found: &fs::Metadata) -> io::Result<()> {
    match special_type(found) {
        None => Ok(()),
        Some(kind) => Err(io::Error::other(format!("{kind}, expected a regular file"))),
    }
}

/// Checks that `path` is a regular file or does not exist, before it is opened for writing.
///
/// # Errors
/// If something else exists at `path`, or its metadata cannot be read.
pub(crate) fn check_writable(path: &Path) -> io::Result<()> {
    match fs::metadata(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
        found => check_regular(&found?),
    }
}

/// Returns a name for the file type (`a folder`), or `None` for a regular file.
pub(crate) fn special_type(found: &fs::Metadata) -> Option<&'static str> {
    if found.is_file() {
        return None;
    }
    #[cfg(unix)]
    {
        use std::os::unix::fs::FileTypeExt;
        let found = found.file_type();
        if found.is_fifo() {
            return Some("a pipe");
        } else if found.is_socket() {
            return Some("a socket");
        } else if found.is_char_device() || found.is_block_device() {
            return Some("a device");
        }
    }
    Some(if found.is_dir() { "a folder" } else { "a special file" })
}

/// Reads a regular file of at most 256 MiB.
///
/// # Errors
/// If the file does not exist, is not a regular file, is too large, cannot be read, or is a Git
/// LFS pointer.
pub(crate) fn read(path: &Path) -> Result<Vec<u8>> {
    read_at_most(path, MAX_BYTES)
}

/// Reads a regular file of at most `max_bytes` bytes.
///
/// # Errors
/// The same as [`read`].
pub(crate) fn read_at_most(path: &Path, max_bytes: u64) -> Result<Vec<u8>> {
    let fault = |message: String| Error::at(Location::file(path), message);
    let found = match fs::metadata(path) {
        Ok(found) => found,
        Err(error) if path.is_symlink() && error.kind() != ErrorKind::PermissionDenied => {
            return Err(fault("broken symbolic link".to_owned())
                .with_kind(Kind::NotFound)
                .hint("create the target file of the link, or replace the link by the file"));
        }
        Err(error) => return Err(Error::io(path, "read the file", error)),
    };
    if found.is_dir() {
        return Err(fault("a folder, expected a file".to_owned()).hint("move the folder away"));
    }
    if let Some(kind) = special_type(&found) {
        return Err(
            fault(format!("{kind}, expected a regular file")).hint("replace it by a regular file")
        );
    }
    let too_large = |size: u64| {
        let message = format!("{} MiB, expected at most {} MiB", size >> 20, max_bytes >> 20);
        fault(message).with_kind(Kind::Unsupported).hint(TOO_LARGE)
    };
    if found.len() > max_bytes {
        return Err(too_large(found.len()));
    }
    let failed = |e| Error::io(path, "read the file", e);
    let mut bytes = Vec::with_capacity(found.len() as usize);
    // The file may grow while it is read.
    open(path).map_err(failed)?.take(max_bytes + 1).read_to_end(&mut bytes).map_err(failed)?;
    if bytes.len() as u64 > max_bytes {
        return Err(too_large(bytes.len() as u64));
    }
    if pointer::is_pointer(&bytes) { Err(pointer::error(path)) } else { Ok(bytes) }
}

/// Reads a text file in any of the supported [encodings](encoding).
///
/// # Errors
/// The same as [`read`]; also if the file is binary.
pub(crate) fn read_text(path: &Path) -> Result<Decoded> {
    decode(path, &read(path)?)
}

/// Returns the sorted paths of the files below `folder`, relative to it and separated by `/`.
/// Lists the same files as [`files_below`].
pub(crate) fn relative_paths_below(folder: &Path) -> Vec<String> {
    let relative = |path: &PathBuf| {
        let parts = path.strip_prefix(folder).ok()?.iter();
        Some(parts.map(|part| part.to_string_lossy()).collect::<Vec<_>>().join("/"))
    };
    files_below(folder).iter().filter_map(relative).collect()
}

/// Returns every file below `folder`, sorted. Skips folders that cannot be listed; does not follow
/// links.
pub(crate) fn files_below(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    let Ok(entries) = fs::read_dir(folder) else { return files };
    for entry in entries.flatten() {
        match entry.file_type() {
            Ok(kind) if kind.is_dir() => files.extend(files_below(&entry.path())),
            _ => files.push(entry.path()),
        }
    }
    files.sort();
    files
}
