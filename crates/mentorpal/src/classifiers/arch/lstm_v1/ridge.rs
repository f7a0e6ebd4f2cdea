//! One-vs-rest ridge regression, as in scikit-learn's `RidgeClassifier`: targets ±1, an intercept
//! without regularisation, and the answer with the highest decision value wins.
//!
//! With `X` and `Y` centred (`x̄`, `ȳ` their means), `A = XᵀX + αI`, the coefficients are
//! `W = A⁻¹XᵀY` and the intercepts `ȳ − x̄W`. Leaving question `i` out of training, answer `c` scores
//! `y_ic − (y_ic − ŷ_ic) / (1 − h_i)` with `h_i = 1/n + xᵢA⁻¹xᵢᵀ` (Rifkin & Lippert, *Notes on
//! regularized least squares*, MIT-CSAIL-TR-2007-025, section 4; exact also with an intercept, which
//! is an additional column without regularisation).

use rayon::prelude::*;

use super::params::ALPHA;
use crate::error::{Error, Result};
use crate::linear::{Accum, Cholesky, Matrix, Threads, gram, multiply};

/// Trained coefficients.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Ridge {
    /// `[answers, features]`, row-major.
    pub(crate) coefficients: Vec<f32>,
    /// `[answers]`
    pub(crate) intercepts: Vec<f32>,
}

/// The features of questions, with their answers.
#[derive(Clone, Copy, Debug)]
pub(super) struct Data<'a> {
    /// `[n, features]`
    pub(super) features: &'a [Vec<f64>],
    /// The answer of each question, in 0..answers.
    pub(super) answer_of: &'a [usize],
    pub(super) answers: usize,
}

impl Data<'_> {
    /// Returns the answers to the questions `asked` after training on the questions `known` only. An
    /// answer without a known question is never given.
    ///
    /// # Errors
    /// As [`Solved::of`].
    pub(super) fn answers_of(&self, asked: &[usize], known: &[usize]) -> Result<Vec<usize>> {
        let mut answers: Vec<usize> = known.iter().map(|&i| self.answer_of[i]).collect();
        answers.sort_unstable();
        answers.dedup();
        let number = |i: &usize| answers.partition_point(|&answer| answer < self.answer_of[*i]);
        let features: Vec<_> = known.iter().map(|&i| self.features[i].clone()).collect();
        let answer_of: Vec<_> = known.iter().map(number).collect();
        let part = Data { features: &features, answer_of: &answer_of, answers: answers.len() };
        let asked: Vec<_> = asked.iter().map(|&i| &self.features[i]).collect();
        let found = Solved::of(part)?.predict(&asked);
        Ok(found.into_iter().map(|found| answers[found]).collect())
    }
}

impl Ridge {
    /// Returns the decision value of each answer, `[answers]`, for the features of a question,
    /// `[features]`.
    pub(super) fn decide(&self, features: &[f64]) -> Vec<f64> {
        let rows = self.coefficients.chunks_exact(features.len().max(1));
        let product =
            |row: &[f32]| -> f64 { row.iter().zip(features).map(|(w, x)| f64::from(*w) * x).sum() };
        rows.zip(&self.intercepts).map(|(row, b)| product(row) + f64::from(*b)).collect()
    }
}

/// Returns the index of the highest value, and the value; the first one in a tie.
fn best(values: impl Iterator<Item = f64>) -> (usize, f64) {
    let higher = |best: (usize, f64), next: (usize, f64)| if next.1 > best.1 { next } else { best };
    values.enumerate().reduce(higher).unwrap_or((0, f64::NEG_INFINITY))
}

/// A solved regression.
pub(super) struct Solved<'a> {
    data: Data<'a>,
    /// `X`, centred, `[n, features]`.
    centred: Matrix<f64>,
    /// `h`, `[n]`
    leverage: Vec<f64>,
    /// `W`, `[features, answers]`
    coefficients: Matrix<f64>,
    /// `x̄`, `[features]`
    mean: Vec<f64>,
    /// `ȳ`, `[answers]`
    targets: Vec<f64>,
}

impl<'a> Solved<'a> {
    /// Solves the regression.
    ///
    /// # Errors
    /// If a feature is NaN or infinite.
    pub(super) fn of(data: Data<'a>) -> Result<Self> {
        let (n, columns) = (data.features.len(), data.features[0].len());
        let mean: Vec<f64> = (0..columns)
            .map(|j| data.features.iter().map(|row| row[j]).sum::<f64>() / n as f64)
            .collect();
        let centred = Matrix::from_fn(n, columns, |i, j| data.features[i][j] - mean[j]);
        let mut gram = gram(centred.view().transpose());
        (0..columns).for_each(|j| gram[(j, j)] += ALPHA);
        let cholesky = Cholesky::of(gram).ok_or_else(|| {
            Error::new("the matrix of the ridge regression is not positive definite").hint(
                "check the vector model with `mentorpal vectors verify`: a word vector may contain \
                 a value that is not finite",
            )
        })?;
        // Yᵀ is −1, plus 2 for a question's own answer; centred columns add up to 0.
        let mut sums = Matrix::zeros(columns, data.answers);
        let mut targets = vec![-1.0; data.answers];
        for (i, &answer) in data.answer_of.iter().enumerate() {
            targets[answer] += 2.0 / n as f64;
            (0..columns).for_each(|j| sums[(j, answer)] += 2.0 * centred[(i, j)]);
        }
        let mut inverse_times_rows = centred.view().transpose().to_matrix();
        cholesky.solve(&mut inverse_times_rows);
        let leverage = (0..n)
            .map(|i| {
                let own = (0..columns).map(|j| centred[(i, j)] * inverse_times_rows[(j, i)]);
                1.0 / n as f64 + own.sum::<f64>()
            })
            .collect();
        cholesky.solve(&mut sums);
        Ok(Self { data, centred, leverage, coefficients: sums, mean, targets })
    }

