//! Training: the stages in order.

use rayon::prelude::*;

use super::calibration::{Sample, Samples, SigmoidCalibration, in_scope_score};
use super::choose::{self, Matrices};
use super::kernel::{Kernel, Nearest};
use super::model::Model;
use super::nested::Nested;
use super::params::{Params, Search};
use super::ridge::{Ridge, Top};
use super::{Fitted, TrainOptions, TrainingData, TrainingReport};
use crate::classifiers::examples::Examples;
use crate::classifiers::learning_curve::{Given, Split, learning_curve, splits};
use crate::error::Result;
use crate::progress::Progress;
use crate::vectors::VectorModel;

/// Trains on all questions of the mentor.
///
/// # Errors
/// If a text cannot be encoded, or the regression cannot be solved.
pub(super) fn train(
    data: TrainingData<'_>,
    options: &TrainOptions,
    progress: &dyn Progress,
) -> Result<Fitted> {
    let params = Params { search: search(options), ..Params::default() };
    let examples = Examples::of(data.mentor, options.vectors.is_some());
    let kernel = Kernel::fit(&examples, &params, options.vectors.as_ref(), progress)?;
    if kernel.knows_few_words() {
        let mut fitted = train(data, &TrainOptions { vectors: None, ..options.clone() }, progress)?;
        fitted.report.notes.push(FEW_WORDS.to_owned());
        return Ok(fitted);
    }
    let matrices = Matrices::of(&kernel, progress);
    // With sentence vectors, the similarity of the nearest question cannot be read from the matrix.
    let by_ngrams = matrices.cosines.is_none();
    let nearest = by_ngrams.then(|| Nearest::by_ngrams(&matrices.ngrams, &examples.answer_of));
    let (setting, ridge) = choose::choose(&matrices, &examples, &params, progress)?;
    let splits = if options.full_report { splits(&examples, options.seed) } else { Vec::new() };
    let nested = Nested::of(matrices.into_mixed(setting), &examples, &params, setting.lambda);
    let (ridge, given) = solve(nested, ridge, &splits, examples.questions.len())?;
    // This must come before the questions are compared. Directly after the matrix products, comparing
    // took three times as long, probably because they leave the wide registers in a slow state.
    let (alone, without_answers) = (ridge.leave_question_out(), ridge.leave_answer_out());
    let kernel = kernel.with(setting.sentences);
    let nearest = nearest.unwrap_or_else(|| nearest_by_vectors(&kernel, &examples, progress));
    let on_topic = without_question(&alone, &examples, &nearest);
    let off_topic = without_answer(without_answers, &nearest);
    let mut model = Model {
        answers: examples.ids.iter().map(|&id| id.to_owned()).collect(),
        kernel,
        weights: ridge.weights(),
        lambda: setting.lambda,
        calibration: SigmoidCalibration::PRIOR,
    };
    let background = background(&model, data.background_questions, progress)?;
    let own = on_topic.iter().map(|(_, sample)| *sample).collect();
    let fitted =
        SigmoidCalibration::fit(&samples(own, off_topic, background, params.off_topic_share));
    model.calibration = fitted.unwrap_or(SigmoidCalibration::PRIOR);
    let unfitted = fitted.err().map(|unfitted| unfitted.to_string());
    let left_out = |(i, sample): (usize, Sample)| model.left_out(examples.questions[i], &sample);
    let report = TrainingReport {
        left_out: on_topic.into_iter().map(left_out).collect(),
        learning_curve: learning_curve(&examples, &splits, given),
        notes: unfitted.into_iter().chain(examples.why_unmeasurable()).collect(),
    };
    Ok(Fitted { classifier: Box::new(model), report })
}

/// The note if the vector model knows too few of the questions' words.
const FEW_WORDS: &str =
    "most questions contain no word of the vector model: trained on n-grams only";

/// Returns the regression on all items, solved unless `ridge` holds it, and the answers to the
/// held-out questions of each of `splits`. Answers' texts, the items after the `questions`, are always
/// known.
fn solve(
    nested: Nested,
    ridge: Option<Ridge>,
    splits: &[Split],
    questions: usize,
) -> Result<(Ridge, Vec<Given>)> {
    let texts = questions..nested.answer_of.len();
    let known =
        |split: &Split| -> Vec<usize> { texts.clone().chain(split.known.clone()).collect() };
    let sizes = |split: &Split| split.sizes.map(|size| texts.len() + size);
    if let (None, [split]) = (&ridge, splits) {
        let (given, ridge) = nested.tops_and_all(&split.held_out, &known(split), sizes(split))?;
        return Ok((ridge, vec![given]));
    }
    let given = |split: &Split| nested.tops(&split.held_out, &known(split), sizes(split));
    let given = splits.iter().map(given).collect::<Result<_>>()?;
    Ok((ridge.map_or_else(|| nested.all(), Ok)?, given))
}

