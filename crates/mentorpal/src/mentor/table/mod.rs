//! Tolerant reader of CSV files: any encoding that [`crate::files`] decodes, any line ends, commas,
//! semicolons, tabs or the delimiter of a `sep=` line, blank rows and short rows.
//!
//! Invalid input is an error with its row and column, or a finding.

mod check;
mod oddities;
mod parse;
mod source;
mod visible;

use std::path::{Path, PathBuf};

use super::finding::{Finding, FindingKind};
use crate::error::{Error, Location, Result};
use crate::files;
use crate::text::format::{count, did_you_mean, quoted_list};
use crate::text::shorten;
use check::Check;
use parse::{Parsed, parse};
use source::{EXAMPLE, Source};

pub(super) use parse::TableRow;
pub(super) use source::FAULTY;
pub(super) use visible::visible;

/// A table in memory. Rows are numbered as in a spreadsheet.
#[derive(Debug)]
pub(super) struct Table {
    path: PathBuf,
    rows: Vec<TableRow>,
    /// Findings about the file, e.g. an encoding other than UTF-8.
    pub(super) findings: Vec<Finding>,
}

impl TableRow {
    /// The cell at `index`; empty if the row is shorter.
    pub(super) fn cell(&self, index: usize) -> &str {
        self.cells.get(index).map_or("", String::as_str)
    }

    /// The number of cells in the row.
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

/// The columns of a table that are read, and their names in the header.
struct NamedColumns<'a, const N: usize> {
    columns: Vec<usize>,
    names: [&'a str; N],
}

impl Table {
    /// Reads the file at `path`, a table without column names. The delimiter is the one that gives the
    /// most rows of several cells, then the most cells; in case of a tie, the comma.
    ///
    /// # Errors
    /// If the file cannot be read, is not text, or has unmatched quotes.
    pub(super) fn read(path: &Path) -> Result<Self> {
        Self::of(&Source::read(path)?)
    }

    fn of(source: &Source) -> Result<Self> {
        let mut parses = source.delimiters().into_iter().map(|d| (d, parse(source.rows(), d)));
        let (mut delimiter, mut best) = parses.next().expect("the list of delimiters is not empty");
        for (other, parsed) in parses.filter(|(_, parsed)| parsed.fault.is_none()) {
            // If commas give a fault, another delimiter must split every row to be better.
            let (cut, cells) = cuts(&parsed.rows);
            let is_better = match best.fault {
                Some(_) => cut > 0 && cut == parsed.rows.len(),
                None => (cut, cells) > cuts(&best.rows),
            };
            if is_better {
                (delimiter, best) = (other, parsed);
            }
        }
        let mut findings = source.findings(&best)?;
        let width = best.rows.first().map_or(0, TableRow::len);
        findings.extend(Check { source, delimiter, header: None, width }.rows(&best)?);
        Ok(Self { path: source.path.clone(), rows: best.rows, findings })
    }

    /// The rows below the header, or all rows of a table without a header.
    pub(super) fn rows(&self) -> &[TableRow] {
        &self.rows
    }

    /// The location of a cell.
    pub(super) fn place(&self, row: &TableRow, column: &str) -> Location {
        Location::file(&self.path).row(row.number).column(column)
    }
}

/// The number of rows with more than one cell, and the number of all cells.
fn cuts(rows: &[TableRow]) -> (usize, usize) {
    let lengths = || rows.iter().map(TableRow::len);
    (lengths().filter(|&length| length > 1).count(), lengths().sum())
}

impl HeadedTable {
    /// Reads a table with the columns `names`, in any order; it may have others. The delimiter may be a
    /// comma, a semicolon or a tab.
    ///
    /// # Errors
    /// Like [`Table::read`], and if the file is empty, or a column is missing or occurs twice.
    pub(super) fn read<const N: usize>(path: &Path, names: [&str; N]) -> Result<Self> {
        Self::of(&Source::read(path)?, names)
    }

    fn of<const N: usize>(source: &Source, names: [&str; N]) -> Result<Self> {
        let mut first_fault = None;
        for delimiter in source.delimiters() {
            let parsed = parse(source.rows(), delimiter);
            let fault = match parsed.rows.first() {
                Some(header) => match find_columns(&source.path, header, &names) {
                    Ok(columns) => {
                        let columns = NamedColumns { columns, names };
                        return Self::checked(source, parsed, delimiter, columns);
                    }
                    Err(fault) => fault,
                },
                None => Self::without_header(source, &parsed, delimiter, names),
            };
            // A decoding fault is the more helpful error.
            first_fault = first_fault.or(Some(source.findings(&parsed).err().unwrap_or(fault)));
        }
        Err(first_fault.unwrap_or_else(|| Error::at(Location::file(&source.path), "no columns")))
    }

