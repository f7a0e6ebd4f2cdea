//! Training: the stages in order.

use std::collections::HashMap;

use faer::Mat;

use super::calibration::{Calibration, Samples};
use super::kernel::Kernel;
use super::model::Model;
use super::params::Params;
use super::ridge::{Ridge, Top};
use super::{Trained, TrainingReport};
use crate::error::Result;
use crate::mentor::Mentor;
use crate::progress::Progress;

/// The questions to learn from, answers numbered without gaps.
struct Examples<'a> {
    questions: Vec<&'a str>,
    /// Per question its answer, in 0..m.
    answer_of: Vec<usize>,
    /// Per answer its id.
    ids: Vec<&'a str>,
    /// Per answer how many questions it has, at least 1.
    sizes: Vec<usize>,
}

pub(super) fn train(mentor: &Mentor, params: &Params, progress: &dyn Progress) -> Result<Trained> {
    let examples = Examples::of(mentor);
    let kernel = Kernel::fit(&params.kernels, &examples.questions);
    let matrix = kernel.matrix(progress);
    let (lambda, ridge) = choose(matrix, &examples, params, progress)?;
    let left_out = ridge.leave_question_out();
    let (calibration, note) = calibrate(&ridge, &left_out, &examples, params);
    let cv_accuracy = accuracy(&left_out, &examples);
    let mut notes: Vec<String> = note.into_iter().collect();
    if cv_accuracy.is_none() {
        let why = if examples.ids.len() == 1 {
            "there is only one answer"
        } else {
            "no answer has a second question"
        };
        notes.push(format!("{why}: accuracy cannot be measured"));
    }
    let model = Model {
        answers: examples.ids.iter().map(|&id| id.to_owned()).collect(),
        weights: ridge.weights(),
        kernel,
        lambda,
        calibration,
    };
    let report = TrainingReport { cv_accuracy, notes };
    Ok(Trained { files: model.to_files()?, report })
}

impl<'a> Examples<'a> {
    fn of(mentor: &'a Mentor) -> Self {
        let mut examples = Self {
            questions: Vec::new(),
            answer_of: Vec::new(),
            ids: Vec::new(),
            sizes: Vec::new(),
        };
        let mut numbers = HashMap::new();
        for example in mentor.examples() {
            let number = *numbers.entry(example.answer).or_insert_with(|| {
                examples.ids.push(&mentor.answers[example.answer].id);
                examples.sizes.push(0);
                examples.ids.len() - 1
            });
            examples.sizes[number] += 1;
            examples.questions.push(example.question);
            examples.answer_of.push(number);
        }
        examples
    }

    /// Whether leaving question `i` out measures anything: its answer has another question to be
    /// found by, and is not the only one there is.
    fn is_measurable(&self, i: usize) -> bool {
        self.sizes[self.answer_of[i]] > 1 && self.ids.len() > 1
    }
}

/// Leave-one-out accuracy over the measurable questions.
fn accuracy(left_out: &[Top], examples: &Examples) -> Option<f64> {
    let measurable: Vec<usize> =
        (0..left_out.len()).filter(|&i| examples.is_measurable(i)).collect();
    let right = |i: &&usize| left_out[**i].answer == examples.answer_of[**i];
    let correct = measurable.iter().filter(right).count();
    (!measurable.is_empty()).then(|| correct as f64 / measurable.len() as f64)
}

