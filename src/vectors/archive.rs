//! Sentence encoders in zip archives, which Python wheels are, too.
//!
//! Names in an archive are only compared with those that are looked for; nothing is written by
//! one. Sizes are not believed: whoever reads a file counts.

use std::fs::File;
use std::io::{BufReader, Read, Seek};
use std::path::{Path, PathBuf};

use zip::ZipArchive;

use super::collect_files::Bundle;
use super::encoder::is_model_folder;
use crate::error::{Error, Location, Result};
use crate::text::format::{count, quoted_list};

/// How a zip archive begins.
pub(super) const MAGIC: &[u8] = b"PK\x03\x04";

/// Where a list of an archive's files ends.
const END: &[u8] = b"PK\x05\x06";

/// Stands [`LOCATOR_SIZE`] bytes before the end of a list longer than plain archives can have.
const LOCATOR: &[u8] = b"PK\x06\x07";
const LOCATOR_SIZE: usize = 20;

/// One is enough, but packed bytes may look like one.
const MAX_ENDS: usize = 8;

/// How many names an error lists.
const LISTED: usize = 5;

/// The one folder of a sentence encoder in an archive.
#[derive(Debug)]
pub(super) struct Archive {
    path: PathBuf,
    zip: ZipArchive<BufReader<File>>,
    /// The folder's path in the archive, empty or with a `/` at its end.
    folder: String,
}

impl Archive {
    /// Opens the archive `file`, found at `path`.
    ///
    /// # Errors
    /// When it is none that can be read, or does not hold exactly one sentence encoder.
    pub(super) fn open(mut file: File, path: &Path) -> Result<Self> {
        let unreadable = |e| Error::io(path, "read the file", e);
        file.rewind().map_err(unreadable)?;
        check_ends(&file).map_err(|e| e.or_at(Location::file(path)))?;
        file.rewind().map_err(unreadable)?;
        let zip = ZipArchive::new(BufReader::new(file)).map_err(|e| {
            Error::at(Location::file(path), "not a zip archive that can be read")
                .caused_by(e)
                .hint("fetch it again, or unpack it first")
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
        let unreadable = |e| Error::at(place.clone(), "cannot be unpacked").caused_by(e);
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

/// The one folder of a sentence encoder.
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
            let what = format!("no sentence encoder among its {files}: {}", listed(&names));
            Err(Error::new(what).hint(
                "a sentence encoder is a folder with `config.json`, `tokenizer.json` and \
                 `model.safetensors`; a file of word vectors can be added once you unpack it first",
            ))
        }
        _ => {
            found.sort_unstable();
            let what = format!("{} sentence encoders in it: {}", found.len(), listed(&found));
            Err(Error::new(what).hint("unpack it first, and add the folder of one"))
        }
    }
}

/// The first few of `names`.
fn listed(names: &[&str]) -> String {
    let shown = names.iter().take(LISTED).map(|name| name.escape_debug().to_string());
    let more = if names.len() > LISTED { ", …" } else { "" };
    format!("{}{more}", quoted_list(shown))
}

/// Walks the file and refuses what would have the reader of archives believe a count that is not
/// bounded, or try one end after the other.
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
                return Err(Error::new("an archive larger than 4 GiB, or damaged")
                    .hint("fetch it again, or unpack it first"));
            }
        }
        window.drain(..window.len().saturating_sub(span - 1));
    }
}
