//! Models with one vector per token, and sentence vectors computed from them.

use rayon::prelude::*;

use super::sentence::{Embeddings, SentenceModel, to_unit_length};
use crate::progress::Progress;

/// A model with one vector per token, which does not depend on the token's sentence.
pub trait TokenVectors: SentenceModel {
    /// Returns the vectors of the tokens of `text`, in order: `[tokens, dims]`. The length of a vector
    /// is the weight of its token. Unknown tokens are omitted.
    fn tokens(&self, text: &str) -> Embeddings;

    /// Returns the vector of a single word, `[dims]`, of any length, or `None` if the word is unknown.
    fn word(&self, word: &str) -> Option<Vec<f32>>;
}

/// Returns one vector per text, `[texts, dims]`: the sum of its tokens' vectors, scaled to unit
/// length. The vector is zero if no token of the text is known.
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

/// Returns a token's weight by smooth inverse frequency (Arora et al. 2017): `a / (a + p)` for a
/// token of probability `p`. By Zipf's law, the token at `rank` (from 1) of `n` tokens has
/// `p = 1 / (rank · H_n)`, where `harmonic` is the harmonic number `H_n`. The rank is the position in
/// the vocabulary, because vocabularies list frequent tokens first.
pub(super) fn weight(rank: usize, harmonic: f64) -> f32 {
    const A: f64 = 1e-3;
    (A / (A + (rank as f64 * harmonic).recip())) as f32
}

/// Returns the sum of the vectors of `tokens`, `[dims]`.
pub(super) fn sum(tokens: &Embeddings, dims: usize) -> Vec<f32> {
    let mut sum = vec![0.0; dims];
    for token in tokens.rows() {
        sum.iter_mut().zip(token).for_each(|(sum, x)| *sum += x);
    }
    sum
}
