//! Sentence vectors: the interface of all vector models, the vectors, and arithmetic on them.

use std::fmt::Debug;

use crate::error::Result;
use crate::progress::Progress;

/// A model that turns sentences into vectors.
pub trait SentenceModel: Send + Sync + Debug {
    /// The number of dimensions of a vector.
    fn dims(&self) -> usize;

    /// Returns one vector per text, `[texts, dims]`, in the order of `texts`.
    ///
    /// # Errors
    /// If a text cannot be tokenized, or its vector would contain NaN or an infinity.
    fn embed(&self, texts: &[&str], progress: &dyn Progress) -> Result<Embeddings>;
}

/// A list of vectors, `[vectors, dims]`, row-major. The vector of a text has unit length, or is zero
/// if no token of the text is known. The length of a token's vector is the token's weight.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Embeddings {
    dims: usize,
    numbers: Vec<f32>,
}

impl Embeddings {
    /// Creates the list from the concatenated vectors of `dims` numbers each.
    ///
    /// # Panics
    /// If the count of `numbers` is not a multiple of `dims`.
    #[must_use]
    pub fn new(dims: usize, numbers: Vec<f32>) -> Self {
        assert!(numbers.len().is_multiple_of(dims), "{dims}-dimensional vectors");
        Self { dims, numbers }
    }

    /// The number of dimensions of a vector.
    #[must_use]
    pub fn dims(&self) -> usize {
        self.dims
    }

    /// The number of vectors.
    #[must_use]
    pub fn len(&self) -> usize {
        self.numbers.len() / self.dims.max(1)
    }

    /// Whether the list is empty.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.numbers.is_empty()
    }

    /// Returns the vector at `index`, `[dims]`.
    ///
    /// # Panics
    /// If `index` is out of range.
    #[must_use]
    pub fn row(&self, index: usize) -> &[f32] {
        &self.numbers[index * self.dims..][..self.dims]
    }

    /// The vectors in order.
    #[must_use]
    pub fn rows(&self) -> impl ExactSizeIterator<Item = &[f32]> {
        self.numbers.chunks_exact(self.dims.max(1))
    }

    /// The vectors in order, mutable.
    pub(super) fn rows_mut(&mut self) -> impl Iterator<Item = &mut [f32]> {
        self.numbers.chunks_exact_mut(self.dims.max(1))
    }

    /// Scales each vector to unit length. A vector without a direction becomes zero.
    #[must_use]
    pub fn at_unit_length(mut self) -> Self {
        self.numbers.chunks_exact_mut(self.dims.max(1)).for_each(to_unit_length);
        self
    }

    /// The numbers of all vectors, concatenated.
    #[must_use]
    pub fn numbers(&self) -> &[f32] {
        &self.numbers
    }
}

/// Returns the dot product of two vectors of equal dimension.
///
/// Eight partial sums let the processor add eight numbers at once. A single sum would have to be added
/// up in order, one number at a time.
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

/// Returns the length of a vector whose dot product with itself is `square`. Returns 0 for lengths
/// below about 10⁻¹⁹, whose squares have too few significant digits.
pub(super) fn root(square: f32) -> f32 {
    if square < f32::MIN_POSITIVE { 0.0 } else { square.sqrt() }
}

/// Returns the cosine similarity of two vectors, or 0 if the length of either is 0.
pub(super) fn cosine(a: &[f32], b: &[f32]) -> f32 {
    let lengths = root(dot(a, a)) * root(dot(b, b));
    if lengths > 0.0 { dot(a, b) / lengths } else { 0.0 }
}

/// Scales a vector to unit length. A vector whose length is 0 becomes zero.
pub(super) fn to_unit_length(vector: &mut [f32]) {
    let length = root(vector.iter().map(|x| x * x).sum());
    for x in vector {
        *x = if length == 0.0 { 0.0 } else { *x / length };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // The squares of 3e-23 and 4e-23 are below the smallest positive `f32`, 1.4e-45. The squares of
    // 3e-22 and 4e-22, 9e-44 and 1.6e-43, have only two significant digits.
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
