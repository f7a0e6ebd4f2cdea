//! CSV files as people really save them: with a BOM, in UTF-16 or Windows-1252, with CRLF or
//! lone CRs, semicolons or tabs, blank rows and short rows.

use std::io::Read;
use std::path::{Path, PathBuf};

use encoding_rs::{Encoding, UTF_8, WINDOWS_1252};

use super::finding::{Finding, FindingKind};
use crate::error::{Error, Place, Result, count, did_you_mean, quoted_list};
use crate::files;
use crate::text::shorten;

/// What separates cells: a comma, or what spreadsheets write where the comma is in numbers.
const DELIMITERS: [u8; 3] = [b',', b';', b'\t'];

/// A row after the last: one that is read as part of another tells of a quote left open. No text
/// holds its character.
const END: &[u8] = b"\0\n";

/// A table read whole: its rows with the numbers a spreadsheet shows.
#[derive(Debug)]
pub(super) struct Table {
    path: PathBuf,
    rows: Vec<Row>,
    /// What was noticed while reading, e.g. another encoding than UTF-8.
    pub(super) findings: Vec<Finding>,
}

/// One row of a [`Table`].
#[derive(Debug)]
pub(super) struct Row {
    /// From 1, blank rows counted.
    pub(super) number: usize,
    cells: Vec<String>,
}

impl Row {
    /// The cell at `index`, empty where the row is too short.
    pub(super) fn cell(&self, index: usize) -> &str {
        self.cells.get(index).map_or("", String::as_str)
    }

    /// How many cells the row has.
    pub(super) fn len(&self) -> usize {
        self.cells.len()
    }

    /// Whether every cell is blank.
    pub(super) fn is_blank(&self) -> bool {
        self.cells.iter().all(|cell| cell.trim().is_empty())
    }
}

/// A table whose first row names its columns.
#[derive(Debug)]
pub(super) struct HeadedTable {
    pub(super) table: Table,
    columns: Vec<usize>,
}

impl Table {
    /// Reads the file at `path`, a table without column names. It is separated by what cuts the most
    /// rows, and those into the most cells; by commas where others do no better.
    ///
    /// # Errors
    /// When it cannot be read, is no text, or a quote in it never closes.
    pub(super) fn read(path: &Path) -> Result<Self> {
        let (text, findings) = read_text(path)?;
        let parse = |delimiter| Self::parse(path, &text, delimiter, findings.clone());
        let mut best = parse(DELIMITERS[0])?;
        for other in DELIMITERS[1..].iter().filter_map(|&delimiter| parse(delimiter).ok()) {
            if other.cuts() > best.cuts() {
                best = other;
            }
        }
        Ok(best)
    }

    /// How many rows have more than one cell, and how many cells all have.
    fn cuts(&self) -> (usize, usize) {
        let lengths = || self.rows.iter().map(Row::len);
        (lengths().filter(|&length| length > 1).count(), lengths().sum())
    }

    fn parse(path: &Path, text: &str, delimiter: u8, findings: Vec<Finding>) -> Result<Self> {
        let mut reader = csv::ReaderBuilder::new()
            .has_headers(false)
            .flexible(true)
            .delimiter(delimiter)
            .from_reader(text.as_bytes().chain(END));
        let mut rows = Vec::new();
        let mut record = csv::StringRecord::new();
        let mut lines_in_cells = 0;
        let fault = |e| Error::at(Place::file(path), "not a CSV table").caused_by(e);
        while reader.read_record(&mut record).map_err(fault)? {
            lines_in_cells += record.iter().map(|cell| cell.matches('\n').count()).sum::<usize>();
            // The reader skips blank lines, a spreadsheet counts them.
            let next_line = reader.position().line() as usize;
            let number = next_line.saturating_sub(1 + lines_in_cells);
            rows.push(Row { number, cells: record.iter().map(str::to_owned).collect() });
        }
        match rows.pop() {
            Some(end) if end.cells == ["\0"] => {}
            // It lacks a line end, by which rows are counted.
            Some(open) => return Err(open_quote(path, open.number + 1)),
            None => return Err(open_quote(path, 1)),
        }
        Ok(Self { path: path.to_owned(), rows, findings })
    }

