//! `mentorpal test`: the accuracy on a test set.

use std::num::NonZeroUsize;
use std::sync::Arc;

use serde_json::json;

use super::console::{self, BOLD, DIM, bar, lines, table};
use super::open;
use super::{ExitStatus, report_files};
use crate::cli::TestArgs;
use mentorpal::config::Settings;
use mentorpal::error::Result;
use mentorpal::evaluate::{
    Proportion, Ranks, Tally, TestFigures, TestReport, TestResult, TopicShare,
};
use mentorpal::files;
use mentorpal::mentor::{Mentor, TestSet};
use mentorpal::open::{MentorTestSet, OpenCheckpoint, TestOptions, mentors_to_test};
use mentorpal::page::{self, Tested};
use mentorpal::text::format::count;
use mentorpal::text::{percent, percent_or_dash, percent_range, shorten};

pub(super) fn run(settings: &Settings, args: &TestArgs) -> Result<ExitStatus> {
    report_files::check(&[args.html.as_ref(), args.junit.as_ref()], args.csv.as_ref())?;
    let checkpoint = OpenCheckpoint::open(&settings.workspace, &open::chosen(settings)?)?;
    let limit = args.limit.map(NonZeroUsize::get);
    let options = TestOptions { exact_matches: !args.no_canned, limit };
    let mut outcome = ExitStatus::Success;
    let mut tests = Vec::new();
    for MentorTestSet { mentor: id, test_set } in mentors_to_test(settings)? {
        let mentor = Arc::new(open::mentor(&settings.workspace, &id)?);
        let test_set = open::test_set(&settings.workspace, &mentor, &test_set)?;
        let report = open::test(&checkpoint, &mentor, &test_set, options)?;
        let tally = report.tally();
        let figures = TestFigures::of(&report, &mentor);
        if args.json {
            console::json(&json_line(&report, &test_set, &tally, &figures))?;
        } else {
            console::line(text(&report, &tally, &figures, &mentor))?;
        }
        if let Some(least) = args.fail_under.filter(|least| tally.share.accuracy() < *least) {
            console::note(format_args!(
                "{id}: accuracy {} is below {}",
                percent(tally.share.accuracy()),
                percent(least)
            ));
            outcome = ExitStatus::Negative;
        }
        tests.push(MentorTest { report, figures, mentor });
    }
    write_files(args, &tests)?;
    Ok(outcome)
}

/// The test of one mentor.
struct MentorTest {
    report: TestReport,
    figures: TestFigures,
    mentor: Arc<Mentor>,
}

/// Writes the report files that the arguments name.
fn write_files(args: &TestArgs, tests: &[MentorTest]) -> Result<()> {
    let tests: Vec<Tested> = tests
        .iter()
        .map(|MentorTest { report, figures, mentor }| Tested { report, figures, mentor })
        .collect();
    if let Some(path) = &args.html {
        files::write_atomically(path, page::test_page(&tests)?.as_bytes())?;
    }
    if let Some(path) = &args.junit {
        files::write_atomically(path, page::junit(&tests)?.as_bytes())?;
    }
    if let Some(folder) = &args.csv {
        report_files::write_tables(folder, &page::test_tables(&tests)?)?;
    }
    Ok(())
}

fn json_line(
    report: &TestReport,
    test_set: &TestSet,
    tally: &Tally,
    figures: &TestFigures,
) -> serde_json::Value {
    let mut line = json!({
        "arch": report.checkpoint.arch.as_str(),
        "checkpoint": report.checkpoint.checkpoint.as_str(),
        "mentor": report.mentor,
        "test_set": report.test_set,
        "columns": test_set.columns,
        "merged_columns": test_set.merged(),
        "unmarked_columns": test_set.unmarked,
    });
    let numbers = json!(tally);
    if let (Some(line), serde_json::Value::Object(numbers)) = (line.as_object_mut(), numbers) {
        line.extend(numbers);
        line.insert("results".to_owned(), json!(report.results));
        line.insert("figures".to_owned(), json!(figures));
    }
    line
}

fn text(report: &TestReport, tally: &Tally, figures: &TestFigures, mentor: &Mentor) -> String {
    let wrong: String = report.wrong().map(|result| wrong_text(result, mentor)).collect();
    let gap = if wrong.is_empty() { "" } else { "\n" };
    format!("{wrong}{gap}{}\n\n{}", topics(figures), summary(report, tally, figures))
}

fn wrong_text(result: &TestResult, mentor: &Mentor) -> String {
    let answer = |id: &String| describe(id, mentor);
    let expected = match result.expected.as_slice() {
        [] => "an answer that is no longer in the mentor's data".to_owned(),
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

/// Accuracy per topic, with a bar.
fn topics(figures: &TestFigures) -> String {
    let mut table = table(["topic", "correct", "accuracy", "0% to 100%", "95% interval"], &[1, 2]);
    for topic in &figures.topics {
        let TopicShare { topic, share } = topic;
        table.add_row([
            shorten(topic, 40),
            format!("{}/{}", share.correct, share.questions),
            percent_or_dash(share.share),
            bar(share.share.unwrap_or(0.0)),
            percent_range(share.ci95),
        ]);
    }
    lines(&table)
}

fn summary(report: &TestReport, tally: &Tally, figures: &TestFigures) -> String {
    let (all, off) = (tally.share, tally.off_topic);
    let declined =
        format!("{} asked, {} declined, {} correctly", off.questions, off.predicted, off.correct);
    let confidence = figures
        .calibration
        .as_ref()
        .map_or("decision values, not probabilities".to_owned(), |calibration| {
            format!("expected calibration error {:.2}", calibration.error)
        });
    let accuracy = format!(
        "{:.4}, 95% interval {} (Wilson, {})",
        all.accuracy(),
        percent_range(all.ci95),
        count(all.questions, "question")
    );
    let rows = [
        ("correct", share(all)),
        ("  canned", share(tally.canned.share())),
        ("  not canned", share(tally.uncanned.share())),
        ("off-topic", declined),
        ("ranks", ranks_text(&figures.ranks)),
        ("confidence", confidence),
        ("arch", report.checkpoint.arch.to_string()),
        ("checkpoint", report.checkpoint.checkpoint.to_string()),
        ("mentor", report.mentor.to_string()),
        ("test set", report.test_set.to_string()),
        ("accuracy", accuracy),
    ];
    let rows = rows.map(|(name, value)| format!("{name:<14}{value}"));
    rows.join("\n")
}

/// The rank of the correct answer among the candidates, as text.
pub(super) fn ranks_text(ranks: &Ranks) -> String {
    format!(
        "top-1 {}, top-3 {}, top-5 {}; mean reciprocal rank {:.2}",
        percent(ranks.top_1),
        percent(ranks.top_3),
        percent(ranks.top_5),
        ranks.mean_reciprocal_rank,
    )
}

/// `correct/total (percent)`.
fn share(part: Proportion) -> String {
    let Proportion { correct, questions, share, .. } = part;
    let percentage = share.map(|share| format!(" ({})", percent(share)));
    format!("{correct}/{questions}{}", percentage.unwrap_or_default())
}

/// An answer's id and the beginning of its text.
fn describe(id: &str, mentor: &Mentor) -> String {
    match mentor.answer(id) {
        Some(answer) => format!("{id} {DIM}“{}”{DIM:#}", shorten(&answer.text, 60)),
        None => id.to_owned(),
    }
}
