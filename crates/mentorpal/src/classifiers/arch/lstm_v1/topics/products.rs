//! Products of row-major matrices. Each product is computed by the calling thread alone, so its result
//! is always bit-identical.

use crate::linear::{self, Accum, Threads, View, ViewMut};

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

    /// Returns the matrix as a view, `[rows, columns]`.
    pub(super) fn view(self) -> View<'a, f32> {
        View::by_rows(self.numbers, self.numbers.len() / self.columns, self.columns)
    }
}

/// Computes `out = a · b` or `out += a · b`; `out` is row-major.
pub(super) fn multiply(out: &mut [f32], accum: Accum, a: View<'_, f32>, b: View<'_, f32>) {
    // The transposed product is stored by columns.
    let out = ViewMut::by_columns(out, b.columns(), a.rows(), b.columns());
    linear::multiply(out, accum, b.transpose(), a.transpose(), 1.0, Threads::One);
}
