//! The CSV tables of a test: the data of every plot on its page, and every question.

use csv::Writer;

use super::Tested;
use crate::error::{Error, Result};
use crate::evaluate::statistics::CoveragePoint;
use crate::evaluate::{Confusion, Proportion, Ranks};

/// One CSV file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TableFile {
    /// The file name, such as `topics.csv`.
    pub name: &'static str,
    /// The content, in UTF-8.
    pub bytes: Vec<u8>,
}

/// The column names of a proportion.
pub(super) const SHARE_COLUMNS: [&str; 5] =
    ["questions", "correct", "accuracy", "ci95_low", "ci95_high"];

/// The cells of a row.
pub(super) type CsvRow = Vec<String>;

/// An item whose rows start with the mentor's id.
pub(super) trait OfMentor {
    /// Returns the mentor's id.
    fn mentor(&self) -> &str;
}

impl OfMentor for Tested<'_> {
    fn mentor(&self) -> &str {
        self.report.mentor.as_str()
    }
}

/// Returns one table per figure, each with the first column `mentor`. Shares are in 0..=1, the
/// items of a list are separated by ` | `, and missing values are empty.
///
/// # Errors
/// If a table cannot be written.
pub fn test_tables(tests: &[Tested]) -> Result<Vec<TableFile>> {
    let make = |name, columns: &[&str], rows| file(tests, name, columns, rows);
    let with_share = |first: &'static str| [&[first][..], &SHARE_COLUMNS].concat();
    Ok(vec![
        make("shares.csv", &with_share("of"), shares)?,
        make("topics.csv", &with_share("topic"), topics)?,
        make("confidence.csv", &["low", "high", "right", "wrong"], confidences)?,
        make(
            "reliability.csv",
            &[&["low", "high", "confidence"][..], &SHARE_COLUMNS].concat(),
            reliability,
        )?,
        make("coverage.csv", &["threshold", "coverage", "accuracy"], coverage)?,
        make("ranks.csv", &["rank", "questions"], ranks)?,
        make("confusions.csv", &["times", "expected", "given", "questions"], confusions)?,
        make(
            "questions.csv",
            &[
                "question",
                "expected",
                "answer_id",
                "top_answer_id",
                "confidence",
                "canned",
                "correct",
                "top_correct",
                "rank",
            ],
            questions,
        )?,
    ])
}

/// Returns a table of the rows of all items. The first column is the mentor's id.
///
/// # Errors
/// If the table cannot be written.
pub(super) fn file<T: OfMentor>(
    items: &[T],
    name: &'static str,
    columns: &[&str],
    rows: fn(&T) -> Vec<CsvRow>,
) -> Result<TableFile> {
    let with_mentor = |item: &T| {
        let mentor = item.mentor().to_owned();
        rows(item).into_iter().map(move |row| [vec![mentor.clone()], row].concat())
    };
    table(name, &[&["mentor"][..], columns].concat(), items.iter().flat_map(with_mentor))
}

/// Returns a CSV file of these rows.
///
/// # Errors
/// If the table cannot be written.
pub(super) fn table(
    name: &'static str,
    columns: &[&str],
    rows: impl Iterator<Item = CsvRow>,
) -> Result<TableFile> {
    let write = || -> Result<Vec<u8>, Box<dyn std::error::Error + Send + Sync>> {
        let mut writer = Writer::from_writer(Vec::new());
        writer.write_record(columns)?;
        for row in rows {
            writer.write_record(&row)?;
        }
        Ok(writer.into_inner()?)
    };
    let bytes = write().map_err(|e| Error::new(format!("cannot write {name}")).caused_by(e))?;
    Ok(TableFile { name, bytes })
}

pub(super) fn row<const N: usize>(cells: [&dyn ToString; N]) -> CsvRow {
    cells.iter().map(|cell| cell.to_string()).collect()
}

pub(super) fn optional(value: Option<impl ToString>) -> String {
    value.map_or(String::new(), |value| value.to_string())
}

pub(super) fn list(values: &[String]) -> String {
    values.join(" | ")
}

/// Returns a row of these cells followed by those of the proportion.
pub(super) fn share_row(cells: &[&dyn ToString], share: Proportion) -> CsvRow {
    cells.iter().map(|cell| cell.to_string()).chain(share_cells(share)).collect()
}

fn shares(test: &Tested) -> Vec<CsvRow> {
    let (tally, figures) = (test.report.tally(), test.figures);
    [
        ("all", tally.share),
        ("canned floor", figures.canned_floor),
        ("off-topic precision", figures.off_topic_precision),
        ("off-topic recall", figures.off_topic_recall),
    ]
    .into_iter()
    .map(|(name, share)| share_row(&[&name], share))
    .collect()
}

/// Returns the cells of a proportion, in the order of [`SHARE_COLUMNS`].
pub(super) fn share_cells(share: Proportion) -> CsvRow {
    let [low, high] = share.ci95;
    row([&share.questions, &share.correct, &optional(share.share), &low, &high])
}

fn topics(test: &Tested) -> Vec<CsvRow> {
    test.figures.topics.iter().map(|topic| share_row(&[&topic.topic], topic.share)).collect()
}

fn confidences(test: &Tested) -> Vec<CsvRow> {
    let bins = test.figures.confidences.iter();
    bins.map(|bin| row([&bin.low, &bin.high, &bin.right, &bin.wrong])).collect()
}

fn reliability(test: &Tested) -> Vec<CsvRow> {
    let bins = test.figures.calibration.iter().flat_map(|calibration| &calibration.bins);
    bins.map(|bin| {
        let [low, high] = bin.accuracy_ci95;
        row([
            &bin.low,
            &bin.high,
            &bin.confidence,
            &bin.questions,
            &bin.correct,
            &bin.accuracy,
            &low,
            &high,
        ])
    })
    .collect()
}

fn coverage(test: &Tested) -> Vec<CsvRow> {
    coverage_rows(&test.figures.coverage)
}

/// Returns one row per point: threshold, coverage and accuracy.
pub(super) fn coverage_rows(curve: &[CoveragePoint]) -> Vec<CsvRow> {
    curve.iter().map(|point| row([&point.threshold, &point.coverage, &point.accuracy])).collect()
}

fn ranks(test: &Tested) -> Vec<CsvRow> {
    rank_rows(&test.figures.ranks)
}

/// Returns one row per rank with its number of questions. The last row, with an empty rank, counts
/// the questions whose correct answer is not ranked.
pub(super) fn rank_rows(ranks: &Ranks) -> Vec<CsvRow> {
    let counts = ranks.counts.iter().enumerate().map(|(i, count)| row([&(i + 1), count]));
    counts.chain([row([&"", &ranks.unranked])]).collect()
}

fn confusions(test: &Tested) -> Vec<CsvRow> {
    let confusions = test.figures.confusions.iter();
    confusions
        .map(|confusion| {
            let Confusion { expected, given, questions } = confusion;
            row([&questions.len(), &list(expected), given, &list(questions)])
        })
        .collect()
}

fn questions(test: &Tested) -> Vec<CsvRow> {
    let results = test.report.results.iter();
    results
        .map(|result| {
            row([
                &result.question,
                &list(&result.expected),
                &result.answer_id,
                &result.top_answer_id,
                &result.confidence,
                &result.canned,
                &result.correct,
                &result.top_correct,
                &optional(result.rank),
            ])
        })
        .collect()
}
