//! Regressions on nested subsets of the questions, all from one Cholesky factor.
//!
//! If the items are ordered by when they enter the training subset, the Cholesky factor of a subset
//! is the leading block of the full factor, since `K + Λ = L Lᵀ` holds block by block. The same holds
//! for `U = L⁻¹k`, where `k` compares a question with the items, and for `V = L⁻¹(y + 1)` of an
//! answer's targets. A regression on the first `s` items scores `Σ_{i<s} U_i V_i − 1`, so each subset
//! costs only its terms of the sum.
//!
//! If the held-out questions are the last items, their rows of the full factor *are* their `U`, and
//! the `V` are the first rows of those of the regression on all items. The held-out questions then
//! cost almost nothing in addition to that regression.

use rayon::prelude::*;

use super::params::Params;
use super::ridge::{Ridge, best, factor};
use crate::classifiers::examples::Examples;
use crate::error::Result;
use crate::linear::{Accum, Matrix, Threads, View, multiply};

/// The items that the regressions are trained on.
pub(super) struct Nested {
    /// The kernel matrix of all items, `[n, n]`, lower triangle.
    pub(super) kernel: Matrix<f32>,
    /// Each item's λ, `[n]`.
    pub(super) lambdas: Vec<f32>,
    /// Each item's answer, `[n]`.
    pub(super) answer_of: Vec<usize>,
    /// The number of answers.
    pub(super) answers: usize,
}

impl Nested {
    /// Returns all items of `examples` with their `kernel` matrix; `lambda` is the λ of questions.
    pub(super) fn of(
        kernel: Matrix<f32>,
        examples: &Examples,
        params: &Params,
        lambda: f32,
    ) -> Self {
        Self {
            kernel,
            lambdas: params.lambdas(examples, lambda),
            answer_of: examples.answer_of_items(),
            answers: examples.ids.len(),
        }
    }

    /// Returns the best answer for each of the items `asked`, from regressions on the first `sizes`
    /// (ascending) of the items `known`.
    ///
    /// # Errors
    /// If a matrix is not positive definite.
    pub(super) fn tops<const N: usize>(
        &self,
        asked: &[usize],
        known: &[usize],
        sizes: [usize; N],
    ) -> Result<[Vec<usize>; N]> {
        let matrix = self.lower(known);
        let factor = factor(matrix, |row| self.lambdas[known[row]])?;
        let mut compared = self.gather(known, asked, |_, _| true);
        // The targets plus the intercept's 1: 2 for an item's own answer, else 0.
        let mut targets = Matrix::zeros(known.len(), self.answers);
        for (row, &item) in known.iter().enumerate() {
            targets[(row, self.answer_of[item])] = 2.0;
        }
        for side in [&mut compared, &mut targets] {
            factor.solve_factor(side);
        }
        Ok(tops(compared.view(), targets.view(), sizes))
    }

    /// Returns the same as [`tops`](Self::tops) and the regression on all items, if `asked` and `known`
    /// together are all items.
    ///
    /// # Errors
    /// If the matrix is not positive definite.
    pub(super) fn tops_and_all<const N: usize>(
        self,
        asked: &[usize],
        known: &[usize],
        sizes: [usize; N],
    ) -> Result<([Vec<usize>; N], Ridge)> {
        let order = [known, asked].concat();
        let matrix = self.lower(&order);
        let Self { kernel, lambdas, answer_of, answers } = self;
        drop(kernel);
        let factor = factor(matrix, |row| lambdas[order[row]])?;
        let compared = factor.factor().block(known.len()..order.len(), 0..known.len());
        let compared = compared.transpose().to_matrix();
        let ridge = Ridge::of_factor(factor, order, &answer_of, answers);
        let targets = ridge.targets();
        Ok((tops(compared.view(), targets.view().block(0..known.len(), 0..answers), sizes), ridge))
    }

    /// Returns the regression on all items.
    ///
    /// # Errors
    /// If the matrix is not positive definite.
    pub(super) fn all(self) -> Result<Ridge> {
        Ridge::solve(self.kernel, &self.answer_of, self.answers, |item| self.lambdas[item])
    }

