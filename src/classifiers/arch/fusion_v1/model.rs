//! The trained model: answering, and its two files.
//!
//! `model.json` holds what people may read ([`Card`]); `model.safetensors` the numbers, where `k`
//! counts the kernels, `n` questions and `m` answers:
//!
//! | tensor | type, shape | |
//! |---|---|---|
//! | `weights` | f32 `[n, m]` | α |
//! | `ngrams.k.bytes` | u8 | the sorted n-grams, end to end in UTF-8 |
//! | `ngrams.k.ends` | u32 `[t]` | where each n-gram ends |
//! | `ngrams.k.posting_ends` | u32 `[t]` | where each n-gram's postings end |
//! | `ngrams.k.posting_questions` | u32 `[p]` | the question of each posting |
//! | `ngrams.k.posting_weights` | f32 `[p]` | its TF-IDF weight |

use std::collections::BTreeMap;

use safetensors::tensor::{Dtype, SafeTensors, TensorView, serialize};
use serde::{Deserialize, Serialize};

use super::calibration::Calibration;
use super::kernel::Kernel;
use super::params::KernelParams;
use super::tfidf::{Terms, TfIdf};
use crate::classifiers::{Candidate, Classifier, MAX_CANDIDATES, ModelFiles, Ranking, model_file};
use crate::error::{Error, Result};
use crate::publish;

const CARD_FILE: &str = "model.json";
const TENSORS_FILE: &str = "model.safetensors";

/// A trained model.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Model {
    /// The answers' ids, `[m]`.
    pub(super) answers: Vec<String>,
    pub(super) kernel: Kernel,
    /// α, `[n, m]` row by row.
    pub(super) weights: Vec<f32>,
    pub(super) lambda: f32,
    pub(super) calibration: Calibration,
}

/// `model.json`.
#[derive(Serialize, Deserialize)]
struct Card {
    kernels: Vec<KernelParams>,
    lambda: f32,
    calibration: Calibration,
    questions: usize,
    answers: Vec<String>,
}

impl Classifier for Model {
    fn rank(&self, question: &str) -> Ranking {
        let mut scores: Vec<(usize, f64)> = self.scores(question).into_iter().enumerate().collect();
        scores.sort_by(|a, b| b.1.total_cmp(&a.1));
        let mut left = 1.0;
        let candidate = |&(answer, score): &(usize, f64)| {
            // At most one answer is the right one: probabilities add up to no more than 1.
            let confidence = f64::min(self.calibration.confidence(score), left);
            left -= confidence;
            Candidate { answer_id: self.answers[answer].clone(), confidence }
        };
        let candidates: Vec<_> = scores.iter().take(MAX_CANDIDATES).map(candidate).collect();
        let off_topic =
            candidates.first().is_none_or(|c| c.confidence < self.calibration.threshold);
        Ranking { candidates, off_topic }
    }
}

impl Model {
    /// Every answer's score, in about −1..1: −1 for a question unlike any known one.
    fn scores(&self, question: &str) -> Vec<f64> {
        let mut scores = vec![-1.0_f32; self.answers.len()];
        let similarities = self.kernel.similarities(question);
        for (row, similarity) in self.weights.chunks_exact(self.answers.len()).zip(similarities) {
            if similarity > 0.0 {
                scores
                    .iter_mut()
                    .zip(row)
                    .for_each(|(score, weight)| *score += similarity * weight);
            }
        }
        scores.into_iter().map(f64::from).collect()
    }

    /// The model's files.
    ///
    /// # Errors
    /// When they cannot be made, which only an enormous model could bring about.
    pub(super) fn to_files(&self) -> Result<ModelFiles> {
        let questions = self.weights.len() / self.answers.len();
        let kernels = self.kernel.parts.iter().map(|(weight, tfidf)| KernelParams {
            analyzer: tfidf.analyzer.clone(),
            weight: *weight,
        });
        let card = Card {
            kernels: kernels.collect(),
            lambda: self.lambda,
            calibration: self.calibration,
            questions,
            answers: self.answers.clone(),
        };
        let mut tensors = Tensors::default();
        tensors.put_f32("weights", vec![questions, self.answers.len()], &self.weights);
        for (k, (_, tfidf)) in self.kernel.parts.iter().enumerate() {
            let name = |part: &str| format!("ngrams.{k}.{part}");
            tensors.put_bytes(&name("bytes"), &tfidf.terms.bytes);
            tensors.put_u32(&name("ends"), &tfidf.terms.ends);
            tensors.put_u32(&name("posting_ends"), &tfidf.posting_ends);
            tensors.put_u32(&name("posting_questions"), &tfidf.posting_questions);
            let postings = tfidf.posting_weights.len();
            tensors.put_f32(&name("posting_weights"), vec![postings], &tfidf.posting_weights);
        }
        Ok(ModelFiles::from([
            (CARD_FILE.to_owned(), publish::json_file(&card)),
            (TENSORS_FILE.to_owned(), tensors.to_bytes()?),
        ]))
    }

