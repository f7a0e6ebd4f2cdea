//! Measures `fusion_v1` on a workspace: `accuracy WORKSPACE VECTORS [OFF_TOPIC_FILE]`.
//!
//! For each mentor, by leave-one-out and by nested five-fold cross-validation (settings, confidence
//! and threshold are selected within the training folds):
//!
//! - accuracy on the questions whose answer has another question;
//! - detection of the questions in the off-topic file (one per line): area under the ROC curve, and,
//!   at the fitted threshold, the shares of the mentor's questions that are kept and of the off-topic
//!   questions that are declined.
//!
//! For each test set: the share of the in-scope questions whose best answer is an expected one, and
//! the Matthews correlation (with declining as an additional class) at the best threshold and at the
//! fitted one.

use std::collections::HashMap;
use std::error::Error;
use std::path::Path;
use std::sync::Arc;

use mentorpal::classifiers::{
    BackgroundQuestions, Classifier, Fitted, LeftOut, Ranking, TrainOptions, TrainingData, Vectors,
    registry,
};
use mentorpal::evaluate::statistics::{auroc, matthews};
use mentorpal::mentor::{Mentor, OFF_TOPIC, TestSet};
use mentorpal::progress::NoProgress;
use mentorpal::vectors::VectorModel;
use mentorpal::workspace::{MentorId, VectorModelName, Workspace};

type Result<T> = std::result::Result<T, Box<dyn Error>>;

const FOLDS: usize = 5;

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [root, vectors, rest @ ..] = arguments.as_slice() else {
        return Err("usage: accuracy WORKSPACE VECTORS [OFF_TOPIC_FILE]".into());
    };
    let workspace = Workspace::open(root)?;
    let vectors: Vectors = match vectors.as_str() {
        "none" => None,
        name => Some(Arc::new(VectorModel::open(&workspace, &VectorModelName::new(name)?)?)),
    };
    let off_topic = match rest {
        [file, ..] => std::fs::read_to_string(file)?,
        [] => String::new(),
    };
    let off_topic: Vec<&str> = off_topic.lines().filter(|line| !line.trim().is_empty()).collect();
    let load = |id: &MentorId| Mentor::load(&workspace, id).map(|(mentor, _)| mentor);
    let mentors: Vec<Mentor> =
        workspace.mentor_ids()?.iter().map(load).collect::<std::result::Result<_, _>>()?;
    let mut background = BackgroundQuestions::default();
    for mentor in &mentors {
        background.add(mentor);
    }
    println!("mentor, by: accuracy, AUROC, kept, declined");
    for mentor in &mentors {
        let options = TrainOptions { vectors: vectors.clone(), ..TrainOptions::default() };
        let background_questions = background.of(mentor);
        let data = TrainingData { mentor, background_questions: &background_questions };
        let (left_out, classifier) = train(data, &options)?;
        let others = classifier.rank_all(&off_topic)?;
        println!("{}, leave-one-out: {}", mentor.id, Measured::of(&left_out, &others));
        let (folded, others) = folds(data, &options, &off_topic)?;
        println!("{}, {FOLDS}-fold: {}", mentor.id, Measured::of(&folded, &others));
        for name in workspace.test_sets(&mentor.id)? {
            let (test_set, _) = TestSet::load(&workspace, mentor, &name)?;
            println!("{}, test set {name}: {}", mentor.id, tested(&test_set, classifier.as_ref())?);
        }
    }
    Ok(())
}

fn train(
    data: TrainingData<'_>,
    options: &TrainOptions,
) -> Result<(Vec<LeftOut>, Box<dyn Classifier>)> {
    let arch = registry::find(registry::DEFAULT)?;
    let Fitted { classifier, report } = arch.train(data, options, &NoProgress)?;
    Ok((report.left_out, classifier))
}

/// Returns the answers to each fold's questions after training on the other folds, and the rankings
/// of the off-topic questions.
fn folds(
    TrainingData { mentor, background_questions }: TrainingData<'_>,
    options: &TrainOptions,
    off_topic: &[&str],
) -> Result<(Vec<LeftOut>, Vec<Ranking>)> {
    let (mut asked, mut others) = (Vec::new(), Vec::new());
    let examples = mentor.examples();
    let mut sizes = HashMap::new();
    for example in &examples {
        *sizes.entry(example.answer).or_insert(0) += 1;
    }
    // Folds must not follow the order of the data, in which similar questions are adjacent.
    let fold_of = |question: &str| {
        let digest = mentorpal::sha256::digest(question.as_bytes());
        usize::from_str_radix(&digest[..8], 16).map(|number| number % FOLDS)
    };
    for fold in 0..FOLDS {
        let part = without(mentor, |question| fold_of(question) == Ok(fold))?;
        let (_, classifier) = train(TrainingData { mentor: &part, background_questions }, options)?;
        for example in examples.iter().filter(|example| fold_of(example.question) == Ok(fold)) {
            if sizes[&example.answer] > 1 {
                asked.push(left_out(mentor, example, &classifier.rank(example.question)?));
            }
        }
        others.extend(classifier.rank_all(off_topic)?);
    }
    Ok((asked, others))
}

