//! Listing and verifying vector models.

use std::io;
use std::path::{Path, PathBuf};

use super::embedded::{self, EMBEDDED, embedded_manifest, embedded_name};
use super::manifest::{DAMAGED, Manifest};
use crate::error::{Error, ErrorKind, Location, Result};
use crate::files;
use crate::publish::{FileRecord, MANIFEST_FILE, OpenedFolder};
use crate::sha256;
use crate::text::format::{did_you_mean, quoted_list};
use crate::workspace::{Name, Workspace, folder_names};

/// How often a model is read again because another run replaced it meanwhile.
const ATTEMPTS: usize = 20;

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
    read_with(workspace, name, |_, manifest| Ok(manifest.clone()))
}

/// Reads the vector model `name`, which is not the embedded one, with `read`, which gets its folder
/// and manifest; reads it again where another run replaces the model meanwhile.
///
/// # Errors
/// When there is no such model, or its manifest cannot be used; those of `read`.
pub(super) fn read_with<T>(
    workspace: &Workspace,
    name: &Name,
    mut read: impl FnMut(&mut OpenedFolder, &Manifest) -> Result<T>,
) -> Result<T> {
    let folder = workspace.vector_model(name);
    let path = folder.join(MANIFEST_FILE);
    for _ in 0..ATTEMPTS {
        let found = OpenedFolder::read_with(&folder, |opened| {
            let bytes = opened.read(MANIFEST_FILE).map_err(|e| {
                e.hint("without a manifest the folder is no vector model of this tool")
            })?;
            let manifest = Manifest::from_bytes(&path, &bytes)?;
            read(opened, &manifest)
        });
        match found {
            // What is read by its path has to be what was opened.
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
    let what = "another run changed the vector model again and again while it was read";
    Err(Error::at(Location::file(folder), what).hint("run this again"))
}

/// The error of a vector model that is not here.
fn no_such_model(workspace: &Workspace, name: &Name) -> Result<Error> {
    let known = names(workspace)?;
    let guess = did_you_mean(name.as_str(), known.iter().map(Name::as_str));
    let place = Location::file(workspace.vector_model(name));
    Ok(Error::at(place, format!("no vector model `{name}`{guess}"))
        .with_kind(ErrorKind::NotFound)
        .hint(format!("there is {}; add one: `mentorpal vectors add PATH`", quoted_list(known))))
}

/// The name of the installed vector model with the hex digest `sha256`, if there is one.
///
/// # Errors
/// When the models cannot be listed.
pub fn find_by_digest(workspace: &Workspace, sha256: &str) -> Result<Option<Name>> {
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
pub(super) fn check_sizes(opened: &OpenedFolder, manifest: &Manifest) -> Result<()> {
    let wrong = |name: &str, what: &str| {
        Error::at(Location::file(opened.path().join(name)), what).hint(DAMAGED)
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

/// Reads the files of `name` again and compares them with the manifest: what differs, if
/// something does. The embedded model has none.
///
/// # Errors
/// When there is no such model, or its manifest cannot be used.
pub fn verify(workspace: &Workspace, name: &Name) -> Result<Option<String>> {
    if name.as_str() == EMBEDDED {
        return Ok(None);
    }
    let faults = read_with(workspace, name, |opened, manifest| {
        // What is read is what was opened, whatever has the name by the end.
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

/// The size and digest of a file.
pub(super) fn record(path: &Path) -> io::Result<FileRecord> {
    let file = files::open(path)?;
    Ok(FileRecord { size: file.metadata()?.len(), sha256: sha256::digest_of(file)? })
}

/// The files of a model's folder that its manifest does not name, by path; hidden ones are passed
/// over.
fn unlisted_files(opened: &OpenedFolder, manifest: &Manifest) -> Vec<String> {
    let mut found = opened.files();
    found.retain(|file| {
        let is_hidden = file.split('/').any(|part| part.starts_with('.'));
        !is_hidden && file != MANIFEST_FILE && !manifest.files.contains_key(file)
    });
    found
}
