//! Counts n-grams of words and of characters.

use std::cmp::Ordering;
use std::ops::{Range, RangeInclusive};

use serde::{Deserialize, Serialize};

use super::sanitize::normalize_unfolded;
use super::segments::segments;
use super::{normalize, stem};

/// The number of occurrences of each n-gram in a text, sorted by n-gram.
#[derive(Clone, Debug)]
pub struct NgramCounts {
    /// The text that contains the n-grams.
    text: String,
    /// The first occurrence of each distinct n-gram, and the number of its occurrences.
    ngrams: Vec<(Location, u32)>,
}

/// A part of a text.
#[derive(Clone, Copy, Debug)]
struct Location {
    start: u32,
    end: u32,
    /// The first bytes as a number, padded with zeros. Different keys compare like the parts themselves.
    /// Most n-grams fit into the key, and numbers are compared many times faster than bytes.
    key: u64,
}

/// The number of bytes in the key of a location.
const KEY_BYTES: usize = 8;

impl Location {
    fn of(text: &[u8], range: Range<usize>) -> Self {
        let mut first = [0; KEY_BYTES];
        let length = range.len().min(first.len());
        first[..length].copy_from_slice(&text[range.start..][..length]);
        Self { start: range.start as u32, end: range.end as u32, key: u64::from_be_bytes(first) }
    }

    fn range(self) -> Range<usize> {
        self.start as usize..self.end as usize
    }

    /// Compares two parts of `text`.
    fn compare(self, other: Self, text: &[u8]) -> Ordering {
        let (a, b) = (self.range(), other.range());
        let rest = || match a.len().min(b.len()) {
            // If the keys are equal, the parts differ only in trailing zeros.
            0..=KEY_BYTES => a.len().cmp(&b.len()),
            _ => text[a.clone()].cmp(&text[b.clone()]),
        };
        self.key.cmp(&other.key).then_with(rest)
    }
}

impl NgramCounts {
    /// Counts the parts `ngrams` of `text`, which must start and end at character boundaries.
    fn of(text: String, ngrams: impl Iterator<Item = Range<usize>>) -> Self {
        let bytes = text.as_bytes();
        let mut places: Vec<Location> = ngrams.map(|range| Location::of(bytes, range)).collect();
        places.sort_unstable_by(|a, b| a.compare(*b, bytes));
        let same = places.chunk_by(|a, b| a.compare(*b, bytes).is_eq());
        let ngrams = same.map(|same| (same[0], same.len() as u32)).collect();
        Self { text, ngrams }
    }

    /// Returns each n-gram with its count of at least 1, in ascending order of the n-grams.
    #[must_use]
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&str, u32)> {
        self.ngrams.iter().map(|(place, count)| (&self.text[place.range()], *count))
    }
}

/// The number of characters to which a text is truncated. No question is that long, and a pasted book
/// must not stall a training run.
const MAX_CHARS: usize = 10_000;

/// A kind of n-grams, which are taken from text after [`normalize`].
///
/// ```
/// use mentorpal::text::Analyzer;
/// let words = Analyzer::Words { lengths: 1..=2, stemmed: false, any_script: true };
/// let counts = words.count("Fly, fly away!");
/// let counts: Vec<_> = counts.iter().collect();
/// assert_eq!(counts, [("away", 1), ("fly", 2), ("fly away", 1), ("fly fly", 1)]);
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Analyzer {
    /// Runs of `lengths` words, joined by a space.
    Words {
        /// The lengths of the runs, in words.
        lengths: RangeInclusive<usize>,
        /// Whether words are stemmed first: English stems, and the first four characters of words
        /// without any ASCII letter.
        stemmed: bool,
        /// Whether each letter of a script without spaces is a word, and runs of several words are
        /// counted only if all words are ASCII; false in models of older versions.
        #[serde(default)]
        any_script: bool,
    },
    /// Runs of `lengths` characters within a word padded by one space at either end (scikit-learn's
    /// `char_wb`). A padded word that is shorter than a run is counted once, unchanged.
    Characters {
        /// The lengths of the runs, in characters.
        lengths: RangeInclusive<usize>,
        /// Whether runs are one to two characters shorter in words with non-ASCII letters; false in models
        /// of older versions.
        #[serde(default)]
        any_script: bool,
    },
}

/// The length in characters to which stemming truncates words without any ASCII letter. In languages
/// with many endings, prefixes of four are about as good as stemmers (`McNamee` & Mayfield 2004).
const PREFIX: usize = 4;

