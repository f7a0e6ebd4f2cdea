//! The page of a mentor's training.

use askama::Template;

use super::answers::Answers;
use super::plots;
use crate::error::{Error, Result};
use crate::evaluate::{AnswerShare, TrainingFigures, TrainingRecord};

#[derive(Template)]
#[template(path = "training.html")]
struct TrainingPage<'a> {
    record: &'a TrainingRecord,
    answers: Answers<'a>,
    figures: &'a TrainingFigures,
    /// The beginning of the data's digest, as `checkpoints show` has it.
    data: String,
    worst: Vec<&'a AnswerShare>,
    /// An `<svg>`.
    learning_curve: String,
}

/// The page of a mentor's training, whoever wrote down how it went: all of it is escaped. The same
/// data gives the same bytes: nothing in it tells of the checkpoint, the machine or the time.
///
/// # Errors
/// When the page cannot be put together.
pub fn training_page(record: &TrainingRecord) -> Result<String> {
    let figures = &record.figures;
    let page = TrainingPage {
        record,
        answers: Answers::Kept(&record.texts),
        figures,
        data: record.data_sha256.chars().take(12).collect(),
        worst: figures.worst().collect(),
        learning_curve: plots::learning_curve(&figures.learning_curve),
    };
    page.render().map_err(|e| Error::new("cannot write the page").caused_by(e))
}
