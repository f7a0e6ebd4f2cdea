//! The Cholesky factorisation, and what is computed from the factor.
//!
//! All three algorithms are blocked, so that almost all of their work is products of matrices. Golub &
//! Van Loan, *Matrix Computations* (4th edition, 2013), sections 3.1 and 4.2, describe them.

use rayon::prelude::*;

use super::matrix::{Matrix, View, ViewMut};
use super::multiply::{Accum, Threads, multiply};
use super::number::Number;

/// The number of rows and columns of a block on the diagonal.
pub(super) const BLOCK: usize = 128;

/// The factor `L`, a lower triangular matrix, of a symmetric positive definite matrix `A = L Lᵀ`.
#[derive(Clone, Debug)]
pub struct Cholesky<T> {
    /// `L`, `[n, n]`. Elements above the diagonal have no meaning.
    factor: Matrix<T>,
    /// The inverse of each block on the diagonal of `L`.
    inverses: Vec<Matrix<T>>,
}

impl<T: Number> Cholesky<T> {
    /// Factorises a matrix, `[n, n]`, of which only the lower triangle is read. Returns `None` if it is
    /// not positive definite.
    ///
    /// # Panics
    /// If the matrix is not square.
    #[must_use]
    pub fn of(mut matrix: Matrix<T>) -> Option<Self> {
        let n = matrix.rows();
        assert_eq!(n, matrix.columns(), "a symmetric matrix is square");
        let mut inverses = Vec::with_capacity(n.div_ceil(BLOCK));
        for block in blocks(n) {
            let (width, below) = (block.len(), n - block.end);
            let (done, rest) = matrix.numbers_mut().split_at_mut(block.start * n);
            let done = View::by_columns(done, n, block.start).block(block.start..n, 0..block.start);
            let own = done.block(0..width, 0..block.start).transpose();
            let panel = &mut rest[..width * n];
            let to = ViewMut::by_columns(&mut panel[block.start..], width + below, width, n);
            multiply(to, Accum::Add, done, own, -T::ONE, Threads::All);
            let mut diagonal = part(panel, n, block.start, width);
            factorise(&mut diagonal)?;
            replace(panel, n, block.start, &diagonal);
            let inverse = invert(&diagonal);
            let from = part(panel, n, block.end, below);
            let to = ViewMut::by_columns(&mut panel[block.end..], below, width, n);
            let inverse_transposed = inverse.view().transpose();
            multiply(to, Accum::Replace, from.view(), inverse_transposed, T::ONE, Threads::All);
            inverses.push(inverse);
        }
        Some(Self { factor: matrix, inverses })
    }

    /// Returns `L`, `[n, n]`. Elements above the diagonal have no meaning.
    #[must_use]
    pub fn factor(&self) -> View<'_, T> {
        self.factor.view()
    }

    /// Returns `L⁻¹`, `[n, n]`, with zeros above the diagonal.
    #[must_use]
    pub fn inverse_factor(&self) -> Matrix<T> {
        let n = self.factor.rows();
        let mut inverse = Matrix::zeros(n, n);
        let panels = inverse.numbers_mut().par_chunks_mut((BLOCK * n).max(1));
        panels.enumerate().for_each(|(block, panel)| {
            for (i, column) in panel.chunks_exact_mut(n).enumerate() {
                column[block * BLOCK + i] = T::ONE;
            }
            self.forward(block, panel);
        });
        inverse
    }

    /// Replaces `B`, `[n, any]`, by the solution of `L X = B`.
    ///
    /// # Panics
    /// If `B` does not have `n` rows.
    pub fn solve_factor(&self, right: &mut Matrix<T>) {
        self.panels(right).for_each(|panel| self.forward(0, panel));
    }

    /// Replaces `B`, `[n, any]`, by the solution of `A X = B`.
    ///
    /// # Panics
    /// If `B` does not have `n` rows.
    pub fn solve(&self, right: &mut Matrix<T>) {
        self.panels(right).for_each(|panel| {
            self.forward(0, panel);
            self.backward(panel);
        });
    }

    /// Splits `right` into groups of columns, which are solved in parallel.
    fn panels<'a>(&self, right: &'a mut Matrix<T>) -> impl ParallelIterator<Item = &'a mut [T]> {
        let n = self.factor.rows();
        assert_eq!(right.rows(), n, "a right side has as many rows as the matrix");
        let width = right.columns().div_ceil(rayon::current_num_threads()).clamp(1, BLOCK);
        right.numbers_mut().par_chunks_mut((width * n).max(1))
    }

    /// Solves `L X = B` in place, for columns of `n` numbers that are zero above the block `first`.
    fn forward(&self, first: usize, panel: &mut [T]) {
        let n = self.factor.rows();
        let columns = panel.len() / n;
        for (rows, inverse) in blocks(n).zip(&self.inverses).skip(first) {
            let from = part(panel, n, rows.start, rows.len());
            let mut solved = Matrix::zeros(rows.len(), columns);
            let (to, one) = (solved.view_mut(), Threads::One);
            multiply(to, Accum::Replace, inverse.view(), from.view(), T::ONE, one);
            replace(panel, n, rows.start, &solved);
            let left = self.factor.view().block(rows.end..n, rows.clone());
            let below = ViewMut::by_columns(&mut panel[rows.end..], n - rows.end, columns, n);
            multiply(below, Accum::Add, left, solved.view(), -T::ONE, one);
        }
    }

    /// Solves `Lᵀ X = B` in place, for columns of `n` numbers.
    fn backward(&self, panel: &mut [T]) {
        let n = self.factor.rows();
        let columns = panel.len() / n;
        for (block, inverse) in self.inverses.iter().enumerate().rev() {
            let start = block * BLOCK;
            let end = start + inverse.rows();
            let below = part(panel, n, end, n - end);
            let mut from = part(panel, n, start, end - start);
            let left = self.factor.view().block(end..n, start..end).transpose();
            let (to, one) = (from.view_mut(), Threads::One);
            multiply(to, Accum::Add, left, below.view(), -T::ONE, one);
            let to = ViewMut::by_columns(&mut panel[start..], end - start, columns, n);
            let inverse = inverse.view().transpose();
            multiply(to, Accum::Replace, inverse, from.view(), T::ONE, one);
        }
    }
}

