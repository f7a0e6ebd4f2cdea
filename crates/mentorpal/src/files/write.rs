//! Writing files: atomically, synced to disk, or as JSON.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::Path;

use serde::Serialize;

use crate::error::{Error, Result};
use crate::publish::Scratch;

/// Returns whether `path` is a device or a pipe (`/dev/stdout`), or a link to one. Such a file can
/// be written to, but not replaced.
#[must_use]
pub fn is_stream(path: &Path) -> bool {
    fs::metadata(path).is_ok_and(|found| !found.is_file() && !found.is_dir())
}

/// Writes a file atomically: to a temporary file in the same folder, which is then renamed.
///
/// An existing file, or the target of a link, is replaced and keeps its permissions. A device or a
/// pipe is written to directly.
///
/// # Errors
/// If the folder does not exist or the disk fails. The previous file is left as it was.
pub fn write_atomically(path: &Path, bytes: &[u8]) -> Result<()> {
    let failed = |e| Error::io(path, "write the file", e);
    if is_stream(path) {
        let stream = fs::OpenOptions::new().write(true).open(path);
        return stream.and_then(|mut stream| stream.write_all(bytes)).map_err(failed);
    }
    let target = path.canonicalize().unwrap_or_else(|_| path.to_owned());
    let name = target.file_name().unwrap_or_default().to_string_lossy();
    let temporary = target.with_file_name(format!(".{name}.{}", std::process::id()));
    // The signal handler removes the temporary file.
    let _scratch = Scratch::file(&temporary);
    let written = write_with_permissions_of(&target, &temporary, bytes)
        .and_then(|()| fs::rename(&temporary, &target));
    if written.is_err() {
        // Best effort: the file may not exist.
        let _ = fs::remove_file(&temporary);
    }
    written.map_err(failed)
}

/// Writes and syncs `temporary` with the permissions of `target`, if `target` exists.
///
/// The permissions are set first, so that the content is never readable by more users than the
/// file that it replaces.
fn write_with_permissions_of(target: &Path, temporary: &Path, bytes: &[u8]) -> io::Result<()> {
    let permissions = fs::metadata(target).ok().map(|found| found.permissions());
    let mut file = File::create(temporary)?;
    if let Some(permissions) = permissions {
        file.set_permissions(permissions)?;
    }
    file.write_all(bytes)?;
    file.sync_all()
}

/// Writes `bytes` to a file and waits until they are on disk.
///
/// # Errors
/// If the file cannot be written.
pub(crate) fn write_synced(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = File::create(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}

/// Waits until the entries of `folder` are on disk.
///
/// # Errors
/// If the folder cannot be opened or synced.
#[cfg(unix)]
pub(crate) fn sync_folder(folder: &Path) -> io::Result<()> {
    use rustix::io::Errno;
    match rustix::fs::fsync(File::open(folder)?) {
        // Some file systems cannot sync folders; PostgreSQL's `fsync_fname_ext` also ignores both.
        Err(Errno::BADF | Errno::INVAL) => Ok(()),
        synced => Ok(synced?),
    }
}

/// Does nothing: this system cannot open folders.
///
/// # Errors
/// Never.
#[cfg(not(unix))]
pub(crate) fn sync_folder(_folder: &Path) -> io::Result<()> {
    Ok(())
}

/// Returns `data` as an indented JSON file that ends with a newline.
///
/// # Panics
/// If `data` has map keys that are not strings.
pub(crate) fn pretty_json(data: &impl Serialize) -> Vec<u8> {
    let mut bytes = serde_json::to_vec_pretty(data).expect("plain data serializes without errors");
    bytes.push(b'\n');
    bytes
}
