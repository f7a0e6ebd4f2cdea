//! A strict CSV parser: ambiguous text is a fault with its row and cell.
//!
//! The rules are those of RFC 4180 as spreadsheets apply them:
//!
//! - A cell is quoted if its first character other than a blank is `"`. It ends at the next `"` that is not
//!   doubled, and only blanks may follow up to the delimiter or the end of the row. Other text there is a
//!   fault: usually the closing quote of an earlier cell is missing.
//! - Quotes within unquoted cells are text (`a 5" pipe`, `he said "hi"`). An unmatched quote at the end of a
//!   cell is recorded in its row: usually the opening quote is missing.
//! - Rows end with LF, CRLF or CR. Line breaks within quoted cells become LF.

/// A row of a table.
#[derive(Debug)]
pub(in crate::mentor) struct TableRow {
    /// The row number, from 1, as in a spreadsheet: blank rows count, line breaks within cells do not.
    pub(in crate::mentor) number: usize,
    /// The first line of the row in the file, from 1.
    pub(super) line: usize,
    pub(super) cells: Vec<String>,
    /// The indices of quoted cells.
    pub(super) quoted: Vec<usize>,
    /// The end of the row.
    pub(super) end: RowEnd,
    /// The first unquoted cell that ends with an unmatched quote.
    pub(super) stray: Option<Stray>,
}

/// The end of a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum RowEnd {
    /// LF or CRLF.
    LineFeed,
    /// CR without LF.
    CarriageReturn,
    /// The end of the file.
    File,
}

/// An unquoted cell that ends with an unmatched quote.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Stray {
    /// The index of the cell.
    pub(super) cell: usize,
    /// Whether the quote may mean inches: it follows one to three digits at the end of a text.
    pub(super) may_be_inches: bool,
}

/// The fault that makes a text an invalid table.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Fault {
    /// The row of the cell's opening quote, as in [`TableRow::number`].
    pub(super) row: usize,
    /// The index of the cell.
    pub(super) cell: usize,
    pub(super) kind: FaultKind,
}

/// The kinds of faults of a quoted cell.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum FaultKind {
    /// The closing quote is missing.
    Open,
    /// Text follows the closing quote, in this line.
    TextAfter { text: String, line: usize },
}

/// The rows of a text, up to the first fault.
#[derive(Debug)]
pub(super) struct Parsed {
    pub(super) rows: Vec<TableRow>,
    pub(super) fault: Option<Fault>,
}

/// Parses all rows. Blank lines are not returned, but count for the row numbers.
pub(super) fn parse(text: &str, delimiter: u8) -> Parsed {
    let mut parser = Parser { text, delimiter, at: 0, line: 1, row: 0 };
    let mut rows = Vec::new();
    loop {
        match parser.row() {
            Ok(Some(row)) => rows.push(row),
            Ok(None) => return Parsed { rows, fault: None },
            Err(fault) => return Parsed { rows, fault: Some(fault) },
        }
    }
}

struct Parser<'a> {
    text: &'a str,
    delimiter: u8,
    /// The index of the next byte.
    at: usize,
    line: usize,
    row: usize,
}

impl<'a> Parser<'a> {
    fn byte(&self, index: usize) -> Option<u8> {
        self.text.as_bytes().get(index).copied()
    }

    fn is_end_of_cell(&self, index: usize) -> bool {
        self.byte(index).is_none_or(|byte| byte == self.delimiter || matches!(byte, b'\n' | b'\r'))
    }

    /// The next row that is not blank.
    fn row(&mut self) -> Result<Option<TableRow>, Fault> {
        loop {
            self.row += 1;
            if self.at == self.text.len() {
                return Ok(None);
            }
            if self.line_break().is_none() {
                return self.cells().map(Some);
            }
        }
    }

    /// Skips a line break, if there is one.
    fn line_break(&mut self) -> Option<RowEnd> {
        let (length, end) = match (self.byte(self.at)?, self.byte(self.at + 1)) {
            (b'\n', _) => (1, RowEnd::LineFeed),
            (b'\r', Some(b'\n')) => (2, RowEnd::LineFeed),
            (b'\r', _) => (1, RowEnd::CarriageReturn),
            _ => return None,
        };
        self.at += length;
        self.line += 1;
        Some(end)
    }

    fn cells(&mut self) -> Result<TableRow, Fault> {
        let mut row = TableRow {
            number: self.row,
            line: self.line,
            cells: Vec::new(),
            quoted: Vec::new(),
            end: RowEnd::File,
            stray: None,
        };
        loop {
            let index = row.cells.len();
            let begin = self.after_blanks(self.at);
            if self.byte(begin) == Some(b'"') {
                row.quoted.push(index);
                row.cells.push(self.quoted(begin + 1, index)?);
            } else {
                let cell = self.unquoted();
                row.stray = row.stray.or_else(|| stray(cell, index));
                row.cells.push(cell.to_owned());
            }
            match self.byte(self.at) {
                Some(byte) if byte == self.delimiter => self.at += 1,
                _ => {
                    row.end = self.line_break().unwrap_or(RowEnd::File);
                    return Ok(row);
                }
            }
        }
    }

