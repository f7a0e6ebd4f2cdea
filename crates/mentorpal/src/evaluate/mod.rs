//! Measures the accuracy of classifiers and compares classifiers with each other.
//!
//! - [`run_test`] asks every question of a test set. [`TestFigures`] holds the figures of a run.
//! - [`Comparison`] compares two runs of the same test. [`ComparisonFigures`] holds the figures of
//!   both, and [`Comparisons`] compares several checkpoints with the first.
//! - [`TrainingFigures`] holds the figures measured during training.
//! - [`Tuning`] compares training configurations by their accuracy on held-out questions.
//! - [`statistics`] has confidence intervals, significance tests and calibration errors.

mod compare;
mod comparison_figures;
mod comparisons;
mod figures;
mod folds;
mod nearest;
mod proportion;
pub mod statistics;
mod test;
mod training;
mod training_record;
mod trial;
mod tuning;

pub use compare::Comparison;
pub use comparison_figures::{
    ChangedGroup, ChangedQuestion, ChangedQuestions, ComparisonFigures, GivenAnswer, SideFigures,
    TopicPair,
};
pub use comparisons::{
    CheckpointSide, Comparisons, MentorComparisons, MentorReports, Pair, PooledComparison, Standing,
};
pub use figures::{
    ConfidenceBin, Confusion, FittedPoint, NeverGiven, Ranks, TestFigures, WrongQuestion,
};
pub use folds::folds;
pub use nearest::{Neighbour, QuestionIndex, SimilarPair};
pub use proportion::{Proportion, TopicShare};
pub use test::{AnswerCount, OffTopicCount, Tally, TestReport, TestResult, run_test};
pub use training::{
    ALIKE, AnswerShare, ConfusedWith, CurvePoint, FLAT, TrainingFigures, Trend, Verdict,
    WrongLeftOut,
};
pub use training_record::TrainingRecord;
pub use trial::{FoldRun, HeldOut, cross_validate};
pub use tuning::{FoldFigures, Nested, TrialFigures, Tuning};
