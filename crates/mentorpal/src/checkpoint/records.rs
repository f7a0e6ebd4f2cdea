//! The parts of a checkpoint's manifest: its vector model, its mentors, and the checkpoint that it was
//! imported from.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::mentor::Mentor;
use crate::publish::FileRecord;
use crate::sha256;
use crate::vectors::{ModelKind, VectorModel};

/// The vector model of a checkpoint.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct VectorsRecord {
    /// Its name at training time. The digest identifies the model, under any name.
    pub name: String,
    /// `words`, `static` or `encoder`.
    pub kind: ModelKind,
    /// [`VectorModel::sha256`].
    pub sha256: String,
}

/// The checkpoint of the Python pipeline that a checkpoint was imported from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImportedFrom {
    /// The name of its folder.
    pub checkpoint: String,
    /// The file name of its word vectors.
    pub vectors: Option<String>,
    /// The files that were read, by path within its folder.
    pub files: BTreeMap<String, FileRecord>,
}

impl From<&VectorModel> for VectorsRecord {
    fn from(model: &VectorModel) -> Self {
        Self {
            name: model.name().to_owned(),
            kind: model.kind(),
            sha256: model.sha256().to_owned(),
        }
    }
}

/// One mentor of a checkpoint.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(from = "MentorFields", into = "MentorFields")]
pub struct MentorRecord {
    /// [`Mentor::digest`](crate::mentor::Mentor::digest) at training time.
    pub data_sha256: String,
    /// [`background_digest`] of the background questions at training time; `None` in format 1, and for
    /// an imported model, which was not trained on any.
    pub background_sha256: Option<String>,
    /// Number of answers.
    pub answers: usize,
    /// Number of questions, including repetitions.
    pub questions: usize,
    /// Number of distinct questions, on which the model was trained.
    pub distinct_questions: usize,
    /// Leave-one-out accuracy in 0..=1, if it could be measured.
    pub loo_accuracy: Option<f64>,
}

/// The JSON fields of a [`MentorRecord`].
#[derive(Serialize, Deserialize)]
struct MentorFields {
    data_sha256: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    background_sha256: Option<String>,
    answers: usize,
    questions: usize,
    distinct_questions: usize,
    #[serde(default)]
    loo_accuracy: Option<f64>,
    /// Deprecated: the former name of `loo_accuracy`, written for older readers.
    #[serde(default)]
    cv_accuracy: Option<f64>,
}

impl From<MentorFields> for MentorRecord {
    fn from(fields: MentorFields) -> Self {
        Self {
            data_sha256: fields.data_sha256,
            background_sha256: fields.background_sha256,
            answers: fields.answers,
            questions: fields.questions,
            distinct_questions: fields.distinct_questions,
            loo_accuracy: fields.loo_accuracy.or(fields.cv_accuracy),
        }
    }
}

impl From<MentorRecord> for MentorFields {
    fn from(record: MentorRecord) -> Self {
        Self {
            data_sha256: record.data_sha256,
            background_sha256: record.background_sha256,
            answers: record.answers,
            questions: record.questions,
            distinct_questions: record.distinct_questions,
            loo_accuracy: record.loo_accuracy,
            cv_accuracy: record.loo_accuracy,
        }
    }
}

/// Returns the SHA-256, in hex, of background questions: of one line per question, in their order, each
/// with a line feed.
#[must_use]
pub fn background_digest(questions: &[String]) -> String {
    let lines: String = questions.iter().flat_map(|question| [question.as_str(), "\n"]).collect();
    sha256::digest(lines.as_bytes())
}

impl MentorRecord {
    /// The record of a mentor with its current data, trained with the background questions of digest
    /// `background_sha256`.
    #[must_use]
    pub fn of(
        mentor: &Mentor,
        background_sha256: Option<String>,
        loo_accuracy: Option<f64>,
    ) -> Self {
        Self {
            data_sha256: mentor.digest(),
            background_sha256,
            answers: mentor.answers.len(),
            questions: mentor.question_count(),
            distinct_questions: mentor.examples().len(),
            loo_accuracy,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // `printf 'who are you\nwhere\n' | sha256sum`
    #[test]
    fn the_background_digest_is_that_of_one_line_per_question() {
        let questions = ["who are you".to_owned(), "where".to_owned()];
        assert_eq!(
            background_digest(&questions),
            "0295b8b3077b4acd1695826d15a68425d7a6c85cf408fd849afd7322ec02d42e"
        );
    }
}
