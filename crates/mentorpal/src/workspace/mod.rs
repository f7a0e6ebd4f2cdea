//! The folder layout of a workspace.
//!
//! ```text
//! mentorpal.toml
//! mentor/<mentor>/data/                        classifier_data.csv  profile.yml  topics.csv  …
//! checkpoint/classifiers/<arch>/<checkpoint>/  manifest.json  <mentor>/…
//! checkpoint/vector_models/<name>/             manifest.json  model.fifu | model.safetensors …
//! checkpoint/vector_models/.cache/             <SHA-256 of a vector model>.vectors
//! checkpoint/tests/<mentor>/<test set>.csv
//! ```
//!
//! Names that become part of a path are a [`Name`] of their kind, so that no path leaves its folder.

mod name;

use std::ffi::{OsStr, OsString};
use std::fs;
use std::path::{Path, PathBuf};

pub(crate) use self::name::check_name;
pub use self::name::{
    ArchName, CheckpointName, MentorId, Name, NameKind, OfArch, OfCheckpoint, OfMentor, OfTestSet,
    OfVectorModel, TestSetName, VectorModelName,
};
use crate::error::{Error, ErrorKind, Location, Result};

/// The settings file that marks a workspace.
pub const SETTINGS_FILE: &str = "mentorpal.toml";

/// A workspace: a folder with mentors, their test sets, checkpoints and vector models.
///
/// Its methods [`checkpoint`](Self::checkpoint), [`train`](Self::train) and [`remote`](Self::remote) are the way
/// into the library.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Workspace {
    root: PathBuf,
}

impl Workspace {
    /// Opens the workspace in the folder `root`. No file is read yet.
    ///
    /// # Errors
    /// If `root` is not a folder ([`ErrorKind::NotFound`]).
    pub fn open(root: impl Into<PathBuf>) -> Result<Self> {
        let root = root.into();
        if root.is_dir() {
            Ok(Self { root })
        } else {
            Err(Error::at(Location::file(root), "the workspace is not a folder")
                .with_kind(ErrorKind::NotFound)
                .hint("set MENTORPAL to a workspace, or create a workspace: `mentorpal new DIR`"))
        }
    }

    /// The workspace in the nearest folder at or above `from` that contains `mentorpal.toml`, else in `from`.
    #[must_use]
    pub fn nearest(from: &Path) -> Self {
        let root = from.ancestors().find(|folder| folder.join(SETTINGS_FILE).is_file());
        Self { root: root.unwrap_or(from).to_owned() }
    }

    /// The folder of the workspace.
    #[must_use]
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// `mentorpal.toml`.
    #[must_use]
    pub fn settings_file(&self) -> PathBuf {
        self.root.join(SETTINGS_FILE)
    }

    /// `mentor/`.
    #[must_use]
    pub fn mentors(&self) -> PathBuf {
        self.root.join("mentor")
    }

    /// `mentor/<mentor>/data/`.
    #[must_use]
    pub fn mentor_data(&self, mentor: &MentorId) -> PathBuf {
        mentor.within(&self.mentors()).join("data")
    }

    /// `checkpoint/classifiers/`.
    #[must_use]
    pub fn classifiers(&self) -> PathBuf {
        self.root.join("checkpoint").join("classifiers")
    }

    /// `checkpoint/classifiers/<arch>/`.
    #[must_use]
    pub fn arch(&self, arch: &ArchName) -> PathBuf {
        arch.within(&self.classifiers())
    }

    /// `checkpoint/vector_models/`.
    #[must_use]
    pub fn vector_models(&self) -> PathBuf {
        self.root.join("checkpoint").join("vector_models")
    }

    /// `checkpoint/vector_models/<name>/`.
    #[must_use]
    pub fn vector_model(&self, name: &VectorModelName) -> PathBuf {
        name.within(&self.vector_models())
    }

    /// `checkpoint/vector_models/.cache/`.
    #[must_use]
    pub fn vector_cache(&self) -> PathBuf {
        self.vector_models().join(".cache")
    }

    /// The existing folders that checkpoints and vector models are published in: one per architecture, and
    /// [`vector_models`](Self::vector_models).
    ///
    /// # Errors
    /// If a folder cannot be listed.
    pub fn published_folders(&self) -> Result<Vec<PathBuf>> {
        let (all, mut folders) = (self.classifiers(), Vec::new());
        if all.is_dir() {
            folders.extend(folder_names(&all)?.iter().map(|arch| self.arch(arch)));
        }
        folders.extend(Some(self.vector_models()).filter(|folder| folder.is_dir()));
        Ok(folders)
    }

    /// `checkpoint/tests/<mentor>/`.
    #[must_use]
    pub fn tests(&self, mentor: &MentorId) -> PathBuf {
        mentor.within(&self.root.join("checkpoint").join("tests"))
    }

    /// `checkpoint/tests/<mentor>/<test set>.csv`. The existing file may have its extension in capitals, or its
    /// name in the other normalization form.
    #[must_use]
    pub fn test_set(&self, mentor: &MentorId, test_set: &TestSetName) -> PathBuf {
        let folder = self.tests(mentor);
        let usual = folder.join(format!("{test_set}.csv"));
        if usual.exists() {
            return usual;
        }
        let names = entries(&folder).unwrap_or_default().into_iter();
        let mut tables = names.map(|name| folder.join(name)).filter(|path| is_table(path));
        let is_it = |path: &PathBuf| {
            path.file_stem().and_then(OsStr::to_str).is_some_and(|stem| test_set.is(stem))
        };
        tables.find(is_it).unwrap_or(usual)
    }