/// Returns `a · lower`, where `lower` is lower triangular, with zeros above the diagonal.
///
/// # Panics
/// If the sizes do not fit each other.
#[must_use]
pub fn multiply_by_lower<T: Number>(a: View<'_, T>, lower: &Matrix<T>) -> Matrix<T> {
    let (rows, n) = (a.rows(), lower.columns());
    let mut product = Matrix::zeros(rows, n);
    for columns in steps(n, 4 * BLOCK) {
        let a = a.block(0..rows, columns.start..n);
        let b = lower.view().block(columns.start..n, columns.clone());
        let to = &mut product.numbers_mut()[columns.start * rows..];
        let to = ViewMut::by_columns(to, rows, columns.len(), rows);
        multiply(to, Accum::Replace, a, b, T::ONE, Threads::All);
    }
    product
}

/// Returns the lower triangle of `a aᵀ`. Elements above the diagonal have no meaning.
#[must_use]
pub fn gram<T: Number>(a: View<'_, T>) -> Matrix<T> {
    // In this order in memory, the numbers are packed faster.
    let a = a.to_matrix();
    let (n, all) = (a.rows(), 0..a.columns());
    let mut product = Matrix::zeros(n, n);
    for columns in steps(n, 2 * BLOCK) {
        let left = a.view().block(columns.start..n, all.clone());
        let right = left.block(0..columns.len(), all.clone()).transpose();
        let to = &mut product.numbers_mut()[columns.start * n + columns.start..];
        let to = ViewMut::by_columns(to, n - columns.start, columns.len(), n);
        multiply(to, Accum::Replace, left, right, T::ONE, Threads::All);
    }
    product
}

/// Returns the rows of each block on the diagonal.
fn blocks(n: usize) -> impl Iterator<Item = std::ops::Range<usize>> {
    steps(n, BLOCK)
}

/// Splits `0..n` into ranges of `size`.
fn steps(n: usize, size: usize) -> impl Iterator<Item = std::ops::Range<usize>> {
    (0..n).step_by(size).map(move |start| start..n.min(start + size))
}

/// Returns a copy of `rows` rows from `start` on of columns of `n` numbers.
fn part<T: Number>(panel: &[T], n: usize, start: usize, rows: usize) -> Matrix<T> {
    View::by_columns(panel, n, panel.len() / n)
        .block(start..start + rows, 0..panel.len() / n)
        .to_matrix()
}

/// Replaces rows from `start` on of columns of `n` numbers.
fn replace<T: Number>(panel: &mut [T], n: usize, start: usize, rows: &Matrix<T>) {
    for (column, to) in panel.chunks_exact_mut(n).enumerate() {
        to[start..][..rows.rows()].copy_from_slice(rows.column(column));
    }
}

/// Replaces the lower triangle of a small matrix by its Cholesky factor, and the rest by zeros. Returns
/// `None` if the matrix is not positive definite.
fn factorise<T: Number>(matrix: &mut Matrix<T>) -> Option<()> {
    let n = matrix.rows();
    for j in 0..n {
        let (done, rest) = matrix.numbers_mut().split_at_mut((j + 1) * n);
        let (above, column) = done[j * n..].split_at_mut(j);
        above.fill(T::ZERO);
        if column[0] <= T::ZERO || !column[0].is_finite() {
            return None;
        }
        let root = column[0].sqrt();
        column.iter_mut().for_each(|x| *x = *x / root);
        for (later, &factor) in rest.chunks_exact_mut(n).zip(&column[1..]) {
            // `later` has its rows from 0, `column` from `j`.
            subtract(&mut later[j..], factor, column);
        }
    }
    Some(())
}

/// Returns the inverse of a small lower triangular matrix, with zeros above the diagonal.
fn invert<T: Number>(lower: &Matrix<T>) -> Matrix<T> {
    let n = lower.rows();
    let mut inverse = Matrix::zeros(n, n);
    for (j, to) in inverse.numbers_mut().chunks_exact_mut(n).enumerate() {
        to[j] = T::ONE;
        for k in j..n {
            let column = &lower.column(k)[k..];
            let (solved, below) = to[k..].split_at_mut(1);
            solved[0] = solved[0] / column[0];
            subtract(below, solved[0], &column[1..]);
        }
    }
    inverse
}

/// Subtracts `factor · x` from `y`.
fn subtract<T: Number>(y: &mut [T], factor: T, x: &[T]) {
    y.iter_mut().zip(x).for_each(|(y, x)| *y -= factor * *x);
}
