//! Mentors: reading their files, their test sets, and checks of their data.
//!
//! ```no_run
//! # use mentorpal::{mentor::Mentor, workspace::{MentorId, Workspace}};
//! let workspace = Workspace::open(".")?;
//! let (mentor, findings) = Mentor::load(&workspace, &MentorId::new("guide")?)?;
//! assert!(mentor.examples().len() <= mentor.question_count());
//! for finding in findings {
//!     eprintln!("{finding}");
//! }
//! # Ok::<(), mentorpal::error::Error>(())
//! ```

mod answers;
mod checks;
mod digest;
mod finding;
#[cfg(test)]
pub(crate) mod fixture;
mod profile;
mod table;
mod test_set;
mod topics;
mod utterances;
mod yaml;

use std::collections::{HashMap, HashSet};

pub(crate) use answers::plain_text;
pub use answers::{Answer, OFF_TOPIC};
pub use checks::Contradiction;
pub use finding::{Finding, FindingKind};
pub use profile::Profile;
pub use test_set::{Expected, TestQuestion, TestSet};
pub use topics::{TopicGroup, topic_id};
pub use utterances::{Utterance, Utterances};

use crate::error::{Error, ErrorKind, Location, Result};
use crate::text::format::{did_you_mean, quoted_list};
use crate::text::{compose, match_key};
use crate::workspace::{MentorId, Workspace};

/// A mentor as its files describe it.
#[derive(Debug)]
pub struct Mentor {
    /// The name of its folder.
    pub id: MentorId,
    /// Its name and title.
    pub profile: Profile,
    /// The answers in the order of `classifier_data.csv`; ids are unique.
    pub answers: Vec<Answer>,
    /// The topics of `topics.csv` as written, in its order; without that file, those of the answers.
    pub topics: Vec<String>,
    /// The groups in which its questions are shown.
    pub groups: Vec<TopicGroup>,
    /// Its utterances other than answers.
    pub utterances: Utterances,
    /// The index of the answer by the key of a question.
    known: HashMap<String, usize>,
    /// The index of an answer by its id in normalization form C.
    by_id: HashMap<String, usize>,
}

/// A training question.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Example<'a> {
    /// The question as written.
    pub question: &'a str,
    /// The index of its answer in [`Mentor::answers`].
    pub answer: usize,
}

impl Mentor {
    /// Reads `mentor/<id>/data/`; also returns findings about the files.
    ///
    /// # Errors
    /// If the mentor does not exist, `classifier_data.csv` is missing or invalid, or another of its
    /// tables exists but cannot be read.
    pub fn load(workspace: &Workspace, id: &MentorId) -> Result<(Self, Vec<Finding>)> {
        let id = &id.stored_in(&workspace.mentors());
        let folder = workspace.mentor_data(id);
        if !folder.is_dir() {
            return Err(no_such_mentor(workspace, id));
        }
        let (answers, mut findings) = answers::read(&folder.join(answers::FILE))?;
        let (map, more) = topics::TopicMap::read(&folder.join(topics::FILE))?;
        findings.extend(more);
        let (profile, more) = profile::read(&folder.join(profile::FILE), id.as_str());
        findings.extend(more);
        let (utterances, more) = utterances::read(&folder.join(utterances::FILE))?;
        findings.extend(more);
        if let Some(map) = &map {
            findings.extend(topics::unknown(&answers, map, &folder.join(answers::FILE)));
        }
        let groups = topics::group_questions(&answers, map.as_ref());
        let topics = map.map_or_else(|| own_topics(&answers), |map| map.topics().to_vec());
        Ok((Self::from_parts(id.clone(), profile, answers, topics, groups, utterances), findings))
    }

    fn from_parts(
        id: MentorId,
        profile: Profile,
        answers: Vec<Answer>,
        topics: Vec<String>,
        groups: Vec<TopicGroup>,
        utterances: Utterances,
    ) -> Self {
        let mut known = HashMap::new();
        for (index, answer) in answers.iter().enumerate() {
            known.extend(answer.questions.iter().map(|question| (match_key(question), index)));
        }
        let by_id = |(i, answer): (usize, &Answer)| (compose(&answer.id).into_owned(), i);
        let by_id = answers.iter().enumerate().map(by_id).collect();
        Self { id, profile, answers, topics, groups, utterances, known, by_id }
    }

    /// The answer with this id, in any normalization form. Invisible characters are ignored, because
    /// older checkpoints have ids with such characters.
    #[must_use]
    pub fn answer(&self, id: &str) -> Option<&Answer> {
        let id = compose(id);
        let found = self.by_id.get(&*id).or_else(|| self.by_id.get(&*table::visible(&id)));
        found.map(|&index| &self.answers[index])
    }

    /// The answer to the known question with the same [key](match_key) as `question` (an exact match), if
    /// there is one. If several rows have that question, the last row is used.
    #[must_use]
    pub fn canned(&self, question: &str) -> Option<&Answer> {
        self.known.get(&match_key(question)).map(|&index| &self.answers[index])
    }

    /// The same mentor without `questions`: every question with the [key](match_key) of one of them is
    /// removed. Answers are kept, even without questions.
    #[must_use]
    pub fn without(&self, questions: &[&str]) -> Self {
        let gone: HashSet<String> = questions.iter().map(|question| match_key(question)).collect();
        let mut answers = self.answers.clone();
        for answer in &mut answers {
            answer.questions.retain(|question| !gone.contains(&match_key(question)));
        }
        Self::from_parts(
            self.id.clone(),
            self.profile.clone(),
            answers,
            self.topics.clone(),
            self.groups.clone(),
            self.utterances.clone(),
        )
    }

