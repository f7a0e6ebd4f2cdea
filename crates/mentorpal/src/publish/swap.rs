//! Exchanging two folders, atomically where the system supports it.

use std::io;
use std::path::Path;

/// Exchanges the folders `a` and `b` atomically, so that both names exist at all times.
///
/// # Errors
/// [`io::ErrorKind::Unsupported`] if the system or the disk does not support it; otherwise the
/// error of the system call.
#[cfg(any(target_os = "linux", target_os = "android", target_vendor = "apple"))]
pub(super) fn exchange(a: &Path, b: &Path) -> io::Result<()> {
    use rustix::fs::{CWD, RenameFlags, renameat_with};
    use rustix::io::Errno;
    renameat_with(CWD, a, CWD, b, RenameFlags::EXCHANGE).map_err(|error| match error {
        Errno::INVAL | Errno::NOSYS | Errno::NOTSUP => io::ErrorKind::Unsupported.into(),
        error => error.into(),
    })
}

/// Exchanges the folders `a` and `b` atomically, so that both names exist at all times.
///
/// # Errors
/// Always [`io::ErrorKind::Unsupported`] on this system.
#[cfg(not(any(target_os = "linux", target_os = "android", target_vendor = "apple")))]
pub(super) fn exchange(_a: &Path, _b: &Path) -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}