    /// Cells beyond the header's: often a comma that should have been within quotes.
    fn say_long_rows(&mut self, header: &Row) {
        for row in &self.rows {
            let beyond = row.cells.iter().skip(header.len());
            if beyond.into_iter().any(|cell| !cell.trim().is_empty()) {
                let message = format!(
                    "{}, the header has {}; a cell that holds a comma must stand in quotes",
                    count(row.len(), "cell"),
                    header.len()
                );
                let place = Place::file(&self.path).row(row.number);
                self.findings.push(Finding::new(FindingKind::LongRow, place, message));
            }
        }
    }

    /// The rows below the header, or all of a table without one.
    pub(super) fn rows(&self) -> &[Row] {
        &self.rows
    }

    /// The place of a cell.
    pub(super) fn place(&self, row: &Row, column: &str) -> Place {
        Place::file(&self.path).row(row.number).column(column)
    }
}

impl HeadedTable {
    /// Reads a table that has the columns `names`, in any order, among others. A file that is
    /// separated by semicolons or tabs works as well.
    ///
    /// # Errors
    /// As [`Table::read`], and when the file is empty or lacks a column.
    pub(super) fn read<const N: usize>(path: &Path, names: [&str; N]) -> Result<Self> {
        let (text, findings) = read_text(path)?;
        let mut first_fault = None;
        for delimiter in DELIMITERS {
            let mut table = match Table::parse(path, &text, delimiter, findings.clone()) {
                Ok(table) => table,
                Err(fault) => {
                    first_fault = first_fault.or(Some(fault));
                    continue;
                }
            };
            if table.rows.is_empty() {
                let expected =
                    format!("the file is empty, expected columns {}", quoted_list(names));
                return Err(Error::at(Place::file(path), expected).hint(EXAMPLE));
            }
            let header = table.rows.remove(0);
            match find_columns(path, &header, &names) {
                Ok(columns) => {
                    table.say_long_rows(&header);
                    return Ok(Self { table, columns });
                }
                Err(fault) => first_fault = first_fault.or(Some(fault)),
            }
        }
        Err(first_fault.unwrap_or_else(|| Error::at(Place::file(path), "no columns")))
    }

    /// The row's cells in the order of the names that were asked for.
    pub(super) fn cells<'a, const N: usize>(&self, row: &'a Row) -> [&'a str; N] {
        std::array::from_fn(|i| row.cell(self.columns[i]))
    }
}

/// Where to see how a file should look.
const EXAMPLE: &str = "`mentorpal new DIR` makes a workspace with an example of each file";

fn open_quote(path: &Path, row: usize) -> Error {
    let message = "a quote opens in this row and never closes";
    Error::at(Place::file(path).row(row), message)
        .hint("close it with a second `\"`; within a quoted cell write each `\"` twice")
}

fn find_columns(path: &Path, header: &Row, names: &[&str]) -> Result<Vec<usize>> {
    let present: Vec<&str> = header.cells.iter().map(|cell| cell.trim()).collect();
    let mut columns = Vec::new();
    for name in names {
        let exact = present.iter().position(|cell| cell == name);
        let found = exact.or_else(|| present.iter().position(|c| c.eq_ignore_ascii_case(name)));
        let place = Place::file(path).row(header.number);
        let Some(found) = found else {
            let guess = did_you_mean(name, present.iter().copied());
            let guess = guess.replace("did you mean", "is it");
            return Err(Error::at(place, format!("no column `{name}`{guess}")).hint(format!(
                "the first row must name {}; it names {}",
                quoted_list(names),
                first_names(&present)
            )));
        };
        if present.iter().skip(found + 1).any(|cell| *cell == present[found]) {
            return Err(Error::at(place.column(present[found]), "given twice")
                .hint("rename or delete the column that is not meant"));
        }
        columns.push(found);
    }
    Ok(columns)
}

