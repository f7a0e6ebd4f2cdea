//! The figures of a test report. The page, the terminal, JSON and CSV all take their values from
//! here.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use serde::Serialize;

use super::nearest::{Neighbour, QuestionIndex};
use super::proportion::{Proportion, TopicShare, topic_shares};
use super::statistics::{
    Calibration, CoveragePoint, ScoredAnswer, calibration, coverage_curve, mean_reciprocal_rank,
    share_within,
};
use super::test::{TestReport, TestResult};
use crate::classifiers::{ConfidenceKind, MAX_CANDIDATES};
use crate::mentor::{Mentor, OFF_TOPIC};

/// The figures of a test.
///
/// Figures about confidences cover only the questions that are not exact matches (canned). They
/// judge the best answer, even if the classifier declined, because the confidence refers to the
/// best answer. For a question where only declining is correct, every best answer is wrong.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct TestFigures {
    /// The accuracy of exact matching alone: the canned questions answered correctly, of all
    /// questions.
    pub canned_floor: Proportion,
    /// The accuracy per topic of the expected answers. A question whose expected answers have
    /// several topics counts in each. Off-topic questions are last, as `_OFF_TOPIC_`.
    pub topics: Vec<TopicShare>,
    /// The precision of declining: the share of declined questions where declining was expected.
    pub off_topic_precision: Proportion,
    /// The recall of declining: the share of questions where declining was expected that were
    /// declined.
    pub off_topic_recall: Proportion,
    /// Correct and wrong best answers by confidence, in 20 bins of equal width. The bins cover 0 to
    /// 1 for probabilities, and the lowest to the highest confidence for scores. If all scores are
    /// equal, the bins extend 0.5 to either side.
    pub confidences: Vec<ConfidenceBin>,
    /// The calibration of the confidences; `None` if they are not probabilities.
    pub calibration: Option<Calibration>,
    /// Accuracy against coverage for every threshold, canned questions included.
    pub coverage: Vec<CoveragePoint>,
    /// Coverage and accuracy at the threshold that the classifier used.
    pub fitted: FittedPoint,
    /// The ranks of the correct answers.
    pub ranks: Ranks,
    /// The wrong answers by expected and given answer, the most frequent first.
    pub confusions: Vec<Confusion>,
    /// The questions answered incorrectly, in the order of the test.
    pub wrong: Vec<WrongQuestion>,
    /// The answers that were expected for at least one question and never given, in the mentor's
    /// order.
    pub never_given: Vec<NeverGiven>,
    /// The ids of the answers without a training question: they have none, or later rows have the
    /// same questions.
    pub without_questions: Vec<String>,
}

/// One bin of the histogram of confidences.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct ConfidenceBin {
    /// The lower edge, which belongs to the bin.
    pub low: f64,
    /// The upper edge, which belongs to the next bin, or to this one if it is the last.
    pub high: f64,
    /// The number of correct best answers.
    pub right: usize,
    /// The number of wrong best answers.
    pub wrong: usize,
}

/// Coverage and accuracy at the classifier's own threshold.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct FittedPoint {
    /// The share of questions that were answered, in 0..=1.
    pub coverage: f64,
    /// The share of answered questions that are correct, in 0..=1; `None` if none was answered.
    pub accuracy: Option<f64>,
}

/// The ranks of the correct answers among the candidates, over the questions with an expected
/// answer.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Ranks {
    /// The number of questions with an expected answer.
    pub questions: usize,
    /// The share of questions whose correct answer has rank 1, in 0..=1.
    pub top_1: f64,
    /// The share of questions whose correct answer is among the best three, in 0..=1.
    pub top_3: f64,
    /// The share of questions whose correct answer is among the best five, in 0..=1.
    pub top_5: f64,
    /// The mean reciprocal rank, in 0..=1.
    pub mean_reciprocal_rank: f64,
    /// The number of questions per rank of the correct answer: 1, 2, … 10.
    pub counts: Vec<usize>,
    /// The number of questions whose correct answer was not among the candidates.
    pub unranked: usize,
}

/// An answer that was given where other answers were expected.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Confusion {
    /// The ids of the expected answers.
    pub expected: Vec<String>,
    /// The id of the answer given.
    pub given: String,
    /// The questions concerned, in the order of the test.
    pub questions: Vec<String>,
}

/// A question answered incorrectly.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct WrongQuestion {
    /// The result of the question.
    #[serde(flatten)]
    pub result: TestResult,
    /// The known questions with the most similar wording.
    pub nearest: Vec<Neighbour>,
}

