//! Access to private parsers for the fuzz targets in `fuzz/`; compiled only for fuzzing.

use super::{netrc, propfind};

/// Returns the user and the password for `machine` in a `.netrc` file.
///
/// # Errors
/// If the file is invalid; the error is the line number, from 1.
pub fn netrc(text: &[u8], machine: &str) -> Result<Option<(Vec<u8>, Vec<u8>)>, usize> {
    let found = netrc::find(text, machine, None).map_err(|(row, _)| row)?;
    Ok(found.map(|login| (login.user, login.password)))
}

/// Returns the names in a folder listing of a WebDAV server, or `None` if it is invalid.
#[must_use]
pub fn propfind(answer: &str) -> Option<Vec<String>> {
    Some(propfind::listing(answer, "/")?.entries.into_iter().map(|entry| entry.name).collect())
}
