//! Publishing a vector model, whichever verb made it.

use std::collections::BTreeMap;
use std::path::Path;

use super::embedded;
use super::manifest::{Manifest, ModelKind, Source, digest};
use super::store::{Added, record};
use crate::error::{Error, Result};
use crate::publish::{self, ItemKind, OnExisting, Staging, already_exists};
use crate::workspace::{Name, Workspace};

const KIND: ItemKind = ItemKind {
    noun: "vector model",
    hint_if_exists: "choose another with --name, or replace it with --overwrite",
};

/// What was made of what was found.
pub(super) struct BuiltModel {
    pub(super) kind: ModelKind,
    pub(super) words: Option<usize>,
    pub(super) dims: usize,
    pub(super) format: String,
    /// The file's SHA-256; none of a folder.
    pub(super) sha256: Option<String>,
    /// What is known of its licence.
    pub(super) licence: Option<String>,
    /// The files made, as paths in the folder.
    pub(super) files: Vec<String>,
}

/// Removes a vector model, damaged or not: at once as far as anybody sees, then from the disk.
/// `seen` is the manifest that it is known to have, none where that could not be read; `confirm` is
/// asked last, when it is out of sight.
///
/// # Errors
/// When its manifest is not `seen` any more, when files lie in its folder that are not part of it,
/// when `confirm` refuses, or when it cannot be moved out of sight: then it is there as before.
pub fn remove(
    workspace: &Workspace,
    name: &Name,
    seen: Option<&[u8]>,
    confirm: impl FnOnce() -> Result<()>,
) -> Result<()> {
    publish::remove(&workspace.vector_model(name), KIND, seen, confirm)
}

/// The name of a vector model: the one that was chosen, else `name`, after what it is made from.
///
/// # Errors
/// When none was chosen and `name` cannot be one.
pub(super) fn chosen_or(chosen: Option<&Name>, name: &str) -> Result<Name> {
    match chosen {
        Some(chosen) => Ok(chosen.clone()),
        None => Name::new("vector model", name).map_err(|e| e.hint("name it with --name")),
    }
}

/// Publishes as `name` what `write` puts in the folder that it is given; it says what that was
/// made from, too. One that is there is replaced where `overwrite` says so.
///
/// # Errors
/// Those of `write`; when the name is taken and not to be replaced; when the disk fails.
pub(super) fn install(
    workspace: &Workspace,
    name: &Name,
    overwrite: bool,
    write: impl FnOnce(&Path) -> Result<(String, BuiltModel)>,
) -> Result<Added> {
    embedded::refuse(name)?;
    let folder = workspace.vector_model(name);
    if !overwrite && folder.symlink_metadata().is_ok() {
        return Err(already_exists(&folder, KIND));
    }
    // Noticed before the work, not after it.
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
    let manifest = Manifest::new(made.kind, (made.words, made.dims), source, made.licence, files);
    let existing = if overwrite { OnExisting::Replace } else { OnExisting::Refuse };
    let name = name.stored_in(&workspace.vector_models());
    let folder = staging.publish(&name, &manifest.to_bytes(), existing)?;
    Ok(Added { name, folder, manifest, unverified: Vec::new() })
}
