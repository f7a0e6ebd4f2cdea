//! Word vectors in use.

use std::fs::{self, File};

use finalfusion::storage::StorageView;

use super::fifu::{self, Rows};
use super::guard::Shape;
use super::manifest::Manifest;
use super::vocabulary::Vocabulary;
use crate::error::{Error, Place, Result, did_you_mean, quoted_list};
use crate::files;
use crate::publish::MANIFEST_FILE;
use crate::workspace::{Name, Workspace};

/// The file of the vectors in a vector model's folder.
pub const MODEL_FILE: &str = "model.fifu";

/// A vector a word, mapped from disk: processes that use the same model share its memory.
#[derive(Debug)]
pub struct WordVectors {
    manifest: Manifest,
    vocabulary: Vocabulary,
    rows: Rows,
}

impl WordVectors {
    /// Opens the vector model `name`. Its words are read, its vectors only mapped; no digest is
    /// checked ([`verify`](super::verify()) does).
    ///
    /// # Errors
    /// When there is none of this name, or its files are not what was added.
    pub fn open(workspace: &Workspace, name: &Name) -> Result<Self> {
        let manifest = manifest(workspace, name)?;
        let path = workspace.vector_model(name).join(MODEL_FILE);
        let shape = Shape { words: manifest.words, dims: manifest.dims };
        let is_file = fs::metadata(&path).map(|found| found.is_file());
        let opened = match is_file {
            Ok(false) => Err(Error::at(Place::file(&path), "not a file")),
            _ => File::open(&path)
                .and_then(|file| fifu::open(file, shape))
                .map_err(|e| Error::io(&path, "open the vectors", e)),
        };
        let (vocabulary, rows) =
            opened.map_err(|e| e.hint("the vector model is damaged; add it again"))?;
        Ok(Self { manifest, vocabulary, rows })
    }

    /// What is known of it.
    #[must_use]
    pub fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// How many numbers a vector has.
    #[must_use]
    pub fn dims(&self) -> usize {
        self.manifest.dims
    }

    /// The vector of `word`, `[dims]`, of unit length (or zero, where the file's was).
    #[must_use]
    pub fn embedding(&self, word: &str) -> Option<&[f32]> {
        self.rows().nth(self.vocabulary.find(word)?)
    }

    /// The `n` words nearest to `word` by cosine, nearest first, without itself; `None` where it
    /// has no vector.
    #[must_use]
    pub fn nearest(&self, word: &str, n: usize) -> Option<Vec<(&str, f32)>> {
        let own = self.vocabulary.find(word)?;
        let vector = self.embedding(word)?;
        let cosine = |row: &[f32]| row.iter().zip(vector).map(|(a, b)| a * b).sum::<f32>();
        let mut others: Vec<(usize, f32)> =
            self.rows().map(cosine).enumerate().filter(|(index, _)| *index != own).collect();
        // Equal ones in the file's order.
        others.sort_by(|a, b| b.1.total_cmp(&a.1));
        others.truncate(n);
        Some(others.into_iter().map(|(i, cosine)| (self.vocabulary.word(i), cosine)).collect())
    }

    /// The vectors in the order of the words.
    fn rows(&self) -> std::iter::Take<std::slice::ChunksExact<'_, f32>> {
        // A mapped matrix lies in one piece.
        let rows = self.rows.storage().view().to_slice().unwrap_or_default();
        rows.chunks_exact(self.dims()).take(self.vocabulary.len())
    }
}

/// Reads the manifest of the vector model `name`.
///
/// # Errors
/// When there is no such model, or its manifest cannot be used.
pub(super) fn manifest(workspace: &Workspace, name: &Name) -> Result<Manifest> {
    let folder = workspace.vector_model(name);
    if !folder.is_dir() {
        let known = super::names(workspace)?;
        let guess = did_you_mean(name.as_str(), known.iter().map(Name::as_str));
        return Err(Error::at(Place::file(folder), format!("no vector model `{name}`{guess}"))
            .hint(format!(
                "there is {}; add one: `mentorpal vectors add FILE`",
                quoted_list(known)
            )));
    }
    let path = folder.join(MANIFEST_FILE);
    let bytes = files::read(&path)
        .map_err(|e| e.hint("without a manifest the folder is no vector model of this tool"))?;
    Manifest::from_bytes(&path, &bytes, MODEL_FILE)
}
