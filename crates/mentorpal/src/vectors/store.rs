//! Lists, reads and verifies the vector models of a workspace.

use std::io;
use std::path::{Path, PathBuf};

use super::embedded::{self, EMBEDDED, embedded_manifest, embedded_name};
use super::manifest::{DAMAGED, VectorModelManifest};
use crate::error::{Error, ErrorKind, Location, Result};
use crate::files;
use crate::publish::{FileRecord, MANIFEST_FILE, OpenedFolder};
use crate::sha256;
use crate::text::format::{did_you_mean, quoted_list};
use crate::workspace::{VectorModelName, Workspace, folder_names};

/// The maximum number of attempts to read a model that another run replaces during the reading.
const ATTEMPTS: usize = 20;

/// A vector model of a workspace.
#[derive(Clone, Debug)]
pub struct Added {
    /// The model's name.
    pub name: VectorModelName,
    /// The model's folder.
    pub folder: PathBuf,
    /// The model's manifest.
    pub manifest: VectorModelManifest,
    /// The files that this run downloaded without a digest to verify them against.
    pub unverified: Vec<String>,
}

/// Returns the names of the vector models, sorted. Folders without a manifest are ignored.
///
/// # Errors
/// If the folder of the vector models cannot be listed.
pub fn names(workspace: &Workspace) -> Result<Vec<VectorModelName>> {
    let folder = workspace.vector_models();
    if !folder.is_dir() {
        return Ok(Vec::new());
    }
    let mut names = folder_names(&folder)?;
    names.retain(|name| workspace.vector_model(name).join(MANIFEST_FILE).exists());
    Ok(names)
}

/// Returns the vector models, sorted by name. A model whose manifest is invalid yields an error in its
/// place.
///
/// # Errors
/// If the folder of the vector models cannot be listed.
pub fn list(workspace: &Workspace) -> Result<Vec<Result<Added>>> {
    let added = |name: VectorModelName| {
        let manifest = manifest(workspace, &name)?;
        let (folder, unverified) = (workspace.vector_model(&name), Vec::new());
        Ok(Added { name, folder, manifest, unverified })
    };
    Ok(names(workspace)?.into_iter().map(added).collect())
}

/// Returns the manifest of the vector model `name`, which may be the embedded one.
///
/// # Errors
/// If no vector model has this name, or its manifest is invalid.
pub fn manifest(workspace: &Workspace, name: &VectorModelName) -> Result<VectorModelManifest> {
    if name.as_str() == EMBEDDED {
        return Ok(embedded_manifest());
    }
    read_with(workspace, name, |_, manifest| Ok(manifest.clone()))
}

/// Calls `read` with the folder and the manifest of the vector model `name`, which must not be the
/// embedded model. Repeats the call if another run replaces the model during the call.
///
/// # Errors
/// If no vector model has this name, if its manifest is invalid, or if `read` fails.
pub(super) fn read_with<T>(
    workspace: &Workspace,
    name: &VectorModelName,
    mut read: impl FnMut(&mut OpenedFolder, &VectorModelManifest) -> Result<T>,
) -> Result<T> {
    let folder = workspace.vector_model(name);
    let path = folder.join(MANIFEST_FILE);
    for _ in 0..ATTEMPTS {
        let found = OpenedFolder::read_with(&folder, |opened| {
            let bytes = opened.read(MANIFEST_FILE).map_err(|e| {
                e.hint("check the folder: a vector model of mentorpal has a manifest")
            })?;
            let manifest = VectorModelManifest::from_bytes(&path, &bytes)?;
            read(opened, &manifest)
        });
        match found {
            // `read` may open files by path: they must belong to the folder that was opened.
            Ok((opened, found)) if opened.is_current() => return Ok(found),
            Ok(_) => {}
            Err(_) if !folder.is_dir() => return Err(no_such_model(workspace, name)?),
            // The folder exists, so one of its files is missing.
            Err(error) if error.kind() == ErrorKind::NotFound => {
                return Err(error.with_kind(ErrorKind::Corrupt));
            }
            Err(error) => return Err(error),
        }
    }
    let what = "other processes changed the vector model repeatedly while it was read";
    Err(Error::at(Location::file(folder), what)
        .with_kind(ErrorKind::Conflict)
        .hint("run the command again"))
}

