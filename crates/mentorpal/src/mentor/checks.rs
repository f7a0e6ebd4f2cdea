//! Checks of a mentor's data that go beyond parsing.

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

/// The longest question, in characters, that a user is likely to type.
const MAX_LENGTH: usize = 300;

/// A question that belongs to several answers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Contradiction {
    /// The question as first written.
    pub question: String,
    /// The ids of the answers in the order of the data; the last one is given.
    pub answer_ids: Vec<String>,
}

impl Mentor {
    /// Checks the mentor's data for contradictory, repeated, similar and long questions, answers with
    /// a single question, and answers that no test set covers. The findings are sorted by kind, then
    /// by location.
    ///
    /// # Errors
    /// If the mentor's test sets cannot be listed.
    pub fn check(&self, workspace: &Workspace) -> Result<Vec<Finding>> {
        let data = workspace.mentor_data(&self.id).join(FILE);
        let mut findings = self.repetitions(&data);
        findings.extend(self.near_duplicates(&data));
        findings.extend(self.lengths(&data));
        findings.extend(self.untested(workspace, &data)?);
        findings.sort_by(|a, b| (a.kind, &a.place).cmp(&(b.kind, &b.place)));
        Ok(findings)
    }

    /// Questions that belong to several answers, in the order of the data.
    #[must_use]
    pub fn contradictions(&self) -> Vec<Contradiction> {
        let contradiction = |same: Vec<(usize, &str)>| {
            let mut answers: Vec<usize> = same.iter().map(|(answer, _)| *answer).collect();
            // Each answer once, at its last position, because the last one is given.
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

    /// The groups of equal questions: each question as written, with the index of its answer.
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

    /// Findings about questions that occur more than once.
    fn repetitions(&self, data: &Path) -> Vec<Finding> {
        let finding = |earlier: usize, later: usize, question: &str| {
            let (earlier, answer) = (&self.answers[earlier], &self.answers[later]);
            let place = Location::file(data).row(answer.row).column("question");
            let shown = shorten(question, 40);
            if earlier.id == answer.id {
                let message = format!("“{shown}” occurs twice in answer `{}`", answer.id);
                Finding::new(FindingKind::RepeatedQuestion, place, message)
            } else {
                let message = format!(
                    "“{shown}” belongs to `{}` here and to `{}` in row {}; the later row is used",
                    answer.id, earlier.id, earlier.row
                );
                Finding::new(FindingKind::Contradiction, place, message)
            }
        };
        let same = self.same_questions();
        let pairs = same.iter().flat_map(|same| same.windows(2));
        pairs.map(|pair| finding(pair[0].0, pair[1].0, pair[1].1)).collect()
    }

    /// Questions of different answers that have the same words in any order, or that differ by a
    /// small typing error. Long questions are skipped, because each has one key per word; they have
    /// a finding of their own.
    fn near_duplicates(&self, data: &Path) -> Vec<Finding> {
        let mut examples = self.examples();
        examples.retain(|example| example.question.chars().count() <= MAX_LENGTH);
        let normal: Vec<String> = examples.iter().map(|e| normalize(e.question)).collect();
        let mut by_key: BTreeMap<String, Vec<usize>> = BTreeMap::new();
        for (index, text) in normal.iter().enumerate() {
            // In scripts without spaces between words, characters serve as words.
            let words: Vec<&str> = text.split(' ').flat_map(segments).collect();
            for key in near_keys(&words.join(" ")) {
                by_key.entry(key).or_default().push(index);
            }
        }
        let mut pairs = HashSet::new();
        for group in by_key.values() {
            for (i, &a) in group.iter().enumerate() {
                // In large groups, each question is compared with the next 50 only.
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
                "“{}” is nearly the same as “{}” of answer `{}` in row {}",
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

    /// Findings about answers with a single question or none, and about long questions.
    fn lengths(&self, data: &Path) -> Vec<Finding> {
        let mut findings = Vec::new();
        for (answer, distinct) in self.answers.iter().zip(self.questions_per_answer()) {
            let mut add = |kind, message| {
                let place = Location::file(data).row(answer.row).column("question");
                findings.push(Finding::new(kind, place, message));
            };
            if distinct == 1 {
                let message =
                    format!("answer `{}` has a single question; add paraphrases", answer.id);
                add(FindingKind::SingleQuestion, message);
            } else if !answer.questions.is_empty() && distinct == 0 {
                let message = format!(
                    "every question of answer `{}` also occurs in a later row, which is used",
                    answer.id
                );
                add(FindingKind::SingleQuestion, message);
            }
            for question in answer.questions.iter().filter(|q| q.chars().count() > MAX_LENGTH) {
                let length = count(question.chars().count(), "character");
                add(FindingKind::LongQuestion, format!("“{}” has {length}", shorten(question, 40)));
            }
        }
        findings
    }

    /// Findings about test sets, and about answers that no test set covers. Without a test set, no
    /// answer is reported.
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
                let message = format!("no test question has the answer `{}`", answer.id);
                findings.push(Finding::new(FindingKind::UntestedAnswer, place, message));
            }
        }
        Ok(findings)
    }
}

/// Keys of a text, of which nearly equal texts share at least one: its sorted words, and the same
/// with one word left out (which finds pairs with a typing error in one word).
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

/// Whether two texts have the same words in any order, or differ in one or two letters.
fn nearly_same(a: &str, b: &str) -> bool {
    if sorted_words(a) == sorted_words(b) {
        return true;
    }
    let edits = strsim::damerau_levenshtein(a, b);
    edits <= 2 && edits * 12 <= a.chars().count()
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
    fn small_differences_are_nearly_the_same() {
        assert!(nearly_same("are you married now", "are you now married"));
        assert!(nearly_same("where did you grow up", "where did you grew up"));
        assert!(!nearly_same("where are you from", "who are you from here"));
        assert!(
            !nearly_same("are you old", "are you odd"),
            "a single letter matters in a short text"
        );
    }

    #[test]
    fn nearly_equal_texts_share_a_key() {
        let keys = |text| near_keys(text).into_iter().collect::<HashSet<_>>();
        assert!(!keys("where did you grow up").is_disjoint(&keys("where did you grew up")));
        assert!(!keys("are you married now").is_disjoint(&keys("are you now married")));
    }
}
