//! The functions that templates call. Templates pass either values or references, so the functions accept both.

use std::borrow::Borrow;

use crate::evaluate::Proportion;
use crate::evaluate::statistics::CoveragePoint;
use crate::text::format::count;
use crate::text::{self, shorten};

/// The version of mentorpal, which every page shows.
pub(crate) const VERSION: &str = env!("CARGO_PKG_VERSION");

/// The maximum number of rows in tables that a page shortens. JSON and CSV are complete.
pub(crate) const MOST: usize = 50;

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
pub(super) fn coverage_tenths(curve: &[CoveragePoint]) -> Vec<CoveragePoint> {
    let first_reaching = |tenth: usize| {
        curve.iter().find(|point| point.coverage >= tenth as f64 / 10.0 - 1e-9).copied()
    };
    let mut points: Vec<CoveragePoint> = (1..=10).filter_map(first_reaching).collect();
    points.dedup();
    points
}
