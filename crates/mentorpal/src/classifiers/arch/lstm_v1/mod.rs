//! `lstm_v1`: word vectors and a topic model, as in the checkpoints of the Python pipeline.
//!
//! A question's tokens (maximal runs of word characters, lower-cased, stemmed by NLTK's Porter
//! stemmer) are looked up in word vectors; an unknown token has the zero vector. An LSTM with as many
//! units as a vector has dimensions reads the first 25 tokens and predicts the probability of each
//! topic of the mentor. The *sum* of all token vectors and these probabilities are the features of a
//! ridge classifier over the answers. Its decision value is the confidence; a question is off-topic if
//! the decision value of its best answer is below −0.88.
//!
//! Two things differ from the Python pipeline. It compared topics in title case with topics in lower
//! case, so its topic model was trained on empty targets; here, topics are compared
//! case-insensitively. Static vectors, such as the embedded model, have no entries for stems, so words
//! are looked up in them unstemmed.
//!
//! Leave-one-out is exact for the ridge; the topic model has seen the question that is left out.
//!
//! | file | stage |
//! |---|---|
//! | `params.rs` | the hyperparameters |
//! | `words.rs` | questions → tokens → word vectors |
//! | `topics/` | word vectors → topic probabilities: the LSTM and its training |
//! | `ridge.rs` | features → answers, left-out answers |
//! | `train.rs` | the stages in order |
//! | `model.rs` | the model files; answering |

mod model;
mod params;
mod ridge;
mod topics;
mod train;
mod words;

pub(crate) use model::Model;
#[cfg(feature = "legacy")]
pub(crate) use params::STEPS;
pub(crate) use ridge::Ridge;
pub(crate) use topics::{Network, Shape};
pub(crate) use train::topics_of;

use super::super::{
    Architecture, Classifier, Fitted, ModelFiles, TrainOptions, TrainingData, Vectors,
};
use crate::error::Result;
use crate::progress::Progress;

/// The architecture.
#[derive(Clone, Copy, Debug)]
pub struct LstmV1;

/// The intermediate results of a model for one question.
#[derive(Clone, Debug, PartialEq)]
pub struct Explanation {
    /// The tokens, as they are looked up in the word vectors.
    pub tokens: Vec<String>,
    /// The probability of each topic, in the order of the topics; the sum is 1.
    pub topics: Vec<(String, f32)>,
}

impl LstmV1 {
    /// Returns the intermediate results of the model in `files` for `question`.
    ///
    /// # Errors
    /// If the model cannot be loaded.
    pub fn explain(files: &ModelFiles, vectors: &Vectors, question: &str) -> Result<Explanation> {
        Ok(model::LstmClassifier::from_files(files, vectors)?.explain(question))
    }
}

impl Architecture for LstmV1 {
    fn name(&self) -> &'static str {
        "lstm_v1"
    }

    fn summary(&self) -> &'static str {
        "ridge classifier over the sum of word vectors and the topic probabilities of an LSTM"
    }

    fn train(
        &self,
        data: TrainingData<'_>,
        options: &TrainOptions,
        progress: &dyn Progress,
    ) -> Result<Fitted> {
        train::train(data.mentor, options, progress)
    }

    fn load(&self, files: &ModelFiles, vectors: &Vectors) -> Result<Box<dyn Classifier>> {
        Ok(Box::new(model::LstmClassifier::from_files(files, vectors)?))
    }
}
