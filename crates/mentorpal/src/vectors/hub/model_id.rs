//! The identifier of a model on the Hub.

use std::fmt;

use crate::error::{Error, Result};

/// The owner of a model that is named without one.
const DEFAULT_OWNER: &str = "sentence-transformers";

/// The revision of a model that is named without one.
const DEFAULT_REVISION: &str = "main";

/// The longest owner, name or revision, in bytes. The Hub has the same limit for owners and names.
const MAX_LENGTH: usize = 96;

/// A model on the Hub at a revision.
///
/// ```
/// use mentorpal::vectors::ModelId;
/// let model: ModelId = "all-MiniLM-L6-v2".parse().unwrap();
/// assert_eq!(model.to_string(), "sentence-transformers/all-MiniLM-L6-v2");
/// assert_eq!("BAAI/bge-small-en-v1.5@refs/pr/4".parse::<ModelId>().unwrap().revision(), "refs/pr/4");
/// assert!("../x".parse::<ModelId>().is_err());
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ModelId {
    owner: String,
    name: String,
    revision: String,
}

impl ModelId {
    /// The name without its owner.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The branch, tag or commit.
    #[must_use]
    pub fn revision(&self) -> &str {
        &self.revision
    }
}

/// `OWNER/NAME`, without the revision.
impl fmt::Display for ModelId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.owner, self.name)
    }
}

/// Parses `OWNER/NAME`, `NAME`, or either with `@REVISION`. All parts are safe in URLs and paths.
impl std::str::FromStr for ModelId {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let error = || {
            Error::new(format!(
                "`{}` is not the id of a model on the Hugging Face Hub",
                text.escape_debug()
            ))
            .hint(
                "write `OWNER/NAME` or `OWNER/NAME@REVISION`, with letters, digits, `-`, `_` and \
                 `.`; for a folder or file, use `mentorpal vectors add PATH`",
            )
        };
        let (repo, revision) = text.split_once('@').unwrap_or((text, DEFAULT_REVISION));
        let (owner, name) = repo.split_once('/').unwrap_or((DEFAULT_OWNER, repo));
        let is_revision = revision.len() <= MAX_LENGTH && revision.split('/').all(is_plain);
        if is_plain(owner) && is_plain(name) && is_revision {
            let [owner, name, revision] = [owner, name, revision].map(str::to_owned);
            Ok(Self { owner, name, revision })
        } else {
            Err(error())
        }
    }
}

/// Whether `part` is a valid owner or name by the Hub's rules.
fn is_plain(part: &str) -> bool {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
    (1..=MAX_LENGTH).contains(&part.len())
        && part.bytes().all(is_plain)
        && !part.starts_with(['-', '.'])
        && !part.ends_with(['-', '.'])
        && !part.contains("--")
        && !part.contains("..")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_parsed() {
        for (text, shown, revision) in [
            ("a/b", "a/b", "main"),
            ("b", "sentence-transformers/b", "main"),
            ("b@v1.0", "sentence-transformers/b", "v1.0"),
            ("A_1/b.c-d@refs/pr/1", "A_1/b.c-d", "refs/pr/1"),
        ] {
            let model: ModelId = text.parse().unwrap();
            assert_eq!((model.to_string().as_str(), model.revision()), (shown, revision));
        }
    }

    #[test]
    fn names_that_are_unsafe_in_a_path_or_url_are_refused() {
        let long = format!("a/{}", "b".repeat(97));
        for text in [
            "",
            "/",
            "a/",
            "/b",
            "a/b/c",
            "./b",
            "a/..",
            "a/b@",
            "a/b@..",
            "a/b@x/../y",
            "a/b@/x",
            "a/b@x/",
            "a/b?c",
            "a/b#c",
            "a b",
            "a%2fb/c",
            "a/b@x@y",
            "a--b/c",
            "é/b",
            "a\\b",
            &long,
        ] {
            assert!(text.parse::<ModelId>().is_err(), "{text}");
        }
    }
}
