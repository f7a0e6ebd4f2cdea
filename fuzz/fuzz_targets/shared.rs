//! Helpers for several targets: a folder in memory, checks of errors, and seed files.

#![allow(dead_code, reason = "no target uses all of it")]

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use mentorpal::error::{Error, Location};
use mentorpal::mentor::Finding;
use mentorpal::workspace::{MentorId, Workspace};

/// The separator between the files of one input.
pub const SEPARATOR: &[u8] = b"\n%%\n";

/// Returns the folder of this process: in `TMPDIR`, or else in memory if possible.
pub fn folder() -> &'static Path {
    static FOLDER: LazyLock<PathBuf> = LazyLock::new(|| {
        let memory = Path::new("/dev/shm");
        let is_memory = std::env::var_os("TMPDIR").is_none() && memory.is_dir();
        let parent = if is_memory { memory.to_owned() } else { std::env::temp_dir() };
        let folder = parent.join(format!("mentorpal-fuzz-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        folder
    });
    &FOLDER
}

/// Returns the folder as a workspace.
pub fn workspace() -> Workspace {
    Workspace::open(folder()).unwrap()
}

/// Returns the id of a mentor.
pub fn ada() -> MentorId {
    MentorId::new("ada").unwrap()
}

/// Writes a file, or removes it if `bytes` is `None`.
pub fn put(path: &Path, bytes: Option<&[u8]>) {
    match bytes {
        Some(bytes) => {
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, bytes).unwrap();
        }
        None if path.exists() => fs::remove_file(path).unwrap(),
        None => {}
    }
}

/// Splits an input at each [`SEPARATOR`].
pub fn parts(mut bytes: &[u8]) -> Vec<&[u8]> {
    let mut parts = Vec::new();
    while let Some(at) = bytes.windows(SEPARATOR.len()).position(|window| window == SEPARATOR) {
        parts.push(&bytes[..at]);
        bytes = &bytes[at + SEPARATOR.len()..];
    }
    parts.push(bytes);
    parts
}

/// Checks that an error has a message.
pub fn check_error(error: &Error) {
    assert!(!error.reason().trim().is_empty());
}

/// Checks that an error about a file has a message and a location.
pub fn check_error_of_file(error: &Error) {
    check_error(error);
    check_place(error.place().unwrap_or_else(|| panic!("no place: {error}")));
}

/// Checks that each finding has a message and a location.
pub fn check_findings(findings: &[Finding]) {
    for finding in findings {
        assert!(!finding.message.trim().is_empty());
        check_place(&finding.place);
    }
}

fn check_place(place: &Location) {
    assert!(place.path.starts_with(folder()), "{place}");
    assert!(place.row != Some(0), "{place}");
}

/// Writes seed files to the folder `FUZZ_SEEDS`, if it is set.
pub fn write_seeds(seeds: impl FnOnce() -> Vec<Vec<u8>>) {
    let Some(folder) = std::env::var_os("FUZZ_SEEDS") else { return };
    for (i, seed) in seeds().iter().enumerate() {
        fs::write(Path::new(&folder).join(format!("seed-{i}")), seed).unwrap();
    }
}

/// Returns the first `rows` lines of `table`.
pub fn beginning(table: &str, rows: usize) -> String {
    table.split_inclusive('\n').take(rows).collect()
}

/// Returns `file` with edits. Each edit has six bytes: an offset (two bytes) and the four bytes to
/// write there.
pub fn patched(mut file: Vec<u8>, edits: &[u8]) -> Vec<u8> {
    for edit in edits.as_chunks::<6>().0 {
        let place = usize::from(u16::from_le_bytes([edit[0], edit[1]])) % file.len();
        let end = file.len().min(place + 4);
        file[place..end].copy_from_slice(&edit[2..][..end - place]);
    }
    file
}
