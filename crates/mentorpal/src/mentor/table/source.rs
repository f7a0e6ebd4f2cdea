//! The text of a table's file and its delimiter, before the text is parsed into rows.

use std::path::{Path, PathBuf};

use super::parse::Parsed;
use crate::error::{Error, Location, Result};
use crate::files::{self, Decoded, near};
use crate::mentor::finding::{Finding, FindingKind};

/// The supported delimiters. Spreadsheets write semicolons in locales with a decimal comma.
const DELIMITERS: [u8; 3] = [b',', b';', b'\t'];

/// The hint that shows how to get an example of a file.
pub(super) const EXAMPLE: &str =
    "run `mentorpal new DIR` for a workspace with an example of each file";

/// A table's file as text.
pub(super) struct Source {
    pub(super) path: PathBuf,
    decoded: Decoded,
    /// The delimiter of a first line such as `sep=;`.
    named: Option<u8>,
    /// The index in the text where the rows start, after that line.
    begin: usize,
}

impl Source {
    /// Reads the file at `path`.
    ///
    /// # Errors
    /// If the file cannot be read, is not text, or has an invalid `sep=` line.
    pub(super) fn read(path: &Path) -> Result<Self> {
        if files::is_absent(path) {
            return Err(near::no_such_file(path, EXAMPLE));
        }
        Self::of(path, files::read_text(path)?)
    }

    pub(super) fn of(path: &Path, decoded: Decoded) -> Result<Self> {
        let path = path.to_owned();
        let first = decoded.text.split(['\n', '\r']).next().unwrap_or_default();
        let delimiter = match SeparatorLine::of(first) {
            SeparatorLine::Absent => return Ok(Self { path, decoded, named: None, begin: 0 }),
            SeparatorLine::Delimiter(delimiter) => delimiter,
            SeparatorLine::Invalid => {
                let what = format!("`{}` has no valid delimiter", first.escape_debug());
                return Err(Error::at(Location::file(path).row(1), what)
                    .hint("write one character after `sep=`: `,`, `;`, `|` or a tab"));
            }
        };
        let rest = &decoded.text[first.len()..];
        let line_end = if rest.starts_with("\r\n") { 2 } else { rest.len().min(1) };
        let begin = first.len() + line_end;
        Ok(Self { path, decoded, named: Some(delimiter), begin })
    }

    /// The possible delimiters, the most likely first.
    pub(super) fn delimiters(&self) -> Vec<u8> {
        self.named.map_or(DELIMITERS.to_vec(), |named| vec![named])
    }

    /// The text of the rows.
    pub(super) fn rows(&self) -> &str {
        &self.decoded.text[self.begin..]
    }

    /// The findings of decoding, located by the rows of `parsed`.
    ///
    /// # Errors
    /// If the text cannot be decoded.
    pub(super) fn findings(&self, parsed: &Parsed) -> Result<Vec<Finding>> {
        let place = |line: usize| Location::file(&self.path).row(self.row_of(line, parsed));
        if let Some(fault) = &self.decoded.fault {
            return Err(Error::at(place(fault.line), fault.message.clone()).hint(FAULTY));
        }
        let finding = |note: &files::encoding::Note| {
            let place =
                if note.is_whole_file { Location::file(&self.path) } else { place(note.line) };
            Finding::new(FindingKind::Encoding, place, note.message.clone())
        };
        Ok(self.decoded.notes.iter().map(finding).collect())
    }

    /// The line of the file for a line counted from the start of the rows.
    pub(super) fn line(&self, line: usize) -> usize {
        line + usize::from(self.named.is_some())
    }

    /// The row that contains a line of the file.
    fn row_of(&self, line: usize, parsed: &Parsed) -> usize {
        let line = line.saturating_sub(usize::from(self.named.is_some()));
        let after = parsed.rows.partition_point(|row| row.line <= line);
        let Some(row) = after.checked_sub(1).map(|index| &parsed.rows[index]) else {
            return line.max(1);
        };
        // The row with the fault follows the last row.
        let is_below = after == parsed.rows.len() && row.line < line;
        parsed.fault.as_ref().filter(|_| is_below).map_or(row.number, |fault| fault.row)
    }
}

/// The hint for a text that cannot be decoded.
pub(crate) const FAULTY: &str = "correct it in a text editor and save the file as UTF-8";

/// The kind of a first line.
#[derive(Debug, PartialEq, Eq)]
enum SeparatorLine {
    /// Not a `sep=` line.
    Absent,
    /// A `sep=` line with this delimiter.
    Delimiter(u8),
    /// A `sep=` line without a valid delimiter.
    Invalid,
}

impl SeparatorLine {
    /// Parses the first line of a table, which may be Excel's `sep=;`.
    fn of(line: &str) -> Self {
        let line = line.trim_start_matches('"');
        let Some(name) = line.get(..4).filter(|begin| begin.eq_ignore_ascii_case("sep=")) else {
            return Self::Absent;
        };
        let name = &line[name.len()..];
        let name = if name == "\\t" { "\t" } else { name };
        let mut characters = name.chars();
        let named = characters.next().filter(|c| c.is_ascii() && !c.is_alphanumeric() && *c != '"');
        // A closing quote, or the delimiters of further empty columns.
        let is_end = |c: char| c == '"' || Some(c) == named || c == ' ';
        match named.filter(|_| characters.all(is_end)) {
            Some(delimiter) => Self::Delimiter(delimiter as u8),
            None => Self::Invalid,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn separator_lines_of_excel_are_parsed() {
        for (line, delimiter) in [
            ("sep=;", b';'),
            ("SEP=,", b','),
            ("sep=\t", b'\t'),
            ("sep=\\t", b'\t'),
            ("\"sep=;\"", b';'),
            ("sep=;;;", b';'),
            ("sep=|", b'|'),
        ] {
            assert_eq!(SeparatorLine::of(line), SeparatorLine::Delimiter(delimiter), "{line}");
        }
        for line in ["sep=", "sep=a", "sep=;x", "sep=é"] {
            assert_eq!(SeparatorLine::of(line), SeparatorLine::Invalid, "{line}");
        }
        for line in ["ID,topics", "separate", "sép=;", ""] {
            assert_eq!(SeparatorLine::of(line), SeparatorLine::Absent, "{line}");
        }
    }
}