fn left_out(mentor: &Mentor, example: &mentorpal::mentor::Example, ranking: &Ranking) -> LeftOut {
    LeftOut {
        question: example.question.to_owned(),
        answer_id: mentor.answers[example.answer].id.clone(),
        top: ranking.candidates[0].clone(),
        off_topic: ranking.off_topic,
    }
}

/// Returns the mentor without the questions that are held out.
fn without(mentor: &Mentor, is_out: impl Fn(&str) -> bool) -> Result<Mentor> {
    let folder = tempfile::tempdir()?;
    let data = folder.path().join("mentor").join(mentor.id.as_str()).join("data");
    std::fs::create_dir_all(&data)?;
    let mut table = csv::Writer::from_path(data.join("classifier_data.csv"))?;
    table.write_record(["ID", "topics", "text", "question"])?;
    let examples = mentor.examples();
    for (number, answer) in mentor.answers.iter().enumerate() {
        let questions = examples.iter().filter(|example| example.answer == number);
        let kept = questions.map(|example| example.question).filter(|question| !is_out(question));
        let kept: Vec<&str> = kept.collect();
        table.write_record([
            &answer.id,
            &answer.topics.join(","),
            &answer.text,
            &kept.join("\n"),
        ])?;
    }
    table.flush()?;
    Ok(Mentor::load(&Workspace::open(Path::new(folder.path()))?, &mentor.id)?.0)
}

/// The figures of questions that the model was not trained on.
struct Measured {
    right: usize,
    asked: usize,
    /// `None` without off-topic questions, like `declined`.
    auroc: Option<f64>,
    kept: Option<f64>,
    declined: Option<f64>,
}

impl Measured {
    fn of(own: &[LeftOut], others: &[Ranking]) -> Self {
        let confidence = |ranking: &Ranking| ranking.candidates[0].confidence;
        let own_confidence: Vec<f64> = own.iter().map(|left_out| left_out.top.confidence).collect();
        let others_confidence: Vec<f64> = others.iter().map(confidence).collect();
        let share = |count: usize, all: usize| (all > 0).then(|| count as f64 / all as f64);
        let right = |left_out: &&LeftOut| left_out.top.answer_id == left_out.answer_id;
        Self {
            right: own.iter().filter(right).count(),
            asked: own.len(),
            auroc: auroc(&own_confidence, &others_confidence),
            kept: share(own.iter().filter(|left_out| !left_out.off_topic).count(), own.len()),
            declined: share(others.iter().filter(|r| r.off_topic).count(), others.len()),
        }
    }
}

impl std::fmt::Display for Measured {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { right, asked, auroc, kept, declined } = self;
        let accuracy = *right as f64 / *asked as f64;
        let (auroc, kept, declined) = (figure(*auroc, 4), figure(*kept, 3), figure(*declined, 3));
        write!(f, "{accuracy:.3} ({right}/{asked}), {auroc}, {kept}, {declined}")
    }
}

/// Formats a figure with `decimals` decimal places, or as a dash if there is none.
fn figure(figure: Option<f64>, decimals: usize) -> String {
    figure.map_or("–".to_owned(), |figure| format!("{figure:.decimals$}"))
}

/// A question's right answer (if there are several, the best answer if it is right), the best answer,
/// its confidence, and whether the question was declined.
struct Asked {
    truth: String,
    top: String,
    confidence: f64,
    off_topic: bool,
}

fn tested(test_set: &TestSet, classifier: &dyn Classifier) -> Result<String> {
    let ask = |question: &mentorpal::mentor::TestQuestion| -> Result<Asked> {
        let ranking = classifier.rank(&question.text)?;
        let expected = question.expected_ids();
        let top = &ranking.candidates[0];
        let is_expected = expected.contains(&top.answer_id.as_str());
        let truth = if expected.contains(&OFF_TOPIC) {
            OFF_TOPIC
        } else if is_expected {
            &top.answer_id
        } else {
            expected.first().copied().unwrap_or("an answer the mentor no longer has")
        };
        Ok(Asked {
            truth: truth.to_owned(),
            top: top.answer_id.clone(),
            confidence: top.confidence,
            off_topic: ranking.off_topic,
        })
    };
    let asked = test_set.questions.iter().map(ask).collect::<Result<Vec<Asked>>>()?;
    let in_scope = asked.iter().filter(|asked| asked.truth != OFF_TOPIC);
    let right = in_scope.clone().filter(|asked| asked.truth == asked.top).count();
    let correlation = |is_declined: &dyn Fn(&Asked) -> bool| {
        let pairs: Vec<(&str, &str)> = asked
            .iter()
            .map(|asked| {
                let given = if is_declined(asked) { OFF_TOPIC } else { &asked.top };
                (asked.truth.as_str(), given)
            })
            .collect();
        matthews(&pairs)
    };
    let fitted = correlation(&|asked| asked.off_topic);
    let best = asked
        .iter()
        .filter_map(|at| correlation(&|asked| asked.confidence < at.confidence))
        .chain(fitted)
        .reduce(f64::max);
    let count = in_scope.count();
    let accuracy = right as f64 / count as f64;
    let (best, fitted) = (figure(best, 3), figure(fitted, 3));
    Ok(format!(
        "{accuracy:.3} ({right}/{count}) in-scope, Matthews {best} at best, {fitted} fitted"
    ))
}
