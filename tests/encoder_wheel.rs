//! all-MiniLM-L6-v2 as a Python wheel, where `tests/fetch.sh` could fetch it.

use std::fs;
use std::path::{Path, PathBuf};

/// The wheel; says so where there is none.
pub(crate) fn encoder_wheel() -> Option<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/encoder");
    let paths = fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path());
    let wheel = paths.into_iter().find(|path| path.extension() == Some("whl".as_ref()));
    if wheel.is_none() {
        println!("skipped: there is no wheel in target/encoder; `make test` fetches it");
    }
    wheel
}
