//! Adding vector models.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{Read, Seek};
use std::path::{Path, PathBuf};

use super::archive::{self, Archive};
use super::convert;
use super::embedded;
use super::encoder::{SentenceEncoder, is_model_folder};
use super::gather::{self, Bundle, Folder};
use super::manifest::{Manifest, ModelKind, Source, digest};
use super::sentence::SentenceModel;
use super::store::{Added, record};
use super::words::MODEL_FILE;
use crate::error::{Error, Place, Result};
use crate::progress::{Progress, Silent};
use crate::publish::{self, Existing, Kind, Staging, taken};
use crate::sha256;
use crate::workspace::{Name, Workspace};

const KIND: Kind = Kind {
    noun: "vector model",
    if_taken: "choose another with --name, or replace it with --overwrite",
};

/// What an encoder is tried out on.
const SENTENCE: &str = "What is your name?";

/// The longest `README.md` that is looked at, and the longest licence in it, in bytes.
const MAX_README: u64 = 1 << 16;
const MAX_LICENCE: usize = 200;

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

/// What was made of it.
pub(super) struct Made {
    pub(super) kind: ModelKind,
    pub(super) words: Option<usize>,
    pub(super) dims: usize,
    pub(super) format: String,
    /// The file's SHA-256; none of a folder.
    pub(super) sha256: Option<String>,
    pub(super) licence: Option<String>,
    /// The files made, as paths in the folder.
    pub(super) files: Vec<String>,
}

/// What is chosen of a vector model beside its name.
pub(super) struct Choices {
    /// What is known of its licence.
    pub(super) licence: Option<String>,
    /// Whether to replace a vector model of the same name.
    pub(super) overwrite: bool,
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
    let name = match &request.name {
        Some(name) => name.clone(),
        None => name_after(path, &found)?,
    };
    let choices = Choices { licence: request.licence.clone(), overwrite: request.overwrite };
    keep(workspace, name, choices, |to| {
        let made = match found {
            Found::File(file) => words(file, path, to, progress),
            Found::Folder(mut folder) => {
                encoder(&mut folder, "sentence-transformers folder", to, progress)
            }
            Found::Archive(file) => packed_encoder(file, path, to, progress),
        }?;
        Ok((file_name(path), made))
    })
}

/// Removes a vector model, damaged or not: at once as far as anybody sees, then from the disk.
///
/// # Errors
/// When it cannot be moved out of sight; what is left of it there is swept up by the next run.
pub fn remove(workspace: &Workspace, name: &Name) -> Result<()> {
    publish::remove(&workspace.vector_model(name), KIND)
}

/// Publishes as `name` what `write` puts in the folder that it is given; it says what that was
/// made from, too.
///
/// # Errors
/// Those of `write`; when the name is taken and not to be replaced; when the disk fails.
pub(super) fn keep(
    workspace: &Workspace,
    name: Name,
    choices: Choices,
    write: impl FnOnce(&Path) -> Result<(String, Made)>,
) -> Result<Added> {
    embedded::refuse(&name)?;
    let folder = workspace.vector_model(&name);
    if !choices.overwrite && folder.symlink_metadata().is_ok() {
        return Err(taken(&folder, KIND));
    }
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
    let licence = choices.licence.or(made.licence);
    let manifest = Manifest::new(made.kind, (made.words, made.dims), source, licence, files);
    let existing = if choices.overwrite { Existing::Replace } else { Existing::Refuse };
    let folder = staging.publish(&name, &manifest.to_bytes(), existing)?;
    Ok(Added { name, folder, manifest })
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
                Err(Error::at(Place::file(path), "a folder, but not one of a sentence encoder")
                    .hint(
                        "a sentence encoder has `config.json`, `tokenizer.json` and \
                     `model.safetensors`; word vectors are one file",
                    ))
            };
        }
        if !found.is_file() {
            return Err(Error::at(Place::file(path), "neither a file nor a folder"));
        }
        let mut file = File::open(path).map_err(unreadable)?;
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
fn name_after(path: &Path, found: &Found) -> Result<Name> {
    let file = file_name(path);
    let stem = Path::new(&file).file_stem().unwrap_or_default().to_string_lossy();
    let is_wheel = Path::new(&file).extension().is_some_and(|extension| extension == "whl");
    let name = match found {
        Found::Folder(_) => file.as_str(),
        // PEP 427: the distribution's name, its version, …
        Found::Archive(_) if is_wheel => stem.split('-').next().unwrap_or_default(),
        Found::File(_) | Found::Archive(_) => &stem,
    };
    Name::new("vector model", name).map_err(|e| e.hint("name it with --name"))
}

