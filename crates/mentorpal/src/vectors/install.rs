//! Publishes vector models in the workspace, and removes them.

use std::collections::BTreeMap;
use std::path::Path;

use super::embedded;
use super::manifest::{ModelKind, Source, VectorModelManifest, digest};
use super::store::{Added, record};
use crate::error::{Error, Result};
use crate::publish::{self, ItemKind, OnExisting, Staging, already_exists};
use crate::workspace::{VectorModelName, Workspace};

const KIND: ItemKind = ItemKind {
    noun: "vector model",
    hint_if_exists: "choose another name with --name, or replace the vector model with --overwrite",
};

/// A vector model whose files are written but not published yet.
pub(super) struct BuiltModel {
    pub(super) kind: ModelKind,
    pub(super) words: Option<usize>,
    pub(super) dims: usize,
    pub(super) format: String,
    /// The SHA-256 of the source file, in hex; `None` if the source is a folder.
    pub(super) sha256: Option<String>,
    /// The licence, if known.
    pub(super) licence: Option<String>,
    /// The paths of the model's files in the folder.
    pub(super) files: Vec<String>,
}

/// Removes a vector model, which may be corrupt. Moves the model out of the workspace in one step, then
/// calls `confirm`, then deletes the files. `seen` is the content of the manifest that the caller read,
/// or `None` if the manifest could not be read.
///
/// # Errors
/// If the manifest is no longer `seen`, if the folder has files that are not part of the model, if
/// `confirm` fails, or if the model cannot be moved. In these cases the model stays unchanged.
pub fn remove(
    workspace: &Workspace,
    name: &VectorModelName,
    seen: Option<&[u8]>,
    confirm: impl FnOnce() -> Result<()>,
) -> Result<()> {
    publish::remove(&workspace.vector_model(name), KIND, seen, confirm)
}

/// Returns the chosen name of a vector model, or by default `name`.
///
/// # Errors
/// If no name was chosen and `name` is invalid.
pub(super) fn chosen_or(chosen: Option<&VectorModelName>, name: &str) -> Result<VectorModelName> {
    match chosen {
        Some(chosen) => Ok(chosen.clone()),
        None => VectorModelName::new(name).map_err(|e| e.hint("choose a name with --name")),
    }
}

/// Calls `write` with an empty folder and publishes the files that it writes there as the vector model
/// `name`. `write` returns the name of the source and the description of the model. With `overwrite`,
/// an existing model of the same name is replaced.
///
/// # Errors
/// If `write` fails, if the name exists and `overwrite` is false, or if the disk fails.
pub(super) fn install(
    workspace: &Workspace,
    name: &VectorModelName,
    overwrite: bool,
    write: impl FnOnce(&Path) -> Result<(String, BuiltModel)>,
) -> Result<Added> {
    embedded::refuse(name)?;
    let folder = workspace.vector_model(name);
    if !overwrite && folder.symlink_metadata().is_ok() {
        return Err(already_exists(&folder, KIND));
    }
    // Checked before the work, so that no work is lost.
    publish::refuse_unlisted_files(&folder, KIND, b"")?;
    let staging = Staging::begin(&workspace.vector_models(), KIND)?;
    let (origin, made) = write(staging.folder())?;
    let mut files = BTreeMap::new();
    for file in made.files {
        let path = staging.folder().join(&file);
        files.insert(file, record(&path).map_err(|e| Error::io(&path, "read the file", e))?);
    }
    let source = Source {
        file: origin,
        format: made.format,
        sha256: made.sha256.unwrap_or_else(|| digest(&files)),
    };
    let manifest =
        VectorModelManifest::new(made.kind, made.words, made.dims, source, made.licence, files);
    let existing = if overwrite { OnExisting::Replace } else { OnExisting::Refuse };
    let name = name.stored_in(&workspace.vector_models());
    let folder = staging.publish(name.as_str(), &manifest.to_bytes(), existing)?;
    Ok(Added { name, folder, manifest, unverified: Vec::new() })
}
