//! The trained model: answers questions, and reads and writes its two files.
//!
//! `model.json` holds the settings ([`LstmCard`]), `model.safetensors` the tensors, all f32. `d` is the
//! number of dimensions of a word vector, `u` of LSTM units, `t` of topics, `m` of answers:
//!
//! | tensor | shape | |
//! |---|---|---|
//! | `lstm.kernel`, `lstm.recurrent`, `lstm.bias` | `[d, 4u]`, `[u, 4u]`, `[4u]` | gates in the order input, forget, cell, output |
//! | `topics.kernel`, `topics.bias` | `[u, t]`, `[t]` | last state → topics |
//! | `fused.coefficients`, `fused.intercepts` | `[m, d + t]`, `[m]` | sum of word vectors, then topic probabilities → answers |
//! | `unfused.coefficients`, `unfused.intercepts` | `[m, d]`, `[m]` | the same without topics, for comparison |
//!
//! Without topics (`t` = 0), the tensors of the first two rows are absent.

use serde::{Deserialize, Serialize};

use super::Explanation;
use super::params::THRESHOLD;
use super::ridge::Ridge;
use super::topics::{Network, Shape};
use super::words::{Question, Words};
use crate::classifiers::model_files::{CARD_FILE, TENSORS_FILE, TensorReader, damaged, read_card};
use crate::classifiers::{
    Candidate, Classifier, ConfidenceKind, ModelFiles, Ranking, Vectors, best_of,
};
use crate::error::Result;
use crate::files::pretty_json;
use crate::tensors::TensorWriter;

/// The trained parameters.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Model {
    /// The ids of the answers, `[m]`.
    pub(crate) answers: Vec<String>,
    /// The names of the topics, `[t]`.
    pub(crate) topics: Vec<String>,
    /// Word vectors → topic probabilities; `None` without topics.
    pub(crate) network: Option<Network>,
    /// Sum of word vectors and topic probabilities → answers.
    pub(crate) fused: Ridge,
    /// Sum of word vectors → answers.
    pub(crate) unfused: Ridge,
}

/// Returns the features of each question, `[d + t]`: the sum of the word vectors, then the topic
/// probabilities.
pub(super) fn features(network: Option<&Network>, questions: Vec<Question>) -> Vec<Vec<f64>> {
    let steps: Vec<&[f32]> = questions.iter().map(|question| question.steps.as_slice()).collect();
    let shares = network.map(|network| network.shares(&steps)).unwrap_or_default();
    let mut shares = shares.into_iter();
    let joined = questions.into_iter().map(|question| {
        let mut features = question.sum;
        features.extend(shares.next().unwrap_or_default().into_iter().map(f64::from));
        features
    });
    joined.collect()
}

/// `model.json`.
#[derive(Serialize, Deserialize)]
struct LstmCard {
    /// The number of dimensions of a word vector.
    dims: usize,
    /// The number of units of the LSTM.
    units: usize,
    /// The decision value below which the best answer is declined.
    threshold: f64,
    topics: Vec<String>,
    answers: Vec<String>,
}

impl Model {
    /// Returns the number of dimensions of a word vector.
    fn dims(&self) -> usize {
        self.unfused.coefficients.len() / self.answers.len()
    }

    /// Returns the model files.
    ///
    /// # Errors
    /// If serialization fails, which only an enormous model can cause.
    pub(crate) fn to_files(&self) -> Result<ModelFiles> {
        let (dims, m, t) = (self.dims(), self.answers.len(), self.topics.len());
        let mut tensors = TensorWriter::default();
        let mut units = 0;
        if let Some(network) = &self.network {
            units = network.shape.units;
            tensors.put_f32("lstm.kernel", &[dims, 4 * units], &network.kernel);
            tensors.put_f32("lstm.recurrent", &[units, 4 * units], &network.recurrent);
            tensors.put_f32("lstm.bias", &[4 * units], &network.bias);
            tensors.put_f32("topics.kernel", &[units, t], &network.dense);
            tensors.put_f32("topics.bias", &[t], &network.dense_bias);
        }
        for (name, ridge, columns) in
            [("fused", &self.fused, dims + t), ("unfused", &self.unfused, dims)]
        {
            let coefficients = &ridge.coefficients;
            tensors.put_f32(&format!("{name}.coefficients"), &[m, columns], coefficients);
            tensors.put_f32(&format!("{name}.intercepts"), &[m], &ridge.intercepts);
        }
        let card = LstmCard {
            dims,
            units,
            threshold: THRESHOLD,
            topics: self.topics.clone(),
            answers: self.answers.clone(),
        };
        Ok(ModelFiles::from([
            (CARD_FILE.to_owned(), pretty_json(&card)),
            (TENSORS_FILE.to_owned(), tensors.to_bytes()?),
        ]))
    }
}

