//! Warnings, as values. The command line prints them.

use std::fmt;

use crate::checkpoint::CheckpointRef;
use crate::error::Error;
use crate::mentor::Finding;
use crate::text::format::count;
use crate::workspace::MentorId;

/// Something that did not stop the work, but that a person should look at.
///
/// [`Display`](fmt::Display) gives the text that the command line prints.
#[derive(Debug)]
#[non_exhaustive]
pub enum Warning {
    /// An irregularity in a mentor's files.
    MentorData {
        /// The mentor.
        mentor: MentorId,
        /// The irregularity and its location.
        finding: Finding,
    },
    /// A difference between a model of the Python pipeline and the mentor's current data.
    Conversion {
        /// The mentor.
        mentor: MentorId,
        /// The difference.
        note: String,
    },
    /// A mentor's data changed since its model was trained.
    DataChanged {
        /// The mentor.
        mentor: MentorId,
        /// The checkpoint with the model.
        checkpoint: CheckpointRef,
        /// The amount of data at training time.
        trained: DataSize,
        /// The amount of data now.
        now: DataSize,
    },
    /// The background questions changed since a model was trained. Reported by tests, once per opened checkpoint.
    BackgroundChanged {
        /// The checkpoint with the model.
        checkpoint: CheckpointRef,
    },
    /// A checkpoint was left out of the search for the newest one, because its manifest is invalid.
    CheckpointSkipped(Error),
}

/// The amount of a mentor's data.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DataSize {
    /// Number of answers.
    pub answers: usize,
    /// Number of questions, including repetitions.
    pub questions: usize,
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::MentorData { finding, .. } => finding.fmt(f),
            Self::Conversion { mentor, note } => write!(f, "{mentor}: {note}"),
            Self::DataChanged { mentor, checkpoint, trained, now } => write!(
                f,
                "the data of `{mentor}` changed since `{checkpoint}` was trained on it ({trained} \
                 then, {now} now); train again to use the new data"
            ),
            Self::BackgroundChanged { checkpoint } => write!(
                f,
                "the background questions changed since `{checkpoint}` was trained (the questions \
                 of other mentors changed); train again to calibrate with the new ones"
            ),
            Self::CheckpointSkipped(error) => write!(f, "checkpoint skipped: {error}"),
        }
    }
}

impl fmt::Display for DataSize {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { answers, questions } = *self;
        write!(f, "{} and {}", count(answers, "answer"), count(questions, "question"))
    }
}
