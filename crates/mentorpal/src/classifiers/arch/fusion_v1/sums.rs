//! Weighted sums of rows, using the widest SIMD registers available. Each column is summed in row
//! order, so the result does not depend on the register width.

#![allow(
    clippy::inline_always,
    reason = "a function that is not inlined is compiled for the baseline instruction set"
)]

use std::array;

use pulp::{Arch, Simd, WithSimd};

/// The number of rows that are added at once. Each sum is loaded and stored once for all these rows,
/// and the rows are still in the L1 cache for the next sums.
const ROWS: usize = 8;

/// Adds `factor` times `row` to `sums`, element by element.
pub(super) fn add_row(sums: &mut [f32], factor: f32, row: &[f32]) {
    Arch::new().dispatch(Row { sums, factor, numbers: row });
}

/// Returns one weighted sum of the `rows`, `[n, width]`, per element of `factors`, each `[n]`:
/// `[factors][width]`. Each sum starts at `start`.
pub(super) fn sum_rows(
    start: f32,
    factors: &[Vec<f32>],
    rows: &[f32],
    width: usize,
) -> Vec<Vec<f32>> {
    let mut sums = vec![vec![start; width]; factors.len()];
    for (block, rows) in rows.chunks(ROWS * width).enumerate() {
        for (sums, factors) in sums.iter_mut().zip(factors) {
            let factors = &factors[block * ROWS..][..rows.len() / width];
            match factors.try_into() {
                Ok(factors) => Arch::new().dispatch(Rows { sums, factors, numbers: rows }),
                Err(_) => {
                    for (&factor, row) in factors.iter().zip(rows.chunks_exact(width)) {
                        add_row(sums, factor, row);
                    }
                }
            }
        }
    }
    sums
}

struct Row<'a> {
    sums: &'a mut [f32],
    factor: f32,
    numbers: &'a [f32],
}

impl WithSimd for Row<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _simd: S) {
        for (sum, number) in self.sums.iter_mut().zip(self.numbers) {
            *sum += self.factor * number;
        }
    }
}

struct Rows<'a> {
    sums: &'a mut [f32],
    factors: &'a [f32; ROWS],
    /// `[ROWS, sums]`
    numbers: &'a [f32],
}

impl WithSimd for Rows<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _simd: S) {
        let width = self.sums.len();
        let rows: [&[f32]; ROWS] = array::from_fn(|row| &self.numbers[row * width..][..width]);
        for (i, sum) in self.sums.iter_mut().enumerate() {
            for (row, factor) in rows.iter().zip(self.factors) {
                *sum += factor * row[i];
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::collection::vec;
    use proptest::prelude::*;

    proptest! {
        // Sums of integers are exact in any order.
        #[test]
        fn rows_are_added_up(
            (width, rows) in (1_usize..40, 0_usize..30),
            numbers in vec(-100_i16..100, 40 * 30),
            factors in vec(vec(-10_i16..10, 30), 1..4),
            start in -10_i16..10,
        ) {
            let product = |factors: &[i16], row: usize, i: usize| {
                i32::from(factors[row]) * i32::from(numbers[row * width + i])
            };
            let sum = |factors: &[i16], i: usize| -> f32 {
                (i32::from(start) + (0..rows).map(|row| product(factors, row, i)).sum::<i32>()) as f32
            };
            let expected: Vec<Vec<f32>> =
                factors.iter().map(|factors| (0..width).map(|i| sum(factors, i)).collect()).collect();
            let floats = |numbers: &[i16]| numbers.iter().map(|&n| f32::from(n)).collect::<Vec<_>>();
            let factors: Vec<Vec<f32>> = factors.iter().map(|factors| floats(&factors[..rows])).collect();
            let numbers = floats(&numbers[..rows * width]);
            prop_assert_eq!(sum_rows(f32::from(start), &factors, &numbers, width), expected);
        }
    }
}
