//! The texts of a mentor's answers, as pages show them.

use std::collections::BTreeMap;

use crate::mentor::{Mentor, OFF_TOPIC};
use crate::text::shorten;

/// The source of the answer texts that a page shows for answer ids.
#[derive(Clone, Copy, Debug)]
pub(super) enum Answers<'a> {
    /// The mentor's current answers.
    Of(&'a Mentor),
    /// The beginnings of the answers' texts at training time, by id.
    Kept(&'a BTreeMap<String, String>),
}

impl<'a> Answers<'a> {
    /// Returns the text of an answer, if there is an answer with this id.
    fn text(self, id: &str) -> Option<&'a str> {
        match self {
            Self::Of(mentor) => mentor.answer(id).map(|answer| answer.text.as_str()),
            Self::Kept(texts) => texts.get(id).map(String::as_str),
        }
    }

    /// Returns whether the id means declining, that is, no answer.
    pub(super) fn is_declining(self, id: impl AsRef<str>) -> bool {
        self.text(id.as_ref()).is_none() && id.as_ref() == OFF_TOPIC
    }

    /// Returns the beginning of the answer's text; empty if there is no answer with this id.
    pub(super) fn text_of(self, id: impl AsRef<str>) -> String {
        self.text(id.as_ref()).map_or(String::new(), |text| shorten(text, 160))
    }
}
