//! Classifiers, which assign answers to questions.
//!
//! An [`Architecture`] trains a [`Classifier`] on a mentor, and loads it from model files.
//! [`registry`] lists all architectures. [`MentorClassifier`] answers questions with a mentor's data
//! and a classifier: known questions by exact match, other questions by the classifier, which may
//! decline.

pub mod arch;
mod background;
mod examples;
mod learning_curve;
mod mentor_classifier;
mod model_files;
pub mod registry;

use std::collections::BTreeMap;
use std::sync::Arc;

pub use background::BackgroundQuestions;
pub(crate) use examples::Examples;
pub use mentor_classifier::{MentorClassifier, Reply};

use serde::Serialize;

use crate::error::{Error, Result};
use crate::mentor::Mentor;
use crate::progress::Progress;
use crate::vectors::VectorModel;

/// The files of a model by name. Names have no folder; contents are tensors and text.
pub type ModelFiles = BTreeMap<String, Vec<u8>>;

/// A kind of classifier, with its training.
pub trait Architecture: Sync {
    /// Returns the name, e.g. `fusion_v1`.
    fn name(&self) -> &'static str;

    /// Returns a description of one line.
    fn summary(&self) -> &'static str;

    /// Trains a classifier on a mentor. The same data, options and version give the same model files.
    ///
    /// # Errors
    /// If no classifier can be trained on this mentor.
    fn train(
        &self,
        data: TrainingData<'_>,
        options: &TrainOptions,
        progress: &dyn Progress,
    ) -> Result<Fitted>;

    /// Loads a classifier from the files that [`Classifier::to_files`] returned.
    ///
    /// # Errors
    /// If the files, which are untrusted input, are invalid, or the model was trained with another
    /// vector model.
    fn load(&self, files: &ModelFiles, vectors: &Vectors) -> Result<Box<dyn Classifier>>;
}

/// The vector model to train and answer with, if any.
pub type Vectors = Option<Arc<VectorModel>>;

/// The data that one classifier is trained on.
#[derive(Clone, Copy, Debug)]
pub struct TrainingData<'a> {
    /// The mentor.
    pub mentor: &'a Mentor,
    /// Out-of-scope questions, which the mentor has no answer to; used for calibration.
    pub background_questions: &'a [String],
}

impl<'a> From<&'a Mentor> for TrainingData<'a> {
    /// The mentor without background questions.
    fn from(mentor: &'a Mentor) -> Self {
        Self { mentor, background_questions: &[] }
    }
}

/// The options of a training run, the same for each mentor.
#[derive(Clone, Debug)]
pub struct TrainOptions {
    /// The seed of the random number generator.
    pub seed: u64,
    /// The vector model.
    pub vectors: Vectors,
    /// Whether to measure the figures that only a report shows, such as the learning curve. The
    /// leave-one-out answers are always measured.
    pub full_report: bool,
}

impl Default for TrainOptions {
    /// Seed 0, no vector model, a full report.
    fn default() -> Self {
        Self { seed: 0, vectors: None, full_report: true }
    }
}

/// The result of training.
#[derive(Debug)]
pub struct Fitted {
    /// The trained classifier; [`Classifier::to_files`] returns its model files.
    pub classifier: Box<dyn Classifier>,
    /// Its accuracy, measured without a test set.
    pub report: TrainingReport,
}

/// The accuracy of a model, measured without a test set.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TrainingReport {
    /// Each question whose answer has another question, as a model trained without the question
    /// answers it; in the order of the data.
    pub left_out: Vec<LeftOut>,
    /// Accuracy by the number of training questions, fewest first; empty if the architecture does
    /// not measure it, or nothing could be measured.
    pub learning_curve: Vec<LearningPoint>,
    /// Notes for people, e.g. what could not be measured.
    pub notes: Vec<String>,
}

impl TrainingReport {
    /// Returns how many left-out questions have the right best answer, declined or not.
    #[must_use]
    pub fn loo_correct(&self) -> usize {
        self.left_out.iter().filter(|left_out| left_out.is_right()).count()
    }

    /// Returns the leave-one-out accuracy in 0..=1, or `None` if no question could be left out.
    #[must_use]
    pub fn loo_accuracy(&self) -> Option<f64> {
        let questions = self.left_out.len();
        (questions > 0).then(|| self.loo_correct() as f64 / questions as f64)
    }
}

/// The answer of a model to a question that it was not trained on.
#[derive(Clone, Debug, PartialEq)]
pub struct LeftOut {
    /// The question as in the data.
    pub question: String,
    /// The id of the right answer.
    pub answer_id: String,
    /// The id of the best answer.
    pub top: Candidate,
    /// Whether the question is declined.
    pub off_topic: bool,
}

