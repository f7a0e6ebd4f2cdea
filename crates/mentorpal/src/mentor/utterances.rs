//! `utterance_data.csv`: the mentor's utterances other than answers, such as greetings.

use std::path::Path;

use serde::ser::{Serialize, SerializeMap, Serializer};

use super::finding::{Finding, FindingKind, absent_file};
use super::table::{HeadedTable, visible};
use crate::error::{Location, Result};
use crate::files;

/// The file's name in a mentor's `data` folder.
pub(super) const FILE: &str = "utterance_data.csv";

/// The situations and ids of the default utterances.
const DEFAULTS: [(&str, &str); 7] = [
    ("_INTRO_", "idle"),
    ("_OFF_TOPIC_", "off_topic"),
    ("_PROMPT_", "prompt"),
    ("_FEEDBACK_", "feedback"),
    ("_REPEAT_", "repeat"),
    ("_REPEAT_BUMP_", "repeat_bump"),
    ("_PROFANITY_", "profanity"),
];

/// One utterance.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(untagged)]
pub enum Utterance {
    /// The id and the text of a recorded utterance.
    Recorded(String, String),
    /// The id of a default utterance, which has no recording.
    Default(String),
}

/// The utterances of each situation, in the order of the file.
///
/// Serialises as `{"_INTRO_": [["id", "text"], …], …}`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Utterances(Vec<(String, Vec<Utterance>)>);

impl Utterances {
    /// The default utterances, used if there is no `utterance_data.csv`.
    #[must_use]
    pub fn defaults() -> Self {
        let default = |id: &str| vec![Utterance::Default(id.to_owned())];
        Self(DEFAULTS.map(|(situation, id)| (situation.to_owned(), default(id))).to_vec())
    }

    /// The texts recorded for `situation` (`_OFF_TOPIC_`, …).
    #[must_use]
    pub fn texts(&self, situation: &str) -> Vec<&str> {
        let utterances = self.0.iter().find(|(name, _)| name == situation);
        let utterances = utterances.map(|(_, utterances)| utterances.as_slice());
        utterances
            .unwrap_or_default()
            .iter()
            .filter_map(|utterance| match utterance {
                Utterance::Recorded(_, text) => Some(text.as_str()),
                Utterance::Default(_) => None,
            })
            .collect()
    }

    /// The number of utterances of each situation.
    pub fn counts(&self) -> impl Iterator<Item = (&str, usize)> {
        self.0.iter().map(|(situation, utterances)| (situation.as_str(), utterances.len()))
    }

    fn push(&mut self, situation: &str, utterance: Utterance) {
        match self.0.iter_mut().find(|(name, _)| name == situation) {
            Some((_, utterances)) => utterances.push(utterance),
            None => self.0.push((situation.to_owned(), vec![utterance])),
        }
    }
}

impl Serialize for Utterances {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.0.len()))?;
        for (situation, utterances) in &self.0 {
            map.serialize_entry(situation, utterances)?;
        }
        map.end()
    }
}

/// Reads the utterances. Without the file, returns the defaults and a finding.
pub(super) fn read(path: &Path) -> Result<(Utterances, Vec<Finding>)> {
    if files::is_absent(path) {
        let absent = absent_file(path);
        let message = format!("{absent}; default utterances are used");
        let finding = Finding::new(FindingKind::MissingFile, Location::file(path), message);
        return Ok((Utterances::defaults(), vec![finding]));
    }
    let table = HeadedTable::read(path, ["ID", "utterance", "situation"])?;
    let mut findings = table.table.findings.clone();
    let mut utterances = Utterances::default();
    for row in table.table.rows().iter().filter(|row| !row.is_blank()) {
        let cells: [&str; 3] = table.cells(row);
        let [id, text, situation] = cells.map(str::trim);
        let (id, situation) = (visible(id), visible(situation));
        if situation.is_empty() || id.is_empty() {
            let column = if id.is_empty() { "ID" } else { "situation" };
            let message = "empty cell; the utterance is ignored";
            let place = table.table.place(row, column);
            findings.push(Finding::new(FindingKind::EmptyCell, place, message));
            continue;
        }
        let text = text.replace('\u{a0}', " ");
        utterances.push(&situation, Utterance::Recorded(id.into_owned(), text));
    }
    Ok((utterances, findings))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn default_utterances_serialise_as_ids() {
        let json = serde_json::to_string(&Utterances::defaults()).unwrap();
        assert!(json.starts_with(r#"{"_INTRO_":["idle"],"_OFF_TOPIC_":["off_topic"],"#), "{json}");
    }

    #[test]
    fn recorded_utterances_keep_their_order() {
        let mut utterances = Utterances::default();
        for (id, situation) in [("2", "_PROMPT_"), ("1", "_INTRO_"), ("0", "_PROMPT_")] {
            utterances.push(situation, Utterance::Recorded(id.into(), format!("text {id}")));
        }
        let json = serde_json::to_string(&utterances).unwrap();
        let expected = r#"{"_PROMPT_":[["2","text 2"],["0","text 0"]],"_INTRO_":[["1","text 1"]]}"#;
        assert_eq!(json, expected);
    }
}
