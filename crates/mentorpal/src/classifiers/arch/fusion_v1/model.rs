//! The trained model: answers questions, and reads and writes its two files.
//!
//! `model.json` holds the settings and questions ([`FusionCard`]), `model.safetensors` the tensors. `n` is
//! the number of questions, `t` of answers' texts, `m` of answers. `k` is the index of a kind of
//! n-grams, which has `g` n-grams in `b` bytes with `p` postings:
//!
//! | tensor | type, shape | |
//! |---|---|---|
//! | `weights` | f32 `[n + t, m]` | α |
//! | `sentences` | f32 `[n + t, dims]` | sentence vectors, if any (otherwise `t` is 0) |
//! | `ngrams.k.bytes` | u8 `[b]` | the sorted n-grams, concatenated, in UTF-8 |
//! | `ngrams.k.ends` | u32 `[g]` | where each n-gram ends |
//! | `ngrams.k.posting_ends` | u32 `[g]` | where each n-gram's postings end |
//! | `ngrams.k.posting_questions` | u32 `[p]` | the question of each posting |
//! | `ngrams.k.posting_weights` | f32 `[p]` | its TF-IDF weight |

use std::sync::Arc;

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::calibration::{Sample, SigmoidCalibration, in_scope_score};
use super::kernel::{Kernel, NgramKind, Ngrams, Similar};
use super::params::{NgramParams, SentenceParams};
use super::postings::Postings;
use super::ridge::{Top, best};
use super::sentences::Sentences;
use super::sums::sum_rows;
use super::tfidf::TfIdf;
use crate::classifiers::model_files::{CARD_FILE, TENSORS_FILE, TensorReader, damaged, read_card};
use crate::classifiers::{
    Candidate, Classifier, ConfidenceKind, LeftOut, ModelFiles, Ranking, Vectors, best_of,
};
use crate::error::Result;
use crate::files::pretty_json;
use crate::progress::NoProgress;
use crate::tensors::TensorWriter;
use crate::text::PackedStrings;
use crate::vectors::{Embeddings, VectorModel, dot};

/// The largest rounding error of a vector's squared length.
const LENGTH_TOLERANCE: f32 = 1e-3;

/// The number of questions that are scored together, so that the weights, which do not fit into the
/// caches, are read once for all of them.
const BATCH_SIZE: usize = 8;

/// A trained model.
#[derive(Clone, Debug)]
pub(super) struct Model {
    /// The ids of the answers, `[m]`.
    pub(super) answers: Vec<String>,
    pub(super) kernel: Kernel,
    /// α, `[n + t, m]`, row-major.
    pub(super) weights: Vec<f32>,
    pub(super) lambda: f32,
    pub(super) calibration: SigmoidCalibration,
}

/// `model.json`.
#[derive(Serialize, Deserialize)]
struct FusionCard {
    ngrams: Vec<NgramParams>,
    sentences: Option<SentencesCard>,
    lambda: f32,
    calibration: SigmoidCalibration,
    /// The wordings of the questions, in the order of the data.
    questions: Vec<String>,
    answers: Vec<String>,
}

#[derive(Serialize, Deserialize)]
struct SentencesCard {
    #[serde(flatten)]
    params: SentenceParams,
    /// The number of answers' texts.
    texts: usize,
    /// The number of dimensions of a vector.
    dims: usize,
}

impl Classifier for Model {
    fn rank(&self, question: &str) -> Result<Ranking> {
        Ok(self.rank_all(&[question])?.pop().unwrap_or_else(Ranking::declined))
    }

    fn rank_all(&self, questions: &[&str]) -> Result<Vec<Ranking>> {
        let encode =
            |model: &VectorModel, texts: &[&str]| model.sentences().embed(texts, &NoProgress);
        match self.kernel.of_texts(questions, encode) {
            Ok(similar) => {
                Ok(similar.par_chunks(BATCH_SIZE).flat_map_iter(|s| self.rankings(s)).collect())
            }
            // A question that cannot be encoded must not affect the others.
            Err(_) if questions.len() > 1 => questions.iter().map(|text| self.rank(text)).collect(),
            Err(error) => {
                tracing::warn!(%error, "a question cannot be encoded");
                Ok(vec![Ranking::declined(); questions.len()])
            }
        }
    }

