//! The digest of a mentor's training data.

use sha2::{Digest, Sha256};

use super::Mentor;

impl Mentor {
    /// The SHA-256, in hex, of the mentor's training data: each answer's id, text, topics and
    /// questions, and the topics of `topics.csv`, in order. Encoding, column order, blank rows and
    /// other content of the files do not change it.
    #[must_use]
    pub fn digest(&self) -> String {
        let mut hasher = Sha256::new();
        let mut feed = |texts: &[&str]| {
            // Lengths distinguish ("a", "bc") from ("ab", "c").
            hasher.update((texts.len() as u64).to_le_bytes());
            for text in texts {
                hasher.update((text.len() as u64).to_le_bytes());
                hasher.update(text.as_bytes());
            }
        };
        for answer in &self.answers {
            feed(&[&answer.id, &answer.text]);
            feed(&answer.topics.iter().map(String::as_str).collect::<Vec<_>>());
            feed(&answer.questions.iter().map(String::as_str).collect::<Vec<_>>());
        }
        feed(&self.topics.iter().map(String::as_str).collect::<Vec<_>>());
        crate::sha256::hex(&hasher.finalize())
    }
}
