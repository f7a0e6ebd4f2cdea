//! The folder layout under `$MENTORPAL`: every path of the project is made here.
//!
//! ```text
//! mentorpal.toml
//! mentor/<mentor>/data/                        classifier_data.csv  profile.yml  topics.csv  …
//! checkpoint/classifiers/<arch>/<checkpoint>/  manifest.json  <mentor>/…
//! checkpoint/vector_models/<name>/             manifest.json  model.fifu | model.safetensors …
//! checkpoint/vector_models/.cache/             <fingerprint of a vector model>.safetensors
//! checkpoint/tests/<mentor>/<test set>.csv
//! ```
//!
//! Names that become part of a path pass through [`Name`] first, so none leaves its folder.

use std::cmp::Ordering;
use std::ffi::{OsStr, OsString};
use std::fmt;
use std::fs;
use std::hash::{Hash, Hasher};
use std::path::{Path, PathBuf};

use crate::error::{Error, ErrorKind, Location, Result};
use crate::text::compose;

/// The settings file that marks a workspace.
pub const SETTINGS_FILE: &str = "mentorpal.toml";

/// A name that is one plain folder or file name: a mentor, an architecture, a checkpoint.
///
/// At most 128 bytes; no separator, control character or leading `.` or `-`; none of the
/// characters that some file systems refuse.
///
/// Accents may be composed (form NFC, as keyboards type them) or not (NFD, as some file systems store
/// them): two names that differ only in this are equal, and each leads to the folder that is there.
///
/// ```
/// use mentorpal::workspace::Name;
/// assert!(Name::new("mentor", "jd_thomas").is_ok());
/// assert!(Name::new("mentor", "../x").is_err());
/// assert_eq!(Name::new("mentor", "Zoë")?, Name::new("mentor", "Zoe\u{308}")?);
/// # Ok::<(), mentorpal::error::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Name(String);

impl Name {
    /// Checks `name`; `what` (“mentor”, “checkpoint”) goes into the error.
    ///
    /// # Errors
    /// When `name` could not be one folder's name, everywhere.
    pub fn new(what: &str, name: impl Into<String>) -> Result<Self> {
        let name = name.into();
        match Self::fault(&name) {
            None => Ok(Self(name)),
            Some(fault) => {
                Err(Error::new(format!("{what} name `{}` {fault}", name.escape_debug())).hint(
                    "a name is one folder's name: letters, digits, `_`, `-` and `.` are safe",
                ))
            }
        }
    }

    fn fault(name: &str) -> Option<&'static str> {
        if name.is_empty() {
            Some("is empty")
        } else if name.len() > 128 {
            Some("is longer than 128 bytes")
        } else if name.starts_with(['.', '-']) {
            Some("starts with `.` or `-`")
        } else if name.contains(['/', '\\']) {
            Some("holds a path separator")
        } else if name.chars().any(|c| c.is_control() || "<>:\"|?*".contains(c)) {
            Some("holds a character that file names cannot have everywhere")
        } else if name.ends_with([' ', '.']) || name.starts_with(' ') {
            Some("starts or ends with a space, or ends with a dot")
        } else {
            None
        }
    }

    /// The name as text, in the form that it was given in.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether `text` is this name, in whichever normalization form.
    #[must_use]
    pub fn is(&self, text: &str) -> bool {
        self.0 == text || compose(&self.0) == compose(text)
    }

    /// Where this name stands in `folder`: as it is, or in the other normalization form where only that
    /// one is there.
    #[must_use]
    pub fn within(&self, folder: &Path) -> PathBuf {
        folder.join(self.stored_in(folder).as_str())
    }

    /// The name in the form in which it stands in `folder`; as it is where it does not.
    #[must_use]
    pub fn stored_in(&self, folder: &Path) -> Self {
        if self.0.is_ascii() || folder.join(&self.0).symlink_metadata().is_ok() {
            return self.clone();
        }
        let names = entries(folder).unwrap_or_default().into_iter();
        let mut names = names.filter_map(|name| name.into_string().ok());
        names.find(|name| self.is(name)).map_or_else(|| self.clone(), Self)
    }
}