    /// Returns the coefficients and intercepts.
    pub(super) fn ridge(&self) -> Ridge {
        let columns = self.mean.len();
        let answers = 0..self.data.answers;
        let coefficients = answers
            .clone()
            .flat_map(|c| (0..columns).map(move |j| (c, j)))
            .map(|(c, j)| self.coefficients[(j, c)] as f32);
        let intercept = |c: usize| {
            let shift = (0..columns).map(|j| self.mean[j] * self.coefficients[(j, c)]);
            (self.targets[c] - shift.sum::<f64>()) as f32
        };
        Ridge { coefficients: coefficients.collect(), intercepts: answers.map(intercept).collect() }
    }

    /// Returns the best answers to other questions, `[n, features]`.
    fn predict(&self, features: &[&Vec<f64>]) -> Vec<usize> {
        let shifted =
            Matrix::from_fn(features.len(), self.mean.len(), |i, j| features[i][j] - self.mean[j]);
        let values = product(&shifted, &self.coefficients);
        (0..features.len())
            .map(|i| best((0..self.data.answers).map(|c| values[(i, c)] + self.targets[c])).0)
            .collect()
    }

    /// Returns the best answer to each question when it is left out, with the decision value.
    pub(super) fn leave_one_out(&self) -> Vec<(usize, f64)> {
        let fitted = product(&self.centred, &self.coefficients);
        let top = |i: usize| {
            best((0..self.data.answers).map(|c| {
                let target = if self.data.answer_of[i] == c { 1.0 } else { -1.0 };
                let residual = target - (fitted[(i, c)] + self.targets[c]);
                target - residual / (1.0 - self.leverage[i])
            }))
        };
        (0..self.data.features.len()).into_par_iter().map(top).collect()
    }
}

fn product(a: &Matrix<f64>, b: &Matrix<f64>) -> Matrix<f64> {
    let mut product = Matrix::zeros(a.rows(), b.columns());
    multiply(product.view_mut(), Accum::Replace, a.view(), b.view(), 1.0, Threads::All);
    product
}

/// Returns the accuracy of two-fold cross-validation, as `cross_val_score(…, cv=2)` of scikit-learn
/// 0.20: the first half of each answer's questions (rounded up), in the order of the data, is one
/// fold. Questions whose answer is in one fold only are counted, and are always wrong. `None` if a
/// fold is empty.
///
/// # Errors
/// As [`Solved::of`].
pub(super) fn two_folds(data: Data) -> Result<Option<f64>> {
    let mut sizes = vec![0; data.answers];
    data.answer_of.iter().for_each(|&answer| sizes[answer] += 1);
    let mut seen = vec![0; data.answers];
    let mut folds = [Vec::new(), Vec::new()];
    for (i, &answer) in data.answer_of.iter().enumerate() {
        folds[usize::from(2 * seen[answer] >= sizes[answer])].push(i);
        seen[answer] += 1;
    }
    if folds.iter().any(Vec::is_empty) {
        return Ok(None);
    }
    let mut accuracies = 0.0;
    for (train, test) in [(&folds[1], &folds[0]), (&folds[0], &folds[1])] {
        let found = data.answers_of(test, train)?;
        let is_right = |(i, found): &(&usize, usize)| *found == data.answer_of[**i];
        accuracies += test.iter().zip(found).filter(is_right).count() as f64 / test.len() as f64;
    }
    Ok(Some(accuracies / 2.0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde::Deserialize;

    /// The reference results of scikit-learn; `tests/fixtures/lstm/ridge.py` generates them.
    #[derive(Deserialize)]
    struct Expected {
        features: Vec<Vec<f64>>,
        classes: Vec<usize>,
        coefficients: Vec<Vec<f64>>,
        intercepts: Vec<f64>,
        left_out: Vec<(usize, f64)>,
        two_folds: f64,
    }

    #[test]
    fn it_agrees_with_scikit_learn() {
        let expected: Expected =
            serde_json::from_str(include_str!("../../../../../../tests/fixtures/lstm/ridge.json"))
                .unwrap();
        let data = Data { features: &expected.features, answer_of: &expected.classes, answers: 5 };
        let solved = Solved::of(data).unwrap();
        let ridge = solved.ridge();
        let near = |a: f64, b: f64| assert!((a - b).abs() < 1e-6, "{a}, expected {b}");
        for (row, expected) in ridge.coefficients.chunks_exact(6).zip(&expected.coefficients) {
            row.iter().zip(expected).for_each(|(a, b)| near(f64::from(*a), *b));
        }
        for (a, b) in ridge.intercepts.iter().zip(&expected.intercepts) {
            near(f64::from(*a), *b);
        }
        for (i, (found, expected)) in
            solved.leave_one_out().into_iter().zip(&expected.left_out).enumerate()
        {
            // Class 4 has one question. If it is left out, scikit-learn does not know the class.
            if expected.0 != 4 && data.answer_of[i] != 4 {
                assert_eq!(found.0, expected.0);
                near(found.1, expected.1);
            }
        }
        near(two_folds(data).unwrap().unwrap(), expected.two_folds);
    }
}
