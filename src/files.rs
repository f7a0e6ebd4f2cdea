//! Writing files whole, and reading files that may be anything: whoever looks for a file may find a folder, a pipe that
//! nobody writes to, or a link that leads nowhere.

mod conflict;
pub(crate) mod encoding;
pub(crate) mod near;
mod pointer;

use std::fs::{self, File};
use std::io::{self, ErrorKind, Read, Write};
use std::path::Path;

use crate::error::{Error, Location, Result};
use crate::publish::Scratch;

pub(crate) use encoding::{Decoded, decode};
pub(crate) use pointer::{POINTER, is_pointer_at, refuse_pointer};

/// A file larger than this is refused: a mentor's whole data is a few megabytes.
const MAX_BYTES: u64 = 256 << 20;

/// What to do about a file larger than any of its kind.
pub(crate) const TOO_LARGE: &str = "this is hardly the file it should be; look what it holds";

/// Whether nothing has the name `path`, not even a link that leads nowhere.
pub(crate) fn is_absent(path: &Path) -> bool {
    path.symlink_metadata().is_err_and(|error| error.kind() == ErrorKind::NotFound)
}

/// Opens a plain file for reading: looks what it is before, so that nothing is waited for, and
/// after, since another may have taken its place.
///
/// # Errors
/// When there is none, it cannot be read, or it is something else, which the error names.
pub(crate) fn open(path: &Path) -> io::Result<File> {
    check_plain(&fs::metadata(path)?)?;
    let mut options = File::options();
    options.read(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        // Opening a pipe does not wait for its other end then.
        options.custom_flags(rustix::fs::OFlags::NONBLOCK.bits().cast_signed());
    }
    let file = options.open(path)?;
    check_plain(&file.metadata()?)?;
    Ok(file)
}

/// Demands a plain file.
///
/// # Errors
/// What it is instead.
pub(crate) fn check_plain(found: &fs::Metadata) -> io::Result<()> {
    match kind(found) {
        None => Ok(()),
        Some(kind) => Err(io::Error::other(format!("{kind}, not a plain file"))),
    }
}

/// Refuses what is no plain file, before it is opened for writing; a file that is not there is made.
///
/// # Errors
/// What is there instead, or why that cannot be seen.
pub(crate) fn check_writable(path: &Path) -> io::Result<()> {
    match fs::metadata(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
        found => check_plain(&found?),
    }
}

/// What it is, if it is no plain file.
pub(crate) fn kind(found: &fs::Metadata) -> Option<&'static str> {
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
    Some(if found.is_dir() { "a folder" } else { "something else" })
}

/// Reads a plain file of at most 256 MiB.
///
/// # Errors
/// When there is none, it is none, it is larger, it cannot be read, or is a Git LFS pointer.
pub(crate) fn read(path: &Path) -> Result<Vec<u8>> {
    read_at_most(path, MAX_BYTES)
}

/// Reads a plain file of at most `most` bytes.
///
/// # Errors
/// As [`read`].
pub(crate) fn read_at_most(path: &Path, most: u64) -> Result<Vec<u8>> {
    let fault = |message: String| Error::at(Location::file(path), message);
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
    if let Some(kind) = kind(&found) {
        return Err(fault(format!("neither a file nor a folder, but {kind}"))
            .hint("only plain files are read; put one in its place"));
    }
    let too_large = |size: u64| {
        let what = format!("{} MiB, expected at most {} MiB", size >> 20, most >> 20);
        fault(what).hint(TOO_LARGE)
    };
    if found.len() > most {
        return Err(too_large(found.len()));
    }
    let failed = |e| Error::io(path, "read the file", e);
    let mut bytes = Vec::with_capacity(found.len() as usize);
    // It may grow meanwhile.
    open(path).map_err(failed)?.take(most + 1).read_to_end(&mut bytes).map_err(failed)?;
    if bytes.len() as u64 > most {
        return Err(too_large(bytes.len() as u64));
    }
    if pointer::is_pointer(&bytes) { Err(pointer::pointer(path)) } else { Ok(bytes) }
}

/// Reads a text file in any of the [encodings](encoding) that people's programs write.
///
/// # Errors
/// As [`read`], and when the file is a binary one.
pub(crate) fn read_text(path: &Path) -> Result<Decoded> {
    decode(path, &read(path)?)
}

/// Whether `path` is a device or a pipe (`/dev/stdout`), or a link to one: it can be written to, not
/// replaced.
pub(crate) fn is_stream(path: &Path) -> bool {
    fs::metadata(path).is_ok_and(|found| !found.is_file() && !found.is_dir())
}

/// Writes a file whole or not at all: beside its place first, then renamed; one that is there, or that
/// a link there leads to, is replaced, and its permissions are kept. A device or a pipe is written to.
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
    let written = write_like(&target, &draft, bytes).and_then(|()| fs::rename(&draft, &target));
    if written.is_err() {
        // Best effort: there may be nothing to remove.
        let _ = fs::remove_file(&draft);
    }
    written.map_err(failed)
}

/// Writes `draft`, synced, with the permissions of `target` where there is one: the content is never open to
/// anyone who could not read the file that it replaces.
fn write_like(target: &Path, draft: &Path, bytes: &[u8]) -> io::Result<()> {
    let permissions = fs::metadata(target).ok().map(|found| found.permissions());
    let mut file = File::create(draft)?;
    if let Some(permissions) = permissions {
        file.set_permissions(permissions)?;
    }
    file.write_all(bytes)?;
    file.sync_all()
}
