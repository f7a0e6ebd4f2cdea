//! `fusion_v1`: one-vs-rest kernel ridge regression over n-grams and sentence vectors.
//!
//! The kernel mixes two similarities: cosines of sublinear TF-IDF vectors (stemmed word 1–2-grams,
//! and character 2–5-grams within words), and `exp((cos − 1) / s)` of the cosine of sentence vectors,
//! whichever vector model makes them. For each answer a ridge regression with targets ±1 (+1 for its
//! own questions) is solved in closed form; its intercept is fixed at −1, so that a question unlike
//! any known one belongs to no answer. An answer's text counts as one more question.
//!
//! One matrix inverse also gives what every question would have scored had it been left out of
//! training, and had its whole answer been left out. The first choose the settings and are the
//! cross-validated accuracy; together, and with questions that the mentor is not asked, they say how
//! sure to be and when to decline: a question whose answer is missing *is* an off-topic question.
//!
//! | file | stage |
//! |---|---|
//! | `params.rs` | what can be set, and its defaults |
//! | `tfidf.rs`, `terms.rs`, `shortcuts.rs` | questions → TF-IDF vectors → cosines |
//! | `sentences.rs` | questions → sentence vectors → cosines, the nearest question |
//! | `kernel.rs` | the mix of similarities |
//! | `ridge.rs` | kernel matrix → weights, left-out scores |
//! | `choose.rs` | left-out scores → settings |
//! | `nested.rs` | kernel matrix → answers to held-out questions, of parts of the questions |
//! | `calibration.rs` | left-out scores → confidence, threshold |
//! | `sums.rs` | sums of rows of numbers |
//! | `train.rs` | the stages in order |
//! | `model.rs` | the files; answering |

mod calibration;
mod choose;
mod kernel;
mod model;
mod nested;
mod params;
mod ridge;
mod sentences;
mod shortcuts;
mod sums;
mod terms;
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

    /// The model is the same with any seed, which only draws the learning curve's folds.
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
