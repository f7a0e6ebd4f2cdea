//! Finding a file with a similar name when a file is missing.

use std::fs;
use std::path::{Path, PathBuf};

use crate::error::{Error, ErrorKind, Location};

/// Extensions of spreadsheet files, which must be exported before they can be read.
const SPREADSHEETS: [&str; 7] = ["xlsx", "xls", "xlsm", "ods", "numbers", "gsheet", "fods"];

/// Extensions of text files.
const TEXTS: [&str; 6] = ["csv", "tsv", "txt", "tab", "yml", "yaml"];

/// Returns the file in the folder of the missing file `path` whose name is most similar, if any.
///
/// Similar names differ in case, use `-` for `_`, have one or two typing errors, or end in `.xlsx`
/// or `.csv.txt` instead of `.csv`.
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

/// Returns the hint for using the file `near` as `path`.
pub(crate) fn advice(path: &Path, near: &Path) -> String {
    let wanted = path.file_name().unwrap_or_default().display();
    let near_name = near.file_name().unwrap_or_default().display();
    if is_spreadsheet(near) {
        format!("export `{near_name}` as “CSV UTF-8 (comma delimited)” to `{wanted}`")
    } else {
        format!("rename `{near_name}` to `{wanted}`")
    }
}

/// Returns the error for a missing file, which suggests a file with a similar name.
pub(crate) fn no_such_file(path: &Path, hint: &str) -> Error {
    let missing = "the file does not exist";
    let place = Location::file(path);
    match near_name(path) {
        Some(near) => {
            let name = near.file_name().unwrap_or_default().display();
            Error::at(place, format!("{missing}, did you mean `{name}`?"))
                .with_kind(ErrorKind::NotFound)
                .hint(advice(path, &near))
        }
        None => Error::at(place, missing).with_kind(ErrorKind::NotFound).hint(hint),
    }
}

/// Returns whether the extension of `path` is that of a spreadsheet program.
pub(crate) fn is_spreadsheet(path: &Path) -> bool {
    let ending = path.extension().unwrap_or_default().to_string_lossy().to_lowercase();
    SPREADSHEETS.contains(&ending.as_str())
}

/// Returns whether the extension of `path` is that of a table, but not one that is read: a
/// spreadsheet, tab-separated text, or `.csv.txt`.
pub(crate) fn is_table(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy().to_lowercase();
    is_spreadsheet(path) || [".tsv", ".csv.txt"].iter().any(|ending| name.ends_with(ending))
}

/// Returns whether `ending`, in lower case, is the extension of a table or a text.
fn is_known(ending: &str) -> bool {
    TEXTS.contains(&ending) || SPREADSHEETS.contains(&ending)
}

/// Splits a name into its stem, in lower case and with `_` between words, and its known extensions.
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

/// Returns the edit distance between two stems, if they are similar.
fn distance(wanted: &str, other: &str) -> Option<usize> {
    let letters = |stem: &str| stem.replace('_', "");
    let (wanted, other) = (letters(wanted), letters(other));
    let edits = strsim::damerau_levenshtein(&wanted, &other);
    // A copy, such as `classifier_data (1)` or `classifier_data_final`.
    let is_copy = wanted.len() > 5 && other.starts_with(&wanted);
    (is_copy || edits <= (wanted.chars().count() / 5).clamp(1, 2)).then_some(edits)
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
    fn similar_names_are_found() {
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
    fn other_files_are_not_suggested() {
        let others = ["utterance_data.csv", "metadata.csv", "questions_paraphrases_answers.csv"];
        assert_eq!(near("classifier_data.csv", &others), None);
        assert_eq!(near("classifier_data.csv", &["classifier_data.py"]), None);
        assert_eq!(near("topics.csv", &["prompts_utterances.csv", "profile.yml"]), None);
    }
}
