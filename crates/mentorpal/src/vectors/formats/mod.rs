//! Readers of word-vector files, one file per format.
//!
//! Files are untrusted input. Nothing is allocated by what a header claims: counts are compared with
//! the bytes that are left, and every number, word and length is checked while it is read.

mod bounded_reader;
mod fasttext;
mod finalfusion;
mod rounding;
#[cfg(test)]
mod samples;
#[cfg(test)]
mod tests;
mod text;
mod word2vec;
mod word_list;

use std::fmt;
use std::fs::File;
use std::io::{BufRead, BufReader, Read, Seek};
use std::path::Path;

use bounded_reader::BoundedReader;

use super::archive;
use crate::error::{Error, ErrorKind, Location, Result};

/// The maximum number of dimensions of a vector.
pub(super) const MAX_DIMS: usize = 16_384;

/// The maximum number of words in a file; the largest published files have three million.
pub(super) const MAX_WORDS: usize = 10_000_000;

/// The maximum length of a word, in bytes.
const MAX_WORD: usize = 1024;

/// The largest magnitude of a number: the sum of [`MAX_DIMS`] such squares is still an `f32`.
const MAX_NUMBER: f32 = 1e15;

/// The number of bytes that [`Format::detect`] is given: enough for a header and the first line.
const DETECTION_BYTES: u64 = 1 << 20;

/// A file format of word vectors.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Format {
    /// `words dims`, then each word with its numbers as little-endian bytes.
    Word2VecBinary,
    /// `words dims`, then one line per word.
    Word2VecText,
    /// One line per word.
    GloveText,
    /// A fastText model with its subwords.
    FastText,
    /// finalfusion with a plain vocabulary and a plain matrix.
    Finalfusion,
}

/// The number of words and of dimensions of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct TableShape {
    pub(super) words: usize,
    pub(super) dims: usize,
}

/// Words and their vectors, in the order of the file.
#[derive(Debug, PartialEq)]
pub(super) struct WordTable {
    pub(super) words: Vec<Box<str>>,
    pub(super) dims: usize,
    /// The vectors, a row-major matrix of shape `[words, dims]`.
    pub(super) rows: Vec<f32>,
}

impl WordTable {
    /// The number of words and dimensions.
    pub(super) fn shape(&self) -> TableShape {
        TableShape { words: self.words.len(), dims: self.dims }
    }
}