impl PartialEq for Name {
    fn eq(&self, other: &Self) -> bool {
        self.is(&other.0)
    }
}

impl Eq for Name {}

impl PartialOrd for Name {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Name {
    fn cmp(&self, other: &Self) -> Ordering {
        compose(&self.0).cmp(&compose(&other.0))
    }
}

impl Hash for Name {
    fn hash<H: Hasher>(&self, state: &mut H) {
        compose(&self.0).hash(state);
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl AsRef<str> for Name {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

/// A workspace: mentors, their test sets, and checkpoints.
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
                .hint("set MENTORPAL to a workspace, or make one: `mentorpal new DIR`"))
        }
    }

    /// The nearest folder at or above `from` that holds `mentorpal.toml`, else `from` itself.
    #[must_use]
    pub fn nearest(from: &Path) -> Self {
        let root = from.ancestors().find(|folder| folder.join(SETTINGS_FILE).is_file());
        Self { root: root.unwrap_or(from).to_owned() }
    }

    /// The workspace's own folder.
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
    pub fn mentor_data(&self, mentor: &Name) -> PathBuf {
        mentor.within(&self.mentors()).join("data")
    }

    /// `checkpoint/classifiers/`.
    #[must_use]
    pub fn classifiers(&self) -> PathBuf {
        self.root.join("checkpoint").join("classifiers")
    }

    /// `checkpoint/classifiers/<arch>/`.
    #[must_use]
    pub fn arch(&self, arch: &Name) -> PathBuf {
        arch.within(&self.classifiers())
    }

    /// `checkpoint/vector_models/`.
    #[must_use]
    pub fn vector_models(&self) -> PathBuf {
        self.root.join("checkpoint").join("vector_models")
    }

    /// `checkpoint/vector_models/<name>/`.
    #[must_use]
    pub fn vector_model(&self, name: &Name) -> PathBuf {
        name.within(&self.vector_models())
    }

    /// `checkpoint/vector_models/.cache/`.
    #[must_use]
    pub fn vector_cache(&self) -> PathBuf {
        self.vector_models().join(".cache")
    }

    /// The folders in which something may be published, as far as they are there: one per
    /// architecture, and that of the vector models.
    ///
    /// # Errors
    /// When a folder cannot be listed.
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
    pub fn tests(&self, mentor: &Name) -> PathBuf {
        mentor.within(&self.root.join("checkpoint").join("tests"))
    }

