//! `fusion_v1`: one-vs-rest kernel ridge regression over n-grams and sentence vectors.
//!
//! The kernel mixes two similarities: cosines of sublinear TF-IDF vectors (stemmed word 1–2-grams,
//! and character 2–5-grams within words), and `exp((cos − 1) / s)` of the cosine of sentence vectors
//! of any vector model. For each answer a ridge regression with targets ±1 (+1 for its own questions)
//! is solved in closed form. Its intercept is fixed at −1, so a question that resembles no known
//! question belongs to no answer. An answer's text counts as an additional question.
//!
//! The same matrix inverse gives the leave-one-out scores of every question, and its scores when all
//! questions of its answer are left out. Leave-one-out scores select the settings and give the
//! leave-one-out accuracy. Both kinds of scores, and those of background questions, are used to fit
//! the confidence and the threshold: a question whose answer is missing *is* an off-topic question.
//!
//! | file | stage |
//! |---|---|
//! | `params.rs` | the parameters and their defaults |
//! | `tfidf.rs`, `postings.rs`, `shortcuts.rs` | questions → TF-IDF vectors → cosines |
//! | `sentences.rs` | questions → sentence vectors → cosines, the nearest question |
//! | `kernel.rs` | the weighted mean of similarities |
//! | `ridge.rs` | kernel matrix → weights, left-out scores |
//! | `choose.rs` | left-out scores → settings |
//! | `nested.rs` | kernel matrix → answers to held-out questions, from subsets of the others |
//! | `calibration.rs` | left-out scores → confidence, threshold |
//! | `sums.rs` | weighted sums of rows |
//! | `train.rs` | the stages in order |
//! | `model.rs` | the model files; answering |

mod calibration;
mod choose;
mod kernel;
mod model;
mod nested;
mod params;
mod postings;
mod ridge;
mod sentences;
mod shortcuts;
mod sums;
mod tfidf;
mod train;

use super::super::{
    Architecture, Classifier, Fitted, ModelFiles, TrainOptions, TrainingData, TrainingReport,
    Vectors,
};
use crate::error::Result;
use crate::progress::Progress;

/// The architecture.
#[derive(Clone, Copy, Debug)]
pub struct FusionV1;

impl Architecture for FusionV1 {
    fn name(&self) -> &'static str {
        "fusion_v1"
    }

    fn summary(&self) -> &'static str {
        "kernel ridge over n-grams and sentence vectors, fitted by closed-form leave-one-out"
    }

    /// The seed does not affect the model, only the folds of the learning curve.
    fn train(
        &self,
        data: TrainingData<'_>,
        options: &TrainOptions,
        progress: &dyn Progress,
    ) -> Result<Fitted> {
        train::train(data, options, progress)
    }

    fn load(&self, files: &ModelFiles, vectors: &Vectors) -> Result<Box<dyn Classifier>> {
        Ok(Box::new(model::Model::from_files(files, vectors)?))
    }
}
