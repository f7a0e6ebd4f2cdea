//! The forward pass of the BERT network (Devlin et al. 2019, arXiv:1810.04805).
//!
//! Sequences of any lengths are concatenated without padding. Attention is computed sequence by
//! sequence, and everything else on one matrix of all tokens.

use super::rows::{activate, normalize, softmax};
use super::settings::EncoderShape;
use super::weights::{Layer, Linear, Norm, Weights};
use crate::error::Result;
use crate::linear::{Accum, Threads, View, ViewMut, multiply};

/// A BERT network: its shape and its weights.
#[derive(Debug)]
pub(super) struct Bert {
    shape: EncoderShape,
    weights: Weights,
}

impl Bert {
    pub(super) fn new(shape: EncoderShape, weights: Weights) -> Self {
        Self { shape, weights }
    }

    /// The number of dimensions of a token's vector.
    pub(super) fn dims(&self) -> usize {
        self.shape.hidden_size
    }

    /// Validates all word vectors, which are otherwise read only when they are needed.
    ///
    /// # Errors
    /// If a vector holds NaN or an infinity.
    pub(super) fn check_words(&self) -> Result<()> {
        self.weights.words.check()
    }

    /// Returns the last layer's vectors of all tokens of `sequences`, concatenated: `[tokens, d]`, row
    /// by row. Ids must be below the vocabulary's size, and sequences no longer than the number of
    /// positions.
    ///
    /// The vectors of a sequence depend neither on `threads` nor on the other sequences.
    ///
    /// # Errors
    /// If a token's vector cannot be read.
    pub(super) fn forward<'a>(
        &self,
        sequences: impl Iterator<Item = &'a [u32]> + Clone,
        threads: Threads,
    ) -> Result<Vec<f32>> {
        let d = self.dims();
        let mut hidden = Vec::new();
        for (position, &id) in sequences.clone().flat_map(|sequence| sequence.iter().enumerate()) {
            let word = self.weights.words.read(id)?;
            let position = &self.weights.positions[position * d..][..d];
            hidden.extend(word.iter().zip(position).map(|(word, position)| word + position));
        }
        self.normalize(&self.weights.norm, &mut hidden);
        let lengths: Vec<usize> = sequences.map(<[u32]>::len).collect();
        for layer in &self.weights.layers {
            self.layer(layer, &lengths, &mut hidden, threads);
        }
        Ok(hidden)
    }

    fn layer(&self, layer: &Layer, lengths: &[usize], hidden: &mut [f32], threads: Threads) {
        let context = self.attend(&layer.qkv.apply(hidden, self.dims(), threads), lengths);
        layer.attention_output.add_to(&context, self.dims(), hidden, threads);
        self.normalize(&layer.attention_norm, hidden);
        let mut wide = layer.intermediate.apply(hidden, self.dims(), threads);
        activate(self.shape.hidden_act, &mut wide);
        layer.output.add_to(&wide, self.shape.intermediate_size, hidden, threads);
        self.normalize(&layer.output_norm, hidden);
    }

    /// Computes the scaled dot-product self-attention of each sequence: from `[tokens, 3 d]` (query,
    /// key and value) to `[tokens, d]`.
    fn attend(&self, qkv: &[f32], lengths: &[usize]) -> Vec<f32> {
        let (d, heads) = (self.dims(), self.shape.heads);
        let size = d / heads;
        let scale = 1.0 / (size as f32).sqrt();
        let mut context = vec![0.0; qkv.len() / 3];
        let mut first = 0;
        for &length in lengths {
            let rows = &qkv[3 * d * first..][..3 * d * length];
            // Each matrix is transposed: a token's numbers are a column.
            let sequence = View::by_columns(rows, 3 * d, length);
            let target = &mut context[d * first..][..d * length];
            let mut scores = vec![0.0_f32; length * length];
            for head in 0..heads {
                let part = |at: usize| {
                    let start = at * d + head * size;
                    sequence.block(start..start + size, 0..length)
                };
                let to = ViewMut::by_columns(&mut scores, length, length, length);
                let one = Threads::One;
                multiply(to, Accum::Replace, part(1).transpose(), part(0), scale, one);
                softmax(&mut scores, length);
                let scores = View::by_columns(&scores, length, length);
                let to = ViewMut::by_columns(&mut target[head * size..], size, length, d);
                multiply(to, Accum::Replace, part(2), scores, 1.0, one);
            }
            first += length;
        }
        context
    }

    fn normalize(&self, norm: &Norm, rows: &mut [f32]) {
        normalize(rows, norm, self.shape.layer_norm_eps);
    }
}

impl Linear {
    /// Returns `x Wᵀ + b`, where the rows of `x` have `inputs` numbers.
    fn apply(&self, x: &[f32], inputs: usize, threads: Threads) -> Vec<f32> {
        let mut y = vec![0.0; x.len() / inputs * self.bias.len()];
        self.add_to(x, inputs, &mut y, threads);
        y
    }

    /// Adds `x Wᵀ + b` to `y`.
    fn add_to(&self, x: &[f32], inputs: usize, y: &mut [f32], threads: Threads) {
        let (rows, outputs) = (x.len() / inputs, self.bias.len());
        for row in y.chunks_exact_mut(outputs) {
            row.iter_mut().zip(&self.bias).for_each(|(y, bias)| *y += bias);
        }
        // The transposed product is stored by columns.
        let x = View::by_columns(x, inputs, rows);
        let y = ViewMut::by_columns(y, outputs, rows, outputs);
        multiply(y, Accum::Add, self.weight.view(), x, 1.0, threads);
    }
}
