//! What people ask: a mentor with a classifier.

use super::{Candidate, Classifier, Ranking};
use crate::mentor::{Mentor, OFF_TOPIC};

/// A mentor's data with a classifier trained on it.
#[derive(Debug)]
pub struct MentorClassifier<'a> {
    mentor: &'a Mentor,
    classifier: Box<dyn Classifier>,
    canned: bool,
}

/// The reply to a question.
#[derive(Clone, Debug, PartialEq)]
pub struct Reply {
    /// The answer given, `None` for declining.
    pub answer_id: Option<String>,
    /// The best answer, given or not.
    pub top_answer_id: String,
    /// How sure of the best answer; 1.0 for a canned question.
    pub confidence: f64,
    /// Whether the question equals a known one.
    pub canned: bool,
    /// The answers after the best, best first.
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

impl<'a> MentorClassifier<'a> {
    /// Joins them; `canned` says whether known questions lead straight to their answers.
    #[must_use]
    pub fn new(mentor: &'a Mentor, classifier: Box<dyn Classifier>, canned: bool) -> Self {
        Self { mentor, classifier, canned }
    }

    /// The mentor that answers.
    #[must_use]
    pub fn mentor(&self) -> &'a Mentor {
        self.mentor
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
        if let Some(answer) = self.mentor.canned(question).filter(|_| self.canned) {
            let others = ranking.candidates.into_iter().filter(|c| c.answer_id != answer.id);
            return Reply {
                answer_id: Some(answer.id.clone()),
                top_answer_id: answer.id.clone(),
                confidence: 1.0,
                canned: true,
                alternatives: others.collect(),
            };
        }
        let mut candidates = ranking.candidates.into_iter();
        let top = candidates
            .next()
            .unwrap_or(Candidate { answer_id: OFF_TOPIC.to_owned(), confidence: 0.0 });
        Reply {
            answer_id: (!ranking.off_topic).then(|| top.answer_id.clone()),
            top_answer_id: top.answer_id,
            confidence: top.confidence,
            canned: false,
            alternatives: candidates.collect(),
        }
    }
}
