//! Ids, column names and marks as people see them.

use std::borrow::Cow;

use unicode_normalization::{UnicodeNormalization, is_nfc};

use crate::text::is_ignorable;

/// `text` trimmed, without the characters that nothing shows (Unicode's `Default_Ignorable_Code_Point`), in
/// Unicode's normalization form C, and with each kind of space as a plain one: two texts that look the same
/// for want of these are one.
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
    fn what_looks_the_same_is_the_same() {
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
