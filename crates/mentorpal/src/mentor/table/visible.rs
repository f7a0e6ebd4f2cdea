//! Normalization of ids, column names and marks by their appearance.

use std::borrow::Cow;

use unicode_normalization::{UnicodeNormalization, is_nfc};

use crate::text::is_ignorable;

/// `text` trimmed, without invisible characters (Unicode's `Default_Ignorable_Code_Point`), in normalization
/// form C, and with every kind of space replaced by a plain space. Texts that differ only in these are equal
/// afterwards.
pub(in crate::mentor) fn visible(text: &str) -> Cow<'_, str> {
    if text.is_ascii() {
        return Cow::Borrowed(text.trim());
    }
    let plain = |c: char| if c.is_whitespace() { ' ' } else { c };
    if is_nfc(text) && !text.contains(is_ignorable) && text.chars().all(|c| plain(c) == c) {
        return Cow::Borrowed(text.trim());
    }
    let shown: String = text.chars().filter(|&c| !is_ignorable(c)).nfc().map(plain).collect();
    Cow::Owned(shown.trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_that_look_the_same_are_equal() {
        for text in
            ["a1", " a1\u{a0}", "\u{feff}a1", "a\u{200b}1", "\u{202a}a1\u{202c}", "a\u{ad}1"]
        {
            assert_eq!(visible(text), "a1", "{text:?}");
        }
        assert_eq!(visible("e\u{301}"), "é");
        assert_eq!(visible("a\u{a0}b\u{2003}c"), "a b c");
        assert_eq!(visible("Ä1"), "Ä1");
    }
}
