//! The known questions whose wording is nearest to another's.

use std::collections::BTreeMap;

use rayon::prelude::*;
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

/// Two known questions of different answers that read alike.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct AlikePair {
    /// As they stand in the data, in its order.
    pub questions: [String; 2],
    /// Their answers.
    pub answer_ids: [String; 2],
    /// How near they are, in 0..=1.
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

    /// The up to `limit` questions nearest to `question`, nearest first; none that shares nothing.
    #[must_use]
    pub fn nearest(&self, question: &str, limit: usize) -> Vec<Neighbour> {
        let mut products = vec![0.0; self.examples.len()];
        let mut square = 0.0;
        for (ngram, count) in ANALYZER.count(question).iter() {
            let list = self.postings.get(ngram).map_or(&[][..], Vec::as_slice);
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

    /// The pairs of known questions at least `least` near, in 0..=1, that lead to different
    /// answers; nearest first.
    #[must_use]
    pub fn alike_elsewhere(&self, least: f64) -> Vec<AlikePair> {
        let lists: Vec<&[(usize, f64)]> = self.postings.values().map(Vec::as_slice).collect();
        // Per question its n-grams: the list, its own place there, and its weight.
        let mut ngrams: Vec<Vec<(usize, usize, f64)>> = vec![Vec::new(); self.examples.len()];
        for (number, list) in lists.iter().enumerate() {
            for (place, (question, weight)) in list.iter().enumerate() {
                ngrams[*question].push((number, place, *weight));
            }
        }
        let later = |question: usize| -> Vec<(usize, usize, f64)> {
            let mut products = vec![0.0; self.examples.len() - question];
            for &(number, place, weight) in &ngrams[question] {
                for (other, known) in &lists[number][place + 1..] {
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
            (0..ngrams.len()).into_par_iter().flat_map_iter(later).collect();
        // Stable, so that equally near ones stand in the order of the data.
        pairs.sort_by(|a, b| b.2.total_cmp(&a.2));
        let pair = |&(one, other, similarity): &(usize, usize, f64)| AlikePair {
            questions: [one, other].map(|i| self.examples[i].question.to_owned()),
            answer_ids: [one, other].map(|i| self.ids[i].to_owned()),
            similarity: similarity.min(1.0),
        };
        pairs.iter().map(pair).collect()
    }
}
