//! Broken workspaces: each ends in a clear error (exit code 2) or a result, never in a panic, a
//! hang or half a checkpoint.
//!
//! A [`Case`] breaks a sound workspace ([`Sandbox::ada`]) and runs one command in it.
//!
//! | file | what is broken |
//! |---|---|
//! | `tables.rs` | the rows and columns of `classifier_data.csv` |
//! | `quotes.rs` | quotes, cut rows, separators and columns of all tables |
//! | `mutated_tables.rs` | 200 tables in one place each, at random |
//! | `pointers.rs` | files that are not there: Git LFS pointers, names that are nearly right |
//! | `encodings.rs` | its bytes: encodings, line ends, binaries |
//! | `companions.rs` | `topics.csv`, `profile.yml`, `utterance_data.csv`, `mentorpal.toml` |
//! | `names.rs` | names of mentors, architectures, checkpoints and test sets |
//! | `layout.rs` | folders, links and pipes where files belong, and the other way round |
//! | `test_sets.rs` | test sets |
//! | `checkpoints.rs` | published checkpoints |
//! | `sizes.rs` | nothing but the size |

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

/// The data of the workspace's mentor.
const DATA: &str = "mentor/ada/data/classifier_data.csv";
/// The mentor's test set.
const TEST_SET: &str = "checkpoint/tests/ada/standard.csv";

/// One broken workspace.
struct Case {
    name: &'static str,
    /// Breaks a sound workspace.
    build: fn(&Sandbox),
    /// What is run, words separated by spaces; `NAME=value` words at the front are environment.
    command: &'static str,
    code: i32,
    /// What stderr must contain.
    says: &'static [&'static str],
}

/// A case that ends in an error.
fn refused(
    name: &'static str,
    build: fn(&Sandbox),
    command: &'static str,
    says: &'static [&'static str],
) -> Case {
    Case { name, build, command, code: 2, says }
}

/// A case that ends in a result, perhaps with warnings.
fn works(
    name: &'static str,
    build: fn(&Sandbox),
    command: &'static str,
    says: &'static [&'static str],
) -> Case {
    Case { name, build, command, code: 0, says }
}

/// Tries every case and fails with all that went otherwise than expected.
#[track_caller]
fn check(cases: &[Case]) {
    let failures: Vec<String> = cases.iter().filter_map(Case::failure).collect();
    let (failed, all) = (failures.len(), cases.len());
    assert!(failures.is_empty(), "{failed} of {all} cases failed\n\n{}", failures.join("\n"));
}

impl Case {
    /// What is wrong with how the case ended.
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
        // Whatever was published is whole, and whatever is broken can be looked at.
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
        // An error says what is wrong and what to do.
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

/// Runs `command` as [`Case::command`] describes it.
fn run(sandbox: &Sandbox, command: &str) -> Run {
    let words: Vec<&str> = command.split(' ').collect();
    let is_setting = |word: &&&str| !word.starts_with('-') && word.contains('=');
    let settings = words.iter().take_while(is_setting).count();
    let (settings, arguments) = words.split_at(settings);
    let mut command = sandbox.command(arguments);
    command.envs(settings.iter().filter_map(|setting| setting.split_once('=')));
    sandbox.finish(&mut command)
}

/// What lies in the default architecture's folder, hidden or not.
fn checkpoints(sandbox: &Sandbox) -> BTreeSet<String> {
    sandbox.checkpoint_names().into_iter().collect()
}

/// `text` of each number below `count`, one after another.
fn repeated(count: usize, text: impl Fn(usize) -> String) -> String {
    (0..count).map(text).collect()
}

/// Removes a file, a link or a folder with all that it holds.
fn remove(sandbox: &Sandbox, path: &str) {
    let path = sandbox.path().join(path);
    let removed = match path.symlink_metadata() {
        Ok(found) if found.is_dir() => fs::remove_dir_all(path),
        Ok(_) => fs::remove_file(path),
        Err(_) => Ok(()),
    };
    removed.expect("it can be removed");
}

/// Puts an empty folder at `path`, whatever was there.
fn folder(sandbox: &Sandbox, path: &str) {
    remove(sandbox, path);
    fs::create_dir_all(sandbox.path().join(path)).expect("a folder can be made");
}

/// Puts a file at `path`, whatever was there.
fn file(sandbox: &Sandbox, path: &str) {
    remove(sandbox, path);
    sandbox.write(path, "a file\n");
}