    /// Reads the model's files; everything in them is checked before it is used.
    ///
    /// # Errors
    /// When a file is missing or its numbers do not fit together.
    pub(super) fn from_files(files: &ModelFiles) -> Result<Self> {
        let card: Card = serde_json::from_slice(model_file(files, CARD_FILE)?)
            .map_err(|e| damaged(CARD_FILE, "not a model's card").caused_by(e))?;
        let tensors = SafeTensors::deserialize(model_file(files, TENSORS_FILE)?)
            .map_err(|e| damaged(TENSORS_FILE, "not safetensors").caused_by(e))?;
        if card.answers.is_empty() || card.questions == 0 {
            return Err(damaged(CARD_FILE, "no answers or no questions"));
        }
        if card.kernels.is_empty() || !card.kernels.iter().all(KernelParams::is_usable) {
            return Err(damaged(CARD_FILE, "a kernel that cannot be used, or none"));
        }
        let mut parts = Vec::new();
        for (k, params) in card.kernels.into_iter().enumerate() {
            parts.push((params.weight, read_tfidf(&tensors, k, params, card.questions)?));
        }
        let weights = read_f32(&tensors, "weights")?;
        let expected = [card.questions, card.answers.len()];
        let found = tensors.tensor("weights").map(|t| t.shape().to_vec()).unwrap_or_default();
        if found != expected {
            let what = format!("`weights` is of shape {found:?}, expected {expected:?}");
            return Err(damaged(TENSORS_FILE, &what));
        }
        Ok(Self {
            answers: card.answers,
            kernel: Kernel { parts },
            weights,
            lambda: card.lambda,
            calibration: card.calibration,
        })
    }
}

fn read_tfidf(
    tensors: &SafeTensors,
    k: usize,
    params: KernelParams,
    questions: usize,
) -> Result<TfIdf> {
    let name = |part: &str| format!("ngrams.{k}.{part}");
    let tfidf = TfIdf {
        analyzer: params.analyzer,
        questions,
        terms: Terms {
            bytes: tensor(tensors, &name("bytes"), Dtype::U8)?.to_vec(),
            ends: read_u32(tensors, &name("ends"))?,
        },
        posting_ends: read_u32(tensors, &name("posting_ends"))?,
        posting_questions: read_u32(tensors, &name("posting_questions"))?,
        posting_weights: read_f32(tensors, &name("posting_weights"))?,
    };
    let fits = ends_at(&tfidf.terms.ends, tfidf.terms.bytes.len())
        && ends_at(&tfidf.posting_ends, tfidf.posting_questions.len())
        && tfidf.terms.ends.len() == tfidf.posting_ends.len()
        && tfidf.posting_questions.len() == tfidf.posting_weights.len()
        && tfidf.posting_questions.iter().all(|&question| (question as usize) < questions);
    if fits {
        Ok(tfidf)
    } else {
        Err(damaged(TENSORS_FILE, &format!("`ngrams.{k}` does not fit together")))
    }
}

/// Whether `ends` never falls and stops at `length`.
fn ends_at(ends: &[u32], length: usize) -> bool {
    ends.is_sorted() && ends.last().map_or(0, |&end| end as usize) == length
}

fn damaged(file: &str, what: &str) -> Error {
    Error::new(format!("`{file}` of the model: {what}"))
        .hint("the checkpoint is damaged or of another version; train it again")
}

fn tensor<'a>(tensors: &SafeTensors<'a>, name: &str, dtype: Dtype) -> Result<&'a [u8]> {
    let tensor = tensors
        .tensor(name)
        .map_err(|e| damaged(TENSORS_FILE, &format!("no tensor `{name}`")).caused_by(e))?;
    if tensor.dtype() == dtype {
        Ok(tensor.data())
    } else {
        let found = tensor.dtype();
        Err(damaged(TENSORS_FILE, &format!("`{name}` is {found:?}, expected {dtype:?}")))
    }
}

fn read_f32(tensors: &SafeTensors, name: &str) -> Result<Vec<f32>> {
    let numbers: Vec<f32> = tensor(tensors, name, Dtype::F32)?
        .as_chunks()
        .0
        .iter()
        .map(|bytes| f32::from_le_bytes(*bytes))
        .collect();
    if numbers.iter().all(|number| number.is_finite()) {
        Ok(numbers)
    } else {
        Err(damaged(TENSORS_FILE, &format!("`{name}` holds what is no number")))
    }
}

fn read_u32(tensors: &SafeTensors, name: &str) -> Result<Vec<u32>> {
    let bytes = tensor(tensors, name, Dtype::U32)?.as_chunks().0;
    Ok(bytes.iter().map(|bytes| u32::from_le_bytes(*bytes)).collect())
}

/// Tensors to be written, by name.
#[derive(Default)]
struct Tensors(BTreeMap<String, (Dtype, Vec<usize>, Vec<u8>)>);

impl Tensors {
    fn put_f32(&mut self, name: &str, shape: Vec<usize>, numbers: &[f32]) {
        let bytes = numbers.iter().flat_map(|number| number.to_le_bytes()).collect();
        self.0.insert(name.to_owned(), (Dtype::F32, shape, bytes));
    }

    fn put_u32(&mut self, name: &str, numbers: &[u32]) {
        let bytes = numbers.iter().flat_map(|number| number.to_le_bytes()).collect();
        self.0.insert(name.to_owned(), (Dtype::U32, vec![numbers.len()], bytes));
    }

    fn put_bytes(&mut self, name: &str, bytes: &[u8]) {
        self.0.insert(name.to_owned(), (Dtype::U8, vec![bytes.len()], bytes.to_vec()));
    }

    fn to_bytes(&self) -> Result<Vec<u8>> {
        let failed = |e| Error::new("cannot write the model's numbers").caused_by(e);
        let mut views = Vec::new();
        for (name, (dtype, shape, bytes)) in &self.0 {
            let view = TensorView::new(*dtype, shape.clone(), bytes).map_err(failed)?;
            views.push((name, view));
        }
        serialize(views, None).map_err(failed)
    }
}
