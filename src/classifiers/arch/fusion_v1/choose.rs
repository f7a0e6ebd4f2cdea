//! Choosing settings by closed-form leave-one-out.

use faer::Mat;

use super::kernel::{Kernel, mix};
use super::nested::Nested;
use super::params::{Params, SentenceParams, Setting};
use super::ridge::Ridge;
use crate::classifiers::examples::Examples;
use crate::error::Result;
use crate::progress::Progress;

/// What the regression is solved from, before settings are chosen.
pub(super) struct Matrices {
    /// Of n-grams, `[n, n]`, lower triangle.
    pub(super) ngrams: Mat<f32>,
    /// Of sentence vectors' cosines, `[n + t, n + t]`, lower triangle.
    pub(super) cosines: Option<Mat<f32>>,
}

impl Matrices {
    /// All that `kernel` knows, compared with itself.
    pub(super) fn of(kernel: &Kernel, progress: &dyn Progress) -> Self {
        Self {
            ngrams: kernel.ngrams.matrix(progress),
            cosines: kernel.sentences.as_ref().map(|(_, sentences)| sentences.matrix()),
        }
    }

    /// The kernel matrix at a setting.
    fn mixed(&self, setting: Setting) -> Mat<f32> {
        match &self.cosines {
            Some(cosines) => mix(cosines.clone(), &self.ngrams, setting.sentences),
            None => self.ngrams.clone(),
        }
    }

    /// The same, in the place of these.
    pub(super) fn into_mixed(self, setting: Setting) -> Mat<f32> {
        match self.cosines {
            Some(cosines) => mix(cosines, &self.ngrams, setting.sentences),
            None => self.ngrams,
        }
    }

    /// The matrices of the items `rows` alone, which ascend; the first `questions` are questions.
    fn part(&self, rows: &[usize], questions: usize) -> Self {
        let part = |matrix: &Mat<f32>, rows: &[usize]| {
            let lower = |i: usize, j: usize| if i < j { 0.0 } else { matrix[(rows[i], rows[j])] };
            Mat::from_fn(rows.len(), rows.len(), lower)
        };
        Self {
            ngrams: part(&self.ngrams, &rows[..questions]),
            cosines: self.cosines.as_ref().map(|cosines| part(cosines, rows)),
        }
    }
}

/// The setting that leave-one-out accuracy prefers: λ first, then weight and width, each from its
/// middle value to a neighbour, and on, while that is better by the margin. With the regression at
/// this setting, where it was solved for all questions.
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
    // Where nothing can be measured, every setting would do as well.
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

/// A setting that was tried.
struct Attempt {
    setting: Setting,
    accuracy: f64,
    ridge: Ridge,
}

/// From the middle of `values` upward, or else downward, while each step gains more than
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
