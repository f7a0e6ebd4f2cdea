//! Text: a line a word, its numbers after it, separated by white space; word2vec's begins with a
//! line `words dims`.

use std::io::BufRead;

use super::scan::{Scan, check_number};
use super::{MAX_DIMS, MAX_WORD, MAX_WORDS, Shape, check_shape, shape, wrong, wrong_at};
use crate::error::Result;

/// The longest line: a number with its space takes at most 64 bytes.
const MAX_LINE: usize = MAX_WORD + 64 * MAX_DIMS;

pub(super) fn check(scan: &mut Scan<impl BufRead>, has_header: bool) -> Result<Shape> {
    let declared = if has_header { Some(header(scan)?) } else { None };
    let header_rows = usize::from(has_header);
    let mut dims = declared.map(|shape| shape.dims);
    let mut words = 0;
    while scan.left() > 0 {
        let row = words + header_rows + 1;
        let Some(line) = scan.line(b'\n', MAX_LINE)? else {
            return Err(wrong_at(row, format!("a line longer than {MAX_LINE} bytes")));
        };
        if words == MAX_WORDS {
            return Err(wrong_at(row, format!("more than {MAX_WORDS} words")));
        }
        let found = check_line(scan, &line, row)?;
        let expected = *dims.get_or_insert(found);
        if !(1..=MAX_DIMS).contains(&found) || found != expected {
            return Err(wrong_at(row, format!("{found} numbers, expected {expected}"))
                .hint("a line is a word without spaces, then the numbers of its vector"));
        }
        words += 1;
    }
    match (declared, dims) {
        (Some(declared), _) if declared.words != words => {
            Err(wrong(format!("{words} words, the first line says {}", declared.words))
                .hint("the file is truncated, or its first line is wrong"))
        }
        (_, Some(dims)) => Ok(Shape { words, dims }),
        (_, None) => Err(wrong("there are no words")),
    }
}

fn header(scan: &mut Scan<impl BufRead>) -> Result<Shape> {
    let line = scan.until(b'\n', 64)?;
    let Some((words, dims)) = line.and_then(|line| shape(line.trim_ascii_end())) else {
        return Err(wrong_at(1, "the line is not `words dims`"));
    };
    // A word of one byte; before each number, of one digit, a space.
    let least = (dims as u64).saturating_mul(2).saturating_add(1);
    check_shape(words, dims as u64, least, scan.left())
}

/// Notes the line's word and returns how many numbers follow it, all of them in range.
fn check_line(scan: &mut Scan<impl BufRead>, line: &[u8], row: usize) -> Result<usize> {
    let mut parts = parts(line);
    scan.word(parts.next().unwrap_or_default(), row)?;
    let mut numbers = 0;
    for part in parts {
        let Some(number) = number(part) else {
            let part = String::from_utf8_lossy(&part[..part.len().min(40)]);
            return Err(wrong_at(row, format!("`{}` is not a number", part.escape_debug()))
                .hint("a line is a word without spaces, then the numbers of its vector"));
        };
        check_number(number, row, numbers)?;
        numbers += 1;
    }
    Ok(numbers)
}

/// How many numbers follow the word in a line; `None` where something else does.
pub(super) fn numbers_in(line: &[u8]) -> Option<usize> {
    let mut parts = parts(line);
    std::str::from_utf8(parts.next()?).ok()?;
    parts.try_fold(0, |numbers, part| number(part).map(|_| numbers + 1))
}

fn parts(line: &[u8]) -> impl Iterator<Item = &[u8]> {
    line.split(u8::is_ascii_whitespace).filter(|part| !part.is_empty())
}

fn number(part: &[u8]) -> Option<f32> {
    std::str::from_utf8(part).ok()?.parse().ok()
}
