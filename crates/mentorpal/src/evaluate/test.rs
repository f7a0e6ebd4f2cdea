//! The test of a checkpoint on a held-out test set.

use serde::Serialize;

use super::proportion::{Proportion, as_accuracy};
use crate::checkpoint::CheckpointRef;
use crate::classifiers::{ConfidenceKind, MentorClassifier};
use crate::error::Result;
use crate::mentor::{OFF_TOPIC, TestSet};
use crate::progress::Progress;
use crate::workspace::{MentorId, TestSetName};

/// The results of a checkpoint on one mentor's test set.
#[derive(Clone, Debug)]
pub struct TestReport {
    /// The checkpoint.
    pub checkpoint: CheckpointRef,
    /// The mentor's id.
    pub mentor: MentorId,
    /// The test set's name.
    pub test_set: TestSetName,
    /// The meaning of the confidences in `results`.
    pub confidence_kind: ConfidenceKind,
    /// One result per question, in the order of the test set.
    pub results: Vec<TestResult>,
}

/// The result of one question.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct TestResult {
    /// The question, as in the test set.
    pub question: String,
    /// The ids of the expected answers; `_OFF_TOPIC_` stands for declining.
    pub expected: Vec<String>,
    /// The id of the answer given, or `_OFF_TOPIC_`.
    pub answer_id: String,
    /// The id of the best answer, even if the classifier declined.
    pub top_answer_id: String,
    /// The confidence in the best answer: 1 for a canned question; otherwise in 0..=1 if the
    /// architecture gives probabilities, and unbounded if it gives scores.
    pub confidence: f64,
    /// Whether the question is an exact match of a known question.
    pub canned: bool,
    /// Whether the answer given is one of the expected answers.
    pub correct: bool,
    /// Whether the best answer is one of the expected answers, even if the classifier declined.
    pub top_correct: bool,
    /// The rank of the best expected answer among the candidates, from 1; `None` if no candidate is
    /// an expected answer.
    pub rank: Option<usize>,
}

/// A number of questions and the number of correct answers among them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct AnswerCount {
    /// The number of questions.
    pub questions: usize,
    /// The number of questions answered correctly.
    pub correct: usize,
}

/// The counts of off-topic questions.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct OffTopicCount {
    /// The number of questions where declining was expected.
    pub questions: usize,
    /// The number of questions that were declined.
    pub predicted: usize,
    /// The number of questions where declining was expected and that were declined.
    pub correct: usize,
}

/// The counts of a test.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Tally {
    /// The accuracy over all questions.
    #[serde(flatten, serialize_with = "as_accuracy")]
    pub share: Proportion,
    /// The questions that are exact matches of known questions.
    pub canned: AnswerCount,
    /// The other questions.
    pub uncanned: AnswerCount,
    /// The off-topic questions.
    pub off_topic: OffTopicCount,
}

/// The number of questions per batch: large enough to be faster than single questions, small enough
/// to show progress.
pub(super) const BATCH_SIZE: usize = 64;

/// Asks the first `limit` questions of a test set, or all if `limit` is `None`.
///
/// # Errors
/// If the classifier fails.
pub fn run_test(
    classifier: &MentorClassifier,
    checkpoint: &CheckpointRef,
    test_set: &TestSet,
    limit: Option<usize>,
    progress: &dyn Progress,
) -> Result<TestReport> {
    let mentor = classifier.mentor();
    let all = test_set.questions.len();
    let questions = &test_set.questions[..limit.map_or(all, |limit| limit.min(all))];
    progress.start(&format!("testing {}", mentor.id), questions.len());
    let mut results = Vec::with_capacity(questions.len());
    for batch in questions.chunks(BATCH_SIZE) {
        let asked: Vec<&str> = batch.iter().map(|question| question.text.as_str()).collect();
        let replies = classifier.answer_all(&asked)?;
        for (question, reply) in batch.iter().zip(replies) {
            let given = reply.answer_id.as_deref();
            // An answer that is no longer in the data has no text, and cannot be an expected one.
            let text = |id: &str| mentor.answer(id).map_or("", |answer| answer.text.as_str());
            let rank = reply.ranked().position(|id| question.accepts(Some(text(id))));
            results.push(TestResult {
                question: question.text.clone(),
                expected: question.expected_ids().into_iter().map(str::to_owned).collect(),
                answer_id: reply.answer_or_off_topic().to_owned(),
                correct: question.accepts(given.map(text)),
                top_correct: rank == Some(0),
                rank: rank.map(|index| index + 1),
                canned: reply.canned,
                confidence: reply.confidence,
                top_answer_id: reply.top_answer_id,
            });
            progress.step();
        }
    }
    progress.finish();
    Ok(TestReport {
        checkpoint: checkpoint.clone(),
        mentor: mentor.id.clone(),
        test_set: test_set.name.clone(),
        confidence_kind: classifier.confidence_kind(),
        results,
    })
}

