//! Broken workspaces. Every command ends with a clear error (exit code 2) or a result, never with a
//! panic, a hang or an incomplete checkpoint.
//!
//! A [`Case`] breaks a valid workspace ([`Sandbox::ada`]) and runs one command in it.
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

use crate::support::{Run, Sandbox};

/// The data of ada.
const DATA: &str = "mentor/ada/data/classifier_data.csv";
/// The test set of ada.
const TEST_SET: &str = "checkpoint/tests/ada/standard.csv";

/// A broken workspace and a command.
struct Case {
    name: &'static str,
    /// Breaks a valid workspace.
    build: fn(&Sandbox),
    /// The command, as words separated by spaces; `NAME=value` words at the start are environment
    /// variables.
    command: &'static str,
    code: i32,
    /// The texts that stderr must contain.
    says: &'static [&'static str],
}

/// Returns a case that ends with an error.
fn refused(
    name: &'static str,
    build: fn(&Sandbox),
    command: &'static str,
    says: &'static [&'static str],
) -> Case {
    Case { name, build, command, code: 2, says }
}

/// Returns a case that ends with a result, possibly with warnings.
fn works(
    name: &'static str,
    build: fn(&Sandbox),
    command: &'static str,
    says: &'static [&'static str],
) -> Case {
    Case { name, build, command, code: 0, says }
}

/// Runs every case, and fails with the list of all unexpected results.
#[track_caller]
fn check(cases: &[Case]) {
    let failures: Vec<String> = cases.iter().filter_map(Case::failure).collect();
    let (failed, all) = (failures.len(), cases.len());
    assert!(failures.is_empty(), "{failed} of {all} cases failed\n\n{}", failures.join("\n"));
}

impl Case {
    /// Returns the differences between the expected and the actual result of the case.
    fn failure(&self) -> Option<String> {
        let sandbox = Sandbox::ada();
        (self.build)(&sandbox);
        let before = checkpoints(&sandbox);
        let run = run(&sandbox, self.command);
        let mut faults = self.faults(&run);
        let after = checkpoints(&sandbox);
        if self.code == 2 && before != after {
            faults.push(format!("checkpoints were {before:?}, are {after:?}"));
        }
        if let Some(left) = after.difference(&before).find(|name| name.starts_with('.')) {
            faults.push(format!("`{left}` is left"));
        }
        // Published checkpoints are intact, and broken files can be inspected.
        let verify = sandbox.run(&["checkpoints", "verify"]);
        if self.command.contains("train") && self.code == 0 && verify.code != Some(0) {
            faults.push(format!("the checkpoint is damaged: {verify}"));
        }
        for more in [verify, sandbox.run(&["mentors"]), sandbox.run(&["mentors", "ada", "--json"])]
        {
            if more.stderr.contains("panicked") || !matches!(more.code, Some(0..=2)) {
                faults.push(format!("another command failed: {more}"));
            }
        }
        (!faults.is_empty()).then(|| format!("{}: {}\n{run}", self.name, faults.join("; ")))
    }

    fn faults(&self, run: &Run) -> Vec<String> {
        let mut faults = Vec::new();
        if run.code != Some(self.code) {
            faults.push(format!("exit code {:?}, expected {}", run.code, self.code));
        }
        if run.stderr.contains("panicked") {
            faults.push("a panic".to_owned());
        }
        for text in self.says.iter().filter(|text| !run.stderr.contains(**text)) {
            faults.push(format!("expected {text:?} in stderr"));
        }
        // An error names the problem and a remedy.
        for text in ["error: ", "hint: "] {
            if self.code == 2 && !run.stderr.contains(text) {
                faults.push(format!("expected {text:?} in stderr"));
            }
        }
        if self.code == 0 && self.says.is_empty() && run.stderr.contains("warning") {
            faults.push("a warning, expected none".to_owned());
        }
        faults
    }
}

/// Runs a command in the format of [`Case::command`].
fn run(sandbox: &Sandbox, command: &str) -> Run {
    let words: Vec<&str> = command.split(' ').collect();
    let is_setting = |word: &&&str| !word.starts_with('-') && word.contains('=');
    let settings = words.iter().take_while(is_setting).count();
    let (settings, arguments) = words.split_at(settings);
    let mut command = sandbox.command(arguments);
    command.envs(settings.iter().filter_map(|setting| setting.split_once('=')));
    sandbox.finish(&mut command)
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
