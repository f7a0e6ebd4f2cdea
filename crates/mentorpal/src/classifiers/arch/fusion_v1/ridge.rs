//! One-vs-rest kernel ridge regression, with leave-one-out and leave-one-answer-out scores in closed
//! form.
//!
//! For answer `c` the targets are `y_c = +1` on its questions and −1 elsewhere, the intercept is
//! fixed at −1. With `G = (K + Λ)⁻¹`, where `Λ` is the diagonal matrix of the items' λ, the weights are
//! `α_c = G (y_c + 1)`, and
//!
//! - leaving question `i` out, answer `c` scores `y_ic − α_ic / G_ii` (Rifkin & Lippert, *Notes on
//!   regularized least squares*, MIT-CSAIL-TR-2007-025, section 4);
//! - leaving a whole set `S` out, its questions score `y_Sc − (G_SS)⁻¹ α_Sc`, by the same block
//!   inverse.
//!
//! `G` itself is never computed, which would double the time and memory. With the Cholesky factor
//! `L Lᵀ = K + Λ` and `M = L⁻¹`, `G = MᵀM`. So the few elements that are needed are products of
//! columns of `M`, and `α_c = Mᵀ v_c`, where `v_c = M (y_c + 1)` is twice the sum of the answer's
//! columns.

use rayon::prelude::*;

use crate::error::{Error, Result};
use crate::linear::{Cholesky, Matrix, multiply_by_lower};
use crate::vectors::dot;

/// The best answer to a question, and its score in about −1..1.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Top {
    pub(super) answer: usize,
    pub(super) score: f32,
}

/// The solved regression of `n` items on `m` answers.
#[derive(Debug)]
pub(super) struct Ridge {
    /// The item index of each row and column of the matrix, `[n]`.
    items: Vec<usize>,
    /// The answer of each row, in 0..m, `[n]`.
    answer_of: Vec<usize>,
    /// `M`, `[n, n]`, lower triangle.
    inverse: Matrix<f32>,
    /// `αᵀ`, `[m, n]`; the weights of an item are contiguous in memory.
    weights: Matrix<f32>,
}

impl Ridge {
    /// Solves the regression with the kernel matrix `kernel` (`[n, n]`, lower triangle; consumed to save
    /// memory) and the regularisation `lambda > 0` of each item.
    ///
    /// # Errors
    /// If the matrix is not positive definite, which rounding can only cause with a tiny λ.
    pub(super) fn solve(
        kernel: Matrix<f32>,
        answer_of: &[usize],
        answers: usize,
        lambda: impl Fn(usize) -> f32,
    ) -> Result<Self> {
        let items = (0..answer_of.len()).collect();
        Ok(Self::of_factor(factor(kernel, lambda)?, items, answer_of, answers))
    }

    /// Solves the regression from the Cholesky factor `L`, `[n, n]`, of the matrix of `items` in this
    /// order. `answer_of` is the answer of each item, by item index.
    pub(super) fn of_factor(
        factor: Cholesky<f32>,
        items: Vec<usize>,
        answer_of: &[usize],
        answers: usize,
    ) -> Self {
        let inverse = factor.inverse_factor();
        drop(factor);
        let answer_of = items.iter().map(|&item| answer_of[item]).collect();
        let mut ridge =
            Self { weights: Matrix::zeros(answers, items.len()), items, answer_of, inverse };
        ridge.weights = multiply_by_lower(ridge.targets().view().transpose(), &ridge.inverse);
        ridge
    }

    /// Returns `M (y + 1)`, `[n, m]`, in the order of the matrix's rows.
    pub(super) fn targets(&self) -> Matrix<f32> {
        let members = self.members();
        let mut targets = Matrix::zeros(self.items.len(), members.len());
        targets.columns_mut().zip(members).for_each(|(sum, rows)| {
            for row in rows {
                sum[row..]
                    .iter_mut()
                    .zip(self.column(row))
                    .for_each(|(sum, value)| *sum += 2.0 * value);
            }
        });
        targets
    }

