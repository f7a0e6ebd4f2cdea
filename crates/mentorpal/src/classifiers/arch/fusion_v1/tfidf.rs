//! TF-IDF vectors of questions, as an inverted index that compares a new question with all of them.
//!
//! Weights follow Salton & Buckley (1988) as in scikit-learn's `TfidfVectorizer(sublinear_tf=True)`:
//! `(1 + ln tf) · idf` with `idf = 1 + ln((1 + n) / (1 + df))`, and vectors have unit length. Unlike in
//! scikit-learn, n-grams that are unknown from training count in the length of a new question's vector
//! (with df = 1), so a question of unknown words resembles no known question.

use std::collections::HashMap;

use rayon::prelude::*;

use super::postings::Postings;
use super::shortcuts::Shortcuts;
use super::sums::add_row;
use crate::text::{Analyzer, NgramCounts, PackedStrings};

/// The vectors of `n` questions, indexed by n-gram.
#[derive(Clone, Debug)]
pub(super) struct TfIdf {
    pub(super) analyzer: Analyzer,
    /// The number of questions, `n`.
    pub(super) questions: usize,
    /// The n-grams, sorted.
    pub(super) terms: PackedStrings,
    /// The postings of each n-gram.
    pub(super) postings: Postings,
}

/// The sparse vector of a question: n-grams with their weights, ascending by n-gram.
type SparseVector = Vec<(usize, f32)>;

impl TfIdf {
    /// Counts the n-grams of `questions` and computes their weights.
    pub(super) fn fit(analyzer: &Analyzer, questions: &[&str]) -> Self {
        let (terms, counts) = count(analyzer, questions);
        let mut documents = vec![0; terms.len()];
        for &(term, _) in counts.iter().flatten() {
            documents[term] += 1;
        }
        let mut tfidf = Self {
            analyzer: analyzer.clone(),
            questions: questions.len(),
            terms,
            postings: Postings::default(),
        };
        let known = |&(term, count): &(usize, u32)| (Some(term), count);
        let vector =
            |counts: &Vec<_>| tfidf.weigh(counts.iter().map(known), |term| documents[term]);
        let vectors: Vec<SparseVector> = counts.par_iter().map(vector).collect();
        let mut postings: Vec<Vec<(u32, f32)>> =
            documents.iter().map(|&questions| Vec::with_capacity(questions)).collect();
        for (question, vector) in vectors.into_iter().enumerate() {
            for (term, weight) in vector {
                postings[term].push((question as u32, weight));
            }
        }
        let (questions, weights) = postings.into_iter().flatten().unzip();
        tfidf.postings = Postings { ends: running_sum(documents.into_iter()), questions, weights };
        tfidf
    }

    /// Returns the indexes that make comparing many questions faster.
    pub(super) fn shortcuts(&self) -> Shortcuts {
        Shortcuts::of(&self.terms, &self.postings, self.questions)
    }

    /// Returns the cosine of `text` with each question, `[n]`, in 0..=1. With and without `shortcuts` it
    /// is the same.
    pub(super) fn similarities(&self, text: &str, shortcuts: Option<&Shortcuts>) -> Vec<f32> {
        let mut similarities = vec![0.0; self.questions];
        let counts = self.analyzer.count(text);
        let find = |ngram| match shortcuts {
            Some(shortcuts) => shortcuts.find(&self.terms, ngram),
            None => self.terms.find(ngram),
        };
        let counts = counts.iter().map(|(ngram, count)| (find(ngram), count));
        let vector = self.weigh(counts, |term| self.postings.of(term).0.len());
        self.add_similarities(&vector, 1.0, 0, &mut similarities, shortcuts);
        similarities
    }

    /// Returns the vectors of the questions, `[n]`.
    pub(super) fn vectors(&self) -> Vec<SparseVector> {
        let mut vectors = vec![SparseVector::new(); self.questions];
        for term in 0..self.terms.len() {
            let (questions, weights) = self.postings.of(term);
            for (&question, &weight) in questions.iter().zip(weights) {
                vectors[question as usize].push((term, weight));
            }
        }
        vectors
    }

    /// Adds `share` times the cosines of `vector` with the questions from index `from` on to
    /// `similarities`, whose first element belongs to question `from`.
    pub(super) fn add_similarities(
        &self,
        vector: &SparseVector,
        share: f32,
        from: usize,
        similarities: &mut [f32],
        shortcuts: Option<&Shortcuts>,
    ) {
        for &(term, weight) in vector {
            let weight = share * weight;
            if let Some(row) = shortcuts.and_then(|shortcuts| shortcuts.row(term)) {
                add_row(similarities, weight, &row[from..]);
                continue;
            }
            let (questions, weights) = self.postings.of(term);
            let first = questions.partition_point(|&question| (question as usize) < from);
            for (&question, &other) in questions[first..].iter().zip(&weights[first..]) {
                similarities[question as usize - from] += weight * other;
            }
        }
    }

