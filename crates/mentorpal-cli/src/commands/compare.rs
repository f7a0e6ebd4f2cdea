//! `mentorpal compare`: two or more checkpoints on the same test.

use std::sync::Arc;

use serde_json::{Value, json};

use super::open;
use super::{ExitStatus, compare_text, console, report_files};
use crate::cli::CompareArgs;
use mentorpal::checkpoint::CheckpointRef;
use mentorpal::config::Settings;
use mentorpal::error::{Error, Result};
use mentorpal::evaluate::{Comparison, Comparisons, MentorReports, Pair, Proportion};
use mentorpal::files;
use mentorpal::open::{MentorTestSet, OpenCheckpoint, TestOptions, TestRuns, mentors_to_test};
use mentorpal::page;
use mentorpal::text::format::quoted_list;

pub(super) fn run(settings: &Settings, args: &CompareArgs) -> Result<ExitStatus> {
    report_files::check(&[args.html.as_ref()], args.csv.as_ref())?;
    let names = [&args.a, &args.b].into_iter().chain(&args.more);
    let names = names.map(|name| CheckpointRef::parse(name, &settings.arch));
    let names = names.collect::<Result<Vec<_>>>()?;
    let checkpoints = OpenCheckpoint::open_all(&settings.workspace, &names)?;
    let runs = test_all(settings, args, &checkpoints)?;
    let comparisons = runs.comparisons();
    if args.json {
        json_lines(&comparisons).iter().try_for_each(console::json)?;
    } else {
        console::line(compare_text::text(&comparisons))?;
    }
    write_files(args, &comparisons)?;
    Ok(ExitStatus::Success)
}

/// Tests every checkpoint on every mentor that all checkpoints have.
fn test_all(
    settings: &Settings,
    args: &CompareArgs,
    checkpoints: &[OpenCheckpoint],
) -> Result<TestRuns> {
    let all = if checkpoints.len() == 2 { "both" } else { "all" };
    let options = TestOptions { exact_matches: !args.no_canned, limit: None };
    let mut runs: Vec<MentorReports> = Vec::new();
    for MentorTestSet { mentor: id, test_set } in mentors_to_test(settings)? {
        let in_all = checkpoints.iter().all(|one| one.files().has(&id));
        if settings.mentors.is_empty() && !in_all {
            console::warn(format_args!("`{id}` is not in {all} checkpoints; skipped"));
            continue;
        }
        let mentor = Arc::new(open::mentor(&settings.workspace, &id)?);
        let test_set = open::test_set(&settings.workspace, &mentor, &test_set)?;
        let test = |one| open::test(one, &mentor, &test_set, options);
        let reports = checkpoints.iter().map(test).collect::<Result<_>>()?;
        runs.push(MentorReports { mentor, reports });
    }
    if runs.is_empty() {
        let names = quoted_list(checkpoints.iter().map(|one| one.name().to_string()));
        let message = format!("no mentor with a test set is in {all}: {names}");
        return Err(Error::new(message).hint(
            "train the checkpoints on the same mentors; `mentorpal checkpoints show` lists the \
             mentors of a checkpoint",
        ));
    }
    Ok(TestRuns::new(runs))
}

/// Writes the report files that the arguments name.
fn write_files(args: &CompareArgs, comparisons: &Comparisons) -> Result<()> {
    if let Some(path) = &args.html {
        files::write_atomically(path, page::comparison_page(comparisons)?.as_bytes())?;
    }
    if let Some(folder) = &args.csv {
        report_files::write_tables(folder, &page::comparison_tables(comparisons)?)?;
    }
    Ok(())
}

/// One line per mentor and per checkpoint except the first, then one per checkpoint for all mentors together.
fn json_lines(comparisons: &Comparisons) -> Vec<Value> {
    let Comparisons { mentors, pooled, .. } = comparisons;
    let alone = comparisons.pairs().map(|pair| {
        let mut line = numbers(&[pair], &pair.comparison);
        line["mentor"] = json!(pair.a.mentor);
        line["test_set"] = json!(pair.a.test_set);
        let figures = &pair.figures;
        line["changed"] = json!(figures.changed);
        line["figures"] = json!({"a": figures.a, "b": figures.b, "topics": figures.topics});
        line
    });
    let together = pooled.iter().enumerate().map(|(other, one)| {
        let pairs: Vec<&Pair> = mentors.iter().map(|of| &of.pairs[other]).collect();
        numbers(&pairs, &one.comparison)
    });
    alone.chain(together).collect()
}

/// The figures of one or several pairs of the same two checkpoints. Fields that only a single pair has are null.
fn numbers(pairs: &[&Pair], comparison: &Comparison) -> Value {
    let side = |name: &CheckpointRef, share: Proportion| {
        json!({
            "arch": name.arch.as_str(),
            "checkpoint": name.checkpoint.as_str(),
            "correct": share.correct,
            "accuracy": share.accuracy(),
            "accuracy_ci95": share.ci95,
        })
    };
    let [share_a, share_b] = comparison.shares();
    let all: Vec<_> = pairs.iter().flat_map(|pair| &pair.a.results).collect();
    let questions = |indices: &[usize]| -> Vec<&str> {
        indices.iter().map(|&i| all[i].question.as_str()).collect()
    };
    json!({
        "mentor": null,
        "test_set": null,
        "mentors": pairs.iter().map(|pair| &pair.a.mentor).collect::<Vec<_>>(),
        "questions": comparison.questions,
        "a": side(&pairs[0].a.checkpoint, share_a),
        "b": side(&pairs[0].b.checkpoint, share_b),
        "difference": comparison.difference,
        "difference_ci95": comparison.difference_ci95,
        "p_value": comparison.p_value,
        "p_corrected": comparison.p_corrected,
        "difference_ci_corrected": comparison.corrected_interval,
        "family": comparison.family,
        "significant": comparison.is_significant(),
        "only_a": questions(&comparison.only_a),
        "only_b": questions(&comparison.only_b),
        "changed": null,
        "figures": null,
        "verdict": comparison.verdict(),
    })
}
