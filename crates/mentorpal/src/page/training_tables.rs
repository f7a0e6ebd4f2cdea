//! The CSV tables of a training: all data on its page.

use super::TrainedMentor;
use super::tables::{
    CsvRow, OfMentor, SHARE_COLUMNS, TableFile, file, list, optional, row, share_row,
};
use crate::error::Result;

impl OfMentor for TrainedMentor<'_> {
    fn mentor(&self) -> &str {
        self.mentor.id.as_str()
    }
}

/// Returns one table per figure, in the format of [`test_tables`](super::test_tables).
///
/// # Errors
/// If a table cannot be written.
pub fn training_tables(trained: &[TrainedMentor]) -> Result<Vec<TableFile>> {
    let make = |name, columns: &[&str], rows| file(trained, name, columns, rows);
    let with_share = |before: &[&'static str], after: &[&'static str]| {
        [before, SHARE_COLUMNS.as_slice(), after].concat()
    };
    Ok(vec![
        make("shares.csv", &with_share(&["of"], &[]), shares)?,
        make("topics.csv", &with_share(&["topic"], &[]), topics)?,
        make("answers.csv", &with_share(&["answer_id"], &["excess", "place"]), answers)?,
        make("confusions.csv", &["times", "expected", "given", "questions"], confusions)?,
        make("contradictions.csv", &["question", "answer_ids"], contradictions)?,
        make(
            "near_contradictions.csv",
            &["similarity", "question", "answer_id", "other_question", "other_answer_id"],
            near_contradictions,
        )?,
        make(
            "learning_curve.csv",
            &with_share(&["part", "questions_per_answer"], &[]),
            learning_curve,
        )?,
        make("wrong.csv", &["question", "expected", "given", "confidence", "declined"], wrong)?,
    ])
}

fn shares(trained: &TrainedMentor) -> Vec<CsvRow> {
    vec![share_row(&[&"leave-one-out"], trained.figures.accuracy)]
}

fn topics(trained: &TrainedMentor) -> Vec<CsvRow> {
    let topics = trained.figures.topics.iter();
    topics.map(|topic| share_row(&[&topic.topic], topic.share)).collect()
}

/// Returns one row per answer, with its place, from 1, among the answers that need more
/// paraphrases.
fn answers(trained: &TrainedMentor) -> Vec<CsvRow> {
    let worst = &trained.figures.need_paraphrases;
    let answers = trained.figures.answers.iter();
    answers
        .map(|answer| {
            let place = worst.iter().position(|id| *id == answer.answer_id);
            let place = optional(place.map(|index| index + 1));
            [share_row(&[&answer.answer_id], answer.share), row([&answer.excess, &place])].concat()
        })
        .collect()
}

fn confusions(trained: &TrainedMentor) -> Vec<CsvRow> {
    let answers = trained.figures.answers.iter();
    let pairs = answers.flat_map(|answer| answer.confused_with.iter().map(move |c| (answer, c)));
    pairs
        .map(|(answer, confused)| {
            let questions = &confused.questions;
            row([&questions.len(), &answer.answer_id, &confused.answer_id, &list(questions)])
        })
        .collect()
}

fn contradictions(trained: &TrainedMentor) -> Vec<CsvRow> {
    let contradictions = trained.figures.contradictions.iter();
    contradictions.map(|same| row([&same.question, &list(&same.answer_ids)])).collect()
}

fn near_contradictions(trained: &TrainedMentor) -> Vec<CsvRow> {
    let pairs = trained.figures.near_contradictions.iter();
    pairs
        .map(|pair| {
            let ([one, other], [its, others]) = (&pair.questions, &pair.answer_ids);
            row([&pair.similarity, one, its, other, others])
        })
        .collect()
}

fn learning_curve(trained: &TrainedMentor) -> Vec<CsvRow> {
    let points = trained.figures.learning_curve.iter();
    points
        .map(|point| share_row(&[&point.part, &point.questions_per_answer], point.share))
        .collect()
}

fn wrong(trained: &TrainedMentor) -> Vec<CsvRow> {
    let wrong = trained.figures.wrong.iter();
    wrong
        .map(|wrong| {
            let (expected, given) = (&wrong.expected, &wrong.given);
            row([&wrong.question, expected, given, &wrong.confidence, &wrong.declined])
        })
        .collect()
}
