//! Writing files whole, and reading files that may be anything: whoever looks for a file may find a folder, a pipe that
//! nobody writes to, or a link that leads nowhere.

use std::fs;
use std::io::{ErrorKind, Write};
use std::path::Path;

use crate::error::{Error, Place, Result};
use crate::publish::{Scratch, write_synced};

/// A file larger than this is refused: a mentor's whole data is a few megabytes.
const MAX_BYTES: u64 = 256 << 20;

/// What to do about a file larger than any of its kind.
pub(crate) const TOO_LARGE: &str = "this is hardly the file it should be; look what it holds";

/// Whether nothing has the name `path`, not even a link that leads nowhere.
pub(crate) fn is_absent(path: &Path) -> bool {
    path.symlink_metadata().is_err_and(|error| error.kind() == ErrorKind::NotFound)
}

/// Reads a plain file of at most 256 MiB.
///
/// # Errors
/// When there is none, it is none, it is larger, or it cannot be read.
pub(crate) fn read(path: &Path) -> Result<Vec<u8>> {
    let fault = |message: String| Error::at(Place::file(path), message);
    let found = match fs::metadata(path) {
        Ok(found) => found,
        Err(error) if path.is_symlink() && error.kind() != ErrorKind::PermissionDenied => {
            return Err(fault("a link that leads nowhere".to_owned())
                .hint("put the file where the link leads, or in the link's place"));
        }
        Err(error) => return Err(Error::io(path, "read the file", error)),
    };
    if found.is_dir() {
        return Err(fault("a folder, where a file belongs".to_owned()).hint("move it away"));
    }
    if !found.is_file() {
        return Err(fault("neither a file nor a folder".to_owned())
            .hint("only plain files are read; put one in its place"));
    }
    if found.len() > MAX_BYTES {
        return Err(
            fault(format!("{} MiB, expected at most 256 MiB", found.len() >> 20)).hint(TOO_LARGE)
        );
    }
    fs::read(path).map_err(|e| Error::io(path, "read the file", e))
}

/// Whether `path` is a device or a pipe (`/dev/stdout`), or a link to one: it can be written to, not
/// replaced.
pub(crate) fn is_stream(path: &Path) -> bool {
    fs::metadata(path).is_ok_and(|found| !found.is_file() && !found.is_dir())
}

/// Writes a file whole or not at all: beside its place first, then renamed; one that is there, or that
/// a link there leads to, is replaced. A device or a pipe is written to.
///
/// # Errors
/// When the folder is not there or the disk fails; what was there before still is.
pub(crate) fn write_whole(path: &Path, bytes: &[u8]) -> Result<()> {
    let failed = |e| Error::io(path, "write the file", e);
    if is_stream(path) {
        let stream = fs::OpenOptions::new().write(true).open(path);
        return stream.and_then(|mut stream| stream.write_all(bytes)).map_err(failed);
    }
    let target = path.canonicalize().unwrap_or_else(|_| path.to_owned());
    let name = target.file_name().unwrap_or_default().to_string_lossy();
    let draft = target.with_file_name(format!(".{name}.{}", std::process::id()));
    // A signal removes it.
    let _scratch = Scratch::file(&draft);
    let written = write_synced(&draft, bytes).and_then(|()| fs::rename(&draft, &target));
    if written.is_err() {
        // Best effort: there may be nothing to remove.
        let _ = fs::remove_file(&draft);
    }
    written.map_err(failed)
}
