//! The product of matrices, in blocks as in BLIS (Van Zee & van de Geijn 2015, *ACM Transactions on
//! Mathematical Software* 41(3)).

use pulp::Arch;
use rayon::prelude::*;

use super::kernel::{Block, WIDTH, pack_right};
use super::matrix::{View, ViewMut};
use super::number::Number;

/// The number of rows of `a` in a block, at most.
const ROWS: usize = 128;

/// The number of terms that are added up before they are added to the result. A tile's rows of `a` and
/// columns of `b` must fit the first cache, and a block of `a` the second.
const DEPTH: usize = 256;

/// The number of columns of `b` in a block, which must fit the last cache.
const COLUMNS: usize = 340 * WIDTH;

/// The use of the former content of a matrix that receives a product.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Accum {
    /// The product replaces it.
    Replace,
    /// The product is added to it.
    Add,
}

/// The threads that compute a product. The result does not depend on them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Threads {
    /// The calling thread.
    One,
    /// All threads of the current rayon pool.
    All,
}

/// Computes `out = scale · a · b` or `out += scale · a · b`.
///
/// # Panics
/// If the sizes do not fit each other.
pub fn multiply<T: Number>(
    out: ViewMut<'_, T>,
    accum: Accum,
    a: View<'_, T>,
    b: View<'_, T>,
    scale: T,
    threads: Threads,
) {
    let (m, n, k) = (a.rows(), b.columns(), a.columns());
    assert_eq!(k, b.rows(), "the factors do not fit each other");
    assert_eq!((out.rows(), out.columns()), (m, n), "the product does not fit");
    let mut columns: Vec<&mut [T]> = out.into_columns().collect();
    if k == 0 && accum == Accum::Replace {
        columns.iter_mut().for_each(|column| column.fill(T::ZERO));
    }
    if m == 0 || k == 0 {
        return;
    }
    let height = match threads {
        Threads::One => ROWS,
        Threads::All => m.div_ceil(rayon::current_num_threads()).next_multiple_of(32).min(ROWS),
    };
    let mut packed = Vec::new();
    for (group, columns) in columns.chunks_mut(COLUMNS).enumerate() {
        let of_b = group * COLUMNS..group * COLUMNS + columns.len();
        let mut blocks = split(columns, m, height);
        for depth in (0..k).step_by(DEPTH) {
            let add = accum == Accum::Add || depth > 0;
            let depth = depth..k.min(depth + DEPTH);
            pack_right(b.block(depth.clone(), of_b.clone()), &mut packed, threads);
            let run = |(block, columns): (usize, &mut Vec<&mut [T]>)| {
                let rows = block * height..m.min((block + 1) * height);
                let a = a.block(rows, depth.clone());
                Arch::new().dispatch(Block { columns, a, b: &packed, scale, add });
            };
            match threads {
                Threads::One => blocks.iter_mut().enumerate().for_each(run),
                Threads::All => blocks.par_iter_mut().enumerate().for_each(run),
            }
        }
    }
}

/// Splits columns of `rows` numbers into blocks of `height` rows.
fn split<'a, T>(columns: &'a mut [&mut [T]], rows: usize, height: usize) -> Vec<Vec<&'a mut [T]>> {
    let new = || Vec::with_capacity(columns.len());
    let mut blocks: Vec<_> = std::iter::repeat_with(new).take(rows.div_ceil(height)).collect();
    for column in columns {
        for (block, part) in blocks.iter_mut().zip(column.chunks_mut(height)) {
            block.push(part);
        }
    }
    blocks
}