    /// Returns the kernel matrix of `items` in this order, lower triangle.
    fn lower(&self, items: &[usize]) -> Matrix<f32> {
        self.gather(items, items, |row, column| row >= column)
    }

    /// Returns the kernel of the `known` items with `others`, `[known, others]`, where it `is_needed`.
    fn gather(
        &self,
        known: &[usize],
        others: &[usize],
        is_needed: impl Fn(usize, usize) -> bool + Sync,
    ) -> Matrix<f32> {
        let mut matrix = Matrix::zeros(known.len(), others.len());
        matrix.columns_mut().enumerate().for_each(|(column, values)| {
            let other = others[column];
            for (row, value) in values.iter_mut().enumerate() {
                if is_needed(row, column) {
                    let item = known[row];
                    *value = self.kernel[(item.max(other), item.min(other))];
                }
            }
        });
        matrix
    }
}

/// Returns the best answer for each question and each of `sizes`, from `U`, `[n, questions]`, and `V`,
/// `[n, m]`.
fn tops<const N: usize>(
    compared: View<'_, f32>,
    targets: View<'_, f32>,
    sizes: [usize; N],
) -> [Vec<usize>; N] {
    let (questions, answers) = (compared.columns(), targets.columns());
    let mut scores = Matrix::<f32>::zeros(answers, questions);
    let mut from = 0;
    sizes.map(|to| {
        let (a, b) = (targets.block(from..to, 0..answers), compared.block(from..to, 0..questions));
        multiply(scores.view_mut(), Accum::Add, a.transpose(), b, 1.0, Threads::All);
        from = to;
        let top = |question: usize| best((0..answers).map(|c| (c, scores[(c, question)])));
        (0..questions).filter_map(top).map(|top| top.answer).collect()
    })
}

#[cfg(test)]
mod tests {
    use super::super::ridge::Top;
    use super::*;

    use rand::rngs::ChaCha8Rng;
    use rand::seq::SliceRandom;
    use rand::{RngExt, SeedableRng};

    const ITEMS: usize = 90;
    const ANSWERS: usize = 7;

    // The reference builds the matrix of each subset, solves it separately (`ridge.rs` tests this
    // against Gaussian elimination), and scores each question with the weights.
    #[test]
    fn a_subset_answers_like_a_regression_trained_on_it() {
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
            kernel: Matrix::from_fn(ITEMS, ITEMS, lower),
            lambdas: lambdas.clone(),
            answer_of: answer_of.clone(),
            answers: ANSWERS,
        };
        let sizes = [11, 23, 40, 60];
        let found = nested.tops(asked, known, sizes).unwrap();
        let whole = nested.kernel.clone();
        let (with_all, ridge) = nested.tops_and_all(asked, known, sizes).unwrap();
        assert_eq!(found, with_all);
        assert_same(&ridge, &Ridge::solve(whole, &answer_of, ANSWERS, |i| lambdas[i]).unwrap());
        for (found, size) in found.into_iter().zip(sizes) {
            let part = &known[..size];
            let matrix = Matrix::from_fn(size, size, |i, j| kernel(part[i], part[j]));
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

    fn assert_same(a: &Ridge, b: &Ridge) {
        for (a, b) in a.weights().iter().zip(b.weights()) {
            assert!((a - b).abs() < 1e-4, "{a} {b}");
        }
        let sorted = |ridge: &Ridge| {
            let mut tops = ridge.leave_answer_out();
            tops.sort_by_key(|(item, _)| *item);
            tops.into_iter().unzip::<_, _, Vec<usize>, Vec<Top>>()
        };
        let tops = |ridge: &Ridge| {
            (
                vec![(0..ITEMS).collect(), sorted(ridge).0],
                [ridge.leave_question_out(), sorted(ridge).1].concat(),
            )
        };
        let (a, b) = (tops(a), tops(b));
        assert_eq!(a.0, b.0);
        for (a, b) in a.1.iter().zip(b.1) {
            assert!(a.answer == b.answer && (a.score - b.score).abs() < 1e-4, "{a:?} {b:?}");
        }
    }
}
