//! The page of a mentor's training.

use askama::Template;

use super::answers::Answers;
use super::{TrainedMentor, plots};
use crate::error::{Error, Result};
use crate::evaluate::{AnswerShare, TrainingFigures};
use crate::mentor::Mentor;

#[derive(Template)]
#[template(path = "training.html")]
struct TrainingPage<'a> {
    arch: &'a str,
    mentor: &'a Mentor,
    answers: Answers<'a>,
    figures: &'a TrainingFigures,
    notes: &'a [String],
    /// How many distinct questions there are.
    questions: usize,
    /// The beginning of the data's digest, as `checkpoints show` has it.
    data: String,
    worst: Vec<&'a AnswerShare>,
    /// An `<svg>`.
    learning_curve: String,
}

/// The page of a mentor's training. The same data gives the same bytes: nothing in it tells of
/// the checkpoint, the machine or the time.
///
/// # Errors
/// When the page cannot be put together.
pub fn training_page(trained: TrainedMentor) -> Result<String> {
    let TrainedMentor { arch, mentor, figures, notes } = trained;
    let page = TrainingPage {
        arch,
        mentor,
        answers: Answers(mentor),
        figures,
        notes,
        questions: mentor.examples().len(),
        data: mentor.digest().chars().take(12).collect(),
        worst: figures.worst().collect(),
        learning_curve: plots::learning_curve(&figures.learning_curve),
    };
    page.render().map_err(|e| Error::new("cannot write the page").caused_by(e))
}
