//! Random token sequences.

use std::ops::Range;

use rand::rngs::ChaCha8Rng;
use rand::{RngExt, SeedableRng};

use crate::vectors::static_vectors::CONTINUES;

/// The number that is added to each rank in Zipf's law. It lowers the share of the most frequent words.
const OFFSET: f64 = 10.0;

/// About half of the sequences (9 of 17) are short and contain many different words; the other
/// sequences are longer and contain fewer different words.
const KINDS: [Kind; 2] = [
    Kind { share: 9, lengths: 2..9, exponent: 0.7 },
    Kind { share: 8, lengths: 3..10, exponent: 0.9 },
];

/// A kind of sequence.
struct Kind {
    /// The share of these sequences, relative to the other kinds.
    share: usize,
    /// The range of the number of words, which is distributed uniformly.
    lengths: Range<usize>,
    /// The probability of the word at `rank` (from 0) is proportional to `(rank + OFFSET)^-exponent`.
    exponent: f64,
}

/// Sequences of tokens. A token is an index into the list of tokens that get a vector.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct RandomSequences {
    /// The tokens of all sequences, concatenated.
    tokens: Vec<u32>,
    /// The end of each sequence in `tokens`.
    ends: Vec<usize>,
    /// The number of different tokens.
    pub(super) vocabulary: usize,
}

impl RandomSequences {
    /// Returns `count` sequences of the whole words among `tokens`, which are sorted by frequency.
    pub(super) fn new(tokens: &[(String, u32)], seed: u64, count: usize) -> Self {
        let is_word = |&index: &usize| !tokens[index].0.starts_with(CONTINUES);
        let words: Vec<u32> = (0..tokens.len()).filter(is_word).map(|index| index as u32).collect();
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        let mut sequences = Self { tokens: Vec::new(), ends: Vec::new(), vocabulary: tokens.len() };
        let all: usize = KINDS.iter().map(|kind| kind.share).sum();
        let mut share = 0;
        for kind in KINDS {
            share += kind.share;
            let sums = cumulative(words.len(), kind.exponent);
            let total = sums.last().copied().unwrap_or_default();
            while sequences.ends.len() < count * share / all {
                for _ in 0..random.random_range(kind.lengths.clone()) {
                    let drawn = random.random::<f64>() * total;
                    // Rounding could reach the total itself.
                    let rank = sums.partition_point(|sum| *sum <= drawn).min(words.len() - 1);
                    sequences.tokens.push(words[rank]);
                }
                sequences.ends.push(sequences.tokens.len());
            }
        }
        sequences
    }

    /// The number of sequences.
    pub(super) fn len(&self) -> usize {
        self.ends.len()
    }

    /// The sequence at `index`.
    pub(super) fn sequence(&self, index: usize) -> &[u32] {
        let start = index.checked_sub(1).map_or(0, |before| self.ends[before]);
        &self.tokens[start..self.ends[index]]
    }

    /// The sequences in order.
    pub(super) fn sequences(&self) -> impl Iterator<Item = &[u32]> {
        (0..self.len()).map(|index| self.sequence(index))
    }
}

/// The cumulative sums of the words' weights.
fn cumulative(words: usize, exponent: f64) -> Vec<f64> {
    let weights = (0..words).map(|rank| (rank as f64 + OFFSET).powf(-exponent));
    weights
        .scan(0.0, |sum, weight| {
            *sum += weight;
            Some(*sum)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    impl RandomSequences {
        /// These sequences of `vocabulary` tokens.
        pub(in crate::vectors::distill) fn of(sequences: &[&[u32]], vocabulary: usize) -> Self {
            let mut made = Self { tokens: Vec::new(), ends: Vec::new(), vocabulary };
            for sequence in sequences {
                made.tokens.extend(*sequence);
                made.ends.push(made.tokens.len());
            }
            made
        }
    }

    fn tokens() -> Vec<(String, u32)> {
        let token = |i: u32| if i % 3 == 2 { format!("##{i}") } else { format!("{i}") };
        (0..300).map(|i| (token(i), 1000 + i)).collect()
    }

    #[test]
    fn sequences_have_complete_words_and_the_given_lengths() {
        let sequences = RandomSequences::new(&tokens(), 3, 1700);
        let lengths: Vec<usize> = sequences.sequences().map(<[u32]>::len).collect();
        assert_eq!(lengths.len(), 1700);
        let (short, long) = lengths.split_at(900);
        assert_eq!((short.iter().min(), short.iter().max()), (Some(&2), Some(&8)));
        assert_eq!((long.iter().min(), long.iter().max()), (Some(&3), Some(&9)));
        assert!(sequences.sequences().flatten().all(|token| token % 3 != 2));
        assert_eq!(sequences, RandomSequences::new(&tokens(), 3, 1700));
        assert_ne!(sequences, RandomSequences::new(&tokens(), 4, 1700));
    }

    // By hand: of the second kind, the first word is drawn (10 / 60)^-0.9 = 5.016 times as often
    // as the 51st, which is token 75.
    #[test]
    fn frequent_words_are_drawn_more_often() {
        let sequences = RandomSequences::new(&tokens(), 0, 170_000);
        let count = |token: u32| {
            let drawn =
                sequences.sequences().skip(90_000).flatten().filter(|&&drawn| drawn == token);
            drawn.count() as f64
        };
        let ratio = count(0) / count(75);
        assert!((4.7..5.3).contains(&ratio), "{ratio}");
    }
}
