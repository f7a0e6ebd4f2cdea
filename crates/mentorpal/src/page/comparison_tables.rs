//! The CSV tables of a comparison: the data of every plot on its page, and the changed questions.

use super::tables::{
    CsvRow, SHARE_COLUMNS, TableFile, coverage_rows, list, optional, rank_rows, row, share_cells,
    table,
};
use crate::error::Result;
use crate::evaluate::{CheckpointSide, Comparisons, Pair, SideFigures, Standing};

/// Returns one table per figure. Tables about single checkpoints start with the columns `mentor`
/// and `checkpoint`, tables about pairs with `mentor`, `a` and `b`. Shares are in 0..=1, the items
/// of a list are separated by ` | `, and missing values are empty. The mentor is empty in rows
/// about all mentors together.
///
/// # Errors
/// If a table cannot be written.
pub fn comparison_tables(comparisons: &Comparisons) -> Result<Vec<TableFile>> {
    let of_pairs = |name, columns: &[&str], rows: fn(&Pair) -> Vec<CsvRow>| {
        let rows = comparisons.pairs().flat_map(|pair| {
            let [a, b] = [pair.a, pair.b].map(|report| report.checkpoint.to_string());
            let first = row([&pair.mentor.id, &a, &b]);
            rows(pair).into_iter().map(move |row| [first.clone(), row].concat())
        });
        table(name, &[&["mentor", "a", "b"][..], columns].concat(), rows)
    };
    let of_sides = |name, columns: &[&str], rows: fn(&SideFigures) -> Vec<CsvRow>| {
        let rows = comparisons.sides().flat_map(|CheckpointSide { report, figures }| {
            let first = row([&report.mentor, &report.checkpoint]);
            rows(figures).into_iter().map(move |row| [first.clone(), row].concat())
        });
        table(name, &[&["mentor", "checkpoint"][..], columns].concat(), rows)
    };
    Ok(vec![
        standings(comparisons)?,
        of_pairs("topics.csv", &TOPIC_COLUMNS, topics)?,
        of_sides("coverage.csv", &["threshold", "coverage", "accuracy"], |side| {
            coverage_rows(&side.coverage)
        })?,
        of_sides("fitted.csv", &["coverage", "accuracy"], fitted)?,
        of_sides("ranks.csv", &["rank", "questions"], |side| rank_rows(&side.ranks))?,
        of_pairs("changed.csv", &CHANGED_COLUMNS, changed)?,
    ])
}

const TOPIC_COLUMNS: [&str; 11] = [
    "topic",
    "questions",
    "correct_a",
    "accuracy_a",
    "ci95_low_a",
    "ci95_high_a",
    "correct_b",
    "accuracy_b",
    "ci95_low_b",
    "ci95_high_b",
    "difference",
];

const CHANGED_COLUMNS: [&str; 9] = [
    "group",
    "question",
    "expected",
    "answer_id_a",
    "confidence_a",
    "canned_a",
    "answer_id_b",
    "confidence_b",
    "canned_b",
];

/// Returns the overview table with one row per mentor and checkpoint.
fn standings(comparisons: &Comparisons) -> Result<TableFile> {
    let against = [
        "difference",
        "difference_ci95_low",
        "difference_ci95_high",
        "p_value",
        "corrected_low",
        "corrected_high",
        "p_corrected",
        "verdict",
    ];
    let columns = [&["mentor", "checkpoint"][..], &SHARE_COLUMNS, &against].concat();
    let rows = comparisons.standings().into_iter().map(|standing| {
        let Standing { mentor, checkpoint, share, against_first } = standing;
        let against = against_first.map_or(vec![String::new(); against.len()], |one| {
            let [low, high] = one.difference_ci95;
            let [lower, higher] = one.corrected_interval;
            let figures = [one.difference, low, high, one.p_value, lower, higher, one.p_corrected];
            [row(figures.each_ref().map(|figure| figure as _)), row([&one.verdict()])].concat()
        });
        [row([&optional(mentor), checkpoint]), share_cells(share), against].concat()
    });
    table("comparisons.csv", &columns, rows)
}

fn topics(pair: &Pair) -> Vec<CsvRow> {
    let topics = pair.figures.topics.iter();
    topics
        .map(|topic| {
            let a = share_cells(topic.a);
            // Without the first cell: the number of questions is the same as that of A.
            let b = share_cells(topic.b).split_off(1);
            [row([&topic.topic]), a, b, row([&topic.difference])].concat()
        })
        .collect()
}

fn fitted(side: &SideFigures) -> Vec<CsvRow> {
    vec![row([&side.fitted.coverage, &optional(side.fitted.accuracy)])]
}

fn changed(pair: &Pair) -> Vec<CsvRow> {
    let groups = pair.figures.changed.groups().into_iter();
    groups
        .flat_map(|group| group.questions.iter().map(move |question| (group.name, question)))
        .map(|(group, question)| {
            let (a, b) = (&question.a, &question.b);
            row([
                &group,
                &question.question,
                &list(&question.expected),
                &a.answer_id,
                &a.confidence,
                &a.canned,
                &b.answer_id,
                &b.confidence,
                &b.canned,
            ])
        })
        .collect()
}
