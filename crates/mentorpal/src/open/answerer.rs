//! A mentor that answers questions.

use std::sync::Arc;

use super::Warning;
use crate::checkpoint::CheckpointRef;
use crate::classifiers::{MentorClassifier, Reply};
use crate::error::Result;
use crate::mentor::Mentor;

/// A mentor with its trained model, ready to answer questions.
///
/// It owns everything that it needs and is `Send + Sync`, so that a server can keep it and share it between
/// threads.
#[derive(Debug)]
pub struct MentorAnswerer {
    pub(super) classifier: MentorClassifier,
    pub(super) checkpoint: CheckpointRef,
    pub(super) warnings: Vec<Warning>,
}

impl MentorAnswerer {
    /// Answers a question.
    ///
    /// # Errors
    /// If the model cannot process the question.
    pub fn ask(&self, question: &str) -> Result<Reply> {
        self.classifier.answer(question)
    }

    /// Answers several questions, in their order. This is faster than one call per question.
    ///
    /// # Errors
    /// If the model cannot process a question.
    pub fn ask_all(&self, questions: &[&str]) -> Result<Vec<Reply>> {
        self.classifier.answer_all(questions)
    }

    /// The text to show: the answer's text, or, if the question was declined, the mentor's first
    /// utterance for off-topic questions. `None` if the mentor's data has no such text.
    #[must_use]
    pub fn text(&self, reply: &Reply) -> Option<&str> {
        match &reply.answer_id {
            Some(id) => self.mentor().answer(id).map(|answer| answer.text.as_str()),
            None => self.declining_text(0),
        }
    }

    /// The text of the `turn`-th declined question of a conversation, counted from 0: the mentor's utterances
    /// for off-topic questions take turns.
    #[must_use]
    pub fn declining_text(&self, turn: usize) -> Option<&str> {
        let utterances = self.mentor().utterances.texts("_OFF_TOPIC_");
        utterances.get(turn % utterances.len().max(1)).copied()
    }

    /// The mentor's data.
    #[must_use]
    pub fn mentor(&self) -> &Arc<Mentor> {
        self.classifier.mentor()
    }

    /// The mentor's data with the model, as the evaluation uses it.
    #[must_use]
    pub fn classifier(&self) -> &MentorClassifier {
        &self.classifier
    }

    /// The name of the checkpoint that the model is from.
    #[must_use]
    pub fn checkpoint(&self) -> &CheckpointRef {
        &self.checkpoint
    }

    /// Separates the warnings of opening the mentor from the rest.
    #[must_use]
    pub fn into_parts(mut self) -> (Self, Vec<Warning>) {
        let warnings = std::mem::take(&mut self.warnings);
        (self, warnings)
    }

    /// The warnings that occurred when the mentor was opened.
    #[must_use]
    pub fn warnings(&self) -> &[Warning] {
        &self.warnings
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answerer_is_owned_and_thread_safe() {
        fn is_owned_and_shared<T: Send + Sync + 'static>() {}
        is_owned_and_shared::<MentorAnswerer>();
    }
}
