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
    /// When `dims` is 0 or does not divide the numbers.
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

/// Scales a vector to unit length; zero stays zero.
pub(super) fn to_unit_length(vector: &mut [f32]) {
    let length = vector.iter().map(|x| x * x).sum::<f32>().sqrt();
    if length > 0.0 {
        for x in vector {
            *x /= length;
        }
    }
}