fn search(options: &TrainOptions) -> Search {
    match &options.vectors {
        None => Search::ngrams_alone(),
        Some(model) if model.tokens().is_some() => Search::with_token_sums(),
        Some(_) => Search::with_sentences(),
    }
}

/// The approximate number of questions for which leave-one-answer-out scores are computed.
const MISSING_ANSWERS: usize = 1_000;

/// Returns whether the leave-one-answer-out scores of question `i` are used.
fn leave_answer_out_applies(i: usize, questions: usize) -> bool {
    i.is_multiple_of(questions.div_ceil(MISSING_ANSWERS))
}

/// Returns the similarities with the nearest other questions, `[n]`, by sentence vectors. The nearest
/// question of another answer is only computed if [`leave_answer_out_applies`].
fn nearest_by_vectors(
    kernel: &Kernel,
    examples: &Examples,
    progress: &dyn Progress,
) -> Vec<Nearest> {
    let questions = examples.questions.len();
    let answer_of = &examples.answer_of;
    let nearest = |i: usize| {
        let similar = kernel.of_question(i, examples.questions[i]);
        let other = similar.nearest(|other| other != i);
        let elsewhere = if leave_answer_out_applies(i, questions) {
            similar.nearest(|other| answer_of[other] != answer_of[i])
        } else {
            0.0
        };
        progress.step();
        Nearest { other, elsewhere }
    };
    progress.start("computing leave-one-out similarities", questions);
    let all = (0..questions).into_par_iter().map(nearest).collect();
    progress.finish();
    all
}

/// Returns the leave-one-out samples of the measurable questions, with the index of each question.
fn without_question(
    alone: &[Top],
    examples: &Examples,
    nearest: &[Nearest],
) -> Vec<(usize, Sample)> {
    let sample = |i: usize| (i, sample(alone[i], nearest[i].other, Some(examples.answer_of[i])));
    examples.measurable().into_iter().map(sample).collect()
}

/// Returns the leave-one-answer-out samples of some questions, which represent off-topic questions.
fn without_answer(mut tops: Vec<(usize, Top)>, nearest: &[Nearest]) -> Vec<Sample> {
    tops.sort_unstable_by_key(|(item, _)| *item);
    // The texts of answers, the items after the questions, are also left out, but they are not asked.
    let questions = nearest.len();
    tops.retain(|(item, _)| *item < questions && leave_answer_out_applies(*item, questions));
    tops.into_iter().map(|(i, top)| sample(top, nearest[i].elsewhere, None)).collect()
}

fn sample(top: Top, nearest: f32, truth: Option<usize>) -> Sample {
    let known = in_scope_score(f64::from(top.score), f64::from(nearest));
    Sample { known, top: top.answer, truth }
}

/// Returns the samples of the background questions, which this mentor has no answer to.
///
/// # Errors
/// If a question cannot be encoded.
fn background(model: &Model, questions: &[String], progress: &dyn Progress) -> Result<Vec<Sample>> {
    let texts: Vec<&str> = questions.iter().map(String::as_str).collect();
    let encode = |model: &VectorModel, texts: &[&str]| model.embed_cached(texts, progress);
    let similar = model.kernel.of_texts(&texts, encode)?;
    let sample = |(top, known)| Sample { known, top, truth: None };
    Ok(model.tops(&similar).into_iter().map(sample).collect())
}

/// Returns the samples for calibration. Half of the off-topic questions are assumed to be close to the
/// mentor's subjects, half not.
fn samples(
    on_topic: Vec<Sample>,
    off_topic: Vec<Sample>,
    background: Vec<Sample>,
    off_topic_share: f64,
) -> Samples {
    let mut samples = Samples::default();
    samples.add(1.0 - off_topic_share, on_topic);
    samples.add(off_topic_share / 2.0, off_topic);
    samples.add(off_topic_share / 2.0, background);
    samples
}
