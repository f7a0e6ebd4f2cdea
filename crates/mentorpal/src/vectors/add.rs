//! Adds vector models to the workspace from files, folders and archives.

use std::fs::{self, File};
use std::io::{self, BufWriter, Read, Seek};
use std::path::{Path, PathBuf};

use super::archive::{self, Archive};
use super::collect_files::{Folder, encoder};
use super::encoder::is_model_folder;
use super::finalfusion_file;
use super::formats::{self, WordFile, WordTable};
use super::install::{BuiltModel, chosen_or, install};
use super::manifest::{MODEL_FILE, ModelKind};
use super::store::Added;
use crate::error::{Error, Location, Result};
use crate::files;
use crate::progress::Progress;
use crate::sha256;
use crate::workspace::{VectorModelName, Workspace};

/// A request to add a vector model.
#[derive(Clone, Debug)]
pub struct Request {
    /// The path of a word-vector file, of a sentence encoder's folder, or of a zip archive with a
    /// sentence encoder.
    pub path: PathBuf,
    /// The model's name; [`add`] describes the default.
    pub name: Option<VectorModelName>,
    /// The model's licence. By default, a sentence encoder's is read from its `README.md`.
    pub licence: Option<String>,
    /// Whether to replace an existing vector model of the same name.
    pub overwrite: bool,
}

/// The kinds of input that can be added.
enum ModelInput {
    /// A file that may hold word vectors.
    File(File),
    /// A sentence encoder's folder.
    Folder(Folder),
    /// A zip archive that may hold a sentence encoder.
    Archive(File),
}

/// Checks the model at the requested path, copies the files that it needs, and publishes them
/// atomically as a vector model. The default name is the folder's name, the file's name without its
/// extension, or the distribution name of a Python wheel.
///
/// # Errors
/// If the model is unreadable or incomplete, if the name exists and `overwrite` is false, or if the
/// disk fails.
pub fn add(workspace: &Workspace, request: &Request, progress: &dyn Progress) -> Result<Added> {
    let path = request.path.as_path();
    let found = ModelInput::at(path)?;
    let name = chosen_or(request.name.as_ref(), &name_after(path, &found))?;
    install(workspace, &name, request.overwrite, |to| {
        let made = match found {
            ModelInput::File(file) => words(file, request, to, progress),
            ModelInput::Folder(mut folder) => {
                let format = "sentence-transformers folder";
                encoder(&mut folder, format, request.licence.clone(), to, progress)
            }
            ModelInput::Archive(file) => packed_encoder(file, request, to, progress),
        }?;
        Ok((file_name(path), made))
    })
}

impl ModelInput {
    /// Opens `path` and determines its kind.
    fn at(path: &Path) -> Result<Self> {
        let unreadable = |e| Error::io(path, "read the file", e);
        let found = fs::metadata(path).map_err(unreadable)?;
        if found.is_dir() {
            return if is_model_folder(|file| path.join(file).is_file()) {
                Ok(Self::Folder(Folder(path.to_owned())))
            } else {
                Err(Error::at(Location::file(path), "a folder without a sentence encoder").hint(
                    "name a folder with `config.json`, `tokenizer.json` and `model.safetensors`, \
                     or a file of word vectors",
                ))
            };
        }
        files::refuse_pointer(path)?;
        let mut file = files::open(path).map_err(unreadable)?;
        let mut start = Vec::new();
        let length = archive::MAGIC.len() as u64;
        (&mut file).take(length).read_to_end(&mut start).map_err(unreadable)?;
        file.rewind().map_err(unreadable)?;
        Ok(if start == archive::MAGIC { Self::Archive(file) } else { Self::File(file) })
    }
}

/// Returns the last component of `path`, with `.` and `..` resolved.
pub(super) fn file_name(path: &Path) -> String {
    let resolved = if path.file_name().is_none() { path.canonicalize().ok() } else { None };
    let name = resolved.as_deref().unwrap_or(path).file_name();
    name.unwrap_or_default().to_string_lossy().into_owned()
}

/// Returns the default name of a vector model made from the file or folder at `path`.
fn name_after(path: &Path, found: &ModelInput) -> String {
    let file = file_name(path);
    let stem = Path::new(&file).file_stem().unwrap_or_default().to_string_lossy();
    let is_wheel = Path::new(&file).extension().is_some_and(|extension| extension == "whl");
    match found {
        ModelInput::Folder(_) => file,
        // PEP 427: a wheel's file name starts with the distribution's name, then `-`.
        ModelInput::Archive(_) if is_wheel => stem.split('-').next().unwrap_or_default().to_owned(),
        ModelInput::File(_) | ModelInput::Archive(_) => stem.into_owned(),
    }
}

/// Checks and converts a word-vector file.
fn words(
    mut file: File,
    request: &Request,
    to: &Path,
    progress: &dyn Progress,
) -> Result<BuiltModel> {
    let path = request.path.as_path();
    progress.start("checking, converting", 3);
    let WordFile { format, table } = formats::read_file(&mut file, path)?;
    progress.step();
    let sha256 = digest_of(&mut file, path)?;
    progress.step();
    let model = to.join(MODEL_FILE);
    write_table(&table, &model).map_err(|e| Error::io(&model, "write the file", e))?;
    progress.finish();
    Ok(BuiltModel {
        kind: ModelKind::Words,
        words: Some(table.words.len()),
        dims: table.dims,
        format: format.to_string(),
        sha256: Some(sha256),
        licence: request.licence.clone(),
        files: vec![MODEL_FILE.to_owned()],
    })
}

fn write_table(table: &WordTable, path: &Path) -> io::Result<()> {
    let mut to = BufWriter::with_capacity(1 << 16, File::create_new(path)?);
    finalfusion_file::write(&mut to, table)?;
    to.into_inner().map_err(io::IntoInnerError::into_error)?.sync_all()
}

/// Unpacks the sentence encoder in an archive and tests it.
fn packed_encoder(
    mut file: File,
    request: &Request,
    to: &Path,
    progress: &dyn Progress,
) -> Result<BuiltModel> {
    let path = request.path.as_path();
    let sha256 = digest_of(&mut file, path)?;
    let (format, licence) = ("sentence-transformers folder in a zip", request.licence.clone());
    let made = encoder(&mut Archive::open(file, path)?, format, licence, to, progress)?;
    Ok(BuiltModel { sha256: Some(sha256), ..made })
}

fn digest_of(file: &mut File, path: &Path) -> Result<String> {
    file.rewind()
        .and_then(|()| sha256::digest_of(&*file))
        .map_err(|e| Error::io(path, "read the file", e))
}