/// An answer that was expected and never given.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct NeverGiven {
    /// The id of the answer.
    pub answer_id: String,
    /// The number of questions for which the answer was expected.
    pub questions: usize,
}

/// The number of similar questions shown for each incorrectly answered one.
const NEIGHBOURS: usize = 3;

impl TestFigures {
    /// Returns the figures of a test of `mentor`.
    #[must_use]
    pub fn of(report: &TestReport, mentor: &Mentor) -> Self {
        let results = &report.results;
        let asked: Vec<&TestResult> = results.iter().filter(|result| !result.canned).collect();
        let confidences: Vec<ScoredAnswer> = asked.iter().map(|result| scored(result)).collect();
        let off = report.tally().off_topic;
        let canned = results.iter().filter(|result| result.canned && result.correct).count();
        let are_probabilities = report.confidence_kind == ConfidenceKind::Probability;
        let scale = if are_probabilities { 0.0..1.0 } else { range(&confidences) };
        Self {
            canned_floor: Proportion::of(canned, results.len()),
            topics: topics(results, mentor),
            off_topic_precision: Proportion::of(off.correct, off.predicted),
            off_topic_recall: Proportion::of(off.correct, off.questions),
            confidences: histogram(&confidences, &scale),
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

/// Returns the accuracy per topic, off-topic questions last.
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

/// Returns the lowest and the highest confidence. If both are equal, the range extends 0.5 to
/// either side; without questions it is 0 to 1.
fn range(answers: &[ScoredAnswer]) -> Range<f64> {
    let confidences = || answers.iter().map(|answer| answer.confidence);
    let low = confidences().fold(f64::INFINITY, f64::min);
    let high = confidences().fold(-f64::INFINITY, f64::max);
    match low {
        _ if low < high => low..high,
        _ if low.is_finite() => low - 0.5..low + 0.5,
        _ => 0.0..1.0,
    }
}

/// Returns the numbers of right and wrong answers in 20 bins of equal width over the confidences of `scale`.
fn histogram(answers: &[ScoredAnswer], scale: &Range<f64>) -> Vec<ConfidenceBin> {
    const BINS: usize = 20;
    let edge = |i: usize| scale.start + (scale.end - scale.start) * (i as f64 / BINS as f64);
    let bin = |i| ConfidenceBin { low: edge(i), high: edge(i + 1), right: 0, wrong: 0 };
    let mut bins: Vec<ConfidenceBin> = (0..BINS).map(bin).collect();
    for answer in answers {
        let bin = &mut bins[(1..BINS).take_while(|&i| edge(i) <= answer.confidence).count()];
        if answer.correct {
            bin.right += 1;
        } else {
            bin.wrong += 1;
        }
    }
    bins
}

/// Returns the confidence in the best answer, and whether that answer is correct.
fn scored(result: &TestResult) -> ScoredAnswer {
    ScoredAnswer { confidence: result.confidence, correct: result.top_correct }
}

/// Returns accuracy against coverage for every threshold.
pub(super) fn coverage(results: &[TestResult]) -> Vec<CoveragePoint> {
    let all: Vec<ScoredAnswer> = results.iter().map(scored).collect();
    coverage_curve(&all)
}

/// Returns coverage and accuracy at the threshold that the classifier used.
pub(super) fn fitted(results: &[TestResult]) -> FittedPoint {
    let answered: Vec<&TestResult> =
        results.iter().filter(|result| !result.is_declined()).collect();
    let correct = answered.iter().filter(|result| result.correct).count();
    FittedPoint {
        coverage: answered.len() as f64 / results.len().max(1) as f64,
        accuracy: Proportion::of(correct, answered.len()).share,
    }
}

/// Returns the ranks of the correct answers.
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
    // The sort is stable, so equally frequent confusions stay ordered by id.
    confusions.sort_by_key(|confusion| std::cmp::Reverse(confusion.questions.len()));
    confusions
}

fn wrong(report: &TestReport, mentor: &Mentor) -> Vec<WrongQuestion> {
    let index = QuestionIndex::of(mentor);
    let with_nearest = |result: &TestResult| WrongQuestion {
        nearest: index.nearest(&result.question, NEIGHBOURS),
        result: result.clone(),
    };
    report.wrong().map(with_nearest).collect()
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

/// Returns the ids of the answers that have this number of training questions, in the mentor's
/// order.
pub(super) fn answers_with(questions: usize, mentor: &Mentor) -> Vec<String> {
    let counted = mentor.answers.iter().zip(mentor.questions_per_answer());
    counted.filter(|(_, count)| *count == questions).map(|(answer, _)| answer.id.clone()).collect()
}

#[cfg(test)]
mod tests;
