//! All that a report of a test shows, as values: the page, the terminal, JSON and CSV have it
//! from here.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::nearest::{Neighbour, QuestionIndex};
use super::proportion::{Proportion, TopicShare, topic_shares};
use super::statistics::{
    Calibration, CoveragePoint, calibration, coverage_curve, mean_reciprocal_rank, share_within,
};
use super::test::{TestReport, TestResult};
use crate::classifiers::{ConfidenceKind, MAX_CANDIDATES};
use crate::mentor::{Mentor, OFF_TOPIC};

/// A test looked at from every side.
///
/// What is said of confidences is of the questions that were not canned, and of the best answer,
/// given or not: that is what a confidence is about. A question where only declining was marked
/// has no right best answer.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct TestFigures {
    /// What canned questions alone would bring: those answered rightly, of all questions.
    pub canned_floor: Proportion,
    /// Per topic the questions that an answer of it is marked for; questions with marks of several
    /// topics count in each. Off-topic questions, as `_OFF_TOPIC_`, are last.
    pub topics: Vec<TopicShare>,
    /// Of the declined questions those where declining was marked.
    pub off_topic_precision: Proportion,
    /// Of the questions where declining was marked those declined.
    pub off_topic_recall: Proportion,
    /// Right and wrong best answers by confidence, in twenty bins of equal width: from 0 to 1, or,
    /// where confidences are no probabilities, from the lowest to the highest (half to either side
    /// of what is the only one).
    pub confidences: Vec<ConfidenceBin>,
    /// Whether confidences are the accuracies that they claim to be; `None` where they claim none.
    pub calibration: Option<Calibration>,
    /// Coverage against accuracy as the threshold moves, canned questions included.
    pub coverage: Vec<CoveragePoint>,
    /// The same as the classifier really declined.
    pub fitted: FittedPoint,
    /// Where the right answer stood.
    pub ranks: Ranks,
    /// What was given for what, the most frequent first.
    pub confusions: Vec<Confusion>,
    /// The questions answered wrongly, in the order of the test.
    pub wrong: Vec<WrongQuestion>,
    /// The answers that are marked for some question and were given for none, in the mentor's
    /// order.
    pub never_given: Vec<NeverGiven>,
    /// The answers that nothing leads to: they have no question, or later rows took all.
    pub without_questions: Vec<String>,
}

/// The questions of about the same confidence.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct ConfidenceBin {
    /// Confidences from this one ...
    pub low: f64,
    /// ... to below this one (up to it, in the last bin).
    pub high: f64,
    /// How many best answers are right.
    pub right: usize,
    /// How many are wrong.
    pub wrong: usize,
}

/// How much was answered, and how well.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct FittedPoint {
    /// The share of questions that was answered, in 0..=1.
    pub coverage: f64,
    /// The share of those that was right; `None` where none was answered.
    pub accuracy: Option<f64>,
}

/// Where the right answer stood among the candidates, over the questions with a marked answer.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Ranks {
    /// How many such questions there are.
    pub questions: usize,
    /// The share whose right answer was the best, in 0..=1.
    pub top_1: f64,
    /// Among the best three.
    pub top_3: f64,
    /// Among the best five.
    pub top_5: f64,
    /// The mean of 1/rank, in 0..=1.
    pub mean_reciprocal_rank: f64,
    /// How often the right answer had the rank 1, 2, … 10.
    pub counts: Vec<usize>,
    /// How often it was not ranked.
    pub unranked: usize,
}

/// An answer given where others were marked.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Confusion {
    /// The marked answers' ids.
    pub expected: Vec<String>,
    /// The answer given.
    pub given: String,
    /// The questions, in the order of the test.
    pub questions: Vec<String>,
}

/// A question answered wrongly.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct WrongQuestion {
    /// How it was answered.
    #[serde(flatten)]
    pub result: TestResult,
    /// The known questions whose wording is nearest.
    pub nearest: Vec<Neighbour>,
}

/// An answer that was marked and not given.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct NeverGiven {
    /// The answer.
    pub answer_id: String,
    /// How many questions it was marked for.
    pub questions: usize,
}

/// How many near questions are shown for a wrong one.
const NEIGHBOURS: usize = 3;

impl TestFigures {
    /// Looks at a test of `mentor`.
    #[must_use]
    pub fn of(report: &TestReport, mentor: &Mentor) -> Self {
        let results = &report.results;
        let asked: Vec<&TestResult> = results.iter().filter(|result| !result.canned).collect();
        let confidences: Vec<(f64, bool)> = asked.iter().map(|result| pair(result)).collect();
        let off = report.tally().off_topic;
        let canned = results.iter().filter(|result| result.canned && result.correct).count();
        let are_probabilities = report.confidence_kind == ConfidenceKind::Probability;
        let scale = if are_probabilities { (0.0, 1.0) } else { range(&confidences) };
        Self {
            canned_floor: Proportion::of(canned, results.len()),
            topics: topics(results, mentor),
            off_topic_precision: Proportion::of(off.correct, off.predicted),
            off_topic_recall: Proportion::of(off.correct, off.questions),
            confidences: histogram(&confidences, scale),
            calibration: are_probabilities.then(|| calibration(&confidences)),
            coverage: coverage(results),
            fitted: fitted(results),
            ranks: ranks(results),
            confusions: confusions(report),
            wrong: wrong(report, mentor),
            never_given: never_given(results, mentor),
            without_questions: answers_with(0, mentor),
        }
    }
}

