//! `manifest.json`: what a vector model is and where it came from.

use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::encoder;
use super::static_vectors::STATIC_FILE;
use crate::error::{Error, Location, Result};
use crate::files::pretty_json;
use crate::publish::{self, FileRecord};
use crate::sha256;

/// The vector file of a word-vector model.
pub(super) const MODEL_FILE: &str = "model.fifu";

/// The hint for a model whose files differ from its manifest.
pub(crate) const DAMAGED: &str = "the vector model is damaged; add it again";

/// The version of the format that this program writes.
const FORMAT: u32 = 1;

/// What a vector model gives vectors to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ModelKind {
    /// One vector per word.
    Words,
    /// Sentence vectors, each the sum of one vector per token.
    Static,
    /// Sentences, by a network.
    Encoder,
}

impl ModelKind {
    /// What it is called.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Words => "words",
            Self::Static => "static",
            Self::Encoder => "encoder",
        }
    }

    /// Whether a model of this kind may have the file `path`; none of these leaves its folder.
    fn may_have(self, path: &str) -> bool {
        match self {
            Self::Words => path == MODEL_FILE,
            Self::Static => path == STATIC_FILE,
            Self::Encoder => encoder::is_file_name(path),
        }
    }
}

impl fmt::Display for ModelKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// What a vector model holds. The same file added twice gives the same bytes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Manifest {
    /// Version of the format, now 1.
    pub format: u32,
    /// What has vectors.
    pub kind: ModelKind,
    /// How many numbers a vector has.
    pub dims: usize,
    /// How many words (or tokens) have one; an encoder has none of its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub words: Option<usize>,
    /// What it was made from.
    pub source: Source,
    /// What is known of its licence.
    pub licence: Option<String>,
    /// The version of mentorpal that added it.
    pub version: String,
    /// Every file but this one, by its path in the folder, `/` between its parts.
    pub files: BTreeMap<String, FileRecord>,
}

/// The file or folder that a vector model was made from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Source {
    /// Its name, without folders; of one from the Hub `OWNER/NAME@COMMIT`, of static vectors the
    /// encoder's name.
    pub file: String,
    /// What it was found to be, for instance `word2vec binary`.
    pub format: String,
    /// Its SHA-256, in hex; of a folder, or on the Hub, made of the files taken as by [`Manifest::digest`];
    /// of static vectors that of the encoder's weights.
    pub sha256: String,
}

impl Manifest {
    /// The manifest of a model with vectors of `shape`, made by this program.
    pub(super) fn new(
        kind: ModelKind,
        (words, dims): (Option<usize>, usize),
        source: Source,
        licence: Option<String>,
        files: BTreeMap<String, FileRecord>,
    ) -> Self {
        let version = env!("CARGO_PKG_VERSION").to_owned();
        Self { format: FORMAT, kind, dims, words, source, licence, version, files }
    }

    /// The model's digest, in hex: the SHA-256 of its file; of several files, that of the lines
    /// `<sha256>  <path>` in the order of their paths, each with a line feed.
    #[must_use]
    pub fn digest(&self) -> String {
        digest(&self.files)
    }

    /// How many bytes its files have.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.files.values().map(|file| file.size).sum()
    }

    /// The manifest as it stands on disk.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        pretty_json(self)
    }

    /// Reads the manifest at `path` (for messages) from `bytes`.
    ///
    /// # Errors
    /// When it is no manifest, is of another format or kind, or names files that no such model
    /// has.
    pub fn from_bytes(path: &Path, bytes: &[u8]) -> Result<Self> {
        let fault = |message: String| {
            Error::at(Location::file(path), message)
                .hint("the vector model is damaged or of another version; add it again")
        };
        let manifest: Self = serde_json::from_slice(bytes)
            .map_err(|e| fault("not a manifest".to_owned()).caused_by(e))?;
        let Self { format, kind, dims, words, files, .. } = &manifest;
        if *format != FORMAT {
            return Err(fault(format!("manifest format {format}, expected {FORMAT}")));
        }
        if *dims == 0 || (*kind == ModelKind::Words && words.is_none()) {
            return Err(fault("no number of words, or vectors of no numbers".to_owned()));
        }
        if let Some(file) = files.keys().find(|file| !kind.may_have(file)) {
            let file = file.escape_debug();
            return Err(fault(format!("names the file `{file}`, which no model of {kind} has")));
        }
        if files.is_empty() {
            return Err(fault("names no file".to_owned()));
        }
        // A digest becomes part of a path.
        if let Some(what) = publish::files_fault(files) {
            return Err(fault(what.to_owned()));
        }
        Ok(manifest)
    }
}

