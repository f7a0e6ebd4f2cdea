//! A mentor's answers, as pages tell of them.

use std::collections::BTreeMap;

use crate::mentor::{Mentor, OFF_TOPIC};
use crate::text::shorten;

/// The answers that ids of this mentor's tests stand for.
#[derive(Clone, Copy, Debug)]
pub(super) enum Answers<'a> {
    /// As the mentor has them.
    Of(&'a Mentor),
    /// As they began when it was trained, by id.
    Kept(&'a BTreeMap<String, String>),
}

impl<'a> Answers<'a> {
    fn text(self, id: &str) -> Option<&'a str> {
        match self {
            Self::Of(mentor) => mentor.answer(id).map(|answer| answer.text.as_str()),
            Self::Kept(texts) => texts.get(id).map(String::as_str),
        }
    }

    pub(super) fn is_declining(self, id: impl AsRef<str>) -> bool {
        self.text(id.as_ref()).is_none() && id.as_ref() == OFF_TOPIC
    }

    /// How the answer begins; empty where the mentor has none of this id.
    pub(super) fn text_of(self, id: impl AsRef<str>) -> String {
        self.text(id.as_ref()).map_or(String::new(), |text| shorten(text, 160))
    }
}
