//! word2vec binary: the line `words dims`, then for each word its bytes, a space, `dims`
//! little-endian `f32`, and optionally a line feed.
//!
//! Format: `word2vec.c` and `distance.c` of <https://code.google.com/archive/p/word2vec/>, the
//! writer and the reader of the authors. The text variant is in `text.rs`.

use std::io::BufRead;

use super::bounded_reader::{BoundedReader, unexpected_end};
use super::rounding::scale_to_unit_length_and_back;
use super::word_list::WordList;
use super::{Header, MAX_WORD, WordTable, corrupt, corrupt_at};
use crate::error::Result;

/// The maximum length of the header: two numbers of at most 20 digits and a space.
const MAX_HEADER: usize = 64;

/// White space that may surround a word, such as the line feed after the previous vector.
const MAX_PADDING: usize = 16;

/// Reads the whole file.
pub(super) fn read(reader: &mut BoundedReader<impl BufRead>) -> Result<WordTable> {
    let header = reader.until(b'\n', MAX_HEADER)?;
    let Some(header) = header.as_deref().and_then(Header::parse) else {
        return Err(corrupt("the first line is not `words dims`"));
    };
    // A word takes at least one byte, a space, and its numbers.
    let min_bytes = header.dims.saturating_mul(4).saturating_add(2);
    let shape = header.check(min_bytes, reader.left())?;
    let mut words = WordList::default();
    let mut rows = Vec::with_capacity(shape.words * shape.dims);
    for row in 1..=shape.words {
        let Some(word) = reader.until(b' ', MAX_WORD + MAX_PADDING)? else {
            let message = format!("no space within {MAX_WORD} bytes after the start of a word");
            let is_at_end = reader.left() == 0;
            return Err(if is_at_end { unexpected_end() } else { corrupt_at(row, message) });
        };
        match std::str::from_utf8(&word) {
            Ok(word) => words.add(word.trim().as_bytes(), row)?,
            Err(_) => words.add(&word, row)?,
        }
        let start = rows.len();
        reader.vector(row, shape.dims, &mut rows)?;
        scale_to_unit_length_and_back(&mut rows[start..]);
    }
    reader.end()?;
    Ok(WordTable { words: words.into_words(), dims: shape.dims, rows })
}
