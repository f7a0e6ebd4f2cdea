//! What can be set.

use serde::{Deserialize, Serialize};

use crate::text::Analyzer;

/// How a model is trained.
#[derive(Clone, Debug)]
pub(super) struct Params {
    /// The kernels of the mix; weights add up to 1.
    pub(super) kernels: Vec<KernelParams>,
    /// The regularisations λ to choose from, ascending; the middle one stays unless a neighbour
    /// is better. All positive, in units of a kernel's diagonal, which is 1.
    pub(super) lambdas: Vec<f32>,
    /// The share of questions assumed to be off-topic when confidence and threshold are fitted,
    /// in 0..1.
    pub(super) off_topic_share: f64,
    /// Above this many questions λ is chosen on a part of the answers of about this size.
    pub(super) search_limit: usize,
}

/// One kernel of the mix.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct KernelParams {
    /// Which n-grams.
    pub(super) analyzer: Analyzer,
    /// Its share of the mix, in 0..=1.
    pub(super) weight: f32,
}

impl KernelParams {
    /// Whether text can be counted and weighed with these.
    pub(super) fn is_usable(&self) -> bool {
        self.analyzer.is_sound() && (0.0..=1.0).contains(&self.weight)
    }
}

impl Default for Params {
    /// | parameter | default | why |
    /// |---|---|---|
    /// | weights | 0.5, 0.5 | leave-one-out prefers neither, over six mentors |
    /// | λ | 0.1, 0.2, 0.3, 0.5, 1 | accuracy is flat within ±1 point over this range |
    /// | off-topic share | 0.3 | a guess at what strangers ask; not fitted |
    /// | search limit | 6,000 | λ hardly depends on size, time does with its cube |
    fn default() -> Self {
        Self {
            kernels: vec![
                KernelParams {
                    analyzer: Analyzer::Words { lengths: 1..=2, stemmed: true },
                    weight: 0.5,
                },
                KernelParams { analyzer: Analyzer::Characters { lengths: 2..=5 }, weight: 0.5 },
            ],
            lambdas: vec![0.1, 0.2, 0.3, 0.5, 1.0],
            off_topic_share: 0.3,
            search_limit: 6_000,
        }
    }
}