/// What a header names, as far as people would read it.
fn first_names(present: &[&str]) -> String {
    const SHOWN: usize = 20;
    let shown = quoted_list(present.iter().take(SHOWN).map(|cell| shorten(cell, 40)));
    match present.len().saturating_sub(SHOWN) {
        0 => shown,
        more => format!("{shown} and {more} more"),
    }
}

/// Reads a text file, whatever its encoding and line ends.
///
/// # Errors
/// As [`files::read`], and when it is no text.
pub(super) fn read_text(path: &Path) -> Result<(String, Vec<Finding>)> {
    let bytes = if files::is_absent(path) {
        Err(Error::at(Place::file(path), "cannot read the file: there is none").hint(EXAMPLE))
    } else {
        files::read(path)
    };
    decode(path, &bytes?)
}

fn decode(path: &Path, bytes: &[u8]) -> Result<(String, Vec<Finding>)> {
    let mark = Encoding::for_bom(bytes).map(|(encoding, _)| encoding);
    let (mut text, encoding, faulty) = mark.unwrap_or(UTF_8).decode(bytes);
    let mut findings = Vec::new();
    let mut say = |message: String| {
        findings.push(Finding::new(FindingKind::Encoding, Place::file(path), message));
    };
    if faulty && mark.is_some() {
        say(format!("not {} throughout, as it begins; characters are lost", encoding.name()));
    } else if faulty {
        let line = bytes
            .utf8_chunks()
            .next()
            .map_or(1, |chunk| 1 + chunk.valid().bytes().filter(|b| *b == b'\n').count());
        text = WINDOWS_1252.decode(bytes).0;
        say(format!(
            "not UTF-8 (from line {line} on), read as Windows-1252; save it as UTF-8 to be sure"
        ));
    } else if text.contains('\u{fffd}') {
        let message =
            "holds `\u{fffd}`: characters were lost when it was saved in another encoding";
        say(message.to_owned());
    }
    if text.contains('\0') {
        return Err(Error::at(Place::file(path), "a binary file, expected text")
            .hint("export it as “CSV UTF-8 (comma delimited)”"));
    }
    let mut text = text.replace("\r\n", "\n").replace('\r', "\n");
    // So that the last row ends like the others.
    text.push('\n');
    Ok((text, findings))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(text: &str) -> Table {
        let (text, findings) = decode(Path::new("t.csv"), text.as_bytes()).unwrap();
        Table::parse(Path::new("t.csv"), &text, b',', findings).unwrap()
    }

    #[test]
    fn rows_are_numbered_as_a_spreadsheet_numbers_them() {
        let table = table("ID,question\r\n1,\"a\r\n\r\nb\"\r\n\r\n2,c\r\n3,d");
        let numbers: Vec<_> = table.rows().iter().map(|row| row.number).collect();
        assert_eq!(numbers, [1, 2, 4, 5]);
        assert_eq!(table.rows()[1].cell(1), "a\n\nb");
    }

    #[test]
    fn encodings_from_excel_are_read() {
        let path = Path::new("t.csv");
        assert_eq!(decode(path, b"\xef\xbb\xbfID").unwrap().0, "ID\n");
        assert_eq!(decode(path, b"\xff\xfeI\0D\0").unwrap().0, "ID\n");
        let (text, findings) = decode(path, b"ID\ncaf\xe9 \x93x\x94").unwrap();
        assert_eq!(text, "ID\ncafé “x”\n");
        assert!(findings[0].message.contains("from line 2"), "{findings:?}");
        assert!(decode(path, b"PK\x03\x04\0\0").is_err());
    }

    #[test]
    fn a_missing_column_is_named_with_what_is_there() {
        let row = Row { number: 1, cells: vec!["ID".into(), "questions".into()] };
        let error = find_columns(Path::new("t.csv"), &row, &["ID", "question"]).unwrap_err();
        assert_eq!(error.to_string(), "t.csv, row 1: no column `question`, is it `questions`?");
    }
}
