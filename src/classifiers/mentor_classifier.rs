//! What people ask: a mentor with a classifier.

use std::sync::Arc;

use super::{Candidate, Classifier, MAX_CANDIDATES, Ranking};
use crate::mentor::{Mentor, OFF_TOPIC};

/// A mentor's data with a classifier trained on it.
#[derive(Debug)]
pub struct MentorClassifier {
    mentor: Arc<Mentor>,
    classifier: Box<dyn Classifier>,
    canned: bool,
}

/// The reply to a question.
#[derive(Clone, Debug, PartialEq)]
pub struct Reply {
    /// The answer given, `None` for declining.
    pub answer_id: Option<String>,
    /// The best answer, given or not; `_OFF_TOPIC_` where there is none.
    pub top_answer_id: String,
    /// How sure of the best answer: 1.0 for a canned question, else a [`Candidate`]'s confidence.
    pub confidence: f64,
    /// Whether the question equals a known one.
    pub canned: bool,
    /// The answers after the best, best first; at most [`MAX_CANDIDATES`] together with it.
    pub alternatives: Vec<Candidate>,
}

impl Reply {
    /// The answer given, or `_OFF_TOPIC_`.
    #[must_use]
    pub fn answer_or_off_topic(&self) -> &str {
        self.answer_id.as_deref().unwrap_or(OFF_TOPIC)
    }

    /// The ids of the best answer and those after it, best first.
    pub fn ranked(&self) -> impl Iterator<Item = &str> {
        let others = self.alternatives.iter().map(|candidate| candidate.answer_id.as_str());
        std::iter::once(self.top_answer_id.as_str()).chain(others)
    }
}

impl MentorClassifier {
    /// Joins them; `canned` says whether known questions lead straight to their answers.
    #[must_use]
    pub fn new(mentor: Arc<Mentor>, classifier: Box<dyn Classifier>, canned: bool) -> Self {
        Self { mentor, classifier, canned }
    }

    /// The mentor that answers.
    #[must_use]
    pub fn mentor(&self) -> &Arc<Mentor> {
        &self.mentor
    }

    /// Answers a question.
    #[must_use]
    pub fn answer(&self, question: &str) -> Reply {
        self.reply(question, self.classifier.rank(question))
    }

    /// Answers several questions, in their order.
    #[must_use]
    pub fn answer_all(&self, questions: &[&str]) -> Vec<Reply> {
        let rankings = self.classifier.rank_all(questions);
        questions.iter().zip(rankings).map(|(text, ranking)| self.reply(text, ranking)).collect()
    }

    fn reply(&self, question: &str, ranking: Ranking) -> Reply {
        if self.canned
            && let Some(answer) = self.mentor.canned(question)
        {
            let others = ranking.candidates.into_iter().filter(|c| c.answer_id != answer.id);
            return Reply {
                answer_id: Some(answer.id.clone()),
                top_answer_id: answer.id.clone(),
                confidence: 1.0,
                canned: true,
                alternatives: others.take(MAX_CANDIDATES - 1).collect(),
            };
        }
        let is_declined = ranking.off_topic || ranking.candidates.is_empty();
        let mut candidates = ranking.candidates.into_iter();
        let top = candidates
            .next()
            .unwrap_or(Candidate { answer_id: OFF_TOPIC.to_owned(), confidence: 0.0 });
        Reply {
            answer_id: (!is_declined).then(|| top.answer_id.clone()),
            top_answer_id: top.answer_id,
            confidence: top.confidence,
            canned: false,
            alternatives: candidates.collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mentor::fixture::mentor;

    /// Ranks every question alike.
    #[derive(Debug)]
    struct Always(Ranking);

    impl Classifier for Always {
        fn rank(&self, _question: &str) -> Ranking {
            self.0.clone()
        }
    }

    fn answer(question: &str, ids: &[&str]) -> Reply {
        let mentor = mentor("ada", "known,,I am.,Who are you?\n");
        let candidate = |id: &&str| Candidate { answer_id: (*id).to_owned(), confidence: 0.5 };
        let candidates = ids.iter().map(candidate).collect();
        let classifier = Always(Ranking { candidates, off_topic: false });
        MentorClassifier::new(Arc::new(mentor), Box::new(classifier), true).answer(question)
    }

    #[test]
    fn a_canned_answer_is_one_of_the_ten() {
        let ten = ["a", "b", "c", "d", "e", "f", "g", "h", "i", "j"];
        let with = |others: &[&'static str]| [&["known"], others].concat();
        let ranked = |ids: &[&str]| -> Vec<String> {
            answer("who are you", ids).ranked().map(str::to_owned).collect()
        };
        assert_eq!(ranked(&ten), with(&ten[..9]), "it is not among the classifier's");
        let known_last = [&ten[..9], &["known"]].concat();
        assert_eq!(ranked(&known_last), with(&ten[..9]));
        assert_eq!(ranked(&ten[..2]), with(&ten[..2]));
    }

    #[test]
    fn where_there_is_no_answer_none_is_given() {
        let reply = answer("what is it", &[]);
        assert_eq!((reply.answer_id.as_deref(), reply.top_answer_id.as_str()), (None, OFF_TOPIC));
        assert_eq!(answer("what is it", &["a"]).answer_id.as_deref(), Some("a"));
    }
}
