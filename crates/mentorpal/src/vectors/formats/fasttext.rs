//! fastText binary (`.bin`): a header, the dictionary, the input matrix (the rows of the words, then
//! of the subword buckets), and an output matrix, which is not read.
//!
//! Format: `FastText::saveModel`, `Args::save` and `Dictionary::save` of
//! <https://github.com/facebookresearch/fastText/tree/main/src>. The vector of a word is the mean of
//! its own row and the rows of its subwords (Bojanowski et al. 2017, <https://arxiv.org/abs/1607.04606>).

use std::io::BufRead;
use std::ops::RangeInclusive;

use super::bounded_reader::{BoundedReader, unexpected_end};
use super::rounding::scale_to_unit_length_and_back;
use super::word_list::WordList;
use super::{Header, MAX_WORD, MAX_WORDS, WordTable, corrupt, corrupt_at, unsupported};
use crate::error::{Error, Result};

/// The first four bytes, little-endian.
pub(super) const MAGIC: u32 = 793_712_314;

/// The newest version of the format.
const VERSION: u32 = 12;

/// The minimum size of a dictionary entry: a byte and its terminator, the count, the kind.
const MIN_ENTRY: u64 = 2 + 8 + 1;

/// The maximum length of a subword in characters; it bounds the time per word.
const MAX_SUBWORD: u32 = 64;

/// The settings of a model that are needed to read its vectors.
#[derive(Debug)]
struct FastTextSettings {
    dims: u32,
    subwords: Subwords,
}

/// The subwords of words: character n-grams, hashed to buckets.
#[derive(Debug)]
struct Subwords {
    buckets: u32,
    /// The lengths of n-grams, in characters.
    lengths: RangeInclusive<usize>,
}

/// Reads the file up to its output matrix.
pub(super) fn read(reader: &mut BoundedReader<impl BufRead>) -> Result<WordTable> {
    let FastTextSettings { dims, subwords } = settings(reader)?;
    let words = dictionary(reader)?;
    if reader.exact::<1>()? != [0] {
        return Err(unsupported_model("quantised"));
    }
    let expected_rows = words.len() as u64 + u64::from(subwords.buckets);
    let (found_rows, found_dims) = (reader.u64()?, reader.u64()?);
    if found_dims != u64::from(dims) || found_rows != expected_rows {
        return Err(corrupt(format!(
            "a matrix of {found_rows} × {found_dims} numbers, expected {expected_rows} × {dims}"
        )));
    }
    if found_rows.saturating_mul(4 * found_dims) > reader.left() {
        return Err(unexpected_end());
    }
    let header = Header { words: words.len() as u64, dims: found_dims };
    let dims = header.check(4 * found_dims, reader.left())?.dims;
    let mut rows = Vec::with_capacity(found_rows as usize * dims);
    for row in 1..=found_rows as usize {
        reader.vector(row, dims, &mut rows)?;
    }
    let words = words.into_words();
    let (word_rows, bucket_rows) = rows.split_at_mut(words.len() * dims);
    for (word, row) in words.iter().zip(word_rows.chunks_exact_mut(dims)) {
        subwords.average(word, row, bucket_rows);
        scale_to_unit_length_and_back(row);
    }
    rows.truncate(words.len() * dims);
    Ok(WordTable { words, dims, rows })
}

/// Reads the magic number, the version, and thirteen settings.
fn settings(reader: &mut BoundedReader<impl BufRead>) -> Result<FastTextSettings> {
    let (_magic, version) = (reader.u32()?, reader.u32()?);
    if version > VERSION {
        return Err(unsupported(format!("fastText version {version}, expected at most {VERSION}")));
    }
    let dims = reader.u32()?;
    // Window size, epochs, minimum count, negative samples, word n-grams.
    reader.exact::<20>()?;
    let (loss, model) = (reader.u32()?, reader.u32()?);
    if !(1..=3).contains(&loss) || !(1..=3).contains(&model) {
        return Err(corrupt(format!("loss {loss} and model {model}, expected 1 to 3 each")));
    }
    let (buckets, shortest, longest) = (reader.u32()?, reader.u32()?, reader.u32()?);
    // Learning-rate update interval, sampling threshold.
    reader.exact::<12>()?;
    if buckets == 0 || buckets > i32::MAX as u32 || shortest == 0 || longest == 0 {
        return Err(unsupported_model("without subwords"));
    }
    if shortest > longest || longest > MAX_SUBWORD {
        return Err(corrupt(format!(
            "subwords of {shortest} to {longest} characters, expected 1 to {MAX_SUBWORD}"
        )));
    }
    let lengths = shortest as usize..=longest as usize;
    Ok(FastTextSettings { dims, subwords: Subwords { buckets, lengths } })
}

