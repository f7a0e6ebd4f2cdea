//! How good a classifier is, and whether another one is better.
//!
//! [`run_test`] asks every question of a test set; [`TestFigures`] looks at the run from every side;
//! a [`Comparison`] sets two runs side by side, [`ComparisonFigures`] looks at both from every side, and
//! [`Comparisons`] holds several checkpoints against the first; [`TrainingFigures`] looks at what
//! training measured; [`statistics`] says how far the numbers can be trusted. [`Tuning`] compares ways
//! to train by what each makes of questions that it was not trained on.

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
pub use comparisons::{Comparisons, MentorComparisons, Pair, Standing};
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