impl Analyzer {
    /// Returns whether the lengths are valid: at least 1 and at most 100.
    #[must_use]
    pub fn is_sound(&self) -> bool {
        let (Self::Words { lengths, .. } | Self::Characters { lengths, .. }) = self;
        *lengths.start() >= 1 && *lengths.end() <= 100
    }

    /// Counts the n-grams of `text`.
    ///
    /// # Panics
    /// If the analyzer is not [sound](Self::is_sound).
    #[must_use]
    pub fn count(&self, text: &str) -> NgramCounts {
        let end = text.char_indices().nth(MAX_CHARS).map_or(text.len(), |(i, _)| i);
        let (Self::Words { any_script, .. } | Self::Characters { any_script, .. }) = *self;
        let text =
            if any_script { normalize(&text[..end]) } else { normalize_unfolded(&text[..end]) };
        let words = text.split_whitespace();
        match self {
            Self::Words { lengths, stemmed: false, any_script: false } => {
                count_words(words, lengths, |_| true)
            }
            Self::Words { lengths, stemmed: true, any_script: false } => {
                count_words(words.map(stem), lengths, |_| true)
            }
            Self::Words { lengths, stemmed: false, any_script: true } => {
                count_words(words.flat_map(segments), lengths, str::is_ascii)
            }
            Self::Words { lengths, stemmed: true, any_script: true } => {
                count_words(words.flat_map(segments).map(stem_any_script), lengths, str::is_ascii)
            }
            Self::Characters { lengths, any_script } => {
                let shorter = shorter(lengths);
                let lengths_of = |word: &str| {
                    if *any_script && !word.is_ascii() { shorter.clone() } else { lengths.clone() }
                };
                count_characters(words, lengths_of)
            }
        }
    }
}

/// Returns the stem of a word of any script.
fn stem_any_script(word: &str) -> String {
    if word.contains(|c: char| c.is_ascii_alphanumeric()) {
        stem(word)
    } else {
        word.chars().take(PREFIX).collect()
    }
}

/// Returns the run lengths for scripts with more letters, in which shorter runs are as informative.
fn shorter(lengths: &RangeInclusive<usize>) -> RangeInclusive<usize> {
    let start = lengths.start().saturating_sub(1).max(1);
    start..=lengths.end().saturating_sub(2).max(start)
}

/// Counts runs of words. A run of several words counts only if `is_counted` holds for its words.
fn count_words(
    words: impl Iterator<Item = impl AsRef<str>>,
    lengths: &RangeInclusive<usize>,
    is_counted: impl Fn(&str) -> bool,
) -> NgramCounts {
    let (mut text, mut places) = (String::new(), Vec::new());
    for word in words {
        if !places.is_empty() {
            text.push(' ');
        }
        let start = text.len();
        text.push_str(word.as_ref());
        places.push(start..text.len());
    }
    let runs = lengths.clone().flat_map(|length| places.windows(length));
    let ngrams = runs.map(|run| (run.len(), run[0].start..run[run.len() - 1].end));
    let ngrams = ngrams.filter(|(words, ngram)| *words == 1 || is_counted(&text[ngram.clone()]));
    let ngrams: Vec<Range<usize>> = ngrams.map(|(_, ngram)| ngram).collect();
    NgramCounts::of(text, ngrams.into_iter())
}

