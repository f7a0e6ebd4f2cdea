//! Training: the stages in order.

use faer::Mat;
use rayon::prelude::*;

use super::calibration::{Calibration, Sample, Samples, knownness};
use super::choose::{self, Matrices};
use super::kernel::{Kernel, Ngrams, Similar};
use super::model::Model;
use super::nested::Nested;
use super::params::{Params, Search};
use super::ridge::{Ridge, Top};
use super::sentences::{Sentences, wording};
use super::{TrainOptions, Trained, TrainingReport};
use crate::classifiers::LearningPoint;
use crate::classifiers::examples::Examples;
use crate::classifiers::learning_curve::learning_curve;
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
    let (setting, ridge) = choose::choose(&matrices, &examples, &params, progress)?;
    let kernel = matrices.into_mixed(setting);
    let learning_curve = curve(&kernel, &examples, (&params, setting.lambda), options.seed)?;
    let ridge = match ridge {
        Some(ridge) => ridge,
        None => choose::solve_at(kernel, &examples, &params, setting.lambda)?,
    };
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
    let left_out = left_out(&ridge, &alone, &examples, &model.kernel, progress);
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

/// The learning curve at the setting that was chosen; answers' texts are always known.
fn curve(
    kernel: &Mat<f32>,
    examples: &Examples,
    (params, lambda): (&Params, f32),
    seed: u64,
) -> Result<Vec<LearningPoint>> {
    let lambdas = params.lambdas(examples, lambda);
    let answer_of = examples.answer_of_items();
    let texts = examples.questions.len()..answer_of.len();
    learning_curve(examples, seed, |split| {
        let known: Vec<usize> = texts.clone().chain(split.known.iter().copied()).collect();
        let sizes = split.sizes.map(|size| texts.len() + size);
        let part = Nested { kernel, lambdas: &lambdas, answer_of: &answer_of, known: &known };
        part.tops(&split.held_out, examples.ids.len(), sizes)
    })
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
    kernel: &Kernel,
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
        let answer = examples.answer_of[i];
        let similar = kernel.of_question(i, examples.questions[i]);
        let sample = |top: Top, truth: Option<usize>, nearest: f32| {
            let known = knownness(f64::from(top.score), f64::from(nearest));
            Sample { known, top: top.answer, truth }
        };
        let on_topic = examples.is_measurable(i).then(|| {
            let nearest = similar.nearest(|other| other != i);
            (i, sample(alone[i], Some(answer), nearest))
        });
        let off_topic = with_answer[i].filter(|_| i.is_multiple_of(every)).map(|top| {
            let nearest = similar.nearest(|other| examples.answer_of[other] != answer);
            sample(top, None, nearest)
        });
        progress.step();
        LeftOutTwice { on_topic, off_topic }
    };
    progress.start("leaving questions out", questions);
    let all = (0..questions).into_par_iter().map(twice).collect();
    progress.finish();
    all
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