impl AnswerCount {
    /// Returns the count as a proportion with its confidence interval.
    #[must_use]
    pub fn share(self) -> Proportion {
        Proportion::of(self.correct, self.questions)
    }
}

impl TestResult {
    /// Returns whether declining was expected.
    #[must_use]
    pub fn is_off_topic(&self) -> bool {
        self.expected.iter().any(|id| id == OFF_TOPIC)
    }

    /// Returns whether an answer was expected, even if the mentor no longer has that answer.
    #[must_use]
    pub fn has_answer(&self) -> bool {
        self.expected.is_empty() || self.expected.iter().any(|id| id != OFF_TOPIC)
    }

    /// Returns whether the classifier declined.
    #[must_use]
    pub fn is_declined(&self) -> bool {
        self.answer_id == OFF_TOPIC
    }
}

impl TestReport {
    /// Counts the results.
    #[must_use]
    pub fn tally(&self) -> Tally {
        let all = count(self.results.iter());
        let off_topic = |result: &&TestResult| result.is_off_topic();
        let declined = |result: &&TestResult| result.is_declined();
        Tally {
            share: all.share(),
            canned: count(self.results.iter().filter(|result| result.canned)),
            uncanned: count(self.results.iter().filter(|result| !result.canned)),
            off_topic: OffTopicCount {
                questions: self.results.iter().filter(off_topic).count(),
                predicted: self.results.iter().filter(declined).count(),
                correct: self.results.iter().filter(declined).filter(off_topic).count(),
            },
        }
    }

    /// Returns the results of the questions answered incorrectly.
    pub fn wrong(&self) -> impl Iterator<Item = &TestResult> {
        self.results.iter().filter(|result| !result.correct)
    }
}

fn count<'a>(results: impl Iterator<Item = &'a TestResult>) -> AnswerCount {
    results.fold(AnswerCount::default(), |count, result| AnswerCount {
        questions: count.questions + 1,
        correct: count.correct + usize::from(result.correct),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workspace::{ArchName, CheckpointName};

    fn result(expected: &str, given: &str, canned: bool) -> TestResult {
        TestResult {
            question: "question".into(),
            expected: vec![expected.into()],
            answer_id: given.into(),
            top_answer_id: given.into(),
            confidence: 0.5,
            canned,
            correct: expected == given,
            top_correct: expected == given,
            rank: None,
        }
    }

    // By hand: 3 of 7 questions are correct, 1 of 2 canned ones and 2 of 5
    // others. Declining is expected for 3, given for 2, and correct for 1.
    #[test]
    fn a_tally_agrees_with_a_hand_count() {
        let report = TestReport {
            checkpoint: CheckpointRef {
                arch: ArchName::new("a").unwrap(),
                checkpoint: CheckpointName::new("c").unwrap(),
            },
            mentor: MentorId::new("m").unwrap(),
            test_set: TestSetName::new("t").unwrap(),
            confidence_kind: ConfidenceKind::Score,
            results: vec![
                result("1", "1", true),
                result("1", "2", true),
                result("2", "2", false),
                result("_OFF_TOPIC_", "_OFF_TOPIC_", false),
                result("_OFF_TOPIC_", "1", false),
                result("_OFF_TOPIC_", "2", false),
                result("3", "_OFF_TOPIC_", false),
            ],
        };
        let tally = report.tally();
        assert_eq!((tally.share.questions, tally.share.correct), (7, 3));
        assert_eq!(tally.canned, AnswerCount { questions: 2, correct: 1 });
        assert_eq!(tally.uncanned, AnswerCount { questions: 5, correct: 2 });
        assert_eq!(tally.off_topic, OffTopicCount { questions: 3, predicted: 2, correct: 1 });
    }
}
