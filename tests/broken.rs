//! Broken workspaces. Every command ends with a clear error (exit code 2) or a result, never with a
//! panic, a hang or an incomplete checkpoint.
//!
//! A [`Case`] breaks a valid workspace ([`Sandbox::ada`]) and runs one command in it. The cases state
//! the kind, the place and the values of an error; its wording is in the snapshots.
//!
//! | file | broken part |
//! |---|---|
//! | `tables.rs` | the rows and columns of `classifier_data.csv` |
//! | `quotes.rs` | quotes, truncated rows, separators and columns of all tables |
//! | `mutated_tables.rs` | 200 tables, each in one random place |
//! | `pointers.rs` | missing files: Git LFS pointers, misspelled names |
//! | `encodings.rs` | the bytes of `classifier_data.csv`: encodings, line ends, binaries |
//! | `companions.rs` | `topics.csv`, `profile.yml`, `utterance_data.csv`, `mentorpal.toml` |
//! | `names.rs` | names of mentors, architectures, checkpoints and test sets |
//! | `layout.rs` | folders, links and pipes in place of files, and files in place of folders |
//! | `test_sets.rs` | test sets |
//! | `checkpoints.rs` | published checkpoints |
//! | `sizes.rs` | very large tables |

mod checkpoints;
mod companions;
mod encodings;
#[cfg(unix)]
mod layout;
mod mutated_tables;
mod names;
mod pointers;
mod quotes;
mod sizes;
mod tables;
mod test_sets;

use std::collections::BTreeSet;
use std::fs;

use mentorpal::error::ErrorKind::InvalidInput;

use crate::support::{Failure, Run, Sandbox, Warning, failure};

/// The data of ada.
const DATA: &str = "mentor/ada/data/classifier_data.csv";
/// The test set of ada.
const TEST_SET: &str = "checkpoint/tests/ada/standard.csv";

/// The number of characters of a message in a snapshot.
const SHOWN: usize = 400;

/// A broken workspace and a command.
struct Case {
    name: &'static str,
    /// Breaks a valid workspace.
    build: fn(&Sandbox),
    /// The command, as words separated by spaces; `NAME=value` words at the start are environment
    /// variables.
    command: &'static str,
    expected: Expected,
}

/// The expected end of a command.
enum Expected {
    Error(Failure),
    /// An error for a mentor among others, and this error of `mentors ada`.
    Unreadable(Failure),
    /// A result, with these warnings. If there are none, the command must not print any.
    Result(Vec<Warning>),
}

/// Returns a case that ends with an error. The command runs with `--json`.
fn refused(
    name: &'static str,
    build: fn(&Sandbox),
    command: &'static str,
    error: impl Into<Failure>,
) -> Case {
    Case { name, build, command, expected: Expected::Error(error.into()) }
}

/// Returns a case in which a file of ada cannot be read: `train` fails and prints the place of this
/// error, and `mentors ada` ends with it.
fn unreadable(name: &'static str, build: fn(&Sandbox), error: impl Into<Failure>) -> Case {
    Case { name, build, command: "train", expected: Expected::Unreadable(error.into()) }
}

/// Returns a case that ends with a result, possibly with warnings.
fn works(
    name: &'static str,
    build: fn(&Sandbox),
    command: &'static str,
    warnings: impl IntoIterator<Item = Warning>,
) -> Case {
    Case { name, build, command, expected: Expected::Result(warnings.into_iter().collect()) }
}