/// Solves for the λ that leave-one-out accuracy prefers: from the middle one to a neighbour, and
/// on, while that is better.
fn choose<'a>(
    matrix: Mat<f32>,
    examples: &'a Examples,
    params: &Params,
    progress: &dyn Progress,
) -> Result<(f32, Ridge<'a>)> {
    let lambdas = &params.lambdas;
    let part = part(examples, params.search_limit);
    let solve =
        |matrix, lambda| Ridge::solve(matrix, &examples.answer_of, examples.ids.len(), lambda);
    let attempt = |at: usize| -> Result<Attempt<'a>> {
        let lambda = lambdas[at];
        let (accuracy, ridge) = match &part {
            None => {
                let ridge = solve(matrix.clone(), lambda)?;
                (accuracy(&ridge.leave_question_out(), examples), Some(ridge))
            }
            Some((rows, part)) => (part_accuracy(&matrix, rows, part, lambda)?, None),
        };
        tracing::debug!(lambda, accuracy, "leave-one-out");
        progress.step();
        Ok(Attempt { at, accuracy: accuracy.unwrap_or(0.0), ridge })
    };
    progress.start("choosing the regularisation", lambdas.len());
    let middle = lambdas.len() / 2;
    let mut best = attempt(middle)?;
    // Where nothing can be measured, every λ would do as well.
    let measurable = best.accuracy > 0.0;
    let upward = (middle + 1)..lambdas.len();
    let downward = (0..middle).rev();
    for direction in [upward.collect::<Vec<_>>(), downward.collect()] {
        for at in direction.into_iter().take_while(|_| measurable) {
            let next = attempt(at)?;
            if next.accuracy <= best.accuracy {
                break;
            }
            best = next;
        }
        if best.at != middle {
            break;
        }
    }
    let lambda = lambdas[best.at];
    let ridge = best.ridge.map_or_else(|| solve(matrix, lambda), Ok)?;
    progress.finish();
    Ok((lambda, ridge))
}

/// A λ that was tried.
struct Attempt<'a> {
    /// Its index.
    at: usize,
    accuracy: f64,
    /// What it was tried on, where that is all questions.
    ridge: Option<Ridge<'a>>,
}

/// Every k-th answer with all its questions, about `limit` questions, where there are more.
fn part<'a>(examples: &Examples<'a>, limit: usize) -> Option<(Vec<usize>, Examples<'a>)> {
    let questions = examples.questions.len();
    if questions <= limit {
        return None;
    }
    let every = questions.div_ceil(limit);
    let rows: Vec<usize> =
        (0..questions).filter(|&i| examples.answer_of[i].is_multiple_of(every)).collect();
    let kept = |all: usize| (0..all).step_by(every);
    let part = Examples {
        questions: rows.iter().map(|&i| examples.questions[i]).collect(),
        answer_of: rows.iter().map(|&i| examples.answer_of[i] / every).collect(),
        ids: kept(examples.ids.len()).map(|c| examples.ids[c]).collect(),
        sizes: kept(examples.sizes.len()).map(|c| examples.sizes[c]).collect(),
    };
    Some((rows, part))
}

fn part_accuracy(
    matrix: &Mat<f32>,
    rows: &[usize],
    part: &Examples,
    lambda: f32,
) -> Result<Option<f64>> {
    // The rows ascend, so the lower triangle of the part lies in that of the whole.
    let lower = |i: usize, j: usize| if i < j { 0.0 } else { matrix[(rows[i], rows[j])] };
    let matrix = Mat::from_fn(rows.len(), rows.len(), lower);
    let ridge = Ridge::solve(matrix, &part.answer_of, part.ids.len(), lambda)?;
    Ok(accuracy(&ridge.leave_question_out(), part))
}

/// Fits confidence and threshold, with a note where there is too little to fit them to.
fn calibrate(
    ridge: &Ridge,
    left_out: &[Top],
    examples: &Examples,
    params: &Params,
) -> (Calibration, Option<String>) {
    let on_topic = (0..left_out.len()).filter(|&i| examples.is_measurable(i)).map(|i| {
        let top = left_out[i];
        (f64::from(top.score), top.answer == examples.answer_of[i])
    });
    let samples = Samples {
        on_topic: on_topic.collect(),
        off_topic: ridge.leave_answer_out().iter().map(|top| f64::from(top.score)).collect(),
        off_topic_share: params.off_topic_share,
    };
    Calibration::fit(&samples).map_or_else(
        || {
            let note = "too few questions to fit confidence and off-topic threshold: \
                        general values stand in";
            (Calibration::PRIOR, Some(note.to_owned()))
        },
        |calibration| (calibration, None),
    )
}
