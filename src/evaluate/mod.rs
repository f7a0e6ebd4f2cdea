//! How good a classifier is, and whether another one is better.
//!
//! [`run_test`] asks every question of a test set; [`compare()`] sets two such runs side by side;
//! [`statistics`] says how far the numbers can be trusted.

mod compare;
pub mod statistics;
mod test;

pub use compare::{Comparison, compare};
pub use test::{AnswerCount, OffTopicCount, Tally, TestReport, TestResult, run_test};