    /// The error for a table without rows.
    fn without_header<const N: usize>(
        source: &Source,
        parsed: &Parsed,
        delimiter: u8,
        names: [&str; N],
    ) -> Error {
        let check = Check { source, delimiter, header: None, width: 0 };
        check.rows(parsed).err().unwrap_or_else(|| {
            let expected = format!("the file is empty, expected columns {}", quoted_list(names));
            Error::at(Location::file(&source.path), expected).hint(EXAMPLE)
        })
    }

    fn checked<const N: usize>(
        source: &Source,
        mut parsed: Parsed,
        delimiter: u8,
        NamedColumns { columns, names }: NamedColumns<N>,
    ) -> Result<Self> {
        let mut findings = source.findings(&parsed)?;
        let header = parsed.rows.first();
        let check = Check { source, delimiter, header, width: header.map_or(0, TableRow::len) };
        findings.extend(check.rows(&parsed)?);
        for row in &parsed.rows[1..] {
            check.is_one_row(row)?;
            findings.extend(check.unread_cells(row)?);
        }
        parsed.rows.remove(0);
        let is_header = |row: &TableRow| {
            let heads = columns.iter().zip(names);
            heads.into_iter().all(|(&i, name)| visible(row.cell(i)).eq_ignore_ascii_case(name))
        };
        for row in parsed.rows.extract_if(.., |row| is_header(row)) {
            let message =
                "repeats the header and is ignored; check whether two files were concatenated";
            let place = Location::file(&source.path).row(row.number);
            findings.push(Finding::new(FindingKind::RepeatedHeader, place, message));
        }
        let table = Table { path: source.path.clone(), rows: parsed.rows, findings };
        Ok(Self { table, columns })
    }

    /// The cells of a row in the order of the names passed to [`read`](Self::read).
    pub(super) fn cells<'a, const N: usize>(&self, row: &'a TableRow) -> [&'a str; N] {
        std::array::from_fn(|i| row.cell(self.columns[i]))
    }
}

impl Check<'_> {
    /// Fails for a row that is a line of the cell above: a single cell that cannot be an id.
    fn is_one_row(&self, row: &TableRow) -> Result<()> {
        let cell = row.cell(0).trim();
        let is_sentence = cell.contains(|c: char| c.is_whitespace() || c == '?');
        if row.len() > 1 || self.width < 3 || !row.quoted.is_empty() || !is_sentence {
            return Ok(());
        }
        let what = format!("the row has a single cell, `{}`", shorten(cell, 40));
        Err(Error::at(self.place(row.number, 0), what)
            .hint("if it is a line of the cell above, put that cell in quotes"))
    }

    /// A finding about cells in columns without a name.
    fn unread_cells(&self, row: &TableRow) -> Result<Option<Finding>> {
        let named = |cell: usize| self.header.is_some_and(|h| !h.cell(cell).trim().is_empty());
        let unread = (0..row.len()).find(|&i| !named(i) && !row.cell(i).trim().is_empty());
        let Some(unread) = unread else { return Ok(None) };
        if let Some(cell) = split_at_comma(row) {
            let what = format!(
                "`{}` begins with a space, and the row has more cells than there are columns",
                shorten(row.cell(cell), 40)
            );
            return Err(Error::at(self.place(row.number, cell), what)
                .hint("put a cell that contains a comma in quotes"));
        }
        let place = Location::file(&self.source.path).row(row.number);
        let found = if row.cells.iter().skip(self.width).any(|cell| !cell.trim().is_empty()) {
            let message = format!(
                "{}, but the header has {}; put a cell that contains a comma in quotes",
                count(row.len(), "cell"),
                self.width
            );
            Finding::new(FindingKind::LongRow, place, message)
        } else {
            let message = format!(
                "`{}` is in a column without a name and is ignored; name the column, or put a cell that \
                 contains a comma in quotes",
                shorten(row.cell(unread), 40)
            );
            Finding::new(FindingKind::LongRow, place.column(letters(unread)), message)
        };
        Ok(Some(found))
    }
}

