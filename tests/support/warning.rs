//! Expected warnings: their place, kind of finding and values, but not their wording.

use std::path::Path;

use mentorpal::error::Location;
use mentorpal::mentor::FindingKind;
use serde_json::{Value, json};

use super::Run;

/// An expected warning.
pub(crate) struct Warning {
    place: Option<Location>,
    finding: Option<FindingKind>,
    values: Vec<String>,
}

/// The beginning of a warning.
const PREFIX: &str = "warning: ";

/// Returns a line of stderr that contains `value`: a name, a number, an option or a command.
pub(crate) fn note(value: &str) -> Warning {
    Warning { place: None, finding: None, values: vec![value.to_owned()] }
}

/// Returns the warning about a finding in the file `path`.
pub(crate) fn finding(kind: FindingKind, path: &str) -> Warning {
    Warning { place: Some(Location::file(path)), finding: Some(kind), ..note(PREFIX) }
}

impl Warning {
    /// The same warning in this row.
    pub(crate) fn row(mut self, row: usize) -> Self {
        self.place = self.place.map(|place| place.row(row));
        self
    }

    /// The same warning in this column.
    pub(crate) fn column(mut self, column: &str) -> Self {
        self.place = self.place.map(|place| place.column(column));
        self
    }

    /// The same warning with a further value.
    pub(crate) fn with(mut self, value: impl Into<String>) -> Self {
        self.values.push(value.into());
        self
    }

    /// Returns the differences to the warnings that `run` printed and to the findings that `mentor`,
    /// a run of `mentors ID --json`, printed.
    pub(crate) fn faults(&self, run: &Run, mentor: &Run) -> Vec<String> {
        let mut faults = Vec::new();
        let place = self.place.as_ref().map(|place| format!("{place}: "));
        let texts: Vec<&str> =
            self.values.iter().map(String::as_str).chain(place.as_deref()).collect();
        if !run.has_line(&texts) {
            faults.push(format!("expected a line with {texts:?}"));
        }
        if !self.is_found(mentor) {
            faults.push(format!(
                "expected a finding {:?} at {:?}\n{mentor}",
                self.finding, self.place
            ));
        }
        faults
    }

    /// Whether `mentors ID --json` printed the finding.
    fn is_found(&self, mentor: &Run) -> bool {
        let (Some(kind), Some(place)) = (self.finding, &self.place) else { return true };
        if mentor.code != Some(0) {
            return false;
        }
        let is_same = |found: &Value| {
            let path = found["path"].as_str().unwrap_or_default();
            found["kind"] == json!(kind)
                && Path::new(path).ends_with(&place.path)
                && found["row"].as_u64() == place.row.map(|row| row as u64)
                && found["column"].as_str() == place.column.as_deref()
        };
        mentor.line()["findings"].as_array().is_some_and(|findings| findings.iter().any(is_same))
    }
}
