//! An open vector model of any kind, which turns sentences into vectors.

use std::path::Path;

use super::cache::Cache;
use super::embedded::{self, EMBEDDED};
use super::encoder::{Network, SentenceEncoder};
use super::manifest::{DAMAGED, ModelKind, VectorModelManifest};
use super::sentence::{Embeddings, SentenceModel};
use super::static_vectors::{STATIC_FILE, StaticVectors};
use super::store;
use super::tokens::TokenVectors;
use super::words::WordVectors;
use crate::error::{Error, ErrorKind, Location, Result};
use crate::files;
use crate::progress::Progress;
use crate::publish::OpenedFolder;
use crate::workspace::{VectorModelName, Workspace};

/// An open vector model, which turns sentences into vectors.
#[derive(Debug)]
pub struct VectorModel {
    name: VectorModelName,
    sha256: String,
    kind: ModelKind,
    vectors: ModelVectors,
    /// The cache of sentence vectors. Only encoders have one: other kinds are faster than a cache.
    cache: Option<Cache>,
}

/// The model that computes the vectors.
#[derive(Debug)]
enum ModelVectors {
    Network(Box<SentenceEncoder>),
    Tokens(Box<dyn TokenVectors>),
}

impl VectorModel {
    /// Opens the vector model `name`. The sizes of its files are compared with the manifest, but not
    /// their digests, which [`verify`](super::verify()) checks.
    ///
    /// # Errors
    /// If no vector model has this name, or its files differ from the manifest.
    pub fn open(workspace: &Workspace, name: &VectorModelName) -> Result<Self> {
        if name.as_str() == EMBEDDED {
            return Ok(Self::embedded());
        }
        store::read_with(workspace, name, |opened, manifest| {
            Self::read(workspace, name, opened, manifest)
        })
    }

    /// Reads the vector model `name` from its folder.
    fn read(
        workspace: &Workspace,
        name: &VectorModelName,
        opened: &OpenedFolder,
        manifest: &VectorModelManifest,
    ) -> Result<Self> {
        store::check_sizes(opened, manifest)?;
        let folder = opened.path();
        let vectors = match manifest.kind {
            ModelKind::Encoder => ModelVectors::Network(Box::new(SentenceEncoder::open(folder)?)),
            ModelKind::Words => {
                ModelVectors::Tokens(Box::new(WordVectors::read(folder, manifest.clone())?))
            }
            ModelKind::Static => ModelVectors::Tokens(Box::new(static_vectors(folder)?)),
        };
        let found = vectors.sentences().dims();
        if found != manifest.dims {
            let expected = manifest.dims;
            let what = format!(
                "{found}-dimensional vectors, expected {expected} dimensions as in the manifest"
            );
            return Err(Error::at(Location::file(folder), what)
                .with_kind(ErrorKind::Corrupt)
                .hint(DAMAGED));
        }
        let (name, sha256, kind) = (name.clone(), manifest.digest(), manifest.kind);
        let cache = (kind == ModelKind::Encoder)
            .then(|| Cache::new(&workspace.vector_cache(), &sha256, found));
        Ok(Self { name, sha256, kind, vectors, cache })
    }

    /// The static vectors embedded in the program.
    #[must_use]
    pub fn embedded() -> Self {
        Self {
            name: embedded::embedded_name(),
            sha256: embedded::SHA256.to_owned(),
            kind: ModelKind::Static,
            // The clone is cheap: it borrows the vectors.
            vectors: ModelVectors::Tokens(Box::new(StaticVectors::embedded().clone())),
            cache: None,
        }
    }

    /// The model's name.
    #[must_use]
    pub fn name(&self) -> &str {
        self.name.as_str()
    }

    /// The model's digest: [`VectorModelManifest::digest`](super::VectorModelManifest::digest).
    #[must_use]
    pub fn sha256(&self) -> &str {
        &self.sha256
    }

    /// The model's kind.
    #[must_use]
    pub fn kind(&self) -> ModelKind {
        self.kind
    }

    /// The number of dimensions of a vector.
    #[must_use]
    pub fn dims(&self) -> usize {
        self.sentences().dims()
    }

    /// Returns the same vectors as [`SentenceModel::embed`]: `[texts, dims]`, in the order of
    /// `texts`. An encoder encodes only the texts that are not in its cache from this or an earlier
    /// run.
    ///
    /// # Errors
    /// The errors of [`SentenceModel::embed`].
    pub fn embed_cached(&self, texts: &[&str], progress: &dyn Progress) -> Result<Embeddings> {
        match &self.cache {
            Some(cache) => cache.embed(self.sentences(), texts, progress),
            None => self.sentences().embed(texts, progress),
        }
    }

    /// The model as a [`SentenceModel`].
    #[must_use]
    pub fn sentences(&self) -> &dyn SentenceModel {
        self.vectors.sentences()
    }

    /// The model as [`TokenVectors`], or `None` if it is a sentence encoder.
    #[must_use]
    pub fn tokens(&self) -> Option<&dyn TokenVectors> {
        match &self.vectors {
            ModelVectors::Network(_) => None,
            ModelVectors::Tokens(tokens) => Some(tokens.as_ref()),
        }
    }
}

impl ModelVectors {
    fn sentences(&self) -> &dyn SentenceModel {
        match self {
            Self::Network(encoder) => encoder.as_ref(),
            Self::Tokens(tokens) => tokens.as_ref(),
        }
    }
}

/// Reads the static vectors in `folder`.
fn static_vectors(folder: &Path) -> Result<StaticVectors> {
    let path = folder.join(STATIC_FILE);
    StaticVectors::from_bytes(&files::read(&path)?).map_err(|e| e.or_at(Location::file(path)))
}

/// Returns the `n` words of the vector model `name` nearest to `word`, with their cosine
/// similarities, nearest first. Returns `None` if `word` is not in the model's vocabulary.
///
/// # Errors
/// If no vector model has this name, if its files differ from the manifest, or if it is a sentence
/// encoder, which has no vectors of single words.
pub fn nearest(
    workspace: &Workspace,
    name: &VectorModelName,
    word: &str,
    n: usize,
) -> Result<Option<Vec<(String, f32)>>> {
    let owned = |nearest: Vec<(&str, f32)>| {
        nearest.into_iter().map(|(word, cosine)| (word.to_owned(), cosine)).collect()
    };
    if name.as_str() == EMBEDDED {
        return Ok(StaticVectors::embedded().nearest(word, n).map(owned));
    }
    if store::manifest(workspace, name)?.kind == ModelKind::Static {
        let read =
            |opened: &mut OpenedFolder, _: &VectorModelManifest| static_vectors(opened.path());
        let vectors = store::read_with(workspace, name, read)?;
        return Ok(vectors.nearest(word, n).map(owned));
    }
    Ok(WordVectors::open(workspace, name)?.nearest(word, n).map(owned))
}

/// Returns the description of the sentence encoder `name`, without reading its weights.
///
/// # Errors
/// If no vector model has this name, or its files differ from the manifest.
pub fn network(workspace: &Workspace, name: &VectorModelName) -> Result<Network> {
    store::read_with(workspace, name, |opened, manifest| {
        store::check_sizes(opened, manifest)?;
        Network::read(opened.path())
    })
}
