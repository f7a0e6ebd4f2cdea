//! Training: the stages in order.

use rayon::prelude::*;

use super::calibration::{Calibration, Sample, Samples, knownness};
use super::choose::{self, Matrices};
use super::kernel::{Kernel, Ngrams, Others, Similar, nearest};
use super::model::Model;
use super::nested::Nested;
use super::params::{Params, Search};
use super::ridge::{Ridge, Top};
use super::sentences::{Sentences, wording};
use super::{TrainOptions, Trained, TrainingReport};
use crate::classifiers::examples::Examples;
use crate::classifiers::learning_curve::{Given, Split, learning_curve, splits};
use crate::error::Result;
use crate::mentor::Mentor;
use crate::progress::Progress;
use crate::vectors::VectorModel;

/// Trains on all of `mentor`'s questions.
///
/// # Errors
/// When a text cannot be encoded, or the regression not solved.
pub(super) fn train(
    mentor: &Mentor,
    options: &TrainOptions,
    progress: &dyn Progress,
) -> Result<Trained> {
    let params = Params { search: search(options), ..Params::default() };
    let examples = Examples::of(mentor, options.vectors.is_some());
    let questions: Vec<String> =
        examples.questions.iter().map(|question| wording(question)).collect();
    let ngrams = Ngrams::fit(&params.ngrams, &examples.questions);
    let texts: Vec<&str> = examples.texts.iter().map(|(_, text)| *text).collect();
    let sentences = match &options.vectors {
        Some(model) => Some(Sentences::encode(model, &questions, &texts, progress)?),
        None => None,
    };
    let matrices = Matrices {
        ngrams: ngrams.matrix(progress),
        cosines: sentences.as_ref().map(Sentences::matrix),
    };
    // With sentence vectors, the nearest question is more than what the matrix has.
    let nearest = sentences.is_none().then(|| nearest(&matrices.ngrams, &examples.answer_of));
    let (setting, ridge) = choose::choose(&matrices, &examples, &params, progress)?;
    let splits = splits(&examples, options.seed);
    let nested = Nested {
        kernel: matrices.into_mixed(setting),
        lambdas: params.lambdas(&examples, setting.lambda),
        answer_of: examples.answer_of_items(),
        answers: examples.ids.len(),
    };
    let (ridge, given) = solve(nested, ridge, &splits, examples.questions.len())?;
    let learning_curve = learning_curve(&examples, &splits, given);
    let mut model = Model {
        answers: examples.ids.iter().map(|&id| id.to_owned()).collect(),
        kernel: Kernel {
            questions,
            ngrams,
            sentences: sentences.map(|sentences| (setting.sentences, sentences)),
        },
        weights: ridge.weights(),
        lambda: setting.lambda,
        calibration: Calibration::PRIOR,
    };
    let mut notes = Vec::new();
    let alone = ridge.leave_question_out();
    let nearest = |i: usize, others: Others| match &nearest {
        Some(nearest) => nearest[i][others as usize],
        None => nearest_by_vectors(&model.kernel, &examples, i, others),
    };
    let left_out = left_out(&ridge, &alone, &examples, nearest, progress);
    let strangers: Vec<&str> = options.strangers.iter().map(String::as_str).collect();
    let encode = |model: &VectorModel, texts: &[&str]| model.embed_cached(texts, progress);
    let strangers = model.kernel.of_texts(&strangers, encode)?;
    match Calibration::fit(&samples(&left_out, &model, &strangers, params.off_topic_share)) {
        Some(calibration) => model.calibration = calibration,
        None => notes.push(
            "too few questions to fit confidence and off-topic threshold: general values stand in"
                .to_owned(),
        ),
    }
    let cv_accuracy = examples.accuracy(|i| alone[i].answer);
    notes.extend(examples.why_unmeasurable());
    let left_out = left_out.iter().filter_map(|left_out| {
        let (question, sample) = left_out.on_topic?;
        Some(model.left_out(examples.questions[question], &sample))
    });
    let report =
        TrainingReport { cv_accuracy, left_out: left_out.collect(), learning_curve, notes };
    Ok(Trained { files: model.to_files()?, report })
}

/// The regression on all items, where it is not solved yet, and what the questions get that each of
/// `splits` holds out; answers' texts, the items after the `questions`, are always known.
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

/// About how many questions are enough to see what those score whose answer is missing.
const MISSING_ANSWERS: usize = 1_000;

/// A question asked of models that were trained without it.
struct LeftOutTwice {
    /// Without it alone, where that measures anything; with its number.
    on_topic: Option<(usize, Sample)>,
    /// Without its whole answer, where there is another, for some: an off-topic question.
    off_topic: Option<Sample>,
}

fn left_out(
    ridge: &Ridge,
    alone: &[Top],
    examples: &Examples,
    nearest: impl Fn(usize, Others) -> f32 + Sync,
    progress: &dyn Progress,
) -> Vec<LeftOutTwice> {
    let questions = examples.questions.len();
    let mut with_answer = vec![None; questions];
    for (item, top) in ridge.leave_answer_out() {
        // Answers' texts are left out, too, but nobody asks them.
        if item < questions {
            with_answer[item] = Some(top);
        }
    }
    let every = questions.div_ceil(MISSING_ANSWERS);
    let twice = |i: usize| {
        let sample = |top: Top, truth: Option<usize>, others: Others| {
            let known = knownness(f64::from(top.score), f64::from(nearest(i, others)));
            Sample { known, top: top.answer, truth }
        };
        let on_topic = examples
            .is_measurable(i)
            .then(|| (i, sample(alone[i], Some(examples.answer_of[i]), Others::Questions)));
        let off_topic = with_answer[i]
            .filter(|_| i.is_multiple_of(every))
            .map(|top| sample(top, None, Others::Answers));
        progress.step();
        LeftOutTwice { on_topic, off_topic }
    };
    progress.start("leaving questions out", questions);
    let all = (0..questions).into_par_iter().map(twice).collect();
    progress.finish();
    all
}

fn nearest_by_vectors(kernel: &Kernel, examples: &Examples, i: usize, others: Others) -> f32 {
    let similar = kernel.of_question(i, examples.questions[i]);
    similar.nearest(|other| match others {
        Others::Questions => other != i,
        Others::Answers => examples.answer_of[other] != examples.answer_of[i],
    })
}

/// Questions left out, those whose whole answer was, and strangers'. Half of what is off-topic is
/// taken to be near the mentor's subjects, half not.
fn samples(
    left_out: &[LeftOutTwice],
    model: &Model,
    strangers: &[Similar],
    off_topic_share: f64,
) -> Samples {
    let on_topic = left_out.iter().filter_map(|left_out| Some(left_out.on_topic?.1));
    let off_topic = left_out.iter().filter_map(|left_out| left_out.off_topic);
    let stranger = |similar: &Similar| {
        let (top, known) = model.top(similar);
        Sample { known, top, truth: None }
    };
    let mut samples = Samples::default();
    samples.add(1.0 - off_topic_share, on_topic.collect());
    samples.add(off_topic_share / 2.0, off_topic.collect());
    samples.add(off_topic_share / 2.0, strangers.par_iter().map(stranger).collect());
    samples
}
