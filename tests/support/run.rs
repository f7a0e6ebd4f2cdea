//! The output of a command, with assertions about it.

use std::path::{Path, PathBuf};
use std::process::Output;

use serde_json::Value;

use super::Failure;

/// The output and the exit code of a command.
pub(crate) struct Run {
    command: String,
    folder: PathBuf,
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

/// Passwords, tokens and keys of the tests, plain or encoded as in headers. No command may print
/// one, even with `-v`.
const SECRETS: [&str; 6] = ["hunter2", "s3cret", "czNjcmV0", "MzY3JldC", "s1gned", "AWS4-HMAC"];

impl Run {
    /// Records how `command` ended in `folder`. Panics if one of the [`SECRETS`] was printed.
    pub(super) fn new(command: String, folder: &Path, output: Output) -> Self {
        let text = |bytes| String::from_utf8(bytes).expect("output is UTF-8");
        let run = Self {
            command,
            folder: folder.to_owned(),
            code: output.status.code(),
            stdout: text(output.stdout),
            stderr: text(output.stderr),
        };
        for secret in SECRETS {
            let is_told = run.stdout.contains(secret) || run.stderr.contains(secret);
            assert!(!is_told, "the secret {secret:?} was printed\n{run}");
        }
        run
    }

    /// Asserts the exit code.
    #[track_caller]
    pub(crate) fn code(self, expected: i32) -> Self {
        assert!(self.code == Some(expected), "expected exit code {expected}\n{self}");
        self
    }

    /// Asserts that stderr contains a text.
    #[track_caller]
    pub(crate) fn says(self, text: &str) -> Self {
        assert!(self.stderr.contains(text), "expected {text:?} in stderr\n{self}");
        self
    }

    /// Asserts that stdout contains a text.
    #[track_caller]
    pub(crate) fn prints(self, text: &str) -> Self {
        assert!(self.stdout.contains(text), "expected {text:?} in stdout\n{self}");
        self
    }

    /// Asserts that stderr does not contain a text.
    #[track_caller]
    pub(crate) fn does_not_say(self, text: &str) -> Self {
        assert!(!self.stderr.contains(text), "expected no {text:?} in stderr\n{self}");
        self
    }

    /// Asserts that the command, which needs `--json`, ended with this error.
    #[track_caller]
    pub(crate) fn fails(self, expected: impl Into<Failure>) -> Self {
        let faults = expected.into().faults(&self);
        assert!(faults.is_empty(), "{}\n{self}", faults.join("\n"));
        self
    }

    /// Asserts that one of the warnings contains all these values.
    #[track_caller]
    pub(crate) fn warns(self, values: &[&str]) -> Self {
        let is_found = self.has_line(&[&["warning: "], values].concat());
        assert!(is_found, "expected a warning with {values:?}\n{self}");
        self
    }

    /// Asserts that one line of stderr contains all these values.
    #[track_caller]
    pub(crate) fn notes(self, values: &[&str]) -> Self {
        assert!(self.has_line(values), "expected a line with {values:?} in stderr\n{self}");
        self
    }

    /// Asserts that there are no warnings.
    #[track_caller]
    pub(crate) fn warns_of_nothing(self) -> Self {
        assert!(self.warnings().next().is_none(), "expected no warning\n{self}");
        self
    }

    /// Parses each line of stdout as JSON.
    #[track_caller]
    pub(crate) fn json(&self) -> Vec<Value> {
        let parse = |line| serde_json::from_str(line).unwrap_or_else(|e| panic!("{e}\n{self}"));
        self.stdout.lines().map(parse).collect()
    }

    /// Parses the only line of stdout as JSON.
    #[track_caller]
    pub(crate) fn line(&self) -> Value {
        let mut lines = self.json();
        assert_eq!(lines.len(), 1, "{self}");
        lines.remove(0)
    }

    /// The error object that `--json` printed as the last line of stderr.
    #[track_caller]
    pub(crate) fn error(&self) -> Value {
        let line = self.stderr.lines().last().unwrap_or_else(|| panic!("no error\n{self}"));
        serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}\n{self}"))
    }

    /// Returns the error object in the last line of stderr, if there is one.
    pub(crate) fn find_error(&self) -> Option<Value> {
        serde_json::from_str(self.stderr.lines().last()?).ok().filter(Value::is_object)
    }

    /// Returns the texts of the warnings.
    pub(crate) fn warnings(&self) -> impl Iterator<Item = &str> {
        self.stderr.lines().filter_map(|line| line.strip_prefix("warning: "))
    }

    /// Whether one line of stderr contains all these values.
    pub(crate) fn has_line(&self, values: &[&str]) -> bool {
        self.stderr.lines().any(|line| values.iter().all(|value| line.contains(value)))
    }

    /// Returns the lines of stderr, and the message and the hint of an error object, each cut to
    /// `length` characters, for a snapshot.
    pub(crate) fn wording(&self, length: usize) -> String {
        let error = self.find_error().unwrap_or_default();
        let text = |key: &str| error[key].as_str().map(|text| format!("{key}: {text}"));
        let lines = self.stderr.lines().filter(|line| !line.starts_with('{')).map(str::to_owned);
        let texts = lines.chain([text("message"), text("hint")].into_iter().flatten());
        let folder = self.folder.to_string_lossy();
        let mut wording = String::new();
        for text in texts {
            let text = text.replace(folder.as_ref(), "[WORKSPACE]");
            let text: String = text.chars().take(length).collect();
            wording += &format!("  {}\n", text.replace('\n', "\n    "));
        }
        wording
    }

    /// Returns both streams for a snapshot, with the path of the workspace replaced.
    pub(crate) fn shown(&self) -> String {
        let folder = self.folder.to_string_lossy();
        let text = format!("{}---\n{}", self.stdout, self.stderr);
        text.replace(folder.as_ref(), "[WORKSPACE]")
    }
}

impl std::fmt::Display for Run {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        writeln!(f, "command: {}\nfolder: {}", self.command, self.folder.display())?;
        writeln!(f, "code: {:?}\nstdout:\n{}\nstderr:\n{}", self.code, self.stdout, self.stderr)
    }
}

/// Returns the number in a JSON value or in the cell of a table.
#[track_caller]
pub(crate) fn number(value: &Value) -> f64 {
    value.as_f64().or_else(|| value.as_str()?.parse().ok()).expect("a number")
}

/// Asserts that a value equals `expected`, apart from rounding.
#[track_caller]
pub(crate) fn close(value: &Value, expected: f64) {
    assert!((number(value) - expected).abs() < 1e-9, "{value}, expected {expected}");
}
