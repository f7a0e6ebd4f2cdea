//! Names of single folders and files.

use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::marker::PhantomData;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use super::entries;
use crate::error::{Error, Result};
use crate::text::compose;

/// The name of a single folder or file. `K` is the kind of thing that has the name, so that the name of a
/// checkpoint cannot stand where a mentor's is expected.
///
/// Its five forms are [`MentorId`], [`ArchName`], [`CheckpointName`], [`VectorModelName`] and [`TestSetName`].
///
/// A name has at most 128 bytes. It contains no path separator, no control character and no character that some
/// file systems refuse, and does not begin with `.` or `-`.
///
/// Accents may be composed (form NFC, as keyboards type them) or decomposed (NFD, as some file systems store
/// them). Two names that differ in this only are equal, and either finds the existing folder.
///
/// ```
/// use mentorpal::workspace::MentorId;
/// assert!(MentorId::new("jd_thomas").is_ok());
/// let error = MentorId::new("../x").unwrap_err();
/// assert_eq!(error.to_string(), "mentor name `../x` starts with `.` or `-`");
/// assert_eq!(MentorId::new("Zoë")?, "Zoe\u{308}".parse()?);
/// # Ok::<(), mentorpal::error::Error>(())
/// ```
///
/// serde writes a name as a string, and checks it when it reads one.
pub struct Name<K> {
    text: String,
    kind: PhantomData<fn() -> K>,
}

/// The id of a mentor, which is the name of its folder.
pub type MentorId = Name<OfMentor>;

/// The name of an architecture: `fusion_v1`.
pub type ArchName = Name<OfArch>;

/// A checkpoint's own name, without its architecture. [`CheckpointRef`](crate::checkpoint::CheckpointRef) is the
/// full name.
pub type CheckpointName = Name<OfCheckpoint>;

/// The name of a vector model.
pub type VectorModelName = Name<OfVectorModel>;

/// The name of a test set, without `.csv`.
pub type TestSetName = Name<OfTestSet>;

/// A kind of thing that has a [`Name`]. The five types of this module are all kinds that exist.
pub trait NameKind: sealed::Sealed {
    /// The noun in error messages: `mentor`, `vector model`.
    const NOUN: &'static str;
}

mod sealed {
    pub trait Sealed {}
}

macro_rules! kinds {
    ($($(#[$doc:meta])* $kind:ident: $noun:literal;)*) => {$(
        $(#[$doc])*
        #[derive(Debug)]
        pub enum $kind {}

        impl sealed::Sealed for $kind {}

        impl NameKind for $kind {
            const NOUN: &'static str = $noun;
        }
    )*};
}

kinds! {
    /// The kind of a [`MentorId`].
    OfMentor: "mentor";
    /// The kind of an [`ArchName`].
    OfArch: "architecture";
    /// The kind of a [`CheckpointName`].
    OfCheckpoint: "checkpoint";
    /// The kind of a [`VectorModelName`].
    OfVectorModel: "vector model";
    /// The kind of a [`TestSetName`].
    OfTestSet: "test set";
}

impl<K: NameKind> Name<K> {
    /// Checks `name`.
    ///
    /// # Errors
    /// If the name is not a valid folder name on every supported operating system.
    pub fn new(name: impl Into<String>) -> Result<Self> {
        let name = name.into();
        check_name(K::NOUN, &name)?;
        Ok(Self::unchecked(name))
    }
}

impl<K> Name<K> {
    fn unchecked(text: String) -> Self {
        Self { text, kind: PhantomData }
    }

    /// The name as text, in the normalization form that it was given in.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Whether `text` is this name, in any normalization form.
    #[must_use]
    pub fn is(&self, text: &str) -> bool {
        self.text == text || compose(&self.text) == compose(text)
    }

    /// The path of this name in `folder`: unchanged, or in the other normalization form if only that one exists.
    #[must_use]
    pub fn within(&self, folder: &Path) -> PathBuf {
        folder.join(self.stored_in(folder).as_str())
    }

    /// The name in the normalization form that exists in `folder`; unchanged if neither does.
    #[must_use]
    pub fn stored_in(&self, folder: &Path) -> Self {
        if self.text.is_ascii() || folder.join(&self.text).symlink_metadata().is_ok() {
            return self.clone();
        }
        let names = entries(folder).unwrap_or_default().into_iter();
        let mut names = names.filter_map(|name| name.into_string().ok());
        names.find(|name| self.is(name)).map_or_else(|| self.clone(), Self::unchecked)
    }
}

/// Checks that `name` can be the name of a single folder or file. `noun` (“mentor”, “file”) is for the message.
///
/// # Errors
/// If some system cannot have a folder of this name.
pub(crate) fn check_name(noun: &str, name: &str) -> Result<()> {
    match fault(name) {
        None => Ok(()),
        Some(fault) => Err(Error::new(format!("{noun} name `{}` {fault}", name.escape_debug()))
            .hint("use letters, digits, `_`, `-` and `.`: the name is also the name of a folder")),
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
        Some("contains a character that some systems do not allow in file names")
    } else if name.ends_with([' ', '.']) || name.starts_with(' ') {
        Some("starts or ends with a space, or ends with a dot")
    } else {
        None
    }
}

impl<K: NameKind> FromStr for Name<K> {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self> {
        Self::new(name)
    }
}

impl<K: NameKind> TryFrom<&str> for Name<K> {
    type Error = Error;

    fn try_from(name: &str) -> Result<Self> {
        Self::new(name)
    }
}

impl<K> Serialize for Name<K> {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.text)
    }
}