    /// The confidences are calibrated probabilities.
    fn confidence_kind(&self) -> ConfidenceKind {
        ConfidenceKind::Probability
    }

    fn to_files(&self) -> Result<ModelFiles> {
        let ngrams = &self.kernel.ngrams.kinds;
        let params = ngrams
            .iter()
            .map(|kind| NgramParams { analyzer: kind.tfidf.analyzer.clone(), weight: kind.weight });
        let items = self.weights.len() / self.answers.len();
        let mut tensors = TensorWriter::default();
        tensors.put_f32("weights", &[items, self.answers.len()], &self.weights);
        let sentences = self.kernel.sentences.as_ref().map(|(params, sentences)| {
            let vectors = &sentences.items;
            tensors.put_f32("sentences", &[items, vectors.dims()], vectors.numbers());
            let texts = items - self.kernel.questions.len();
            SentencesCard { params: *params, texts, dims: vectors.dims() }
        });
        let card = FusionCard {
            ngrams: params.collect(),
            sentences,
            lambda: self.lambda,
            calibration: self.calibration,
            questions: self.kernel.questions.clone(),
            answers: self.answers.clone(),
        };
        for (k, NgramKind { tfidf, .. }) in ngrams.iter().enumerate() {
            let name = |part: &str| format!("ngrams.{k}.{part}");
            let (terms, ends) = tfidf.terms.parts();
            tensors.put_u8(&name("bytes"), terms.as_bytes());
            tensors.put_u32(&name("ends"), ends);
            let Postings { ends, questions, weights } = &tfidf.postings;
            tensors.put_u32(&name("posting_ends"), ends);
            tensors.put_u32(&name("posting_questions"), questions);
            tensors.put_f32(&name("posting_weights"), &[weights.len()], weights);
        }
        Ok(ModelFiles::from([
            (CARD_FILE.to_owned(), pretty_json(&card)),
            (TENSORS_FILE.to_owned(), tensors.to_bytes()?),
        ]))
    }
}

impl Model {
    fn rankings(&self, similar: &[Similar]) -> Vec<Ranking> {
        let scores = self.scores(similar).into_iter();
        scores.zip(similar).map(|(scores, similar)| self.ranking(&scores, similar)).collect()
    }

    fn ranking(&self, scores: &[f32], similar: &Similar) -> Ranking {
        let nearest = f64::from(similar.nearest(|_| true));
        let scores = best_of(scores.iter().copied().map(f64::from));
        let mut left = 1.0;
        let candidate = |&(answer, score): &(usize, f64)| {
            let confidence = self.calibration.confidence(in_scope_score(score, nearest));
            // At most one answer is right, so the probabilities add up to at most 1.
            let confidence = f64::min(confidence, left);
            left -= confidence;
            Candidate { answer_id: self.answers[answer].clone(), confidence }
        };
        let candidates: Vec<_> = scores.iter().map(candidate).collect();
        let off_topic =
            candidates.first().is_none_or(|c| c.confidence < self.calibration.threshold);
        Ranking { candidates, off_topic }
    }

    /// Returns the score of every answer for each question, `[questions][m]`, in about −1..1. A question
    /// that resembles no known question scores −1.
    fn scores(&self, similar: &[Similar]) -> Vec<Vec<f32>> {
        let kernels: Vec<Vec<f32>> = similar.iter().map(Similar::kernel).collect();
        sum_rows(-1.0, &kernels, &self.weights, self.answers.len())
    }

    /// Returns the model's answer to a left-out question.
    pub(super) fn left_out(&self, question: &str, sample: &Sample) -> LeftOut {
        let id = |answer: usize| self.answers[answer].clone();
        let confidence = self.calibration.confidence(sample.known);
        LeftOut {
            question: question.to_owned(),
            answer_id: sample.truth.map(id).unwrap_or_default(),
            top: Candidate { answer_id: id(sample.top), confidence },
            off_topic: confidence < self.calibration.threshold,
        }
    }

    /// Returns the best answer to each question, and the question's in-scope score.
    pub(super) fn tops(&self, similar: &[Similar]) -> Vec<(usize, f64)> {
        let top = |(scores, similar): (Vec<f32>, &Similar)| {
            let none = Top { answer: 0, score: -1.0 };
            let Top { answer, score } = best(scores.into_iter().enumerate()).unwrap_or(none);
            (answer, in_scope_score(f64::from(score), f64::from(similar.nearest(|_| true))))
        };
        let tops = |similar| self.scores(similar).into_iter().zip(similar).map(top);
        similar.par_chunks(BATCH_SIZE).flat_map_iter(tops).collect()
    }

