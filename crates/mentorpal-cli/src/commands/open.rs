//! Prints what the library reports while it opens mentors, test sets and checkpoints.

use std::sync::Arc;

use super::bar::Bar;
use super::console;
use mentorpal::checkpoint::CheckpointRef;
use mentorpal::config::{Chosen, ChosenBy, Settings};
use mentorpal::error::Result;
use mentorpal::evaluate::TestReport;
use mentorpal::mentor::{Finding, Mentor, TestSet};
use mentorpal::open::{OpenCheckpoint, TestOptions, Warning, load_mentor};
use mentorpal::text::format::count;
use mentorpal::workspace::{MentorId, TestSetName, Workspace};

/// Prints warnings. Similar irregularities in a mentor's data, and similar remarks on converting a model, share
/// one line.
pub(super) fn print_warnings(warnings: Vec<Warning>) {
    let mut data: Vec<(MentorId, Vec<Finding>)> = Vec::new();
    let mut notes: Vec<(MentorId, Vec<String>)> = Vec::new();
    let mut others = Vec::new();
    for warning in warnings {
        match warning {
            Warning::MentorData { mentor, finding } => group(&mut data, mentor).push(finding),
            Warning::Conversion { mentor, note } => group(&mut notes, mentor).push(note),
            other => others.push(other),
        }
    }
    for (mentor, findings) in &data {
        console::warn_of_findings(mentor.as_str(), findings);
    }
    for (mentor, notes) in &notes {
        console::warn_of_notes(mentor.as_str(), notes);
    }
    others.iter().for_each(console::warn);
}

/// The group of `mentor`, a new one if there is none.
fn group<T>(groups: &mut Vec<(MentorId, Vec<T>)>, mentor: MentorId) -> &mut Vec<T> {
    let index = groups.iter().position(|(name, _)| *name == mentor).unwrap_or(groups.len());
    if index == groups.len() {
        groups.push((mentor, Vec::new()));
    }
    &mut groups[index].1
}

/// Reads a mentor's data and prints the warnings.
pub(super) fn mentor(workspace: &Workspace, id: &MentorId) -> Result<Mentor> {
    let (mentor, warnings) = load_mentor(workspace, id)?;
    print_warnings(warnings);
    Ok(mentor)
}

/// The reason for using a checkpoint that `mentorpal.toml` names.
pub(super) const NAMED_IN_SETTINGS: &str = "named in mentorpal.toml";

/// Prints which checkpoint is used, and why.
pub(super) fn note_use(name: &CheckpointRef, why: &str) {
    console::note(format_args!("using checkpoint {name} ({why})"));
}

/// Returns the checkpoint to use. Prints which one it is, unless a flag or the environment names it.
pub(super) fn chosen(settings: &Settings) -> Result<CheckpointRef> {
    let Chosen { name, by } = settings.checkpoint()?;
    match by {
        ChosenBy::Name => {}
        ChosenBy::SettingsFile => {
            note_use(&name, NAMED_IN_SETTINGS);
        }
        ChosenBy::Creation(passed_over) => {
            print_warnings(passed_over.into_iter().map(Warning::CheckpointSkipped).collect());
            note_use(&name, "created last");
        }
    }
    Ok(name)
}

/// Tests a mentor, with a progress bar, and prints the warnings.
pub(super) fn test(
    checkpoint: &OpenCheckpoint,
    mentor: &Arc<Mentor>,
    test_set: &TestSet,
    options: TestOptions,
) -> Result<TestReport> {
    let (report, warnings) =
        checkpoint.test_with(mentor.clone(), test_set, options, &Bar::new(""))?;
    print_warnings(warnings);
    Ok(report)
}

/// Reads a mentor's test set and prints the warnings.
pub(super) fn test_set(
    workspace: &Workspace,
    mentor: &Mentor,
    name: &TestSetName,
) -> Result<TestSet> {
    let (test_set, findings) = TestSet::load(workspace, mentor, name)?;
    console::warn_of_findings(mentor.id.as_str(), &findings);
    if test_set.unmarked > 0 {
        console::note(format_args!(
            "{} of test set `{name}` skipped: no answer is marked",
            count(test_set.unmarked, "column")
        ));
    }
    if test_set.merged() > 0 {
        console::note(format_args!(
            "{} of test set `{name}` contain {}: {} an earlier question; the marks are merged",
            count(test_set.columns, "column"),
            count(test_set.questions.len(), "question"),
            match test_set.merged() {
                1 => "1 column repeats".to_owned(),
                several => format!("{several} columns repeat"),
            },
        ));
    }
    Ok(test_set)
}