/// The SHA-256 of one file; of several that of the lines `<sha256>  <path>` in the order of their
/// paths, each with a line feed, as `sha256sum` prints them.
pub(super) fn digest(files: &BTreeMap<String, FileRecord>) -> String {
    if let (1, Some(record)) = (files.len(), files.values().next()) {
        return record.sha256.clone();
    }
    let lines: Vec<_> =
        files.iter().map(|(path, record)| format!("{}  {path}\n", record.sha256)).collect();
    sha256::digest(lines.concat().as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn manifest(kind: &str, files: &str) -> Result<Manifest> {
        let text = format!(
            r#"{{"format": 1, "kind": "{kind}", "dims": 2, "words": 3,
                "source": {{"file": "a", "format": "b", "sha256": "c"}}, "licence": null,
                "version": "0.1.0", "files": {files}}}"#
        );
        Manifest::from_bytes(Path::new("manifest.json"), text.as_bytes())
    }

    // `printf '%s  config.json\n%s  model.safetensors\n' $a $b | sha256sum`, where `$a` is 64
    // times `a`, `$b` 64 times `b`.
    #[test]
    fn the_digest_of_several_files_is_that_of_a_list_of_them() {
        let (a, b) = ("a".repeat(64), "b".repeat(64));
        let one = format!(r#"{{"model.fifu": {{"size": 1, "sha256": "{a}"}}}}"#);
        assert_eq!(manifest("words", &one).unwrap().digest(), a);
        let two = format!(
            r#"{{"model.safetensors": {{"size": 1, "sha256": "{b}"}},
                "config.json": {{"size": 2, "sha256": "{a}"}}}}"#
        );
        let two = manifest("encoder", &two).unwrap();
        assert_eq!(
            two.digest(),
            "ec42778ed6f67998b2da55f1f1b34a47e6055a12b9a1b43bd7e228a4c93ae874"
        );
        assert_eq!(two.size(), 3);
    }

    #[test]
    fn a_path_or_digest_that_could_leave_the_folder_is_refused() {
        let a = "a".repeat(64);
        for path in ["../config.json", "/config.json", "a/b/config.json", "./config.json", ""] {
            let files = format!(r#"{{"{path}": {{"size": 1, "sha256": "{a}"}}}}"#);
            let error = manifest("encoder", &files).unwrap_err();
            assert!(error.reason().contains("which no model of encoder has"), "{path}: {error}");
        }
        for digest in ["../../x", ""] {
            let files = format!(r#"{{"config.json": {{"size": 1, "sha256": "{digest}"}}}}"#);
            let error = manifest("encoder", &files).unwrap_err();
            assert!(error.reason().contains("without a valid SHA-256"), "{digest}: {error}");
        }
        assert!(manifest("words", "{}").is_err());
        let file =
            |name: &str, size: u64| format!(r#""{name}": {{"size": {size}, "sha256": "{a}"}}"#);
        let two = |size: u64| {
            format!("{{{}, {}}}", file("config.json", 1), file("model.safetensors", size))
        };
        assert_eq!(manifest("encoder", &two((1 << 60) - 1)).unwrap().size(), 1 << 60);
        for size in [1 << 60, u64::MAX] {
            let error = manifest("encoder", &two(size)).unwrap_err();
            assert!(error.reason().contains("impossibly large total size"), "{size}: {error}");
        }
        assert!(manifest("cats", "{}").unwrap_err().reason().contains("cats"));
    }
}
