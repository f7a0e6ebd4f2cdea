//! Test sets: a CSV matrix of users' questions against answers.
//!
//! The first row has two ignored cells, then one user question per column. Each later row has a
//! question, an answer's text (or `_OFF_TOPIC_`), then one mark per column: `i` (ideal) or `r`
//! (reasonable) in either case. Other cells are ignored.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use super::Mentor;
use super::answers::OFF_TOPIC;
use super::finding::{Finding, FindingKind};
use super::table::{Table, TableRow, letters, visible};
use crate::error::{Error, ErrorKind, Location, Result};
use crate::files::near::{self, advice, near_name};
use crate::text::format::{count, did_you_mean, quoted_list};
use crate::text::{match_key, shorten};
use crate::workspace::{MentorId, TestSetName, Workspace};

/// The index of the first question column, after the label and the answer's text.
const FIRST_QUESTION: usize = 2;

/// A test set, with its answers looked up in a mentor's data.
#[derive(Debug)]
pub struct TestSet {
    /// The file's name without `.csv`.
    pub name: TestSetName,
    /// The questions in the order of the file; columns with the same question are merged.
    pub questions: Vec<TestQuestion>,
    /// The number of columns with a question and a mark.
    pub columns: usize,
    /// The number of columns without a mark, which are ignored.
    pub unmarked: usize,
}

/// A user's question and the answers that are marked as right.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TestQuestion {
    /// The question as first written.
    pub text: String,
    /// The marked answers, in the order of the rows.
    pub expected: Vec<Expected>,
}

/// A marked answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Expected {
    /// `_OFF_TOPIC_`: the mentor must decline.
    Decline,
    /// A recorded answer whose text has this [key](match_key).
    Answer {
        /// The key of the text.
        key: String,
        /// The ids of the mentor's answers with that text; empty if no answer has this text any more.
        ids: Vec<String>,
    },
}

impl TestQuestion {
    /// Whether `answer` (the text of an answer, or `None` for declining) is marked as right.
    #[must_use]
    pub fn accepts(&self, answer: Option<&str>) -> bool {
        let given = answer.map(match_key);
        self.expected.iter().any(|expected| match (expected, &given) {
            (Expected::Decline, None) => true,
            (Expected::Answer { key, .. }, Some(given)) => key == given,
            _ => false,
        })
    }

    /// The ids of the marked answers; `_OFF_TOPIC_` for declining.
    #[must_use]
    pub fn expected_ids(&self) -> Vec<&str> {
        let mut ids = Vec::new();
        for expected in &self.expected {
            match expected {
                Expected::Decline => ids.push(OFF_TOPIC),
                Expected::Answer { ids: known, .. } => ids.extend(known.iter().map(String::as_str)),
            }
        }
        ids
    }
}

impl TestSet {
    /// The name of the test set to use: `name`, else the mentor's only test set. `None` if `name` is
    /// `None` and the mentor has no test set.
    ///
    /// # Errors
    /// If the test set `name` does not exist, or if `name` is `None` and there are several.
    pub fn pick(
        workspace: &Workspace,
        mentor: &MentorId,
        name: Option<&TestSetName>,
    ) -> Result<Option<TestSetName>> {
        let known = workspace.test_sets(mentor)?;
        let folder = || Location::file(workspace.tests(mentor));
        match (name, known.as_slice()) {
            (Some(name), _) => {
                let found = known.iter().find(|known| *known == name).cloned();
                found.map(Some).ok_or_else(|| no_such_test_set(workspace, mentor, name, &known))
            }
            (None, []) => Ok(None),
            (None, [only]) => Ok(Some(only.clone())),
            (None, _) => Err(Error::at(
                folder(),
                format!(
                    "mentor `{mentor}` has {}, expected a choice",
                    count(known.len(), "test set")
                ),
            )
            .hint(format!(
                "choose one with --test-set, TEST_SET or `test_set` in mentorpal.toml: {}",
                quoted_list(&known)
            ))),
        }
    }

    /// Findings about files that look like test sets but are ignored because of their names, such as
    /// spreadsheets and `.csv.txt`.
    #[must_use]
    pub fn unread(workspace: &Workspace, mentor: &MentorId) -> Vec<Finding> {
        unread(workspace, mentor)
    }

