//! The known questions whose wording is nearest to another's.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::mentor::{Example, Mentor};
use crate::text::Analyzer;

/// A mentor's questions, to be found by their wording.
///
/// Two texts are as near as the cosine of their character 3-grams within words, weighed by TF-IDF
/// (Salton & Buckley 1988). No classifier has a part in it: it tells people which known questions
/// read alike, and not what a classifier took them for.
#[derive(Debug)]
pub struct Wordings<'a> {
    examples: Vec<Example<'a>>,
    ids: Vec<&'a str>,
    /// Per n-gram the questions that have it, with its weight there; in order, so that sums have the
    /// same bits in each run.
    postings: BTreeMap<String, Vec<(usize, f64)>>,
}

/// A known question near another one.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Neighbour {
    /// As it stands in the data.
    pub question: String,
    /// Its answer.
    pub answer_id: String,
    /// How near it is, in 0..=1.
    pub similarity: f64,
}

const ANALYZER: Analyzer = Analyzer::Characters { lengths: 3..=3 };

impl<'a> Wordings<'a> {
    /// All questions that `mentor` learns from.
    #[must_use]
    pub fn of(mentor: &'a Mentor) -> Self {
        let examples = mentor.examples();
        let mut postings: BTreeMap<String, Vec<(usize, f64)>> = BTreeMap::new();
        for (index, example) in examples.iter().enumerate() {
            for (ngram, count) in ANALYZER.count(example.question) {
                postings.entry(ngram).or_default().push((index, f64::from(count)));
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

    /// The up to `limit` questions nearest to `question`, nearest first; none that shares nothing.
    #[must_use]
    pub fn nearest(&self, question: &str, limit: usize) -> Vec<Neighbour> {
        let mut products = vec![0.0; self.examples.len()];
        let mut square = 0.0;
        for (ngram, count) in ANALYZER.count(question) {
            let list = self.postings.get(&ngram).map_or(&[][..], Vec::as_slice);
            // An n-gram that no known question has is as rare as one that a single question has.
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
}
