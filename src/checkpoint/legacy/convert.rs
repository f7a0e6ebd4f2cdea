//! The older tool's model of a mentor → `lstm_v1`'s.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::folder::LegacyModel;
use super::pickle::RidgeClassifier;
use crate::classifiers::arch::lstm_v1::{Model, Network, Ridge, Shape, topics_of};
use crate::classifiers::{ModelFiles, Vectors};
use crate::error::{Error, Result, count};
use crate::mentor::{Mentor, plain_text};
use crate::publish::FileRecord;
use crate::text::{match_key, shorten};
use crate::vectors::ModelKind;

/// A model that was made of an older one.
#[derive(Debug)]
pub struct Converted {
    /// The files of a model of `lstm_v1`.
    pub files: ModelFiles,
    /// How many answers it can give.
    pub answers: usize,
    /// How many it could give when it was trained.
    pub classes: usize,
    /// What people should know, e.g. answers that are gone.
    pub notes: Vec<String>,
    /// [`LegacyModel::records`].
    pub records: BTreeMap<String, FileRecord>,
}

/// Makes a model of `lstm_v1`. The older one knows its answers by their texts, and its topics by
/// their places in `topics.csv`: what they are called now is looked up in the mentor's data.
///
/// # Errors
/// When no answer's text is in the mentor's data any more, or the word vectors cannot be those it
/// was trained with.
pub fn convert(model: LegacyModel, mentor: &Mentor, vectors: &Vectors) -> Result<Converted> {
    check_vectors(model.topics.dims, vectors)?;
    let mut notes = Vec::new();
    let answers = answers(&model.fused.classes, mentor, &mut notes);
    if answers.is_empty() {
        let all = count(model.fused.classes.len(), "answer");
        return Err(Error::new(format!("none of its {all} is in the data of `{}`", mentor.id))
            .hint("is this the checkpoint of another mentor, or of much older data?"));
    }
    let topics = topics(model.topics.topics, mentor, &mut notes);
    let rows: Vec<usize> = answers.iter().map(|(row, _)| *row).collect();
    let weights = model.topics;
    let shape = Shape { dims: weights.dims, units: weights.units, topics: weights.topics };
    let network = Network {
        shape,
        kernel: weights.kernel,
        recurrent: weights.recurrent,
        bias: weights.bias,
        dense: weights.dense_kernel,
        dense_bias: weights.dense_bias,
    };
    let converted = Model {
        answers: answers.into_iter().map(|(_, id)| id.to_owned()).collect(),
        topics,
        network: Some(network),
        fused: ridge(&model.fused, &rows),
        unfused: ridge(&model.unfused, &rows),
    };
    let classes = model.fused.classes.len();
    let files = converted.to_files()?;
    Ok(Converted { files, answers: rows.len(), classes, notes, records: model.records })
}

fn check_vectors(dims: usize, vectors: &Vectors) -> Result<()> {
    let found = match vectors.as_deref() {
        Some(model) if model.kind() == ModelKind::Words && model.dims() == dims => return Ok(()),
        Some(model) => format!("`{}` has {} of {}", model.name(), model.kind(), model.dims()),
        None => "there are none".to_owned(),
    };
    Err(Error::new(format!("it needs word vectors of {dims} numbers; {found}"))
        .hint("name those it was trained with: `mentorpal checkpoints import DIR --vectors NAME`"))
}

/// Which classes are answers of the mentor's: their places, and the ids.
///
/// A text is matched as it is, else as answers in test sets are. Of classes that lead to one
/// answer (its text was two once) the one that has its text now counts, else the first.
fn answers<'m>(
    classes: &[String],
    mentor: &'m Mentor,
    notes: &mut Vec<String>,
) -> Vec<(usize, &'m str)> {
    // Where two answers share a text, the last row wins, as it did in the older tool.
    let by = |key: fn(&str) -> String| -> HashMap<String, &'m str> {
        mentor.answers.iter().map(|answer| (key(&answer.text), answer.id.as_str())).collect()
    };
    let keys: [fn(&str) -> String; 2] = [plain_text, match_key];
    let known = keys.map(by);
    let mut ids: Vec<Option<&str>> = vec![None; classes.len()];
    let mut taken = BTreeSet::new();
    for (key, known) in keys.into_iter().zip(&known) {
        for (class, id) in classes.iter().zip(&mut ids).filter(|(_, id)| id.is_none()) {
            *id = known.get(&key(class)).copied().filter(|&found| taken.insert(found));
        }
    }
    for (class, _) in classes.iter().zip(&ids).filter(|(_, id)| id.is_none()) {
        let text = shorten(class, 60);
        notes.push(match known[1].get(&match_key(class)) {
            Some(id) => format!("“{text}” is another text of the answer `{id}`; left out"),
            None => format!("the answer “{text}” is no longer in the data; it cannot be given"),
        });
    }
    ids.into_iter().enumerate().filter_map(|(row, id)| Some((row, id?))).collect()
}

