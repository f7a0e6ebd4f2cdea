//! Products of matrices that lie row by row. Each is computed by the calling thread alone, so that
//! it has the same bits whatever runs beside it.

use faer::linalg::matmul::matmul;
use faer::{Accum, MatMut, MatRef, Par};

/// A matrix `[rows, columns]`, row by row.
#[derive(Clone, Copy)]
pub(super) struct Rows<'a> {
    numbers: &'a [f32],
    columns: usize,
}

impl<'a> Rows<'a> {
    /// `numbers`, of which each row has `columns`.
    pub(super) fn of(numbers: &'a [f32], columns: usize) -> Self {
        Self { numbers, columns }
    }

    /// As the library sees it, `[rows, columns]`.
    pub(super) fn view(self) -> MatRef<'a, f32> {
        MatRef::from_row_major_slice(self.numbers, self.numbers.len() / self.columns, self.columns)
    }
}

/// `out = a · b`, or `out += a · b`, where `out` lies row by row.
pub(super) fn multiply(out: &mut [f32], accum: Accum, a: MatRef<'_, f32>, b: MatRef<'_, f32>) {
    let out = MatMut::from_row_major_slice_mut(out, a.nrows(), b.ncols());
    matmul(out, accum, a, b, 1.0, Par::Seq);
}
