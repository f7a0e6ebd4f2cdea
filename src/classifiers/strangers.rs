//! What people may ask that a mentor has no answer to.

use std::collections::BTreeMap;

use crate::mentor::Mentor;
use crate::sha256;
use crate::text::{match_key, sanitize_any_script};
use crate::workspace::Name;

/// How many are given for a mentor at the most.
const MOST: usize = 200;

/// What people ask any assistant, a line each: for mentors that are alone in their workspace.
const EVERYDAY: &str = include_str!("everyday.txt");

/// The questions of a workspace's mentors, in an order that has nothing to do with what they say.
#[derive(Debug, Default)]
pub struct Strangers {
    /// Questions by the digest of what they are matched by, each with who answers it.
    questions: BTreeMap<String, (String, Vec<Name>)>,
}

impl Strangers {
    /// Adds what `mentor` answers.
    pub fn add(&mut self, mentor: &Mentor) {
        for example in mentor.examples() {
            let question = sanitize_any_script(example.question);
            // Of a row of question marks nothing is left to ask.
            if question.trim().is_empty() {
                continue;
            }
            let digest = sha256::digest(match_key(example.question).as_bytes());
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
        let everyday = EVERYDAY.lines().filter(|question| mentor.canned(question).is_none());
        others.chain(everyday).take(MOST).map(str::to_owned).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mentor::fixture::mentor;
    use crate::text::sanitize;

    /// Mentors of one answer each, and what all of them are asked.
    fn mentors<const N: usize>(questions: [(&str, &str); N]) -> ([Mentor; N], Strangers) {
        let mentors =
            questions.map(|(id, questions)| mentor(id, &format!("1,,I am.,\"{questions}\"\n")));
        let mut strangers = Strangers::default();
        for mentor in &mentors {
            strangers.add(mentor);
        }
        (mentors, strangers)
    }

    #[test]
    fn what_a_mentor_answers_itself_is_no_strangers_question() {
        let ([ada, bob], strangers) = mentors([
            ("ada", "Who are you?\nWhere is the engine?"),
            ("bob", "Who are you?\nDo you fish?"),
        ]);
        let of_ada = strangers.of(&ada);
        assert_eq!(of_ada[0], "do you fish");
        assert!(!of_ada.iter().any(|question| question == "who are you"));
        assert_eq!(of_ada.len(), 1 + EVERYDAY.lines().count());
        assert_eq!(strangers.of(&bob)[0], "where is the engine");
    }

    // All that is asked in Cyrillic sanitizes to spaces alone.
    #[test]
    fn every_script_has_strangers() {
        let ([anna, boris, carl], strangers) = mentors([
            ("anna", "Кто ты?\nГде ты живёшь?"),
            ("boris", "Кто ты?\nТы рыбачишь?"),
            ("carl", "Do you fish?\n???"),
        ]);
        let others = |mentor: &Mentor| {
            let mut all = strangers.of(mentor);
            all.truncate(all.len() - EVERYDAY.lines().count());
            all.sort();
            all
        };
        assert_eq!(others(&anna), ["do you fish", "ты рыбачишь"]);
        assert_eq!(others(&boris), ["do you fish", "где ты живёшь"]);
        assert_eq!(others(&carl), ["где ты живёшь", "кто ты", "ты рыбачишь"]);
    }

    #[test]
    fn everyday_questions_are_sanitized_and_distinct() {
        let all: std::collections::HashSet<&str> = EVERYDAY.lines().collect();
        assert_eq!(all.len(), EVERYDAY.lines().count());
        assert!(EVERYDAY.lines().all(|line| sanitize(line) == line && !line.is_empty()));
    }
}
