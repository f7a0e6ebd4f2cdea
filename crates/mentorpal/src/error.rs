//! Errors: their kind, location, message, and hint.
//!
//! Every fallible function of the library returns [`Error`]. The command-line program prints it and
//! exits with 2. A problem in a mentor's data that does not stop the work is a
//! [`Finding`](crate::mentor::Finding) instead.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

/// A result whose error is [`Error`] by default.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// The category of an [`Error`], for callers that match on it.
///
/// ```
/// use mentorpal::error::ErrorKind;
/// use mentorpal::workspace::Workspace;
/// let error = Workspace::open("no/such/folder").unwrap_err();
/// assert_eq!(error.kind(), ErrorKind::NotFound);
/// assert_eq!(error.kind().as_str(), "not_found");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The mentor, checkpoint, file or remote item does not exist.
    NotFound,
    /// Something with this name already exists.
    AlreadyExists,
    /// A file does not match its digest or its format.
    Corrupt,
    /// A file of the workspace, a setting or an argument is invalid.
    InvalidInput,
    /// The input is valid, but this version, platform or server does not support it.
    Unsupported,
    /// Credentials or permissions are missing or refused.
    Unauthorized,
    /// A server cannot be reached, or reported a temporary failure.
    Unreachable,
    /// Another process changed the same checkpoint, file or vector model.
    Conflict,
    /// The disk, the quota or the memory is full.
    OutOfSpace,
    /// The user or the system stopped the command.
    Interrupted,
    /// Reading or writing a file failed for another reason.
    Io,
    /// A bug in this program.
    Internal,
}

impl ErrorKind {
    /// All kinds.
    pub const ALL: &[Self] = &[
        Self::NotFound,
        Self::AlreadyExists,
        Self::Corrupt,
        Self::InvalidInput,
        Self::Unsupported,
        Self::Unauthorized,
        Self::Unreachable,
        Self::Conflict,
        Self::OutOfSpace,
        Self::Interrupted,
        Self::Io,
        Self::Internal,
    ];

    /// The kind as `--json` prints it, for example `not_found`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::NotFound => "not_found",
            Self::AlreadyExists => "already_exists",
            Self::Corrupt => "corrupt",
            Self::InvalidInput => "invalid_input",
            Self::Unsupported => "unsupported",
            Self::Unauthorized => "unauthorized",
            Self::Unreachable => "unreachable",
            Self::Conflict => "conflict",
            Self::OutOfSpace => "out_of_space",
            Self::Interrupted => "interrupted",
            Self::Io => "io",
            Self::Internal => "internal",
        }
    }

    /// The kind that corresponds to an error of the operating system.
    #[must_use]
    pub fn of_io(error: &io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::NotFound => Self::NotFound,
            io::ErrorKind::AlreadyExists => Self::AlreadyExists,
            io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => {
                Self::Unauthorized
            }
            io::ErrorKind::StorageFull
            | io::ErrorKind::QuotaExceeded
            | io::ErrorKind::OutOfMemory => Self::OutOfSpace,
            io::ErrorKind::Interrupted => Self::Interrupted,
            io::ErrorKind::Unsupported => Self::Unsupported,
            io::ErrorKind::InvalidData | io::ErrorKind::UnexpectedEof => Self::Corrupt,
            _ => Self::Io,
        }
    }
}

/// A file or folder and, in a table, its row and column.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Location {
    /// The file or folder.
    pub path: PathBuf,
    /// The row number, from 1, as a spreadsheet shows it.
    pub row: Option<usize>,
    /// The column's header, or its letter (`C`) in a table without a header.
    pub column: Option<String>,
}

impl Location {
    /// A whole file or folder.
    pub fn file(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into(), row: None, column: None }
    }

    /// The same file at `row` (counted from 1).
    #[must_use]
    pub fn row(mut self, row: usize) -> Self {
        self.row = Some(row);
        self
    }

    /// The same row at `column`.
    #[must_use]
    pub fn column(mut self, column: impl Into<String>) -> Self {
        self.column = Some(column.into());
        self
    }
}

impl fmt::Display for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.path.display())?;
        if let Some(row) = self.row {
            write!(f, ", row {row}")?;
        }
        if let Some(column) = &self.column {
            write!(f, ", column `{column}`")?;
        }
        Ok(())
    }
}

/// An error: its kind, location, message, hint, and cause.
///
/// The kind is [`InvalidInput`](ErrorKind::InvalidInput) unless [`with_kind`](Self::with_kind) or
/// [`io`](Self::io) sets another one.
#[derive(Debug)]
pub struct Error(Box<Details>);

