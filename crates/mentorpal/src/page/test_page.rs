//! The page of a test.

use askama::Template;

use super::answers::Answers;
use super::values::coverage_tenths;
use super::{Tested, plots};
use crate::error::{Error, Result};
use crate::evaluate::statistics::CoveragePoint;
use crate::evaluate::{Tally, TestFigures, TestReport};

#[derive(Template)]
#[template(path = "test.html")]
struct TestPage<'a> {
    checkpoint: String,
    tests: Vec<Section<'a>>,
}

/// The section of one mentor.
struct Section<'a> {
    /// The number of the section, from 1. Anchors contain it instead of the mentor's id, because
    /// ids are untrusted text.
    number: usize,
    report: &'a TestReport,
    figures: &'a TestFigures,
    answers: Answers<'a>,
    tally: Tally,
    plots: Plots,
}

/// The plots of a section, each an `<svg>` element.
struct Plots {
    accuracy: String,
    ranks: String,
    confidences: String,
    reliability: String,
    coverage: String,
}

/// Returns the page of a checkpoint's tests, with one section per mentor.
///
/// # Errors
/// If the page cannot be rendered.
pub fn test_page(tests: &[Tested]) -> Result<String> {
    let checkpoint = tests.first().map(|test| test.report.checkpoint.to_string());
    let sections = tests.iter().enumerate().map(|(i, test)| Section::of(i + 1, *test));
    let page = TestPage { checkpoint: checkpoint.unwrap_or_default(), tests: sections.collect() };
    page.render().map_err(|e| Error::new("cannot write the page").caused_by(e))
}

impl<'a> Section<'a> {
    fn of(number: usize, test: Tested<'a>) -> Self {
        let Tested { report, figures, mentor } = test;
        let tally = report.tally();
        let plots = Plots {
            accuracy: plots::accuracy(tally.share, figures.canned_floor),
            ranks: plots::ranks(&figures.ranks),
            confidences: plots::confidences(&figures.confidences),
            reliability: figures.calibration.as_ref().map_or(String::new(), plots::reliability),
            coverage: plots::coverage(&figures.coverage, figures.fitted),
        };
        Self { number, report, figures, answers: Answers::Of(mentor), tally, plots }
    }

    fn coverage_tenths(&self) -> Vec<CoveragePoint> {
        coverage_tenths(&self.figures.coverage)
    }
}