    /// Returns the weights `α`, `[n, m]`, row by row, by item index.
    pub(super) fn weights(&self) -> Vec<f32> {
        let rows = self.rows_by_number().into_iter();
        rows.flat_map(|row| self.weights.column(row).iter().copied()).collect()
    }

    /// Returns the best answer to each item when the item is left out, by item index.
    pub(super) fn leave_question_out(&self) -> Vec<Top> {
        let top = |row: usize| {
            let scale = self.product(row, row);
            best(self.weights.column(row).iter().enumerate().map(|(c, weight)| {
                let target = if c == self.answer_of[row] { 1.0 } else { -1.0 };
                (c, target - weight / scale)
            }))
        };
        self.rows_by_number().into_par_iter().filter_map(top).collect()
    }

    /// Returns the index of each item, and the best other answer when all items of its own answer are left
    /// out. Empty if there is no other answer.
    pub(super) fn leave_answer_out(&self) -> Vec<(usize, Top)> {
        let members = self.members();
        let tops = members.par_iter().enumerate().flat_map_iter(|(c, rows)| self.without(c, rows));
        tops.collect()
    }

    fn without(&self, left_out: usize, rows: &[usize]) -> Vec<(usize, Top)> {
        let block = Matrix::from_fn(rows.len(), rows.len(), |i, j| self.product(rows[i], rows[j]));
        // A principal block of a positive definite matrix is positive definite.
        let Some(block) = Cholesky::of(block) else { return Vec::new() };
        let answers = self.weights.rows();
        let mut shift = Matrix::from_fn(rows.len(), answers, |i, c| self.weights[(c, rows[i])]);
        block.solve(&mut shift);
        let others = || (0..answers).filter(|&c| c != left_out);
        let top = |i: usize| {
            let top = best(others().map(|c| (c, -1.0 - shift[(i, c)])))?;
            Some((self.items[rows[i]], top))
        };
        (0..rows.len()).filter_map(top).collect()
    }

    /// Returns an element of `G`.
    fn product(&self, i: usize, j: usize) -> f32 {
        let from = i.max(j);
        dot(&self.column(i)[from - i..], &self.column(j)[from - j..])
    }

    /// Returns a column of `M` from the diagonal down; the elements above are 0.
    fn column(&self, row: usize) -> &[f32] {
        &self.inverse.column(row)[row..]
    }

    /// Returns the rows of each answer's items, ascending.
    fn members(&self) -> Vec<Vec<usize>> {
        let mut members = vec![Vec::new(); self.weights.rows()];
        for (row, &answer) in self.answer_of.iter().enumerate() {
            members[answer].push(row);
        }
        members
    }

    /// Returns the row of each item, by item index.
    fn rows_by_number(&self) -> Vec<usize> {
        let mut rows: Vec<usize> = (0..self.items.len()).collect();
        rows.sort_unstable_by_key(|&row| self.items[row]);
        rows
    }
}

/// Returns the Cholesky factor `L` of `kernel` with `lambda` added to the diagonal;
/// both are lower triangles.
///
/// # Errors
/// If the matrix is not positive definite, which rounding can only cause with a tiny λ.
pub(super) fn factor(
    mut kernel: Matrix<f32>,
    lambda: impl Fn(usize) -> f32,
) -> Result<Cholesky<f32>> {
    for i in 0..kernel.rows() {
        kernel[(i, i)] += lambda(i);
    }
    Cholesky::of(kernel).ok_or_else(|| {
        Error::new("the kernel matrix is not positive definite").hint(
            "check the vector model with `mentorpal vectors verify`: a question vector may contain \
             a value that is not finite",
        )
    })
}

/// Returns the answer with the highest score, or the first one in a tie.
pub(super) fn best(scores: impl Iterator<Item = (usize, f32)>) -> Option<Top> {
    scores
        .map(|(answer, score)| Top { answer, score })
        .reduce(|best, top| if top.score > best.score { top } else { best })
}

