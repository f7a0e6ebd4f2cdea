//! An open word-vector model.

use std::path::Path;

use super::finalfusion_file::{self, MappedVectors};
use super::formats::TableShape;
use super::manifest::{DAMAGED, MODEL_FILE, ModelKind, VectorModelManifest};
use super::sentence::{Embeddings, SentenceModel, cosine, dot, root};
use super::store::{manifest, read_with};
use super::tokens::{self, TokenVectors};
use super::vocabulary::Vocabulary;
use crate::error::{Error, ErrorKind, Location, Result};
use crate::files;
use crate::progress::Progress;
use crate::workspace::{VectorModelName, Workspace};

/// A model with one vector per word. The vectors are memory-mapped, so processes that use the same
/// model share its memory.
#[derive(Debug)]
pub struct WordVectors {
    manifest: VectorModelManifest,
    vocabulary: Vocabulary,
    vectors: MappedVectors,
}

impl WordVectors {
    /// Opens the vector model `name`: reads its words and maps its vectors. Digests are not checked;
    /// [`verify`](super::verify()) checks them.
    ///
    /// # Errors
    /// If no word-vector model has this name, or its files differ from the manifest.
    pub fn open(workspace: &Workspace, name: &VectorModelName) -> Result<Self> {
        // The embedded model is of another kind, so it is rejected here.
        let kind = manifest(workspace, name)?.kind;
        if kind != ModelKind::Words {
            let what = format!("vector model `{name}` is of kind `{kind}`, expected `words`");
            return Err(Error::at(Location::file(workspace.vector_model(name)), what)
                .hint("choose word vectors; `mentorpal vectors list` shows the kinds"));
        }
        read_with(workspace, name, |opened, manifest| Self::read(opened.path(), manifest.clone()))
    }

    /// Opens the word vectors in `folder`, which `manifest` describes.
    ///
    /// # Errors
    /// If the file cannot be opened, or does not have the shape that the manifest declares.
    pub(super) fn read(folder: &Path, manifest: VectorModelManifest) -> Result<Self> {
        let path = folder.join(MODEL_FILE);
        let words = manifest.words.unwrap_or_default();
        let shape = TableShape { words, dims: manifest.dims };
        files::refuse_pointer(&path)?;
        let (vocabulary, vectors) = finalfusion_file::open(&path, shape)
            .map_err(|e| Error::io(&path, "open the vectors", e).hint(DAMAGED))?;
        Ok(Self { manifest, vocabulary, vectors })
    }

    /// The model's manifest.
    #[must_use]
    pub fn manifest(&self) -> &VectorModelManifest {
        &self.manifest
    }

    /// The number of dimensions of a vector.
    #[must_use]
    pub fn dims(&self) -> usize {
        self.manifest.dims
    }

    /// Returns the vector of `word`, `[dims]`, equal to the one in the original file up to rounding.
    #[must_use]
    pub fn embedding(&self, word: &str) -> Option<&[f32]> {
        self.vectors.rows().nth(self.vocabulary.find(word)?)
    }

    /// Returns the `n` other words nearest to `word`, with their cosine similarities, nearest first.
    /// Returns `None` if `word` has no vector.
    #[must_use]
    pub fn nearest(&self, word: &str, n: usize) -> Option<Vec<(&str, f32)>> {
        let own = self.vocabulary.find(word)?;
        let vector = self.embedding(word)?;
        let mut others: Vec<(usize, f32)> = self
            .vectors
            .rows()
            .map(|row| cosine(row, vector))
            .enumerate()
            .filter(|(index, _)| *index != own)
            .collect();
        // A stable sort: words with equal similarities stay in the order of the file.
        others.sort_by(|a, b| b.1.total_cmp(&a.1));
        others.truncate(n);
        Some(others.into_iter().map(|(i, cosine)| (self.vocabulary.word(i), cosine)).collect())
    }
}

/// Returns the `n`-th harmonic number, by the first terms of its asymptotic expansion.
fn harmonic(n: usize) -> f64 {
    const EULER: f64 = 0.577_215_664_901_532_9;
    let n = n as f64;
    n.ln() + EULER + 1.0 / (2.0 * n) - 1.0 / (12.0 * n * n)
}

impl TokenVectors for WordVectors {
    /// The tokens are the words of the text, sanitized as by [`sanitize`](crate::text::sanitize),
    /// except that non-ASCII letters are kept. Each word is looked up unchanged, then in lower case.
    fn tokens(&self, text: &str) -> Embeddings {
        let harmonic = harmonic(self.vocabulary.len());
        let mut numbers = Vec::new();
        for word in text.split_whitespace() {
            let word: String = word.chars().filter(|c| c.is_alphanumeric()).collect();
            let found = self.vocabulary.find(&word);
            let found = found.or_else(|| self.vocabulary.find(&word.to_lowercase()));
            let Some(index) = found else { continue };
            let row = self.vectors.rows().nth(index).unwrap_or_default();
            let length = root(dot(row, row));
            let weight = tokens::weight(index + 1, harmonic);
            numbers
                .extend(row.iter().map(|x| if length > 0.0 { x * (weight / length) } else { 0.0 }));
        }
        Embeddings::new(self.dims(), numbers)
    }

    /// The lookup is case-sensitive. The vector is equal to the one in the original file up to
    /// rounding.
    fn word(&self, word: &str) -> Option<Vec<f32>> {
        self.embedding(word).map(<[f32]>::to_vec)
    }
}

impl SentenceModel for WordVectors {
    fn dims(&self) -> usize {
        self.manifest.dims
    }

    fn embed(&self, texts: &[&str], progress: &dyn Progress) -> Result<Embeddings> {
        let vectors = tokens::embed(self, texts, progress);
        // Opening the model does not read the numbers, so they are checked here.
        if vectors.numbers().iter().all(|number| number.is_finite()) {
            return Ok(vectors);
        }
        Err(Error::new("the word vectors contain a value that is not a finite number")
            .with_kind(ErrorKind::Corrupt)
            .hint(DAMAGED))
    }
}
