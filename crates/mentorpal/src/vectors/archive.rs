//! Sentence encoders in zip archives. A Python wheel is a zip archive too.
//!
//! Names in an archive are untrusted: they are compared with the expected names and never used as
//! paths on disk. Sizes in an archive are untrusted too: the code that reads a file counts its bytes.

use std::fs::File;
use std::io::{BufReader, Read, Seek};
use std::path::{Path, PathBuf};

use zip::ZipArchive;

use super::collect_files::Bundle;
use super::encoder::is_model_folder;
use crate::error::{Error, Location, Result};
use crate::text::format::{count, quoted_list};

/// The first bytes of a zip archive.
pub(super) const MAGIC: &[u8] = b"PK\x03\x04";

/// The signature of the record that ends an archive's list of files.
const END: &[u8] = b"PK\x05\x06";

/// The signature of the zip64 locator, [`LOCATOR_SIZE`] bytes before [`END`] in archives whose list
/// of files is too long for the plain format.
const LOCATOR: &[u8] = b"PK\x06\x07";
const LOCATOR_SIZE: usize = 20;

/// The largest allowed number of [`END`] signatures. An archive needs one, but compressed data may
/// contain the same bytes by chance.
const MAX_ENDS: usize = 8;

/// The largest number of names in an error message.
const LISTED: usize = 5;

/// An open archive with exactly one sentence encoder.
#[derive(Debug)]
pub(super) struct Archive {
    path: PathBuf,
    zip: ZipArchive<BufReader<File>>,
    /// The path of the encoder's folder in the archive: empty or ending in `/`.
    folder: String,
}

impl Archive {
    /// Opens the archive `file`, which lies at `path`.
    ///
    /// # Errors
    /// If the file is not a readable archive, or does not hold exactly one sentence encoder.
    pub(super) fn open(mut file: File, path: &Path) -> Result<Self> {
        let unreadable = |e| Error::io(path, "read the file", e);
        file.rewind().map_err(unreadable)?;
        check_ends(&file).map_err(|e| e.or_at(Location::file(path)))?;
        file.rewind().map_err(unreadable)?;
        let zip = ZipArchive::new(BufReader::new(file)).map_err(|e| {
            Error::at(Location::file(path), "not a readable zip archive")
                .caused_by(e)
                .hint("download the archive again, or unpack it first")
        })?;
        let folder = folder(&zip).map_err(|e| e.or_at(Location::file(path)))?;
        Ok(Self { path: path.to_owned(), zip, folder })
    }
}

impl Bundle for Archive {
    fn open(&mut self, path: &str) -> Result<Option<Box<dyn Read + '_>>> {
        let place = self.place(path);
        let Some(index) = self.zip.index_for_name(&format!("{}{path}", self.folder)) else {
            return Ok(None);
        };
        let unreadable = |e| Error::at(place.clone(), "cannot unpack this file").caused_by(e);
        if self.zip.by_index_raw(index).map_err(unreadable)?.encrypted() {
            return Err(Error::at(place, "is encrypted").hint("unpack the archive first"));
        }
        let file = self.zip.by_index(index).map_err(unreadable)?;
        Ok(Some(Box::new(file)))
    }

    fn place(&self, path: &str) -> Location {
        let within = format!("{}{path}", self.folder);
        Location::file(format!("{}/{}", self.path.display(), within.escape_debug()))
    }
}

/// Returns the path of the only sentence encoder's folder in the archive.
fn folder(zip: &ZipArchive<BufReader<File>>) -> Result<String> {
    let has = |path: &str| zip.index_for_name(path).is_some();
    let folders = zip.file_names().filter_map(|name| name.strip_suffix("config.json"));
    let mut found: Vec<&str> = folders
        .filter(|folder| folder.is_empty() || folder.ends_with('/'))
        .filter(|folder| is_model_folder(|file| has(&format!("{folder}{file}"))))
        .collect();
    match found.as_slice() {
        [folder] => Ok((*folder).to_owned()),
        [] => {
            let files = count(zip.len(), "file");
            let mut names: Vec<&str> = zip.file_names().collect();
            names.sort_unstable();
            let what =
                format!("no sentence encoder among the {files} of the archive: {}", listed(&names));
            Err(Error::new(what).hint(
                "add an archive of a folder with `config.json`, `tokenizer.json` and \
                 `model.safetensors`; unpack a file of word vectors first",
            ))
        }
        _ => {
            found.sort_unstable();
            let what = format!(
                "{} sentence encoders in the archive, expected one: {}",
                found.len(),
                listed(&found)
            );
            Err(Error::new(what).hint("unpack the archive and add one of the folders"))
        }
    }
}

/// Formats the first [`LISTED`] of `names`.
fn listed(names: &[&str]) -> String {
    let shown = names.iter().take(LISTED).map(|name| name.escape_debug().to_string());
    let more = if names.len() > LISTED { ", …" } else { "" };
    format!("{}{more}", quoted_list(shown))
}

/// Scans the file before the `zip` crate opens it. Rejects zip64 archives, whose file count that
/// crate trusts without a bound, and archives with many [`END`] signatures, which it would try one
/// after another.
fn check_ends(file: &File) -> Result<()> {
    let mut reader = BufReader::with_capacity(1 << 16, file);
    let mut window = Vec::new();
    let mut ends = 0;
    let span = LOCATOR_SIZE + END.len();
    loop {
        let read = (&mut reader)
            .take(1 << 20)
            .read_to_end(&mut window)
            .map_err(|e| Error::new("cannot be read").caused_by(e))?;
        if read == 0 {
            return Ok(());
        }
        for bytes in window.windows(span).filter(|bytes| bytes.ends_with(END)) {
            ends += 1;
            if bytes.starts_with(LOCATOR) || ends > MAX_ENDS {
                return Err(Error::new("the archive is larger than 4 GiB or corrupt")
                    .hint("download the archive again, or unpack it first"));
            }
        }
        window.drain(..window.len().saturating_sub(span - 1));
    }
}
