//! Collects the files of a sentence encoder from a folder or an archive, and its licence from the
//! `README.md` there.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use super::encoder::{FILES, MAX_JSON, SentenceEncoder, pooling_file};
use super::install::BuiltModel;
use super::manifest::ModelKind;
use super::sentence::SentenceModel;
use crate::error::{Error, ErrorKind, Location, Result};
use crate::files::sync_folder;
use crate::files::{self, TOO_LARGE};
use crate::progress::{NoProgress, Progress};

/// The sentence that tests a new encoder.
const SENTENCE: &str = "What is your name?";

/// The largest number of bytes of `README.md` that are read.
const MAX_README: u64 = 1 << 16;

/// The longest licence in `README.md`, in bytes.
const MAX_LICENCE: usize = 200;

/// A folder of files, on disk or in an archive.
pub(super) trait Bundle {
    /// Opens the file at `path` in the folder, with `/` as the separator. Returns `None` if the file
    /// does not exist.
    ///
    /// # Errors
    /// If the file exists but cannot be opened.
    fn open(&mut self, path: &str) -> Result<Option<Box<dyn Read + '_>>>;

    /// Returns the location of the file at `path` in the folder, for messages.
    fn place(&self, path: &str) -> Location;
}

/// A folder on disk.
#[derive(Debug)]
pub(super) struct Folder(pub(super) PathBuf);

impl Bundle for Folder {
    fn open(&mut self, path: &str) -> Result<Option<Box<dyn Read + '_>>> {
        let path = self.0.join(path);
        files::refuse_pointer(&path)?;
        match files::open(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            file => Ok(Some(Box::new(file.map_err(|e| Error::io(&path, "read the file", e))?))),
        }
    }

    fn place(&self, path: &str) -> Location {
        Location::file(self.0.join(path))
    }
}

/// Copies a sentence encoder, of which `format` is a description, into the folder `to` and tests it. Its licence is `licence` if given,
/// otherwise the one in its `README.md`.
///
/// # Errors
/// If a file is missing, too large or not valid for an encoder, or cannot be read or written.
pub(super) fn encoder(
    bundle: &mut dyn Bundle,
    format: &str,
    licence: Option<String>,
    to: &Path,
    progress: &dyn Progress,
) -> Result<BuiltModel> {
    let files = copy(bundle, to)?;
    progress.start("trying out", 1);
    let tried = SentenceEncoder::open(to).and_then(|model| {
        model.check()?;
        model.embed(&[SENTENCE], &NoProgress)?;
        Ok(model.dims())
    });
    let dims = tried.map_err(|e| as_found(e, to, bundle))?;
    progress.finish();
    Ok(BuiltModel {
        kind: ModelKind::Encoder,
        words: None,
        dims,
        format: format.to_owned(),
        sha256: None,
        licence: licence.or_else(|| licence_in(bundle)),
        files,
    })
}

/// Copies the files that an encoder needs from `bundle` into the folder `to`. Returns their paths,
/// which are the same in both.
///
/// # Errors
/// If a file is missing, too large, or cannot be read or written.
fn copy(bundle: &mut dyn Bundle, to: &Path) -> Result<Vec<String>> {
    let mut copied = Vec::new();
    for file in FILES {
        if copy_file(bundle, file.name, to, file.max_size)? {
            copied.push(file.name.to_owned());
        } else if !file.optional {
            return Err(missing(bundle, file.name));
        }
    }
    let pooling = pooling_file(to).map_err(|e| as_found(e, to, bundle))?;
    if let Some(pooling) = pooling {
        if !copy_file(bundle, &pooling, to, MAX_JSON)? {
            return Err(missing(bundle, &pooling));
        }
        copied.push(pooling);
    }
    Ok(copied)
}

/// Moves the location of `error` from the copy in `copied` to the original file in `bundle`.
fn as_found(error: Error, copied: &Path, bundle: &dyn Bundle) -> Error {
    let within = error.place().and_then(|place| place.path.strip_prefix(copied).ok());
    let place = bundle.place(&within.unwrap_or(Path::new("")).to_string_lossy());
    error.moved_to(place)
}

fn missing(bundle: &dyn Bundle, path: &str) -> Error {
    Error::at(bundle.place(path), "the file is missing; a sentence encoder needs it").hint(
        "save the model again with a newer version of sentence-transformers, or download all files \
         of the model",
    )
}

/// Copies one file of at most `max_size` bytes, counted while reading. Returns whether the file
/// exists.
fn copy_file(bundle: &mut dyn Bundle, path: &str, to: &Path, max_size: u64) -> Result<bool> {
    let place = bundle.place(path);
    let Some(from) = bundle.open(path)? else { return Ok(false) };
    let target = to.join(path);
    let folder = target.parent().unwrap_or(to);
    let failed = |e| Error::io(&target, "write the file", e);
    fs::create_dir_all(folder).map_err(failed)?;
    let mut file = File::create_new(&target).map_err(failed)?;
    let mut left = from.take(max_size + 1);
    let mut buffer = vec![0; 1 << 16];
    loop {
        let length = left
            .read(&mut buffer)
            .map_err(|e| Error::at(place.clone(), "cannot be read").caused_by(e))?;
        if length == 0 {
            break;
        }
        io::Write::write_all(&mut file, &buffer[..length]).map_err(failed)?;
    }
    if left.limit() == 0 {
        return Err(Error::at(place, format!("larger than {} MiB", max_size >> 20))
            .with_kind(ErrorKind::Unsupported)
            .hint(TOO_LARGE));
    }
    file.sync_all().and_then(|()| sync_folder(folder)).map_err(failed)?;
    Ok(true)
}

/// Returns the `license` from the front matter of `README.md`: the lines between two `---` lines, as
/// in Hugging Face model cards. An unreadable `README.md` counts as one without a licence.
pub(super) fn licence_in(bundle: &mut dyn Bundle) -> Option<String> {
    let readme = bundle.open("README.md").ok()??;
    let mut start = Vec::new();
    readme.take(MAX_README).read_to_end(&mut start).ok()?;
    let text = String::from_utf8_lossy(&start);
    let mut lines = text.lines();
    if lines.next().is_none_or(|line| line.trim_end() != "---") {
        return None;
    }
    let licence = lines
        .take_while(|line| line.trim_end() != "---")
        .find_map(|line| line.strip_prefix("license:"))
        .map(|licence| licence.trim().trim_matches(['"', '\'']));
    let is_plain = |licence: &&str| {
        (1..=MAX_LICENCE).contains(&licence.len()) && !licence.contains(char::is_control)
    };
    licence.filter(is_plain).map(str::to_owned)
}
