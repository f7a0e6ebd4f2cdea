//! The vector file of an installed word-vector model, `model.fifu`: finalfusion, laid out so that it
//! opens without reading the vectors.
//!
//! Format: <https://finalfusion.github.io/spec>. After the last word follows one more entry: the
//! header of a finalfusion file *without* words ([`WITHOUT_WORDS`]), whose vector is zero. Read from
//! the start, the file is an ordinary finalfusion file; read from that entry, it is a finalfusion file
//! with vectors only. Earlier versions of this program mapped the vectors that way, so the entry stays.

use std::io::{self, Write};
use std::path::Path;

use filebuffer::FileBuffer;

use super::formats::{MAX_DIMS, MAX_WORDS, TableShape, WordTable};
use super::vocabulary::Vocabulary;
use crate::files;

/// Magic, version 0, two chunks: a vocabulary (1) and a matrix (2).
const HEADER: [u8; 20] = *b"FiFu\0\0\0\0\x02\0\0\0\x01\0\0\0\x02\0\0\0";

/// [`HEADER`], then a vocabulary chunk without words: its kind, its length of 8 bytes, no words.
const WITHOUT_WORDS: [u8; 40] = *b"FiFu\0\0\0\0\x02\0\0\0\x01\0\0\0\x02\0\0\0\
    \x01\0\0\0\x08\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0";

/// The offset of the words: [`HEADER`], and the kind, length and count of the vocabulary.
const WORDS_OFFSET: u64 = 20 + 4 + 8 + 8;

/// The vectors of a file, mapped into memory.
#[derive(Debug)]
pub(super) struct MappedVectors {
    file: FileBuffer,
    /// The offset of the first vector, a multiple of four.
    offset: usize,
    shape: TableShape,
}

impl MappedVectors {
    /// The vectors in the order of the words, `[dims]` each.
    pub(super) fn rows(&self) -> std::slice::ChunksExact<'_, f32> {
        let TableShape { words, dims } = self.shape;
        let bytes = &self.file[self.offset..][..4 * words * dims];
        bytemuck::cast_slice(bytes).chunks_exact(dims)
    }
}

/// Writes the words and vectors of `table`.
///
/// # Errors
/// If the disk fails.
pub(super) fn write(to: &mut impl Write, table: &WordTable) -> io::Result<()> {
    let words = &table.words;
    let items: usize = words.iter().map(|word| 4 + word.len()).sum();
    let items = (items + 4 + WITHOUT_WORDS.len()) as u64;
    to.write_all(&HEADER)?;
    to.write_all(&1_u32.to_le_bytes())?;
    to.write_all(&(8 + items).to_le_bytes())?;
    to.write_all(&(words.len() as u64 + 1).to_le_bytes())?;
    for item in words.iter().map(|word| word.as_bytes()).chain([&WITHOUT_WORDS[..]]) {
        to.write_all(&(item.len() as u32).to_le_bytes())?;
        to.write_all(item)?;
    }
    to.write_all(&matrix_header(WORDS_OFFSET + items, table.shape()))?;
    for number in &table.rows {
        to.write_all(&number.to_le_bytes())?;
    }
    to.write_all(&vec![0; 4 * table.dims])
}

/// The header of the matrix at `offset` in the file: its kind, length, rows, dimensions, the number
/// type `f32`, and padding.
fn matrix_header(offset: u64, shape: TableShape) -> Vec<u8> {
    let rows = shape.words as u64 + 1;
    let padding = 4 - offset % 4;
    let length = 8 + 4 + 4 + padding + rows * 4 * shape.dims as u64;
    let mut header = Vec::from(2_u32.to_le_bytes());
    header.extend(length.to_le_bytes());
    header.extend(rows.to_le_bytes());
    header.extend((shape.dims as u32).to_le_bytes());
    header.extend(10_u32.to_le_bytes());
    header.resize(header.len() + padding as usize, 0);
    header
}

/// Opens a file that [`write()`] wrote: reads the words and maps the vectors.
///
/// # Errors
/// [`io::ErrorKind::InvalidData`] if the file has another format, shape or length; if the disk fails.
pub(super) fn open(path: &Path, shape: TableShape) -> io::Result<(Vocabulary, MappedVectors)> {
    if shape.words > MAX_WORDS || !(1..=MAX_DIMS).contains(&shape.dims) {
        return Err(corrupt());
    }
    // Only a plain file can be mapped; opening a pipe would block.
    files::open(path)?;
    let file = FileBuffer::open(path)?;
    let (vocabulary, offset) = parse(&file, shape).ok_or_else(corrupt)?;
    Ok((vocabulary, MappedVectors { file, offset, shape }))
}

/// The words of a file, and the offset of its vectors; `None` if the file is corrupt.
fn parse(bytes: &[u8], shape: TableShape) -> Option<(Vocabulary, usize)> {
    let (header, rest) = bytes.split_at_checked(WORDS_OFFSET as usize)?;
    let (start, counts) = header.split_at(24);
    let (length, count) = counts.split_first_chunk()?;
    let items = u64::from_le_bytes(*length).checked_sub(8)?;
    let is_header = start.starts_with(&HEADER)
        && start.ends_with(&1_u32.to_le_bytes())
        && count == (shape.words as u64 + 1).to_le_bytes();
    if !is_header {
        return None;
    }
    let (words, rest) = rest.split_at_checked(usize::try_from(items).ok()?)?;
    let matrix = rest.strip_prefix(&matrix_header(WORDS_OFFSET + items, shape)[..])?;
    if matrix.len() as u64 != 4 * (shape.words as u64 + 1) * shape.dims as u64 {
        return None;
    }
    let mut last = Vec::from((WITHOUT_WORDS.len() as u32).to_le_bytes());
    last.extend(WITHOUT_WORDS);
    let words = words.strip_suffix(&last[..])?;
    Some((Vocabulary::read(words, shape.words)?, bytes.len() - matrix.len()))
}

fn corrupt() -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, "the file differs from the one that was added")
}
