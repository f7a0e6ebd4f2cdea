//! Rows that the rules of CSV allow, and that tell of a fault all the same.

use super::parse::{Fault, FaultKind, Parsed, Row, RowEnd};
use super::{letters, source::Source};
use crate::error::{Error, Location, Result};
use crate::mentor::finding::{Finding, FindingKind};
use crate::text::format::count;
use crate::text::shorten;

/// What to do where a quote is missing.
const QUOTES: &str = "a cell that holds a delimiter, a line break or a quote stands in quotes: `\"` before and \
                      after it; within a quoted cell write each `\"` twice";

/// Checks the rows of a table, of which the first is as long as all should be.
pub(super) struct Check<'a> {
    pub(super) source: &'a Source,
    pub(super) delimiter: u8,
    /// The first row, where it names the columns.
    pub(super) header: Option<&'a Row>,
    /// How many cells the first row has.
    pub(super) width: usize,
}

impl Check<'_> {
    /// What is odd about the rows, in their order.
    ///
    /// # Errors
    /// When the text has a fault, or a row tells of one: the first by row.
    pub(super) fn rows(&self, parsed: &Parsed) -> Result<Vec<Finding>> {
        let has_line_feeds = parsed.rows.iter().any(|row| row.end == RowEnd::LineFeed);
        let mut findings = Vec::new();
        for (index, row) in parsed.rows.iter().enumerate() {
            let next = parsed.rows.get(index + 1);
            let is_short = |row: &Row| row.cells.len() < self.width;
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

    /// The place of a cell: its column by name where the header has one, else by letter.
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
                let what =
                    format!("a quote opens in this row and never closes (column `{column}`)");
                Error::at(Location { column: None, ..place }, what)
                    .hint("close it with a second `\"`; within a quoted cell write each `\"` twice")
            }
            FaultKind::TextAfter { text, line } => {
                let line = self.source.line(*line);
                let what = format!(
                    "text right after a closing quote, `{}` (line {line}): expected a delimiter or the end \
                     of the row",
                    shorten(text, 40)
                );
                Error::at(place, what).hint(format!(
                    "a closing quote is missing, or one within the cell is not doubled; {QUOTES}"
                ))
            }
        }
    }

    fn carriage_return(&self, row: &Row) -> Error {
        let cell = row.cells.len().saturating_sub(1);
        let what = "a carriage return ends this row too early; other rows end with line feeds";
        Error::at(self.place(row.number, cell), what)
            .hint(format!("remove it, or put the cell in quotes; {QUOTES}"))
    }

    /// A quote that ends an unquoted cell and opened nowhere.
    fn stray_quote(&self, row: &Row) -> Result<Option<Finding>> {
        let Some(stray) = row.stray else { return Ok(None) };
        let place = self.place(row.number, stray.cell);
        let shown = shorten(row.cell(stray.cell).trim(), 40);
        if stray.may_be_inches && row.cells.len() == self.width {
            let message = format!("`{shown}` ends with a quote that opened nowhere; it is kept");
            return Ok(Some(Finding::new(FindingKind::StrayQuote, place, message)));
        }
        let what = format!("a quote closes that never opened: `{shown}`");
        Err(Error::at(place, what).hint(format!("an opening quote is missing; {QUOTES}")))
    }

    /// The first cell that holds whole rows: it opens with a quote whose partner is missing, and a quote that
    /// was not meant so closes it.
    fn swallowing(&self, row: &Row) -> Option<usize> {
        row.quoted.iter().copied().find(|&cell| {
            swallows_rows(row.cell(cell), cell, (self.width, row.cells.len()), self.delimiter)
        })
    }

    fn swallowed(&self, row: &Row, cell: usize) -> Error {
        let lines = row.cell(cell).matches('\n').count();
        let what = format!(
            "this quoted cell holds what looks like {} of the table: `{}`",
            count(lines, "more row"),
            shorten(row.cell(cell).lines().nth(1).unwrap_or_default(), 40)
        );
        Error::at(self.place(row.number, cell), what).hint(
            "its closing quote is missing: add it; if the cell is right, put a space after the commas in it",
        )
    }
}

/// Whether a quoted cell at `index` of a row of `length` cells reads as the rest of a row, whole rows of
/// `width` cells, and the beginning of one whose rest follows the cell.
fn swallows_rows(cell: &str, index: usize, (width, length): (usize, usize), delimiter: u8) -> bool {
    /// Rows of fewer cells are not told by their number alone.
    const MANY: usize = 6;
    let delimiter = char::from(delimiter);
    let cuts = |line: &str| line.matches(delimiter).count();
    let lines: Vec<&str> = cell.split('\n').filter(|line| !line.trim().is_empty()).collect();
    let [first, middle @ .., last] = lines.as_slice() else { return false };
    let begins_a_row = |line: &&str| {
        line.split_once(delimiter).is_some_and(|(id, rest)| {
            !id.is_empty() && !id.contains(char::is_whitespace) && !rest.starts_with(' ')
        })
    };
    let is_row = |line: &&str| width >= MANY || begins_a_row(line);
    cuts(last) > 0
        && index + cuts(first) + 1 == width
        && length + cuts(last) == index + width
        && middle.iter().all(|line| cuts(line) + 1 == width && is_row(line))
        && is_row(last)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn swallows(cell: &str, index: usize) -> bool {
        swallows_rows(cell, index, (4, 4), b',')
    }

    #[test]
    fn cells_that_hold_rows_are_told_from_cells_of_several_lines() {
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
