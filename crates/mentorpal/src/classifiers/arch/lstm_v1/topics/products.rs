//! Products of row-major matrices. Each product is computed by the calling thread alone, so its result
//! is always bit-identical.

use faer::linalg::matmul::matmul;
use faer::{Accum, MatMut, MatRef, Par};

/// A row-major matrix, `[rows, columns]`.
#[derive(Clone, Copy)]
pub(super) struct Rows<'a> {
    numbers: &'a [f32],
    columns: usize,
}

impl<'a> Rows<'a> {
    /// Views `numbers` as rows of `columns` numbers.
    pub(super) fn of(numbers: &'a [f32], columns: usize) -> Self {
        Self { numbers, columns }
    }

    /// Returns the matrix as a `faer` view, `[rows, columns]`.
    pub(super) fn view(self) -> MatRef<'a, f32> {
        MatRef::from_row_major_slice(self.numbers, self.numbers.len() / self.columns, self.columns)
    }
}

/// Computes `out = a · b` or `out += a · b`; `out` is row-major.
pub(super) fn multiply(out: &mut [f32], accum: Accum, a: MatRef<'_, f32>, b: MatRef<'_, f32>) {
    let out = MatMut::from_row_major_slice_mut(out, a.nrows(), b.ncols());
    matmul(out, accum, a, b, 1.0, Par::Seq);
}