/// Returns the error for a vector model that does not exist.
fn no_such_model(workspace: &Workspace, name: &VectorModelName) -> Result<Error> {
    let known = names(workspace)?;
    let guess = did_you_mean(name.as_str(), known.iter().map(VectorModelName::as_str));
    let place = Location::file(workspace.vector_model(name));
    Ok(Error::at(place, format!("no vector model `{name}`{guess}"))
        .with_kind(ErrorKind::NotFound)
        .hint(format!(
            "available vector models: {}; add another one: `mentorpal vectors add PATH`",
            quoted_list(known)
        )))
}

/// Returns the name of the vector model whose digest, in hex, is `sha256`, or `None` if the workspace
/// has no such model.
///
/// # Errors
/// If the vector models cannot be listed.
pub fn find_by_digest(workspace: &Workspace, sha256: &str) -> Result<Option<VectorModelName>> {
    if sha256 == embedded::SHA256 {
        return Ok(Some(embedded_name()));
    }
    let mut models = list(workspace)?.into_iter().flatten();
    Ok(models.find(|model| model.manifest.digest() == sha256).map(|model| model.name))
}

/// Compares the names and sizes of the files in a model's folder with the manifest. This quick check
/// detects truncated and added files.
///
/// # Errors
/// Returns the first difference.
pub(super) fn check_sizes(opened: &OpenedFolder, manifest: &VectorModelManifest) -> Result<()> {
    let wrong = |name: &str, what: &str| {
        Error::at(Location::file(opened.path().join(name)), what)
            .with_kind(ErrorKind::Corrupt)
            .hint(DAMAGED)
    };
    for (name, record) in &manifest.files {
        if let Some(what) = opened.size_fault(name, record) {
            return Err(wrong(name, &what));
        }
    }
    match unlisted_files(opened, manifest).first() {
        Some(file) => Err(wrong(file, "not in the manifest")),
        None => Ok(()),
    }
}

/// Reads all files of the vector model `name` and compares their digests with the manifest. Returns a
/// description of the differences, or `None` if there are none. The embedded model has no files to
/// compare.
///
/// # Errors
/// If no vector model has this name, or its manifest is invalid.
pub fn verify(workspace: &Workspace, name: &VectorModelName) -> Result<Option<String>> {
    if name.as_str() == EMBEDDED {
        return Ok(None);
    }
    let faults = read_with(workspace, name, |opened, manifest| {
        // Keeps reading the same files even if another run replaces the model meanwhile.
        opened.hold_files_open(manifest.files.keys())?;
        let mut faults = Vec::new();
        for (file, expected) in &manifest.files {
            let fault = opened.fault(file, expected);
            faults.extend(fault.map(|fault| format!("{file}: {fault}")));
        }
        for file in unlisted_files(opened, manifest) {
            faults.push(format!("{}: not in the manifest", file.escape_debug()));
        }
        Ok(faults)
    })?;
    Ok((!faults.is_empty()).then(|| faults.join("; ")))
}

/// Returns the size and the digest of a file.
pub(super) fn record(path: &Path) -> io::Result<FileRecord> {
    let file = files::open(path)?;
    Ok(FileRecord { size: file.metadata()?.len(), sha256: sha256::digest_of(file)? })
}

/// Returns the paths of the files in a model's folder that its manifest does not list, except hidden
/// files.
fn unlisted_files(opened: &OpenedFolder, manifest: &VectorModelManifest) -> Vec<String> {
    let mut found = opened.files();
    found.retain(|file| {
        let is_hidden = file.split('/').any(|part| part.starts_with('.'));
        !is_hidden && file != MANIFEST_FILE && !manifest.files.contains_key(file)
    });
    found
}
