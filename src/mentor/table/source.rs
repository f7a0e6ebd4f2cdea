//! The text of a table's file, before it is cut into rows.

use std::path::{Path, PathBuf};

use super::parse::Parsed;
use crate::error::{Error, Location, Result};
use crate::files::{self, Decoded, near};
use crate::mentor::finding::{Finding, FindingKind};

/// What separates cells: a comma, or what spreadsheets write where the comma is in numbers.
const DELIMITERS: [u8; 3] = [b',', b';', b'\t'];

/// Where to see how a file should look.
pub(super) const EXAMPLE: &str =
    "`mentorpal new DIR` makes a workspace with an example of each file";

/// A table's file as text.
pub(super) struct Source {
    pub(super) path: PathBuf,
    decoded: Decoded,
    /// The delimiter that the file names in its first line, `sep=;`.
    named: Option<u8>,
    /// Where the rows begin in the text: after that line.
    begin: usize,
}

impl Source {
    /// Reads the file at `path`.
    ///
    /// # Errors
    /// When it cannot be read, is no text, or names an unusable delimiter.
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
            SeparatorLine::Names(delimiter) => delimiter,
            SeparatorLine::NamesNone => {
                let what = format!("`{}` names no separator", first.escape_debug());
                return Err(Error::at(Location::file(path).row(1), what)
                    .hint("after `sep=` stands one character: `,`, `;`, `|` or a tab"));
            }
        };
        let rest = &decoded.text[first.len()..];
        let line_end = if rest.starts_with("\r\n") { 2 } else { rest.len().min(1) };
        let begin = first.len() + line_end;
        Ok(Self { path, decoded, named: Some(delimiter), begin })
    }

    /// What may separate the cells, the likeliest first.
    pub(super) fn delimiters(&self) -> Vec<u8> {
        self.named.map_or(DELIMITERS.to_vec(), |named| vec![named])
    }

    /// The text of the rows.
    pub(super) fn rows(&self) -> &str {
        &self.decoded.text[self.begin..]
    }

    /// What was noticed while decoding, by the rows of `parsed`.
    ///
    /// # Errors
    /// When the text must not be used.
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

    /// The line of the file that is so many lines into the rows.
    pub(super) fn line(&self, line: usize) -> usize {
        line + usize::from(self.named.is_some())
    }

    /// The row that a line of the file is in.
    fn row_of(&self, line: usize, parsed: &Parsed) -> usize {
        let line = line.saturating_sub(usize::from(self.named.is_some()));
        let after = parsed.rows.partition_point(|row| row.line <= line);
        let Some(row) = after.checked_sub(1).map(|index| &parsed.rows[index]) else {
            return line.max(1);
        };
        // Below the last row there may be the one that has a fault.
        let is_below = after == parsed.rows.len() && row.line < line;
        parsed.fault.as_ref().filter(|_| is_below).map_or(row.number, |fault| fault.row)
    }
}

/// What to do about a text that must not be used.
pub(crate) const FAULTY: &str = "correct it in a text editor and save the file as UTF-8";

/// What a first line says of the delimiter.
#[derive(Debug, PartialEq, Eq)]
enum SeparatorLine {
    /// It is no such line.
    Absent,
    /// It names one.
    Names(u8),
    /// It names none, or what cannot be one.
    NamesNone,
}

impl SeparatorLine {
    /// Looks at the first line of a table for Excel's `sep=;`.
    fn of(line: &str) -> Self {
        let line = line.trim_start_matches('"');
        let Some(name) = line.get(..4).filter(|begin| begin.eq_ignore_ascii_case("sep=")) else {
            return Self::Absent;
        };
        let name = &line[name.len()..];
        let name = if name == "\\t" { "\t" } else { name };
        let mut characters = name.chars();
        let named = characters.next().filter(|c| c.is_ascii() && !c.is_alphanumeric() && *c != '"');
        // A closing quote, or the delimiters of the columns beside it.
        let is_end = |c: char| c == '"' || Some(c) == named || c == ' ';
        match named.filter(|_| characters.all(is_end)) {
            Some(delimiter) => Self::Names(delimiter as u8),
            None => Self::NamesNone,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_separator_line_of_excel() {
        for (line, delimiter) in [
            ("sep=;", b';'),
            ("SEP=,", b','),
            ("sep=\t", b'\t'),
            ("sep=\\t", b'\t'),
            ("\"sep=;\"", b';'),
            ("sep=;;;", b';'),
            ("sep=|", b'|'),
        ] {
            assert_eq!(SeparatorLine::of(line), SeparatorLine::Names(delimiter), "{line}");
        }
        for line in ["sep=", "sep=a", "sep=;x", "sep=é"] {
            assert_eq!(SeparatorLine::of(line), SeparatorLine::NamesNone, "{line}");
        }
        for line in ["ID,topics", "separate", "sép=;", ""] {
            assert_eq!(SeparatorLine::of(line), SeparatorLine::Absent, "{line}");
        }
    }
}
