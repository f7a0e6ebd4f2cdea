//! The kernel: a weighted mix of cosines, 1 between a question and itself.

use faer::Mat;
use rayon::prelude::*;

use super::params::KernelParams;
use super::tfidf::TfIdf;
use crate::progress::Progress;

/// The known questions, ready to be compared with.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Kernel {
    /// Each with its share of the mix.
    pub(super) parts: Vec<(f32, TfIdf)>,
}

impl Kernel {
    /// Fits the parts to `questions`.
    pub(super) fn fit(params: &[KernelParams], questions: &[&str]) -> Self {
        let fit = |p: &KernelParams| (p.weight, TfIdf::fit(&p.analyzer, questions));
        Self { parts: params.par_iter().map(fit).collect() }
    }

    /// How alike `text` is to each known question, each in 0..=1.
    pub(super) fn similarities(&self, text: &str) -> Vec<f32> {
        let mut sum: Vec<f32> = Vec::new();
        for (weight, tfidf) in &self.parts {
            let part = tfidf.similarities(text);
            sum.resize(part.len(), 0.0);
            sum.iter_mut().zip(part).for_each(|(sum, similarity)| *sum += weight * similarity);
        }
        sum
    }

    /// The kernel matrix of the known questions, `[n, n]`; only its lower triangle is filled.
    pub(super) fn matrix(&self, progress: &dyn Progress) -> Mat<f32> {
        let vectors: Vec<_> = self.parts.iter().map(|(_, tfidf)| tfidf.vectors()).collect();
        let questions = vectors.first().map_or(0, Vec::len);
        let mut matrix = Mat::zeros(questions, questions);
        progress.start("comparing questions", questions);
        matrix.as_mut().par_col_iter_mut().enumerate().for_each(|(column, values)| {
            let below = values.try_as_col_major_mut().map(faer::ColMut::as_slice_mut);
            let below = &mut below.expect("a new matrix is stored by columns")[column..];
            for ((weight, tfidf), vectors) in self.parts.iter().zip(&vectors) {
                tfidf.add_similarities(&vectors[column], *weight, column, below);
            }
            progress.step();
        });
        progress.finish();
        matrix
    }
}
