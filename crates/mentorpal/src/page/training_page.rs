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
    /// The first 12 digits of the data's digest, as in `checkpoints show`.
    data: String,
    /// The answers that need more paraphrases, worst first.
    worst: Vec<&'a AnswerShare>,
    /// The plot of the learning curve, an `<svg>` element.
    learning_curve: String,
}

/// Returns the page of a mentor's training. The record may come from an untrusted source, so every
/// value is escaped. The page contains nothing about the checkpoint, the machine or the time, so
/// the same data gives the same bytes.
///
/// # Errors
/// If the page cannot be rendered.
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