impl LeftOut {
    /// Returns whether the best answer is the right one, declined or not.
    #[must_use]
    pub fn is_right(&self) -> bool {
        self.top.answer_id == self.answer_id
    }
}

/// A point of the learning curve: the answers to held-out questions by a model that was trained on a
/// subset of the others, with the settings that were selected on all questions.
#[derive(Clone, Debug, PartialEq)]
pub struct LearningPoint {
    /// The share of the questions not held out that the model was trained on, in 0..=1.
    pub share: f64,
    /// The mean number of training questions per answer.
    pub questions_per_answer: f64,
    /// Whether the best answer to each held-out question is right. All points have the same questions in
    /// the same order.
    pub right: Vec<bool>,
}

/// A trained model, ready to answer.
pub trait Classifier: Send + Sync + std::fmt::Debug {
    /// Returns the answers to a question, best first, and whether it seems off-topic;
    /// [`Ranking::declined`] if the question cannot be processed.
    ///
    /// # Errors
    /// If the classifier itself failed, which no other question would change.
    fn rank(&self, question: &str) -> Result<Ranking>;

    /// Ranks the answers to several questions, in their order. Override it if a batch can be
    /// processed faster.
    ///
    /// # Errors
    /// As for [`rank`](Self::rank).
    fn rank_all(&self, questions: &[&str]) -> Result<Vec<Ranking>> {
        questions.iter().map(|question| self.rank(question)).collect()
    }

    /// Returns the meaning of the confidences.
    fn confidence_kind(&self) -> ConfidenceKind;

    /// Returns the model files, from which [`Architecture::load`] makes the same classifier.
    ///
    /// # Errors
    /// If the files cannot be written, which only an enormous model could cause.
    fn to_files(&self) -> Result<ModelFiles>;
}

/// The meaning of a classifier's confidences.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ConfidenceKind {
    /// The probability that the answer is right, in 0..=1; it can be compared with the accuracy.
    Probability,
    /// Any finite number; a higher one means a better answer.
    Score,
}

/// A classifier's ranking of the answers to one question.
#[derive(Clone, Debug, PartialEq)]
pub struct Ranking {
    /// The best answers, best first; at most [`MAX_CANDIDATES`]. Empty if the question cannot be
    /// processed, e.g. encoded; the question is then declined regardless of `off_topic`.
    pub candidates: Vec<Candidate>,
    /// Whether the classifier declines.
    pub off_topic: bool,
}

impl Ranking {
    /// Returns the ranking of a question that cannot be processed: no answers, and declined.
    #[must_use]
    pub fn declined() -> Self {
        Self { candidates: Vec::new(), off_topic: true }
    }
}

/// The largest number of candidates in a ranking.
pub const MAX_CANDIDATES: usize = 10;

/// Returns the [`MAX_CANDIDATES`] answers with the highest `scores`, highest first; the first one in a
/// tie.
fn best_of(scores: impl IntoIterator<Item = f64>) -> Vec<(usize, f64)> {
    let mut scores: Vec<(usize, f64)> = scores.into_iter().enumerate().collect();
    let by_score = |a: &(usize, f64), b: &(usize, f64)| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0));
    if scores.len() > MAX_CANDIDATES {
        scores.select_nth_unstable_by(MAX_CANDIDATES - 1, by_score);
        scores.truncate(MAX_CANDIDATES);
    }
    scores.sort_unstable_by(by_score);
    scores
}

/// An answer with the classifier's confidence.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Candidate {
    /// The id of the answer at training time.
    pub answer_id: String,
    /// Higher for a better answer; see [`ConfidenceKind`].
    pub confidence: f64,
}

/// Returns the file `name` of a model.
///
/// # Errors
/// If the model has no such file.
pub fn model_file<'a>(files: &'a ModelFiles, name: &str) -> Result<&'a [u8]> {
    files.get(name).map(Vec::as_slice).ok_or_else(|| {
        Error::new(format!("the model has no file `{name}`"))
            .hint("the checkpoint is corrupt or of another version; train it again")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_of_equal_scores_ranks_higher() {
        // The best is the last but one; of the four zeros the last three find no room.
        let scores = [0.0, 0.3, 0.5, 0.5, 0.1, 0.2, 0.0, -0.0, 0.6, 0.7, 0.0, 0.9, 0.4];
        let answers: Vec<usize> = best_of(scores).into_iter().map(|(answer, _)| answer).collect();
        assert_eq!(answers, [11, 9, 8, 2, 3, 12, 1, 5, 4, 0]);
        assert_eq!(best_of([0.2, 0.2, 0.3]), [(2, 0.3), (0, 0.2), (1, 0.2)]);
    }
}
