//! Expected errors and warnings: their kind, place and values, but not their wording.

use std::path::Path;

use mentorpal::error::{ErrorKind, Location};
use serde_json::Value;

use super::Run;

/// An expected error.
pub(crate) struct Failure {
    kind: ErrorKind,
    place: Option<Location>,
    values: Vec<String>,
}

/// Returns an error of this kind, without a place.
pub(crate) fn failure(kind: ErrorKind) -> Failure {
    Failure { kind, place: None, values: Vec::new() }
}

impl From<ErrorKind> for Failure {
    fn from(kind: ErrorKind) -> Self {
        failure(kind)
    }
}

impl Failure {
    /// The same error in a file, a folder or a URL that ends with the components of `path`.
    pub(crate) fn at(mut self, path: &str) -> Self {
        self.place = Some(Location::file(path));
        self
    }

    /// The same error in this row.
    pub(crate) fn row(mut self, row: usize) -> Self {
        self.place = self.place.map(|place| place.row(row));
        self
    }

    /// The same error in this column.
    pub(crate) fn column(mut self, column: &str) -> Self {
        self.place = self.place.map(|place| place.column(column));
        self
    }

    /// The same error with a value that its message, its hint or its causes contain: a name, a
    /// number, an option or a command.
    pub(crate) fn with(mut self, value: impl Into<String>) -> Self {
        self.values.push(value.into());
        self
    }

    /// Returns the expected place.
    pub(crate) fn place(&self) -> Option<&Location> {
        self.place.as_ref()
    }

    /// Returns the differences to the error that a run with `--json` printed.
    pub(crate) fn faults(&self, run: &Run) -> Vec<String> {
        let mut faults = Vec::new();
        let Some(error) = run.find_error() else {
            return vec!["expected an error object in the last line of stderr".to_owned()];
        };
        let code = if self.kind == ErrorKind::Interrupted { [129, 130, 143] } else { [2; 3] };
        if !run.code.is_some_and(|found| code.contains(&found)) {
            faults.push(format!("exit code {:?}, expected {code:?}", run.code));
        }
        if error["kind"] != self.kind.as_str() {
            faults.push(format!("expected an error of kind {}", self.kind.as_str()));
        }
        if !is_at(&error["place"], self.place.as_ref()) {
            faults.push(format!("expected the place {:?}", self.place));
        }
        let text = text(&error);
        for value in self.values.iter().filter(|value| !text.contains(*value)) {
            faults.push(format!("expected {value:?} in the error"));
        }
        faults
    }
}

/// Whether the place in an error object is the expected one.
fn is_at(found: &Value, expected: Option<&Location>) -> bool {
    let Some(expected) = expected else { return found.is_null() };
    let path = found["path"].as_str().unwrap_or_default();
    Path::new(path).ends_with(&expected.path)
        && found["row"].as_u64() == expected.row.map(|row| row as u64)
        && found["column"].as_str() == expected.column.as_deref()
}

/// Returns the message, the hint and the causes of an error object, one per line.
fn text(error: &Value) -> String {
    let causes = error["caused_by"].as_array().into_iter().flatten();
    let texts = [&error["message"], &error["hint"]].into_iter().chain(causes);
    texts.filter_map(Value::as_str).collect::<Vec<_>>().join("\n")
}
