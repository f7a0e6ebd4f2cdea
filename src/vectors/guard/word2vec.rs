//! word2vec binary: `words dims\n`, then `word`, a space and `dims` little-endian `f32`, maybe a
//! line feed.

use std::io::BufRead;

use super::scan::{Scan, ended};
use super::{MAX_WORD, Shape, check_shape, shape, wrong, wrong_at};
use crate::error::Result;

/// Two numbers of at most 20 digits and a space.
const MAX_HEADER: usize = 64;

pub(super) fn check(scan: &mut Scan<impl BufRead>) -> Result<Shape> {
    let header = scan.until(b'\n', MAX_HEADER)?;
    let Some((words, dims)) = header.as_deref().and_then(shape) else {
        return Err(wrong("the first line is not `words dims`"));
    };
    // A word has a byte at least, and a space after it.
    let least = (dims as u64).saturating_mul(4).saturating_add(2);
    let shape = check_shape(words, dims as u64, least, scan.left())?;
    for row in 1..=shape.words {
        // White space around a word does not belong to it: the line feed before it, above all.
        let Some(word) = scan.until(b' ', MAX_WORD + 16)? else {
            let too_long = scan.left() > 0;
            let message = format!("no space after a word within {MAX_WORD} bytes");
            return Err(if too_long { wrong_at(row, message) } else { ended() });
        };
        match std::str::from_utf8(&word) {
            Ok(word) => scan.word(word.trim().as_bytes(), row)?,
            Err(_) => scan.word(&word, row)?,
        }
        scan.vector(row, shape.dims)?;
    }
    scan.end()?;
    Ok(shape)
}
