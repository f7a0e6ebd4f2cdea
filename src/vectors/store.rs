//! Listing and verifying vector models.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

use super::embedded::{self, EMBEDDED, embedded_manifest, embedded_name};
use super::manifest::Manifest;
use crate::error::{Error, Place, Result, did_you_mean, quoted_list};
use crate::files;
use crate::publish::{FileRecord, MANIFEST_FILE, files_below};
use crate::sha256;
use crate::workspace::{Name, Workspace, folder_names};

/// What to do about a model whose files are not what was added.
pub(crate) const DAMAGED: &str = "the vector model is damaged; add it again";

/// A vector model that is there.
#[derive(Clone, Debug)]
pub struct Added {
    /// What it is called.
    pub name: Name,
    /// Its folder.
    pub folder: PathBuf,
    /// What it holds.
    pub manifest: Manifest,
    /// The files that were downloaded without anything to verify them by; none of those that were
    /// there already.
    pub unverified: Vec<String>,
}

/// The names of the vector models, sorted. A folder without a manifest is none.
///
/// # Errors
/// When the folder cannot be listed.
pub fn names(workspace: &Workspace) -> Result<Vec<Name>> {
    let folder = workspace.vector_models();
    if !folder.is_dir() {
        return Ok(Vec::new());
    }
    let mut names = folder_names(&folder)?;
    names.retain(|name| workspace.vector_model(name).join(MANIFEST_FILE).exists());
    Ok(names)
}

/// The vector models by name; one whose manifest cannot be used is an error in its place.
///
/// # Errors
/// When the folder cannot be listed.
pub fn list(workspace: &Workspace) -> Result<Vec<Result<Added>>> {
    let added = |name: Name| {
        let manifest = manifest(workspace, &name)?;
        let (folder, unverified) = (workspace.vector_model(&name), Vec::new());
        Ok(Added { name, folder, manifest, unverified })
    };
    Ok(names(workspace)?.into_iter().map(added).collect())
}

/// Reads the manifest of the vector model `name`; of the embedded one, what it would be.
///
/// # Errors
/// When there is no such model, or its manifest cannot be used.
pub fn manifest(workspace: &Workspace, name: &Name) -> Result<Manifest> {
    if name.as_str() == EMBEDDED {
        return Ok(embedded_manifest());
    }
    let folder = workspace.vector_model(name);
    if !folder.is_dir() {
        let known = names(workspace)?;
        let guess = did_you_mean(name.as_str(), known.iter().map(Name::as_str));
        return Err(Error::at(Place::file(folder), format!("no vector model `{name}`{guess}"))
            .hint(format!(
                "there is {}; add one: `mentorpal vectors add PATH`",
                quoted_list(known)
            )));
    }
    let path = folder.join(MANIFEST_FILE);
    let bytes = files::read(&path)
        .map_err(|e| e.hint("without a manifest the folder is no vector model of this tool"))?;
    Manifest::from_bytes(&path, &bytes)
}

/// What the vector model is called here whose fingerprint, in hex, is `sha256`, if it is here.
///
/// # Errors
/// When the models cannot be listed.
pub fn of_digest(workspace: &Workspace, sha256: &str) -> Result<Option<Name>> {
    if sha256 == embedded::SHA256 {
        return Ok(Some(embedded_name()));
    }
    let mut models = list(workspace)?.into_iter().flatten();
    Ok(models.find(|model| model.manifest.digest() == sha256).map(|model| model.name))
}

/// Compares the files of a model's folder with the manifest by their sizes: enough to notice a
/// copy that was cut short, and a file that came in between.
///
/// # Errors
/// The first that differs.
pub(super) fn check_sizes(folder: &Path, manifest: &Manifest) -> Result<()> {
    let wrong = |path: &Path, what: &str| Error::at(Place::file(path), what).hint(DAMAGED);
    for (name, record) in &manifest.files {
        let path = folder.join(name);
        if let Some(what) = record.size_fault_at(&path) {
            return Err(wrong(&path, &what));
        }
    }
    match strangers(folder, manifest).first() {
        Some(stranger) => Err(wrong(&folder.join(stranger), "not in the manifest")),
        None => Ok(()),
    }
}

/// Reads the files of `name` again and compares them with the manifest: what differs, if
/// something does. The embedded model has none.
///
/// # Errors
/// When there is no such model, or its manifest cannot be used.
pub fn verify(workspace: &Workspace, name: &Name) -> Result<Option<String>> {
    if name.as_str() == EMBEDDED {
        return Ok(None);
    }
    let manifest = manifest(workspace, name)?;
    let folder = workspace.vector_model(name);
    let mut faults = Vec::new();
    for (file, expected) in &manifest.files {
        let fault = expected.fault_at(&folder.join(file));
        faults.extend(fault.map(|fault| format!("{file}: {fault}")));
    }
    for stranger in strangers(&folder, &manifest) {
        faults.push(format!("{}: not in the manifest", stranger.escape_debug()));
    }
    Ok((!faults.is_empty()).then(|| faults.join("; ")))
}

/// The size and digest of a file.
pub(super) fn record(path: &Path) -> io::Result<FileRecord> {
    let file = File::open(path)?;
    Ok(FileRecord { size: file.metadata()?.len(), sha256: sha256::digest_of(file)? })
}

/// The files of a model's folder that its manifest does not name, by path; hidden ones are passed
/// over.
fn strangers(folder: &Path, manifest: &Manifest) -> Vec<String> {
    let within = |path: PathBuf| {
        let parts = path.strip_prefix(folder).ok()?.iter();
        let names: Vec<_> = parts.map(|part| part.to_string_lossy().into_owned()).collect();
        (!names.iter().any(|name| name.starts_with('.'))).then(|| names.join("/"))
    };
    let mut found: Vec<String> = files_below(folder).into_iter().filter_map(within).collect();
    found.retain(|file| file != MANIFEST_FILE && !manifest.files.contains_key(file));
    found
}
