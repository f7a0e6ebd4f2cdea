//! `mentorpal mentors`: lists mentors, or shows one mentor and checks its data.

use serde_json::{Map, Value, json};

use super::ExitStatus;
use super::console::{self, BOLD, DIM, GOOD, lines, table};
use crate::cli::MentorsArgs;
use mentorpal::config::Settings;
use mentorpal::error::{Error, ErrorKind, Result};
use mentorpal::mentor::{Finding, Mentor};
use mentorpal::text::format::{count, quoted_list};
use mentorpal::workspace::{MentorId, TestSetName, Workspace};

/// The number of findings per kind that are shown without `--all`.
const MAX_FINDINGS: usize = 5;

pub(super) fn run(settings: &Settings, args: &MentorsArgs) -> Result<ExitStatus> {
    match &args.id {
        Some(id) => show(&settings.workspace, &MentorId::new(id.as_str())?, args)?,
        None => list(&settings.workspace, args.json)?,
    }
    Ok(ExitStatus::Success)
}

/// Lists all mentors. Unreadable ones are reported as they are found, and the result is an error.
fn list(workspace: &Workspace, as_json: bool) -> Result<()> {
    let mut unreadable = Vec::new();
    let heads = ["mentor", "name", "title", "answers", "questions", "test sets"];
    let mut table = table(heads, &[3, 4]);
    for id in workspace.mentor_ids()? {
        let (mentor, _) = match Mentor::load(workspace, &id) {
            Ok(loaded) => loaded,
            Err(error) => {
                console::error(&error);
                unreadable.push(id);
                continue;
            }
        };
        let test_sets: Vec<String> =
            workspace.test_sets(&id)?.iter().map(TestSetName::to_string).collect();
        if as_json {
            console::json(&json!({
                "id": id.as_str(),
                "name": mentor.profile.name,
                "short_name": mentor.profile.short_name,
                "title": mentor.profile.title,
                "answers": mentor.answers.len(),
                "questions": mentor.question_count(),
                "test_sets": test_sets,
            }))?;
        } else {
            table.add_row([
                id.to_string(),
                mentor.profile.name.clone(),
                mentor.profile.title.clone(),
                mentor.answers.len().to_string(),
                mentor.question_count().to_string(),
                test_sets.join(", "),
            ]);
        }
    }
    if !as_json {
        console::line(lines(&table))?;
    }
    if unreadable.is_empty() {
        return Ok(());
    }
    let message = format!("{} cannot be read", count(unreadable.len(), "mentor"));
    Err(Error::new(format!("{message}: {}", quoted_list(unreadable))).with_kind(ErrorKind::Corrupt))
}

fn show(workspace: &Workspace, id: &MentorId, args: &MentorsArgs) -> Result<()> {
    let (mentor, mut findings) = Mentor::load(workspace, id)?;
    findings.extend(mentor.check(workspace)?);
    findings.sort_by(|a, b| (a.kind, &a.place).cmp(&(b.kind, &b.place)));
    if args.json {
        return console::json(&json_of(&mentor, &findings));
    }
    console::line(summary(&mentor))?;
    console::line(check(&findings, args.all))
}

/// The mentor's name, numbers, topics and utterances.
fn summary(mentor: &Mentor) -> String {
    let profile = &mentor.profile;
    let mut text = format!(
        "{BOLD}{}{BOLD:#}, {} ({})\n{}, {}\n",
        profile.name,
        profile.title,
        mentor.id,
        count(mentor.answers.len(), "answer"),
        count(mentor.question_count(), "question"),
    );
    let mut groups = table(["topic", "name", "answers"], &[2]);
    for group in &mentor.groups {
        groups.add_row([&group.id, &group.name, &group.questions.len().to_string()]);
    }
    let utterances: Vec<String> = mentor
        .utterances
        .counts()
        .map(|(situation, number)| format!("{situation} {number}"))
        .collect();
    text += &format!("\n{}\n\nutterances: {}\n", lines(&groups), utterances.join(", "));
    text
}

/// The findings, grouped by kind.
fn check(findings: &[Finding], all: bool) -> String {
    if findings.is_empty() {
        return format!("{GOOD}no findings{GOOD:#} in its data");
    }
    let mut text = String::new();
    let mut rest = findings;
    while let Some(first) = rest.first() {
        let (same, others) = rest.split_at(rest.partition_point(|f| f.kind == first.kind));
        rest = others;
        text += &format!("{BOLD}{}{BOLD:#}: {}\n", first.kind.heading(), same.len());
        let shown = if all { same.len() } else { MAX_FINDINGS };
        for finding in same.iter().take(shown) {
            text += &format!("  {finding}\n");
        }
        if same.len() > shown {
            text += &format!("  {DIM}… and {} more: --all{DIM:#}\n", same.len() - shown);
        }
    }
    text.trim_end().to_owned()
}

fn json_of(mentor: &Mentor, findings: &[Finding]) -> Value {
    let mut questions = Map::new();
    for answer in &mentor.answers {
        if let Some(question) = answer.questions.first() {
            questions.insert(answer.id.clone(), json!({ "question_text": question }));
        }
    }
    let mut topics = Map::new();
    for group in &mentor.groups {
        let value = json!({ "name": group.name, "questions": group.questions });
        topics.insert(group.id.clone(), value);
    }
    let finding = |finding: &Finding| {
        json!({
            "kind": finding.kind,
            "path": console::path(&finding.place.path),
            "row": finding.place.row,
            "column": finding.place.column,
            "message": finding.message,
        })
    };
    json!({
        "id": mentor.id.as_str(),
        "name": mentor.profile.name,
        "short_name": mentor.profile.short_name,
        "title": mentor.profile.title,
        "questions_by_id": questions,
        "topics_by_id": topics,
        "utterances_by_type": mentor.utterances,
        "findings": findings.iter().map(finding).collect::<Vec<_>>(),
    })
}
