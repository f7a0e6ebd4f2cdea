//! The figures of a comparison report. The page, the terminal, JSON and CSV all take their values
//! from here.

use serde::Serialize;

use super::figures::{FittedPoint, Ranks, coverage, fitted, ranks, topics};
use super::proportion::{Proportion, TopicShare};
use super::statistics::CoveragePoint;
use super::test::{Tally, TestReport, TestResult};
use crate::mentor::Mentor;

/// The figures of two checkpoints, A and B, on the same test of a mentor.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ComparisonFigures {
    /// The figures of A.
    pub a: SideFigures,
    /// The figures of B.
    pub b: SideFigures,
    /// The accuracy per topic, counted as in [`TestFigures`](super::TestFigures).
    pub topics: Vec<TopicPair>,
    /// The questions that A and B answer differently.
    pub changed: ChangedQuestions,
}

/// The figures of one of the two checkpoints.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct SideFigures {
    /// The counts of the test.
    pub tally: Tally,
    /// Accuracy against coverage for every threshold, canned questions included.
    pub coverage: Vec<CoveragePoint>,
    /// Coverage and accuracy at the threshold that the classifier used.
    pub fitted: FittedPoint,
    /// The ranks of the correct answers.
    pub ranks: Ranks,
}

/// The accuracy of both checkpoints on one topic.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct TopicPair {
    /// The topic, as written in the data.
    pub topic: String,
    /// The accuracy of A.
    pub a: Proportion,
    /// The accuracy of B.
    pub b: Proportion,
    /// The accuracy of B minus that of A, in −1..=1.
    pub difference: f64,
}

/// The questions that A and B answer differently, in the order of the test.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct ChangedQuestions {
    /// A is wrong and B is correct.
    pub fixed: Vec<ChangedQuestion>,
    /// A is correct and B is wrong.
    pub broken: Vec<ChangedQuestion>,
    /// Both are wrong, with different answers.
    pub still_wrong_differently: Vec<ChangedQuestion>,
}

/// A group of changed questions with its name and description, for reports.
#[derive(Clone, Copy, Debug)]
pub struct ChangedGroup<'a> {
    /// The name shown in reports.
    pub name: &'static str,
    /// The description: what A and B answered.
    pub meaning: &'static str,
    /// The questions of the group.
    pub questions: &'a [ChangedQuestion],
}

/// A question that A and B answer differently.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ChangedQuestion {
    /// The question, as in the test set.
    pub question: String,
    /// The ids of the expected answers; `_OFF_TOPIC_` stands for declining.
    pub expected: Vec<String>,
    /// The answer of A.
    pub a: GivenAnswer,
    /// The answer of B.
    pub b: GivenAnswer,
}

/// The answer of one of the two checkpoints.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct GivenAnswer {
    /// The id of the answer given, or `_OFF_TOPIC_`.
    pub answer_id: String,
    /// The confidence, as in [`TestResult`].
    pub confidence: f64,
    /// Whether the question is an exact match of a known question.
    pub canned: bool,
}

impl ComparisonFigures {
    /// Returns the figures of two tests of `mentor` with the same questions.
    #[must_use]
    pub fn of(a: &TestReport, b: &TestReport, mentor: &Mentor) -> Self {
        Self {
            a: SideFigures::of(a),
            b: SideFigures::of(b),
            topics: topic_pairs(topics(&a.results, mentor), topics(&b.results, mentor)),
            changed: ChangedQuestions::of(&a.results, &b.results),
        }
    }
}

impl SideFigures {
    fn of(report: &TestReport) -> Self {
        let results = &report.results;
        Self {
            tally: report.tally(),
            coverage: coverage(results),
            fitted: fitted(results),
            ranks: ranks(results),
        }
    }
}

/// Pairs the topics of A and B, which are the same and in the same order.
fn topic_pairs(a: Vec<TopicShare>, b: Vec<TopicShare>) -> Vec<TopicPair> {
    let pair = |(a, b): (TopicShare, TopicShare)| TopicPair {
        topic: a.topic,
        a: a.share,
        b: b.share,
        difference: (b.share.correct as f64 - a.share.correct as f64) / a.share.questions as f64,
    };
    a.into_iter().zip(b).map(pair).collect()
}

impl ChangedQuestions {
    /// Groups the changed questions of two runs of the same test.
    fn of(a: &[TestResult], b: &[TestResult]) -> Self {
        let mut changed = Self::default();
        for (a, b) in a.iter().zip(b) {
            let group = match (a.correct, b.correct) {
                (false, true) => &mut changed.fixed,
                (true, false) => &mut changed.broken,
                (false, false) if a.answer_id != b.answer_id => {
                    &mut changed.still_wrong_differently
                }
                _ => continue,
            };
            group.push(ChangedQuestion {
                question: a.question.clone(),
                expected: a.expected.clone(),
                a: GivenAnswer::of(a),
                b: GivenAnswer::of(b),
            });
        }
        changed
    }

    /// Returns the groups: fixed, broken, still wrong differently.
    #[must_use]
    pub fn groups(&self) -> [ChangedGroup<'_>; 3] {
        [
            ChangedGroup { name: "fixed", meaning: "A wrong, B correct", questions: &self.fixed },
            ChangedGroup { name: "broken", meaning: "A correct, B wrong", questions: &self.broken },
            ChangedGroup {
                name: "still wrong differently",
                meaning: "both wrong, with different answers",
                questions: &self.still_wrong_differently,
            },
        ]
    }
}

impl TopicPair {
    /// Returns the accuracy of A, then that of B.
    #[must_use]
    pub fn shares(&self) -> [Proportion; 2] {
        [self.a, self.b]
    }
}

impl ChangedQuestion {
    /// Returns the answer of A, then that of B.
    #[must_use]
    pub fn given(&self) -> [&GivenAnswer; 2] {
        [&self.a, &self.b]
    }
}

impl GivenAnswer {
    fn of(result: &TestResult) -> Self {
        Self {
            answer_id: result.answer_id.clone(),
            confidence: result.confidence,
            canned: result.canned,
        }
    }
}
