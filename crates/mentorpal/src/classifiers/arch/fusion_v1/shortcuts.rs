//! Indexes that make comparing many questions faster. Building them does not pay off for one question.

use super::postings::Postings;
use crate::text::{HashIndex, PackedStrings};

/// An n-gram is common if at least one in this many questions has it. A few hundred n-grams are common,
/// and 90% of the postings of a question's n-grams belong to them.
const ONE_IN: usize = 16;

/// Finds n-grams by hash, and stores the weights of common n-grams as dense rows: adding a whole row,
/// including its zeros, is faster than iterating over postings.
#[derive(Clone, Debug)]
pub(super) struct Shortcuts {
    index: HashIndex,
    /// The row of each n-gram; `None` for rare ones.
    row_of: Vec<Option<u32>>,
    /// The weights of the common n-grams, `[common, n]`.
    rows: Vec<f32>,
    questions: usize,
}

impl Shortcuts {
    /// Indexes the n-grams `terms` of `questions` questions, with their postings.
    pub(super) fn of(terms: &PackedStrings, postings: &Postings, questions: usize) -> Self {
        let (mut row_of, mut rows) = (Vec::with_capacity(terms.len()), Vec::new());
        for term in 0..terms.len() {
            let (having, weights) = postings.of(term);
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
        Self { index: HashIndex::of(terms), row_of, rows, questions }
    }

    /// Returns the index of an n-gram in `terms`.
    pub(super) fn find(&self, terms: &PackedStrings, ngram: &str) -> Option<usize> {
        self.index.find(terms, ngram)
    }

    /// Returns the weight of a common n-gram in each question, `[n]`, which is 0 if the question lacks it;
    /// `None` for a rare n-gram.
    pub(super) fn row(&self, term: usize) -> Option<&[f32]> {
        let start = self.row_of[term]? as usize * self.questions;
        Some(&self.rows[start..start + self.questions])
    }
}