    /// Reads a test set of `mentor`; also returns findings about the file.
    ///
    /// # Errors
    /// If the file cannot be read, or no column has a question and a mark.
    pub fn load(
        workspace: &Workspace,
        mentor: &Mentor,
        name: &TestSetName,
    ) -> Result<(Self, Vec<Finding>)> {
        let path = workspace.test_set(&mentor.id, name);
        let table = Table::read(&path)?;
        let mut findings = table.findings.clone();
        let Some((header, rows)) = table.rows().split_first() else {
            return Err(Error::at(Location::file(path), "the test set is empty")
                .hint("write the users' questions into the first row, from its third cell on"));
        };
        let mut columns = read_header(&path, header, &mut findings);
        check_lengths(&path, header.len(), rows, &mut findings);
        let ids_by_text = ids_by_text(mentor);
        for row in rows {
            read_row(&table, row, &ids_by_text, &mut columns, &mut findings);
        }
        let unmarked =
            columns.iter().filter(|c| c.expected.is_empty() && !c.text.is_empty()).count();
        columns.retain(|column| !column.expected.is_empty());
        if columns.is_empty() {
            let error = Error::at(Location::file(path), "no column has a question and a mark").hint(
                "write questions into the first row, from its third cell on, and mark the right \
                 answers in the rows below with `i` (ideal) or `r` (reasonable)",
            );
            let why = findings.iter().find(|finding| finding.kind == FindingKind::TestSet);
            return Err(match why {
                Some(finding) => error.caused_by(finding.to_string()),
                None => error,
            });
        }
        let marked = columns.len();
        let questions = merge_equal(columns);
        Ok((Self { name: name.clone(), questions, columns: marked, unmarked }, findings))
    }

    /// The number of columns that were merged into an earlier column with the same question.
    #[must_use]
    pub fn merged(&self) -> usize {
        self.columns.saturating_sub(self.questions.len())
    }
}

fn no_such_test_set(
    workspace: &Workspace,
    mentor: &MentorId,
    name: &TestSetName,
    known: &[TestSetName],
) -> Error {
    let guess = did_you_mean(name.as_str(), known.iter().map(TestSetName::as_str));
    let message = format!("no test set `{name}` for mentor `{mentor}`{guess}");
    let path = workspace.test_set(mentor, name);
    let near = near_name(&path).map(|near| format!("; {}", advice(&path, &near)));
    Error::at(Location::file(workspace.tests(mentor)), message)
        .with_kind(ErrorKind::NotFound)
        .hint(format!("available test sets: {}{}", quoted_list(known), near.unwrap_or_default()))
}

/// See [`TestSet::unread`].
fn unread(workspace: &Workspace, mentor: &MentorId) -> Vec<Finding> {
    let finding = |path: PathBuf| {
        let stem = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let stem = stem.strip_suffix(".csv").unwrap_or(&stem);
        let wanted = path.with_file_name(format!("{stem}.csv"));
        let is_hidden = path.file_name().is_some_and(|n| n.as_encoded_bytes().starts_with(b"."));
        let is_set = near::is_table(&path) && !is_hidden && !wanted.exists();
        let message = format!("not read as a test set; {}", advice(&wanted, &path));
        is_set.then(|| Finding::new(FindingKind::TestSet, Location::file(path), message))
    };
    let mut paths: Vec<PathBuf> = std::fs::read_dir(workspace.tests(mentor))
        .map(|entries| entries.flatten().map(|entry| entry.path()).collect())
        .unwrap_or_default();
    paths.sort();
    paths.into_iter().filter(|path| path.is_file()).filter_map(finding).collect()
}

/// One question per cell of the header. Text without letters and numbers (`??`, an emoji) is kept, with a
/// finding.
fn read_header(path: &Path, header: &TableRow, findings: &mut Vec<Finding>) -> Vec<TestQuestion> {
    let mut columns = Vec::new();
    for index in FIRST_QUESTION..header.len() {
        let text = header.cell(index).trim();
        if !text.is_empty() && !text.contains(char::is_alphanumeric) {
            let place = Location::file(path).row(header.number).column(letters(index));
            let message = format!("question `{}` has no letters or numbers", shorten(text, 40));
            findings.push(Finding::new(FindingKind::TestSet, place, message));
        }
        columns.push(TestQuestion { text: text.to_owned(), expected: Vec::new() });
    }
    columns
}

