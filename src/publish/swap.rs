//! Putting one folder in another's place, atomically where the system can.

use std::fs;
use std::io;
use std::path::Path;

/// Exchanges the folders `a` and `b` in one step, so that neither name is ever without one.
///
/// # Errors
/// [`io::ErrorKind::Unsupported`] where system or disk cannot; otherwise what went wrong.
#[cfg(any(target_os = "linux", target_os = "android", target_vendor = "apple"))]
pub(super) fn exchange(a: &Path, b: &Path) -> io::Result<()> {
    use rustix::fs::{CWD, RenameFlags, renameat_with};
    use rustix::io::Errno;
    renameat_with(CWD, a, CWD, b, RenameFlags::EXCHANGE).map_err(|error| match error {
        Errno::INVAL | Errno::NOSYS | Errno::NOTSUP => io::ErrorKind::Unsupported.into(),
        error => error.into(),
    })
}

/// Exchanges the folders `a` and `b` in one step, so that neither name is ever without one.
///
/// # Errors
/// Always, as this system cannot.
#[cfg(not(any(target_os = "linux", target_os = "android", target_vendor = "apple")))]
pub(super) fn exchange(_a: &Path, _b: &Path) -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}

/// Writes `bytes` to a file and waits until the disk has them.
///
/// # Errors
/// When the file cannot be written.
pub(crate) fn write_synced(path: &Path, bytes: &[u8]) -> io::Result<()> {
    use std::io::Write;
    let mut file = fs::File::create(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}

/// Waits until the disk has the names in `folder`.
///
/// # Errors
/// When the folder cannot be opened or synced.
#[cfg(unix)]
pub(crate) fn sync_folder(folder: &Path) -> io::Result<()> {
    use rustix::io::Errno;
    match rustix::fs::fsync(fs::File::open(folder)?) {
        // Some file systems sync no folders; PostgreSQL's `fsync_fname_ext` ignores these two as well.
        Err(Errno::BADF | Errno::INVAL) => Ok(()),
        synced => Ok(synced?),
    }
}

/// Nothing: this system cannot open folders.
///
/// # Errors
/// None.
#[cfg(not(unix))]
pub(crate) fn sync_folder(_folder: &Path) -> io::Result<()> {
    Ok(())
}
