//! Tests checkpoints, one by one or against each other.

use std::sync::Arc;

use super::{OpenCheckpoint, Warning, load_mentor};
use crate::config::Settings;
use crate::error::{Error, ErrorKind, Location, Result};
use crate::evaluate::{Comparisons, MentorReports, TestReport, run_test};
use crate::mentor::{Mentor, TestSet};
use crate::progress::{NoProgress, Progress};
use crate::text::format::quoted_list;
use crate::workspace::{MentorId, TestSetName, Workspace};

/// The options of a test.
#[derive(Clone, Copy, Debug)]
pub struct TestOptions {
    /// Whether exact matches of known questions are answered without the model.
    pub exact_matches: bool,
    /// Asks the first questions only, at most this many.
    pub limit: Option<usize>,
}

impl Default for TestOptions {
    /// All questions, with exact matches.
    fn default() -> Self {
        Self { exact_matches: true, limit: None }
    }
}

/// Test reports of several checkpoints on the same test sets.
#[derive(Debug)]
pub struct TestRuns {
    runs: Vec<MentorReports>,
    /// The warnings that occurred when the mentors were opened.
    pub warnings: Vec<Warning>,
}

impl TestRuns {
    /// Combines the reports of several mentors, which are of the same checkpoints in the same order.
    #[must_use]
    pub fn new(runs: Vec<MentorReports>) -> Self {
        Self { runs, warnings: Vec::new() }
    }

    /// Compares the first checkpoint with each other one.
    ///
    /// # Panics
    /// As [`Comparisons::of`].
    #[must_use]
    pub fn comparisons(&self) -> Comparisons<'_> {
        Comparisons::of(&self.runs)
    }
}

impl OpenCheckpoint {
    /// Tests the mentor with the id `mentor` on one of its test sets.
    ///
    /// # Errors
    /// If the mentor, its model or the test set is missing or cannot be used.
    pub fn test(&self, mentor: &str, test_set: &str) -> Result<TestReport> {
        let (mentor, test_set) = self.load_test(mentor, test_set)?;
        let (report, _) = self.test_with(mentor, &test_set, TestOptions::default(), &NoProgress)?;
        Ok(report)
    }

    /// Tests a mentor on a test set, with options. Returns the report, and the warnings of opening the model and of
    /// comparing the background questions with those that it was trained on.
    ///
    /// # Errors
    /// If the checkpoint does not have this mentor, or the model cannot be used.
    pub fn test_with(
        &self,
        mentor: Arc<Mentor>,
        test_set: &TestSet,
        options: TestOptions,
        progress: &dyn Progress,
    ) -> Result<(TestReport, Vec<Warning>)> {
        let mut answerer = self.answerer(mentor, options.exact_matches)?;
        let is_outdated = |warning: &Warning| matches!(warning, Warning::DataChanged { .. });
        if !answerer.warnings.iter().any(is_outdated) {
            answerer.warnings.extend(self.background_change(answerer.mentor())?);
        }
        let classifier = answerer.classifier();
        let report = run_test(classifier, self.name(), test_set, options.limit, progress)?;
        Ok((report, answerer.warnings))
    }

    /// Tests this checkpoint and `other` on the same test set.
    ///
    /// # Errors
    /// As [`test`](Self::test), for each of the two.
    pub fn compare(&self, other: &Self, mentor: &str, test_set: &str) -> Result<TestRuns> {
        let (mentor, test_set) = self.load_test(mentor, test_set)?;
        let (mut reports, mut warnings) = (Vec::new(), Vec::new());
        for checkpoint in [self, other] {
            let options = TestOptions::default();
            let (report, more) =
                checkpoint.test_with(mentor.clone(), &test_set, options, &NoProgress)?;
            reports.push(report);
            warnings.extend(more);
        }
        Ok(TestRuns { runs: vec![MentorReports { mentor, reports }], warnings })
    }

    fn load_test(&self, mentor: &str, test_set: &str) -> Result<(Arc<Mentor>, TestSet)> {
        let (mentor, _) = load_mentor(&self.workspace, &MentorId::new(mentor)?)?;
        let name = TestSetName::new(test_set)?;
        let (test_set, _) = TestSet::load(&self.workspace, &mentor, &name)?;
        Ok((Arc::new(mentor), test_set))
    }
}

/// A mentor to test, and the test set to test it on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MentorTestSet {
    /// The mentor.
    pub mentor: MentorId,
    /// The test set.
    pub test_set: TestSetName,
}

/// Returns the mentors to test, each with its test set: the mentors that the settings name, or all that have
/// one.
///
/// # Errors
/// If a named mentor has no test set, if no mentor has a test set, or if a mentor has several test sets
/// and no test set is named.
pub fn mentors_to_test(settings: &Settings) -> Result<Vec<MentorTestSet>> {
    let workspace = &settings.workspace;
    let mut tests = Vec::new();
    for mentor in settings.mentors_or_all()? {
        let wanted = settings.test_set.as_ref();
        let known = workspace.test_sets(&mentor)?;
        // A named mentor must have the test set. Of all mentors, those without it are left out.
        if settings.mentors.is_empty() && wanted.is_some_and(|name| !known.contains(name)) {
            continue;
        }
        if let Some(test_set) = TestSet::pick(workspace, &mentor, wanted)? {
            tests.push(MentorTestSet { mentor, test_set });
        } else if !settings.mentors.is_empty() {
            return Err(no_test_set(workspace, &mentor));
        }
    }
    if tests.is_empty() {
        let all = quoted_list(workspace.mentor_ids()?);
        let which = settings
            .test_set
            .as_ref()
            .map_or("a test set".to_owned(), |n| format!("test set `{n}`"));
        return Err(Error::new(format!("no mentor has {which}"))
            .with_kind(ErrorKind::NotFound)
            .hint(format!(
                "put a test set into `checkpoint/tests/<mentor>/`; the mentors are {all}"
            )));
    }
    Ok(tests)
}

/// Returns the error for a mentor without a test set.
fn no_test_set(workspace: &Workspace, mentor: &MentorId) -> Error {
    let unread = TestSet::unread(workspace, mentor);
    let hint = match unread.first() {
        Some(finding) => finding.to_string(),
        None => {
            "put a test set there as `NAME.csv`; docs/formats.md describes the format".to_owned()
        }
    };
    let place = Location::file(workspace.tests(mentor));
    Error::at(place, format!("mentor `{mentor}` has no test set"))
        .with_kind(ErrorKind::NotFound)
        .hint(hint)
}
