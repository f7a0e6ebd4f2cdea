//! TF-IDF vectors of questions, inverted so that a new question meets all of them at once.
//!
//! Weights follow Salton & Buckley (1988), as scikit-learn's `TfidfVectorizer(sublinear_tf=True)`
//! has them: `(1 + ln tf) · idf` with `idf = 1 + ln((1 + n) / (1 + df))`, vectors of unit length.
//! Unlike there, n-grams that training never saw count in a new question's length (with df = 1,
//! as if it had been there): a question of unknown words is like no known one.

use std::cmp::Ordering;
use std::collections::HashMap;

use rayon::prelude::*;

use crate::text::{Analyzer, NgramCounts, sort_key};

/// The vectors of `n` questions by n-gram.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct TfIdf {
    pub(super) analyzer: Analyzer,
    /// How many questions there are.
    pub(super) questions: usize,
    /// The n-grams, sorted.
    pub(super) terms: Terms,
    /// Per n-gram, where its postings end; they begin where the ones before end.
    pub(super) posting_ends: Vec<u32>,
    /// Per posting the question, ascending within an n-gram.
    pub(super) posting_questions: Vec<u32>,
    /// Per posting the n-gram's share of the question's unit vector.
    pub(super) posting_weights: Vec<f32>,
}

/// Sorted distinct strings, stored end to end.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Terms {
    pub(super) bytes: Vec<u8>,
    /// Where each one ends.
    pub(super) ends: Vec<u32>,
    /// The [`sort_key`] of each.
    keys: Vec<u64>,
}

/// A question as a sparse vector: n-gram and weight, ascending by n-gram.
type SparseVector = Vec<(usize, f32)>;

impl TfIdf {
    /// Counts the n-grams of `questions` and weighs them.
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
            posting_ends: running_sum(documents.iter().copied()),
            posting_questions: Vec::new(),
            posting_weights: Vec::new(),
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
        (tfidf.posting_questions, tfidf.posting_weights) = postings.into_iter().flatten().unzip();
        tfidf
    }

    /// The cosine of `text` with each question, each in 0..=1.
    pub(super) fn similarities(&self, text: &str) -> Vec<f32> {
        let mut similarities = vec![0.0; self.questions];
        let counts = self.analyzer.count(text);
        let counts = counts.iter().map(|(ngram, count)| (self.terms.find(ngram), count));
        for (term, weight) in self.weigh(counts, |term| self.postings(term).len()) {
            let postings = self.postings(term);
            let questions = &self.posting_questions[postings.clone()];
            for (&question, &other) in questions.iter().zip(&self.posting_weights[postings]) {
                similarities[question as usize] += weight * other;
            }
        }
        similarities
    }

    /// The questions' own vectors.
    pub(super) fn vectors(&self) -> Vec<SparseVector> {
        let mut vectors = vec![SparseVector::new(); self.questions];
        for term in 0..self.posting_ends.len() {
            for posting in self.postings(term) {
                let question = self.posting_questions[posting] as usize;
                vectors[question].push((term, self.posting_weights[posting]));
            }
        }
        vectors
    }

    /// Adds `share` times the cosines of a question's `vector` with the questions from number
    /// `from` on to `similarities`, which begins at `from`.
    pub(super) fn add_similarities(
        &self,
        vector: &SparseVector,
        share: f32,
        from: usize,
        similarities: &mut [f32],
    ) {
        for &(term, weight) in vector {
            let postings = self.postings(term);
            let questions = &self.posting_questions[postings.clone()];
            let first = questions.partition_point(|&question| (question as usize) < from);
            let weights = &self.posting_weights[postings];
            for (&question, &other) in questions[first..].iter().zip(&weights[first..]) {
                similarities[question as usize - from] += share * weight * other;
            }
        }
    }

    /// A unit vector of the known n-grams of a text's; unknown ones count in its length.
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

    fn postings(&self, term: usize) -> std::ops::Range<usize> {
        let start = if term == 0 { 0 } else { self.posting_ends[term - 1] };
        start as usize..self.posting_ends[term] as usize
    }
}

impl Terms {
    /// The strings in `bytes`, of which each ends where `ends` says; `None` where these do not fit
    /// together.
    pub(super) fn of(bytes: Vec<u8>, ends: Vec<u32>) -> Option<Self> {
        let mut terms = Self { bytes, ends, keys: Vec::new() };
        if !ends_at(&terms.ends, terms.bytes.len()) {
            return None;
        }
        terms.keys = (0..terms.ends.len()).map(|term| sort_key(terms.get(term))).collect();
        Some(terms)
    }

