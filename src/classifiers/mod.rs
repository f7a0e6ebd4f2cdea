//! Ways to learn from a mentor's questions and to answer new ones.
//!
//! An [`Architecture`] trains a mentor into the files of a model and loads such files as a
//! [`Classifier`]; [`registry`] knows them all. [`MentorClassifier`] is what people ask: it
//! recognises canned questions first and declines off-topic ones.

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

/// A model's files by name. Names are plain (no folder); contents are numbers and text.
pub type ModelFiles = BTreeMap<String, Vec<u8>>;

/// A way to train and answer.
pub trait Architecture: Sync {
    /// The name people choose it by, e.g. `fusion_v1`.
    fn name(&self) -> &'static str;

    /// What it is, in one line.
    fn summary(&self) -> &'static str;

    /// Whether its confidences are probabilities, which can be held against how often it is right;
    /// else they only order.
    fn gives_probabilities(&self) -> bool;

    /// Learns from a mentor. The same mentor, options and version give the same bytes.
    ///
    /// # Errors
    /// When the mentor cannot be learned from.
    fn train(
        &self,
        mentor: &Mentor,
        options: &TrainOptions,
        progress: &dyn Progress,
    ) -> Result<Trained>;

    /// Makes a classifier of the files that `train` returned.
    ///
    /// # Errors
    /// When the files are not such (they come from a disk and may hold anything), or were trained
    /// with another vector model.
    fn load(&self, files: &ModelFiles, vectors: &Vectors) -> Result<Box<dyn Classifier>>;
}

/// The vector model to train and answer with, if any.
pub type Vectors = Option<Arc<VectorModel>>;

/// What a training run may be told.
#[derive(Clone, Debug, Default)]
pub struct TrainOptions {
    /// Where random numbers start.
    pub seed: u64,
    /// The vector model.
    pub vectors: Vectors,
    /// What people may ask that this mentor has no answer to.
    pub background_questions: Vec<String>,
}

/// What came of training.
#[derive(Debug)]
pub struct Trained {
    /// The model.
    pub files: ModelFiles,
    /// How good it is.
    pub report: TrainingReport,
}

/// How good a model is, measured without a test set.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TrainingReport {
    /// Leave-one-out accuracy over the questions whose answer has another question, in 0..=1;
    /// `None` where there is no such question.
    pub cv_accuracy: Option<f64>,
    /// The questions that `cv_accuracy` is over, each as if it had been asked of a model that was
    /// trained without it; in the order of the data.
    pub left_out: Vec<LeftOut>,
    /// How accuracy grows with the questions that are learned from, fewest first; empty where the
    /// architecture does not tell, or nothing could be measured.
    pub learning_curve: Vec<LearningPoint>,
    /// What else people should know, e.g. what could not be measured.
    pub notes: Vec<String>,
}

/// What a question is answered by a model that was trained without it.
#[derive(Clone, Debug, PartialEq)]
pub struct LeftOut {
    /// As it stands in the data.
    pub question: String,
    /// The right answer's id.
    pub answer_id: String,
    /// The best answer.
    pub top: Candidate,
    /// Whether it would be declined.
    pub off_topic: bool,
}

impl LeftOut {
    /// Whether the best answer is the right one, declined or not.
    #[must_use]
    pub fn is_right(&self) -> bool {
        self.top.answer_id == self.answer_id
    }
}

/// How questions that were held out are answered by a model that was trained on a part of the
/// others, with the settings that training on all of them chose.
#[derive(Clone, Debug, PartialEq)]
pub struct LearningPoint {
    /// Which part of the questions not held out it was trained on, in 0..=1.
    pub share: f64,
    /// How many questions that is for an answer, on average.
    pub questions_per_answer: f64,
    /// Per held-out question whether its best answer is right; at each point the same questions in
    /// the same order.
    pub right: Vec<bool>,
}

/// A trained model, ready to answer.
pub trait Classifier: Send + Sync + std::fmt::Debug {
    /// The answers for a question, best first, and whether it seems off-topic;
    /// [none](Ranking::declined) where the question cannot be read.
    fn rank(&self, question: &str) -> Ranking;

    /// The same for several questions, in their order; worth its own code where they are faster
    /// together.
    fn rank_all(&self, questions: &[&str]) -> Vec<Ranking> {
        questions.iter().map(|question| self.rank(question)).collect()
    }
}

/// A classifier's view of one question.
#[derive(Clone, Debug, PartialEq)]
pub struct Ranking {
    /// The best answers, best first; at most [`MAX_CANDIDATES`]. None where a question cannot be
    /// read, e.g. where it cannot be encoded, which is declined whatever `off_topic` says.
    pub candidates: Vec<Candidate>,
    /// Whether the classifier would rather decline.
    pub off_topic: bool,
}

impl Ranking {
    /// Of a question that cannot be read: no answer, and declined.
    #[must_use]
    pub fn declined() -> Self {
        Self { candidates: Vec::new(), off_topic: true }
    }
}

/// How many candidates a classifier ranks at the most.
pub const MAX_CANDIDATES: usize = 10;

/// The [`MAX_CANDIDATES`] answers with the highest of the answers' `scores`, highest first; of equal
/// ones the first.
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

/// An answer and how sure the classifier is of it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Candidate {
    /// The answer's id at training time.
    pub answer_id: String,
    /// Higher the surer; in 0..=1 where the architecture
    /// [gives probabilities](Architecture::gives_probabilities), else any finite number.
    pub confidence: f64,
}

/// The file `name` of a model.
///
/// # Errors
/// When the model lacks it.
pub fn model_file<'a>(files: &'a ModelFiles, name: &str) -> Result<&'a [u8]> {
    files.get(name).map(Vec::as_slice).ok_or_else(|| {
        Error::new(format!("the model has no file `{name}`"))
            .hint("the checkpoint is damaged or of another version; train it again")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_equal_scores_the_first_are_the_best() {
        // The best is the last but one; of the four zeros the last three find no room.
        let scores = [0.0, 0.3, 0.5, 0.5, 0.1, 0.2, 0.0, -0.0, 0.6, 0.7, 0.0, 0.9, 0.4];
        let answers: Vec<usize> = best_of(scores).into_iter().map(|(answer, _)| answer).collect();
        assert_eq!(answers, [11, 9, 8, 2, 3, 12, 1, 5, 4, 0]);
        assert_eq!(best_of([0.2, 0.2, 0.3]), [(2, 0.3), (0, 0.2), (1, 0.2)]);
    }
}