    fn unquoted(&mut self) -> &'a str {
        let begin = self.at;
        while !self.is_end_of_cell(self.at) {
            self.at += 1;
        }
        &self.text[begin..self.at]
    }

    /// The quoted cell whose text starts at `begin`, after its opening quote.
    fn quoted(&mut self, begin: usize, cell: usize) -> Result<String, Fault> {
        let fault = |kind| Fault { row: self.row, cell, kind };
        let mut end = begin;
        loop {
            match self.text[end..].find('"') {
                None => return Err(fault(FaultKind::Open)),
                Some(more) if self.byte(end + more + 1) == Some(b'"') => end += more + 2,
                Some(more) => {
                    end += more;
                    break;
                }
            }
        }
        let content = line_feeds(&self.text[begin..end]);
        let line = self.line + content.matches('\n').count();
        let after = self.after_blanks(end + 1);
        if !self.is_end_of_cell(after) {
            let rest = self.text[after..].split(['\n', '\r']).next().unwrap_or_default();
            return Err(fault(FaultKind::TextAfter { text: rest.to_owned(), line }));
        }
        self.line = line;
        self.at = after;
        Ok(content.replace("\"\"", "\""))
    }

    /// The index of the first character at or after `index` that is not a blank. A delimiter is not a blank.
    fn after_blanks(&self, index: usize) -> usize {
        let is_blank = |byte| byte == b' ' || (byte == b'\t' && self.delimiter != b'\t');
        let blanks = self.text.as_bytes()[index..].iter().take_while(|&&byte| is_blank(byte));
        index + blanks.count()
    }
}

/// `text` with every line break as LF.
fn line_feeds(text: &str) -> String {
    text.replace("\r\n", "\n").replace('\r', "\n")
}

/// The unmatched quote at the end of an unquoted cell, if there is one. Curly quotes match, too.
fn stray(cell: &str, index: usize) -> Option<Stray> {
    let before = cell.trim_end().strip_suffix('"')?;
    let has_partner = before.matches('"').count() % 2 == 1 || before.contains(['“', '„', '”', '«']);
    let digits = before.chars().rev().take_while(char::is_ascii_digit).count();
    // `is it 65"`, `I am 6'2"`, `about 1/2"`; not an id such as `a4"`.
    let is_in_a_text = before[..before.len() - digits]
        .ends_with(|c: char| c.is_whitespace() || "'’.,/".contains(c));
    let may_be_inches = (1..=3).contains(&digits) && is_in_a_text;
    let stray = Stray { cell: index, may_be_inches };
    (!has_partner).then_some(stray)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cells(text: &str) -> Vec<Vec<String>> {
        let parsed = parse(text, b',');
        assert_eq!(parsed.fault, None);
        parsed.rows.into_iter().map(|row| row.cells).collect()
    }

    fn fault(text: &str) -> (usize, usize, FaultKind) {
        let fault = parse(text, b',').fault.unwrap();
        (fault.row, fault.cell, fault.kind)
    }

    // Expected values: Python's `csv.reader(..., strict=True, skipinitialspace=True)`.
    #[test]
    fn quoted_cells_are_unquoted() {
        for (text, expected) in [
            ("a,\"b\"\n", &["a", "b"][..]),
            ("a,\"b\"\"c\"\"\"", &["a", "b\"c\""]),
            ("a, \"b, c\" ,d", &["a", "b, c", "d"]),
            ("\"\",\"\"\"\"", &["", "\""]),
            ("a,5\" pipe,he said \"hi\", x", &["a", "5\" pipe", "he said \"hi\"", " x"]),
            ("a,\"b\r\nc\rd\"\r\n", &["a", "b\nc\nd"]),
            ("a,", &["a", ""]),
        ] {
            assert_eq!(cells(text), [expected.iter().map(|&c| c.to_owned()).collect::<Vec<_>>()]);
        }
    }

    #[test]
    fn rows_are_numbered_as_in_a_spreadsheet() {
        let parsed = parse("ID,question\r\n1,\"a\r\n\r\nb\"\r\n\r\n2,c\r3,d", b',');
        let found: Vec<_> = parsed.rows.iter().map(|row| (row.number, row.line)).collect();
        assert_eq!(found, [(1, 1), (2, 2), (4, 6), (5, 7)]);
        assert_eq!(parsed.rows[1].cells[1], "a\n\nb");
    }

    #[test]
    fn text_after_a_closing_quote_is_a_fault() {
        let swallowed = "h,h,h,h\n1,,\"I was born in Kyiv.,where\n2,,\"I am a nurse.\",what\n";
        let after = |text: &str, line| FaultKind::TextAfter { text: text.to_owned(), line };
        assert_eq!(fault(swallowed), (2, 2, after("I am a nurse.\",what", 3)));
        assert_eq!(fault("a,b\n\nc,\"d\" e"), (3, 1, after("e", 3)));
        assert_eq!(fault("\"H\"o"), (1, 0, after("o", 1)));
    }

    #[test]
    fn a_quote_that_never_closes_is_a_fault() {
        assert_eq!(fault("a,b\nc,\"d\ne,f\n"), (2, 1, FaultKind::Open));
        assert_eq!(fault("a,\""), (1, 1, FaultKind::Open));
        assert_eq!(fault("a,\"b\"\""), (1, 1, FaultKind::Open));
    }

    #[test]
    fn unmatched_closing_quotes_are_recorded() {
        let stray = |text| parse(text, b',').rows.remove(0).stray;
        assert_eq!(stray("a,b\",c"), Some(Stray { cell: 1, may_be_inches: false }));
        assert_eq!(stray("a,is it 65\" "), Some(Stray { cell: 1, may_be_inches: true }));
        assert_eq!(stray("a,I am 6'2\""), Some(Stray { cell: 1, may_be_inches: true }));
        assert_eq!(stray("a1\",b"), Some(Stray { cell: 0, may_be_inches: false }));
        assert_eq!(stray("1\",b"), Some(Stray { cell: 0, may_be_inches: false }));
        assert_eq!(stray("a,in 1985\""), Some(Stray { cell: 1, may_be_inches: false }));
        assert_eq!(stray("a,he said \"hi\",“so\",\"x\""), None);
    }
}
