//! Ridge regression from random token sequences to their vectors.
//!
//! `A`, `[sequences, tokens]`, has `1 / √n` for each of the `n` tokens of a sequence; `E` are the sequences'
//! vectors and `Z₀` is a prior estimate of the tokens' vectors. The tokens' vectors `Z` minimise
//!
//! ```text
//! ‖E − A Z‖² + μ ‖Z − c Z₀‖²
//! ```
//!
//! where `c` is the number for which `c A Z₀` is closest to `E`. The normal equations
//! `(AᵀA + μ I)(Z − c Z₀) = Aᵀ(E − c A Z₀)` are solved by conjugate gradients (Hestenes & Stiefel
//! 1952), separately for each column.

use rayon::prelude::*;

use super::random_sequences::RandomSequences;
use crate::progress::Progress;

/// The regularization strength μ.
const RIDGE: f32 = 0.3;

/// The number of steps of conjugate gradients.
const STEPS: usize = 50;

/// Returns the tokens' vectors, `[tokens, dims]`, from `targets` (`E`, `[sequences, dims]`) and `start`
/// (`Z₀`, `[tokens, dims]`).
pub(super) fn fit(
    sequences: &RandomSequences,
    targets: &[f32],
    mut start: Vec<f32>,
    dims: usize,
    progress: &dyn Progress,
) -> Vec<f32> {
    let design = Design::new(sequences, dims);
    let first = design.apply(&start);
    let scale = ratio(dot(&first, targets), dot(&first, &first));
    for x in &mut start {
        *x *= scale;
    }
    let left: Vec<f32> = targets.iter().zip(&first).map(|(x, y)| x - scale * y).collect();
    let change = design.solve(&left, progress);
    start.iter_mut().zip(change).for_each(|(x, change)| *x += change);
    start
}

/// The matrix `A`, by rows and by columns.
struct Design<'a> {
    sequences: &'a RandomSequences,
    dims: usize,
    /// The sequences that contain each token, repeated as often as the token occurs.
    sequences_of: Vec<Vec<u32>>,
}

impl<'a> Design<'a> {
    fn new(sequences: &'a RandomSequences, dims: usize) -> Self {
        let mut sequences_of = vec![Vec::new(); sequences.vocabulary];
        for (index, sequence) in (0..).zip(sequences.sequences()) {
            for &token in sequence {
                sequences_of[token as usize].push(index);
            }
        }
        Self { sequences, dims, sequences_of }
    }

    /// `A x`.
    fn apply(&self, x: &[f32]) -> Vec<f32> {
        let mut result = vec![0.0; self.sequences.len() * self.dims];
        result.par_chunks_exact_mut(self.dims).enumerate().for_each(|(index, to)| {
            let sequence = self.sequences.sequence(index);
            let weight = weight(sequence);
            for &token in sequence {
                self.add(to, weight, x, token);
            }
        });
        result
    }

    /// `Aᵀ x`.
    fn apply_transposed(&self, x: &[f32]) -> Vec<f32> {
        let mut result = vec![0.0; self.sequences.vocabulary * self.dims];
        result.par_chunks_exact_mut(self.dims).zip(&self.sequences_of).for_each(
            |(to, sequences)| {
                for &index in sequences {
                    self.add(to, weight(self.sequences.sequence(index as usize)), x, index);
                }
            },
        );
        result
    }

    /// Adds a row of `x`, multiplied by `weight`.
    fn add(&self, to: &mut [f32], weight: f32, x: &[f32], row: u32) {
        let row = &x[row as usize * self.dims..][..self.dims];
        to.iter_mut().zip(row).for_each(|(to, x)| *to += weight * x);
    }

    /// Returns the solution `x` of `(AᵀA + μ I) x = Aᵀ b`.
    fn solve(&self, b: &[f32], progress: &dyn Progress) -> Vec<f32> {
        progress.start("fitting tokens to word sequences", STEPS);
        let mut residual = self.apply_transposed(b);
        let mut x = vec![0.0; residual.len()];
        let mut direction = residual.clone();
        let mut squares = self.column_dots(&residual, &residual);
        for _ in 0..STEPS {
            let mut image = self.apply_transposed(&self.apply(&direction));
            image.iter_mut().zip(&direction).for_each(|(y, x)| *y += RIDGE * x);
            let curvature = self.column_dots(&direction, &image);
            let step: Vec<f32> = ratios(&squares, &curvature);
            self.add_scaled(&mut x, &step, &direction);
            let back: Vec<f32> = step.iter().map(|step| -step).collect();
            self.add_scaled(&mut residual, &back, &image);
            let new = self.column_dots(&residual, &residual);
            let keep = ratios(&new, &squares);
            for (direction, residual) in
                direction.chunks_exact_mut(self.dims).zip(residual.chunks_exact(self.dims))
            {
                for ((x, keep), residual) in direction.iter_mut().zip(&keep).zip(residual) {
                    *x = residual + keep * *x;
                }
            }
            squares = new;
            progress.step();
        }
        progress.finish();
        x
    }

