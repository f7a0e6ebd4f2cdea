//! The product of blocks that fit the processor's caches, by vector instructions.

#![allow(
    clippy::inline_always,
    reason = "a function that is not inlined is compiled for the baseline instruction set"
)]

use pulp::{Simd, WithSimd};
use rayon::prelude::*;

use super::matrix::View;
use super::multiply::Threads;
use super::number::Number;

/// The number of columns of a tile.
pub(super) const WIDTH: usize = 6;

/// The number of vector registers in a column of a tile.
const REGISTERS: usize = 2;

/// If `b` has at most so many columns, `a` is read where it is: packing it would take longer.
const FEW: usize = 64;

/// Sets a block of `columns` to `scale · a · b`, or adds that.
pub(super) struct Block<'a, 'b, T> {
    /// The columns of the block, each as long as `a` has rows.
    pub(super) columns: &'a mut [&'b mut [T]],
    pub(super) a: View<'a, T>,
    /// `b`, packed by [`pack_right`].
    pub(super) b: &'a [T],
    pub(super) scale: T,
    /// Whether the product is added to the former numbers.
    pub(super) add: bool,
}

impl<T: Number> WithSimd for Block<'_, '_, T> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let (rows, depth) = (self.a.rows(), self.a.columns());
        let height = REGISTERS * size_of::<T::Lanes<S>>() / size_of::<T>();
        let is_few = self.columns.len() <= FEW;
        // Rows that are not packed.
        let direct = if is_few && self.a.has_whole_columns() { rows - rows % height } else { 0 };
        let packed = pack_left(self.a.block(direct..rows, 0..depth), height);
        let scale = T::splat(simd, self.scale);
        for (columns, b) in self.columns.chunks_mut(WIDTH).zip(self.b.chunks_exact(WIDTH * depth)) {
            for row in (0..rows).step_by(height) {
                let sums = if row < direct {
                    let a = self.a.from_row(row);
                    tile_product::<T, S>(simd, a, self.a.column_stride(), b)
                } else {
                    tile_product::<T, S>(simd, &packed[(row - direct) * depth..], height, b)
                };
                for (column, sums) in columns.iter_mut().zip(&sums) {
                    let sums = sums.map(|sum| T::mul_lanes(simd, sum, scale));
                    let to = &mut column[row..];
                    if let Some(to) = to.get_mut(..height) {
                        let to = bytemuck::cast_slice_mut::<T, T::Lanes<S>>(to);
                        for (to, sum) in to.iter_mut().zip(sums) {
                            *to = if self.add { T::add_lanes(simd, *to, sum) } else { sum };
                        }
                    } else {
                        let sums = bytemuck::cast_slice::<T::Lanes<S>, T>(&sums);
                        for (to, sum) in to.iter_mut().zip(sums) {
                            *to = if self.add { *to + *sum } else { *sum };
                        }
                    }
                }
            }
        }
    }
}

/// Returns the product of a tile's rows of `a`, whose columns are at distances of `stride`, and
/// columns of `b`, packed.
#[inline(always)]
fn tile_product<T: Number, S: Simd>(
    simd: S,
    a: &[T],
    stride: usize,
    b: &[T],
) -> [[T::Lanes<S>; REGISTERS]; WIDTH] {
    let height = REGISTERS * size_of::<T::Lanes<S>>() / size_of::<T>();
    let mut sums = [[T::splat(simd, T::ZERO); REGISTERS]; WIDTH];
    for (a, b) in a.chunks(stride).zip(b.as_chunks::<WIDTH>().0) {
        let a = bytemuck::cast_slice::<T, T::Lanes<S>>(&a[..height]);
        for (sums, b) in sums.iter_mut().zip(b) {
            let b = T::splat(simd, *b);
            for (sum, a) in sums.iter_mut().zip(a) {
                *sum = T::mul_add(simd, *a, b, *sum);
            }
        }
    }
    sums
}

/// Packs `a` in groups of `height` rows, column by column; the last group is filled up with zeros.
#[inline(always)]
fn pack_left<T: Number>(a: View<'_, T>, height: usize) -> Vec<T> {
    let groups = a.rows().div_ceil(height);
    let mut packed = vec![T::ZERO; groups * height * a.columns()];
    for (group, packed) in packed.chunks_exact_mut(height * a.columns()).enumerate() {
        let rows = group * height..a.rows().min((group + 1) * height);
        pack(a.block(rows, 0..a.columns()), height, packed);
    }
    packed
}

/// Packs `b` in groups of [`WIDTH`] columns, row by row; the last group is filled up with zeros.
pub(super) fn pack_right<T: Number>(b: View<'_, T>, packed: &mut Vec<T>, threads: Threads) {
    packed.clear();
    packed.resize(b.columns().div_ceil(WIDTH) * WIDTH * b.rows(), T::ZERO);
    let pack = |(group, packed): (usize, &mut [T])| {
        let columns = group * WIDTH..b.columns().min((group + 1) * WIDTH);
        pack(b.block(0..b.rows(), columns).transpose(), WIDTH, packed);
    };
    let size = WIDTH * b.rows();
    match threads {
        Threads::One => packed.chunks_exact_mut(size).enumerate().for_each(pack),
        Threads::All => {
            packed.par_chunks_exact_mut(size).with_min_len(8).enumerate().for_each(pack);
        }
    }
}

/// Copies `from` to `packed` column by column, with zeros after each column up to `height` numbers.
#[inline(always)]
fn pack<T: Number>(from: View<'_, T>, height: usize, packed: &mut [T]) {
    if from.has_whole_columns() {
        let columns = from.from_row(0).chunks(from.column_stride());
        for (to, column) in packed.chunks_exact_mut(height).zip(columns) {
            to[..from.rows()].copy_from_slice(&column[..from.rows()]);
        }
    } else {
        for row in 0..from.rows() {
            let to = packed[row..].iter_mut().step_by(height);
            let row = from.from_row(row).iter().step_by(from.column_stride());
            to.zip(row).for_each(|(to, x)| *to = *x);
        }
    }
}
