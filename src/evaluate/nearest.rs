//! The known questions whose wording is nearest to another's.
//!
//! An n-gram that occurs `tf` times in a question and is in `df` of the `n` known ones weighs
//! `tf · (1 + ln(n / df))` there, and each question's vector has unit length (scikit-learn's
//! `TfidfVectorizer(smooth_idf=False)`). An n-gram that no known question has counts in a new
//! question's length with df = 1.
//!
//! `fusion_v1` weighs n-grams, too, but by settings of its own, sublinear and smoothed, in the arrays
//! that a model's files hold. What reports say of wording must not move with a model.

use std::collections::BTreeMap;

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use crate::mentor::{Example, Mentor};
use crate::text::Analyzer;

/// A mentor's questions, to be found by their wording.
///
/// Two texts are as near as the cosine of their character 3-grams within words, weighed by TF-IDF
/// (Salton & Buckley 1988). No classifier has a part in it: it tells people which known questions
/// read alike, and not what a classifier took them for.
#[derive(Debug)]
pub struct QuestionIndex<'a> {
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
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SimilarPair {
    /// As they stand in the data, in its order.
    pub questions: [String; 2],
    /// Their answers.
    pub answer_ids: [String; 2],
    /// How near they are, in 0..=1.
    pub similarity: f64,
}

const ANALYZER: Analyzer = Analyzer::Characters { lengths: 3..=3, any_script: true };

impl<'a> QuestionIndex<'a> {
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
    pub fn similar_pairs_across_answers(&self, least: f64) -> Vec<SimilarPair> {
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
    fn close(found: f64, expected: f64) {
        assert!((found - expected).abs() < 1e-9, "{found}, expected {expected}");
    }

    // The weights are from scikit-learn 1.9: TfidfVectorizer(analyzer="char_wb", ngram_range=(3, 3),
    // smooth_idf=False), fitted to the four known questions. It does not count the four n-grams of
    // “they” that are in none of them; here they were given its weight of what is in one.
    #[test]
    fn nearest_as_scikit_learn_has_it() {
        let mentor = fixture::mentor("ada", ROWS);
        let wordings = QuestionIndex::of(&mentor);
        let found = wordings.nearest("Who are they?", 5);
        let [first, second] = found.as_slice() else { panic!("two that share something") };
        assert_eq!((first.question.as_str(), first.answer_id.as_str()), ("who are you", "1"));
        assert_eq!((second.question.as_str(), second.answer_id.as_str()), ("where are you", "2"));
        close(first.similarity, 0.641_352_761_906_325);
        close(second.similarity, 0.326_925_704_030_008);
        let found = wordings.nearest("you fly", 2);
        let questions: Vec<&str> = found.iter().map(|one| one.question.as_str()).collect();
        assert_eq!(questions, ["do you fly", "fly fly fishing"]);
        close(found[0].similarity, 0.737_414_659_266_555);
        close(found[1].similarity, 0.541_744_129_602_576);
        assert!(wordings.nearest("xyz", 5).is_empty());
    }

    // By the same: of one answer, 0.189 apart, are “who are you” and “do you fly”.
    #[test]
    fn alike_elsewhere_as_scikit_learn_has_it() {
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
            close(pair.similarity, expected);
        }
    }
}
