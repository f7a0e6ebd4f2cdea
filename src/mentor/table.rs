//! CSV files as people really save them: with a BOM, in UTF-16 or Windows-1252, with CRLF or
//! lone CRs, semicolons or tabs, blank rows and short rows.

use std::fs;
use std::path::{Path, PathBuf};

use encoding_rs::{Encoding, UTF_8, WINDOWS_1252};

use super::finding::{Finding, FindingKind};
use crate::error::{Error, Place, Result, did_you_mean, quoted_list};

/// A table file larger than this is refused: a mentor's whole data is a few megabytes.
const MAX_BYTES: u64 = 256 << 20;

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
    /// Reads the comma-separated file at `path`.
    ///
    /// # Errors
    /// When it cannot be read, is no text, or holds no readable row.
    pub(super) fn read(path: &Path) -> Result<Self> {
        let (text, findings) = read_text(path)?;
        Self::parse(path, &text, b',', findings)
    }

    fn parse(path: &Path, text: &str, delimiter: u8, findings: Vec<Finding>) -> Result<Self> {
        let mut reader = csv::ReaderBuilder::new()
            .has_headers(false)
            .flexible(true)
            .delimiter(delimiter)
            .from_reader(text.as_bytes());
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
        Ok(Self { path: path.to_owned(), rows, findings })
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
        for delimiter in [b',', b';', b'\t'] {
            let mut table = Table::parse(path, &text, delimiter, findings.clone())?;
            if table.rows.is_empty() {
                let expected =
                    format!("the file is empty, expected columns {}", quoted_list(names));
                return Err(Error::at(Place::file(path), expected));
            }
            let header = table.rows.remove(0);
            match find_columns(path, &header, &names) {
                Ok(columns) => return Ok(Self { table, columns }),
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

fn find_columns(path: &Path, header: &Row, names: &[&str]) -> Result<Vec<usize>> {
    let present: Vec<&str> = header.cells.iter().map(|cell| cell.trim()).collect();
    let mut columns = Vec::new();
    for name in names {
        let exact = present.iter().position(|cell| cell == name);
        let found = exact.or_else(|| present.iter().position(|c| c.eq_ignore_ascii_case(name)));
        columns.push(found.ok_or_else(|| {
            let guess = did_you_mean(name, present.iter().copied());
            let place = Place::file(path).row(header.number);
            Error::at(
                place,
                format!("no column `{name}`{}", guess.replace("did you mean", "is it")),
            )
            .hint(format!(
                "the first row must name {}; it names {}",
                quoted_list(names),
                quoted_list(present.iter().map(|cell| shorten(cell)))
            ))
        })?);
    }
    Ok(columns)
}

/// The first 40 characters of `text` on one line, for messages.
pub(super) fn shorten(text: &str) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(40) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line,
    }
}

/// Reads a text file, whatever its encoding and line ends.
///
/// # Errors
/// When it cannot be read, is larger than 256 MiB, or is no text.
pub(super) fn read_text(path: &Path) -> Result<(String, Vec<Finding>)> {
    let metadata = fs::metadata(path).map_err(|e| Error::io(path, "read the file", e))?;
    if metadata.is_dir() {
        return Err(Error::at(Place::file(path), "a folder, where a file belongs"));
    }
    if !metadata.is_file() {
        return Err(Error::at(Place::file(path), "not a regular file"));
    }
    if metadata.len() > MAX_BYTES {
        let size = metadata.len() >> 20;
        return Err(Error::at(Place::file(path), format!("{size} MiB, expected at most 256 MiB")));
    }
    let bytes = fs::read(path).map_err(|e| Error::io(path, "read the file", e))?;
    decode(path, &bytes)
}

fn decode(path: &Path, bytes: &[u8]) -> Result<(String, Vec<Finding>)> {
    let (encoding, _) = Encoding::for_bom(bytes).unwrap_or((UTF_8, 0));
    let (text, encoding, faulty) = encoding.decode(bytes);
    if text.contains('\0') {
        return Err(Error::at(Place::file(path), "a binary file, expected text")
            .hint("export it as “CSV UTF-8 (comma delimited)”"));
    }
    let mut findings = Vec::new();
    let mut text = text;
    if faulty {
        let line = bytes
            .utf8_chunks()
            .next()
            .map_or(1, |chunk| 1 + chunk.valid().bytes().filter(|b| *b == b'\n').count());
        text = WINDOWS_1252.decode(bytes).0;
        findings.push(Finding::new(
            FindingKind::Encoding,
            Place::file(path),
            format!(
                "not {} (from line {line} on), read as Windows-1252; save it as UTF-8 to be sure",
                encoding.name()
            ),
        ));
    }
    if text.contains('\u{fffd}') {
        findings.push(Finding::new(
            FindingKind::Encoding,
            Place::file(path),
            "holds `\u{fffd}`: characters were lost when it was saved in another encoding",
        ));
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