    /// `checkpoint/tests/<mentor>/<test set>.csv`; its ending in capitals, and its name in the other
    /// normalization form, where the file has it so.
    #[must_use]
    pub fn test_set(&self, mentor: &Name, test_set: &Name) -> PathBuf {
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

    /// The mentors that have a `data` folder, sorted by id.
    ///
    /// # Errors
    /// When `mentor/` is missing or cannot be listed, a mentor's folder has a name that cannot be
    /// one, or two have the same in different normalization forms.
    pub fn mentor_ids(&self) -> Result<Vec<Name>> {
        let folder = self.mentors();
        if !folder.is_dir() {
            return Err(Error::at(Location::file(folder), "there is no such folder of mentors")
                .hint("set MENTORPAL to a workspace, or make one: `mentorpal new DIR`"));
        }
        let mut ids = Vec::new();
        for name in entries(&folder)? {
            let path = folder.join(&name);
            // A mentor must not be passed over for its name alone.
            if !is_hidden(&name) && path.join("data").is_dir() {
                ids.push(name_at("mentor", &name, &path)?);
            }
        }
        ids.sort();
        match same_twice(&ids) {
            Some(id) => Err(Error::at(Location::file(folder), format!("two mentors `{id}`"))
                .hint("rename one: accents written in two ways are the same name")),
            None => Ok(ids),
        }
    }

    /// A mentor's test sets by name, sorted; none where its folder is absent.
    ///
    /// # Errors
    /// When the folder is there and cannot be listed, a test set has a name that cannot be one, or
    /// two have the same but for their endings or normalization forms.
    pub fn test_sets(&self, mentor: &Name) -> Result<Vec<Name>> {
        let folder = self.tests(mentor);
        if !folder.is_dir() {
            return Ok(Vec::new());
        }
        let mut names = Vec::new();
        for name in entries(&folder)? {
            let path = folder.join(&name);
            // Nor must a test set.
            if let Some(stem) = path.file_stem()
                && is_table(&path)
                && !is_hidden(&name)
            {
                names.push(name_at("test set", stem, &path)?);
            }
        }
        names.sort();
        match same_twice(&names) {
            Some(name) if !name.as_str().is_ascii() => {
                Err(Error::at(Location::file(folder), format!("two test sets `{name}`")).hint(
                    "rename one: accents written in two ways are the same name, and the ending \
                     `.csv` is the same in capitals",
                ))
            }
            Some(name) => Err(Error::at(Location::file(folder), format!("two test sets `{name}`"))
                .hint("rename one: the ending `.csv` is the same in capitals")),
            None => Ok(names),
        }
    }
}

/// The plain folder names directly in `folder`, sorted; hidden ones and files are passed over.
///
/// # Errors
/// When `folder` cannot be listed.
pub fn folder_names(folder: &Path) -> Result<Vec<Name>> {
    let mut names: Vec<Name> = entries(folder)?
        .into_iter()
        .filter(|name| folder.join(name).is_dir())
        .filter_map(|name| Name::new("folder", name.to_str()?).ok())
        .collect();
    names.sort();
    Ok(names)
}

/// The name of what was found at `path`.
fn name_at(what: &str, name: &OsStr, path: &Path) -> Result<Name> {
    let name = name.to_str().ok_or_else(|| {
        Error::new(format!("{what} name is not Unicode")).hint("rename it in UTF-8")
    });
    name.and_then(|name| Name::new(what, name)).map_err(|e| e.or_at(Location::file(path)))
}

/// The first of the sorted `names` that is there twice.
fn same_twice(names: &[Name]) -> Option<&Name> {
    names.windows(2).find(|pair| pair[0] == pair[1]).map(|pair| &pair[0])
}

fn is_hidden(name: &OsStr) -> bool {
    name.as_encoded_bytes().starts_with(b".")
}

/// Whether its ending is `.csv`, in capitals or not.
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
    use proptest::prelude::*;

    #[test]
    fn ordinary_names_pass() {
        for name in ["jd_thomas", "leadership_twitty-shellaree_scpo", "2019-05-01-2209", "Zoë"] {
            assert!(Name::new("mentor", name).is_ok(), "{name}");
        }
    }

    // “é” composed and not.
    #[test]
    fn a_name_leads_to_the_folder_in_the_other_form() {
        let (composed, apart) = ("Jos\u{e9}", "Jose\u{301}");
        for (stored, typed) in [(composed, apart), (apart, composed)] {
            let folder = tempfile::tempdir().unwrap();
            let workspace = Workspace::open(folder.path()).unwrap();
            let data = workspace.mentors().join(stored).join("data");
            fs::create_dir_all(&data).unwrap();
            let name = Name::new("mentor", typed).unwrap();
            assert!(workspace.mentor_data(&name).is_dir());
            assert_eq!(workspace.mentor_ids().unwrap(), [name]);
            let other = Name::new("mentor", "Jose").unwrap();
            assert!(!workspace.mentor_data(&other).exists());
        }
    }

    proptest! {
        #[test]
        fn a_name_never_leaves_its_folder(name in "\\PC{0,20}|[./\\\\a-z]{0,12}") {
            if let Ok(name) = Name::new("mentor", name) {
                let path = Path::new("base").join(name.as_str());
                prop_assert_eq!(path.parent(), Some(Path::new("base")));
                prop_assert_eq!(path.components().count(), 2);
            }
        }
    }
}
