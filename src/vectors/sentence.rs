//! What every kind of vector model can do for sentences.

use std::fmt::Debug;

use crate::error::Result;
use crate::progress::Progress;

/// Turns sentences into vectors.
pub trait SentenceModel: Send + Sync + Debug {
    /// How many numbers a vector has.
    fn dims(&self) -> usize;

    /// A vector a text, in the order of `texts`.
    ///
    /// # Errors
    /// When a text cannot be read as tokens, or its vector would be none of numbers.
    fn embed(&self, texts: &[&str], progress: &dyn Progress) -> Result<Embeddings>;
}

/// Vectors, `[texts, dims]` row by row. A text's is of unit length, or zero where nothing is known
/// of the text; a token's is as long as the token weighs.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Embeddings {
    dims: usize,
    numbers: Vec<f32>,
}

impl Embeddings {
    /// Vectors of `dims` numbers each, one after the other.
    ///
    /// # Panics
    /// When `dims` does not divide how many numbers there are.
    #[must_use]
    pub fn new(dims: usize, numbers: Vec<f32>) -> Self {
        assert!(numbers.len().is_multiple_of(dims), "vectors of {dims} numbers");
        Self { dims, numbers }
    }

    /// How many numbers a vector has.
    #[must_use]
    pub fn dims(&self) -> usize {
        self.dims
    }

    /// How many vectors there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.numbers.len() / self.dims.max(1)
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.numbers.is_empty()
    }

    /// The vector of text `index`, `[dims]`.
    ///
    /// # Panics
    /// When there are not so many.
    #[must_use]
    pub fn row(&self, index: usize) -> &[f32] {
        &self.numbers[index * self.dims..][..self.dims]
    }

    /// The vectors in order.
    #[must_use]
    pub fn rows(&self) -> impl ExactSizeIterator<Item = &[f32]> {
        self.numbers.chunks_exact(self.dims.max(1))
    }

    /// The vectors in order, to be changed.
    pub(super) fn rows_mut(&mut self) -> impl Iterator<Item = &mut [f32]> {
        self.numbers.chunks_exact_mut(self.dims.max(1))
    }

    /// The same directions, each of unit length, or zero.
    #[must_use]
    pub fn at_unit_length(mut self) -> Self {
        self.numbers.chunks_exact_mut(self.dims.max(1)).for_each(to_unit_length);
        self
    }

    /// All numbers, vector by vector.
    #[must_use]
    pub fn numbers(&self) -> &[f32] {
        &self.numbers
    }
}

/// The scalar product of two vectors of one length.
///
/// In eight sums side by side, which processors add at once; one sum would have to be added up in
/// order, a number at a time.
pub(crate) fn dot(a: &[f32], b: &[f32]) -> f32 {
    const LANES: usize = 8;
    let (a, a_rest) = a.as_chunks::<LANES>();
    let (b, b_rest) = b.as_chunks::<LANES>();
    let mut sums = [0.0; LANES];
    for (a, b) in a.iter().zip(b) {
        for lane in 0..LANES {
            sums[lane] += a[lane] * b[lane];
        }
    }
    let rest: f32 = a_rest.iter().zip(b_rest).map(|(a, b)| a * b).sum();
    sums.iter().sum::<f32>() + rest
}

/// The length of a vector with this `square`; 0 of one shorter than about 10⁻¹⁹, whose square has
/// too few digits left to tell.
pub(super) fn root(square: f32) -> f32 {
    if square < f32::MIN_POSITIVE { 0.0 } else { square.sqrt() }
}

/// The cosine of two vectors; 0 where one has no length.
pub(super) fn cosine(a: &[f32], b: &[f32]) -> f32 {
    let lengths = root(dot(a, a)) * root(dot(b, b));
    if lengths > 0.0 { dot(a, b) / lengths } else { 0.0 }
}

/// Scales a vector to unit length; one without length becomes zero.
pub(super) fn to_unit_length(vector: &mut [f32]) {
    let length = root(vector.iter().map(|x| x * x).sum());
    for x in vector {
        *x = if length == 0.0 { 0.0 } else { *x / length };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // The squares of 3e-23 and 4e-23 are below the least `f32`, 1.4e-45; of 3e-22 and 4e-22 they are
    // 9e-44 and 1.6e-43, of two digits.
    #[test]
    fn vectors_too_short_to_be_squared_have_no_direction() {
        for size in [1e-22, 1e-23] {
            let mut short = [3.0 * size, 4.0 * size];
            assert!(cosine(&short, &[3e15, 4e15]).abs() < 1e-6);
            to_unit_length(&mut short);
            assert!(short.iter().all(|x| x.abs() < 1e-6));
        }
        let mut long = [3e-18, 4e-18];
        assert!((cosine(&long, &[3e15, 4e15]) - 1.0).abs() < 1e-6);
        to_unit_length(&mut long);
        assert!((long[0] - 0.6).abs() < 1e-6 && (long[1] - 0.8).abs() < 1e-6);
    }
}
