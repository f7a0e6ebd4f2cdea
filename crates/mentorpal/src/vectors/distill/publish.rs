//! Static vectors as a vector model of the workspace.

use std::path::Path;

use super::{DistillOptions, Teacher, distill};
use crate::error::{Error, Location, Result};
use crate::files;
use crate::files::write_synced;
use crate::progress::Progress;
use crate::sha256;
use crate::vectors::add::file_name;
use crate::vectors::collect_files::{Folder, licence_in};
use crate::vectors::embedded;
use crate::vectors::encoder::{SentenceEncoder, WEIGHTS_FILE, is_model_folder};
use crate::vectors::install::{BuiltModel, chosen_or, install};
use crate::vectors::manifest::ModelKind;
use crate::vectors::static_vectors::STATIC_FILE;
use crate::vectors::store::{self, Added};
use crate::workspace::{VectorModelName, Workspace};

/// A request to distil an encoder.
#[derive(Clone, Debug)]
pub struct DistillRequest {
    /// The sentence encoder: a vector model's name, or the path of a folder.
    pub encoder: String,
    /// The name of the static vectors; by default, the encoder's name followed by `-static`.
    pub name: Option<VectorModelName>,
    /// A note on the licence of the vectors; by default, the licence of the encoder.
    pub licence: Option<String>,
    /// Whether to replace a vector model of the same name.
    pub overwrite: bool,
    /// The options of the distillation.
    pub options: DistillOptions,
}

/// A sentence encoder that was found.
struct FoundEncoder {
    name: String,
    encoder: SentenceEncoder,
    sha256: String,
    licence: Option<String>,
}

/// Distils a sentence encoder and publishes the static vectors as a vector model, atomically.
///
/// # Errors
/// If the encoder does not exist or is not supported, if the name exists and must not be replaced, or
/// if a file cannot be written.
pub fn add_distilled(
    workspace: &Workspace,
    request: &DistillRequest,
    progress: &dyn Progress,
) -> Result<Added> {
    let found = FoundEncoder::at(workspace, &request.encoder)?;
    let name = chosen_or(request.name.as_ref(), &format!("{}-static", found.name))?;
    let licence = request.licence.as_ref().or(found.licence.as_ref());
    install(workspace, &name, request.overwrite, |folder| {
        let teacher = Teacher {
            encoder: &found.encoder,
            name: &found.name,
            sha256: &found.sha256,
            licence: licence.map(String::as_str),
        };
        let vectors = distill(&teacher, &request.options, progress)?;
        let path = folder.join(STATIC_FILE);
        write_synced(&path, &vectors.to_bytes())
            .map_err(|e| Error::io(&path, "write the file", e))?;
        let made = BuiltModel {
            kind: ModelKind::Static,
            words: Some(vectors.len()),
            dims: vectors.dims(),
            format: embedded::FORMAT.to_owned(),
            sha256: Some(found.sha256.clone()),
            licence: licence.cloned(),
            files: vec![STATIC_FILE.to_owned()],
        };
        Ok((found.name.clone(), made))
    })
}

impl FoundEncoder {
    /// Opens the vector model of this name, or else the encoder in the folder at this path.
    fn at(workspace: &Workspace, encoder: &str) -> Result<Self> {
        let name = VectorModelName::new(encoder);
        let path = Path::new(encoder);
        match name {
            Ok(name) if workspace.vector_model(&name).is_dir() || !path.exists() => {
                Self::named(workspace, &name)
            }
            _ => Self::in_folder(path),
        }
    }

    fn named(workspace: &Workspace, name: &VectorModelName) -> Result<Self> {
        // The embedded one is of another kind.
        let kind = store::manifest(workspace, name)?.kind;
        if kind != ModelKind::Encoder {
            let what = format!("vector model `{name}` is of kind `{kind}`, expected `encoder`");
            return Err(Error::at(Location::file(workspace.vector_model(name)), what)
                .hint("choose a sentence encoder; `mentorpal vectors list` shows the kinds"));
        }
        store::read_with(workspace, name, |opened, manifest| {
            store::check_sizes(opened, manifest)?;
            let weights = manifest.files.get(WEIGHTS_FILE);
            Ok(Self {
                name: name.to_string(),
                encoder: SentenceEncoder::open(opened.path())?,
                sha256: weights.map(|file| file.sha256.clone()).unwrap_or_default(),
                licence: manifest.licence.clone(),
            })
        })
    }

    fn in_folder(path: &Path) -> Result<Self> {
        if !is_model_folder(|file| path.join(file).is_file()) {
            return Err(Error::at(Location::file(path), "not the folder of a sentence encoder")
                .hint("name a vector model of kind encoder, or a sentence-transformers folder"));
        }
        let weights = path.join(WEIGHTS_FILE);
        let sha256 = files::open(&weights)
            .and_then(sha256::digest_of)
            .map_err(|e| Error::io(&weights, "read the file", e))?;
        Ok(Self {
            name: file_name(path),
            encoder: SentenceEncoder::open(path)?,
            sha256,
            licence: licence_in(&mut Folder(path.to_owned())),
        })
    }
}
