//! One-vs-rest ridge regression in the kernel's space, with everything left out in closed form.
//!
//! For answer `c` the targets are `y_c = +1` on its questions and −1 elsewhere, the intercept is
//! fixed at −1. With `G = (K + Λ)⁻¹`, where the diagonal `Λ` has each item's λ, the weights are `α_c = G (y_c + 1) = 2 Σ_{j∈c} G_j`, and
//!
//! - leaving question `i` out, answer `c` scores `y_ic − α_ic / G_ii` (Rifkin & Lippert, *Notes on
//!   regularized least squares*, MIT-CSAIL-TR-2007-025, section 4);
//! - leaving a whole set `S` out, its questions score `y_Sc − (G_SS)⁻¹ α_Sc`, by the same block
//!   inverse.

use faer::linalg::solvers::{DenseSolveCore, Llt, Solve};
use faer::{Mat, Side};
use rayon::prelude::*;

use crate::error::{Error, Result};

/// What a question's best answer is and how it scores, in about −1..1.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Top {
    pub(super) answer: usize,
    pub(super) score: f32,
}

/// The solved regression of `n` items on `m` answers.
#[derive(Debug)]
pub(super) struct Ridge {
    /// `(K + Λ)⁻¹`, `[n, n]`.
    inverse: Mat<f32>,
    /// Per item its answer, in 0..m.
    answer_of: Vec<usize>,
    answers: usize,
}

impl Ridge {
    /// Solves for the kernel matrix `kernel` (`[n, n]`, lower triangle), which it consumes to
    /// save memory, and each item's regularisation `lambda > 0`.
    ///
    /// # Errors
    /// When the matrix is not positive definite, which rounding could only do to a tiny λ.
    pub(super) fn solve(
        kernel: Mat<f32>,
        answer_of: &[usize],
        answers: usize,
        lambda: impl Fn(usize) -> f32,
    ) -> Result<Self> {
        let cholesky = factor(kernel, lambda)?;
        Ok(Self { inverse: cholesky.inverse(), answer_of: answer_of.to_vec(), answers })
    }

    /// The weights `α`, `[n, m]`, row by row.
    pub(super) fn weights(&self) -> Vec<f32> {
        (0..self.answer_of.len()).into_par_iter().flat_map_iter(|i| self.weights_of(i)).collect()
    }

    /// `α_i`, `[m]`.
    fn weights_of(&self, question: usize) -> Vec<f32> {
        let mut weights = vec![0.0; self.answers];
        // The inverse is symmetric; its columns lie together in memory.
        let column = self.inverse.col(question);
        for (&answer, &value) in self.answer_of.iter().zip(column.iter()) {
            weights[answer] += 2.0 * value;
        }
        weights
    }

    /// Each item's best answer had it been left out.
    pub(super) fn leave_question_out(&self) -> Vec<Top> {
        let top = |i: usize| {
            let weights = self.weights_of(i);
            let scale = self.inverse[(i, i)];
            best((0..self.answers).map(|c| {
                let target = if c == self.answer_of[i] { 1.0 } else { -1.0 };
                (c, target - weights[c] / scale)
            }))
        };
        (0..self.answer_of.len()).into_par_iter().filter_map(top).collect()
    }

    /// Each item with its best other answer had all items of its answer been left out; empty
    /// where there is no other answer.
    pub(super) fn leave_answer_out(&self) -> Vec<(usize, Top)> {
        let mut members: Vec<Vec<usize>> = vec![Vec::new(); self.answers];
        for (question, &answer) in self.answer_of.iter().enumerate() {
            members[answer].push(question);
        }
        let tops = members.par_iter().enumerate().flat_map_iter(|(c, set)| self.without(c, set));
        tops.collect()
    }

    fn without(&self, left_out: usize, set: &[usize]) -> Vec<(usize, Top)> {
        let block = Mat::from_fn(set.len(), set.len(), |i, j| self.inverse[(set[i], set[j])]);
        // A principal block of a positive definite matrix is positive definite.
        let Ok(block) = block.llt(Side::Lower) else { return Vec::new() };
        let rows: Vec<Vec<f32>> = set.iter().map(|&i| self.weights_of(i)).collect();
        let weights = Mat::from_fn(set.len(), self.answers, |i, c| rows[i][c]);
        let shift = block.solve(&weights);
        let others = || (0..self.answers).filter(|&c| c != left_out);
        let top = |i: usize| Some((set[i], best(others().map(|c| (c, -1.0 - shift[(i, c)])))?));
        (0..set.len()).filter_map(top).collect()
    }
}

/// The Cholesky factor of `kernel` (lower triangle) with `lambda` added to the diagonal.
///
/// # Errors
/// When the matrix is not positive definite, which rounding could only do to a tiny λ.
pub(super) fn factor(mut kernel: Mat<f32>, lambda: impl Fn(usize) -> f32) -> Result<Llt<f32>> {
    for i in 0..kernel.ncols() {
        kernel[(i, i)] += lambda(i);
    }
    kernel.llt(Side::Lower).map_err(|_| {
        Error::new("the kernel matrix is not positive definite")
            .hint("are there numbers among the questions' vectors that are none?")
    })
}

/// The highest score; of equal ones the first.
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

    /// A kernel with no symmetry between answers.
    fn kernel(i: usize, j: usize) -> f32 {
        const POINTS: [[f32; 2]; 5] = [[0.0, 0.1], [0.4, 0.0], [1.0, 0.2], [0.9, 0.9], [0.1, 1.3]];
        let distance: f32 = (0..2).map(|d| (POINTS[i][d] - POINTS[j][d]).powi(2)).sum();
        (-distance).exp()
    }

    /// The scores of `question` after honest training on the questions `kept` alone, by Gaussian
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
        Ridge::solve(Mat::from_fn(5, 5, kernel), &ANSWER_OF, 3, |i| LAMBDAS[i]).unwrap()
    }

    #[test]
    fn leaving_a_question_out_is_training_without_it() {
        for (question, top) in solved().leave_question_out().into_iter().enumerate() {
            let kept: Vec<usize> = (0..5).filter(|&i| i != question).collect();
            assert_top(top, &retrained(question, &kept), None);
        }
    }

    #[test]
    fn leaving_an_answer_out_is_training_without_its_questions() {
        let left_out = solved().leave_answer_out();
        assert_eq!(left_out.len(), 5);
        for (question, top) in left_out {
            let answer = ANSWER_OF[question];
            let kept: Vec<usize> = (0..5).filter(|&i| ANSWER_OF[i] != answer).collect();
            assert_top(top, &retrained(question, &kept), Some(answer));
        }
    }

    #[test]
    fn weights_score_as_training_on_everything() {
        let weights = solved().weights();
        let scores = retrained(2, &[0, 1, 2, 3, 4]);
        for (answer, expected) in scores.iter().enumerate() {
            let score: f32 = (0..5).map(|i| kernel(2, i) * weights[3 * i + answer]).sum();
            assert!((f64::from(score - 1.0) - expected).abs() < 1e-5);
        }
    }
}
