//! `mentorpal compare`: two checkpoints on the same test.

use serde_json::{Value, json};

use super::bar::Bar;
use super::console::{self, BOLD, lines, table};
use super::{Outcome, open};
use crate::checkpoint::{Checkpoint, CheckpointRef};
use crate::classifiers::Vectors;
use crate::cli::CompareArgs;
use crate::config::{Flags, Settings};
use crate::error::{Error, Result};
use crate::evaluate::statistics::wilson;
use crate::evaluate::{Comparison, TestReport, compare, run_test};
use crate::text::{percent, percent_range};

impl CompareArgs {
    pub(super) fn flags(&self) -> Flags {
        Flags {
            arch: self.arch.clone(),
            mentors: self.mentors.clone(),
            test_set: self.test_set.clone(),
            ..Flags::default()
        }
    }
}

pub(super) fn run(settings: &Settings, args: &CompareArgs) -> Result<Outcome> {
    let open = |name: &str| {
        let name = CheckpointRef::parse(name, &settings.arch)?;
        Checkpoint::open(&settings.workspace, &name)
    };
    let (a, b) = (open(&args.a)?, open(&args.b)?);
    let vectors = |checkpoint| open::vectors(&settings.workspace, checkpoint);
    let (vectors_a, vectors_b) = (vectors(&a)?, vectors(&b)?);
    let mut reports: Vec<[TestReport; 2]> = Vec::new();
    for (id, test_set) in open::test_sets(settings)? {
        let in_both = [&a, &b].iter().all(|c| c.mentors().contains(&id.as_str()));
        if settings.mentors.is_empty() && !in_both {
            console::warn(format_args!("`{id}` is not in both checkpoints; left out"));
            continue;
        }
        let mentor = open::mentor(&settings.workspace, &id)?;
        let test_set = open::test_set(&settings.workspace, &mentor, &test_set)?;
        let test = |checkpoint: &Checkpoint, vectors: &Vectors| {
            let classifier = open::classifier(checkpoint, vectors, &mentor, !args.no_canned)?;
            Ok(run_test(&classifier, &checkpoint.name, &test_set, None, &Bar::new("")))
        };
        let pair = [test(&a, &vectors_a)?, test(&b, &vectors_b)?];
        if !args.json && !reports.is_empty() {
            console::line("")?;
        }
        show(&[&pair], id.as_str(), args)?;
        reports.push(pair);
    }
    if reports.is_empty() {
        let message = format!("no mentor with a test set is in both `{}` and `{}`", a.name, b.name);
        return Err(Error::new(message)
            .hint("train both on the same mentors; `mentorpal checkpoints show` lists theirs"));
    }
    if reports.len() > 1 {
        let all: Vec<&[TestReport; 2]> = reports.iter().collect();
        if !args.json {
            console::line("")?;
        }
        show(&all, "all", args)?;
    }
    Ok(Outcome::Done)
}

/// Compares the runs of one mentor or of several together.
fn show(pairs: &[&[TestReport; 2]], title: &str, args: &CompareArgs) -> Result<()> {
    let a: Vec<&TestReport> = pairs.iter().map(|pair| &pair[0]).collect();
    let b: Vec<&TestReport> = pairs.iter().map(|pair| &pair[1]).collect();
    let comparison = compare(&a, &b);
    let questions = |indices: &[usize]| -> Vec<String> {
        let all: Vec<_> = a.iter().flat_map(|report| &report.results).collect();
        indices.iter().map(|&i| all[i].question.clone()).collect()
    };
    let (only_a, only_b) = (questions(&comparison.only_a), questions(&comparison.only_b));
    if args.json {
        return console::json(&json_line(&a, &b, &comparison, &only_a, &only_b));
    }
    console::line(format_args!("{BOLD}{title}{BOLD:#}"))?;
    // Of several mentors together the questions have been shown before.
    if pairs.len() == 1 {
        for (name, only) in [("A", &only_a), ("B", &only_b)] {
            if !only.is_empty() {
                console::line(format_args!("only {name} is right on"))?;
            }
            for question in only {
                console::line(format_args!("  {question}"))?;
            }
        }
    }
    console::line(numbers(&a, &b, &comparison))?;
    console::line(format_args!("{}", comparison.verdict()))
}

fn numbers(a: &[&TestReport], b: &[&TestReport], comparison: &Comparison) -> String {
    let mut table = table(["", "checkpoint", "correct", "accuracy", "95% interval"], &[2, 3]);
    for (name, reports, correct) in [("A", a, comparison.correct_a), ("B", b, comparison.correct_b)]
    {
        table.add_row([
            name.to_owned(),
            reports.first().map(|report| report.checkpoint.to_string()).unwrap_or_default(),
            format!("{correct}/{}", comparison.questions),
            percent(correct as f64 / comparison.questions.max(1) as f64),
            percent_range(wilson(correct, comparison.questions)),
        ]);
    }
    format!(
        "{}\nB − A {:+.1} points, 95% interval {:+.1} to {:+.1} (paired bootstrap, BCa); McNemar p {}",
        lines(&table),
        100.0 * comparison.difference,
        100.0 * comparison.difference_ci95[0],
        100.0 * comparison.difference_ci95[1],
        p_value(comparison.p_value),
    )
}

fn p_value(p: f64) -> String {
    if p < 0.0001 { "< 0.0001".to_owned() } else { format!("= {p:.4}") }
}

fn json_line(
    a: &[&TestReport],
    b: &[&TestReport],
    comparison: &Comparison,
    only_a: &[String],
    only_b: &[String],
) -> Value {
    let side = |reports: &[&TestReport], correct: usize| {
        let name = reports.first().map(|report| &report.checkpoint);
        json!({
            "arch": name.map(|name| name.arch.as_str()),
            "checkpoint": name.map(|name| name.checkpoint.as_str()),
            "correct": correct,
            "accuracy": correct as f64 / comparison.questions.max(1) as f64,
            "accuracy_ci95": wilson(correct, comparison.questions),
        })
    };
    let one = if let [report] = a { Some(report) } else { None };
    json!({
        "mentor": one.map(|report| &report.mentor),
        "test_set": one.map(|report| &report.test_set),
        "mentors": a.iter().map(|report| &report.mentor).collect::<Vec<_>>(),
        "questions": comparison.questions,
        "a": side(a, comparison.correct_a),
        "b": side(b, comparison.correct_b),
        "difference": comparison.difference,
        "difference_ci95": comparison.difference_ci95,
        "p_value": comparison.p_value,
        "significant": comparison.is_significant(),
        "only_a": only_a,
        "only_b": only_b,
        "verdict": comparison.verdict(),
    })
}