#[derive(Debug)]
struct Details {
    kind: ErrorKind,
    is_transient: bool,
    place: Option<Location>,
    message: String,
    hint: Option<String>,
    source: Option<Box<dyn std::error::Error + Send + Sync>>,
}

impl Error {
    /// An error about `what` that only a build with `feature` supports.
    #[cfg_attr(
        all(feature = "hub", feature = "legacy", feature = "reports", feature = "s3"),
        allow(dead_code)
    )]
    pub(crate) fn missing_feature(feature: &str, what: &str) -> Self {
        Self::new(format!("this build does not support {what}"))
            .with_kind(ErrorKind::Unsupported)
            .hint(format!("build the program with the feature `{feature}`"))
    }

    /// An error without a location.
    pub fn new(message: impl Into<String>) -> Self {
        Self(Box::new(Details {
            kind: ErrorKind::InvalidInput,
            is_transient: false,
            place: None,
            message: message.into(),
            hint: None,
            source: None,
        }))
    }

    /// An error at `place`.
    pub fn at(place: Location, message: impl Into<String>) -> Self {
        Self::new(message).or_at(place)
    }

    /// A failed operation on `path`: `cannot <action>`.
    #[must_use]
    pub fn io(path: &Path, action: &str, source: io::Error) -> Self {
        let hint = match source.kind() {
            io::ErrorKind::StorageFull => Some("free some disk space and run the command again"),
            io::ErrorKind::ReadOnlyFilesystem => {
                Some("remount the disk, which is read-only, or use another folder")
            }
            io::ErrorKind::PermissionDenied => Some("check the permissions of this path"),
            io::ErrorKind::AlreadyExists | io::ErrorKind::NotADirectory => {
                Some("move or rename the existing file or folder")
            }
            _ => None,
        };
        let kind = ErrorKind::of_io(&source);
        let error = Self::at(Location::file(path), format!("cannot {action}"))
            .with_kind(kind)
            .caused_by(source);
        if let Some(hint) = hint { error.hint(hint) } else { error }
    }

    /// The same error, of another kind.
    #[must_use]
    pub fn with_kind(mut self, kind: ErrorKind) -> Self {
        self.0.kind = kind;
        self
    }

    /// The same error, marked as transient.
    #[must_use]
    pub fn transient(mut self) -> Self {
        self.0.is_transient = true;
        self
    }

    /// The category of the error.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// Whether the same call may succeed later without any change.
    #[must_use]
    pub fn is_transient(&self) -> bool {
        self.0.is_transient
    }

    /// The same error with a hint, which is an action for the user.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.0.hint = Some(hint.into());
        self
    }

    /// The same error with its cause.
    #[must_use]
    pub fn caused_by(
        mut self,
        source: impl Into<Box<dyn std::error::Error + Send + Sync>>,
    ) -> Self {
        self.0.source = Some(source.into());
        self
    }

    /// The same error at `place`, unless it has a location already.
    #[must_use]
    pub fn or_at(mut self, place: Location) -> Self {
        self.0.place.get_or_insert(place);
        self
    }

    /// The same error at `place`, whatever its location was.
    #[must_use]
    pub(crate) fn moved_to(mut self, place: Location) -> Self {
        self.0.place = Some(place);
        self
    }

    /// The same error with `prefix` and a colon before its message.
    #[must_use]
    pub(crate) fn prefixed(mut self, prefix: &str) -> Self {
        self.0.message = format!("{prefix}: {}", self.0.message);
        self
    }

    /// The location, if the error has one.
    #[must_use]
    pub fn place(&self) -> Option<&Location> {
        self.0.place.as_ref()
    }

    /// The message, without location and cause.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.0.message
    }

    /// The message and the cause, without the location.
    #[must_use]
    pub fn reason(&self) -> String {
        match &self.0.source {
            Some(source) => format!("{}: {source}", self.0.message),
            None => self.0.message.clone(),
        }
    }

    /// The hint, if there is one.
    #[must_use]
    pub fn hint_text(&self) -> Option<&str> {
        self.0.hint.as_deref()
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(place) = &self.0.place {
            write!(f, "{place}: ")?;
        }
        f.write_str(&self.0.message)
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.0.source.as_deref().map(|source| source as &(dyn std::error::Error + 'static))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_location_shows_file_row_and_column() {
        let place = Location::file("data/topics.csv").row(3).column("group");
        assert_eq!(place.to_string(), "data/topics.csv, row 3, column `group`");
    }
}
