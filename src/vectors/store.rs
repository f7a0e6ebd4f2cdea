//! Adding, listing and verifying vector models.

use std::fs::{self, File};
use std::io::Seek;
use std::path::{Path, PathBuf};

use super::convert;
use super::manifest::{Manifest, Source};
use super::words::{MODEL_FILE, manifest};
use crate::error::{Error, Place, Result};
use crate::progress::Progress;
use crate::publish::{Existing, FileRecord, Kind, MANIFEST_FILE, Staging, taken};
use crate::sha256;
use crate::workspace::{Name, Workspace, folder_names};

const KIND: Kind = Kind {
    noun: "vector model",
    if_taken: "choose another with --name, or replace it with --overwrite",
};

/// What to add.
#[derive(Clone, Debug)]
pub struct Request {
    /// The file of word vectors.
    pub file: PathBuf,
    /// What to call it; without, the file's name without its extension.
    pub name: Option<Name>,
    /// What is known of its licence.
    pub licence: Option<String>,
    /// Whether to replace a vector model of the same name.
    pub overwrite: bool,
}

/// A vector model that is there.
#[derive(Clone, Debug)]
pub struct Added {
    /// What it is called.
    pub name: Name,
    /// Its folder.
    pub folder: PathBuf,
    /// What it holds.
    pub manifest: Manifest,
}

/// Checks a file of word vectors, converts it, and publishes it as a vector model: whole or not
/// at all.
///
/// # Errors
/// When the file is none that can be read, or not whole; when the name is taken and not to be
/// replaced; when the disk fails.
pub fn add(workspace: &Workspace, request: &Request, progress: &dyn Progress) -> Result<Added> {
    let path = request.file.as_path();
    let mut file = open(path)?;
    let name = match &request.name {
        Some(name) => name.clone(),
        None => name_after(path)?,
    };
    let folder = workspace.vector_model(&name);
    if !request.overwrite && folder.symlink_metadata().is_ok() {
        return Err(taken(&folder, KIND));
    }
    progress.start("checking, converting", 4);
    let checked = convert::check(&mut file, path)?;
    progress.step();
    let unreadable = |e| Error::io(path, "read the file", e);
    file.rewind().map_err(unreadable)?;
    let sha256 = sha256::digest_of(&file).map_err(unreadable)?;
    progress.step();

    let staging = Staging::begin(&workspace.vector_models(), KIND)?;
    let model = staging.folder().join(MODEL_FILE);
    let failed = |e| Error::io(&model, "write the file", e);
    let mut to = File::create_new(&model).map_err(failed)?;
    convert::convert(&mut file, path, checked, &mut to)?;
    progress.step();
    let record = record(&model).map_err(failed)?;
    progress.finish();
    let source = Source {
        file: path.file_name().unwrap_or_default().to_string_lossy().into_owned(),
        format: checked.0.to_string(),
        sha256,
    };
    let shape = (checked.1.words, checked.1.dims);
    let manifest = Manifest::new(shape, source, request.licence.clone(), (MODEL_FILE, record));
    let existing = if request.overwrite { Existing::Replace } else { Existing::Refuse };
    let folder = staging.publish(&name, &manifest.to_bytes(), existing)?;
    Ok(Added { name, folder, manifest })
}

/// Opens a plain file.
fn open(path: &Path) -> Result<File> {
    let found = fs::metadata(path).map_err(|e| Error::io(path, "read the file", e))?;
    if found.is_file() {
        return File::open(path).map_err(|e| Error::io(path, "read the file", e));
    }
    let what = if found.is_dir() { "a folder" } else { "neither a file nor a folder" };
    Err(Error::at(Place::file(path), format!("{what}, expected a file of word vectors")))
}

/// The file's name without its extension.
fn name_after(path: &Path) -> Result<Name> {
    let stem = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    Name::new("vector model", stem).map_err(|e| e.hint("name it with --name"))
}

fn record(path: &Path) -> std::io::Result<FileRecord> {
    let file = File::open(path)?;
    Ok(FileRecord { size: file.metadata()?.len(), sha256: sha256::digest_of(file)? })
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
        Ok(Added { folder: workspace.vector_model(&name), name, manifest })
    };
    Ok(names(workspace)?.into_iter().map(added).collect())
}

/// Reads the vectors of `name` again and compares them with the manifest: what differs, if
/// something does.
///
/// # Errors
/// When there is no such model, or its manifest cannot be used.
pub fn verify(workspace: &Workspace, name: &Name) -> Result<Option<String>> {
    let manifest = manifest(workspace, name)?;
    let folder = workspace.vector_model(name);
    let found = match record(&folder.join(MODEL_FILE)) {
        Ok(found) => found,
        Err(error) => return Ok(Some(format!("{MODEL_FILE}: cannot be read: {error}"))),
    };
    let Some(expected) = manifest.files.get(MODEL_FILE) else { return Ok(None) };
    Ok(if found.size != expected.size {
        let sizes = format!("{} bytes, the manifest says {}", found.size, expected.size);
        Some(format!("{MODEL_FILE}: {sizes}"))
    } else if found != *expected {
        Some(format!("{MODEL_FILE}: its SHA-256 is not what the manifest says"))
    } else {
        None
    })
}