/// The name of a snapshot with the messages of several cases.
struct Messages(&'static str);

/// Returns the name of the snapshot with the messages of the cases.
fn cases(snapshot: &'static str) -> Messages {
    Messages(snapshot)
}

impl Messages {
    /// Runs every case, and compares the messages with the snapshot.
    #[track_caller]
    fn check(&self, cases: &[Case]) {
        let shown = judge(cases);
        insta::with_settings!({
            omit_expression => true,
            snapshot_path => "snapshots/broken",
            prepend_module_to_snapshot => false,
        }, {
            insta::assert_snapshot!(self.0, shown);
        });
    }
}

/// Runs every case, fails with the list of all unexpected results, and returns the messages.
#[track_caller]
fn judge(cases: &[Case]) -> String {
    let (shown, failures): (Vec<_>, Vec<_>) = cases.iter().map(Case::judge).unzip();
    let failures: Vec<String> = failures.into_iter().flatten().collect();
    let (failed, all) = (failures.len(), cases.len());
    assert!(failures.is_empty(), "{failed} of {all} cases failed\n\n{}", failures.join("\n"));
    shown.concat()
}

impl Case {
    /// Returns the messages of the command, and the differences between the expected and the actual
    /// result, if there are any.
    fn judge(&self) -> (String, Option<String>) {
        let sandbox = Sandbox::ada();
        (self.build)(&sandbox);
        let before = checkpoints(&sandbox);
        let run = self.run(&sandbox);
        let after = checkpoints(&sandbox);
        let mut faults = Vec::new();
        if run.code == Some(2) && before != after {
            faults.push(format!("checkpoints were {before:?}, are {after:?}"));
        }
        if let Some(left) = after.difference(&before).find(|name| name.starts_with('.')) {
            faults.push(format!("`{left}` is left"));
        }
        // Published checkpoints are intact, and broken files can be inspected.
        let verify = sandbox.run(&["checkpoints", "verify"]);
        if self.command.contains("train") && run.code == Some(0) && verify.code != Some(0) {
            faults.push(format!("the checkpoint is damaged: {verify}"));
        }
        let mentor = sandbox.run(&["mentors", "ada", "--json"]);
        faults.extend(self.faults(&run, &mentor));
        for more in [&run, &verify, &sandbox.run(&["mentors"]), &mentor] {
            if more.stderr.contains("panicked") || !matches!(more.code, Some(0..=2)) {
                faults.push(format!("a command failed: {more}"));
            }
        }
        let is_mentor = matches!(self.expected, Expected::Unreadable(_));
        let wording = if is_mentor { &mentor } else { &run }.wording(SHOWN);
        let shown = format!("{}\n{wording}", self.name);
        let failed = !faults.is_empty();
        (shown, failed.then(|| format!("{}: {}\n{run}", self.name, faults.join("; "))))
    }

    /// Runs the command in a workspace.
    fn run(&self, sandbox: &Sandbox) -> Run {
        let words: Vec<&str> = self.command.split(' ').collect();
        let is_setting = |word: &&&str| !word.starts_with('-') && word.contains('=');
        let settings = words.iter().take_while(is_setting).count();
        let (settings, arguments) = words.split_at(settings);
        let mut command = sandbox.command(arguments);
        if !matches!(self.expected, Expected::Result(_)) {
            command.arg("--json");
        }
        command.envs(settings.iter().filter_map(|setting| setting.split_once('=')));
        sandbox.finish(&mut command)
    }

    /// Returns the differences between the expected result and `run`, after which `mentor` printed
    /// the findings.
    fn faults(&self, run: &Run, mentor: &Run) -> Vec<String> {
        match &self.expected {
            Expected::Error(error) => [error.faults(run), without_text(run)].concat(),
            Expected::Unreadable(error) => {
                // `train` prints the error of each mentor as text, and one for all of them.
                let all = failure(InvalidInput).at("mentor/ada/data").with("ada").faults(run);
                let place = error.place().map(|place| format!("{place}: ")).unwrap_or_default();
                let mut faults = [all, error.faults(mentor), without_text(mentor)].concat();
                if !run.has_line(&["error: ", &place]) {
                    faults.push(format!("expected an error at {place:?}"));
                }
                if !faults.is_empty() {
                    faults.push(mentor.to_string());
                }
                faults
            }
            Expected::Result(_) if run.code != Some(0) => {
                vec![format!("exit code {:?}, expected 0", run.code)]
            }
            Expected::Result(warnings) if warnings.is_empty() => {
                let is_silent = run.warnings().next().is_none();
                if is_silent { Vec::new() } else { vec!["a warning, expected none".to_owned()] }
            }
            Expected::Result(warnings) => {
                warnings.iter().flat_map(|warning| warning.faults(run, mentor)).collect()
            }
        }
    }
}
/// Returns the keys without a text: an error names the problem and a remedy.
fn without_text(run: &Run) -> Vec<String> {
    let error = run.find_error().unwrap_or_default();
    let is_missing = |key: &&str| error[*key].as_str().is_none_or(str::is_empty);
    let missing = ["message", "hint"].into_iter().filter(is_missing);
    missing.map(|key| format!("expected a {key}")).collect()
}

/// Returns the names in the folder of the default architecture, including hidden ones.
fn checkpoints(sandbox: &Sandbox) -> BTreeSet<String> {
    sandbox.checkpoint_names().into_iter().collect()
}

/// Concatenates `text(0)`, `text(1)`, …, for each number below `count`.
fn repeated(count: usize, text: impl Fn(usize) -> String) -> String {
    (0..count).map(text).collect()
}

/// Removes a file, a link, or a folder with its contents.
fn remove(sandbox: &Sandbox, path: &str) {
    let path = sandbox.path().join(path);
    let removed = match path.symlink_metadata() {
        Ok(found) if found.is_dir() => fs::remove_dir_all(path),
        Ok(_) => fs::remove_file(path),
        Err(_) => Ok(()),
    };
    removed.expect("it can be removed");
}

/// Replaces `path` by an empty folder.
fn folder(sandbox: &Sandbox, path: &str) {
    remove(sandbox, path);
    fs::create_dir_all(sandbox.path().join(path)).expect("a folder can be made");
}

/// Replaces `path` by a file.
fn file(sandbox: &Sandbox, path: &str) {
    remove(sandbox, path);
    sandbox.write(path, "a file\n");
}