impl<'de, K: NameKind> Deserialize<'de> for Name<K> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Self, D::Error> {
        Self::new(String::deserialize(deserializer)?).map_err(de::Error::custom)
    }
}

impl<K> AsRef<str> for Name<K> {
    fn as_ref(&self) -> &str {
        &self.text
    }
}

impl<K> fmt::Display for Name<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

// Derived implementations would require the same of `K`.

impl<K> fmt::Debug for Name<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Name").field(&self.text).finish()
    }
}

impl<K> Clone for Name<K> {
    fn clone(&self) -> Self {
        Self::unchecked(self.text.clone())
    }
}

impl<K> PartialEq for Name<K> {
    fn eq(&self, other: &Self) -> bool {
        self.is(&other.text)
    }
}

impl<K> Eq for Name<K> {}

impl<K> PartialOrd for Name<K> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl<K> Ord for Name<K> {
    fn cmp(&self, other: &Self) -> Ordering {
        compose(&self.text).cmp(&compose(&other.text))
    }
}

impl<K> Hash for Name<K> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        compose(&self.text).hash(state);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn ordinary_names_pass() {
        for name in ["jd_thomas", "leadership_twitty-shellaree_scpo", "2019-05-01-2209", "Zoë"] {
            assert!(MentorId::new(name).is_ok(), "{name}");
        }
    }

    #[test]
    fn the_error_names_the_kind() {
        let errors = [
            MentorId::new("").map(drop),
            ArchName::new("").map(drop),
            CheckpointName::new("").map(drop),
            VectorModelName::new("").map(drop),
            TestSetName::new("").map(drop),
        ];
        let nouns = ["mentor", "architecture", "checkpoint", "vector model", "test set"];
        for (error, noun) in errors.into_iter().zip(nouns) {
            assert_eq!(error.unwrap_err().to_string(), format!("{noun} name `` is empty"));
        }
    }

    #[test]
    fn names_are_strings_in_json_and_checked_when_read() {
        let name: TestSetName = serde_json::from_str("\"standard\"").unwrap();
        assert_eq!(serde_json::to_string(&name).unwrap(), "\"standard\"");
        let error = serde_json::from_str::<TestSetName>("\"../x\"").unwrap_err();
        assert!(error.to_string().contains("test set name `../x`"), "{error}");
    }

    proptest! {
        #[test]
        fn a_name_never_leaves_its_folder(name in "\\PC{0,20}|[./\\\\a-z]{0,12}") {
            if let Ok(name) = MentorId::new(name) {
                let path = Path::new("base").join(name.as_str());
                prop_assert_eq!(path.parent(), Some(Path::new("base")));
                prop_assert_eq!(path.components().count(), 2);
            }
        }
    }
}
