//! How good a classifier is, and whether another one is better.
//!
//! [`run_test`] asks every question of a test set; [`TestFigures`] looks at the run from every side;
//! [`compare()`] sets two runs side by side; [`statistics`] says how far the numbers can be trusted.

mod compare;
mod figures;
mod nearest;
pub mod statistics;
mod test;

pub use compare::{Comparison, compare};
pub use figures::{
    ConfidenceBin, Confusion, FittedPoint, NeverGiven, Ranks, Share, TestFigures, TopicShare,
    WrongQuestion,
};
pub use nearest::{Neighbour, Wordings};
pub use test::{AnswerCount, OffTopicCount, Tally, TestReport, TestResult, run_test};
