//! Finds the known questions with the most similar wording.
//!
//! An n-gram that occurs `tf` times in a question and in `df` of the `n` known questions has the
//! weight `tf · (1 + ln(n / df))`. Each question's vector is scaled to unit length (scikit-learn's
//! `TfidfVectorizer(smooth_idf=False)`). An n-gram that occurs in no known question counts towards
//! the length of a new question's vector with df = 1.
//!
//! `fusion_v1` also weights n-grams, but with other settings (sublinear and smoothed) that are part of
//! the model's files. The similarities in reports must not depend on a model.

use std::collections::BTreeMap;

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use crate::mentor::{Example, Mentor};
use crate::text::Analyzer;

/// An index of a mentor's questions for search by wording.
///
/// The similarity of two texts is the cosine of their TF-IDF vectors over character 3-grams within
/// words (Salton & Buckley 1988). It depends only on the wording, and not on any classifier.
#[derive(Debug)]
pub struct QuestionIndex<'a> {
    examples: Vec<Example<'a>>,
    ids: Vec<&'a str>,
    /// For each n-gram, the indices of the questions that contain it, with its weights. The map is
    /// ordered, so that sums have the same bits in each run.
    postings: BTreeMap<String, Vec<(usize, f64)>>,
}

/// A known question with a wording similar to that of another question.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Neighbour {
    /// The question, as in the data.
    pub question: String,
    /// The id of the question's answer.
    pub answer_id: String,
    /// The cosine similarity, in 0..=1.
    pub similarity: f64,
}

/// Two known questions with similar wording and different answers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SimilarPair {
    /// The questions, as in the data and in the data's order.
    pub questions: [String; 2],
    /// The ids of their answers.
    pub answer_ids: [String; 2],
    /// The cosine similarity, in 0..=1.
    pub similarity: f64,
}

const ANALYZER: Analyzer = Analyzer::Characters { lengths: 3..=3, any_script: true };

impl<'a> QuestionIndex<'a> {
    /// Indexes all training questions of `mentor`.
    #[must_use]
    pub fn of(mentor: &'a Mentor) -> Self {
        let examples = mentor.examples();
        let mut postings: BTreeMap<String, Vec<(usize, f64)>> = BTreeMap::new();
        for (index, example) in examples.iter().enumerate() {
            for (ngram, count) in ANALYZER.count(example.question).iter() {
                postings.entry(ngram.to_owned()).or_default().push((index, f64::from(count)));
            }
        }
        let mut squares = vec![0.0; examples.len()];
        for list in postings.values_mut() {
            let rarity = (examples.len() as f64 / list.len() as f64).ln() + 1.0;
            for (index, weight) in list {
                *weight *= rarity;
                squares[*index] += *weight * *weight;
            }
        }
        for (index, weight) in postings.values_mut().flatten() {
            *weight /= f64::sqrt(squares[*index]);
        }
        let ids = examples.iter().map(|example| mentor.answers[example.answer].id.as_str());
        Self { ids: ids.collect(), examples, postings }
    }

    /// Returns at most `limit` known questions, the most similar to `question` first. Questions
    /// without a common n-gram are left out.
    #[must_use]
    pub fn nearest(&self, question: &str, limit: usize) -> Vec<Neighbour> {
        let mut products = vec![0.0; self.examples.len()];
        let mut square = 0.0;
        for (ngram, count) in ANALYZER.count(question).iter() {
            let list = self.postings.get(ngram).map_or(&[][..], Vec::as_slice);
            // An unknown n-gram counts as if it occurred in one known question.
            let rarity = (self.examples.len() as f64 / list.len().max(1) as f64).ln() + 1.0;
            let weight = f64::from(count) * rarity;
            square += weight * weight;
            for &(index, known) in list {
                products[index] += weight * known;
            }
        }
        let mut found: Vec<usize> = (0..products.len()).filter(|&i| products[i] > 0.0).collect();
        found.sort_by(|&i, &j| products[j].total_cmp(&products[i]));
        let neighbour = |&i: &usize| Neighbour {
            question: self.examples[i].question.to_owned(),
            answer_id: self.ids[i].to_owned(),
            similarity: (products[i] / square.sqrt()).min(1.0),
        };
        found.iter().take(limit).map(neighbour).collect()
    }

