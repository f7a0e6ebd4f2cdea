//! Word salads: sequences of random words.

use std::ops::Range;

use rand::rngs::ChaCha8Rng;
use rand::{RngExt, SeedableRng};

use crate::vectors::static_vectors::CONTINUES;

/// Words that come before the most frequent one, as it were: they flatten the head of Zipf's law.
const OFFSET: f64 = 10.0;

/// Half of the salads (9 of 17) are short and of many different words, the others longer and of
/// fewer.
const KINDS: [Kind; 2] = [
    Kind { share: 9, lengths: 2..9, exponent: 0.7 },
    Kind { share: 8, lengths: 3..10, exponent: 0.9 },
];

/// A kind of salads.
struct Kind {
    /// How many there are, to the others.
    share: usize,
    /// How many words one has, each number as likely as the others.
    lengths: Range<usize>,
    /// A word at `rank` (from 0) is drawn with a probability as `(rank + OFFSET)^-exponent`.
    exponent: f64,
}

/// Sequences of tokens, each token the index of one that is kept.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Salads {
    /// Sequence after sequence.
    tokens: Vec<u32>,
    /// Where each sequence ends in `tokens`.
    ends: Vec<usize>,
    /// How many different tokens there can be.
    pub(super) vocabulary: usize,
}

impl Salads {
    /// `count` sequences of whole words among `tokens`, which stand in the order of frequency.
    pub(super) fn new(tokens: &[(String, u32)], seed: u64, count: usize) -> Self {
        let is_word = |&index: &usize| !tokens[index].0.starts_with(CONTINUES);
        let words: Vec<u32> = (0..tokens.len()).filter(is_word).map(|index| index as u32).collect();
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        let mut salads = Self { tokens: Vec::new(), ends: Vec::new(), vocabulary: tokens.len() };
        let all: usize = KINDS.iter().map(|kind| kind.share).sum();
        let mut share = 0;
        for kind in KINDS {
            share += kind.share;
            let sums = cumulative(words.len(), kind.exponent);
            let total = sums.last().copied().unwrap_or_default();
            while salads.ends.len() < count * share / all {
                for _ in 0..random.random_range(kind.lengths.clone()) {
                    let drawn = random.random::<f64>() * total;
                    // Rounding could reach the total itself.
                    let rank = sums.partition_point(|sum| *sum <= drawn).min(words.len() - 1);
                    salads.tokens.push(words[rank]);
                }
                salads.ends.push(salads.tokens.len());
            }
        }
        salads
    }

    /// How many sequences there are.
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

/// The running sums of the words' weights.
fn cumulative(words: usize, exponent: f64) -> Vec<f64> {
    let weights = (0..words).map(|rank| (rank as f64 + OFFSET).powf(-exponent));
    weights
        .scan(0.0, |sum, weight| {
            *sum += weight;
            Some(*sum)
        })
        .collect()
}
