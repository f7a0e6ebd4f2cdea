//! Report files: their paths are checked before the work, the files are written after it.

use std::collections::HashSet;
use std::fs;
use std::path::{Path, PathBuf};

use mentorpal::error::{Error, Location, Result};
use mentorpal::files;
use mentorpal::page::TableFile;

/// Refuses paths that cannot be written: a file whose folder is missing, or whose path is a folder or a broken
/// link; a folder (created later) whose path contains a file; two reports with the same path.
pub(super) fn check(files: &[Option<&PathBuf>], folder: Option<&PathBuf>) -> Result<()> {
    files.iter().flatten().try_for_each(|path| check_file(path))?;
    let mut places = HashSet::new();
    for path in files.iter().flatten().copied().chain(folder) {
        if !files::is_stream(path) && !places.insert(place(path)) {
            return Err(Error::at(Location::file(path), "two reports have the same path")
                .hint("give each report its own path"));
        }
    }
    let in_the_way = |folder: &PathBuf| {
        let there = folder.ancestors().find(|path| path.exists());
        there.filter(|path| !path.is_dir()).map(|path| {
            Error::at(Location::file(folder), format!("`{}` is not a folder", path.display()))
                .hint("name another folder, or move the file away")
        })
    };
    folder.and_then(in_the_way).map_or(Ok(()), Err)
}

fn check_file(path: &Path) -> Result<()> {
    let fault = |message: String| Error::at(Location::file(path), message);
    if path.is_dir() || path.file_name().is_none() {
        return Err(fault("a folder, expected the path of a file".to_owned())
            .hint("name a file in this folder"));
    }
    if path.is_symlink() && !path.exists() {
        return Err(fault("a broken symbolic link".to_owned())
            .hint("name the target file, or remove the link"));
    }
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() && !folder.is_dir() => {
            Err(fault(format!("the folder `{}` does not exist", folder.display()))
                .hint("create the folder, or name a file in another folder"))
        }
        _ => Ok(()),
    }
}

/// The canonical path; for a file that does not exist yet, its name in the canonical path of its folder.
fn place(path: &Path) -> PathBuf {
    path.canonicalize().unwrap_or_else(|_| {
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
        let folder = folder.unwrap_or(Path::new(".")).canonicalize();
        folder.map_or_else(|_| path.to_owned(), |f| f.join(path.file_name().unwrap_or_default()))
    })
}

/// Writes tables into a folder, which is created if necessary.
pub(super) fn write_tables(folder: &Path, tables: &[TableFile]) -> Result<()> {
    fs::create_dir_all(folder).map_err(|e| Error::io(folder, "create the folder", e))?;
    tables
        .iter()
        .try_for_each(|table| files::write_atomically(&folder.join(table.name), &table.bytes))
}