/// The first cell that is the rest of the cell before it, because a comma within the text split it: the
/// cell starts with a space, and other cells of the row do not.
fn split_at_comma(row: &TableRow) -> Option<usize> {
    let is_text = |&cell: &usize| !row.quoted.contains(&cell) && !row.cell(cell).trim().is_empty();
    let after_space = |&cell: &usize| row.cell(cell).starts_with(' ');
    let mut texts = (1..row.len()).filter(is_text);
    let first = texts.clone().filter(after_space).find(|&i| !row.cell(i - 1).trim().is_empty())?;
    texts.any(|cell| !after_space(&cell)).then_some(first)
}

/// The indices of the columns `names` in the header.
fn find_columns(path: &Path, header: &TableRow, names: &[&str]) -> Result<Vec<usize>> {
    let present: Vec<_> = header.cells.iter().map(|cell| visible(cell)).collect();
    let mut columns = Vec::new();
    for name in names {
        let mut found = (0..present.len()).filter(|&i| present[i].eq_ignore_ascii_case(name));
        let place = Location::file(path).row(header.number);
        let Some(first) = found.next() else {
            let guess = did_you_mean(name, present.iter().map(AsRef::as_ref));
            let guess = guess.replace("did you mean", "is it");
            return Err(Error::at(place, format!("no column `{name}`{guess}")).hint(format!(
                "name the columns {} in the first row; it has {}",
                quoted_list(names),
                first_names(&present)
            )));
        };
        if let Some(second) = found.next() {
            let (first, second) = (letters(first), letters(second));
            let what = format!("occurs twice, in the columns {first} and {second}");
            return Err(Error::at(place.column(*name), what)
                .hint("rename or delete one of the two columns"));
        }
        columns.push(first);
    }
    Ok(columns)
}

/// The first names in a header, for a message.
fn first_names(present: &[impl AsRef<str>]) -> String {
    const SHOWN: usize = 20;
    let shown = quoted_list(present.iter().take(SHOWN).map(|cell| shorten(cell.as_ref(), 40)));
    match present.len().saturating_sub(SHOWN) {
        0 => shown,
        more => format!("{shown} and {more} more"),
    }
}

/// The letters of a column in a spreadsheet: `A`, …, `Z`, `AA`, ….
pub(super) fn letters(index: usize) -> String {
    let letter = char::from(b'A' + (index % 26) as u8);
    match index / 26 {
        0 => letter.to_string(),
        rest => letters(rest - 1) + &letter.to_string(),
    }
}

/// Reads a text file that is not a table, and normalizes its line ends to LF; also returns findings about
/// its encoding.
///
/// # Errors
/// Like [`files::read_text`], and if the text cannot be decoded.
pub(super) fn read_text(path: &Path) -> Result<(String, Vec<Finding>)> {
    let decoded = files::read_text(path)?;
    if let Some(fault) = decoded.fault {
        return Err(Error::at(Location::file(path), fault.message).hint(FAULTY));
    }
    let finding = |note: files::encoding::Note| {
        Finding::new(FindingKind::Encoding, Location::file(path), note.message)
    };
    let text = decoded.text.replace("\r\n", "\n").replace('\r', "\n");
    Ok((text, decoded.notes.into_iter().map(finding).collect()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_lettered_as_in_a_spreadsheet() {
        assert_eq!(
            [0, 25, 26, 51, 52, 701, 702].map(letters),
            ["A", "Z", "AA", "AZ", "BA", "ZZ", "AAA"]
        );
    }

    #[test]
    fn a_missing_column_is_reported_with_a_similar_name() {
        let row = parse("ID,questions", b',').rows.remove(0);
        let error = find_columns(Path::new("t.csv"), &row, &["ID", "question"]).unwrap_err();
        assert_eq!(error.to_string(), "t.csv, row 1: no column `question`, is it `questions`?");
    }

    #[test]
    fn a_cell_split_at_a_comma_starts_with_a_space() {
        let cut = |text| split_at_comma(&parse(text, b',').rows[0]);
        assert_eq!(cut("1,,Born in Kyiv, in 1980.,where"), Some(3));
        for text in ["1,,One.,Why?,because,so", "1, Life, One., Why?, so", "1,,\"a\",\" b\",c"] {
            assert_eq!(cut(text), None, "{text}");
        }
    }
}