/// A model with the word vectors that it was trained with.
#[derive(Clone, Debug)]
pub(crate) struct LstmClassifier {
    model: Model,
    words: Words,
    threshold: f64,
}

impl LstmClassifier {
    /// Combines a model with the word vectors `words` that it was trained with.
    pub(super) fn new(model: Model, words: Words) -> Self {
        Self { model, words, threshold: THRESHOLD }
    }

    /// Reads the model files. All content is validated before it is used.
    ///
    /// # Errors
    /// If a file is missing or inconsistent, or the vector model is not of the kind that the model was
    /// trained with.
    pub(super) fn from_files(files: &ModelFiles, vectors: &Vectors) -> Result<Self> {
        let card: LstmCard = read_card(files)?;
        let tensors = TensorReader::of(files)?;
        let words = Words::of(vectors)?;
        let LstmCard { dims, units, threshold, topics, answers } = card;
        if answers.is_empty() {
            return Err(damaged(CARD_FILE, "no answers"));
        }
        if dims != words.dims() {
            let found = words.dims();
            let what = format!(
                "{dims}-dimensional word vectors, but the vector model has {found} dimensions"
            );
            return Err(damaged(CARD_FILE, &what));
        }
        let network = read_network(&tensors, Shape { dims, units, topics: topics.len() })?;
        let ridge = |name: &str, columns: usize| -> Result<Ridge> {
            let shape = [answers.len(), columns];
            Ok(Ridge {
                coefficients: tensors.f32(&format!("{name}.coefficients"), &shape)?,
                intercepts: tensors.f32(&format!("{name}.intercepts"), &shape[..1])?,
            })
        };
        let fused = ridge("fused", dims.saturating_add(topics.len()))?;
        let unfused = ridge("unfused", dims)?;
        let model = Model { answers, topics, network, fused, unfused };
        Ok(Self { model, words, threshold })
    }
}

fn read_network(tensors: &TensorReader, shape: Shape) -> Result<Option<Network>> {
    let Shape { dims, units, topics } = shape;
    if topics == 0 {
        return Ok(None);
    }
    let Some(gates) = units.checked_mul(4).filter(|gates| *gates > 0) else {
        return Err(damaged(CARD_FILE, &format!("invalid LSTM size: `{units}` units")));
    };
    let network = Network {
        shape,
        kernel: tensors.f32("lstm.kernel", &[dims, gates])?,
        recurrent: tensors.f32("lstm.recurrent", &[units, gates])?,
        bias: tensors.f32("lstm.bias", &[gates])?,
        dense: tensors.f32("topics.kernel", &[units, topics])?,
        dense_bias: tensors.f32("topics.bias", &[topics])?,
    };
    Ok(Some(network))
}

impl Classifier for LstmClassifier {
    fn rank(&self, question: &str) -> Result<Ranking> {
        Ok(self.rank_all(&[question])?.pop().unwrap_or_else(Ranking::declined))
    }

    fn rank_all(&self, questions: &[&str]) -> Result<Vec<Ranking>> {
        let questions = questions.iter().map(|text| self.words.question(text)).collect();
        let features = features(self.model.network.as_ref(), questions);
        Ok(features.iter().map(|features| self.ranking(features)).collect())
    }

    /// The confidences are decision values of the ridge classifier.
    fn confidence_kind(&self) -> ConfidenceKind {
        ConfidenceKind::Score
    }

    fn to_files(&self) -> Result<ModelFiles> {
        self.model.to_files()
    }
}

impl LstmClassifier {
    /// Returns the intermediate results for a question.
    pub(super) fn explain(&self, question: &str) -> Explanation {
        let steps = self.words.question(question).steps;
        let network = self.model.network.as_ref();
        let shares = network.and_then(|network| network.shares(&[&steps]).pop());
        let topics = self.model.topics.iter().cloned().zip(shares.unwrap_or_default());
        Explanation { tokens: self.words.keys(question).collect(), topics: topics.collect() }
    }

    fn ranking(&self, features: &[f64]) -> Ranking {
        let scores = best_of(self.model.fused.decide(features));
        let off_topic = scores.first().is_none_or(|(_, score)| *score < self.threshold);
        let candidates = scores.into_iter().map(|(answer, confidence)| Candidate {
            answer_id: self.model.answers[answer].clone(),
            confidence,
        });
        Ranking { candidates: candidates.collect(), off_topic }
    }
}
