//! Reports as files: a page for people, `JUnit` for CI, CSV for whoever counts further.
//!
//! Pages are compiled from `templates/`; all that they are given is escaped there. A page is one
//! file: its style and script are in it, and its policy forbids it to fetch anything.

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

/// A test with all that is shown of it.
#[derive(Clone, Copy, Debug)]
pub struct Tested<'a> {
    /// The test.
    pub report: &'a TestReport,
    /// Its figures.
    pub figures: &'a TestFigures,
    /// Whose test it is.
    pub mentor: &'a Mentor,
}

/// A mentor's training with all that is shown of it.
#[derive(Clone, Copy, Debug)]
pub struct TrainedMentor<'a> {
    /// The architecture's name.
    pub arch: &'a str,
    /// Who was trained.
    pub mentor: &'a Mentor,
    /// Its figures.
    pub figures: &'a TrainingFigures,
    /// What else training has to say.
    pub notes: &'a [String],
}

/// The version that writes a page.
pub(crate) const VERSION: &str = env!("CARGO_PKG_VERSION");

/// How many confusions a page shows; JSON and CSV have them all.
pub(crate) const MOST: usize = 50;

// What templates call. They pass values or references, as their syntax has it.

/// `78.1%`.
pub(crate) fn percent(share: impl Borrow<f64>) -> String {
    text::percent(*share.borrow())
}

/// `72.8–82.7%`.
pub(crate) fn range(interval: impl Borrow<[f64; 2]>) -> String {
    text::percent_range(*interval.borrow())
}

/// `78.1%`, or a dash where there is nothing.
pub(crate) fn share(share: impl Borrow<Proportion>) -> String {
    text::percent_or_dash(share.borrow().share)
}

/// A number as scripts read it; −1, below all others, where there is none.
pub(crate) fn number(value: impl Borrow<Option<f64>>) -> f64 {
    value.borrow().unwrap_or(-1.0)
}

/// Two decimals.
pub(crate) fn decimals(value: impl Borrow<f64>) -> String {
    format!("{:.2}", value.borrow())
}

/// `1 question`, `3 questions`.
pub(crate) fn questions(number: impl Borrow<usize>) -> String {
    count(*number.borrow(), "question")
}

/// A question as a page shows it: a pasted book must not fill it.
pub(crate) fn brief(text: impl AsRef<str>) -> String {
    shorten(text.as_ref(), 300)
}

/// `+11.0`, in percentage points.
pub(crate) fn points(difference: impl Borrow<f64>) -> String {
    text::points(*difference.borrow())
}

/// `0.0313`, or `< 0.0001`.
pub(crate) fn p_value(p: impl Borrow<f64>) -> String {
    text::p_value(*p.borrow())
}

/// Of a coverage curve the first point at which each tenth of questions is answered.
fn coverage_tenths(curve: &[CoveragePoint]) -> Vec<CoveragePoint> {
    let reach = |tenth: usize| {
        curve.iter().find(|point| point.coverage >= tenth as f64 / 10.0 - 1e-9).copied()
    };
    let mut points: Vec<CoveragePoint> = (1..=10).filter_map(reach).collect();
    points.dedup();
    points
}