pub(super) fn topics(results: &[TestResult], mentor: &Mentor) -> Vec<TopicShare> {
    let mut shares = topic_shares(results.iter().map(|result| {
        let answers = result.expected.iter().filter_map(|id| mentor.answer(id));
        let mut of: BTreeSet<&str> =
            answers.flat_map(|answer| answer.topics.iter().map(String::as_str)).collect();
        if result.is_off_topic() {
            of.insert(OFF_TOPIC);
        }
        (of, result.correct)
    }));
    shares.sort_by_key(|share| share.topic == OFF_TOPIC);
    shares
}

/// The lowest and the highest confidence; half to either side where they are one.
fn range(questions: &[(f64, bool)]) -> (f64, f64) {
    let low = questions.iter().map(|(confidence, _)| *confidence).fold(f64::INFINITY, f64::min);
    let high = questions.iter().map(|(confidence, _)| *confidence).fold(-f64::INFINITY, f64::max);
    match low {
        _ if low < high => (low, high),
        _ if low.is_finite() => (low - 0.5, low + 0.5),
        _ => (0.0, 1.0),
    }
}

fn histogram(questions: &[(f64, bool)], (low, high): (f64, f64)) -> Vec<ConfidenceBin> {
    const BINS: usize = 20;
    let edge = |i: usize| low + (high - low) * (i as f64 / BINS as f64);
    let bin = |i| ConfidenceBin { low: edge(i), high: edge(i + 1), right: 0, wrong: 0 };
    let mut bins: Vec<ConfidenceBin> = (0..BINS).map(bin).collect();
    for &(confidence, right) in questions {
        let bin = &mut bins[(1..BINS).take_while(|&i| edge(i) <= confidence).count()];
        if right {
            bin.right += 1;
        } else {
            bin.wrong += 1;
        }
    }
    bins
}

/// What a confidence is about: the best answer, and whether it is right.
fn pair(result: &TestResult) -> (f64, bool) {
    (result.confidence, result.top_correct)
}

pub(super) fn coverage(results: &[TestResult]) -> Vec<CoveragePoint> {
    let all: Vec<(f64, bool)> = results.iter().map(pair).collect();
    coverage_curve(&all)
}

pub(super) fn fitted(results: &[TestResult]) -> FittedPoint {
    let answered: Vec<&TestResult> =
        results.iter().filter(|result| !result.is_declined()).collect();
    let correct = answered.iter().filter(|result| result.correct).count();
    FittedPoint {
        coverage: answered.len() as f64 / results.len().max(1) as f64,
        accuracy: Proportion::of(correct, answered.len()).share,
    }
}

pub(super) fn ranks(results: &[TestResult]) -> Ranks {
    let with_answer = results.iter().filter(|result| result.has_answer());
    let ranks: Vec<Option<usize>> = with_answer.map(|result| result.rank).collect();
    let counts: Vec<usize> = (1..=MAX_CANDIDATES)
        .map(|rank| ranks.iter().filter(|found| **found == Some(rank)).count())
        .collect();
    Ranks {
        questions: ranks.len(),
        top_1: share_within(&ranks, 1),
        top_3: share_within(&ranks, 3),
        top_5: share_within(&ranks, 5),
        mean_reciprocal_rank: mean_reciprocal_rank(&ranks),
        counts,
        unranked: ranks.iter().filter(|rank| rank.is_none()).count(),
    }
}

fn confusions(report: &TestReport) -> Vec<Confusion> {
    let mut questions: BTreeMap<(&[String], &str), Vec<String>> = BTreeMap::new();
    for result in report.wrong() {
        let key = (result.expected.as_slice(), result.answer_id.as_str());
        questions.entry(key).or_default().push(result.question.clone());
    }
    let mut confusions: Vec<Confusion> = questions
        .into_iter()
        .map(|((expected, given), questions)| Confusion {
            expected: expected.to_vec(),
            given: given.to_owned(),
            questions,
        })
        .collect();
    // Stable, so that equally frequent ones stand by id.
    confusions.sort_by_key(|confusion| std::cmp::Reverse(confusion.questions.len()));
    confusions
}

fn wrong(report: &TestReport, mentor: &Mentor) -> Vec<WrongQuestion> {
    let wordings = QuestionIndex::of(mentor);
    let look = |result: &TestResult| WrongQuestion {
        nearest: wordings.nearest(&result.question, NEIGHBOURS),
        result: result.clone(),
    };
    report.wrong().map(look).collect()
}

fn never_given(results: &[TestResult], mentor: &Mentor) -> Vec<NeverGiven> {
    let given: BTreeSet<&str> = results.iter().map(|result| result.answer_id.as_str()).collect();
    let mut marked: BTreeMap<&str, usize> = BTreeMap::new();
    for id in results.iter().flat_map(|result| &result.expected) {
        *marked.entry(id).or_default() += 1;
    }
    let ids = mentor.answers.iter().map(|answer| answer.id.as_str());
    ids.filter(|id| !given.contains(id))
        .filter_map(|id| {
            let questions = *marked.get(id)?;
            Some(NeverGiven { answer_id: id.to_owned(), questions })
        })
        .collect()
}

/// The ids of the answers that are learned from so many questions, in the mentor's order.
pub(super) fn answers_with(questions: usize, mentor: &Mentor) -> Vec<String> {
    let counted = mentor.answers.iter().zip(mentor.questions_per_answer());
    counted.filter(|(_, count)| *count == questions).map(|(answer, _)| answer.id.clone()).collect()
}

#[cfg(test)]
mod tests;