    /// How many there are.
    pub(super) fn len(&self) -> usize {
        self.ends.len()
    }

    /// The number of a string, where it is among them.
    pub(super) fn find(&self, name: &str) -> Option<usize> {
        let key = sort_key(name.as_bytes());
        let first = self.keys.partition_point(|&other| other < key);
        let same = self.keys[first..].partition_point(|&other| other == key);
        let (mut low, mut high) = (first, first + same);
        while low < high {
            let middle = low + (high - low) / 2;
            match self.get(middle).cmp(name.as_bytes()) {
                Ordering::Less => low = middle + 1,
                Ordering::Greater => high = middle,
                Ordering::Equal => return Some(middle),
            }
        }
        None
    }

    fn get(&self, index: usize) -> &[u8] {
        let start = if index == 0 { 0 } else { self.ends[index - 1] };
        &self.bytes[start as usize..self.ends[index] as usize]
    }
}

impl<'a> FromIterator<&'a &'a str> for Terms {
    fn from_iter<I: IntoIterator<Item = &'a &'a str>>(names: I) -> Self {
        let mut terms = Self::default();
        for name in names {
            terms.bytes.extend_from_slice(name.as_bytes());
            terms.ends.push(terms.bytes.len() as u32);
            terms.keys.push(sort_key(name.as_bytes()));
        }
        terms
    }
}

/// Whether `ends` never falls and stops at `length`.
pub(super) fn ends_at(ends: &[u32], length: usize) -> bool {
    ends.is_sorted() && ends.last().map_or(0, |&end| end as usize) == length
}

/// The n-grams of `questions`, and how often each question has which, ascending.
fn count(analyzer: &Analyzer, questions: &[&str]) -> (Terms, Vec<Vec<(usize, u32)>>) {
    let counts: Vec<NgramCounts> = questions.par_iter().map(|text| analyzer.count(text)).collect();
    let mut names: Vec<&str> =
        counts.iter().flat_map(|c| c.iter().map(|(ngram, _)| ngram)).collect();
    names.par_sort_unstable();
    names.dedup();
    let numbers: HashMap<&str, usize> = names.iter().copied().zip(0..).collect();
    let numbered = |(ngram, count)| (numbers[ngram], count);
    let numbered = counts.par_iter().map(|counts| counts.iter().map(numbered).collect());
    (names.iter().collect(), numbered.collect())
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
    use std::collections::BTreeSet;

    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;

    fn words() -> Analyzer {
        Analyzer::Words { lengths: 1..=1, stemmed: false }
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
        let similarities = tfidf.similarities("home");
        assert!((similarities[0] - 1.0 / length).abs() < 1e-6);
        assert!((similarities[1] - 1.0).abs() < 1e-6);
    }

    #[test]
    fn unknown_words_make_a_question_less_alike() {
        let tfidf = TfIdf::fit(&words(), &["home", "fly"]);
        let (known, unknown) = (tfidf.similarities("home")[0], tfidf.similarities("home xyzzy")[0]);
        // df = 1 for both words: the unknown one is as long as the known.
        assert!((known - 1.0).abs() < 1e-6 && (unknown - 0.5_f32.sqrt()).abs() < 1e-6);
    }

    proptest! {
        // Some longer than what they are first compared by, and some with the same beginning.
        #[test]
        fn each_string_is_found_where_it_stands(
            names in vec("(how do you)?[a-c\u{e9} ]{0,9}", 1..40),
            other in "(how do you)?[a-c]{0,3}",
        ) {
            let names: Vec<&str> = names.iter().map(String::as_str).collect::<BTreeSet<_>>().into_iter().collect();
            let terms: Terms = names.iter().collect();
            for name in names.iter().copied().chain([other.as_str()]) {
                prop_assert_eq!(terms.find(name), names.iter().position(|n| *n == name));
            }
        }
    }

    #[test]
    fn own_vectors_give_the_same_cosines_as_the_text() {
        let questions = ["where do you live", "do you live here", "why"];
        let tfidf = TfIdf::fit(&Analyzer::Characters { lengths: 2..=3 }, &questions);
        for (vector, question) in tfidf.vectors().iter().zip(questions) {
            let mut cosines = vec![0.0; 2];
            tfidf.add_similarities(vector, 1.0, 1, &mut cosines);
            for (a, b) in cosines.iter().zip(&tfidf.similarities(question)[1..]) {
                assert!((a - b).abs() < 1e-6);
            }
        }
    }
}
