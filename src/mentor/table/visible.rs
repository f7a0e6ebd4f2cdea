//! Ids, column names and marks as people see them.

use std::borrow::Cow;

use unicode_normalization::{UnicodeNormalization, is_nfc};

/// `text` trimmed, without the characters that nothing shows (Unicode's `Default_Ignorable_Code_Point`), in
/// Unicode's normalization form C, and with each kind of space as a plain one: two texts that look the same
/// for want of these are one.
pub(in crate::mentor) fn visible(text: &str) -> Cow<'_, str> {
    if text.is_ascii() {
        return Cow::Borrowed(text.trim());
    }
    let plain = |c: char| if c.is_whitespace() { ' ' } else { c };
    if is_nfc(text) && !text.contains(is_invisible) && text.chars().all(|c| plain(c) == c) {
        return Cow::Borrowed(text.trim());
    }
    let shown: String = text.chars().filter(|&c| !is_invisible(c)).nfc().map(plain).collect();
    Cow::Owned(shown.trim().to_owned())
}

/// Whether nothing shows a character: soft hyphens, zero-width and bidirectional marks, variation selectors.
fn is_invisible(c: char) -> bool {
    matches!(
        c,
        '\u{ad}'
            | '\u{34f}'
            | '\u{61c}'
            | '\u{115f}'..='\u{1160}'
            | '\u{17b4}'..='\u{17b5}'
            | '\u{180b}'..='\u{180f}'
            | '\u{200b}'..='\u{200f}'
            | '\u{202a}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}'
            | '\u{3164}'
            | '\u{fe00}'..='\u{fe0f}'
            | '\u{feff}'
            | '\u{ffa0}'
            | '\u{fff0}'..='\u{fff8}'
            | '\u{1bca0}'..='\u{1bca3}'
            | '\u{1d173}'..='\u{1d17a}'
            | '\u{e0000}'..='\u{e0fff}'
    )
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
