//! Regressions on ever more of the questions, all from one factor.
//!
//! With the items in the order in which they join, the Cholesky factor of a part's matrix is the
//! beginning of the whole's: `K + Λ = L Lᵀ` holds block by block. So are `U = L⁻¹k` for a question
//! compared with the items and `V = L⁻¹(y + 1)` for an answer's targets, and training on the first
//! `s` items scores `Σ_{i<s} U_i V_i − 1`: a part costs no more than its terms of that sum.

use faer::linalg::triangular_solve::solve_lower_triangular_in_place;
use faer::{Mat, get_global_parallelism};
use rayon::prelude::*;

use super::ridge::{best, factor};
use crate::error::Result;

/// Items in the order in which they join.
pub(super) struct Nested<'a> {
    /// The kernel matrix of all items, `[n, n]`, lower triangle.
    pub(super) kernel: &'a Mat<f32>,
    /// Each item's λ, `[n]`.
    pub(super) lambdas: &'a [f32],
    /// Each item's answer, `[n]`.
    pub(super) answer_of: &'a [usize],
    /// Those to learn from.
    pub(super) known: &'a [usize],
}

impl Nested<'_> {
    /// The best of `answers` answers for each of the items `asked`, of regressions on the first
    /// `sizes` (ascending) items.
    ///
    /// # Errors
    /// When a matrix is not positive definite.
    pub(super) fn tops<const N: usize>(
        &self,
        asked: &[usize],
        answers: usize,
        sizes: [usize; N],
    ) -> Result<[Vec<usize>; N]> {
        let n = self.known.len();
        let matrix = self.gather(self.known, |row, column| row >= column);
        let cholesky = factor(matrix, |row| self.lambdas[self.known[row]])?;
        let mut compared = self.gather(asked, |_, _| true);
        // The targets plus the intercept's 1: 2 for an item's own answer, else 0.
        let mut targets = Mat::zeros(n, answers);
        for (row, &item) in self.known.iter().enumerate() {
            targets[(row, self.answer_of[item])] = 2.0;
        }
        for side in [&mut compared, &mut targets] {
            solve_lower_triangular_in_place(cholesky.L(), side.as_mut(), get_global_parallelism());
        }
        let mut scores = Mat::<f32>::zeros(answers, asked.len());
        let mut from = 0;
        Ok(sizes.map(|to| {
            let rows = |matrix: &Mat<f32>| matrix.subrows(from, to - from).to_owned();
            scores += rows(&targets).transpose() * rows(&compared);
            from = to;
            let top = |question: usize| best((0..answers).map(|c| (c, scores[(c, question)])));
            (0..asked.len()).filter_map(top).map(|top| top.answer).collect()
        }))
    }

    /// The kernel of the known items with `others`, `[known, others]`, where it `is_needed`.
    fn gather(
        &self,
        others: &[usize],
        is_needed: impl Fn(usize, usize) -> bool + Sync,
    ) -> Mat<f32> {
        let mut matrix = Mat::zeros(self.known.len(), others.len());
        matrix.as_mut().par_col_iter_mut().enumerate().for_each(|(column, values)| {
            let other = others[column];
            for (row, value) in values.iter_mut().enumerate() {
                if is_needed(row, column) {
                    let item = self.known[row];
                    *value = self.kernel[(item.max(other), item.min(other))];
                }
            }
        });
        matrix
    }
}

#[cfg(test)]
mod tests {
    use super::super::ridge::Ridge;
    use super::*;

    use rand::rngs::ChaCha8Rng;
    use rand::seq::SliceRandom;
    use rand::{RngExt, SeedableRng};

    const ITEMS: usize = 90;
    const ANSWERS: usize = 7;

    // The independent way: each part's matrix is put together, solved by itself (`ridge.rs` has
    // that compared with Gaussian elimination), and its weights score each question.
    #[test]
    fn a_part_answers_as_training_on_it_does() {
        let mut random = ChaCha8Rng::seed_from_u64(5);
        let points: Vec<[f32; 3]> = (0..ITEMS).map(|_| random.random()).collect();
        let kernel = |i: usize, j: usize| {
            let distance: f32 = (0..3).map(|d| (points[i][d] - points[j][d]).powi(2)).sum();
            (-4.0 * distance).exp()
        };
        let answer_of: Vec<usize> = (0..ITEMS).map(|_| random.random_range(0..ANSWERS)).collect();
        let lambdas: Vec<f32> = (0..ITEMS).map(|_| random.random_range(0.05..0.3)).collect();
        let mut order: Vec<usize> = (0..ITEMS).collect();
        order.shuffle(&mut random);
        let (asked, known) = order.split_at(30);
        let lower = |i, j| if i < j { f32::NAN } else { kernel(i, j) };
        let nested = Nested {
            kernel: &Mat::from_fn(ITEMS, ITEMS, lower),
            lambdas: &lambdas,
            answer_of: &answer_of,
            known,
        };
        let sizes = [11, 23, 40, 60];
        let found = nested.tops(asked, ANSWERS, sizes).unwrap();
        for (found, size) in found.into_iter().zip(sizes) {
            let part = &known[..size];
            let matrix = Mat::from_fn(size, size, |i, j| kernel(part[i], part[j]));
            let of: Vec<usize> = part.iter().map(|&i| answer_of[i]).collect();
            let weights =
                Ridge::solve(matrix, &of, ANSWERS, |i| lambdas[part[i]]).unwrap().weights();
            let score = |question: usize, answer: usize| -> f32 {
                let terms = part.iter().enumerate();
                terms.map(|(i, &item)| kernel(question, item) * weights[i * ANSWERS + answer]).sum()
            };
            let expected = asked.iter().map(|&question| {
                let scores = (0..ANSWERS).map(|answer| (answer, score(question, answer)));
                best(scores).unwrap().answer
            });
            assert_eq!(found, expected.collect::<Vec<_>>(), "the first {size}");
        }
    }
}
