//! The data of a legacy model, as its files contain them.

use std::collections::BTreeMap;

use super::folder::{FUSED_FILE, TOPIC_FILE, UNFUSED_FILE};
use crate::error::{Error, ErrorKind, Result};
use crate::publish::FileRecord;

/// The model of one mentor in a legacy checkpoint.
#[derive(Clone, Debug)]
pub struct LegacyModel {
    /// The network from word vectors to topics.
    pub topics: TopicWeights,
    /// The classifier from the sum of the word vectors and the topic probabilities to answers.
    pub fused: RidgeClassifier,
    /// The classifier from the sum of the word vectors to answers.
    pub unfused: RidgeClassifier,
    /// The records of the model files by path within the checkpoint.
    pub records: BTreeMap<String, FileRecord>,
}

impl LegacyModel {
    /// Checks that the files are from the same model.
    pub(super) fn check(&self) -> Result<()> {
        let TopicWeights { dims, topics, .. } = self.topics;
        let fault = |message: String| {
            let error = Error::new(message).with_kind(ErrorKind::Corrupt);
            Err(error.hint("restore the files: they belong to different models"))
        };
        if self.unfused.features != dims {
            let found = self.unfused.features;
            return fault(format!(
                "{UNFUSED_FILE} has {found} features, but {TOPIC_FILE} has {dims} dimensions"
            ));
        }
        if self.fused.features != dims + topics {
            let found = self.fused.features;
            return fault(format!(
                "{FUSED_FILE} has {found} features, expected {dims} dimensions and {topics} topics"
            ));
        }
        if self.fused.classes != self.unfused.classes {
            return fault(format!("{FUSED_FILE} and {UNFUSED_FILE} have different answers"));
        }
        Ok(())
    }
}

/// A linear classifier: `decision = coef · x + intercept`, the highest class wins.
#[derive(Clone, Debug, PartialEq)]
pub struct RidgeClassifier {
    /// The class names, `[m]`.
    pub classes: Vec<String>,
    /// The number of features of a question.
    pub features: usize,
    /// The coefficients, `[m, features]` in row-major order, finite.
    pub coef: Vec<f64>,
    /// The intercepts, `[m]`, finite.
    pub intercept: Vec<f64>,
}

/// The weights of a topic model. The gates of the LSTM are in the order input, forget, cell,
/// output; its recurrent activation is `clip(0.2 x + 0.5, 0, 1)`.
#[derive(Clone, Debug, PartialEq)]
pub struct TopicWeights {
    /// The dimension of a word vector.
    pub dims: usize,
    /// The number of LSTM units.
    pub units: usize,
    /// The number of topics.
    pub topics: usize,
    /// The input weights of the LSTM, `[dims, 4 · units]`.
    pub kernel: Vec<f32>,
    /// The recurrent weights of the LSTM, `[units, 4 · units]`.
    pub recurrent: Vec<f32>,
    /// The bias of the LSTM, `[4 · units]`.
    pub bias: Vec<f32>,
    /// The weights of the dense layer, `[units, topics]`.
    pub dense_kernel: Vec<f32>,
    /// The bias of the dense layer, `[topics]`.
    pub dense_bias: Vec<f32>,
}
