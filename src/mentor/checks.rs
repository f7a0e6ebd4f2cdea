//! Checks of a mentor's data beyond what reading it notices.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::answers::FILE;
use super::finding::{Finding, FindingKind};
use super::{Expected, Mentor, TestSet};
use crate::error::{Location, Result};
use crate::text::format::count;
use crate::text::{match_key, normalize, segments, shorten};
use crate::workspace::Workspace;

/// Questions longer than this, in characters, were hardly typed by anybody.
const LONG: usize = 300;

/// A question that leads to several answers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Contradiction {
    /// As it is first written.
    pub question: String,
    /// The answers' ids, in the order of the data: the last one wins.
    pub answer_ids: Vec<String>,
}

impl Mentor {
    /// Everything worth a look in the data that reading it does not notice: questions that
    /// contradict or repeat each other, answers with one question, answers no test asks for.
    /// Sorted by kind, then place.
    ///
    /// # Errors
    /// When the mentor's test sets cannot be listed.
    pub fn check(&self, workspace: &Workspace) -> Result<Vec<Finding>> {
        let data = workspace.mentor_data(&self.id).join(FILE);
        let mut findings = self.repetitions(&data);
        findings.extend(self.near_duplicates(&data));
        findings.extend(self.lengths(&data));
        findings.extend(self.untested(workspace, &data)?);
        findings.sort_by(|a, b| (a.kind, &a.place).cmp(&(b.kind, &b.place)));
        Ok(findings)
    }

    /// Questions that lead to several answers, in the order of the data.
    #[must_use]
    pub fn contradictions(&self) -> Vec<Contradiction> {
        let contradiction = |same: Vec<(usize, &str)>| {
            let mut answers: Vec<usize> = same.iter().map(|(answer, _)| *answer).collect();
            // Each once, where it stands last: the last of all wins.
            answers.reverse();
            let mut seen = HashSet::new();
            answers.retain(|answer| seen.insert(*answer));
            answers.reverse();
            let id = |answer: usize| self.answers[answer].id.clone();
            (answers.len() > 1).then(|| Contradiction {
                question: same[0].1.to_owned(),
                answer_ids: answers.into_iter().map(id).collect(),
            })
        };
        self.same_questions().into_iter().filter_map(contradiction).collect()
    }

    /// Questions that stand in the data more than once: of each, as it is written there, with the
    /// index of its answer.
    fn same_questions(&self) -> Vec<Vec<(usize, &str)>> {
        let mut index_of: HashMap<String, usize> = HashMap::new();
        let mut same: Vec<Vec<(usize, &str)>> = Vec::new();
        for (answer, item) in self.answers.iter().enumerate() {
            for question in &item.questions {
                let index = *index_of.entry(match_key(question)).or_insert(same.len());
                if index == same.len() {
                    same.push(Vec::new());
                }
                same[index].push((answer, question));
            }
        }
        same.retain(|questions| questions.len() > 1);
        same
    }

    /// What is wrong with questions that stand in the data more than once.
    fn repetitions(&self, data: &Path) -> Vec<Finding> {
        let finding = |earlier: usize, later: usize, question: &str| {
            let (earlier, answer) = (&self.answers[earlier], &self.answers[later]);
            let place = Location::file(data).row(answer.row).column("question");
            let shown = shorten(question, 40);
            if earlier.id == answer.id {
                let message = format!("“{shown}” stands twice for answer `{}`", answer.id);
                Finding::new(FindingKind::RepeatedQuestion, place, message)
            } else {
                let message = format!(
                    "“{shown}” leads to `{}` here and to `{}` in row {}; this, the later, wins",
                    answer.id, earlier.id, earlier.row
                );
                Finding::new(FindingKind::Contradiction, place, message)
            }
        };
        let same = self.same_questions();
        let pairs = same.iter().flat_map(|same| same.windows(2));
        pairs.map(|pair| finding(pair[0].0, pair[1].0, pair[1].1)).collect()
    }

    /// Questions of different answers that have the same words, in any order, or differ by one
    /// short slip. Long ones, which have a finding of their own, are passed over: their number of
    /// words is also the number of texts to compare them by.
    fn near_duplicates(&self, data: &Path) -> Vec<Finding> {
        let mut examples = self.examples();
        examples.retain(|example| example.question.chars().count() <= LONG);
        let normal: Vec<String> = examples.iter().map(|e| normalize(e.question)).collect();
        let mut by_key: BTreeMap<String, Vec<usize>> = BTreeMap::new();
        for (index, text) in normal.iter().enumerate() {
            // Where words have no spaces between them, their letters stand in.
            let words: Vec<&str> = text.split(' ').flat_map(segments).collect();
            for key in near_keys(&words.join(" ")) {
                by_key.entry(key).or_default().push(index);
            }
        }
        let mut pairs = HashSet::new();
        for group in by_key.values() {
            for (i, &a) in group.iter().enumerate() {
                // A crowd under one key is compared with its first members only.
                for &b in group.iter().skip(i + 1).take(50) {
                    if examples[a].answer != examples[b].answer
                        && nearly_same(&normal[a], &normal[b])
                    {
                        pairs.insert((a, b));
                    }
                }
            }
        }
        let mut pairs: Vec<_> = pairs.into_iter().collect();
        pairs.sort_unstable();
        let message = |(a, b): (usize, usize)| {
            let other = &self.answers[examples[a].answer];
            let message = format!(
                "“{}” is nearly “{}” of answer `{}` in row {}",
                shorten(examples[b].question, 40),
                shorten(examples[a].question, 40),
                other.id,
                other.row
            );
            let place = Location::file(data).row(self.answers[examples[b].answer].row);
            Finding::new(FindingKind::NearDuplicate, place.column("question"), message)
        };
        pairs.into_iter().map(message).collect()
    }

