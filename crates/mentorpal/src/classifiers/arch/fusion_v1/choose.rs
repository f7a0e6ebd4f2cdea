//! Selects the settings by closed-form leave-one-out accuracy.

use super::kernel::{Kernel, mix};
use super::nested::Nested;
use super::params::{Params, SentenceParams, Setting};
use super::ridge::Ridge;
use crate::classifiers::examples::Examples;
use crate::error::Result;
use crate::linear::Matrix;
use crate::progress::Progress;

/// The similarity matrices from which the kernel matrix of any setting is computed.
pub(super) struct Matrices {
    /// The similarities of the n-grams, `[n, n]`, lower triangle.
    pub(super) ngrams: Matrix<f32>,
    /// The cosines of the sentence vectors, `[n + t, n + t]`, lower triangle.
    pub(super) cosines: Option<Matrix<f32>>,
}

impl Matrices {
    /// Compares all items of `kernel` with each other.
    pub(super) fn of(kernel: &Kernel, progress: &dyn Progress) -> Self {
        Self {
            ngrams: kernel.ngrams.matrix(progress),
            cosines: kernel.sentences.as_ref().map(|(_, sentences)| sentences.matrix()),
        }
    }

    /// Returns the kernel matrix at a setting.
    fn mixed(&self, setting: Setting) -> Matrix<f32> {
        match &self.cosines {
            Some(cosines) => mix(cosines.clone(), &self.ngrams, setting.sentences),
            None => self.ngrams.clone(),
        }
    }

    /// Turns the similarities into the kernel matrix at a setting, in place.
    pub(super) fn into_mixed(self, setting: Setting) -> Matrix<f32> {
        match self.cosines {
            Some(cosines) => mix(cosines, &self.ngrams, setting.sentences),
            None => self.ngrams,
        }
    }

    /// Returns the matrices of the items `rows`, in ascending order; the first `questions` are questions.
    fn part(&self, rows: &[usize], questions: usize) -> Self {
        let part = |matrix: &Matrix<f32>, rows: &[usize]| {
            let lower = |i: usize, j: usize| if i < j { 0.0 } else { matrix[(rows[i], rows[j])] };
            Matrix::from_fn(rows.len(), rows.len(), lower)
        };
        Self {
            ngrams: part(&self.ngrams, &rows[..questions]),
            cosines: self.cosines.as_ref().map(|cosines| part(cosines, rows)),
        }
    }
}

/// Returns the setting with the best leave-one-out accuracy, found by a search along λ, then the
/// weight, then the width. Each search starts at the middle value and moves to the neighbour while
/// accuracy improves by the margin. Also returns the regression at this setting if it was solved for
/// all questions.
pub(super) fn choose(
    matrices: &Matrices,
    examples: &Examples,
    params: &Params,
    progress: &dyn Progress,
) -> Result<(Setting, Option<Ridge>)> {
    let Some((rows, part)) = examples.part(params.search_limit) else {
        let (setting, ridge) = search(matrices, examples, params, progress)?;
        return Ok((setting, Some(ridge)));
    };
    let parted = matrices.part(&rows, part.questions.len());
    let (setting, _) = search(&parted, &part, params, progress)?;
    Ok((setting, None))
}

fn search(
    matrices: &Matrices,
    examples: &Examples,
    params: &Params,
    progress: &dyn Progress,
) -> Result<(Setting, Ridge)> {
    let search = &params.search;
    let attempt = |setting: Setting| -> Result<Attempt> {
        let ridge = Nested::of(matrices.mixed(setting), examples, params, setting.lambda).all()?;
        let tops = ridge.leave_question_out();
        let accuracy = examples.accuracy(|i| tops[i].answer);
        tracing::debug!(?setting, accuracy, "leave-one-out");
        progress.step();
        Ok(Attempt { setting, accuracy: accuracy.unwrap_or(0.0), ridge })
    };
    progress.start("choosing settings", search.steps());
    let mut best = attempt(search.middle())?;
    // If no question is measurable, no setting is better than another.
    if best.accuracy > 0.0 {
        let margin = search.margin;
        best = hill_climb(best, &search.lambdas, margin, |setting, lambda| {
            attempt(Setting { lambda, ..setting })
        })?;
        best =
            hill_climb(best, &search.weights, margin, |Setting { sentences, lambda }, weight| {
                attempt(Setting { sentences: SentenceParams { weight, ..sentences }, lambda })
            })?;
        best = hill_climb(best, &search.widths, margin, |Setting { sentences, lambda }, width| {
            attempt(Setting { sentences: SentenceParams { width, ..sentences }, lambda })
        })?;
    }
    progress.finish();
    Ok((best.setting, best.ridge))
}

/// A setting that was evaluated.
struct Attempt {
    setting: Setting,
    accuracy: f64,
    ridge: Ridge,
}

/// Searches from the middle of `values` upward, or else downward, while each step gains more than
/// `margin`.
fn hill_climb(
    mut best: Attempt,
    values: &[f32],
    margin: f64,
    attempt: impl Fn(Setting, f32) -> Result<Attempt>,
) -> Result<Attempt> {
    let middle = values.len() / 2;
    let upward: Vec<f32> = values[middle + 1..].to_vec();
    let downward: Vec<f32> = values[..middle].iter().rev().copied().collect();
    for direction in [upward, downward] {
        let mut moved = false;
        for value in direction {
            let next = attempt(best.setting, value)?;
            if next.accuracy <= best.accuracy + margin {
                break;
            }
            (best, moved) = (next, true);
        }
        if moved {
            break;
        }
    }
    Ok(best)
}
