//! finalfusion: a header that lists chunks, then the chunks. Supported are a plain vocabulary and a
//! plain `f32` matrix, with optional metadata before and norms after them.
//!
//! Format: <https://finalfusion.github.io/spec>.

use std::io::BufRead;

use super::bounded_reader::BoundedReader;
use super::word_list::{WordList, too_long};
use super::{Header, MAX_WORD, WordTable, corrupt, corrupt_at, unsupported};
use crate::error::{Error, Result};
use crate::vectors::sentence::dot;

/// The first four bytes.
pub(super) const MAGIC: &[u8] = b"FiFu";

const VOCABULARY: u32 = 1;
const MATRIX: u32 = 2;
const METADATA: u32 = 5;
const NORMS: u32 = 6;
const F32: u32 = 10;

/// The maximum size of the metadata, which are TOML: parsing may take many times their size.
const MAX_METADATA: u64 = 64 << 10;

/// Reads the whole file.
pub(super) fn read(reader: &mut BoundedReader<impl BufRead>) -> Result<WordTable> {
    let size = reader.left();
    let chunks = header(reader)?;
    let (has_metadata, has_norms) = match chunks.as_slice() {
        [VOCABULARY, MATRIX] => (false, false),
        [METADATA, VOCABULARY, MATRIX] => (true, false),
        [VOCABULARY, MATRIX, NORMS] => (false, true),
        [METADATA, VOCABULARY, MATRIX, NORMS] => (true, true),
        _ => return Err(unsupported_chunks()),
    };
    if has_metadata {
        check_metadata(reader)?;
    }
    let words = vocabulary(reader)?;
    let (dims, mut rows) = matrix(reader, words.len(), size)?;
    let norms = if has_norms { Some(norms(reader, words.len(), size)?) } else { None };
    if reader.left() > 0 {
        return Err(corrupt(format!("{} bytes follow the last chunk", reader.left())));
    }
    if let Some(norms) = norms {
        scale(&mut rows, dims, &norms)?;
    }
    Ok(WordTable { words: words.into_words(), dims, rows })
}

/// Reads the kinds of the chunks that follow.
fn header(reader: &mut BoundedReader<impl BufRead>) -> Result<Vec<u32>> {
    let (_magic, version, chunks) = (reader.u32()?, reader.u32()?, reader.u32()?);
    if version != 0 {
        return Err(unsupported(format!("finalfusion version {version}, expected 0")));
    }
    if chunks > 4 {
        return Err(unsupported_chunks());
    }
    (0..chunks).map(|_| reader.u32()).collect()
}

fn check_metadata(reader: &mut BoundedReader<impl BufRead>) -> Result<()> {
    chunk(reader, METADATA)?;
    let length = reader.u64()?;
    if length > MAX_METADATA {
        return Err(corrupt(format!(
            "{length} bytes of metadata, expected at most {MAX_METADATA}"
        )));
    }
    let bytes = reader.bytes(length)?;
    match std::str::from_utf8(&bytes) {
        Ok(text) if text.parse::<toml::Table>().is_ok() => Ok(()),
        _ => Err(corrupt("the metadata is not TOML")),
    }
}

fn vocabulary(reader: &mut BoundedReader<impl BufRead>) -> Result<WordList> {
    chunk(reader, VOCABULARY)?;
    let (_length, words) = (reader.u64()?, reader.u64()?);
    // The dimensions are not known yet: a word takes its length, a byte, and at least one number.
    let count = Header { words, dims: 1 }.check(4 + 1 + 4, reader.left())?.words;
    let mut words = WordList::default();
    for row in 1..=count {
        let length = reader.u32()?;
        if length as usize > MAX_WORD {
            return Err(too_long(row));
        }
        let word = reader.bytes(u64::from(length))?;
        words.add(&word, row)?;
    }
    Ok(words)
}

/// Reads the matrix of `size`, the number of bytes of the whole file; returns the number of
/// dimensions, and the rows.
fn matrix(
    reader: &mut BoundedReader<impl BufRead>,
    words: usize,
    size: u64,
) -> Result<(usize, Vec<f32>)> {
    chunk(reader, MATRIX)?;
    let (_length, rows, dims) = (reader.u64()?, reader.u64()?, u64::from(reader.u32()?));
    if rows != words as u64 {
        return Err(corrupt(format!("{rows} vectors, expected one for each of {words} words")));
    }
    number_type(reader, size)?;
    let shape = Header { words: rows, dims }.check(4 * dims, reader.left())?;
    let mut rows = Vec::with_capacity(shape.words * shape.dims);
    for row in 1..=shape.words {
        reader.vector(row, shape.dims, &mut rows)?;
    }
    Ok((shape.dims, rows))
}

fn norms(reader: &mut BoundedReader<impl BufRead>, words: usize, size: u64) -> Result<Vec<f32>> {
    chunk(reader, NORMS)?;
    let (_length, count) = (reader.u64()?, reader.u64()?);
    if count != words as u64 {
        return Err(corrupt(format!("{count} norms, expected one for each of {words} words")));
    }
    number_type(reader, size)?;
    let mut norms = Vec::new();
    for row in 1..=words {
        reader.vector(row, 1, &mut norms)?;
    }
    Ok(norms)
}

/// Multiplies each row by its norm.
///
/// # Errors
/// If the squared length of a vector is above the range of `f32`.
fn scale(rows: &mut [f32], dims: usize, norms: &[f32]) -> Result<()> {
    for (index, (vector, norm)) in rows.chunks_exact_mut(dims).zip(norms).enumerate() {
        if !(dot(vector, vector) * norm.powi(2)).is_finite() {
            return Err(corrupt_at(index + 1, "the product of vector and norm is too large"));
        }
        for number in vector {
            *number *= norm;
        }
    }
    Ok(())
}

fn chunk(reader: &mut BoundedReader<impl BufRead>, expected: u32) -> Result<()> {
    match reader.u32()? {
        kind if kind == expected => Ok(()),
        kind => Err(corrupt(format!("a chunk of kind {kind}, the header declares {expected}"))),
    }
}

/// Reads the type of the numbers that follow, and their padding: one to four bytes, up to a multiple
/// of four from the start of the file, which has `size` bytes.
fn number_type(reader: &mut BoundedReader<impl BufRead>, size: u64) -> Result<()> {
    let kind = reader.u32()?;
    if kind != F32 {
        return Err(unsupported(format!("values of type {kind}, expected {F32} (f32)")));
    }
    reader.bytes(4 - (size - reader.left()) % 4)?;
    Ok(())
}

fn unsupported_chunks() -> Error {
    unsupported("finalfusion with subwords or quantised vectors is not supported")
        .hint("convert it to a plain vocabulary and matrix, or to word2vec")
}
