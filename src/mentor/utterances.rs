//! `utterance_data.csv`: what the mentor says when nobody asked a recorded question.

use std::path::Path;

use serde::ser::{Serialize, SerializeMap, Serializer};

use super::finding::{Finding, FindingKind, absent_file};
use super::table::{HeadedTable, visible};
use crate::error::{Location, Result};
use crate::files;

/// The file's name in a mentor's `data` folder.
pub(super) const FILE: &str = "utterance_data.csv";

/// The situations and ids that stand in where a mentor has no utterances.
const FALLBACK: [(&str, &str); 7] = [
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
    /// Its id and its text.
    Recorded(String, String),
    /// An id that stands in for a recording.
    StandIn(String),
}

/// The utterances of each situation, in the order of the file.
///
/// Serialises as `{"_INTRO_": [["id", "text"], …], …}`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Utterances(Vec<(String, Vec<Utterance>)>);

impl Utterances {
    /// What stands in where there is no `utterance_data.csv`.
    #[must_use]
    pub fn stand_in() -> Self {
        let stand_in = |id: &str| vec![Utterance::StandIn(id.to_owned())];
        Self(FALLBACK.map(|(situation, id)| (situation.to_owned(), stand_in(id))).to_vec())
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
                Utterance::StandIn(_) => None,
            })
            .collect()
    }

    /// How many utterances each situation has.
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

/// Reads the utterances; without the file the stand-ins, and a finding that says so.
pub(super) fn read(path: &Path) -> Result<(Utterances, Vec<Finding>)> {
    if files::is_absent(path) {
        let absent = absent_file(path);
        let message = format!("{absent}; stand-ins are used for what the mentor says off-topic");
        let finding = Finding::new(FindingKind::MissingFile, Location::file(path), message);
        return Ok((Utterances::stand_in(), vec![finding]));
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
            let message = "an empty cell; the utterance is left out";
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
    fn stand_ins_serialise_as_ids() {
        let json = serde_json::to_string(&Utterances::stand_in()).unwrap();
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
