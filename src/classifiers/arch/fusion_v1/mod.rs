//! `fusion_v1`: one-vs-rest kernel ridge regression over word and character n-grams.
//!
//! Two kernels are mixed, each the cosine of sublinear TF-IDF vectors: stemmed word 1–2-grams
//! and character 2–5-grams within words. For each answer a ridge regression with targets ±1
//! (+1 for its own questions) is solved in closed form; its intercept is fixed at −1, so that a
//! question unlike any known one belongs to no answer.
//!
//! One matrix inverse also gives what every question would have scored had it been left out of
//! training, and had its whole answer been left out. The first choose the regularisation and are
//! the cross-validated accuracy; together they say how sure a score is and below which one to
//! decline: a question whose answer is missing *is* an off-topic question.
//!
//! | file | stage |
//! |---|---|
//! | `params.rs` | what can be set, and its defaults |
//! | `tfidf.rs` | questions → TF-IDF vectors → cosines |
//! | `kernel.rs` | the mix of cosines |
//! | `ridge.rs` | kernel matrix → weights, left-out scores |
//! | `calibration.rs` | left-out scores → confidence, threshold |
//! | `train.rs` | the stages in order |
//! | `model.rs` | the files; answering |

mod calibration;
mod choose;
mod examples;
mod kernel;
mod model;
mod params;
mod ridge;
mod sentences;
mod tfidf;
mod train;

use super::super::{
    Architecture, Classifier, ModelFiles, TrainOptions, Trained, TrainingReport, Vectors,
};
use crate::error::Result;
use crate::mentor::Mentor;
use crate::progress::Progress;

/// The architecture.
#[derive(Clone, Copy, Debug)]
pub struct FusionV1;

impl Architecture for FusionV1 {
    fn name(&self) -> &'static str {
        "fusion_v1"
    }

    fn summary(&self) -> &'static str {
        "kernel ridge over word and character n-grams, fitted by closed-form leave-one-out"
    }

    /// Deterministic: the seed does not matter.
    fn train(
        &self,
        mentor: &Mentor,
        options: &TrainOptions,
        progress: &dyn Progress,
    ) -> Result<Trained> {
        train::train(mentor, options, progress)
    }

    fn load(&self, files: &ModelFiles, vectors: &Vectors) -> Result<Box<dyn Classifier>> {
        Ok(Box::new(model::Model::from_files(files, vectors)?))
    }
}
