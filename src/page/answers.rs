//! A mentor's answers, as pages tell of them.

use crate::mentor::{Mentor, OFF_TOPIC};
use crate::text::shorten;

/// The answers that ids of this mentor's tests stand for.
#[derive(Clone, Copy, Debug)]
pub(super) struct Answers<'a>(pub(super) &'a Mentor);

impl Answers<'_> {
    pub(super) fn is_declining(self, id: impl AsRef<str>) -> bool {
        self.0.answer(id.as_ref()).is_none() && id.as_ref() == OFF_TOPIC
    }

    /// How the answer begins; empty where the mentor has none of this id.
    pub(super) fn text_of(self, id: impl AsRef<str>) -> String {
        self.0.answer(id.as_ref()).map_or(String::new(), |answer| shorten(&answer.text, 160))
    }
}
