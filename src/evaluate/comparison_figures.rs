//! All that a report of a comparison shows, as values: the page, the terminal, JSON and CSV have
//! it from here.

use serde::Serialize;

use super::figures::{FittedPoint, Ranks, coverage, fitted, ranks, topics};
use super::proportion::{Proportion, TopicShare};
use super::statistics::CoveragePoint;
use super::test::{Tally, TestReport, TestResult};
use crate::mentor::Mentor;

/// Two checkpoints, A and B, on the same test of a mentor, looked at from every side.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ComparisonFigures {
    /// How A did.
    pub a: SideFigures,
    /// How B did.
    pub b: SideFigures,
    /// Per topic, as [`TestFigures`](super::TestFigures) counts them.
    pub topics: Vec<TopicPair>,
    /// The questions that are not answered alike.
    pub changed: ChangedQuestions,
}

/// How one of the two did.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct SideFigures {
    /// Its test's numbers.
    pub tally: Tally,
    /// Coverage against accuracy as the threshold moves, canned questions included.
    pub coverage: Vec<CoveragePoint>,
    /// The same as the classifier really declined.
    pub fitted: FittedPoint,
    /// Where the right answer stood.
    pub ranks: Ranks,
}

/// How both answered one topic's questions.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct TopicPair {
    /// As written.
    pub topic: String,
    /// Of A.
    pub a: Proportion,
    /// Of B.
    pub b: Proportion,
    /// Accuracy of B less that of A, in −1..=1.
    pub difference: f64,
}

/// The questions that are not answered alike, in the order of the test.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct ChangedQuestions {
    /// A wrong, B right.
    pub fixed: Vec<ChangedQuestion>,
    /// A right, B wrong.
    pub broken: Vec<ChangedQuestion>,
    /// Both wrong, each with another answer.
    pub still_wrong_differently: Vec<ChangedQuestion>,
}

/// One group of them, for people.
#[derive(Clone, Copy, Debug)]
pub struct ChangedGroup<'a> {
    /// As people call it.
    pub name: &'static str,
    /// What its questions have in common.
    pub meaning: &'static str,
    /// The questions.
    pub questions: &'a [ChangedQuestion],
}

/// A question that is not answered alike.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ChangedQuestion {
    /// As the test set has it.
    pub question: String,
    /// The ids of the marked answers, `_OFF_TOPIC_` for declining.
    pub expected: Vec<String>,
    /// What A said.
    pub a: GivenAnswer,
    /// What B said.
    pub b: GivenAnswer,
}

/// What one of the two said.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct GivenAnswer {
    /// The answer given, or `_OFF_TOPIC_`.
    pub answer_id: String,
    /// As [`TestResult`] has it.
    pub confidence: f64,
    /// Whether the question was recognised as a known one.
    pub canned: bool,
}

impl ComparisonFigures {
    /// Looks at two tests of `mentor` with the same questions.
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

/// The same questions have the same topics, in the same order.
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
    /// Groups the questions of two runs of the same test.
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

    /// The groups, the most welcome first.
    #[must_use]
    pub fn groups(&self) -> [ChangedGroup<'_>; 3] {
        [
            ChangedGroup { name: "fixed", meaning: "A wrong, B right", questions: &self.fixed },
            ChangedGroup { name: "broken", meaning: "A right, B wrong", questions: &self.broken },
            ChangedGroup {
                name: "still wrong differently",
                meaning: "both wrong, each with another answer",
                questions: &self.still_wrong_differently,
            },
        ]
    }
}

impl TopicPair {
    /// Of A, then of B.
    #[must_use]
    pub fn shares(&self) -> [Proportion; 2] {
        [self.a, self.b]
    }
}

impl ChangedQuestion {
    /// What A said, then what B said.
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
