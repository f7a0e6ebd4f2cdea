//! What people may ask that a mentor has no answer to.

use std::collections::BTreeMap;

use crate::mentor::Mentor;
use crate::sha256;
use crate::text::sanitize;
use crate::workspace::Name;

/// How many are given for a mentor at the most.
const MOST: usize = 200;

/// What people ask any assistant, a line each: for mentors that are alone in their workspace.
const EVERYDAY: &str = include_str!("everyday.txt");

/// The questions of a workspace's mentors, in an order that has nothing to do with what they say.
#[derive(Debug, Default)]
pub struct Strangers {
    /// Sanitized questions by their digest, each with who answers it.
    questions: BTreeMap<String, (String, Vec<Name>)>,
}

impl Strangers {
    /// Adds what `mentor` answers.
    pub fn add(&mut self, mentor: &Mentor) {
        for example in mentor.examples() {
            let question = sanitize(example.question);
            let digest = sha256::digest(question.as_bytes());
            let (_, owners) =
                self.questions.entry(digest).or_insert_with(|| (question, Vec::new()));
            if owners.last() != Some(&mentor.id) {
                owners.push(mentor.id.clone());
            }
        }
    }

    /// At most 200 questions that other mentors answer and `mentor` does not, filled up with
    /// everyday ones; the same ones whichever mentors are trained.
    #[must_use]
    pub fn of(&self, mentor: &Mentor) -> Vec<String> {
        let others = self.questions.values().filter(|(_, owners)| !owners.contains(&mentor.id));
        let others = others.map(|(question, _)| question.as_str());
        others
            .chain(EVERYDAY.lines())
            .filter(|question| mentor.canned(question).is_none())
            .take(MOST)
            .map(str::to_owned)
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workspace::Workspace;

    fn mentors() -> Vec<Mentor> {
        let folder = tempfile::tempdir().unwrap();
        for (id, questions) in
            [("ada", "Who are you?\nWhere is the engine?"), ("bob", "Who are you?\nDo you fish?")]
        {
            let data = folder.path().join("mentor").join(id).join("data");
            std::fs::create_dir_all(&data).unwrap();
            let table = format!("ID,topics,text,question\n1,,I am.,\"{questions}\"\n");
            std::fs::write(data.join("classifier_data.csv"), table).unwrap();
        }
        let workspace = Workspace::at(folder.path()).unwrap();
        let load =
            |id: &str| Mentor::load(&workspace, &Name::new("mentor", id).unwrap()).unwrap().0;
        vec![load("ada"), load("bob")]
    }

    #[test]
    fn what_a_mentor_answers_itself_is_no_strangers_question() {
        let mentors = mentors();
        let mut strangers = Strangers::default();
        for mentor in &mentors {
            strangers.add(mentor);
        }
        let of_ada = strangers.of(&mentors[0]);
        assert_eq!(of_ada[0], "do you fish");
        assert!(!of_ada.iter().any(|question| question == "who are you"));
        assert_eq!(of_ada.len(), 1 + EVERYDAY.lines().count());
        assert_eq!(strangers.of(&mentors[1])[0], "where is the engine");
    }

    #[test]
    fn everyday_questions_are_sanitized_and_distinct() {
        let all: std::collections::HashSet<&str> = EVERYDAY.lines().collect();
        assert_eq!(all.len(), EVERYDAY.lines().count());
        assert!(EVERYDAY.lines().all(|line| sanitize(line) == line && !line.is_empty()));
    }
}
