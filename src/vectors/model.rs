//! A vector model in use for sentences, whatever its kind.

use std::path::Path;

use super::cache::Cache;
use super::embedded::{self, EMBEDDED};
use super::encoder::{Network, SentenceEncoder};
use super::manifest::{DAMAGED, Manifest, ModelKind};
use super::sentence::{Embeddings, SentenceModel};
use super::static_vectors::{STATIC_FILE, StaticVectors};
use super::store;
use super::tokens::TokenVectors;
use super::words::WordVectors;
use crate::error::{Error, Location, Result};
use crate::files;
use crate::progress::Progress;
use crate::publish::OpenedFolder;
use crate::workspace::{Name, Workspace};

/// A vector model of a workspace that turns sentences into vectors.
#[derive(Debug)]
pub struct VectorModel {
    name: Name,
    sha256: String,
    kind: ModelKind,
    vectors: Vectors,
    /// Where vectors of texts are kept; others than encoders are faster than that.
    cache: Option<Cache>,
}

/// What makes the vectors.
#[derive(Debug)]
enum Vectors {
    Network(Box<SentenceEncoder>),
    Tokens(Box<dyn TokenVectors>),
}

impl VectorModel {
    /// Opens the vector model `name`. Its files' sizes are compared with the manifest; no digest
    /// is checked ([`verify`](super::verify()) does).
    ///
    /// # Errors
    /// When there is none of this name, or its files are not what was added.
    pub fn open(workspace: &Workspace, name: &Name) -> Result<Self> {
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
        name: &Name,
        opened: &OpenedFolder,
        manifest: &Manifest,
    ) -> Result<Self> {
        store::check_sizes(opened, manifest)?;
        let folder = opened.path();
        let vectors = match manifest.kind {
            ModelKind::Encoder => Vectors::Network(Box::new(SentenceEncoder::open(folder)?)),
            ModelKind::Words => {
                Vectors::Tokens(Box::new(WordVectors::read(folder, manifest.clone())?))
            }
            ModelKind::Static => Vectors::Tokens(Box::new(static_vectors(folder)?)),
        };
        let found = vectors.sentences().dims();
        if found != manifest.dims {
            let expected = manifest.dims;
            let what = format!("vectors of {found} numbers, the manifest says {expected}");
            return Err(Error::at(Location::file(folder), what).hint(DAMAGED));
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
            // What is cloned is small: the vectors are borrowed.
            vectors: Vectors::Tokens(Box::new(StaticVectors::embedded().clone())),
            cache: None,
        }
    }

    /// What it is called.
    #[must_use]
    pub fn name(&self) -> &str {
        self.name.as_str()
    }

    /// Its digest: [`Manifest::digest`](super::Manifest::digest).
    #[must_use]
    pub fn sha256(&self) -> &str {
        &self.sha256
    }

    /// What it gives vectors to.
    #[must_use]
    pub fn kind(&self) -> ModelKind {
        self.kind
    }

    /// How many numbers a vector has.
    #[must_use]
    pub fn dims(&self) -> usize {
        self.sentences().dims()
    }

    /// A vector a text, in the order of `texts`, as [`SentenceModel::embed`] gives them. An
    /// encoder only encodes texts that it has not met before, in this run or another.
    ///
    /// # Errors
    /// As there.
    pub fn embed_cached(&self, texts: &[&str], progress: &dyn Progress) -> Result<Embeddings> {
        match &self.cache {
            Some(cache) => cache.embed(self.sentences(), texts, progress),
            None => self.sentences().embed(texts, progress),
        }
    }

    /// What turns sentences into vectors.
    #[must_use]
    pub fn sentences(&self) -> &dyn SentenceModel {
        self.vectors.sentences()
    }

    /// The token vectors, if the model is not a network.
    #[must_use]
    pub fn tokens(&self) -> Option<&dyn TokenVectors> {
        match &self.vectors {
            Vectors::Network(_) => None,
            Vectors::Tokens(tokens) => Some(tokens.as_ref()),
        }
    }
}

impl Vectors {
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

/// The `n` words of the vector model `name` nearest to `word` by cosine, nearest first; `None`
/// where it does not know `word`.
///
/// # Errors
/// When there is no such model, its files are not what was added, or it is a network, which knows
/// no words by themselves.
pub fn nearest(
    workspace: &Workspace,
    name: &Name,
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
        let read = |opened: &mut OpenedFolder, _: &Manifest| static_vectors(opened.path());
        let vectors = store::read_with(workspace, name, read)?;
        return Ok(vectors.nearest(word, n).map(owned));
    }
    Ok(WordVectors::open(workspace, name)?.nearest(word, n).map(owned))
}

/// What the sentence encoder `name` is like. Its weights are not read.
///
/// # Errors
/// When there is none of this name, or its files are not what was added.
pub fn network(workspace: &Workspace, name: &Name) -> Result<Network> {
    store::read_with(workspace, name, |opened, manifest| {
        store::check_sizes(opened, manifest)?;
        Network::read(opened.path())
    })
}
