//! A vector model in use for sentences, whatever its kind.

use super::encoder::{Network, SentenceEncoder};
use super::manifest::ModelKind;
use super::sentence::SentenceModel;
use super::store;
use crate::error::{Error, Place, Result};
use crate::workspace::{Name, Workspace};

/// A vector model of a workspace that turns sentences into vectors.
#[derive(Debug)]
pub struct VectorModel {
    name: Name,
    sha256: String,
    kind: ModelKind,
    sentences: Box<dyn SentenceModel>,
}

impl VectorModel {
    /// Opens the vector model `name`. Its files' sizes are compared with the manifest; no digest
    /// is checked ([`verify`](super::verify()) does).
    ///
    /// # Errors
    /// When there is none of this name, its files are not what was added, or its kind has no
    /// vectors of sentences.
    pub fn open(workspace: &Workspace, name: &Name) -> Result<Self> {
        let manifest = store::manifest(workspace, name)?;
        let folder = workspace.vector_model(name);
        store::check_sizes(&folder, &manifest)?;
        let sentences: Box<dyn SentenceModel> = match manifest.kind {
            ModelKind::Encoder => Box::new(SentenceEncoder::open(&folder)?),
            kind @ (ModelKind::Words | ModelKind::Static) => {
                let what = format!("vector model `{name}` is of kind {kind}");
                return Err(Error::at(Place::file(&folder), what)
                    .hint("sentences need a vector model of kind encoder"));
            }
        };
        if sentences.dims() != manifest.dims {
            let (found, expected) = (sentences.dims(), manifest.dims);
            let what = format!("vectors of {found} numbers, the manifest says {expected}");
            return Err(Error::at(Place::file(&folder), what).hint(store::DAMAGED));
        }
        let (name, sha256, kind) = (name.clone(), manifest.digest(), manifest.kind);
        Ok(Self { name, sha256, kind, sentences })
    }

    /// What it is called.
    #[must_use]
    pub fn name(&self) -> &str {
        self.name.as_str()
    }

    /// Its fingerprint: [`Manifest::digest`](super::Manifest::digest).
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
        self.sentences.dims()
    }

    /// What turns sentences into vectors.
    #[must_use]
    pub fn sentences(&self) -> &dyn SentenceModel {
        self.sentences.as_ref()
    }
}

/// What the sentence encoder `name` is like. Its weights are not read.
///
/// # Errors
/// When there is none of this name, or its files are not what was added.
pub fn network(workspace: &Workspace, name: &Name) -> Result<Network> {
    let manifest = store::manifest(workspace, name)?;
    let folder = workspace.vector_model(name);
    store::check_sizes(&folder, &manifest)?;
    Network::read(&folder)
}
