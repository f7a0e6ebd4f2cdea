//! Models with one vector per token, and the sentence vectors made from them.

use rayon::prelude::*;

use super::sentence::{Embeddings, SentenceModel, to_unit_length};
use crate::progress::Progress;

/// One vector per token, independent of the sentence.
pub trait TokenVectors: SentenceModel {
    /// The vectors of the tokens of `text`, in order: `[tokens, dims]`. The length of each is what
    /// the token weighs; tokens that are not known are left out.
    fn tokens(&self, text: &str) -> Embeddings;

    /// The vector of a single word, `[dims]`, of whatever length; `None` where it is not known.
    fn word(&self, word: &str) -> Option<Vec<f32>>;
}

/// A vector a text: its tokens' sum, at unit length; zero where none is known.
pub(super) fn embed(
    model: &impl TokenVectors,
    texts: &[&str],
    progress: &dyn Progress,
) -> Embeddings {
    progress.start("embedding questions", texts.len());
    let numbers = texts.par_iter().flat_map_iter(|text| {
        let mut vector = sum(&model.tokens(text), model.dims());
        to_unit_length(&mut vector);
        progress.step();
        vector
    });
    let numbers = numbers.collect();
    progress.finish();
    Embeddings::new(model.dims(), numbers)
}

/// Smooth inverse frequency (Arora et al. 2017): how much a token of probability `p` weighs is
/// `a / (a + p)`, where by Zipf's law the one at `rank` (from 1) of `n` has `p = 1 / (rank · H_n)`;
/// `harmonic` is `H_n`. Vocabularies list frequent tokens first.
pub(super) fn weight(rank: usize, harmonic: f64) -> f32 {
    const A: f64 = 1e-3;
    (A / (A + (rank as f64 * harmonic).recip())) as f32
}

/// The sum of tokens' vectors, `[dims]`.
pub(super) fn sum(tokens: &Embeddings, dims: usize) -> Vec<f32> {
    let mut sum = vec![0.0; dims];
    for token in tokens.rows() {
        sum.iter_mut().zip(token).for_each(|(sum, x)| *sum += x);
    }
    sum
}
