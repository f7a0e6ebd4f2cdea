//! finalfusion: a header that lists chunks, then the chunks. Read are a plain vocabulary and a
//! plain matrix, with or without metadata before and norms after them.

use std::io::BufRead;

use super::scan::Scan;
use super::{MAX_WORD, Shape, check_shape, wrong, wrong_at};
use crate::error::{Error, Result};

/// The first four bytes.
pub(super) const MAGIC: &[u8] = b"FiFu";

const VOCABULARY: u32 = 1;
const MATRIX: u32 = 2;
const METADATA: u32 = 5;
const NORMS: u32 = 6;
const F32: u32 = 10;

/// More metadata than anybody writes; they are TOML, which a parser turns to much more.
const MAX_METADATA: u64 = 64 << 10;

pub(super) fn check(scan: &mut Scan<impl BufRead>) -> Result<Shape> {
    let size = scan.left();
    let chunks = header(scan)?;
    let (has_metadata, has_norms) = match chunks.as_slice() {
        [VOCABULARY, MATRIX] => (false, false),
        [METADATA, VOCABULARY, MATRIX] => (true, false),
        [VOCABULARY, MATRIX, NORMS] => (false, true),
        [METADATA, VOCABULARY, MATRIX, NORMS] => (true, true),
        _ => return Err(refused()),
    };
    if has_metadata {
        metadata(scan)?;
    }
    let words = vocabulary(scan)?;
    let shape = matrix(scan, words, size)?;
    if has_norms {
        norms(scan, words, size)?;
    }
    if scan.left() > 0 {
        return Err(wrong(format!("{} bytes follow after the last chunk", scan.left())));
    }
    Ok(shape)
}

/// The kinds of the chunks that follow.
fn header(scan: &mut Scan<impl BufRead>) -> Result<Vec<u32>> {
    let (_magic, version, chunks) = (scan.u32()?, scan.u32()?, scan.u32()?);
    if version != 0 {
        return Err(wrong(format!("finalfusion version {version}, expected 0")));
    }
    if chunks > 4 {
        return Err(refused());
    }
    (0..chunks).map(|_| scan.u32()).collect()
}

fn metadata(scan: &mut Scan<impl BufRead>) -> Result<()> {
    chunk(scan, METADATA)?;
    let length = scan.u64()?;
    if length > MAX_METADATA {
        return Err(wrong(format!("{length} bytes of metadata, expected at most {MAX_METADATA}")));
    }
    let bytes = scan.bytes(length)?;
    match std::str::from_utf8(&bytes) {
        Ok(text) if text.parse::<toml::Table>().is_ok() => Ok(()),
        _ => Err(wrong("its metadata are not TOML")),
    }
}

/// Walks the vocabulary and returns how many words it has.
fn vocabulary(scan: &mut Scan<impl BufRead>) -> Result<u64> {
    chunk(scan, VOCABULARY)?;
    let (_length, words) = (scan.u64()?, scan.u64()?);
    // The dimensions are not known yet: a word has its length, a byte, and a number at least.
    let words = check_shape(words, 1, 4 + 1 + 4, scan.left())?.words;
    for row in 1..=words {
        let length = scan.u32()?;
        if length as usize > MAX_WORD {
            return Err(wrong_at(row, format!("a word longer than {MAX_WORD} bytes")));
        }
        let word = scan.bytes(u64::from(length))?;
        scan.word(&word, row)?;
    }
    Ok(words as u64)
}

fn matrix(scan: &mut Scan<impl BufRead>, words: u64, size: u64) -> Result<Shape> {
    chunk(scan, MATRIX)?;
    let (_length, rows, dims) = (scan.u64()?, scan.u64()?, u64::from(scan.u32()?));
    if rows != words {
        return Err(wrong(format!("{rows} vectors of {words} words")));
    }
    numbers(scan, size)?;
    let shape = check_shape(rows, dims, 4 * dims, scan.left())?;
    for row in 1..=shape.words {
        scan.vector(row, shape.dims)?;
    }
    Ok(shape)
}

fn norms(scan: &mut Scan<impl BufRead>, words: u64, size: u64) -> Result<()> {
    chunk(scan, NORMS)?;
    let (_length, norms) = (scan.u64()?, scan.u64()?);
    if norms != words {
        return Err(wrong(format!("{norms} norms of {words} words")));
    }
    numbers(scan, size)?;
    for row in 1..=words as usize {
        scan.vector(row, 1)?;
    }
    Ok(())
}

fn chunk(scan: &mut Scan<impl BufRead>, expected: u32) -> Result<()> {
    match scan.u32()? {
        kind if kind == expected => Ok(()),
        kind => Err(wrong(format!("a chunk of kind {kind}, the header says {expected}"))),
    }
}

/// The kind of the numbers that follow, and their padding: one to four bytes, up to a multiple of
/// four from the file's start.
fn numbers(scan: &mut Scan<impl BufRead>, size: u64) -> Result<()> {
    let kind = scan.u32()?;
    if kind != F32 {
        return Err(wrong(format!("numbers of kind {kind}, expected {F32} (f32)")));
    }
    scan.bytes(4 - (size - scan.left()) % 4)?;
    Ok(())
}

fn refused() -> Error {
    wrong("finalfusion with subwords or quantised vectors, which cannot be read")
        .hint("convert it to a plain vocabulary and matrix, or to word2vec")
}