    /// The number of questions, including repeated ones.
    #[must_use]
    pub fn question_count(&self) -> usize {
        self.answers.iter().map(|answer| answer.questions.len()).sum()
    }

    /// The number of distinct training questions per answer, in the order of `answers`. It is 0 if the
    /// answer has no question, or if all its questions also occur in later rows.
    #[must_use]
    pub fn questions_per_answer(&self) -> Vec<usize> {
        let mut counts = vec![0; self.answers.len()];
        self.examples().iter().for_each(|example| counts[example.answer] += 1);
        counts
    }

    /// The distinct training questions in the order of the data. If several rows have the same
    /// question, the last row is used, as in [`canned`](Self::canned).
    #[must_use]
    pub fn examples(&self) -> Vec<Example<'_>> {
        let mut seen = HashSet::new();
        let mut examples = Vec::with_capacity(self.known.len());
        for (answer, item) in self.answers.iter().enumerate() {
            for question in &item.questions {
                let key = match_key(question);
                if self.known[&key] == answer && seen.insert(key) {
                    examples.push(Example { question, answer });
                }
            }
        }
        examples
    }
}

/// The topics of the answers, each once, in the order of the data.
fn own_topics(answers: &[Answer]) -> Vec<String> {
    let mut topics: Vec<String> = Vec::new();
    for topic in answers.iter().flat_map(|answer| &answer.topics) {
        if !topics.contains(topic) {
            topics.push(topic.clone());
        }
    }
    topics
}

fn no_such_mentor(workspace: &Workspace, id: &MentorId) -> Error {
    let known = match workspace.mentor_ids() {
        Ok(known) => known,
        Err(error) => return error,
    };
    let guess = did_you_mean(id.as_str(), known.iter().map(MentorId::as_str));
    Error::at(Location::file(workspace.mentor_data(id)), format!("no mentor `{id}`{guess}"))
        .with_kind(ErrorKind::NotFound)
        .hint(format!("available mentors: {}", quoted_list(&known)))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::workspace::TestSetName;

    /// Random bytes mixed with fragments of tables.
    fn table_like() -> impl Strategy<Value = Vec<u8>> {
        let pieces: [&[u8]; 12] = [
            b"ID,topics,text,question\n",
            b"ID;topics;text;question\r",
            b",,who are you,where\n",
            b"1,Life,One.,\"Who are you?\nWho?\"\n",
            b"x,One.,i,R\n",
            b"_OFF_TOPIC_",
            b"\"",
            b",",
            b"\r\n",
            b"\xef\xbb\xbf",
            b"\xff\xfe",
            b"\xc2\xa0",
        ];
        let piece = prop_oneof![
            4 => prop::sample::select(pieces.to_vec()).prop_map(<[u8]>::to_vec),
            1 => prop::collection::vec(any::<u8>(), 0..20),
        ];
        prop::collection::vec(piece, 0..20).prop_map(|pieces| pieces.concat())
    }

    #[test]
    fn without_removes_a_question_from_every_row() {
        let folder = tempfile::tempdir().unwrap();
        let workspace = Workspace::open(folder.path()).unwrap();
        let id = MentorId::new("ada").unwrap();
        std::fs::create_dir_all(workspace.mentor_data(&id)).unwrap();
        let data = "ID,topics,text,question\n\
                    1,,One.,\"Who are you?\nYour name?\"\n2,,Two.,\"who are you\nWhere?\"\n3,,Three.,Why?\n";
        std::fs::write(workspace.mentor_data(&id).join(answers::FILE), data).unwrap();
        let (mentor, _) = Mentor::load(&workspace, &id).unwrap();
        let without = mentor.without(&["WHO are you", "Why?"]);
        assert!(mentor.canned("who are you").is_some() && without.canned("who are you").is_none());
        let questions: Vec<&str> = without.examples().iter().map(|e| e.question).collect();
        assert_eq!(questions, ["Your name?", "Where?"]);
        assert_eq!((without.answers.len(), without.question_count()), (3, 2));
        assert_eq!(mentor.without(&[]).digest(), mentor.digest());
    }

    proptest! {
        // Any bytes give a mentor or an error, never a panic.
        #[test]
        fn any_bytes_give_a_mentor_or_an_error(
            data in table_like(),
            header in prop::bool::weighted(0.8),
            topics in table_like(),
            test_set in table_like(),
        ) {
            let folder = tempfile::tempdir().unwrap();
            let workspace = Workspace::open(folder.path()).unwrap();
            let id = MentorId::new("ada").unwrap();
            std::fs::create_dir_all(workspace.mentor_data(&id)).unwrap();
            std::fs::create_dir_all(workspace.tests(&id)).unwrap();
            let header: &[u8] = if header { b"ID,topics,text,question\n" } else { b"" };
            let write = |file: &str, bytes: &[u8]| {
                std::fs::write(workspace.mentor_data(&id).join(file), bytes).unwrap();
            };
            write(answers::FILE, &[header, data.as_slice()].concat());
            write(topics::FILE, &topics);
            let name = TestSetName::new("standard").unwrap();
            std::fs::write(workspace.test_set(&id, &name), test_set).unwrap();
            if let Ok((mentor, _)) = Mentor::load(&workspace, &id) {
                prop_assert!(!mentor.examples().is_empty());
                prop_assert!(mentor.check(&workspace).is_ok());
                if let Ok((test_set, _)) = TestSet::load(&workspace, &mentor, &name) {
                    prop_assert!(test_set.questions.iter().all(|q| !q.expected.is_empty()));
                }
            }
        }
    }
}
