//! `classifier_data.csv`: the recorded answers and the questions that lead to them.

use std::collections::HashMap;
use std::path::Path;

use super::finding::{Finding, FindingKind};
use super::table::{HeadedTable, Row, visible};
use crate::error::{Error, Location, Result};
use crate::text::{compose, shorten};

/// The file's name in a mentor's `data` folder.
pub(super) const FILE: &str = "classifier_data.csv";

/// The answer id that stands for “no recorded answer fits”; no recorded answer can have it.
pub const OFF_TOPIC: &str = "_OFF_TOPIC_";

/// A recorded answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// Unique within the mentor; its case is kept.
    pub id: String,
    /// What the mentor says; no-break spaces read as spaces.
    pub text: String,
    /// Its topics as written.
    pub topics: Vec<String>,
    /// The question and then its paraphrases; may be empty.
    pub questions: Vec<String>,
    /// The row of `classifier_data.csv` it (first) stands in.
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
            .hint("each row needs an `ID`, a `text` and at least one line in `question`"));
    }
    Ok((answers, findings))
}

/// An answer's text as it is read: no-break spaces as spaces, trimmed.
pub(crate) fn plain_text(text: &str) -> String {
    text.replace('\u{a0}', " ").trim().to_owned()
}

fn read_row(table: &HeadedTable, row: &Row, findings: &mut Vec<Finding>) -> Result<Answer> {
    let [id, topics, text, question] = table.cells(row);
    let place = |column: &str| table.table.place(row, column);
    let written = id.trim();
    let id = visible(id);
    if id.is_empty() {
        return Err(Error::at(place("ID"), "an empty cell, expected the answer's id")
            .hint("give the answer an id that no other row has, or delete the row"));
    }
    if id == OFF_TOPIC {
        return Err(Error::at(place("ID"), format!("`{OFF_TOPIC}` cannot be an answer's id"))
            .hint("what the mentor says to off-topic questions belongs in `utterance_data.csv`"));
    }
    if written.contains('\n') {
        return Err(Error::at(
            place("ID"),
            format!("`{}`: an id of several lines", shorten(&id, 40)),
        )
        .hint("is a closing quote missing? an id is one line"));
    }
    if id != written {
        let message = format!("`{}` is read as `{id}`, as it looks", written.escape_debug());
        findings.push(Finding::new(FindingKind::InvisibleCharacter, place("ID"), message));
    }
    let questions: Vec<String> = lines(question).map(str::to_owned).collect();
    let text = plain_text(text);
    if questions.is_empty() && text.is_empty() && id.contains(' ') {
        let what = format!("`{}` has neither a text nor a question", shorten(&id, 40));
        return Err(Error::at(place("ID"), what)
            .hint("is it a line of the cell above? a cell of several lines stands in quotes"));
    }
    if questions.is_empty() {
        let message = format!("answer `{id}` has no question, so nothing leads to it");
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

/// Two rows may give questions for one answer; they may not give two answers one id.
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
            format!("id `{}` was given to another answer in row {}", first.id, first.row),
        )
        .hint(format!(
            "row {} reads “{}”, row {} “{}”: give one of them another id",
            first.row,
            shorten(&first.text, 40),
            second.row,
            shorten(&second.text, 40)
        )));
    }
    let message =
        format!("id `{}` stands in row {} already; the rows are joined", first.id, first.row);
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
