//! Principal components (Pearson 1901).

use faer::diag::Diag;
use faer::dyn_stack::{MemBuffer, MemStack};
use faer::linalg::evd::{ComputeEigenvectors, self_adjoint_evd, self_adjoint_evd_scratch};
use faer::linalg::matmul::matmul;
use faer::{Accum, Mat, MatMut, MatRef, Par};
use rayon::prelude::*;

use crate::error::{Error, Result};
use crate::vectors::Embeddings;

/// The number of vectors in a block. Blocks make sums independent of the number of threads.
const BLOCK: usize = 1024;

/// The projection of vectors to their principal components.
#[derive(Debug)]
pub(super) struct Projection {
    mean: Vec<f64>,
    /// The components, `[inputs, dims]`, by decreasing variance.
    components: Mat<f32>,
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
        let mut scatter = Mat::<f64>::zeros(d, d);
        for block in vectors.numbers().chunks(BLOCK * d) {
            let centred: Vec<f64> = centred(block, &mean).collect();
            let rows = MatRef::from_row_major_slice(&centred, block.len() / d, d);
            matmul(scatter.as_mut(), Accum::Add, rows.transpose(), rows, 1.0, Par::Seq);
        }
        let vectors = eigenvectors(&scatter)?;
        // Eigenvalues rise.
        let components = Mat::from_fn(d, dims, |i, j| vectors[(i, d - 1 - j)] as f32);
        Ok(Self { mean, components })
    }

    /// Returns the components of the vectors, `[vectors, dims]`.
    pub(super) fn apply(&self, vectors: &Embeddings) -> Vec<f32> {
        let (d, dims) = (self.components.nrows(), self.components.ncols());
        let mut projected = vec![0.0; vectors.len() * dims];
        let blocks = vectors.numbers().par_chunks(BLOCK * d);
        blocks.zip(projected.par_chunks_mut(BLOCK * dims)).for_each(|(block, to)| {
            let centred: Vec<f32> = centred(block, &self.mean).map(|x| x as f32).collect();
            let rows = MatRef::from_row_major_slice(&centred, block.len() / d, d);
            let to = MatMut::from_row_major_slice_mut(to, block.len() / d, dims);
            matmul(to, Accum::Replace, rows, &self.components, 1.0, Par::Seq);
        });
        projected
    }
}

/// Returns the rows minus `mean`.
fn centred(rows: &[f32], mean: &[f64]) -> impl Iterator<Item = f64> {
    rows.iter().zip(mean.iter().cycle()).map(|(x, mean)| f64::from(*x) - mean)
}

/// Returns the eigenvectors of a symmetric matrix as columns, by increasing eigenvalue.
fn eigenvectors(matrix: &Mat<f64>) -> Result<Mat<f64>> {
    let n = matrix.nrows();
    let (mut values, mut vectors) = (Diag::zeros(n), Mat::zeros(n, n));
    let params = faer::Spec::default();
    let scratch = self_adjoint_evd_scratch::<f64>(n, ComputeEigenvectors::Yes, Par::Seq, params);
    let mut memory = MemBuffer::new(scratch);
    let stack = MemStack::new(&mut memory);
    self_adjoint_evd(
        matrix.as_ref(),
        values.as_mut(),
        Some(vectors.as_mut()),
        Par::Seq,
        stack,
        params,
    )
    .map_err(|_| Error::new("the encoder's vectors have no principal components"))?;
    Ok(vectors)
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
