//! Findings: problems in a mentor's data that do not stop the work.

use std::fmt;
use std::path::Path;

use serde::Serialize;

use crate::error::Location;
use crate::files::near::{advice, near_name};

/// A problem in the data and its location.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// The kind of problem.
    pub kind: FindingKind,
    /// The location.
    pub place: Location,
    /// The description.
    pub message: String,
}

/// The kinds of [`Finding`], the most harmful first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum FindingKind {
    /// A question that belongs to two different answers.
    Contradiction,
    /// Two rows with one answer id.
    DuplicateId,
    /// A row that repeats the header.
    RepeatedHeader,
    /// A row with more cells than the header, or a cell in a column without a name.
    LongRow,
    /// An id with invisible characters.
    InvisibleCharacter,
    /// A closing quote without an opening quote.
    StrayQuote,
    /// An error value of a spreadsheet (`#NAME?`).
    SpreadsheetError,
    /// An HTML entity (`&amp;`).
    HtmlEntity,
    /// An empty cell.
    EmptyCell,
    /// A file that is missing or cannot be read.
    MissingFile,
    /// A file in another encoding than UTF-8, or with lost characters.
    Encoding,
    /// A question given twice for one answer.
    RepeatedQuestion,
    /// Two questions of different answers with the same words in another order, or one or two letters
    /// apart.
    NearDuplicate,
    /// A topic that is not in `topics.csv`.
    UnknownTopic,
    /// An answer with only one question, so that leave-one-out cannot measure it.
    SingleQuestion,
    /// A question that is too long to be typed by a user.
    LongQuestion,
    /// An answer that no test set covers.
    UntestedAnswer,
    /// A mark, row, column or file that cannot be used in a test set.
    TestSet,
}

impl FindingKind {
    /// The kind as a heading, in the plural.
    #[must_use]
    pub fn heading(self) -> &'static str {
        match self {
            Self::Contradiction => "questions that belong to two different answers",
            Self::DuplicateId => "answer ids that occur twice",
            Self::RepeatedHeader => "repeated headers",
            Self::LongRow => "rows longer than the header",
            Self::InvisibleCharacter => "ids with invisible characters",
            Self::StrayQuote => "closing quotes without an opening quote",
            Self::SpreadsheetError => "spreadsheet error values",
            Self::HtmlEntity => "HTML entities",
            Self::EmptyCell => "empty cells",
            Self::MissingFile => "missing or unreadable files",
            Self::Encoding => "encoding",
            Self::RepeatedQuestion => "questions repeated within one answer",
            Self::NearDuplicate => "nearly equal questions of different answers",
            Self::UnknownTopic => "topics not in topics.csv",
            Self::SingleQuestion => "answers with a single question",
            Self::LongQuestion => "very long questions",
            Self::UntestedAnswer => "answers that no test set covers",
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

/// The message that the file at `path` is missing, with the name of a similar file if there is one.
pub(super) fn absent_file(path: &Path) -> String {
    let near = near_name(path).map(|near| format!(" ({})", advice(path, &near)));
    format!("no such file{}", near.unwrap_or_default())
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.place, self.message)
    }
}