fn count_characters<'a>(
    words: impl Iterator<Item = &'a str>,
    lengths_of: impl Fn(&str) -> RangeInclusive<usize>,
) -> NgramCounts {
    let (mut text, mut ngrams) = (String::from(" "), Vec::new());
    for word in words {
        // The space after a word is also the space before the next word.
        let start = text.len() - 1;
        text.push_str(word);
        text.push(' ');
        let lengths = lengths_of(word);
        let starts = text[start..].char_indices().map(|(i, _)| start + i);
        let ends: Vec<usize> = starts.chain([text.len()]).collect();
        for length in lengths.clone() {
            if length + 1 > ends.len() {
                // The run is longer than the padded word, which has already been counted at its own length.
                if length == *lengths.start() {
                    ngrams.push(start..text.len());
                }
                break;
            }
            ngrams.extend(ends.windows(length + 1).map(|run| run[0]..run[length]));
        }
    }
    NgramCounts::of(text, ngrams.into_iter())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;

    fn counts(analyzer: &Analyzer, text: &str) -> Vec<(String, u32)> {
        analyzer.count(text).iter().map(|(ngram, n)| (ngram.to_owned(), n)).collect()
    }

    // By hand: letters of scripts without spaces are words, Cyrillic words are truncated to four
    // letters, and runs of two words are ASCII only.
    #[test]
    fn words_of_any_script_are_counted() {
        let words = Analyzer::Words { lengths: 1..=2, stemmed: true, any_script: true };
        let found =
            |text: &str| counts(&words, text).into_iter().map(|(n, _)| n).collect::<Vec<_>>();
        assert_eq!(found("AI是什么"), ["ai", "么", "什", "是"]);
        assert_eq!(found("Где живёте?"), ["где", "живё"]);
        assert_eq!(found("Flying años días"), ["año", "día", "fli"]);
        assert_eq!(found("Wo wohnst du"), ["du", "wo", "wo wohnst", "wohnst", "wohnst du"]);
    }

    #[test]
    fn runs_in_non_ascii_words_are_shorter() {
        let characters = Analyzer::Characters { lengths: 2..=5, any_script: true };
        let longest = |text: &str| {
            let counts = characters.count(text);
            let lengths: Vec<usize> = counts.iter().map(|(n, _)| n.chars().count()).collect();
            (lengths.iter().copied().min(), lengths.iter().copied().max())
        };
        assert_eq!(longest("words"), (Some(2), Some(5)));
        assert_eq!(longest("слова"), (Some(1), Some(3)));
    }

    // The files of older models do not contain the newer settings.
    #[test]
    fn analyzers_of_older_versions_count_as_before() {
        let words = r#"{"kind":"words","lengths":{"start":1,"end":2},"stemmed":true}"#;
        let words: Analyzer = serde_json::from_str(words).unwrap();
        let found = counts(&words, "Где живёте? AI是什么");
        let found: Vec<&str> = found.iter().map(|(ngram, _)| ngram.as_str()).collect();
        assert_eq!(found, ["ai是什么", "где", "где живёте", "живёте", "живёте ai是什么"]);
        let characters = r#"{"kind":"characters","lengths":{"start":5,"end":5}}"#;
        let characters: Analyzer = serde_json::from_str(characters).unwrap();
        assert_eq!(counts(&characters, "Straße").len(), 4);
    }

    // From scikit-learn 1.5: CountVectorizer(analyzer="char_wb", ngram_range=(2, 3)) on "a bad a".
    #[test]
    fn character_runs_stay_within_words() {
        let characters = Analyzer::Characters { lengths: 2..=3, any_script: true };
        let expected =
            [(" a", 2), (" a ", 2), (" b", 1), (" ba", 1), ("a ", 2), ("ad", 1), ("ad ", 1)]
                .into_iter()
                .chain([("ba", 1), ("bad", 1), ("d ", 1)])
                .map(|(ngram, n)| (ngram.to_owned(), n))
                .collect::<Vec<_>>();
        assert_eq!(counts(&characters, "a bad a"), expected);
    }

    #[test]
    fn a_word_shorter_than_every_run_counts_once() {
        let characters = Analyzer::Characters { lengths: 5..=6, any_script: true };
        assert_eq!(counts(&characters, "ox"), [(" ox ".to_owned(), 1)]);
    }

    #[test]
    fn words_run_across_punctuation() {
        let words = Analyzer::Words { lengths: 1..=2, stemmed: false, any_script: true };
        let counts = words.count("Who's there?");
        let ngrams: Vec<_> = counts.iter().map(|(ngram, _)| ngram).collect();
        assert_eq!(ngrams, ["there", "whos", "whos there"]);
    }

    #[test]
    fn stemmed_words_lose_their_endings() {
        let words = Analyzer::Words { lengths: 1..=1, stemmed: true, any_script: true };
        assert_eq!(words.count("Flying, flies").iter().collect::<Vec<_>>(), [("fli", 2)]);
    }

    #[test]
    fn text_without_words_has_no_ngrams() {
        let words = Analyzer::Words { lengths: 1..=2, stemmed: true, any_script: true };
        assert_eq!(words.count("?!").iter().len(), 0);
    }
    proptest! {
        // Words of up to ten letters, so some n-grams are longer than their keys.
        #[test]
        fn each_is_counted_once_in_order(words in vec("[a-c]{1,10}", 0..12)) {
            let mut expected = BTreeMap::new();
            for run in words.windows(2) {
                *expected.entry(run.join(" ")).or_insert(0) += 1;
            }
            let pairs = Analyzer::Words { lengths: 2..=2, stemmed: false, any_script: true };
            prop_assert_eq!(counts(&pairs, &words.join(" ")), expected.into_iter().collect::<Vec<_>>());
        }
    }
}
