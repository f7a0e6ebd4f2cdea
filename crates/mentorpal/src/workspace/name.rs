//! Names of single folders and files.

use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::path::{Path, PathBuf};

use super::entries;
use crate::error::{Error, Result};
use crate::text::compose;

/// The name of a single folder or file: of a mentor, an architecture, a checkpoint.
///
/// It has at most 128 bytes. It contains no path separator, no control character and no character that some
/// file systems refuse, and does not begin with `.` or `-`.
///
/// Accents may be composed (form NFC, as keyboards type them) or decomposed (NFD, as some file systems store
/// them). Two names that differ in this only are equal, and either finds the existing folder.
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
    /// Checks `name`; `what` (“mentor”, “checkpoint”) is the noun for the error message.
    ///
    /// # Errors
    /// If the name is not a valid folder name on every supported operating system.
    pub fn new(what: &str, name: impl Into<String>) -> Result<Self> {
        let name = name.into();
        match Self::fault(&name) {
            None => Ok(Self(name)),
            Some(fault) => Err(Error::new(format!(
                "{what} name `{}` {fault}",
                name.escape_debug()
            ))
            .hint(
                "a name becomes the name of a folder: letters, digits, `_`, `-` and `.` are safe",
            )),
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
            Some("contains a path separator")
        } else if name.chars().any(|c| c.is_control() || "<>:\"|?*".contains(c)) {
            Some("contains a character that not every system allows in file names")
        } else if name.ends_with([' ', '.']) || name.starts_with(' ') {
            Some("starts or ends with a space, or ends with a dot")
        } else {
            None
        }
    }

    /// The name as text, in the normalization form that it was given in.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether `text` is this name, in any normalization form.
    #[must_use]
    pub fn is(&self, text: &str) -> bool {
        self.0 == text || compose(&self.0) == compose(text)
    }

    /// The path of this name in `folder`: unchanged, or in the other normalization form if only that one exists.
    #[must_use]
    pub fn within(&self, folder: &Path) -> PathBuf {
        folder.join(self.stored_in(folder).as_str())
    }

    /// The name in the normalization form that exists in `folder`; unchanged if neither does.
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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn ordinary_names_pass() {
        for name in ["jd_thomas", "leadership_twitty-shellaree_scpo", "2019-05-01-2209", "Zoë"] {
            assert!(Name::new("mentor", name).is_ok(), "{name}");
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
