//! Converting a model of the Python pipeline to an `lstm_v1` model.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::model::{LegacyModel, RidgeClassifier};
use crate::classifiers::arch::lstm_v1::{Model, Network, Ridge, Shape, topics_of};
use crate::classifiers::{ModelFiles, Vectors};
use crate::error::{Error, Result};
use crate::mentor::{Mentor, plain_text};
use crate::publish::FileRecord;
use crate::text::format::count;
use crate::text::{match_key, shorten};
use crate::vectors::ModelKind;

/// A converted model.
#[derive(Debug)]
pub struct Converted {
    /// The files of the `lstm_v1` model.
    pub files: ModelFiles,
    /// The number of answers that the model can give.
    pub answers: usize,
    /// The number of answers that the legacy model was trained with.
    pub classes: usize,
    /// Notes for the user, for example about answers that no longer exist.
    pub notes: Vec<String>,
    /// The records of the legacy model files, as in [`LegacyModel::records`].
    pub records: BTreeMap<String, FileRecord>,
}

/// Converts a legacy model to an `lstm_v1` model.
///
/// A legacy model identifies answers by their texts and topics by their positions in `topics.csv`.
/// Their current ids and names are looked up in the mentor's data.
///
/// # Errors
/// If the mentor's data contains none of the answers, or if the word vectors are not those that the
/// model was trained with.
pub fn convert(model: LegacyModel, mentor: &Mentor, vectors: &Vectors) -> Result<Converted> {
    check_vectors(model.topics.dims, vectors)?;
    let mut notes = Vec::new();
    let answers = answers(&model.fused.classes, mentor, &mut notes);
    if answers.is_empty() {
        let all = count(model.fused.classes.len(), "answer");
        return Err(Error::new(format!(
            "none of the {all} of the checkpoint is in the data of mentor `{}`",
            mentor.id
        ))
        .hint("check that the checkpoint was trained on the data of this mentor"));
    }
    let topics = topics(model.topics.topics, mentor, &mut notes);
    let rows: Vec<usize> = answers.iter().map(|class| class.row).collect();
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
        answers: answers.into_iter().map(|class| class.answer_id.to_owned()).collect(),
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
        Some(model) => {
            format!("`{}` ({}) has {} dimensions", model.name(), model.kind(), model.dims())
        }
        None => "no word vectors are selected".to_owned(),
    };
    Err(Error::new(format!("expected word vectors with {dims} dimensions, but {found}")).hint(
        "select the vectors it was trained with: `mentorpal checkpoints import DIR --vectors NAME`",
    ))
}

/// A class of a legacy classifier that is an answer of the mentor.
struct KnownClass<'m> {
    /// The index of the class.
    row: usize,
    answer_id: &'m str,
}

/// Returns the classes that are answers of the mentor.
///
/// A class is matched by its exact text, or else by its [key](match_key), as in test sets. If
/// several classes match one answer, the one with its exact text is used, or else the first.
fn answers<'m>(
    classes: &[String],
    mentor: &'m Mentor,
    notes: &mut Vec<String>,
) -> Vec<KnownClass<'m>> {
    // If two answers have the same text, the last row is used, as in the Python pipeline.
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
            Some(id) => format!("“{text}” is an earlier text of the answer `{id}`; ignored"),
            None => format!("the answer “{text}” is no longer in the data; ignored"),
        });
    }
    let known = |(row, id): (usize, Option<&'m str>)| Some(KnownClass { row, answer_id: id? });
    ids.into_iter().enumerate().filter_map(known).collect()
}

/// Returns the names of the topics, or numbers if the number of topics has changed.
fn topics(count: usize, mentor: &Mentor, notes: &mut Vec<String>) -> Vec<String> {
    let names = topics_of(mentor);
    if names.len() == count {
        return names;
    }
    notes.push(format!(
        "the model has {count} topics, but the data has {}; the topics are named by numbers",
        names.len()
    ));
    (1..=count).map(|number| format!("topic {number}")).collect()
}

/// Returns the given rows of a classifier.
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
    use crate::workspace::{MentorId, Workspace};

    /// Returns a mentor with these answer texts, whose ids are 1, 2, ….
    fn mentor(texts: &[&str], topics: &str) -> Mentor {
        let folder = tempfile::tempdir().unwrap();
        let workspace = Workspace::open(folder.path()).unwrap();
        let id = MentorId::new("ada").unwrap();
        let data = workspace.mentor_data(&id);
        std::fs::create_dir_all(&data).unwrap();
        let rows = texts.iter().enumerate();
        let rows = rows.map(|(index, text)| format!("{},,\"{text}\",why {index}\n", index + 1));
        let table = format!("ID,topics,text,question\n{}", rows.collect::<String>());
        std::fs::write(data.join("classifier_data.csv"), table).unwrap();
        std::fs::write(data.join("topics.csv"), topics).unwrap();
        Mentor::load(&workspace, &id).unwrap().0
    }

    fn pairs<'m>(classes: &[KnownClass<'m>]) -> Vec<(usize, &'m str)> {
        classes.iter().map(|class| (class.row, class.answer_id)).collect()
    }

    #[test]
    fn exact_texts_match_before_similar_ones() {
        let mentor = mentor(&["It's here.", "Gone?", "Here; and there.", "Twice.", "Twice."], "");
        let classes = ["Here and there", "It s here", "Its here", "Nowhere.", "Twice.", "gone"];
        let classes = classes.map(str::to_owned);
        let mut notes = Vec::new();
        let found = pairs(&answers(&classes, &mentor, &mut notes));
        // “It s here” has one more word; of two answers with the same text, the last is used.
        assert_eq!(found, [(0, "3"), (2, "1"), (4, "5"), (5, "2")]);
        assert_eq!(
            notes,
            [
                "the answer “It s here” is no longer in the data; ignored",
                "the answer “Nowhere.” is no longer in the data; ignored",
            ]
        );
        let classes =
            ["here and there.", "Here; and there.", "Here, and there!"].map(str::to_owned);
        let mut notes = Vec::new();
        assert_eq!(pairs(&answers(&classes, &mentor, &mut notes)), [(1, "3")]);
        assert_eq!(
            notes,
            [
                "“here and there.” is an earlier text of the answer `3`; ignored",
                "“Here, and there!” is an earlier text of the answer `3`; ignored",
            ]
        );
    }

    #[test]
    fn topics_are_those_of_the_file_except_three() {
        let mentor = mentor(&["One."], "Life,Me\nNAVY,\nWork/play,Me\nPositive,\nnegative,\n");
        let mut notes = Vec::new();
        assert_eq!(topics(2, &mentor, &mut notes), ["Life", "Work/play"]);
        assert!(notes.is_empty());
        assert_eq!(topics(3, &mentor, &mut notes), ["topic 1", "topic 2", "topic 3"]);
        assert_eq!(notes.len(), 1);
    }

    #[test]
    fn rows_of_removed_answers_are_dropped() {
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
