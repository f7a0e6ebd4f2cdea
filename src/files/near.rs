//! Names that are nearly right: what is in the folder where a file is absent.

use std::fs;
use std::path::{Path, PathBuf};

use crate::error::Error;

/// Endings of files that hold tables and are not read as they are, or whose ending is hidden by another.
const SPREADSHEETS: [&str; 7] = ["xlsx", "xls", "xlsm", "ods", "numbers", "gsheet", "fods"];

/// Endings of text files.
const TEXTS: [&str; 6] = ["csv", "tsv", "txt", "tab", "yml", "yaml"];

/// The file in the folder of `path`, which is absent, whose name is nearest to the name of `path`:
/// another case, `-` for `_`, a slip or two, `.xlsx` or `.csv.txt` for `.csv`.
pub(crate) fn near_name(path: &Path) -> Option<PathBuf> {
    let wanted = path.file_name()?.to_str()?;
    let (stem, _) = split(wanted);
    let mut found: Vec<(usize, String)> = Vec::new();
    for entry in fs::read_dir(path.parent()?).ok()?.flatten() {
        let Ok(name) = entry.file_name().into_string() else { continue };
        let (other, ending) = split(&name);
        let is_file = entry.path().is_file() && !name.starts_with('.');
        let is_kind = ending.iter().all(|part| is_known(part));
        if is_file && is_kind && name != wanted {
            found.extend(distance(&stem, &other).map(|distance| (distance, name)));
        }
    }
    found.sort();
    found.into_iter().next().map(|(_, name)| path.with_file_name(name))
}

/// What to do so that the file at `near` is read as `path`.
pub(crate) fn advice(path: &Path, near: &Path) -> String {
    let wanted = path.file_name().unwrap_or_default().display();
    let near_name = near.file_name().unwrap_or_default().display();
    if is_spreadsheet(near) {
        format!("export `{near_name}` as “CSV UTF-8 (comma delimited)” to `{wanted}`")
    } else {
        format!("rename `{near_name}` to `{wanted}`")
    }
}

/// That there is no file at `path`, and which file may be meant.
pub(crate) fn no_such_file(path: &Path, hint: &str) -> Error {
    let absent = "cannot read the file: there is none";
    let place = crate::error::Location::file(path);
    match near_name(path) {
        Some(near) => {
            let name = near.file_name().unwrap_or_default().display();
            Error::at(place, format!("{absent}; is it `{name}`?")).hint(advice(path, &near))
        }
        None => Error::at(place, absent).hint(hint),
    }
}

/// Whether the ending of `path` is a spreadsheet program's.
pub(crate) fn is_spreadsheet(path: &Path) -> bool {
    let ending = path.extension().unwrap_or_default().to_string_lossy().to_lowercase();
    SPREADSHEETS.contains(&ending.as_str())
}

/// Whether a file may be a table that is not read for its ending: a spreadsheet, tab-separated text,
/// `.csv.txt`.
pub(crate) fn is_table(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy().to_lowercase();
    is_spreadsheet(path) || [".tsv", ".csv.txt"].iter().any(|ending| name.ends_with(ending))
}

/// Whether `ending`, in lower case, is of a table or a text.
fn is_known(ending: &str) -> bool {
    TEXTS.contains(&ending) || SPREADSHEETS.contains(&ending)
}

/// A name without its known endings, in lower case and with `_` for what stands between words; and the
/// endings.
fn split(name: &str) -> (String, Vec<String>) {
    let lower = name.to_lowercase();
    let mut stem = lower.as_str();
    let mut endings = Vec::new();
    while let Some((before, ending)) = stem.rsplit_once('.') {
        if !is_known(ending) && !endings.is_empty() {
            break;
        }
        endings.push(ending.to_owned());
        stem = before;
    }
    (stem.trim().replace(['-', ' ', '.'], "_"), endings)
}

/// How far a stem is from the wanted one, if it is near.
fn distance(wanted: &str, other: &str) -> Option<usize> {
    let letters = |stem: &str| stem.replace('_', "");
    let (wanted, other) = (letters(wanted), letters(other));
    let slips = strsim::damerau_levenshtein(&wanted, &other);
    // A copy: `classifier_data (1)`, `classifier_data_final`.
    let is_copy = wanted.len() > 5 && other.starts_with(&wanted);
    (is_copy || slips <= (wanted.chars().count() / 5).clamp(1, 2)).then_some(slips)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn near(wanted: &str, present: &[&str]) -> Option<String> {
        let folder = tempfile::tempdir().unwrap();
        for name in present {
            fs::write(folder.path().join(name), "x").unwrap();
        }
        let near = near_name(&folder.path().join(wanted))?;
        Some(near.file_name().unwrap().to_str().unwrap().to_owned())
    }

    #[test]
    fn names_that_are_nearly_right_are_found() {
        for name in [
            "Classifier_Data.csv",
            "classifier_data.CSV",
            "classifier-data.csv",
            "classifier data.csv",
            "classifierdata.csv",
            "classifier_data.xlsx",
            "classifier_data.ods",
            "classifier_data.csv.txt",
            "classifer_data.csv",
            "classifier_data (1).csv",
            "classifier_data",
        ] {
            assert_eq!(near("classifier_data.csv", &["topics.csv", name]).as_deref(), Some(name));
        }
        for (wanted, name) in [
            ("topics.csv", "topic.csv"),
            ("topics.csv", "Topics.CSV"),
            ("profile.yml", "profile.yaml"),
            ("utterance_data.csv", "utterances_data.csv"),
        ] {
            assert_eq!(near(wanted, &[name]).as_deref(), Some(name));
        }
    }

    #[test]
    fn other_files_are_not_taken_for_the_wanted_one() {
        let others = ["utterance_data.csv", "metadata.csv", "questions_paraphrases_answers.csv"];
        assert_eq!(near("classifier_data.csv", &others), None);
        assert_eq!(near("classifier_data.csv", &["classifier_data.py"]), None);
        assert_eq!(near("topics.csv", &["prompts_utterances.csv", "profile.yml"]), None);
    }
}
