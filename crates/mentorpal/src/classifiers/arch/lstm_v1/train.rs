//! Training: the stages in order.

use rand::SeedableRng;
use rand::rngs::ChaCha8Rng;
use rayon::prelude::*;

use super::model::{LstmClassifier, Model, features};
use super::params::{THRESHOLD, Training};
use super::ridge::{Data, Solved, two_folds};
use super::topics::{Example, FittedNetwork, Network, Shape, fit};
use super::words::{Question, Words};
use crate::classifiers::examples::Examples;
use crate::classifiers::learning_curve::{Given, Split, learning_curve, splits};
use crate::classifiers::{Candidate, Fitted, LeftOut, TrainOptions, TrainingReport};
use crate::error::Result;
use crate::mentor::Mentor;
use crate::progress::Progress;
use crate::text::format::count;
use crate::text::{fold, percent};

/// Topics that are markers in older data, not subjects of questions.
const NO_TOPICS: [&str; 3] = ["navy", "positive", "negative"];

/// Trains on all questions of `mentor`.
///
/// # Errors
/// If there are no word vectors, or the regression cannot be solved.
pub(super) fn train(
    mentor: &Mentor,
    options: &TrainOptions,
    progress: &dyn Progress,
) -> Result<Fitted> {
    let words = Words::of(&options.vectors)?;
    let examples = Examples::of(mentor, false);
    let questions: Vec<Question> =
        examples.questions.par_iter().map(|question| words.question(question)).collect();
    let topics = topics_of(mentor);
    let targets = targets(mentor, &examples, &topics);
    let mut notes = Vec::new();
    let network = if topics.is_empty() {
        notes.push("the data has no topics: trained on the sum of word vectors only".to_owned());
        None
    } else {
        let shape = Shape { dims: words.dims(), units: words.dims(), topics: topics.len() };
        let labelled: Vec<Example> = questions
            .iter()
            .zip(&targets)
            .map(|(question, topics)| Example { words: &question.steps, topics })
            .collect();
        let FittedNetwork { network, accuracy } =
            topic_model(shape, &labelled, options.seed, progress);
        notes.extend(without_topics(&targets));
        notes.extend(accuracy.map(|share| {
            format!(
                "the topic model classifies {} of the held-out questions (the last 10%) correctly",
                percent(share)
            )
        }));
        Some(network)
    };

    let sums: Vec<Vec<f64>> = questions.iter().map(|question| question.sum.clone()).collect();
    let features = features(network.as_ref(), questions);
    let data =
        |features| Data { features, answer_of: &examples.answer_of, answers: examples.ids.len() };
    let fused = Solved::of(data(&features))?;
    let unfused = Solved::of(data(&sums))?;
    let tops = fused.leave_one_out();
    let is_measurable = !examples.measurable().is_empty();
    if is_measurable && options.full_report {
        let alone = unfused.leave_one_out();
        notes.push(comparison([
            two_folds(data(&features))?,
            two_folds(data(&sums))?,
            examples.accuracy(|i| alone[i].0),
        ]));
    }
    notes.extend(examples.why_unmeasurable());
    let model = Model {
        answers: examples.ids.iter().map(|&id| id.to_owned()).collect(),
        topics,
        network,
        fused: fused.ridge(),
        unfused: unfused.ridge(),
    };
    let splits = if options.full_report { splits(&examples, options.seed) } else { Vec::new() };
    let given = splits.iter().map(|split| answers_at_shares(&data(&features), split));
    let learning_curve = learning_curve(&examples, &splits, given.collect::<Result<Vec<Given>>>()?);
    let left_out = left_out(&examples, &tops);
    let report = TrainingReport { left_out, learning_curve, notes };
    Ok(Fitted { classifier: Box::new(LstmClassifier::new(model, words)), report })
}

/// Trains the topic model.
fn topic_model(
    shape: Shape,
    examples: &[Example],
    seed: u64,
    progress: &dyn Progress,
) -> FittedNetwork {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let network = Network::initial(shape, &mut random);
    fit(network, examples, &Training::default(), &mut random, progress)
}

/// Returns the mentor's topics that are subjects of questions.
pub(crate) fn topics_of(mentor: &Mentor) -> Vec<String> {
    let is_topic = |topic: &&String| !NO_TOPICS.contains(&key(topic).as_str());
    mentor.topics.iter().filter(is_topic).cloned().collect()
}

/// The key for comparing topics. The Python pipeline treated “Military” and “military” as different, so its
/// questions had no topics.
fn key(topic: &str) -> String {
    fold(topic.trim())
}

/// Returns 1 for each topic of each question, otherwise 0: `[n, topics]`.
fn targets(mentor: &Mentor, examples: &Examples, topics: &[String]) -> Vec<Vec<f32>> {
    let keys: Vec<String> = topics.iter().map(|topic| key(topic)).collect();
    let of_answer = |id: &&str| -> Vec<f32> {
        let own: Vec<String> = mentor
            .answer(id)
            .map(|answer| answer.topics.iter().map(|topic| key(topic)).collect())
            .unwrap_or_default();
        keys.iter().map(|topic| f32::from(u8::from(own.contains(topic)))).collect()
    };
    let by_answer: Vec<Vec<f32>> = examples.ids.iter().map(of_answer).collect();
    examples.answer_of.iter().map(|&answer| by_answer[answer].clone()).collect()
}

/// Returns a note if some questions have no topic.
fn without_topics(targets: &[Vec<f32>]) -> Option<String> {
    let without = targets.iter().filter(|topics| topics.iter().all(|topic| *topic == 0.0)).count();
    (without > 0).then(|| {
        format!("{} without a topic: not used to train the topic model", count(without, "question"))
    })
}

/// The figures that the Python pipeline printed.
fn comparison([fused, unfused, alone]: [Option<f64>; 3]) -> String {
    let [fused, unfused, alone] =
        [fused, unfused, alone].map(|share| share.map_or("not measurable".to_owned(), percent));
    format!(
        "two-fold accuracy {fused} with topics, {unfused} without; leave-one-out without topics \
         {alone}"
    )
}

/// Returns the answers to the held-out questions of a fold after training on each share of the others.
fn answers_at_shares(data: &Data, split: &Split) -> Result<Given> {
    let mut given = Given::default();
    for (given, size) in given.iter_mut().zip(split.sizes) {
        *given = data.answers_of(&split.held_out, &split.known[..size])?;
    }
    Ok(given)
}

/// Returns the leave-one-out answers to the measurable questions.
fn left_out(examples: &Examples, tops: &[(usize, f64)]) -> Vec<LeftOut> {
    let measurable = (0..tops.len()).filter(|&i| examples.is_measurable(i));
    let left_out = measurable.map(|i| {
        let (answer, confidence) = tops[i];
        LeftOut {
            question: examples.questions[i].to_owned(),
            answer_id: examples.ids[examples.answer_of[i]].to_owned(),
            top: Candidate { answer_id: examples.ids[answer].to_owned(), confidence },
            off_topic: confidence < THRESHOLD,
        }
    });
    left_out.collect()
}