    /// Adds to each column of `to` the same column of `x`, multiplied by its `factor`.
    fn add_scaled(&self, to: &mut [f32], factors: &[f32], x: &[f32]) {
        for (to, x) in to.chunks_exact_mut(self.dims).zip(x.chunks_exact(self.dims)) {
            to.iter_mut().zip(factors).zip(x).for_each(|((to, factor), x)| *to += factor * x);
        }
    }

    /// Returns the dot product of each pair of columns.
    fn column_dots(&self, a: &[f32], b: &[f32]) -> Vec<f64> {
        let mut dots = vec![0.0; self.dims];
        for (a, b) in a.chunks_exact(self.dims).zip(b.chunks_exact(self.dims)) {
            for ((dot, a), b) in dots.iter_mut().zip(a).zip(b) {
                *dot += f64::from(*a) * f64::from(*b);
            }
        }
        dots
    }
}

/// The weight of each token of a sequence.
fn weight(sequence: &[u32]) -> f32 {
    (sequence.len() as f32).sqrt().recip()
}

fn dot(a: &[f32], b: &[f32]) -> f64 {
    a.iter().zip(b).map(|(a, b)| f64::from(*a) * f64::from(*b)).sum()
}

fn ratios(a: &[f64], b: &[f64]) -> Vec<f32> {
    a.iter().zip(b).map(|(a, b)| ratio(*a, *b)).collect()
}

/// Returns `a / b`, or 0 if `b` is not positive.
fn ratio(a: f64, b: f64) -> f32 {
    if b > 0.0 { (a / b) as f32 } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::progress::NoProgress;

    fn fitted(sequences: &[&[u32]], vocabulary: usize, targets: &[f32], start: &[f32]) -> Vec<f32> {
        let dims = start.len() / vocabulary;
        fit(&RandomSequences::of(sequences, vocabulary), targets, start.to_vec(), dims, &NoProgress)
    }

    #[track_caller]
    fn assert_near(found: &[f32], expected: &[f32]) {
        let is_near = found.len() == expected.len()
            && found.iter().zip(expected).all(|(a, b)| (a - b).abs() < 1e-5);
        assert!(is_near, "{found:?}, expected {expected:?}");
    }

    #[test]
    fn small_regressions_are_as_by_hand() {
        // c = 2, and nothing is left.
        assert_near(&fitted(&[&[0]], 1, &[2.0], &[1.0]), &[2.0]);
        // c = 1/2, (1/2, −1/2) is left, and AᵀA = I: the change is 1/2 / 1.3.
        let expected = [0.5 + 0.5 / 1.3, 0.5 - 0.5 / 1.3];
        assert_near(&fitted(&[&[0], &[1]], 2, &[1.0, 0.0], &[1.0, 1.0]), &expected);
        // A token twice counts 2/√2; c = (1·1 + √2·√2) / 3 = 1.
        let root = 2_f32.sqrt();
        assert_near(&fitted(&[&[0], &[0, 0]], 1, &[1.0, root], &[1.0]), &[1.0]);
        // A token that is in no sequence keeps c times what it was, in each column.
        let found = fitted(&[&[0]], 2, &[2.0, 4.0], &[1.0, 2.0, 3.0, 5.0]);
        assert_near(&found, &[2.0, 4.0, 6.0, 10.0]);
    }

    // At the least of a sum of squares its gradient is zero.
    #[test]
    fn what_is_found_is_the_least() {
        let sequences: &[&[u32]] = &[&[0, 1], &[1, 2, 3], &[0, 3, 3], &[2], &[4, 1], &[4, 2, 0, 1]];
        let targets: Vec<f32> = (0..6_u8).map(|i| f32::from(i * i % 5) - 1.5).collect();
        let start = [0.3, -0.4, 0.5, 0.1, 0.2];
        let design = RandomSequences::of(sequences, 5);
        let design = Design::new(&design, 1);
        let first = design.apply(&start);
        let scale = ratio(dot(&first, &targets), dot(&first, &first));
        let found = fitted(sequences, 5, &targets, &start);
        let fit = design.apply(&found);
        let left: Vec<f32> = targets.iter().zip(&fit).map(|(x, y)| x - y).collect();
        let pull = design.apply_transposed(&left);
        let back: Vec<f32> =
            found.iter().zip(start).map(|(z, s)| RIDGE * (z - scale * s)).collect();
        assert_near(&pull, &back);
    }
}
