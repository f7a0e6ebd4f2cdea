//! The file of a vector model: finalfusion, laid out so that it opens in no time.
//!
//! `finalfusion` maps the vectors of a file but reads its words one by one into a table, which
//! takes far longer. So one entry more follows after the last word: not a word, but the header of
//! a finalfusion file *without* words ([`WITHOUT_WORDS`]), its own vector zero. Read from the
//! start, the file is ordinary finalfusion. Read from that entry, it has the vectors alone, and
//! the words are left to [`Vocabulary`], which reads them at once.

use std::fs::File;
use std::io::{self, BufReader, Read, Seek, SeekFrom, Write};

use finalfusion::embeddings::Embeddings;
use finalfusion::io::MmapEmbeddings;
use finalfusion::storage::MmapArray;
use finalfusion::vocab::SimpleVocab;

use super::guard::{MAX_DIMS, MAX_WORDS, Shape};
use super::vocabulary::Vocabulary;

/// The vectors of a file, mapped; the last is not a word's.
pub(super) type Rows = Embeddings<SimpleVocab, MmapArray>;

/// Magic, version 0, two chunks: a vocabulary (1) and a matrix (2).
const HEADER: [u8; 20] = *b"FiFu\0\0\0\0\x02\0\0\0\x01\0\0\0\x02\0\0\0";

/// [`HEADER`], then a vocabulary's chunk: its kind, its 8 bytes, no words.
const WITHOUT_WORDS: [u8; 40] = *b"FiFu\0\0\0\0\x02\0\0\0\x01\0\0\0\x02\0\0\0\
    \x01\0\0\0\x08\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0";

/// Before the words: [`HEADER`], and the vocabulary's kind, length and count.
const BEFORE_WORDS: u64 = 20 + 4 + 8 + 8;

/// Writes `words`, and as many rows of `dims` numbers.
///
/// # Errors
/// When it cannot be written.
pub(super) fn write(
    to: &mut impl Write,
    words: &[String],
    rows: impl Iterator<Item = f32>,
    dims: usize,
) -> io::Result<()> {
    let items: usize = words.iter().map(|word| 4 + word.len()).sum();
    let items = (items + 4 + WITHOUT_WORDS.len()) as u64;
    to.write_all(&HEADER)?;
    to.write_all(&1_u32.to_le_bytes())?;
    to.write_all(&(8 + items).to_le_bytes())?;
    to.write_all(&(words.len() as u64 + 1).to_le_bytes())?;
    for item in words.iter().map(String::as_bytes).chain([&WITHOUT_WORDS[..]]) {
        to.write_all(&(item.len() as u32).to_le_bytes())?;
        to.write_all(item)?;
    }
    to.write_all(&matrix_header(BEFORE_WORDS + items, Shape { words: words.len(), dims }))?;
    for number in rows {
        to.write_all(&number.to_le_bytes())?;
    }
    to.write_all(&vec![0; 4 * dims])
}

/// The matrix's kind, length, rows, numbers a row, `f32`, and padding, at `offset` in the file.
fn matrix_header(offset: u64, shape: Shape) -> Vec<u8> {
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

/// Opens what [`write()`] wrote: reads the words and maps the vectors.
///
/// # Errors
/// [`io::ErrorKind::InvalidData`] when it is anything else, of another shape or length.
pub(super) fn open(file: File, shape: Shape) -> io::Result<(Vocabulary, Rows)> {
    let size = file.metadata()?.len();
    let mut reader = BufReader::new(file);
    let (words, items) = read_words(&mut reader, shape, size)?;
    let expected = matrix_header(BEFORE_WORDS + items, shape);
    let mut found = vec![0; expected.len()];
    reader.read_exact(&mut found)?;
    let start = BEFORE_WORDS + items + expected.len() as u64;
    if found != expected || size != start + 4 * (shape.words as u64 + 1) * shape.dims as u64 {
        return Err(damaged());
    }
    reader.seek(SeekFrom::Start(BEFORE_WORDS + items - WITHOUT_WORDS.len() as u64))?;
    let rows = Rows::mmap_embeddings(&mut reader).map_err(io::Error::other)?;
    Ok((words, rows))
}

/// The words of the file, and how many bytes they and the entry after them take.
fn read_words(reader: &mut impl Read, shape: Shape, size: u64) -> io::Result<(Vocabulary, u64)> {
    if shape.words > MAX_WORDS || !(1..=MAX_DIMS).contains(&shape.dims) {
        return Err(damaged());
    }
    let mut header = [0; BEFORE_WORDS as usize];
    reader.read_exact(&mut header)?;
    let (start, counts) = header.split_at(24);
    let length = u64_at(counts, 0).wrapping_sub(8);
    let is_sound = start.starts_with(&HEADER)
        && start.ends_with(&1_u32.to_le_bytes())
        && length <= size
        && u64_at(counts, 8) == shape.words as u64 + 1;
    if !is_sound {
        return Err(damaged());
    }
    let mut items = vec![0; length as usize];
    reader.read_exact(&mut items)?;
    let mut last = Vec::from((WITHOUT_WORDS.len() as u32).to_le_bytes());
    last.extend(WITHOUT_WORDS);
    let words = items.strip_suffix(&last[..]).ok_or_else(damaged)?;
    Ok((Vocabulary::read(words, shape.words).ok_or_else(damaged)?, length))
}

fn u64_at(bytes: &[u8], at: usize) -> u64 {
    bytes[at..at + 8].iter().rev().fold(0, |number, byte| number << 8 | u64::from(*byte))
}

fn damaged() -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, "not the file that was added")
}

#[cfg(test)]
mod tests {
    use super::*;
    use finalfusion::io::ReadEmbeddings;
    use finalfusion::storage::NdArray;

    #[test]
    fn read_from_the_start_it_is_ordinary_finalfusion() {
        // Words of several lengths, so that the padding is each of one to four bytes.
        for word in ["a", "bc", "def", "ghij"] {
            let mut file = Vec::new();
            let words = [word.to_owned(), "x".to_owned()];
            write(&mut file, &words, [3.0, 4.0, 0.0, 0.0].into_iter(), 2).unwrap();
            let read: Embeddings<SimpleVocab, NdArray> =
                Embeddings::read_embeddings(&mut io::Cursor::new(file)).unwrap();
            assert_eq!(read.embedding(word).unwrap().as_slice(), Some(&[3.0, 4.0][..]));
            assert_eq!(read.embedding("x").unwrap().as_slice(), Some(&[0.0, 0.0][..]));
        }
    }
}
