//! N-grams of words and of characters, counted.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;

use serde::{Deserialize, Serialize};

use super::{normalize, stem};

/// How often each n-gram occurs in a text, sorted by n-gram.
pub type NgramCounts = BTreeMap<String, u32>;

/// Characters of a text beyond which n-grams are not taken: a question is never that long, and
/// a pasted book must not stall a training run.
const MAX_CHARS: usize = 10_000;

/// What kind of n-grams are taken from a text, after [`normalize`].
///
/// ```
/// use mentorpal::text::Analyzer;
/// let words = Analyzer::Words { lengths: 1..=2, stemmed: false };
/// let counts = words.count("Fly, fly away!");
/// assert_eq!(counts["fly"], 2);
/// assert_eq!(counts["fly away"], 1);
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Analyzer {
    /// Runs of `lengths` words, joined by a space.
    Words {
        /// How many words a run has.
        lengths: RangeInclusive<usize>,
        /// Whether English endings are taken off first.
        stemmed: bool,
    },
    /// Runs of `lengths` characters within a word padded by one space at either end (what
    /// scikit-learn calls `char_wb`). A padded word shorter than a run counts once, as it is.
    Characters {
        /// How many characters a run has.
        lengths: RangeInclusive<usize>,
    },
}

impl Analyzer {
    /// Whether its lengths are ones that can be counted: from 1 up, and no more than 100.
    #[must_use]
    pub fn is_sound(&self) -> bool {
        let (Self::Words { lengths, .. } | Self::Characters { lengths }) = self;
        *lengths.start() >= 1 && *lengths.end() <= 100
    }

    /// Counts the n-grams of `text`.
    ///
    /// # Panics
    /// Where the analyser is not [sound](Self::is_sound).
    #[must_use]
    pub fn count(&self, text: &str) -> NgramCounts {
        let end = text.char_indices().nth(MAX_CHARS).map_or(text.len(), |(i, _)| i);
        let text = normalize(&text[..end]);
        let mut counts = NgramCounts::new();
        match self {
            Self::Words { lengths, stemmed } => {
                let words = text.split_whitespace();
                let words = words.map(|word| if *stemmed { stem(word) } else { word.to_owned() });
                count_words(&words.collect::<Vec<_>>(), lengths, &mut counts);
            }
            Self::Characters { lengths } => {
                for word in text.split_whitespace() {
                    count_characters(word, lengths, &mut counts);
                }
            }
        }
        counts
    }
}

fn count_words(words: &[String], lengths: &RangeInclusive<usize>, counts: &mut NgramCounts) {
    for length in lengths.clone() {
        for run in words.windows(length) {
            *counts.entry(run.join(" ")).or_default() += 1;
        }
    }
}

fn count_characters(word: &str, lengths: &RangeInclusive<usize>, counts: &mut NgramCounts) {
    let padded = format!(" {word} ");
    let starts: Vec<usize> = padded.char_indices().map(|(i, _)| i).chain([padded.len()]).collect();
    for length in lengths.clone() {
        if length + 1 > starts.len() {
            // Longer than the padded word: the word itself has been counted at its own length.
            if length == *lengths.start() {
                *counts.entry(padded.clone()).or_default() += 1;
            }
            break;
        }
        for run in starts.windows(length + 1) {
            *counts.entry(padded[run[0]..run[length]].to_owned()).or_default() += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counts(analyzer: &Analyzer, text: &str) -> Vec<(String, u32)> {
        analyzer.count(text).into_iter().collect()
    }

    // From scikit-learn 1.5: CountVectorizer(analyzer="char_wb", ngram_range=(2, 3)) on "a bad a".
    #[test]
    fn characters_stay_within_words() {
        let characters = Analyzer::Characters { lengths: 2..=3 };
        let expected =
            [(" a", 2), (" a ", 2), (" b", 1), (" ba", 1), ("a ", 2), ("ad", 1), ("ad ", 1)]
                .into_iter()
                .chain([("ba", 1), ("bad", 1), ("d ", 1)])
                .map(|(ngram, n)| (ngram.to_owned(), n))
                .collect::<Vec<_>>();
        assert_eq!(counts(&characters, "a bad a"), expected);
    }

    #[test]
    fn a_short_word_counts_once_where_every_run_is_longer() {
        let characters = Analyzer::Characters { lengths: 5..=6 };
        assert_eq!(counts(&characters, "ox"), [(" ox ".to_owned(), 1)]);
    }

    #[test]
    fn words_run_across_punctuation() {
        let words = Analyzer::Words { lengths: 1..=2, stemmed: false };
        let ngrams: Vec<_> = words.count("Who's there?").into_keys().collect();
        assert_eq!(ngrams, ["there", "whos", "whos there"]);
    }

    #[test]
    fn stemmed_words_lose_their_endings() {
        let words = Analyzer::Words { lengths: 1..=1, stemmed: true };
        assert_eq!(words.count("Flying, flies").into_keys().collect::<Vec<_>>(), ["fli"]);
    }

    #[test]
    fn nothing_comes_of_nothing() {
        assert!(Analyzer::Words { lengths: 1..=2, stemmed: true }.count("?!").is_empty());
    }
}