    /// The ids of the mentors that have a `data` folder, sorted.
    ///
    /// # Errors
    /// If `mentor/` is missing or cannot be listed, a mentor's folder has an invalid name, or two names differ
    /// in their normalization form only.
    pub fn mentor_ids(&self) -> Result<Vec<MentorId>> {
        let folder = self.mentors();
        if !folder.is_dir() {
            return Err(Error::at(
                Location::file(folder),
                "the folder of the mentors does not exist",
            )
            .with_kind(ErrorKind::NotFound)
            .hint("set MENTORPAL to a workspace, or create a workspace: `mentorpal new DIR`"));
        }
        let mut ids = Vec::new();
        for name in entries(&folder)? {
            let path = folder.join(&name);
            // A mentor with an invalid name is an error, not left out.
            if !is_hidden(&name) && path.join("data").is_dir() {
                ids.push(name_at(&name, &path)?);
            }
        }
        ids.sort();
        match same_twice(&ids) {
            Some(id) => {
                Err(Error::at(Location::file(folder), format!("two mentors have the name `{id}`"))
                    .with_kind(ErrorKind::Conflict)
                    .hint(
                        "rename one of them: names that differ only in their Unicode normalization \
                         are equal",
                    ))
            }
            None => Ok(ids),
        }
    }

    /// The names of a mentor's test sets, sorted; empty if the folder does not exist.
    ///
    /// # Errors
    /// If the folder cannot be listed, a test set has an invalid name, or two names differ in their extension or
    /// normalization form only.
    pub fn test_sets(&self, mentor: &MentorId) -> Result<Vec<TestSetName>> {
        let folder = self.tests(mentor);
        if !folder.is_dir() {
            return Ok(Vec::new());
        }
        let mut names = Vec::new();
        for name in entries(&folder)? {
            let path = folder.join(&name);
            // So is a test set.
            if let Some(stem) = path.file_stem()
                && is_table(&path)
                && !is_hidden(&name)
            {
                names.push(name_at(stem, &path)?);
            }
        }
        names.sort();
        match same_twice(&names) {
            Some(name) if !name.as_str().is_ascii() => Err(Error::at(
                Location::file(folder),
                format!("two test sets have the name `{name}`"),
            )
            .hint(
                "rename one of them: names that differ only in their Unicode normalization or in \
                 the case of `.csv` are equal",
            )),
            Some(name) => Err(Error::at(
                Location::file(folder),
                format!("two test sets have the name `{name}`"),
            )
            .hint("rename one of them: names that differ only in the case of `.csv` are equal")),
            None => Ok(names),
        }
    }
}

/// Returns the names of the folders directly in `folder`, sorted. Files, hidden folders and folders with an
/// invalid name are skipped.
///
/// # Errors
/// If `folder` cannot be listed.
pub fn folder_names<K: NameKind>(folder: &Path) -> Result<Vec<Name<K>>> {
    let mut names: Vec<Name<K>> = entries(folder)?
        .into_iter()
        .filter(|name| folder.join(name).is_dir())
        .filter_map(|name| Name::new(name.to_str()?).ok())
        .collect();
    names.sort();
    Ok(names)
}

/// The name of the file or folder at `path`.
fn name_at<K: NameKind>(name: &OsStr, path: &Path) -> Result<Name<K>> {
    let name = name.to_str().ok_or_else(|| {
        Error::new(format!("{} name is not valid Unicode", K::NOUN)).hint("rename it in UTF-8")
    });
    name.and_then(Name::new).map_err(|e| e.or_at(Location::file(path)))
}

/// The first of the sorted `names` that occurs twice.
fn same_twice<K>(names: &[Name<K>]) -> Option<&Name<K>> {
    names.windows(2).find(|pair| pair[0] == pair[1]).map(|pair| &pair[0])
}

fn is_hidden(name: &OsStr) -> bool {
    name.as_encoded_bytes().starts_with(b".")
}

/// Whether the extension is `.csv`, in capitals or not.
fn is_table(path: &Path) -> bool {
    path.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("csv"))
}

fn entries(folder: &Path) -> Result<Vec<OsString>> {
    let listing = fs::read_dir(folder).map_err(|e| Error::io(folder, "list the folder", e))?;
    let mut names = Vec::new();
    for entry in listing {
        let entry = entry.map_err(|e| Error::io(folder, "list the folder", e))?;
        names.push(entry.file_name());
    }
    Ok(names)
}

#[cfg(test)]
mod tests {
    use super::*;

    // “é” composed and decomposed.
    #[test]
    fn a_name_finds_the_folder_in_the_other_normalization_form() {
        let (composed, apart) = ("Jos\u{e9}", "Jose\u{301}");
        for (stored, typed) in [(composed, apart), (apart, composed)] {
            let folder = tempfile::tempdir().unwrap();
            let workspace = Workspace::open(folder.path()).unwrap();
            let data = workspace.mentors().join(stored).join("data");
            fs::create_dir_all(&data).unwrap();
            let name = MentorId::new(typed).unwrap();
            assert!(workspace.mentor_data(&name).is_dir());
            assert_eq!(workspace.mentor_ids().unwrap(), [name]);
            let other = MentorId::new("Jose").unwrap();
            assert!(!workspace.mentor_data(&other).exists());
        }
    }
}
