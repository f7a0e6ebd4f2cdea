//! Background questions: questions that a mentor has no answer to, used for calibration.

use std::collections::BTreeMap;

use sha2::{Digest, Sha256};

use crate::mentor::{Example, Mentor};
use crate::text::{match_key, sanitize_any_script};
use crate::workspace::MentorId;

/// The largest number of background questions per mentor.
const MAX_QUESTIONS: usize = 200;

/// Questions that people ask any assistant, one per line, for workspaces with few mentors.
const CHITCHAT: &str = include_str!("chitchat.txt");

/// The questions of all mentors of a workspace, in pseudo-random order.
#[derive(Debug, Default)]
pub struct BackgroundQuestions {
    mentors: Vec<MentorId>,
    /// The questions as written, by the digest of their match key, each with the indices of the mentors that
    /// answer it.
    questions: BTreeMap<[u8; 32], (String, Vec<usize>)>,
}

impl BackgroundQuestions {
    /// Adds the questions that `mentor` answers.
    pub fn add(&mut self, mentor: &Mentor) {
        let index = self.mentors.len();
        self.mentors.push(mentor.id.clone());
        for Example { question, .. } in mentor.examples() {
            let digest = Sha256::digest(match_key(question)).into();
            let (_, owners) =
                self.questions.entry(digest).or_insert_with(|| (question.to_owned(), Vec::new()));
            if owners.last() != Some(&index) {
                owners.push(index);
            }
        }
    }

    /// Returns at most 200 questions that other mentors answer and `mentor` does not, filled up with
    /// chitchat questions. The result does not depend on which mentors are trained.
    #[must_use]
    pub fn of(&self, mentor: &Mentor) -> Vec<String> {
        let is_own =
            |owners: &[usize]| owners.iter().any(|&owner| self.mentors[owner] == mentor.id);
        let others = self.questions.values().filter(|(_, owners)| !is_own(owners));
        let others = others.map(|(question, _)| sanitize_any_script(question));
        // A question of punctuation only, such as `???`, is empty after sanitizing.
        let others = others.filter(|question| !question.trim().is_empty());
        let chitchat = CHITCHAT.lines().filter(|question| mentor.canned(question).is_none());
        others.chain(chitchat.map(str::to_owned)).take(MAX_QUESTIONS).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mentor::fixture::mentor;
    use crate::text::sanitize;

    /// Returns mentors with one answer each, and the questions of all these mentors.
    fn mentors<const N: usize>(questions: [(&str, &str); N]) -> ([Mentor; N], BackgroundQuestions) {
        let mentors =
            questions.map(|(id, questions)| mentor(id, &format!("1,,I am.,\"{questions}\"\n")));
        let mut background = BackgroundQuestions::default();
        for mentor in &mentors {
            background.add(mentor);
        }
        (mentors, background)
    }

    #[test]
    fn questions_that_the_mentor_answers_are_excluded() {
        let ([ada, bob], background) = mentors([
            ("ada", "Who are you?\nWhere is the engine?"),
            ("bob", "Who are you?\nDo you fish?"),
        ]);
        let of_ada = background.of(&ada);
        assert_eq!(of_ada[0], "do you fish");
        assert!(!of_ada.iter().any(|question| question == "who are you"));
        assert_eq!(of_ada.len(), 1 + CHITCHAT.lines().count());
        assert_eq!(background.of(&bob)[0], "where is the engine");
    }

    // Cyrillic questions sanitize to spaces only.
    #[test]
    fn every_script_has_background_questions() {
        let ([anna, boris, carl], background) = mentors([
            ("anna", "Кто ты?\nГде ты живёшь?"),
            ("boris", "Кто ты?\nТы рыбачишь?"),
            ("carl", "Do you fish?\n???"),
        ]);
        let others = |mentor: &Mentor| {
            let mut all = background.of(mentor);
            all.truncate(all.len() - CHITCHAT.lines().count());
            all.sort();
            all
        };
        assert_eq!(others(&anna), ["do you fish", "ты рыбачишь"]);
        assert_eq!(others(&boris), ["do you fish", "где ты живёшь"]);
        assert_eq!(others(&carl), ["где ты живёшь", "кто ты", "ты рыбачишь"]);
    }

    #[test]
    fn chitchat_questions_are_sanitized_and_distinct() {
        let all: std::collections::HashSet<&str> = CHITCHAT.lines().collect();
        assert_eq!(all.len(), CHITCHAT.lines().count());
        assert!(CHITCHAT.lines().all(|line| sanitize(line) == line && !line.is_empty()));
    }
}
