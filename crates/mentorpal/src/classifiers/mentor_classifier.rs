//! A mentor with a trained classifier.

use std::sync::Arc;

use super::{Candidate, Classifier, ConfidenceKind, MAX_CANDIDATES, Ranking};
use crate::error::Result;
use crate::mentor::{Mentor, OFF_TOPIC};

/// A mentor's data with a classifier that was trained on it.
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
    /// The best answer, given or not; `_OFF_TOPIC_` if the classifier has no answer.
    pub top_answer_id: String,
    /// The confidence of the best answer: 1.0 for a canned question, else [`Candidate::confidence`].
    pub confidence: f64,
    /// Whether the question is an exact match of a known one.
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
    /// Combines a mentor and a classifier. If `canned` is true, known questions are answered by
    /// exact match.
    #[must_use]
    pub fn new(
        mentor: impl Into<Arc<Mentor>>,
        classifier: Box<dyn Classifier>,
        canned: bool,
    ) -> Self {
        Self { mentor: mentor.into(), classifier, canned }
    }

    /// Returns the mentor.
    #[must_use]
    pub fn mentor(&self) -> &Arc<Mentor> {
        &self.mentor
    }

    /// Returns the meaning of the classifier's confidences.
    #[must_use]
    pub fn confidence_kind(&self) -> ConfidenceKind {
        self.classifier.confidence_kind()
    }

    /// Answers a question.
    ///
    /// # Errors
    /// If the classifier failed.
    pub fn answer(&self, question: &str) -> Result<Reply> {
        Ok(self.reply(question, self.classifier.rank(question)?))
    }

    /// Answers several questions, in their order.
    ///
    /// # Errors
    /// If the classifier failed.
    pub fn answer_all(&self, questions: &[&str]) -> Result<Vec<Reply>> {
        let rankings = self.classifier.rank_all(questions)?;
        let replies = questions.iter().zip(rankings);
        Ok(replies.map(|(text, ranking)| self.reply(text, ranking)).collect())
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
    use crate::classifiers::ModelFiles;
    use crate::mentor::fixture::mentor;

    /// Returns the same ranking for every question.
    #[derive(Debug)]
    struct Always(Ranking);

    impl Classifier for Always {
        fn rank(&self, _question: &str) -> Result<Ranking> {
            Ok(self.0.clone())
        }

        fn confidence_kind(&self) -> ConfidenceKind {
            ConfidenceKind::Score
        }

        fn to_files(&self) -> Result<ModelFiles> {
            Ok(ModelFiles::new())
        }
    }

    fn answer(question: &str, ids: &[&str]) -> Reply {
        let mentor = mentor("ada", "known,,I am.,Who are you?\n");
        let candidate = |id: &&str| Candidate { answer_id: (*id).to_owned(), confidence: 0.5 };
        let candidates = ids.iter().map(candidate).collect();
        let classifier = Always(Ranking { candidates, off_topic: false });
        MentorClassifier::new(mentor, Box::new(classifier), true).answer(question).unwrap()
    }

    #[test]
    fn a_canned_answer_counts_as_one_of_the_ten_candidates() {
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
    fn declines_if_the_classifier_has_no_answer() {
        let reply = answer("what is it", &[]);
        assert_eq!((reply.answer_id.as_deref(), reply.top_answer_id.as_str()), (None, OFF_TOPIC));
        assert_eq!(answer("what is it", &["a"]).answer_id.as_deref(), Some("a"));
    }
}