    /// Returns the weights of a text's known n-grams. Unknown n-grams count in the length to which the
    /// vector is scaled.
    fn weigh(
        &self,
        counts: impl Iterator<Item = (Option<usize>, u32)>,
        documents: impl Fn(usize) -> usize,
    ) -> SparseVector {
        let all = self.questions as f32;
        let mut squares = 0.0;
        let mut vector = SparseVector::new();
        for (term, count) in counts {
            let documents = term.map_or(1, &documents) as f32;
            let idf = 1.0 + ((1.0 + all) / (1.0 + documents)).ln();
            let weight = (1.0 + (count as f32).ln()) * idf;
            squares += weight * weight;
            vector.extend(term.map(|term| (term, weight)));
        }
        let length = squares.sqrt();
        vector.into_iter().map(|(term, weight)| (term, weight / length)).collect()
    }
}

/// Returns the n-grams of `questions`, and the n-gram counts of each question, ascending by n-gram.
fn count(analyzer: &Analyzer, questions: &[&str]) -> (PackedStrings, Vec<Vec<(usize, u32)>>) {
    let counts: Vec<NgramCounts> = questions.par_iter().map(|text| analyzer.count(text)).collect();
    let mut names: Vec<&str> =
        counts.iter().flat_map(|c| c.iter().map(|(ngram, _)| ngram)).collect();
    names.par_sort_unstable();
    names.dedup();
    let numbers: HashMap<&str, usize> = names.iter().copied().zip(0..).collect();
    let numbered = |(ngram, count)| (numbers[ngram], count);
    let numbered = counts.par_iter().map(|counts| counts.iter().map(numbered).collect());
    (names.into_iter().collect(), numbered.collect())
}

fn running_sum(lengths: impl Iterator<Item = usize>) -> Vec<u32> {
    lengths
        .scan(0, |sum, length| {
            *sum += length as u32;
            Some(*sum)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words() -> Analyzer {
        Analyzer::Words { lengths: 1..=1, stemmed: false, any_script: true }
    }

    // scikit-learn 1.5: TfidfVectorizer(sublinear_tf=True).fit(["fly fly home", "home"]), by hand:
    // idf(fly) = 1 + ln(3/2), idf(home) = 1; first = (1 + ln 2) · idf(fly) : 1.
    #[test]
    fn weights_are_sublinear_and_smooth() {
        let tfidf = TfIdf::fit(&words(), &["fly fly home", "home"]);
        let fly = (1.0 + 2_f32.ln()) * (1.0 + 1.5_f32.ln());
        let length = (fly * fly + 1.0).sqrt();
        let expected = [fly / length, 1.0 / length];
        for (found, expected) in tfidf.vectors()[0].iter().zip(expected) {
            assert!((found.1 - expected).abs() < 1e-6, "{found:?} {expected}");
        }
        let similarities = tfidf.similarities("home", None);
        assert!((similarities[0] - 1.0 / length).abs() < 1e-6);
        assert!((similarities[1] - 1.0).abs() < 1e-6);
    }

    #[test]
    fn unknown_words_lower_the_similarity() {
        let tfidf = TfIdf::fit(&words(), &["home", "fly"]);
        let (known, unknown) =
            (tfidf.similarities("home", None)[0], tfidf.similarities("home xyzzy", None)[0]);
        // df = 1 for both words, so the unknown word has the same weight as the known one.
        assert!((known - 1.0).abs() < 1e-6 && (unknown - 0.5_f32.sqrt()).abs() < 1e-6);
    }

    // "where", "is" and "number" are common, the numbers rare.
    #[test]
    fn similarities_do_not_depend_on_the_number_of_questions_compared() {
        let questions: Vec<String> = (0..40).map(|i| format!("where is number {i}")).collect();
        let questions: Vec<&str> = questions.iter().map(String::as_str).collect();
        let tfidf =
            TfIdf::fit(&Analyzer::Characters { lengths: 2..=4, any_script: true }, &questions);
        let compare = |shortcuts| {
            let mut after = vec![0.0; 30];
            tfidf.add_similarities(&tfidf.vectors()[3], 0.5, 10, &mut after, shortcuts);
            (tfidf.similarities("is 17 a number or where is it", shortcuts), after)
        };
        assert_eq!(compare(Some(&tfidf.shortcuts())), compare(None));
    }

    #[test]
    fn own_vectors_give_the_same_cosines_as_the_text() {
        let questions = ["where do you live", "do you live here", "why"];
        let tfidf =
            TfIdf::fit(&Analyzer::Characters { lengths: 2..=3, any_script: true }, &questions);
        for (vector, question) in tfidf.vectors().iter().zip(questions) {
            let mut cosines = vec![0.0; 2];
            tfidf.add_similarities(vector, 1.0, 1, &mut cosines, None);
            for (a, b) in cosines.iter().zip(&tfidf.similarities(question, None)[1..]) {
                assert!((a - b).abs() < 1e-6);
            }
        }
    }
}