#[cfg(test)]
mod tests {
    use super::*;

    const LAMBDAS: [f32; 5] = [0.3, 0.1, 0.3, 0.5, 0.2];
    const ANSWER_OF: [usize; 5] = [0, 0, 1, 1, 2];

    /// A kernel that is not symmetric between answers.
    fn kernel(i: usize, j: usize) -> f32 {
        const POINTS: [[f32; 2]; 5] = [[0.0, 0.1], [0.4, 0.0], [1.0, 0.2], [0.9, 0.9], [0.1, 1.3]];
        let distance: f32 = (0..2).map(|d| (POINTS[i][d] - POINTS[j][d]).powi(2)).sum();
        (-distance).exp()
    }

    /// Returns the scores of `question` after training on the questions `kept` only, by Gaussian
    /// elimination in f64.
    fn retrained(question: usize, kept: &[usize]) -> Vec<f64> {
        let n = kept.len();
        (0..3)
            .map(|answer| {
                let mut rows: Vec<Vec<f64>> = kept
                    .iter()
                    .map(|&i| {
                        let mut row: Vec<f64> =
                            kept.iter().map(|&j| f64::from(kernel(i, j))).collect();
                        row.push(if ANSWER_OF[i] == answer { 2.0 } else { 0.0 });
                        row
                    })
                    .collect();
                for (i, row) in rows.iter_mut().enumerate() {
                    row[i] += f64::from(LAMBDAS[kept[i]]);
                }
                for pivot in 0..n {
                    let pivot_row = rows[pivot].clone();
                    for row in rows.iter_mut().enumerate().filter(|(i, _)| *i != pivot) {
                        let factor = row.1[pivot] / pivot_row[pivot];
                        row.1.iter_mut().zip(&pivot_row).for_each(|(x, p)| *x -= factor * p);
                    }
                }
                let score = |(p, &i): (usize, &usize)| {
                    f64::from(kernel(question, i)) * rows[p][n] / rows[p][p]
                };
                kept.iter().enumerate().map(score).sum::<f64>() - 1.0
            })
            .collect()
    }

    fn assert_top(top: Top, scores: &[f64], left_out: Option<usize>) {
        let expected = (0..3)
            .filter(|c| Some(*c) != left_out)
            .max_by(|&a, &b| scores[a].total_cmp(&scores[b]))
            .unwrap();
        assert_eq!(top.answer, expected);
        assert!((f64::from(top.score) - scores[expected]).abs() < 1e-5, "{top:?} {scores:?}");
    }

    fn solved() -> Ridge {
        Ridge::solve(Matrix::from_fn(5, 5, kernel), &ANSWER_OF, 3, |i| LAMBDAS[i]).unwrap()
    }

    #[test]
    fn leave_question_out_equals_training_without_the_question() {
        for (question, top) in solved().leave_question_out().into_iter().enumerate() {
            let kept: Vec<usize> = (0..5).filter(|&i| i != question).collect();
            assert_top(top, &retrained(question, &kept), None);
        }
    }

    #[test]
    fn leave_answer_out_equals_training_without_its_questions() {
        let left_out = solved().leave_answer_out();
        assert_eq!(left_out.len(), 5);
        for (question, top) in left_out {
            let answer = ANSWER_OF[question];
            let kept: Vec<usize> = (0..5).filter(|&i| ANSWER_OF[i] != answer).collect();
            assert_top(top, &retrained(question, &kept), Some(answer));
        }
    }

    #[test]
    fn weights_give_the_scores_of_training_on_all_questions() {
        let weights = solved().weights();
        let scores = retrained(2, &[0, 1, 2, 3, 4]);
        for (answer, expected) in scores.iter().enumerate() {
            let score: f32 = (0..5).map(|i| kernel(2, i) * weights[3 * i + answer]).sum();
            assert!((f64::from(score - 1.0) - expected).abs() < 1e-5);
        }
    }
}
