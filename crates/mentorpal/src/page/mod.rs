//! Reports as files: HTML pages, `JUnit` XML for CI, and CSV tables for further analysis.
//!
//! The pages are rendered from `templates/`, which are compiled in and escape every value. A page
//! is one file with its style and script inline, and its content security policy forbids all
//! requests.

mod answers;
mod comparison_page;
mod comparison_tables;
mod junit;
mod plots;
mod tables;
mod test_page;
mod training_page;
mod training_tables;

use std::borrow::Borrow;

pub use comparison_page::comparison_page;
pub use comparison_tables::comparison_tables;
pub use junit::junit;
pub use tables::{TableFile, test_tables};
pub use test_page::test_page;
pub use training_page::training_page;
pub use training_tables::training_tables;

use crate::evaluate::statistics::CoveragePoint;
use crate::evaluate::{Proportion, TestFigures, TestReport, TrainingFigures};
use crate::mentor::Mentor;
use crate::text::format::count;
use crate::text::{self, shorten};

/// A test with everything that its report shows.
#[derive(Clone, Copy, Debug)]
pub struct Tested<'a> {
    /// The results of the test.
    pub report: &'a TestReport,
    /// The figures of the test.
    pub figures: &'a TestFigures,
    /// The tested mentor.
    pub mentor: &'a Mentor,
}

/// A mentor's training with everything that its report shows.
#[derive(Clone, Copy, Debug)]
pub struct TrainedMentor<'a> {
    /// The architecture's name.
    pub arch: &'a str,
    /// The mentor.
    pub mentor: &'a Mentor,
    /// The figures of the training.
    pub figures: &'a TrainingFigures,
    /// The other messages of training.
    pub notes: &'a [String],
}

/// The version of mentorpal, which every page shows.
pub(crate) const VERSION: &str = env!("CARGO_PKG_VERSION");

/// The maximum number of rows in tables that a page shortens. JSON and CSV are complete.
pub(crate) const MOST: usize = 50;

// The functions that templates call. Templates pass either values or references, so the functions
// accept both.

/// Formats a share as `78.1%`.
pub(crate) fn percent(share: impl Borrow<f64>) -> String {
    text::percent(*share.borrow())
}

/// Formats an interval as `72.8–82.7%`.
pub(crate) fn range(interval: impl Borrow<[f64; 2]>) -> String {
    text::percent_range(*interval.borrow())
}

/// Formats a proportion as `78.1%`, or as a dash if there are no questions.
pub(crate) fn share(share: impl Borrow<Proportion>) -> String {
    text::percent_or_dash(share.borrow().share)
}

/// Returns the value by which the page's script sorts; −1, below all others, for a missing value.
pub(crate) fn number(value: impl Borrow<Option<f64>>) -> f64 {
    value.borrow().unwrap_or(-1.0)
}

/// Formats a number with two decimals.
pub(crate) fn decimals(value: impl Borrow<f64>) -> String {
    format!("{:.2}", value.borrow())
}

/// Formats a count as `1 question` or `3 questions`.
pub(crate) fn questions(number: impl Borrow<usize>) -> String {
    count(*number.borrow(), "question")
}

/// Shortens a question to 300 characters, so that a very long one does not fill the page.
pub(crate) fn brief(text: impl AsRef<str>) -> String {
    shorten(text.as_ref(), 300)
}

/// Formats a difference in percentage points, as `+11.0`.
pub(crate) fn points(difference: impl Borrow<f64>) -> String {
    text::points(*difference.borrow())
}

/// Formats a p-value, as `0.0313` or `< 0.0001`.
pub(crate) fn p_value(p: impl Borrow<f64>) -> String {
    text::p_value(*p.borrow())
}

/// Returns the first point of a coverage curve at which each tenth of the questions is answered.
fn coverage_tenths(curve: &[CoveragePoint]) -> Vec<CoveragePoint> {
    let first_reaching = |tenth: usize| {
        curve.iter().find(|point| point.coverage >= tenth as f64 / 10.0 - 1e-9).copied()
    };
    let mut points: Vec<CoveragePoint> = (1..=10).filter_map(first_reaching).collect();
    points.dedup();
    points
}
