//! Indexes that make comparing many questions faster. Building them does not pay off for one question.

use std::hash::BuildHasher;

use foldhash::fast::RandomState;
use hashbrown::HashTable;

use super::terms::Terms;
use super::tfidf::TfIdf;

/// An n-gram is common if at least one in this many questions has it. A few hundred n-grams are common,
/// and 90% of the postings of a question's n-grams belong to them.
const ONE_IN: usize = 16;

/// Finds n-grams by hash, and stores the weights of common n-grams as dense rows: adding a whole row,
/// including its zeros, is faster than iterating over postings.
#[derive(Clone, Debug)]
pub(super) struct Shortcuts {
    numbers: Numbers,
    /// The row of each n-gram; `None` for rare ones.
    row_of: Vec<Option<u32>>,
    /// The weights of the common n-grams, `[common, n]`.
    rows: Vec<f32>,
    questions: usize,
}

impl Shortcuts {
    pub(super) fn of(tfidf: &TfIdf) -> Self {
        let questions = tfidf.questions;
        let (mut row_of, mut rows) = (Vec::with_capacity(tfidf.terms.len()), Vec::new());
        for term in 0..tfidf.terms.len() {
            let (having, weights) = tfidf.postings(term);
            let is_common = having.len() * ONE_IN >= questions;
            row_of.push(is_common.then_some((rows.len() / questions) as u32));
            if is_common {
                let start = rows.len();
                rows.resize(start + questions, 0.0);
                for (&question, &weight) in having.iter().zip(weights) {
                    rows[start + question as usize] = weight;
                }
            }
        }
        Self { numbers: Numbers::of(&tfidf.terms), row_of, rows, questions }
    }

    /// Returns the index of an n-gram in `terms`.
    pub(super) fn find(&self, terms: &Terms, ngram: &str) -> Option<usize> {
        self.numbers.find(terms, ngram)
    }

    /// Returns the weight of a common n-gram in each question, `[n]`, which is 0 if the question lacks it;
    /// `None` for a rare n-gram.
    pub(super) fn row(&self, term: usize) -> Option<&[f32]> {
        let start = self.row_of[term]? as usize * self.questions;
        Some(&self.rows[start..start + self.questions])
    }
}

/// The indices of the n-grams, by the hash of their bytes; the bytes are stored in the terms.
#[derive(Clone, Debug, Default)]
struct Numbers {
    hasher: RandomState,
    table: HashTable<u32>,
}

impl Numbers {
    fn of(terms: &Terms) -> Self {
        let mut numbers = Self::default();
        let hash = |&term: &u32| numbers.hasher.hash_one(terms.get(term as usize));
        numbers.table.reserve(terms.len(), hash);
        for term in 0..terms.len() as u32 {
            numbers.table.insert_unique(hash(&term), term, hash);
        }
        numbers
    }

    fn find(&self, terms: &Terms, ngram: &str) -> Option<usize> {
        let is_it = |&term: &u32| terms.get(term as usize) == ngram.as_bytes();
        let found = self.table.find(self.hasher.hash_one(ngram.as_bytes()), is_it);
        found.map(|&term| term as usize)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;

    proptest! {
        // Both by binary search and by hash.
        #[test]
        fn strings_are_found_at_their_indices(
            names in vec("(how do you)?[a-c\u{e9} ]{0,9}", 1..40),
            other in "(how do you)?[a-c]{0,3}",
        ) {
            let names: Vec<&str> = names.iter().map(String::as_str).collect::<BTreeSet<_>>().into_iter().collect();
            let terms: Terms = names.iter().collect();
            let numbers = Numbers::of(&terms);
            for name in names.iter().copied().chain([other.as_str()]) {
                let expected = names.iter().position(|n| *n == name);
                prop_assert_eq!(terms.find(name), expected);
                prop_assert_eq!(numbers.find(&terms, name), expected);
            }
        }
    }
}
