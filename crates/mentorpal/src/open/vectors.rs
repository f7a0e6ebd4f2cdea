//! Finds the vector model to train with, and the one that a checkpoint needs.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use crate::checkpoint::legacy::LegacyCheckpoint;
use crate::checkpoint::{Checkpoint, CheckpointKind, VectorsRecord};
use crate::classifiers::Vectors;
use crate::config::NO_VECTORS;
use crate::error::{Error, ErrorKind, Location, Result};
use crate::text::format::shell_word;
use crate::vectors::{self, EMBEDDED, VectorModel};
use crate::workspace::{VectorModelName, Workspace};

/// Opens the vector model to train with: `name`, or the embedded one if that is `None`. The name `none`
/// ([`NO_VECTORS`]) stands for training without vectors.
///
/// # Errors
/// If there is no vector model of this name, or it cannot be used.
pub fn training_vectors(workspace: &Workspace, name: Option<&VectorModelName>) -> Result<Vectors> {
    match name {
        None => Ok(Some(Arc::new(VectorModel::embedded()))),
        Some(name) if name.as_str() == NO_VECTORS => Ok(None),
        Some(name) => Ok(Some(Arc::new(VectorModel::open(workspace, name)?))),
    }
}

/// Opens the vector model that a checkpoint was trained with. It is found by its digest, under any name.
///
/// # Errors
/// If the vector model is not in the workspace ([`ErrorKind::NotFound`]), or cannot be used.
pub fn checkpoint_vectors(workspace: &Workspace, checkpoint: &Checkpoint) -> Result<Vectors> {
    let manifest = match &checkpoint.kind {
        CheckpointKind::Published(manifest) => manifest,
        CheckpointKind::Legacy(legacy) => return legacy_vectors(workspace, legacy),
    };
    let Some(record) = &manifest.vectors else { return Ok(None) };
    match vectors::find_by_digest(workspace, &record.sha256)? {
        Some(name) => training_vectors(workspace, Some(&name)),
        None => Err(missing_vectors(workspace, checkpoint, record)),
    }
}

/// Opens the vector model of each checkpoint. A model that several checkpoints need is opened once.
pub(super) fn vectors_of_all(
    workspace: &Workspace,
    checkpoints: &[Checkpoint],
) -> Result<Vec<Vectors>> {
    let digest = |checkpoint: &Checkpoint| match &checkpoint.kind {
        CheckpointKind::Published(manifest) => manifest.vectors.as_ref().map(|v| v.sha256.clone()),
        CheckpointKind::Legacy(_) => None,
    };
    let mut opened: BTreeMap<String, Vectors> = BTreeMap::new();
    let open = |checkpoint: &Checkpoint| {
        let Some(digest) = digest(checkpoint) else {
            return checkpoint_vectors(workspace, checkpoint);
        };
        if let Some(model) = opened.get(&digest) {
            return Ok(model.clone());
        }
        let model = checkpoint_vectors(workspace, checkpoint)?;
        opened.insert(digest, model.clone());
        Ok(model)
    };
    checkpoints.iter().map(open).collect()
}

fn missing_vectors(
    workspace: &Workspace,
    checkpoint: &Checkpoint,
    record: &VectorsRecord,
) -> Error {
    let VectorsRecord { name, kind, sha256 } = record;
    let name = name.escape_debug().to_string();
    let message = format!(
        "checkpoint `{}` was trained with the vector model `{name}` ({kind}, SHA-256 {sha256}), \
         which is missing in the workspace",
        checkpoint.name
    );
    let hint = if name == EMBEDDED {
        "train the checkpoint again: it needs the embedded vector model of another version of \
         mentorpal"
            .to_owned()
    } else {
        format!(
            "install this vector model under any name: `mentorpal vectors add PATH` or `mentorpal \
             vectors download {}`",
            shell_word(&name)
        )
    };
    Error::at(Location::file(workspace.vector_models()), message)
        .with_kind(ErrorKind::NotFound)
        .hint(hint)
}

/// Opens the word vectors of a checkpoint of the Python pipeline: the vector model that has the name of their
/// file, without its extension.
///
/// # Errors
/// If the checkpoint does not name its word vectors, there is no vector model of this name
/// ([`ErrorKind::NotFound`]), or it cannot be used.
pub fn legacy_vectors(workspace: &Workspace, legacy: &LegacyCheckpoint) -> Result<Vectors> {
    let file = legacy.vectors()?;
    let stem = Path::new(&file).file_stem().unwrap_or_default().to_string_lossy();
    let known = vectors::names(workspace)?;
    if let Some(name) = known.iter().find(|name| name.is(&stem)) {
        return Ok(Some(Arc::new(VectorModel::open(workspace, name)?)));
    }
    let file = file.escape_debug().to_string();
    let what = format!(
        "the checkpoint was trained with the word vectors `{file}`, which are missing in the \
         workspace"
    );
    let hint = format!(
        "add the word vectors: `mentorpal vectors add PATH/{}`; if the workspace has them under \
         another name, import the checkpoint: `mentorpal checkpoints import {} --vectors NAME \
         --checkpoint NAME`",
        shell_word(&file),
        shell_word(&legacy.folder.display().to_string())
    );
    Err(Error::at(Location::file(&legacy.folder), what).with_kind(ErrorKind::NotFound).hint(hint))
}

/// Whether the vector model that a checkpoint was trained with is in the workspace. Its files are not read.
///
/// # Errors
/// If the checkpoint has no manifest, or the vector models cannot be listed.
pub fn find_checkpoint_vectors(
    workspace: &Workspace,
    checkpoint: &Checkpoint,
) -> Result<VectorsFound> {
    let Some(record) = &checkpoint.manifest()?.vectors else { return Ok(VectorsFound::NotNeeded) };
    Ok(match vectors::find_by_digest(workspace, &record.sha256)? {
        None => VectorsFound::Missing,
        Some(name) if name.as_str() == EMBEDDED => VectorsFound::NotNeeded,
        Some(name) => VectorsFound::Installed(name),
    })
}

/// The result of [`find_checkpoint_vectors`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum VectorsFound {
    /// The checkpoint needs no vector model, or the embedded one.
    NotNeeded,
    /// The vector model has this name in the workspace.
    Installed(VectorModelName),
    /// The vector model is not in the workspace.
    Missing,
}
