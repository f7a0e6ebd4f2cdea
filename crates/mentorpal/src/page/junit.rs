//! Test results as `JUnit` XML, the format that CI servers display.

use askama::Template;

use super::Tested;
use super::values::brief;
use crate::error::{Error, Result};
use crate::evaluate::TestResult;

#[derive(Template)]
#[template(path = "test.xml")]
struct Junit {
    checkpoint: String,
    suites: Vec<Suite>,
}

struct Suite {
    name: String,
    cases: Vec<Case>,
}

struct Case {
    name: String,
    failure: Option<String>,
}

/// Returns the results as `JUnit` XML, with one suite per mentor and one case per question. An
/// incorrect answer is a failure.
///
/// # Errors
/// If the file cannot be rendered.
pub fn junit(tests: &[Tested]) -> Result<String> {
    let checkpoint = tests.first().map(|test| test.report.checkpoint.to_string());
    let suites = tests.iter().map(|test| Suite {
        name: format!("{}.{}", test.report.mentor, test.report.test_set),
        cases: test.report.results.iter().map(Case::of).collect(),
    });
    let junit = Junit { checkpoint: checkpoint.unwrap_or_default(), suites: suites.collect() };
    junit.render().map_err(|e| Error::new("cannot write JUnit XML").caused_by(e))
}

impl Junit {
    fn total(&self) -> usize {
        self.suites.iter().map(|suite| suite.cases.len()).sum()
    }

    fn failures(&self) -> usize {
        self.suites.iter().map(Suite::failures).sum()
    }
}

impl Suite {
    fn failures(&self) -> usize {
        self.cases.iter().filter(|case| case.failure.is_some()).count()
    }
}

impl Case {
    fn of(result: &TestResult) -> Self {
        let failure = || {
            let expected = result.expected.join(" or ");
            allowed(&format!("expected {expected}, got {}", result.answer_id))
        };
        Self { name: allowed(&brief(&result.question)), failure: (!result.correct).then(failure) }
    }
}

/// Removes the characters that XML 1.0 does not allow, not even escaped.
fn allowed(text: &str) -> String {
    let is_allowed = |c: &char| !matches!(c, '\0'..='\u{8}' | '\u{b}' | '\u{c}' | '\u{e}'..='\u{1f}' | '\u{fffe}' | '\u{ffff}');
    text.chars().filter(is_allowed).collect()
}