/// Checks and converts a file of word vectors.
fn words(mut file: File, path: &Path, to: &Path, progress: &dyn Progress) -> Result<Made> {
    progress.start("checking, converting", 3);
    let checked = convert::check(&mut file, path)?;
    progress.step();
    let sha256 = digest_of(&mut file, path)?;
    progress.step();
    let model = to.join(MODEL_FILE);
    let mut to = File::create_new(&model).map_err(|e| Error::io(&model, "write the file", e))?;
    convert::convert(&mut file, path, checked, &mut to)?;
    progress.finish();
    Ok(Made {
        kind: ModelKind::Words,
        words: Some(checked.1.words),
        dims: checked.1.dims,
        format: checked.0.to_string(),
        sha256: Some(sha256),
        licence: None,
        files: vec![MODEL_FILE.to_owned()],
    })
}

/// Unpacks and tries out the sentence encoder in an archive.
fn packed_encoder(mut file: File, path: &Path, to: &Path, progress: &dyn Progress) -> Result<Made> {
    let sha256 = digest_of(&mut file, path)?;
    let format = "sentence-transformers folder in a zip";
    let made = encoder(&mut Archive::open(file, path)?, format, to, progress)?;
    Ok(Made { sha256: Some(sha256), ..made })
}

/// Copies and tries out a sentence encoder.
pub(super) fn encoder(
    bundle: &mut dyn Bundle,
    format: &str,
    to: &Path,
    progress: &dyn Progress,
) -> Result<Made> {
    let files = gather::copy(bundle, to)?;
    progress.start("trying out", 1);
    let tried = SentenceEncoder::open(to).and_then(|model| {
        model.check()?;
        model.embed(&[SENTENCE], &Silent)?;
        Ok(model.dims())
    });
    let dims = tried.map_err(|e| gather::as_found(e, to, bundle))?;
    progress.finish();
    Ok(Made {
        kind: ModelKind::Encoder,
        words: None,
        dims,
        format: format.to_owned(),
        sha256: None,
        licence: licence(bundle)?,
        files,
    })
}

fn digest_of(file: &mut File, path: &Path) -> Result<String> {
    file.rewind()
        .and_then(|()| sha256::digest_of(&*file))
        .map_err(|e| Error::io(path, "read the file", e))
}

/// The `license` in the front matter of `README.md`: lines between two of `---`, as model cards
/// have.
pub(super) fn licence(bundle: &mut dyn Bundle) -> Result<Option<String>> {
    let Some(readme) = bundle.open("README.md")? else { return Ok(None) };
    let mut start = Vec::new();
    // A note that cannot be read is no reason to refuse the model.
    if readme.take(MAX_README).read_to_end(&mut start).is_err() {
        return Ok(None);
    }
    let text = String::from_utf8_lossy(&start);
    let mut lines = text.lines();
    if lines.next().is_none_or(|line| line.trim_end() != "---") {
        return Ok(None);
    }
    let licence = lines
        .take_while(|line| line.trim_end() != "---")
        .find_map(|line| line.strip_prefix("license:"))
        .map(|licence| licence.trim().trim_matches(['"', '\'']));
    let is_plain = |licence: &&str| {
        (1..=MAX_LICENCE).contains(&licence.len()) && !licence.contains(char::is_control)
    };
    Ok(licence.filter(is_plain).map(str::to_owned))
}
