//! `topics.csv`: the group in which each topic's questions are shown.

use std::collections::{BTreeSet, HashMap};
use std::path::Path;

use super::answers::Answer;
use super::finding::{Finding, FindingKind};
use super::table::Table;
use crate::error::{Error, Location, Result};
use crate::files;
use crate::files::near::{advice, near_name};
use crate::text::{Kind, fold, kinds, match_key, shorten};

/// The file's name in a mentor's `data` folder.
pub(super) const FILE: &str = "topics.csv";

/// The group of questions without another group.
const FALLBACK_GROUP: &str = "About Me";

/// A named group of questions for selection from a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TopicGroup {
    /// The [`topic_id`] of the name.
    pub id: String,
    /// The name as written in `topics.csv`.
    pub name: String,
    /// The ids of the answers to its questions, unique and sorted.
    pub questions: Vec<String>,
}

/// The id of a topic: its name, trimmed and [folded](fold()), with each run of characters other than
/// letters, numbers and their marks (of any script) replaced by `_`. For a name without letters and
/// numbers, the id is the name's [key](match_key).
///
/// ```
/// use mentorpal::mentor::topic_id;
/// assert_eq!(topic_id(" What Does it Take?"), "what_does_it_take_");
/// assert_eq!(topic_id("研究/生活"), "研究_生活");
/// ```
#[must_use]
pub fn topic_id(name: &str) -> String {
    let folded = fold(name.trim());
    let mut id = String::new();
    for (c, kind) in kinds(&folded) {
        if kind == Kind::Kept {
            id.push(c);
        } else if !id.ends_with('_') {
            id.push('_');
        }
    }
    if matches!(id.as_str(), "" | "_") { match_key(name) } else { id }
}

/// The content of `topics.csv`.
#[derive(Debug)]
pub(super) struct TopicMap {
    /// The name of the group (empty if there is none) by the id of the topic.
    group_by_topic: HashMap<String, String>,
    /// The groups in the order of the file.
    groups: Vec<String>,
    /// The topics as written, in the order of the file.
    topics: Vec<String>,
}

impl TopicMap {
    /// Reads the file; `None` if it does not exist.
    pub(super) fn read(path: &Path) -> Result<(Option<Self>, Vec<Finding>)> {
        if files::is_absent(path) {
            // The file is optional, but a similar name is probably a mistake.
            let near = near_name(path).map(|near| advice(path, &near));
            let message = near.map(|advice| format!("no such file; {advice}"));
            let finding =
                |message| Finding::new(FindingKind::MissingFile, Location::file(path), message);
            return Ok((None, message.map(finding).into_iter().collect()));
        }
        let table = Table::read(path)?;
        let mut map =
            Self { group_by_topic: HashMap::new(), groups: Vec::new(), topics: Vec::new() };
        let mut findings = table.findings.clone();
        for row in table.rows().iter().filter(|row| !row.is_blank()) {
            let (topic, group) = (row.cell(0).trim(), row.cell(1).trim());
            for (cell, column) in [(topic, "A"), (group, "B")] {
                if cell.contains('\n') {
                    let what =
                        format!("name `{}` has several lines, expected one", shorten(cell, 40));
                    return Err(Error::at(table.place(row, column), what)
                        .hint("check for a missing closing quote"));
                }
            }
            if topic.is_empty() {
                let message = format!("the group `{group}` has no topic");
                findings.push(Finding::new(FindingKind::EmptyCell, table.place(row, "A"), message));
                continue;
            }
            map.topics.push(topic.to_owned());
            map.group_by_topic.insert(topic_id(topic), group.to_owned());
            if !group.is_empty() && !map.groups.iter().any(|known| known == group) {
                map.groups.push(group.to_owned());
            }
        }
        Ok((Some(map), findings))
    }

    /// The topics as written, in the order of the file.
    pub(super) fn topics(&self) -> &[String] {
        &self.topics
    }

    fn group(&self, topic: &str) -> Option<&str> {
        let group = self.group_by_topic.get(&topic_id(topic))?;
        (!group.is_empty()).then_some(group)
    }
}

/// Sorts the questions into groups, in the order of `topics.csv`, or of the data without that file.
/// Questions without a group go into the group “About Me”.
pub(super) fn group_questions(answers: &[Answer], map: Option<&TopicMap>) -> Vec<TopicGroup> {
    let mut names: Vec<&str> =
        map.map(|map| map.groups.iter().map(String::as_str).collect()).unwrap_or_default();
    let mut questions: HashMap<String, BTreeSet<&str>> = HashMap::new();
    for answer in answers.iter().filter(|answer| !answer.questions.is_empty()) {
        let mut groups: Vec<&str> = match map {
            Some(map) => answer.topics.iter().filter_map(|topic| map.group(topic)).collect(),
            None => answer.topics.iter().map(String::as_str).collect(),
        };
        if groups.is_empty() {
            groups.push(FALLBACK_GROUP);
        }
        for group in groups {
            names.push(group);
            questions.entry(topic_id(group)).or_default().insert(&answer.id);
        }
    }
    let mut groups = Vec::new();
    for name in names {
        let id = topic_id(name);
        if let Some(questions) = questions.remove(&id) {
            let questions = questions.into_iter().map(str::to_owned).collect();
            groups.push(TopicGroup { id, name: name.to_owned(), questions });
        }
    }
    groups
}