/// Reads the dictionary.
fn dictionary(reader: &mut BoundedReader<impl BufRead>) -> Result<WordList> {
    let (entries, _words, labels) = (reader.u32()?, reader.u32()?, reader.u32()?);
    let (_tokens, pruned) = (reader.u64()?, reader.u64()?.cast_signed());
    if labels > 0 {
        return Err(unsupported_model("that predicts labels"));
    }
    if pruned >= 0 {
        return Err(unsupported_model("with a pruned dictionary"));
    }
    let entries = entries as usize;
    if !(1..=MAX_WORDS).contains(&entries) {
        return Err(corrupt(format!("{entries} words, expected 1 to {MAX_WORDS}")));
    }
    if entries as u64 * MIN_ENTRY > reader.left() {
        return Err(unexpected_end());
    }
    let mut words = WordList::default();
    for row in 1..=entries {
        let Some(word) = reader.until(0, MAX_WORD + 1)? else {
            return Err(corrupt_at(row, format!("no end of the word within {MAX_WORD} bytes")));
        };
        words.add(&word, row)?;
        let _count = reader.u64()?;
        if reader.exact::<1>()? != [0] {
            return Err(corrupt_at(row, "the entry is not a word"));
        }
    }
    Ok(words)
}

impl Subwords {
    /// Replaces the row of `word` by the mean of the row and the rows of its subwords' buckets,
    /// `[buckets, dims]`.
    fn average(&self, word: &str, row: &mut [f32], bucket_rows: &[f32]) {
        let dims = row.len();
        let mut count = 1;
        for bucket in self.buckets_of(word) {
            for (sum, number) in row.iter_mut().zip(&bucket_rows[bucket * dims..][..dims]) {
                *sum += number;
            }
            count += 1;
        }
        if count > 1 {
            for sum in row {
                *sum /= count as f32;
            }
        }
    }

    /// The buckets of the n-grams of `<word>`: for each start from left to right, the longest
    /// n-gram first. The order matters for the rounding of the sum.
    fn buckets_of(&self, word: &str) -> Vec<usize> {
        let word = format!("<{word}>");
        let mut bounds: Vec<usize> = word.char_indices().map(|(offset, _)| offset).collect();
        bounds.push(word.len());
        let (shortest, longest) = (*self.lengths.start(), *self.lengths.end());
        let mut buckets = Vec::new();
        for (first, start) in bounds.iter().enumerate() {
            for length in (shortest..=longest.min(bounds.len() - 1 - first)).rev() {
                let ngram = &word.as_bytes()[*start..bounds[first + length]];
                buckets.push((hash(ngram) % self.buckets) as usize);
            }
        }
        buckets
    }
}

/// The 32-bit FNV-1a hash of `Dictionary::hash`, which extends the sign of each byte.
fn hash(ngram: &[u8]) -> u32 {
    ngram.iter().fold(2_166_136_261, |hash, byte| {
        (hash ^ i32::from(byte.cast_signed()).cast_unsigned()).wrapping_mul(16_777_619)
    })
}

fn unsupported_model(property: &str) -> Error {
    unsupported(format!("a fastText model {property} is not supported"))
        .hint("add the `.vec` file (text format) of the model")
}

#[cfg(test)]
mod tests {
    use super::*;

    // Verified against fastText by the tests of the `finalfusion` crate 0.18 (`<Daniël>`, n-grams of
    // 3 to 6 characters, 2,000,000 buckets).
    #[test]
    fn buckets_agree_with_fasttext() {
        let subwords = Subwords { buckets: 2_000_000, lengths: 3..=6 };
        let mut buckets = subwords.buckets_of("Daniël");
        buckets.sort_unstable();
        let expected = [
            69_886, 84_537, 338_340, 441_697, 448_390, 468_430, 504_093, 573_175, 749_365, 804_851,
            811_506, 991_985, 1_022_467, 1_105_725, 1_249_224, 1_418_443, 1_493_412, 1_880_616,
        ];
        assert_eq!(buckets, expected);
    }

    #[test]
    fn words_shorter_than_all_ngrams_have_no_buckets() {
        let subwords = Subwords { buckets: 10, lengths: 4..=6 };
        assert_eq!(subwords.buckets_of("a"), [0_usize; 0]);
        let mut row = vec![1.0, 2.0];
        subwords.average("a", &mut row, &[5.0; 20]);
        assert_eq!(row, vec![1.0, 2.0]);
    }
}