    fn lengths(&self, data: &Path) -> Vec<Finding> {
        let mut findings = Vec::new();
        for (answer, distinct) in self.answers.iter().zip(self.questions_per_answer()) {
            let mut say = |kind, message| {
                let place = Location::file(data).row(answer.row).column("question");
                findings.push(Finding::new(kind, place, message));
            };
            if distinct == 1 {
                let message =
                    format!("answer `{}` has a single question; add paraphrases", answer.id);
                say(FindingKind::SingleQuestion, message);
            } else if !answer.questions.is_empty() && distinct == 0 {
                let message =
                    format!("answer `{}` loses all its questions to later rows", answer.id);
                say(FindingKind::SingleQuestion, message);
            }
            for question in answer.questions.iter().filter(|q| q.chars().count() > LONG) {
                let length = count(question.chars().count(), "character");
                say(FindingKind::LongQuestion, format!("“{}”: {length}", shorten(question, 40)));
            }
        }
        findings
    }

    /// Answers that no test set marks; nothing where the mentor has no test set. What is wrong
    /// with a test set is a finding, too.
    fn untested(&self, workspace: &Workspace, data: &Path) -> Result<Vec<Finding>> {
        let mut findings = TestSet::unread(workspace, &self.id);
        let mut tested: HashSet<String> = HashSet::new();
        let names = workspace.test_sets(&self.id)?;
        for name in &names {
            match TestSet::load(workspace, self, name) {
                Ok((test_set, more)) => {
                    findings.extend(more);
                    for expected in test_set.questions.into_iter().flat_map(|q| q.expected) {
                        if let Expected::Answer { ids, .. } = expected {
                            tested.extend(ids);
                        }
                    }
                }
                Err(error) => {
                    let file = || Location::file(workspace.test_set(&self.id, name));
                    let place = error.place().cloned().unwrap_or_else(file);
                    findings.push(Finding::new(FindingKind::TestSet, place, error.reason()));
                }
            }
        }
        if !names.is_empty() {
            for answer in self.answers.iter().filter(|answer| !tested.contains(&answer.id)) {
                let place = Location::file(data).row(answer.row);
                let message = format!("no test question asks for answer `{}`", answer.id);
                findings.push(Finding::new(FindingKind::UntestedAnswer, place, message));
            }
        }
        Ok(findings)
    }
}

/// Texts that are nearly the same share at least one of these: the words in order, or the text
/// without one of its words (so that a slip within one word does not hide the pair).
fn near_keys(text: &str) -> Vec<String> {
    let words = sorted_words(text);
    let mut keys = vec![words.join(" ")];
    if words.len() > 2 {
        for skipped in 0..words.len() {
            let rest = words.iter().enumerate().filter(|(i, _)| *i != skipped);
            keys.push(rest.map(|(_, word)| *word).collect::<Vec<_>>().join(" "));
        }
    }
    keys.sort();
    keys.dedup();
    keys
}

/// The same words in any order, or one slip of one or two letters apart.
fn nearly_same(a: &str, b: &str) -> bool {
    if sorted_words(a) == sorted_words(b) {
        return true;
    }
    let slips = strsim::damerau_levenshtein(a, b);
    slips <= 2 && slips * 12 <= a.chars().count()
}

fn sorted_words(text: &str) -> Vec<&str> {
    let mut words: Vec<&str> = text.split(' ').collect();
    words.sort_unstable();
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nearly_the_same() {
        assert!(nearly_same("are you married now", "are you now married"));
        assert!(nearly_same("where did you grow up", "where did you grew up"));
        assert!(!nearly_same("where are you from", "who are you from here"));
        assert!(!nearly_same("are you old", "are you odd"), "one letter of a short text matters");
    }

    #[test]
    fn near_pairs_share_a_key() {
        let keys = |text| near_keys(text).into_iter().collect::<HashSet<_>>();
        assert!(!keys("where did you grow up").is_disjoint(&keys("where did you grew up")));
        assert!(!keys("are you married now").is_disjoint(&keys("are you now married")));
    }
}