impl Format {
    /// The name of the format, as the manifest records it.
    #[must_use]
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Word2VecBinary => "word2vec binary",
            Self::Word2VecText => "word2vec text",
            Self::GloveText => "GloVe text",
            Self::FastText => "fastText",
            Self::Finalfusion => "finalfusion",
        }
    }

    /// Detects the format by the first bytes of the file; `None` if no format matches.
    fn detect(start: &[u8]) -> Option<Self> {
        if start.starts_with(finalfusion::MAGIC) {
            return Some(Self::Finalfusion);
        }
        if start.starts_with(&fasttext::MAGIC.to_le_bytes()) {
            return Some(Self::FastText);
        }
        let mut lines = start.split(|byte| *byte == b'\n');
        let first = lines.next()?;
        if let Some(header) = Header::parse(first.trim_ascii_end()) {
            let row = lines.next().and_then(text::numbers_in);
            let is_text = row.is_some_and(|numbers| numbers as u64 == header.dims);
            return Some(if is_text { Self::Word2VecText } else { Self::Word2VecBinary });
        }
        text::numbers_in(first).filter(|numbers| *numbers > 0).map(|_| Self::GloveText)
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// The contents of a file of word vectors, and its format.
pub(super) struct WordFile {
    pub(super) format: Format,
    pub(super) table: WordTable,
}

/// Detects the format of `file`, found at `path`, and reads it from start to end.
///
/// # Errors
/// If the format is unknown or unsupported, or the file is corrupt. The error has the path and,
/// where it is about one word, the row (in binary formats the number of the word).
pub(super) fn read_file(file: &mut File, path: &Path) -> Result<WordFile> {
    let read_error = |e| Error::io(path, "read the file", e);
    let size = file.metadata().map_err(read_error)?.len();
    file.rewind().map_err(read_error)?;
    let mut start = Vec::new();
    file.take(DETECTION_BYTES).read_to_end(&mut start).map_err(read_error)?;
    file.rewind().map_err(read_error)?;
    let format = Format::detect(&start).ok_or_else(|| unknown_format(path, &start))?;
    let table = read(format, BufReader::new(file), size).map_err(|error| {
        let row = error.place().and_then(|place| place.row);
        let place = Location { row, ..Location::file(path) };
        error.moved_to(place).prefixed(&format!("read as {format}"))
    })?;
    Ok(WordFile { format, table })
}

/// Reads a file of `size` bytes from start to end.
///
/// # Errors
/// If the file is corrupt or unsupported. The location has the row, if any, but no path.
fn read(format: Format, reader: impl BufRead, size: u64) -> Result<WordTable> {
    let mut reader = BoundedReader::new(reader, size);
    match format {
        Format::Word2VecBinary => word2vec::read(&mut reader),
        Format::Word2VecText => text::read(&mut reader, text::FirstLine::Header),
        Format::GloveText => text::read(&mut reader, text::FirstLine::Word),
        Format::FastText => fasttext::read(&mut reader),
        Format::Finalfusion => finalfusion::read(&mut reader),
    }
}

fn unknown_format(path: &Path, start: &[u8]) -> Error {
    let is_packed = start.starts_with(archive::MAGIC) || start.starts_with(b"\x1f\x8b");
    let error = Error::at(Location::file(path), "not a word-vector file");
    error.with_kind(ErrorKind::Corrupt).hint(if is_packed {
        "unpack the archive first"
    } else {
        "the supported formats are word2vec (binary or text), GloVe text, fastText and finalfusion"
    })
}

/// The header line of word2vec files: `words dims`.
#[derive(Clone, Copy, Debug)]
struct Header {
    words: u64,
    dims: u64,
}

impl Header {
    /// Parses the line, which has no line feed.
    fn parse(line: &[u8]) -> Option<Self> {
        let (words, dims) = std::str::from_utf8(line).ok()?.split_once(' ')?;
        Some(Self { words: words.parse().ok()?, dims: dims.parse().ok()? })
    }

    /// Checks the header against the bounds and against the bytes that are left in the file, where
    /// a word takes at least `min_bytes`.
    ///
    /// # Errors
    /// If a count is out of range, or the file is too short for it.
    fn check(self, min_bytes: u64, left: u64) -> Result<TableShape> {
        let Self { words, dims } = self;
        if !(1..=MAX_DIMS as u64).contains(&dims) {
            return Err(corrupt(format!("{dims} dimensions, expected 1 to {MAX_DIMS}")));
        }
        if !(1..=MAX_WORDS as u64).contains(&words) {
            return Err(corrupt(format!("{words} words, expected 1 to {MAX_WORDS}")));
        }
        // Both factors are far below the square root of the largest `u64`.
        let needed = words * min_bytes;
        if needed > left {
            return Err(corrupt(format!(
                "{words} words of {dims} numbers need at least {needed} bytes, {left} are left"
            ))
            .hint("the file is truncated, or its header is wrong; download it again"));
        }
        Ok(TableShape { words: words as usize, dims: dims as usize })
    }
}

/// The error of a corrupt file.
fn corrupt(message: impl Into<String>) -> Error {
    Error::new(message).with_kind(ErrorKind::Corrupt)
}

/// The error of a corrupt row, counted from 1. [`read_file`] adds the path.
fn corrupt_at(row: usize, message: impl Into<String>) -> Error {
    Error::at(Location::file("").row(row), message).with_kind(ErrorKind::Corrupt)
}

/// The error of a valid file with a feature that is not supported.
fn unsupported(message: impl Into<String>) -> Error {
    Error::new(message).with_kind(ErrorKind::Unsupported)
}
