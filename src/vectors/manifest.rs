//! `manifest.json`: what a vector model is and where it came from.

use std::collections::BTreeMap;
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::error::{Error, Place, Result};
use crate::publish::{self, FileRecord};

/// The version of the format that this program writes.
const FORMAT: u32 = 1;

/// The only kind there is yet.
const WORDS: &str = "words";

/// What a vector model holds. The same file added twice gives the same bytes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Manifest {
    /// Version of the format, now 1.
    pub format: u32,
    /// `words`: a vector a word.
    pub kind: String,
    /// How many numbers a vector has.
    pub dims: usize,
    /// How many words have one.
    pub words: usize,
    /// The file it was made from.
    pub source: Source,
    /// What is known of its licence.
    pub licence: Option<String>,
    /// The version of mentorpal that added it.
    pub version: String,
    /// Every file but this one, by name.
    pub files: BTreeMap<String, FileRecord>,
}

/// The file that a vector model was made from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Source {
    /// Its name, without folders.
    pub file: String,
    /// What it was found to be: [`Format::name`](super::Format::name).
    pub format: String,
    /// Its SHA-256, in hex.
    pub sha256: String,
}

impl Manifest {
    /// The manifest of a model that holds `file`, called `name`.
    pub(super) fn new(
        (words, dims): (usize, usize),
        source: Source,
        licence: Option<String>,
        (name, file): (&str, FileRecord),
    ) -> Self {
        Self {
            format: FORMAT,
            kind: WORDS.to_owned(),
            dims,
            words,
            source,
            licence,
            version: env!("CARGO_PKG_VERSION").to_owned(),
            files: BTreeMap::from([(name.to_owned(), file)]),
        }
    }

    /// The manifest as it stands on disk.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        publish::json_file(self)
    }

    /// Reads the manifest at `path` (for messages) from `bytes`; it names the file `model`.
    ///
    /// # Errors
    /// When it is no manifest, or is of another format or kind.
    pub(super) fn from_bytes(path: &Path, bytes: &[u8], model: &str) -> Result<Self> {
        let fault = |message: String| {
            Error::at(Place::file(path), message)
                .hint("the vector model is damaged or of another version; add it again")
        };
        let manifest: Self = serde_json::from_slice(bytes)
            .map_err(|e| fault("not a manifest".to_owned()).caused_by(e))?;
        if manifest.format != FORMAT || manifest.kind != WORDS {
            let (format, kind) = (manifest.format, manifest.kind.escape_debug());
            return Err(fault(format!(
                "manifest format {format} of kind `{kind}`, expected {FORMAT} of kind `{WORDS}`"
            )));
        }
        if !manifest.files.keys().eq([model]) {
            return Err(fault(format!("expected one file, `{model}`")));
        }
        Ok(manifest)
    }
}
