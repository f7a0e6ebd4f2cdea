//! What is noticed in a mentor's data without stopping the work.

use std::fmt;
use std::path::Path;

use serde::Serialize;

use crate::error::Location;
use crate::files::near::{advice, near_name};

/// Something worth a look in the data, at a place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// Of what kind.
    pub kind: FindingKind,
    /// Where.
    pub place: Location,
    /// What, in words.
    pub message: String,
}

/// The kinds of [`Finding`], the most harmful first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum FindingKind {
    /// A question that leads to two different answers.
    Contradiction,
    /// Two rows with one answer id.
    DuplicateId,
    /// A row that repeats the header.
    RepeatedHeader,
    /// A row with more cells than the header, or a cell in a column without a name.
    LongRow,
    /// An id with characters that nothing shows.
    InvisibleCharacter,
    /// A quote that ends a cell and opened nowhere.
    StrayQuote,
    /// An error value of a spreadsheet (`#NAME?`).
    SpreadsheetError,
    /// An HTML entity (`&amp;`).
    HtmlEntity,
    /// A cell with nothing in it.
    EmptyCell,
    /// A file that is absent or could not be read.
    MissingFile,
    /// A file in another encoding than UTF-8, or with lost characters.
    Encoding,
    /// A question given twice for one answer.
    RepeatedQuestion,
    /// Two questions of different answers that nearly read the same.
    NearDuplicate,
    /// A topic that `topics.csv` does not have.
    UnknownTopic,
    /// An answer with only one question, so that leave-one-out cannot measure it.
    SingleQuestion,
    /// A question too long to have been typed.
    LongQuestion,
    /// An answer that no test set asks for.
    UntestedAnswer,
    /// A mark, row or column of a test set that cannot be used.
    TestSet,
}

impl FindingKind {
    /// The kind as a heading, in the plural.
    #[must_use]
    pub fn heading(self) -> &'static str {
        match self {
            Self::Contradiction => "questions that lead to two different answers",
            Self::DuplicateId => "answer ids given twice",
            Self::RepeatedHeader => "repeated first rows",
            Self::LongRow => "rows longer than the header",
            Self::InvisibleCharacter => "ids with invisible characters",
            Self::StrayQuote => "quotes that opened nowhere",
            Self::SpreadsheetError => "error values of a spreadsheet",
            Self::HtmlEntity => "HTML entities",
            Self::EmptyCell => "empty cells",
            Self::MissingFile => "missing or unreadable files",
            Self::Encoding => "encoding",
            Self::RepeatedQuestion => "questions repeated for one answer",
            Self::NearDuplicate => "near-duplicates with different answers",
            Self::UnknownTopic => "topics not in topics.csv",
            Self::SingleQuestion => "answers with a single question",
            Self::LongQuestion => "questions longer than anybody types",
            Self::UntestedAnswer => "answers no test asks for",
            Self::TestSet => "test sets",
        }
    }
}

impl Finding {
    /// A finding of `kind` at `place`.
    pub fn new(kind: FindingKind, place: Location, message: impl Into<String>) -> Self {
        Self { kind, place, message: message.into() }
    }
}

/// That the file at `path` is absent, and what may be meant for it.
pub(super) fn absent_file(path: &Path) -> String {
    let near = near_name(path).map(|near| format!(" ({})", advice(path, &near)));
    format!("no such file{}", near.unwrap_or_default())
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.place, self.message)
    }
}
