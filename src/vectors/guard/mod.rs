//! Walks a file of word vectors from end to end before anybody else reads it.
//!
//! Nothing is allocated by what a header says: counts are compared with the bytes that are left.
//! What is refused here would make the reader behind it panic, loop, or allocate without bound.

mod fasttext;
mod finalfusion;
mod scan;
mod text;
mod word2vec;

use std::fmt;
use std::io::BufRead;

use crate::error::{Error, Location, Result};
use scan::Scan;

/// The most numbers a vector may have.
pub(super) const MAX_DIMS: usize = 16_384;

/// The most words a file may have; the largest published ones have three million.
pub(super) const MAX_WORDS: usize = 10_000_000;

/// The longest word, in bytes.
pub(super) const MAX_WORD: usize = 1024;

/// The largest magnitude of a number: its square summed over [`MAX_DIMS`] is still an `f32`.
const MAX_NUMBER: f32 = 1e15;

/// Formats of word vectors, told apart by what the file holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Format {
    /// `words dims`, then each word with its numbers as little-endian bytes.
    Word2VecBinary,
    /// `words dims`, then a line a word.
    Word2VecText,
    /// A line a word.
    GloveText,
    /// A fastText model with its subwords.
    FastText,
    /// finalfusion with a plain vocabulary and a plain matrix.
    Finalfusion,
}

impl Format {
    /// What it is called.
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

    /// Tells the format by the file's first bytes; `None` where it is none of these.
    pub(super) fn detect(start: &[u8]) -> Option<Self> {
        if start.starts_with(finalfusion::MAGIC) {
            return Some(Self::Finalfusion);
        }
        if start.starts_with(&fasttext::MAGIC.to_le_bytes()) {
            return Some(Self::FastText);
        }
        let mut lines = start.split(|byte| *byte == b'\n');
        let first = lines.next()?;
        if let Some((_, dims)) = shape(first.trim_ascii_end()) {
            let row = lines.next().and_then(text::numbers_in);
            let is_text = row.is_some_and(|numbers| numbers == dims);
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

/// How many words a file has, of how many numbers each.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Shape {
    pub(super) words: usize,
    pub(super) dims: usize,
}

/// Walks a file of `size` bytes from end to end; it is whole if this returns its shape.
///
/// # Errors
/// What is wrong with it, by row (a word's number in binary formats) where it is about one. The
/// place has no path yet.
pub(super) fn check(format: Format, reader: impl BufRead, size: u64) -> Result<Shape> {
    let mut scan = Scan::new(reader, size);
    match format {
        Format::Word2VecBinary => word2vec::check(&mut scan),
        Format::Word2VecText => text::check(&mut scan, true),
        Format::GloveText => text::check(&mut scan, false),
        Format::FastText => fasttext::check(&mut scan),
        Format::Finalfusion => finalfusion::check(&mut scan),
    }
}

/// The `words dims` of a header line, without its line feed.
fn shape(line: &[u8]) -> Option<(u64, usize)> {
    let (words, dims) = std::str::from_utf8(line).ok()?.split_once(' ')?;
    Some((words.parse().ok()?, dims.parse().ok()?))
}

/// Checks a declared shape against the bounds and against `left` bytes at `least` bytes a word.
fn check_shape(words: u64, dims: u64, least: u64, left: u64) -> Result<Shape> {
    if !(1..=MAX_DIMS as u64).contains(&dims) {
        return Err(wrong(format!("vectors of {dims} numbers, expected 1 to {MAX_DIMS}")));
    }
    if !(1..=MAX_WORDS as u64).contains(&words) {
        return Err(wrong(format!("{words} words, expected 1 to {MAX_WORDS}")));
    }
    // Both factors are bounded far below what a u64 holds.
    if words * least > left {
        return Err(wrong(format!(
            "{words} words of {dims} numbers need at least {} bytes, {left} are left",
            words * least
        ))
        .hint("the file is truncated, or its header is wrong; fetch it again"));
    }
    Ok(Shape { words: words as usize, dims: dims as usize })
}

/// An error about the whole file.
fn wrong(message: impl Into<String>) -> Error {
    Error::new(message)
}

/// An error at `row`, counted from 1; the path is added by whoever knows it.
fn wrong_at(row: usize, message: impl Into<String>) -> Error {
    Error::at(Location::file("").row(row), message)
}