    /// Returns the pairs of known questions with different answers and a similarity of at least
    /// `least`, in 0..=1; the most similar first.
    #[must_use]
    pub fn similar_pairs_across_answers(&self, least: f64) -> Vec<SimilarPair> {
        let lists: Vec<&[(usize, f64)]> = self.postings.values().map(Vec::as_slice).collect();
        // For each question, its n-grams: the number of the list, the position in the list, the
        // weight.
        let mut ngrams: Vec<Vec<(usize, usize, f64)>> = vec![Vec::new(); self.examples.len()];
        for (number, list) in lists.iter().enumerate() {
            for (position, (question, weight)) in list.iter().enumerate() {
                ngrams[*question].push((number, position, *weight));
            }
        }
        // Compares a question with the later ones, so that each pair occurs once.
        let similar_later_questions = |question: usize| -> Vec<(usize, usize, f64)> {
            let mut products = vec![0.0; self.examples.len() - question];
            for &(number, position, weight) in &ngrams[question] {
                for (other, known) in &lists[number][position + 1..] {
                    products[other - question] += weight * known;
                }
            }
            let answer = self.examples[question].answer;
            let pair = |(offset, product): (usize, f64)| (question, question + offset, product);
            let pairs = products.into_iter().enumerate().map(pair);
            let is_alike = |&(_, other, product): &(usize, usize, f64)| {
                product >= least && self.examples[other].answer != answer
            };
            pairs.filter(is_alike).collect()
        };
        let mut pairs: Vec<(usize, usize, f64)> =
            (0..ngrams.len()).into_par_iter().flat_map_iter(similar_later_questions).collect();
        // The sort is stable, so equally similar pairs stay in the order of the data.
        pairs.sort_by(|a, b| b.2.total_cmp(&a.2));
        let pair = |&(one, other, similarity): &(usize, usize, f64)| SimilarPair {
            questions: [one, other].map(|i| self.examples[i].question.to_owned()),
            answer_ids: [one, other].map(|i| self.ids[i].to_owned()),
            similarity: similarity.min(1.0),
        };
        pairs.iter().map(pair).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mentor::fixture;

    const ROWS: &str = "1,,One.,\"who are you\ndo you fly\"\n2,,Two.,where are you\n\
                        3,,Three.,fly fly fishing\n";

    #[track_caller]
    fn assert_close(found: f64, expected: f64) {
        assert!((found - expected).abs() < 1e-9, "{found}, expected {expected}");
    }

    // Reference: scikit-learn 1.9, TfidfVectorizer(analyzer="char_wb", ngram_range=(3, 3),
    // smooth_idf=False), fitted to the four known questions. scikit-learn ignores the four n-grams
    // of “they”, which occur in no known question; the expected values include them with df = 1.
    #[test]
    fn similarities_agree_with_scikit_learn() {
        let mentor = fixture::mentor("ada", ROWS);
        let index = QuestionIndex::of(&mentor);
        let found = index.nearest("Who are they?", 5);
        let [first, second] = found.as_slice() else { panic!("expected two similar questions") };
        assert_eq!((first.question.as_str(), first.answer_id.as_str()), ("who are you", "1"));
        assert_eq!((second.question.as_str(), second.answer_id.as_str()), ("where are you", "2"));
        assert_close(first.similarity, 0.641_352_761_906_325);
        assert_close(second.similarity, 0.326_925_704_030_008);
        let found = index.nearest("you fly", 2);
        let questions: Vec<&str> = found.iter().map(|one| one.question.as_str()).collect();
        assert_eq!(questions, ["do you fly", "fly fly fishing"]);
        assert_close(found[0].similarity, 0.737_414_659_266_555);
        assert_close(found[1].similarity, 0.541_744_129_602_576);
        assert!(index.nearest("xyz", 5).is_empty());
    }

    // Reference: the same vectorizer. “who are you” and “do you fly” have a similarity of 0.189,
    // but the same answer.
    #[test]
    fn similar_pairs_across_answers_agree_with_scikit_learn() {
        let mentor = fixture::mentor("ada", ROWS);
        let found = QuestionIndex::of(&mentor).similar_pairs_across_answers(0.15);
        let pairs: Vec<[&str; 2]> =
            found.iter().map(|pair| pair.answer_ids.each_ref().map(String::as_str)).collect();
        assert_eq!(pairs, [["1", "2"], ["1", "3"], ["1", "2"]]);
        assert_eq!(found[0].questions, ["who are you", "where are you"]);
        assert_eq!(found[1].questions, ["do you fly", "fly fly fishing"]);
        assert_eq!(found[2].questions, ["do you fly", "where are you"]);
        for (pair, expected) in
            found.iter().zip([0.563_914_080_834_935, 0.399_490_062_740_54, 0.153_397_240_103_237])
        {
            assert_close(pair.similarity, expected);
        }
    }
}
