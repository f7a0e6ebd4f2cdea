//! What many questions are compared faster with than one question is worth.

use std::hash::BuildHasher;

use foldhash::fast::RandomState;
use hashbrown::HashTable;

use super::terms::Terms;
use super::tfidf::TfIdf;

/// An n-gram is common when one question in so many has it. There are a few hundred, and nine in ten
/// of the weights that a question meets are theirs.
const ONE_IN: usize = 16;

/// Finds n-grams by a hash, and has common ones' weights for all questions side by side: adding a row
/// up, zeros and all, is faster than going from question to question.
#[derive(Clone, Debug)]
pub(super) struct Shortcuts {
    numbers: Numbers,
    /// Per n-gram its row, where it is common.
    row_of: Vec<Option<u32>>,
    /// The common ones' weights, `[common, n]`.
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

    /// The number of an n-gram, where it is among `terms`.
    pub(super) fn find(&self, terms: &Terms, ngram: &str) -> Option<usize> {
        self.numbers.find(terms, ngram)
    }

    /// A common n-gram's weight in each question, `[n]`, 0 where it is not; `None` for a rarer one.
    pub(super) fn row(&self, term: usize) -> Option<&[f32]> {
        let start = self.row_of[term]? as usize * self.questions;
        Some(&self.rows[start..start + self.questions])
    }
}

/// The n-grams' numbers, by the hash of their bytes, which are the terms' own.
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
        // Without shortcuts, too.
        #[test]
        fn each_string_is_found_where_it_stands(
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