/// A finding about rows that are shorter or longer than the first.
fn check_lengths(path: &Path, expected: usize, rows: &[TableRow], findings: &mut Vec<Finding>) {
    let ragged: Vec<String> = rows
        .iter()
        .filter(|row| row.len() != expected && !row.is_blank())
        .map(|row| row.number.to_string())
        .collect();
    if !ragged.is_empty() {
        let shown = ragged.iter().take(5).map(String::as_str).collect::<Vec<_>>().join(", ");
        let more = if ragged.len() > 5 { ", …" } else { "" };
        let message = format!(
            "{} of another length than the first row, which has {} (row {shown}{more}); missing cells \
             count as unmarked",
            if ragged.len() == 1 {
                "1 row is".into()
            } else {
                format!("{} rows are", ragged.len())
            },
            count(expected, "cell"),
        );
        findings.push(Finding::new(FindingKind::TestSet, Location::file(path), message));
    }
}

/// Adds the marks of a row to the columns.
fn read_row(
    table: &Table,
    row: &TableRow,
    ids_by_text: &IdsByText,
    columns: &mut [TestQuestion],
    findings: &mut Vec<Finding>,
) {
    let marked: Vec<usize> =
        (FIRST_QUESTION..row.len()).filter(|&i| is_mark(row.cell(i))).collect();
    if marked.is_empty() {
        return;
    }
    let mut add = |column: &str, message: String| {
        findings.push(Finding::new(FindingKind::TestSet, table.place(row, column), message));
    };
    let text = row.cell(1).trim();
    if text.is_empty() {
        add("B", format!("{} without an answer's text; ignored", count(marked.len(), "mark")));
        return;
    }
    let expected = expected(text, ids_by_text);
    if matches!(&expected, Expected::Answer { ids, .. } if ids.is_empty()) {
        add(
            "B",
            format!(
                "the mentor has no answer “{}”; {} for it can never be correct",
                shorten(text, 40),
                count(marked.len(), "mark")
            ),
        );
    }
    for index in marked {
        match columns.get_mut(index - FIRST_QUESTION) {
            Some(column) if !column.text.is_empty() => column.expected.push(expected.clone()),
            _ => add(&letters(index), "mark in a column without a question; ignored".to_owned()),
        }
    }
}

fn is_mark(cell: &str) -> bool {
    matches!(&*visible(cell), "i" | "I" | "r" | "R")
}

/// The ids of the answers by the key of their text.
type IdsByText = HashMap<String, Vec<String>>;

fn ids_by_text(mentor: &Mentor) -> IdsByText {
    let mut ids = IdsByText::new();
    for answer in &mentor.answers {
        ids.entry(match_key(&answer.text)).or_default().push(answer.id.clone());
    }
    ids
}

fn expected(text: &str, ids_by_text: &IdsByText) -> Expected {
    if visible(text).eq_ignore_ascii_case(OFF_TOPIC) {
        return Expected::Decline;
    }
    let key = match_key(text);
    Expected::Answer { ids: ids_by_text.get(&key).cloned().unwrap_or_default(), key }
}

/// Merges columns with the same question; the merged question has all their marks.
fn merge_equal(columns: Vec<TestQuestion>) -> Vec<TestQuestion> {
    let mut joined: Vec<TestQuestion> = Vec::new();
    let mut by_key: HashMap<String, usize> = HashMap::new();
    for column in columns {
        let index = *by_key.entry(match_key(&column.text)).or_insert(joined.len());
        match joined.get_mut(index) {
            Some(first) => {
                for expected in column.expected {
                    if !first.expected.contains(&expected) {
                        first.expected.push(expected);
                    }
                }
            }
            None => joined.push(column),
        }
    }
    joined
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_with_the_same_question_are_merged() {
        let answer = |key: &str| Expected::Answer { key: key.into(), ids: vec![key.into()] };
        let column = |text: &str, expected| TestQuestion { text: text.into(), expected };
        let joined = merge_equal(vec![
            column("Who?", vec![answer("a")]),
            column("Why?", vec![answer("b")]),
            column("who", vec![Expected::Decline, answer("a")]),
        ]);
        assert_eq!(joined.len(), 2);
        assert_eq!(joined[0].expected_ids(), ["a", "_OFF_TOPIC_"]);
        assert!(joined[0].accepts(None) && joined[0].accepts(Some("A!")));
        assert!(!joined[1].accepts(None) && !joined[1].accepts(Some("a")));
    }
}