/// Findings about topics of answers that are not in `topics.csv`.
pub(super) fn unknown(answers: &[Answer], map: &TopicMap, data: &Path) -> Vec<Finding> {
    let mut findings = Vec::new();
    for answer in answers {
        for topic in &answer.topics {
            if !map.group_by_topic.contains_key(&topic_id(topic)) {
                let place = Location::file(data).row(answer.row).column("topics");
                let message = format!("topic `{topic}` of answer `{}` is not in {FILE}", answer.id);
                findings.push(Finding::new(FindingKind::UnknownTopic, place, message));
            }
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use unicode_normalization::UnicodeNormalization;

    fn answer(id: &str, topics: &[&str]) -> Answer {
        Answer {
            id: id.into(),
            text: "text".into(),
            topics: topics.iter().map(|&topic| topic.to_owned()).collect(),
            questions: vec!["question".into()],
            row: 2,
        }
    }

    fn map(rows: &[(&str, &str)]) -> TopicMap {
        TopicMap {
            group_by_topic: rows.iter().map(|(t, g)| (topic_id(t), (*g).to_owned())).collect(),
            groups: rows.iter().map(|(_, g)| (*g).to_owned()).filter(|g| !g.is_empty()).collect(),
            topics: Vec::new(),
        }
    }

    fn shape(groups: &[TopicGroup]) -> Vec<(&str, Vec<&str>)> {
        let mut shape = Vec::new();
        for group in groups {
            shape.push((&*group.name, group.questions.iter().map(String::as_str).collect()));
        }
        shape
    }

    #[test]
    fn questions_are_grouped_by_topic() {
        let answers = [
            answer("b", &["Growth/Learning", "growth/learning"]),
            answer("a", &["growth learning", "Navy"]),
            answer("c", &["Navy"]),
            answer("d", &["Nowhere"]),
        ];
        let map = map(&[("Unused", "Empty"), ("Growth/learning", "Lifestyle"), ("Navy", "")]);
        let groups = group_questions(&answers, Some(&map));
        assert_eq!(shape(&groups), [("Lifestyle", vec!["a", "b"]), ("About Me", vec!["c", "d"])]);
    }

    #[test]
    fn without_topics_csv_each_topic_is_a_group() {
        let answers = [answer("a", &["STEM"]), answer("B", &["STEM", "Money"]), answer("c", &[])];
        let groups = group_questions(&answers, None);
        let expected = [("STEM", vec!["B", "a"]), ("Money", vec!["B"]), ("About Me", vec!["c"])];
        assert_eq!(shape(&groups), expected);
    }

    // Derived by hand from the definition.
    #[test]
    fn topics_of_any_script_have_distinct_ids() {
        for (name, id) in [
            ("研究", "研究"),
            ("生活", "生活"),
            ("Учёба / Работа", "учёба_работа"),
            ("An\u{303}os", "años"),
            ("AÑOS", "años"),
            ("हिन्दी", "हिन्दी"),
            ("Growth/Learning", "growth_learning"),
            ("What’s new?", "what_s_new_"),
            ("🎉", "🎉"),
            ("?!", "?!"),
        ] {
            assert_eq!(topic_id(name), id, "{name:?}");
        }
    }

    #[test]
    fn topics_in_scripts_without_case_are_distinct_groups() {
        let answers = [answer("a", &["研究"]), answer("b", &["生活"]), answer("c", &["😀"])];
        let groups = group_questions(&answers, None);
        let expected = [("研究", vec!["a"]), ("生活", vec!["b"]), ("😀", vec!["c"])];
        assert_eq!(shape(&groups), expected);
    }

    proptest! {
        #[test]
        fn ids_of_ascii_topics_are_lower_case_words(name in "[ -~]*[a-zA-Z0-9][ -~]*") {
            let id = topic_id(&name);
            prop_assert!(id.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_'));
            prop_assert!(!id.contains("__"));
        }

        #[test]
        fn a_topic_has_one_id_in_every_normalization_form(name in "\\PC*") {
            let nfd: String = name.nfd().collect();
            let nfc: String = name.nfc().collect();
            prop_assert_eq!(topic_id(&nfd), topic_id(&name));
            prop_assert_eq!(topic_id(&nfc), topic_id(&name));
        }
    }
}
