//! What several targets need: a folder in memory, errors looked at, and files to begin with.

#![allow(dead_code, reason = "no target needs all of it")]

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use mentorpal::error::{Error, Location};
use mentorpal::mentor::Finding;
use mentorpal::workspace::{Name, Workspace};

/// What stands between the files of one input.
pub const BETWEEN: &[u8] = b"\n%%\n";

/// A folder of this process: in `TMPDIR`, else in memory where there is such a place.
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

/// The folder as a workspace.
pub fn workspace() -> Workspace {
    Workspace::open(folder()).unwrap()
}

/// A mentor's name.
pub fn ada() -> Name {
    Name::new("mentor", "ada").unwrap()
}

/// Writes a file, or sees to it that there is none, and none of another kind.
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

/// The parts of an input that stand between [`BETWEEN`].
pub fn parts(mut bytes: &[u8]) -> Vec<&[u8]> {
    let mut parts = Vec::new();
    while let Some(at) = bytes.windows(BETWEEN.len()).position(|window| window == BETWEEN) {
        parts.push(&bytes[..at]);
        bytes = &bytes[at + BETWEEN.len()..];
    }
    parts.push(bytes);
    parts
}

/// An error that people can use says what is wrong.
pub fn check_error(error: &Error) {
    assert!(!error.reason().trim().is_empty());
}

/// An error about a file says where in the folder, too.
pub fn check_error_of_file(error: &Error) {
    check_error(error);
    check_place(error.place().unwrap_or_else(|| panic!("no place: {error}")));
}

/// What is noticed has a place and a text.
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

/// Writes files to begin with to the folder that `FUZZ_SEEDS` names, where it does.
pub fn write_seeds(seeds: impl FnOnce() -> Vec<Vec<u8>>) {
    let Some(folder) = std::env::var_os("FUZZ_SEEDS") else { return };
    for (i, seed) in seeds().iter().enumerate() {
        fs::write(Path::new(&folder).join(format!("seed-{i}")), seed).unwrap();
    }
}

/// The first `rows` lines of a table of the repository's sample mentor.
pub fn beginning(table: &str, rows: usize) -> String {
    table.split_inclusive('\n').take(rows).collect()
}

/// `file` with four bytes changed here and there: `edits` are places (two bytes each) and what
/// stands there now (four).
pub fn patched(mut file: Vec<u8>, edits: &[u8]) -> Vec<u8> {
    for edit in edits.as_chunks::<6>().0 {
        let place = usize::from(u16::from_le_bytes([edit[0], edit[1]])) % file.len();
        let end = file.len().min(place + 4);
        file[place..end].copy_from_slice(&edit[2..][..end - place]);
    }
    file
}