    /// Reads the model files. All content is validated before it is used.
    ///
    /// # Errors
    /// If a file is missing or inconsistent, or the vector model is not of the kind that the model was
    /// trained with.
    pub(super) fn from_files(files: &ModelFiles, vectors: &Vectors) -> Result<Self> {
        let card: FusionCard = read_card(files)?;
        let tensors = TensorReader::of(files)?;
        if card.answers.is_empty() || card.questions.is_empty() {
            return Err(damaged(CARD_FILE, "no answers or no questions"));
        }
        if card.ngrams.is_empty() || !card.ngrams.iter().all(NgramParams::is_usable) {
            return Err(damaged(CARD_FILE, "missing or invalid n-gram settings"));
        }
        if !card.calibration.is_usable() {
            return Err(damaged(CARD_FILE, "invalid calibration"));
        }
        let questions = card.questions.len();
        let mut kinds = Vec::new();
        for (k, params) in card.ngrams.into_iter().enumerate() {
            let weight = params.weight;
            kinds.push(NgramKind::new(weight, read_tfidf(&tensors, k, params, questions)?));
        }
        let texts = card.sentences.as_ref().map_or(0, |sentences| sentences.texts);
        let items = questions.saturating_add(texts);
        let weights = tensors.f32("weights", &[items, card.answers.len()])?;
        let sentences = match card.sentences {
            Some(about) if !about.params.is_usable() => {
                return Err(damaged(CARD_FILE, "invalid sentence kernel"));
            }
            Some(about) => {
                let numbers = tensors.f32("sentences", &[items, about.dims])?;
                Some((about.params, read_sentences(questions, about.dims, numbers, vectors)?))
            }
            None => None,
        };
        Ok(Self {
            answers: card.answers,
            kernel: Kernel { questions: card.questions, ngrams: Ngrams { kinds }, sentences },
            weights,
            lambda: card.lambda,
            calibration: card.calibration,
        })
    }
}

fn read_sentences(
    questions: usize,
    dims: usize,
    numbers: Vec<f32>,
    vectors: &Vectors,
) -> Result<Sentences> {
    let Some(model) = vectors else {
        return Err(damaged(
            CARD_FILE,
            "the model uses sentence vectors, but no vector model is given",
        ));
    };
    if dims != model.dims() {
        let found = model.dims();
        let what = format!(
            "{dims}-dimensional sentence vectors, but the vector model has {found} dimensions"
        );
        return Err(damaged(CARD_FILE, &what));
    }
    let items = Embeddings::new(dims, numbers);
    // The kernel is an exponential of the cosine, which longer vectors would make larger than 1.
    if items.rows().any(|row| dot(row, row) > 1.0 + LENGTH_TOLERANCE) {
        return Err(damaged(TENSORS_FILE, "`sentences` contains vectors with a norm above 1"));
    }
    Ok(Sentences::new(Arc::clone(model), questions, items))
}

fn read_tfidf(
    tensors: &TensorReader,
    k: usize,
    params: NgramParams,
    questions: usize,
) -> Result<TfIdf> {
    let name = |part: &str| format!("ngrams.{k}.{part}");
    let misfit = || damaged(TENSORS_FILE, &format!("`ngrams.{k}` is inconsistent"));
    let text = std::str::from_utf8(tensors.u8(&name("bytes"))?).map_err(|_| misfit())?;
    let terms = PackedStrings::new(text.to_owned().into(), tensors.u32(&name("ends"))?)
        .ok_or_else(misfit)?;
    let ends = tensors.u32(&name("posting_ends"))?;
    let posting_questions = tensors.u32(&name("posting_questions"))?;
    let weights = tensors.f32(&name("posting_weights"), &[posting_questions.len()])?;
    let postings = Postings { ends, questions: posting_questions, weights };
    if !postings.fit(terms.len(), questions) {
        return Err(misfit());
    }
    Ok(TfIdf { analyzer: params.analyzer, questions, terms, postings })
}
