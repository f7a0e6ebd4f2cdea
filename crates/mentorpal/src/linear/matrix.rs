//! Matrices and views of them.

use std::ops::{Index, IndexMut, Range};

use rayon::prelude::*;

use super::number::Number;

/// The number of columns that are copied together: as many as a cache line has numbers.
const COPIED: usize = 16;

/// A matrix, stored column by column.
#[derive(Clone, Debug, PartialEq)]
pub struct Matrix<T> {
    numbers: Vec<T>,
    rows: usize,
    columns: usize,
}

impl<T: Number> Matrix<T> {
    /// Returns a matrix of zeros, `[rows, columns]`.
    #[must_use]
    pub fn zeros(rows: usize, columns: usize) -> Self {
        Self { numbers: vec![T::ZERO; rows * columns], rows, columns }
    }

    /// Returns the matrix, `[rows, columns]`, whose element in row `i` and column `j` is `element(i, j)`.
    pub fn from_fn(
        rows: usize,
        columns: usize,
        mut element: impl FnMut(usize, usize) -> T,
    ) -> Self {
        let mut numbers = Vec::with_capacity(rows * columns);
        for column in 0..columns {
            numbers.extend((0..rows).map(|row| element(row, column)));
        }
        Self { numbers, rows, columns }
    }

    /// Returns the number of rows.
    #[must_use]
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// Returns the number of columns.
    #[must_use]
    pub fn columns(&self) -> usize {
        self.columns
    }

    /// Returns a column, `[rows]`.
    #[must_use]
    pub fn column(&self, column: usize) -> &[T] {
        &self.numbers[column * self.rows..][..self.rows]
    }

    /// Returns each column, `[rows]`, for modification.
    pub fn columns_mut(&mut self) -> impl IndexedParallelIterator<Item = &mut [T]> {
        self.numbers.par_chunks_exact_mut(self.rows.max(1))
    }

    /// Returns all numbers, column by column.
    pub fn numbers_mut(&mut self) -> &mut [T] {
        &mut self.numbers
    }

    /// Returns a view of the matrix.
    #[must_use]
    pub fn view(&self) -> View<'_, T> {
        View::by_columns(&self.numbers, self.rows, self.columns)
    }

    /// Returns a view of the matrix for modification.
    pub fn view_mut(&mut self) -> ViewMut<'_, T> {
        ViewMut::by_columns(&mut self.numbers, self.rows, self.columns, self.rows)
    }
}

impl<T: Number> Index<(usize, usize)> for Matrix<T> {
    type Output = T;

    fn index(&self, (row, column): (usize, usize)) -> &T {
        &self.column(column)[row]
    }
}

impl<T: Number> IndexMut<(usize, usize)> for Matrix<T> {
    fn index_mut(&mut self, (row, column): (usize, usize)) -> &mut T {
        &mut self.numbers[column * self.rows..][..self.rows][row]
    }
}

/// A view of a matrix: numbers at regular distances in a slice.
#[derive(Clone, Copy, Debug)]
pub struct View<'a, T> {
    numbers: &'a [T],
    rows: usize,
    columns: usize,
    /// The distance between the elements of a column.
    row_stride: usize,
    /// The distance between the elements of a row.
    column_stride: usize,
}

impl<'a, T: Number> View<'a, T> {
    /// Views `numbers` as a matrix, `[rows, columns]`, column by column.
    ///
    /// # Panics
    /// If there are not `rows · columns` numbers.
    #[must_use]
    pub fn by_columns(numbers: &'a [T], rows: usize, columns: usize) -> Self {
        assert_eq!(numbers.len(), rows * columns, "a matrix of {rows} × {columns}");
        Self { numbers, rows, columns, row_stride: 1, column_stride: rows }
    }

    /// Views `numbers` as a matrix, `[rows, columns]`, row by row.
    ///
    /// # Panics
    /// If there are not `rows · columns` numbers.
    #[must_use]
    pub fn by_rows(numbers: &'a [T], rows: usize, columns: usize) -> Self {
        Self::by_columns(numbers, columns, rows).transpose()
    }

