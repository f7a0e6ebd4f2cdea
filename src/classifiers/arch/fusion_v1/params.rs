//! What can be set.

use serde::{Deserialize, Serialize};

use crate::classifiers::examples::Examples;
use crate::text::Analyzer;

/// How a model is trained.
#[derive(Clone, Debug)]
pub(super) struct Params {
    /// The kernels over n-grams; weights add up to 1.
    pub(super) ngrams: Vec<NgramParams>,
    /// The settings to choose from.
    pub(super) search: Search,
    /// λ of the answers' texts, which are further from questions than questions are.
    pub(super) answer_lambda: f32,
    /// The share of questions assumed to be off-topic when confidence and threshold are fitted,
    /// in 0..1.
    pub(super) off_topic_share: f64,
    /// Above this many questions settings are chosen on a part of the answers of about this size.
    pub(super) search_limit: usize,
}

/// One kernel over n-grams.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct NgramParams {
    /// Which n-grams.
    pub(super) analyzer: Analyzer,
    /// Its share of the n-grams' mix, in 0..=1.
    pub(super) weight: f32,
}

/// The sentence kernel's share of the mix, and its width.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct SentenceParams {
    /// In 0..=1; the n-grams have the rest.
    pub(super) weight: f32,
    /// `s` in `exp((cos − 1) / s)`, positive.
    pub(super) width: f32,
}

impl SentenceParams {
    /// Whether similarities can be computed with these.
    pub(super) fn is_usable(self) -> bool {
        (0.0..=1.0).contains(&self.weight) && self.width > 0.0
    }

    /// The mix of a cosine of sentence vectors and a similarity of n-grams, in 0..=1.
    pub(super) fn mix(self, cosine: f32, ngrams: f32) -> f32 {
        self.weight * ((cosine - 1.0) / self.width).exp() + (1.0 - self.weight) * ngrams
    }
}

/// What leave-one-out chooses.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Setting {
    /// Of no matter without sentence vectors.
    pub(super) sentences: SentenceParams,
    /// λ, in units of a kernel's diagonal, which is 1.
    pub(super) lambda: f32,
}

/// The settings to choose from, each ascending; the middle ones are where to begin.
#[derive(Clone, Debug)]
pub(super) struct Search {
    pub(super) weights: Vec<f32>,
    pub(super) widths: Vec<f32>,
    pub(super) lambdas: Vec<f32>,
    /// Leave-one-out uses paraphrases by few authors, and other people phrase questions differently: to be worth
    /// leaving the middle for, a setting must answer this much more of them, in 0..=1.
    pub(super) margin: f64,
}

impl Params {
    /// Each item's λ, `[n + t]`, where questions have `lambda`.
    pub(super) fn lambdas(&self, examples: &Examples, lambda: f32) -> Vec<f32> {
        let questions = examples.questions.iter().map(|_| lambda);
        questions.chain(examples.texts.iter().map(|_| self.answer_lambda)).collect()
    }
}

impl NgramParams {
    /// Whether text can be counted and weighed with these.
    pub(super) fn is_usable(&self) -> bool {
        self.analyzer.is_sound() && (0.0..=1.0).contains(&self.weight)
    }
}

impl Search {
    /// Where to begin.
    pub(super) fn middle(&self) -> Setting {
        let middle = |values: &[f32]| values[values.len() / 2];
        Setting {
            sentences: SentenceParams {
                weight: middle(&self.weights),
                width: middle(&self.widths),
            },
            lambda: middle(&self.lambdas),
        }
    }

    /// How many settings are tried at the most.
    pub(super) fn steps(&self) -> usize {
        self.lambdas.len() + self.weights.len() + self.widths.len()
    }

    /// For sentence vectors that a network made of whole sentences.
    pub(super) fn with_sentences() -> Self {
        Self {
            weights: vec![0.65, 0.7, 0.75, 0.8, 0.85],
            widths: vec![0.35, 0.4, 0.45, 0.5, 0.6],
            lambdas: vec![0.05, 0.1, 0.2],
            ..Self::ngrams_alone()
        }
    }

    /// For sentence vectors that are sums of their tokens' vectors: they know less.
    pub(super) fn with_token_sums() -> Self {
        Self {
            weights: vec![0.55, 0.65, 0.75],
            widths: vec![0.35, 0.4, 0.45, 0.5, 0.6],
            lambdas: vec![0.1, 0.2, 0.3, 0.5, 1.0],
            ..Self::ngrams_alone()
        }
    }

    /// Without sentence vectors.
    pub(super) fn ngrams_alone() -> Self {
        Self {
            weights: vec![0.0],
            widths: vec![1.0],
            lambdas: vec![0.1, 0.2, 0.3, 0.5, 1.0],
            margin: 0.002,
        }
    }
}

impl Default for Params {
    /// | parameter | default | why |
    /// |---|---|---|
    /// | n-gram weights | 0.5, 0.5 | leave-one-out prefers neither, over six mentors |
    /// | λ of answers' texts | 0.1 | accuracy is flat from 0.1 to 1 |
    /// | off-topic share | 0.3 | an assumption about real use; not fitted |
    /// | search limit | 2,000 | settings hardly depend on size, time does with its cube |
    fn default() -> Self {
        Self {
            ngrams: vec![
                NgramParams {
                    analyzer: Analyzer::Words { lengths: 1..=2, stemmed: true, any_script: true },
                    weight: 0.5,
                },
                NgramParams {
                    analyzer: Analyzer::Characters { lengths: 2..=5, any_script: true },
                    weight: 0.5,
                },
            ],
            search: Search::ngrams_alone(),
            answer_lambda: 0.1,
            off_topic_share: 0.3,
            search_limit: 2_000,
        }
    }
}
