//! `classifier_data.csv`: the recorded answers and their questions.

use std::collections::HashMap;
use std::path::Path;

use super::finding::{Finding, FindingKind};
use super::table::{HeadedTable, TableRow, visible};
use crate::error::{Error, Location, Result};
use crate::text::{compose, shorten};

/// The file's name in a mentor's `data` folder.
pub(super) const FILE: &str = "classifier_data.csv";

/// The reserved id for “no recorded answer fits”.
pub const OFF_TOPIC: &str = "_OFF_TOPIC_";

/// A recorded answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// The id, unique within the mentor and case-sensitive.
    pub id: String,
    /// The text of the answer, with no-break spaces replaced by spaces.
    pub text: String,
    /// The topics as written.
    pub topics: Vec<String>,
    /// The question, then its paraphrases; may be empty.
    pub questions: Vec<String>,
    /// The (first) row of the answer in `classifier_data.csv`.
    pub row: usize,
}

pub(super) fn read(path: &Path) -> Result<(Vec<Answer>, Vec<Finding>)> {
    let table = HeadedTable::read(path, ["ID", "topics", "text", "question"])?;
    let mut findings = table.table.findings.clone();
    let mut answers: Vec<Answer> = Vec::new();
    let mut by_id: HashMap<String, usize> = HashMap::new();
    for row in table.table.rows().iter().filter(|row| !row.is_blank()) {
        let answer = read_row(&table, row, &mut findings)?;
        let id = compose(&answer.id).into_owned();
        if let Some(&first) = by_id.get(&id) {
            merge(&mut answers[first], answer, path, &mut findings)?;
        } else {
            by_id.insert(id, answers.len());
            answers.push(answer);
        }
    }
    if answers.iter().all(|answer| answer.questions.is_empty()) {
        return Err(Error::at(Location::file(path), "no answer has a question")
            .hint("give each row an `ID`, a `text` and at least one line in `question`"));
    }
    Ok((answers, findings))
}

/// `text` with no-break spaces replaced by spaces, trimmed.
pub(crate) fn plain_text(text: &str) -> String {
    text.replace('\u{a0}', " ").trim().to_owned()
}

fn read_row(table: &HeadedTable, row: &TableRow, findings: &mut Vec<Finding>) -> Result<Answer> {
    let [id, topics, text, question] = table.cells(row);
    let place = |column: &str| table.table.place(row, column);
    let written = id.trim();
    let id = visible(id);
    if id.is_empty() {
        return Err(Error::at(place("ID"), "empty cell, expected the answer's id")
            .hint("give the answer a unique id, or delete the row"));
    }
    if id == OFF_TOPIC {
        return Err(Error::at(place("ID"), format!("`{OFF_TOPIC}` cannot be an answer's id"))
            .hint("put the replies to off-topic questions into `utterance_data.csv`"));
    }
    if written.contains('\n') {
        return Err(Error::at(
            place("ID"),
            format!("id `{}` has several lines, expected one", shorten(&id, 40)),
        )
        .hint("check for a missing closing quote"));
    }
    if id != written {
        let message = format!(
            "`{}` is read as `{id}`, without its invisible characters",
            written.escape_debug()
        );
        findings.push(Finding::new(FindingKind::InvisibleCharacter, place("ID"), message));
    }
    let questions: Vec<String> = lines(question).map(str::to_owned).collect();
    let text = plain_text(text);
    if questions.is_empty() && text.is_empty() && id.contains(' ') {
        let what = format!("`{}` has neither a text nor a question", shorten(&id, 40));
        return Err(Error::at(place("ID"), what)
            .hint("if it is a line of the cell above, put that cell in quotes"));
    }
    if questions.is_empty() {
        let message = format!("answer `{id}` has no question, so it can never be given");
        findings.push(Finding::new(FindingKind::EmptyCell, place("question"), message));
    }
    if text.is_empty() {
        let message = format!("answer `{id}` has no text");
        findings.push(Finding::new(FindingKind::EmptyCell, place("text"), message));
    }
    let topics = topics.split(',').map(str::trim).filter(|topic| !topic.is_empty());
    Ok(Answer {
        id: id.into_owned(),
        text,
        topics: topics.map(str::to_owned).collect(),
        questions,
        row: row.number,
    })
}

/// The non-blank lines of a cell, trimmed.
fn lines(cell: &str) -> impl Iterator<Item = &str> {
    cell.split(['\n', '\r', '\u{b}', '\u{85}', '\u{2028}', '\u{2029}'])
        .map(str::trim)
        .filter(|line| !line.is_empty())
}

/// Merges two rows with the same id. They must have the same text.
fn merge(
    first: &mut Answer,
    second: Answer,
    path: &Path,
    findings: &mut Vec<Finding>,
) -> Result<()> {
    let place = Location::file(path).row(second.row).column("ID");
    if compose(&first.text) != compose(&second.text) {
        return Err(Error::at(
            place,
            format!("id `{}` already belongs to another answer, in row {}", first.id, first.row),
        )
        .hint(format!(
            "row {} is “{}”, row {} is “{}”: give one of them another id",
            first.row,
            shorten(&first.text, 40),
            second.row,
            shorten(&second.text, 40)
        )));
    }
    let message = format!("id `{}` is already in row {}; the rows are merged", first.id, first.row);
    findings.push(Finding::new(FindingKind::DuplicateId, place, message));
    first.questions.extend(second.questions);
    for topic in second.topics {
        if !first.topics.contains(&topic) {
            first.topics.push(topic);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blank_lines_in_a_cell_are_dropped() {
        let cell = "What is your name?\n\n  \u{a0}\nWho are you?\u{2028}Name?";
        let questions: Vec<_> = lines(cell).collect();
        assert_eq!(questions, ["What is your name?", "Who are you?", "Name?"]);
    }
}
