//! The training parameters and their defaults.

use serde::{Deserialize, Serialize};

use crate::classifiers::examples::Examples;
use crate::text::Analyzer;

/// The training parameters.
#[derive(Clone, Debug)]
pub(super) struct Params {
    /// The kernels over n-grams; their weights add up to 1.
    pub(super) ngrams: Vec<NgramParams>,
    /// The settings to select from.
    pub(super) search: Search,
    /// λ of the answers' texts, which resemble questions less than other questions do.
    pub(super) answer_lambda: f32,
    /// The share of questions assumed to be off-topic when confidence and threshold are fitted,
    /// in 0..1.
    pub(super) off_topic_share: f64,
    /// With more questions than this, settings are selected on a subset of the answers with about this
    /// many questions.
    pub(super) search_limit: usize,
}

/// One kernel over n-grams.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct NgramParams {
    /// The kind of n-grams.
    pub(super) analyzer: Analyzer,
    /// The weight among all kinds of n-grams, in 0..=1.
    pub(super) weight: f32,
}

/// The weight and width of the sentence kernel.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct SentenceParams {
    /// The weight in 0..=1; the n-grams have the rest.
    pub(super) weight: f32,
    /// `s` in `exp((cos − 1) / s)`, positive.
    pub(super) width: f32,
}

impl SentenceParams {
    /// Returns whether weight and width are in their ranges.
    pub(super) fn is_usable(self) -> bool {
        (0.0..=1.0).contains(&self.weight) && self.width > 0.0
    }

    /// Returns the weighted mean of the sentence kernel at `cosine` and of the n-gram similarity `ngrams`,
    /// in 0..=1.
    pub(super) fn mix(self, cosine: f32, ngrams: f32) -> f32 {
        self.weight * ((cosine - 1.0) / self.width).exp() + (1.0 - self.weight) * ngrams
    }
}

/// The values that are selected by leave-one-out accuracy.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Setting {
    /// Ignored without sentence vectors.
    pub(super) sentences: SentenceParams,
    /// λ, in units of a kernel's diagonal, which is 1.
    pub(super) lambda: f32,
}

/// The grids of hyperparameters, each ascending; the search begins with the middle values.
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
    /// Returns the λ of each item, `[n + t]`; questions have `lambda`.
    pub(super) fn lambdas(&self, examples: &Examples, lambda: f32) -> Vec<f32> {
        let questions = examples.questions.iter().map(|_| lambda);
        questions.chain(examples.texts.iter().map(|_| self.answer_lambda)).collect()
    }
}

impl NgramParams {
    /// Returns whether the analyzer and the weight are valid.
    pub(super) fn is_usable(&self) -> bool {
        self.analyzer.is_sound() && (0.0..=1.0).contains(&self.weight)
    }
}

impl Search {
    /// Returns the setting at which the search starts.
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

    /// Returns the largest number of settings that the search evaluates.
    pub(super) fn steps(&self) -> usize {
        self.lambdas.len() + self.weights.len() + self.widths.len()
    }

    /// Returns the search for sentence vectors of a sentence encoder.
    pub(super) fn with_sentences() -> Self {
        Self {
            weights: vec![0.65, 0.7, 0.75, 0.8, 0.85],
            widths: vec![0.35, 0.4, 0.45, 0.5, 0.6],
            lambdas: vec![0.05, 0.1, 0.2],
            ..Self::ngrams_alone()
        }
    }

    /// Returns the search for sentence vectors that are sums of token vectors, which are less accurate.
    pub(super) fn with_token_sums() -> Self {
        Self {
            weights: vec![0.55, 0.65, 0.75],
            widths: vec![0.35, 0.4, 0.45, 0.5, 0.6],
            lambdas: vec![0.1, 0.2, 0.3, 0.5, 1.0],
            ..Self::ngrams_alone()
        }
    }

    /// Returns the search without sentence vectors.
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
