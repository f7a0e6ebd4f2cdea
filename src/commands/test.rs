//! `mentorpal test`: the standard accuracy test.

use std::num::NonZeroUsize;

use serde_json::json;

use super::bar::Bar;
use super::console::{self, BOLD, DIM, percent, percent_range};
use super::{Outcome, open};
use crate::checkpoint::Checkpoint;
use crate::classifiers::Vectors;
use crate::cli::TestArgs;
use crate::config::{Flags, Settings};
use crate::error::{Result, count};
use crate::evaluate::{AnswerCount, Tally, TestReport, TestResult, run_test};
use crate::mentor::Mentor;
use crate::text::shorten;
use crate::workspace::Name;

impl TestArgs {
    pub(super) fn flags(&self) -> Flags {
        Flags {
            mentors: self.mentors.clone(),
            test_set: self.test_set.clone(),
            ..self.checkpoint.flags()
        }
    }
}

pub(super) fn run(settings: &Settings, args: &TestArgs) -> Result<Outcome> {
    let checkpoint = Checkpoint::open(&settings.workspace, &settings.checkpoint()?)?;
    let vectors = open::vectors(&settings.workspace, &checkpoint)?;
    let mut outcome = Outcome::Done;
    for (id, test_set) in open::test_sets(settings)? {
        let mentor = open::mentor(&settings.workspace, &id)?;
        let report = test_one(settings, args, (&checkpoint, &vectors), &mentor, &test_set)?;
        let tally = report.tally();
        if args.json {
            console::json(&json_line(&report, &tally))?;
        } else {
            console::line(text(&report, &tally, &mentor))?;
        }
        if let Some(least) = args.fail_under.filter(|least| tally.accuracy < *least) {
            console::note(format_args!(
                "{id}: accuracy {} is under {}",
                percent(tally.accuracy),
                percent(least)
            ));
            outcome = Outcome::No;
        }
    }
    Ok(outcome)
}

fn test_one(
    settings: &Settings,
    args: &TestArgs,
    (checkpoint, vectors): (&Checkpoint, &Vectors),
    mentor: &Mentor,
    test_set: &Name,
) -> Result<TestReport> {
    let test_set = open::test_set(&settings.workspace, mentor, test_set)?;
    let classifier = open::classifier(checkpoint, vectors, mentor, !args.no_canned)?;
    Ok(run_test(
        &classifier,
        &checkpoint.name,
        &test_set,
        args.limit.map(NonZeroUsize::get),
        &Bar::new(""),
    ))
}

fn json_line(report: &TestReport, tally: &Tally) -> serde_json::Value {
    let mut line = json!({
        "arch": report.checkpoint.arch.as_str(),
        "checkpoint": report.checkpoint.checkpoint.as_str(),
        "mentor": report.mentor,
        "test_set": report.test_set,
    });
    let numbers = json!(tally);
    if let (Some(line), serde_json::Value::Object(numbers)) = (line.as_object_mut(), numbers) {
        line.extend(numbers);
        line.insert("results".to_owned(), json!(report.results));
    }
    line
}

fn text(report: &TestReport, tally: &Tally, mentor: &Mentor) -> String {
    let wrong: String = report.wrong().map(|result| wrong_text(result, mentor)).collect();
    let gap = if wrong.is_empty() { "" } else { "\n" };
    format!("{wrong}{gap}{}", summary(report, tally))
}

fn wrong_text(result: &TestResult, mentor: &Mentor) -> String {
    let answer = |id: &String| describe(id, mentor);
    let expected = match result.expected.as_slice() {
        [] => "an answer that the mentor no longer has".to_owned(),
        ids => ids.iter().map(answer).collect::<Vec<_>>().join("\n        or "),
    };
    let best = if result.is_declined() {
        format!(" {DIM}(best: {}){DIM:#}", answer(&result.top_answer_id))
    } else {
        String::new()
    };
    format!(
        "{BOLD}{}{BOLD:#}\n  expected {expected}\n  got      {}{best}  {:.2}\n",
        result.question,
        answer(&result.answer_id),
        result.confidence,
    )
}

fn summary(report: &TestReport, tally: &Tally) -> String {
    let off = tally.off_topic;
    let rows = [
        ("correct", share(AnswerCount { questions: tally.questions, correct: tally.correct })),
        ("  canned", share(tally.canned)),
        ("  not canned", share(tally.uncanned)),
        (
            "off-topic",
            format!(
                "{} asked, {} declined, {} of them rightly",
                off.questions, off.predicted, off.correct
            ),
        ),
        ("arch", report.checkpoint.arch.to_string()),
        ("checkpoint", report.checkpoint.checkpoint.to_string()),
        ("mentor", report.mentor.clone()),
        ("test set", report.test_set.clone()),
        (
            "accuracy",
            format!(
                "{:.4}, 95% interval {} (Wilson, {})",
                tally.accuracy,
                percent_range(tally.accuracy_ci95),
                count(tally.questions, "question")
            ),
        ),
    ];
    let rows = rows.map(|(name, value)| format!("{name:<14}{value}"));
    rows.join("\n")
}

/// `correct/total (percent)`.
fn share(part: AnswerCount) -> String {
    match part.questions {
        0 => "0/0".to_owned(),
        all => format!("{}/{all} ({})", part.correct, percent(part.correct as f64 / all as f64)),
    }
}

/// An answer by its id and how it begins.
fn describe(id: &str, mentor: &Mentor) -> String {
    match mentor.answer(id) {
        Some(answer) => format!("{id} {DIM}“{}”{DIM:#}", shorten(&answer.text, 60)),
        None => id.to_owned(),
    }
}
