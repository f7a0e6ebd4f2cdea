//! What reads what others wrote, within reach of `fuzz/`; nothing else is built with it.

use super::{netrc, propfind};

/// The user and the password that a `.netrc` has for `machine`; an error has the row, counted
/// from 1.
///
/// # Errors
/// When the file is refused.
pub fn netrc(text: &[u8], machine: &str) -> Result<Option<(Vec<u8>, Vec<u8>)>, usize> {
    let found = netrc::find(text, machine, None).map_err(|(row, _)| row)?;
    Ok(found.map(|login| (login.user, login.password)))
}

/// The names that a WebDAV server lists, if it is a list.
#[must_use]
pub fn propfind(answer: &str) -> Option<Vec<String>> {
    Some(propfind::listing(answer, "/")?.entries.into_iter().map(|entry| entry.name).collect())
}