    /// Returns the number of rows.
    #[must_use]
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// Returns the number of columns.
    #[must_use]
    pub fn columns(&self) -> usize {
        self.columns
    }

    /// Returns the transposed matrix.
    #[must_use]
    pub fn transpose(self) -> Self {
        Self {
            numbers: self.numbers,
            rows: self.columns,
            columns: self.rows,
            row_stride: self.column_stride,
            column_stride: self.row_stride,
        }
    }

    /// Returns the part in some of the rows and columns.
    ///
    /// # Panics
    /// If the matrix does not have these rows and columns.
    #[must_use]
    pub fn block(self, rows: Range<usize>, columns: Range<usize>) -> Self {
        assert!(rows.start <= rows.end && rows.end <= self.rows, "{rows:?} of {}", self.rows);
        assert!(columns.start <= columns.end && columns.end <= self.columns);
        let from = rows.start * self.row_stride + columns.start * self.column_stride;
        Self {
            numbers: self.numbers.get(from..).unwrap_or_default(),
            rows: rows.len(),
            columns: columns.len(),
            ..self
        }
    }

    /// Returns whether the elements of a column are adjacent in memory, and no other column's are among
    /// them.
    pub(super) fn has_whole_columns(&self) -> bool {
        self.row_stride == 1 && self.rows <= self.column_stride
    }

    /// Returns the numbers from the first element of a row on. The elements of the row are at
    /// distances of [`column_stride`](Self::column_stride).
    pub(super) fn from_row(&self, row: usize) -> &'a [T] {
        &self.numbers[row * self.row_stride..]
    }

    /// Returns the distance between the elements of a row.
    pub(super) fn column_stride(&self) -> usize {
        self.column_stride
    }

    /// Returns a copy.
    #[must_use]
    pub fn to_matrix(self) -> Matrix<T> {
        let mut copy = Matrix::zeros(self.rows, self.columns);
        if self.has_whole_columns() {
            let columns = self.numbers.chunks(self.column_stride.max(1));
            for (to, column) in copy.numbers.chunks_exact_mut(self.rows.max(1)).zip(columns) {
                to.copy_from_slice(&column[..self.rows]);
            }
            return copy;
        }
        // A few columns at a time, so that a row's adjacent numbers are read together.
        let groups = copy.numbers.chunks_mut((COPIED * self.rows).max(1));
        for (group, to) in groups.enumerate() {
            let columns = group * COPIED..self.columns.min((group + 1) * COPIED);
            for row in 0..self.rows {
                for (to, column) in to[row..].iter_mut().step_by(self.rows).zip(columns.clone()) {
                    *to = self.numbers[row * self.row_stride + column * self.column_stride];
                }
            }
        }
        copy
    }
}

/// A view of a matrix for modification, whose columns are whole in memory.
#[derive(Debug)]
pub struct ViewMut<'a, T> {
    numbers: &'a mut [T],
    rows: usize,
    columns: usize,
    /// The distance between the first elements of two columns.
    stride: usize,
}

impl<'a, T: Number> ViewMut<'a, T> {
    /// Views `numbers` as a matrix, `[rows, columns]`, whose columns begin at multiples of `stride`.
    ///
    /// # Panics
    /// If there are too few numbers, or columns overlap.
    pub fn by_columns(numbers: &'a mut [T], rows: usize, columns: usize, stride: usize) -> Self {
        let needed = columns.checked_sub(1).map_or(0, |last| last * stride + rows);
        assert!(rows <= stride && needed <= numbers.len(), "a matrix of {rows} × {columns}");
        Self { numbers, rows, columns, stride }
    }

    /// Returns the number of rows.
    #[must_use]
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// Returns the number of columns.
    #[must_use]
    pub fn columns(&self) -> usize {
        self.columns
    }

    /// Returns each column.
    pub fn into_columns(self) -> impl Iterator<Item = &'a mut [T]> {
        let chunks = self.numbers.chunks_mut(self.stride.max(1)).take(self.columns);
        chunks.map(move |column| &mut column[..self.rows])
    }
}