/// The topics' names where there are as many as then, else numbers.
fn topics(count: usize, mentor: &Mentor, notes: &mut Vec<String>) -> Vec<String> {
    let names = topics_of(mentor);
    if names.len() == count {
        return names;
    }
    notes.push(format!(
        "it was trained on {count} topics, the data has {} now; they are numbered",
        names.len()
    ));
    (1..=count).map(|number| format!("topic {number}")).collect()
}

/// The rows of a classifier that are kept.
fn ridge(classifier: &RidgeClassifier, rows: &[usize]) -> Ridge {
    let row =
        |&row: &usize| classifier.coef[row * classifier.features..][..classifier.features].iter();
    Ridge {
        coefficients: rows.iter().flat_map(row).map(|&x| x as f32).collect(),
        intercepts: rows.iter().map(|&row| classifier.intercept[row] as f32).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workspace::{Name, Workspace};

    /// A mentor with answers of these texts, called 1, 2, ….
    fn mentor(texts: &[&str], topics: &str) -> Mentor {
        let folder = tempfile::tempdir().unwrap();
        let workspace = Workspace::open(folder.path()).unwrap();
        let id = Name::new("mentor", "ada").unwrap();
        let data = workspace.mentor_data(&id);
        std::fs::create_dir_all(&data).unwrap();
        let rows = texts.iter().enumerate();
        let rows = rows.map(|(index, text)| format!("{},,\"{text}\",why {index}\n", index + 1));
        let table = format!("ID,topics,text,question\n{}", rows.collect::<String>());
        std::fs::write(data.join("classifier_data.csv"), table).unwrap();
        std::fs::write(data.join("topics.csv"), topics).unwrap();
        Mentor::load(&workspace, &id).unwrap().0
    }

    #[test]
    fn the_text_as_it_is_goes_before_one_that_is_nearly_it() {
        let mentor = mentor(&["It's here.", "Gone?", "Here; and there.", "Twice.", "Twice."], "");
        let classes = ["Here and there", "It s here", "Its here", "Nowhere.", "Twice.", "gone"];
        let classes = classes.map(str::to_owned);
        let mut notes = Vec::new();
        let found = answers(&classes, &mentor, &mut notes);
        // “It s here” has another word more; of two answers with one text the last is it.
        assert_eq!(found, [(0, "3"), (2, "1"), (4, "5"), (5, "2")]);
        assert_eq!(
            notes,
            [
                "the answer “It s here” is no longer in the data; it cannot be given",
                "the answer “Nowhere.” is no longer in the data; it cannot be given",
            ]
        );
        let classes =
            ["here and there.", "Here; and there.", "Here, and there!"].map(str::to_owned);
        let mut notes = Vec::new();
        assert_eq!(answers(&classes, &mentor, &mut notes), [(1, "3")]);
        assert_eq!(
            notes,
            [
                "“here and there.” is another text of the answer `3`; left out",
                "“Here, and there!” is another text of the answer `3`; left out",
            ]
        );
    }

    #[test]
    fn topics_are_those_of_the_file_but_for_three() {
        let mentor = mentor(&["One."], "Life,Me\nNAVY,\nWork/play,Me\nPositive,\nnegative,\n");
        let mut notes = Vec::new();
        assert_eq!(topics(2, &mentor, &mut notes), ["Life", "Work/play"]);
        assert!(notes.is_empty());
        assert_eq!(topics(3, &mentor, &mut notes), ["topic 1", "topic 2", "topic 3"]);
        assert_eq!(notes.len(), 1);
    }

    #[test]
    fn the_rows_of_answers_that_are_gone_are_left_out() {
        let classifier = RidgeClassifier {
            classes: ["a", "b", "c"].map(str::to_owned).to_vec(),
            features: 2,
            coef: vec![1.0, 2.0, 3.0, 4.0, 5.0, 6.0],
            intercept: vec![7.0, 8.0, 9.0],
        };
        let kept = ridge(&classifier, &[0, 2]);
        assert_eq!(kept.coefficients, [1.0, 2.0, 5.0, 6.0]);
        assert_eq!(kept.intercepts, [7.0, 9.0]);
    }
}
