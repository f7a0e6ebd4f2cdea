//! `manifest.json`, which describes a vector model: its kind, its files and its source.

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
pub const DAMAGED: &str = "the vector model is corrupt; add it again";

/// The version of the format that this program writes.
const FORMAT: u32 = 1;

/// The kind of a vector model.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ModelKind {
    /// Word vectors: one vector per word.
    Words,
    /// Static embeddings: one vector per token, whose sum is the vector of a sentence.
    Static,
    /// A sentence encoder, which computes the vector of a sentence with a neural network.
    Encoder,
}

impl ModelKind {
    /// The name of the kind, as in the manifest.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Words => "words",
            Self::Static => "static",
            Self::Encoder => "encoder",
        }
    }

    /// Whether a model of this kind may have the file `path`. All allowed paths lie in the model's
    /// folder.
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

/// The description of a vector model. Adding the same file twice gives the same bytes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct VectorModelManifest {
    /// The version of the manifest's format, currently 1.
    pub format: u32,
    /// The kind of the model.
    pub kind: ModelKind,
    /// The number of dimensions of a vector.
    pub dims: usize,
    /// The number of words (or tokens) with a vector; `None` for a sentence encoder.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub words: Option<usize>,
    /// The file or folder from which the model was made.
    pub source: Source,
    /// The licence, if known.
    pub licence: Option<String>,
    /// The version of mentorpal that added the model.
    pub version: String,
    /// The files of the model, without the manifest, by their paths in the folder, with `/` as the
    /// separator.
    pub files: BTreeMap<String, FileRecord>,
}

/// The file or folder from which a vector model was made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Source {
    /// The name, without parent folders. For a model from the Hub: `OWNER/NAME@COMMIT`. For distilled
    /// static vectors: the encoder's name.
    pub file: String,
    /// The detected format, for example `word2vec binary`.
    pub format: String,
    /// The SHA-256 of the file, in hex. For a folder or a model from the Hub: the digest of the copied
    /// files, as by [`VectorModelManifest::digest`]. For distilled static vectors: the SHA-256 of the encoder's
    /// weights.
    pub sha256: String,
}

impl VectorModelManifest {
    /// Creates the manifest of a model with `words` vectors of `dims` numbers, added by this version of
    /// the program.
    pub(super) fn new(
        kind: ModelKind,
        words: Option<usize>,
        dims: usize,
        source: Source,
        licence: Option<String>,
        files: BTreeMap<String, FileRecord>,
    ) -> Self {
        let version = env!("CARGO_PKG_VERSION").to_owned();
        Self { format: FORMAT, kind, dims, words, source, licence, version, files }
    }

    /// Returns the model's digest, in hex. For a model of one file, this is the file's SHA-256. For a
    /// model of several files, this is the SHA-256 of one line `<sha256>  <path>` per file, sorted by
    /// path, each ending in a line feed.
    #[must_use]
    pub fn digest(&self) -> String {
        digest(&self.files)
    }

    /// The total size of the model's files, in bytes.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.files.values().map(|file| file.size).sum()
    }

    /// Returns the content of `manifest.json`.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        pretty_json(self)
    }

    /// Parses the manifest `bytes`. `path` is its location, for messages.
    ///
    /// # Errors
    /// If `bytes` is not a manifest, has another version of the format, or lists files that a model of
    /// its kind cannot have.
    pub fn from_bytes(path: &Path, bytes: &[u8]) -> Result<Self> {
        let fault = |message: String| {
            Error::at(Location::file(path), message)
                .hint("the vector model is corrupt or of another version; add it again")
        };
        let manifest: Self = serde_json::from_slice(bytes)
            .map_err(|e| fault("not a manifest".to_owned()).caused_by(e))?;
        let Self { format, kind, dims, words, files, .. } = &manifest;
        if *format != FORMAT {
            return Err(fault(format!("manifest format {format}, expected {FORMAT}")));
        }
        if *dims == 0 || (*kind == ModelKind::Words && words.is_none()) {
            return Err(fault(
                "the number of words is missing, or the number of dimensions is 0".to_owned(),
            ));
        }
        if let Some(file) = files.keys().find(|file| !kind.may_have(file)) {
            let file = file.escape_debug();
            return Err(fault(format!(
                "lists the file `{file}`, which a model of kind `{kind}` cannot have"
            )));
        }
        if files.is_empty() {
            return Err(fault("lists no files".to_owned()));
        }
        // Digests become parts of paths, so they must be valid.
        if let Some(what) = publish::files_fault(files) {
            return Err(fault(what.to_owned()));
        }
        Ok(manifest)
    }
}

/// Returns the digest of a model with these files, as [`VectorModelManifest::digest`] defines it. The lines are
/// those that `sha256sum` prints.
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

    fn manifest(kind: &str, files: &str) -> Result<VectorModelManifest> {
        let text = format!(
            r#"{{"format": 1, "kind": "{kind}", "dims": 2, "words": 3,
                "source": {{"file": "a", "format": "b", "sha256": "c"}}, "licence": null,
                "version": "0.1.0", "files": {files}}}"#
        );
        VectorModelManifest::from_bytes(Path::new("manifest.json"), text.as_bytes())
    }

    // The expected digest is the output of
    // `printf '%s  config.json\n%s  model.safetensors\n' $a $b | sha256sum`, where `$a` is `a` repeated
    // 64 times and `$b` is `b` repeated 64 times.
    #[test]
    fn the_digest_of_several_files_is_that_of_their_sha256sum_lines() {
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
            assert!(
                error.reason().contains("which a model of kind `encoder` cannot have"),
                "{path}: {error}"
            );
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
            assert!(error.reason().contains("total size of the listed files"), "{size}: {error}");
        }
        assert!(manifest("cats", "{}").unwrap_err().reason().contains("cats"));
    }
}
