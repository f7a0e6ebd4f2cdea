//! Text formats: one line per word, with the word and then its numbers, separated by white space.
//!
//! `GloVe` text has nothing else: <https://nlp.stanford.edu/projects/glove/>. word2vec text begins
//! with a line `words dims`: the option `-binary 0` of `word2vec.c`,
//! <https://code.google.com/archive/p/word2vec/>. fastText's `.vec` files are word2vec text.

use std::io::BufRead;

use super::bounded_reader::{BoundedReader, check_number};
use super::rounding::scale_to_unit_length_and_back;
use super::word_list::WordList;
use super::{Header, MAX_DIMS, MAX_WORD, MAX_WORDS, TableShape, WordTable, corrupt, corrupt_at};
use crate::error::Result;

/// The maximum length of a line: a number with its space takes at most 64 bytes.
const MAX_LINE: usize = MAX_WORD + 64 * MAX_DIMS;

/// The maximum length of the header line.
const MAX_HEADER: usize = 64;

/// The maximum length of an invalid number in an error, in bytes.
const MAX_QUOTED: usize = 40;

/// The hint for a line of another form.
const LINE_FORMAT: &str = "a line is a word without spaces, then the numbers of its vector";

/// The content of the first line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum FirstLine {
    /// `words dims`, as in word2vec text.
    Header,
    /// A word and its vector, as in `GloVe` text.
    Word,
}

/// Reads the whole file.
pub(super) fn read(
    reader: &mut BoundedReader<impl BufRead>,
    first_line: FirstLine,
) -> Result<WordTable> {
    let declared = match first_line {
        FirstLine::Header => Some(header(reader)?),
        FirstLine::Word => None,
    };
    let header_rows = usize::from(declared.is_some());
    let mut dims = declared.map(|shape| shape.dims);
    let mut words = WordList::default();
    let mut rows = Vec::new();
    while reader.left() > 0 {
        let row = words.len() + header_rows + 1;
        let Some(line) = reader.line(b'\n', MAX_LINE)? else {
            return Err(corrupt_at(row, format!("the line is longer than {MAX_LINE} bytes")));
        };
        if words.len() == MAX_WORDS {
            return Err(corrupt_at(row, format!("more than {MAX_WORDS} words")));
        }
        let start = rows.len();
        parse_line(&line, row, &mut words, &mut rows)?;
        let found = rows.len() - start;
        let expected = *dims.get_or_insert(found);
        if !(1..=MAX_DIMS).contains(&found) || found != expected {
            return Err(
                corrupt_at(row, format!("{found} numbers, expected {expected}")).hint(LINE_FORMAT)
            );
        }
        scale_to_unit_length_and_back(&mut rows[start..]);
    }
    match (declared, dims) {
        (Some(declared), _) if declared.words != words.len() => {
            let (found, expected) = (words.len(), declared.words);
            Err(corrupt(format!("{found} words, the first line declares {expected}"))
                .hint("the file is truncated, or its first line is wrong"))
        }
        (_, Some(dims)) => Ok(WordTable { words: words.into_words(), dims, rows }),
        (_, None) => Err(corrupt("the file has no words")),
    }
}

fn header(reader: &mut BoundedReader<impl BufRead>) -> Result<TableShape> {
    let line = reader.until(b'\n', MAX_HEADER)?;
    let Some(header) = line.and_then(|line| Header::parse(line.trim_ascii_end())) else {
        return Err(corrupt_at(1, "the line is not `words dims`"));
    };
    // A word takes at least one byte, and each number a space and a digit.
    let min_bytes = header.dims.saturating_mul(2).saturating_add(1);
    header.check(min_bytes, reader.left())
}

/// Appends the word of the line to `words` and its numbers to `numbers`.
fn parse_line(line: &[u8], row: usize, words: &mut WordList, numbers: &mut Vec<f32>) -> Result<()> {
    let mut fields = fields(line);
    words.add(fields.next().unwrap_or_default(), row)?;
    for (index, field) in fields.enumerate() {
        let Some(number) = parse_number(field) else {
            let field = String::from_utf8_lossy(&field[..field.len().min(MAX_QUOTED)]);
            return Err(corrupt_at(row, format!("`{}` is not a number", field.escape_debug()))
                .hint(LINE_FORMAT));
        };
        check_number(number, row, index)?;
        numbers.push(number);
    }
    Ok(())
}

/// The number of numbers after the word of a line; `None` if a field is not a number.
pub(super) fn numbers_in(line: &[u8]) -> Option<usize> {
    let mut fields = fields(line);
    std::str::from_utf8(fields.next()?).ok()?;
    fields.try_fold(0, |count, field| parse_number(field).map(|_| count + 1))
}

fn fields(line: &[u8]) -> impl Iterator<Item = &[u8]> {
    line.split(u8::is_ascii_whitespace).filter(|field| !field.is_empty())
}

fn parse_number(field: &[u8]) -> Option<f32> {
    std::str::from_utf8(field).ok()?.parse().ok()
}
