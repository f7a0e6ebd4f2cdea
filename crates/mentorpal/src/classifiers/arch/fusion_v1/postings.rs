//! An inverted index: for each n-gram, the questions that contain it, with their weights.

use crate::text::ends_at;

/// The postings of all n-grams, end to end.
#[derive(Clone, Debug, Default)]
pub(super) struct Postings {
    /// The end of each n-gram's postings; they start where the previous n-gram's postings end.
    pub(super) ends: Vec<u32>,
    /// The question of each posting, ascending within an n-gram.
    pub(super) questions: Vec<u32>,
    /// The n-gram's weight in the question's unit vector, for each posting.
    pub(super) weights: Vec<f32>,
}

impl Postings {
    /// Returns the questions that have the n-gram `term`, ascending, and its weight in each.
    pub(super) fn of(&self, term: usize) -> (&[u32], &[f32]) {
        let start = if term == 0 { 0 } else { self.ends[term - 1] };
        let range = start as usize..self.ends[term] as usize;
        (&self.questions[range.clone()], &self.weights[range])
    }

    /// Returns whether these are the postings of `terms` n-grams in `questions` questions.
    pub(super) fn fit(&self, terms: usize, questions: usize) -> bool {
        self.ends.len() == terms
            && ends_at(&self.ends, self.questions.len())
            && self.weights.len() == self.questions.len()
            && self.questions.iter().all(|&question| (question as usize) < questions)
    }
}
