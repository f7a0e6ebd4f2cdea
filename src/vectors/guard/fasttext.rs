//! fastText's binary: a header, the dictionary, the input matrix (words, then buckets of
//! subwords), and an output matrix that nobody reads.

use std::io::BufRead;

use super::scan::{Scan, ended};
use super::{MAX_WORD, MAX_WORDS, Shape, check_shape, wrong, wrong_at};
use crate::error::{Error, Result};

/// The first four bytes, little-endian.
pub(super) const MAGIC: u32 = 793_712_314;

/// A dictionary's entry: at least a byte and its end, the count, the kind.
const LEAST_ENTRY: u64 = 2 + 8 + 1;

/// The most characters of a subword; longer ones only cost time.
const MAX_SUBWORD: u32 = 64;

struct Header {
    dims: u32,
    buckets: u32,
}

pub(super) fn check(scan: &mut Scan<impl BufRead>) -> Result<Shape> {
    let header = header(scan)?;
    let words = dictionary(scan)?;
    if scan.exact::<1>()? != [0] {
        return Err(refused("quantised"));
    }
    let (rows, dims) = (scan.u64()?, scan.u64()?);
    if dims != u64::from(header.dims) || rows != words as u64 + u64::from(header.buckets) {
        return Err(wrong(format!(
            "a matrix of {rows} × {dims} numbers, expected {} × {}",
            words as u64 + u64::from(header.buckets),
            header.dims
        )));
    }
    // The rows are words and buckets, of which there may be more than words.
    let needed = rows.saturating_mul(4 * dims);
    if needed > scan.left() {
        return Err(ended());
    }
    let shape = check_shape(words as u64, dims, 4 * dims, scan.left())?;
    for row in 1..=rows as usize {
        scan.vector(row, shape.dims)?;
    }
    Ok(shape)
}

/// Magic, version, and thirteen settings.
fn header(scan: &mut Scan<impl BufRead>) -> Result<Header> {
    let (_magic, version) = (scan.u32()?, scan.u32()?);
    if version > 12 {
        return Err(wrong(format!("fastText version {version}, expected at most 12")));
    }
    let dims = scan.u32()?;
    // Window, epochs, least count, negative samples, word n-grams.
    scan.exact::<20>()?;
    let (loss, model) = (scan.u32()?, scan.u32()?);
    if !(1..=3).contains(&loss) || !(1..=3).contains(&model) {
        return Err(wrong(format!("loss {loss} and model {model}, expected 1 to 3 each")));
    }
    let (buckets, shortest, longest) = (scan.u32()?, scan.u32()?, scan.u32()?);
    // The rate of learning's updates, the sampling threshold.
    scan.exact::<12>()?;
    if buckets == 0 || buckets > i32::MAX as u32 || shortest == 0 || longest == 0 {
        return Err(refused("without subwords"));
    }
    if shortest > longest || longest > MAX_SUBWORD {
        return Err(wrong(format!(
            "subwords of {shortest} to {longest} characters, expected 1 to {MAX_SUBWORD}"
        )));
    }
    Ok(Header { dims, buckets })
}

/// Walks the dictionary and returns how many words it has.
fn dictionary(scan: &mut Scan<impl BufRead>) -> Result<usize> {
    let (entries, _words, labels) = (scan.u32()?, scan.u32()?, scan.u32()?);
    let (_tokens, pruned) = (scan.u64()?, scan.u64()?.cast_signed());
    if labels > 0 {
        return Err(refused("that predicts labels"));
    }
    if pruned >= 0 {
        return Err(refused("pruned"));
    }
    let entries = entries as usize;
    if !(1..=MAX_WORDS).contains(&entries) {
        return Err(wrong(format!("{entries} words, expected 1 to {MAX_WORDS}")));
    }
    if entries as u64 * LEAST_ENTRY > scan.left() {
        return Err(ended());
    }
    for row in 1..=entries {
        let Some(word) = scan.until(0, MAX_WORD + 1)? else {
            return Err(wrong_at(row, format!("no end of a word within {MAX_WORD} bytes")));
        };
        scan.word(&word, row)?;
        scan.u64()?;
        if scan.exact::<1>()? != [0] {
            return Err(wrong_at(row, "an entry that is not a word"));
        }
    }
    Ok(entries)
}

fn refused(what: &str) -> Error {
    wrong(format!("a fastText model {what}, which cannot be read"))
        .hint("take the model's `.vec` file, which is text")
}
