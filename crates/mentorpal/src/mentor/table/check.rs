//! Checks of rows that are valid CSV but probably contain an error.

use super::parse::{Fault, FaultKind, Parsed, RowEnd, TableRow};
use super::{letters, source::Source};
use crate::error::{Error, Location, Result};
use crate::mentor::finding::{Finding, FindingKind};
use crate::text::format::count;
use crate::text::shorten;

/// The hint about missing quotes.
const QUOTES: &str = "put a cell that contains a delimiter, a line break or a quote in quotes, and write each \
                      `\"` within it twice";

/// The checks of the rows of a table. All rows should be as long as the first.
pub(super) struct Check<'a> {
    pub(super) source: &'a Source,
    pub(super) delimiter: u8,
    /// The first row, if it names the columns.
    pub(super) header: Option<&'a TableRow>,
    /// The number of cells in the first row.
    pub(super) width: usize,
}

impl Check<'_> {
    /// The findings about the rows, in order.
    ///
    /// # Errors
    /// For the first row with a fault or a probable error.
    pub(super) fn rows(&self, parsed: &Parsed) -> Result<Vec<Finding>> {
        let has_line_feeds = parsed.rows.iter().any(|row| row.end == RowEnd::LineFeed);
        let mut findings = Vec::new();
        for (index, row) in parsed.rows.iter().enumerate() {
            let next = parsed.rows.get(index + 1);
            let is_short = |row: &TableRow| row.cells.len() < self.width;
            if has_line_feeds
                && row.end == RowEnd::CarriageReturn
                && (is_short(row) || next.is_some_and(is_short))
            {
                return Err(self.carriage_return(row));
            }
            if let Some(cell) = self.swallowing(row) {
                return Err(self.swallowed(row, cell));
            }
            findings.extend(self.stray_quote(row)?);
            findings.extend(super::oddities::oddities(row).map(|(kind, cell, message)| {
                Finding::new(kind, self.place(row.number, cell), message)
            }));
        }
        parsed.fault.as_ref().map_or(Ok(findings), |fault| Err(self.fault(fault)))
    }

    /// The location of a cell. The column is its name in the header, else its letter.
    pub(super) fn place(&self, row: usize, cell: usize) -> Location {
        let name = self.header.map_or("", |header| header.cell(cell).trim());
        let column = if name.is_empty() { letters(cell) } else { shorten(name, 40) };
        Location::file(&self.source.path).row(row).column(column)
    }

    fn fault(&self, fault: &Fault) -> Error {
        let place = self.place(fault.row, fault.cell);
        match &fault.kind {
            FaultKind::Open => {
                let column = place.column.clone().unwrap_or_default();
                let what = format!("an opening quote in column `{column}` is never closed");
                Error::at(Location { column: None, ..place }, what)
                    .hint("close it with a second `\"`; write each `\"` within a quoted cell twice")
            }
            FaultKind::TextAfter { text, line } => {
                let line = self.source.line(*line);
                let what = format!(
                    "expected a delimiter or the end of the row after a closing quote, got `{}` (line {line})",
                    shorten(text, 40)
                );
                Error::at(place, what).hint(format!(
                    "check for a missing closing quote or a quote that is not doubled; {QUOTES}"
                ))
            }
        }
    }

    fn carriage_return(&self, row: &TableRow) -> Error {
        let cell = row.cells.len().saturating_sub(1);
        let what = "a carriage return ends this row, while other rows end with line feeds";
        Error::at(self.place(row.number, cell), what)
            .hint(format!("remove the carriage return, or put the cell in quotes; {QUOTES}"))
    }

    /// A finding or an error about an unmatched closing quote.
    fn stray_quote(&self, row: &TableRow) -> Result<Option<Finding>> {
        let Some(stray) = row.stray else { return Ok(None) };
        let place = self.place(row.number, stray.cell);
        let shown = shorten(row.cell(stray.cell).trim(), 40);
        if stray.may_be_inches && row.cells.len() == self.width {
            let message =
                format!("`{shown}` ends with a quote without an opening quote; it is kept");
            return Ok(Some(Finding::new(FindingKind::StrayQuote, place, message)));
        }
        let what = format!("closing quote without an opening quote: `{shown}`");
        Err(Error::at(place, what).hint(format!("add the opening quote; {QUOTES}")))
    }

    /// The first cell that contains complete rows: its closing quote is missing, and the quote of a later cell
    /// closes it.
    fn swallowing(&self, row: &TableRow) -> Option<usize> {
        row.quoted.iter().copied().find(|&cell| {
            let cell = QuotedCell { text: row.cell(cell), index: cell, row_length: row.len() };
            swallows_rows(&cell, self.width, self.delimiter)
        })
    }

    fn swallowed(&self, row: &TableRow, cell: usize) -> Error {
        let lines = row.cell(cell).matches('\n').count();
        let what = format!(
            "this quoted cell seems to contain {} of the table: `{}`",
            count(lines, "more row"),
            shorten(row.cell(cell).lines().nth(1).unwrap_or_default(), 40)
        );
        Error::at(self.place(row.number, cell), what).hint(
            "add the missing closing quote, or if the cell is correct, put a space after each comma in it",
        )
    }
}

/// A quoted cell and its place in its row.
struct QuotedCell<'a> {
    text: &'a str,
    /// The number of cells before it.
    index: usize,
    /// The number of cells in the row.
    row_length: usize,
}

/// Whether a quoted cell looks like the end of one row, complete rows of `width` cells, and the start of a row that
/// continues after the cell.
fn swallows_rows(cell: &QuotedCell, width: usize, delimiter: u8) -> bool {
    /// Rows of at least this many cells are recognized by the number of cells alone.
    const MIN_WIDTH: usize = 6;
    let delimiter = char::from(delimiter);
    let delimiters = |line: &str| line.matches(delimiter).count();
    let lines: Vec<&str> = cell.text.split('\n').filter(|line| !line.trim().is_empty()).collect();
    let [first, middle @ .., last] = lines.as_slice() else { return false };
    let starts_a_row = |line: &&str| {
        line.split_once(delimiter).is_some_and(|(id, rest)| {
            !id.is_empty() && !id.contains(char::is_whitespace) && !rest.starts_with(' ')
        })
    };
    let is_row = |line: &&str| width >= MIN_WIDTH || starts_a_row(line);
    delimiters(last) > 0
        && cell.index + delimiters(first) + 1 == width
        && cell.row_length + delimiters(last) == cell.index + width
        && middle.iter().all(|line| delimiters(line) + 1 == width && is_row(line))
        && is_row(last)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn swallows(text: &str, index: usize) -> bool {
        swallows_rows(&QuotedCell { text, index, row_length: 4 }, 4, b',')
    }

    #[test]
    fn cells_with_rows_are_distinguished_from_cells_of_several_lines() {
        assert!(swallows("I was born in Kyiv.,where were you born\n2,,I am a nurse.", 2));
        assert!(swallows("Kyiv.,where\n2,,Nurse.,what\n3,Life,Lviv.", 2));
        assert!(swallows("what do you do\n2,Life,Nurse.,where", 3));
        for (cell, index) in [
            ("I was born in Kyiv, in 1980.\nThen, well, I moved.", 2),
            ("One.\nTwo, three.\nFour.", 2),
            ("Yes, I was.\nNo, not me, I think.", 2),
            ("who are you\nyour name, age, job, and more", 3),
            ("who are you\nyes, no, maybe, so", 3),
            ("one line,two", 2),
        ] {
            assert!(!swallows(cell, index), "{cell:?}");
        }
    }
}
