//! Principal components (Pearson 1901).

use rayon::prelude::*;

use crate::error::{Error, Result};
use crate::linear::{Accum, Matrix, Threads, View, ViewMut, multiply, symmetric_eigen};
use crate::vectors::Embeddings;

/// The number of vectors in a block. Blocks make sums independent of the number of threads.
const BLOCK: usize = 1024;

/// The projection of vectors to their principal components.
#[derive(Debug)]
pub(super) struct Projection {
    mean: Vec<f64>,
    /// The components, `[inputs, dims]`, by decreasing variance.
    components: Matrix<f32>,
}

impl Projection {
    /// Computes the first `dims` principal components of `vectors`.
    ///
    /// # Errors
    /// If the eigenvalues do not converge.
    pub(super) fn fit(vectors: &Embeddings, dims: usize) -> Result<Self> {
        let d = vectors.dims();
        let mut mean = vec![0.0; d];
        for row in vectors.rows() {
            mean.iter_mut().zip(row).for_each(|(sum, x)| *sum += f64::from(*x));
        }
        for sum in &mut mean {
            *sum /= vectors.len() as f64;
        }
        let mut scatter = Matrix::zeros(d, d);
        for block in vectors.numbers().chunks(BLOCK * d) {
            let centred: Vec<f64> = centred(block, &mean).collect();
            let rows = View::by_rows(&centred, block.len() / d, d);
            let to = scatter.view_mut();
            multiply(to, Accum::Add, rows.transpose(), rows, 1.0, Threads::All);
        }
        let (_, vectors) = symmetric_eigen(scatter)
            .ok_or_else(|| Error::new("the encoder's vectors have no principal components"))?;
        // Eigenvalues rise.
        let components = Matrix::from_fn(d, dims, |i, j| vectors[(i, d - 1 - j)] as f32);
        Ok(Self { mean, components })
    }

    /// Returns the components of the vectors, `[vectors, dims]`.
    pub(super) fn apply(&self, vectors: &Embeddings) -> Vec<f32> {
        let (d, dims) = (self.components.rows(), self.components.columns());
        let mut projected = vec![0.0; vectors.len() * dims];
        let blocks = vectors.numbers().par_chunks(BLOCK * d);
        blocks.zip(projected.par_chunks_mut(BLOCK * dims)).for_each(|(block, to)| {
            let centred: Vec<f32> = centred(block, &self.mean).map(|x| x as f32).collect();
            // The transposed product is stored by columns.
            let columns = View::by_columns(&centred, d, block.len() / d);
            let to = ViewMut::by_columns(to, dims, block.len() / d, dims);
            let components = self.components.view().transpose();
            multiply(to, Accum::Replace, components, columns, 1.0, Threads::One);
        });
        projected
    }
}

/// Returns the rows minus `mean`.
fn centred(rows: &[f32], mean: &[f64]) -> impl Iterator<Item = f64> {
    rows.iter().zip(mean.iter().cycle()).map(|(x, mean)| f64::from(*x) - mean)
}

#[cfg(test)]
mod tests {
    use super::*;

    // By hand: centred, these are (±2, 0), (0, ±1) turned by the angle whose cosine is 0.6 and
    // moved by (7, 5).
    #[test]
    fn components_are_in_the_order_of_variance() {
        let points = [[8.2, 6.6], [5.8, 3.4], [6.2, 5.6], [7.8, 4.4]];
        let points = Embeddings::new(2, points.concat());
        let found = Projection::fit(&points, 2).unwrap().apply(&points);
        for (found, expected) in found.iter().zip([2.0, 0.0, 2.0, 0.0, 0.0, 1.0, 0.0, 1.0]) {
            assert!((found.abs() - expected).abs() < 1e-5, "{found} {expected}");
        }
        assert!(found[0] * found[2] < 0.0 && found[5] * found[7] < 0.0, "{found:?}");
        assert_eq!(Projection::fit(&points, 1).unwrap().apply(&points).len(), 4);
    }
}
