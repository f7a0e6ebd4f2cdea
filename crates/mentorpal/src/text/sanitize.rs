//! Sanitizes and normalizes the text from which features are computed.

use unicase::UniCase;

use super::ignorable::is_ignorable;
use super::key::{Kind, fold, is_mark, kinds};

/// Returns `text` trimmed and case-folded, with no-break spaces replaced by spaces, and reduced to ASCII
/// letters, digits and white space. Sentence vectors of ASCII text are computed from this form. Texts
/// are matched by [`match_key`](super::match_key), which keeps the letters of every script.
///
/// ```
/// use mentorpal::text::sanitize;
/// assert_eq!(sanitize(" Who's\u{a0}Weiß? "), "whos weiss");
/// ```
#[must_use]
pub fn sanitize(text: &str) -> String {
    UniCase::unicode(text.trim())
        .to_folded_case()
        .chars()
        .map(|c| if c == '\u{a0}' { ' ' } else { c })
        .filter(|c| c.is_ascii_alphanumeric() || c.is_whitespace())
        .collect()
}

/// Returns the text from which n-grams are taken: [folded](fold()), without apostrophes, as words of
/// letters, numbers and their marks of any script, separated by one space.
///
/// In sanitized text, this changes only white space.
#[must_use]
pub fn normalize(text: &str) -> String {
    let text = fold(&text.replace(is_apostrophe, ""));
    let mut out = String::with_capacity(text.len());
    let mut gap = false;
    for (c, kind) in kinds(&text) {
        if kind == Kind::Kept && !is_enclosing(c) {
            if gap && !out.is_empty() {
                out.push(' ');
            }
            out.push(c);
        }
        gap = kind != Kind::Kept;
    }
    out
}

/// Returns the text from which older versions, which did not fold text, took n-grams; for models that
/// these versions trained.
pub(super) fn normalize_unfolded(text: &str) -> String {
    let is_mark = |c| is_mark(c) && !is_ignorable(c) && !is_enclosing(c);
    let mut out = String::with_capacity(text.len());
    let mut gap = false;
    for c in text.chars().flat_map(char::to_lowercase) {
        if c.is_alphanumeric() || is_mark(c) {
            if gap && !out.is_empty() {
                out.push(' ');
            }
            gap = false;
            out.push(c);
        } else if !is_apostrophe(c) {
            gap = true;
        }
    }
    out
}

fn is_apostrophe(c: char) -> bool {
    matches!(c, '\'' | '’' | '‘' | '`' | '´')
}

/// Returns whether `c` encloses the character before it in a circle or keycap, as in keycap emoji.
fn is_enclosing(c: char) -> bool {
    matches!(c, '\u{20dd}'..='\u{20e0}' | '\u{20e2}'..='\u{20e4}')
}

/// Returns `text` sanitized, or normalized if sanitizing would drop letters or accents.
///
/// ```
/// use mentorpal::text::sanitize_any_script;
/// assert_eq!(sanitize_any_script("What's new?"), "whats new");
/// assert_eq!(sanitize_any_script("Кто ты?"), "кто ты");
/// ```
#[must_use]
pub fn sanitize_any_script(text: &str) -> String {
    let is_foreign = |(c, kind): (char, Kind)| kind == Kind::Kept && !c.is_ascii();
    let has_foreign = !text.is_ascii() && kinds(&fold(text)).any(is_foreign);
    if has_foreign { normalize(text) } else { sanitize(text) }
}

/// Returns the beginning of `text` as a single line, truncated to `length` characters plus an ellipsis,
/// for display.
///
/// ```
/// assert_eq!(mentorpal::text::shorten("Who\n are you?", 7), "Who are…");
/// ```
#[must_use]
pub fn shorten(text: &str, length: usize) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(length) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    // Worked out by hand from the definition; the first five agree with Python's
    // `re.sub(r"[^a-z0-9\s]", "", s.strip().casefold().replace("\xa0", " "))`.
    #[test]
    fn sanitize_follows_the_definition() {
        for (text, expected) in [
            ("What is your name?", "what is your name"),
            ("  STRASSE / Straße ", "strasse  strasse"),
            ("a\u{a0}b", "a b"),
            ("don’t", "dont"),
            ("ﬁne \u{212a}elvin", "fine kelvin"),
            ("tab\tand\nline", "tab\tand\nline"),
            ("¿Qué?", "qu"),
            ("???", ""),
        ] {
            assert_eq!(sanitize(text), expected, "{text:?}");
        }
    }

    #[test]
    fn normalize_replaces_punctuation_by_spaces() {
        assert_eq!(normalize("  Growth/learning — isn't it?"), "growth learning isnt it");
        assert_eq!(normalize("Кто ты?"), "кто ты");
    }

    // The rule of older versions.
    #[test]
    fn normalize_unfolded_keeps_the_words_of_older_versions() {
        assert_eq!(normalize_unfolded("Straße, ΤΗΣ Cafe\u{301}!"), "straße τησ cafe\u{301}");
        assert_eq!(normalize_unfolded("हिन्दी; I ❤\u{fe0f} 1\u{fe0f}\u{20e3}"), "हिन्दी i 1");
    }

    // Each word is a dictionary word. Vowel signs, viramas and tones must not split words.
    #[test]
    fn marks_do_not_split_words() {
        for (text, expected) in [
            ("क्या आप हिन्दी बोलते हैं?", "क्या आप हिन्दी बोलते हैं"),
            ("คุณชื่ออะไร? อยู่ที่ไหน!", "คุณชื่ออะไร อยู่ที่ไหน"),
            ("உங்கள் பெயர் என்ன?", "உங்கள் பெயர் என்ன"),
            ("Cafe\u{301}?", "café"),
            ("I ❤\u{fe0f} 1\u{fe0f}\u{20e3}", "i 1"),
        ] {
            assert_eq!(normalize(text), expected);
        }
    }

    proptest! {
        #[test]
        fn sanitizing_drops_all_but_ascii_words(text in "\\PC*") {
            let once = sanitize(&text);
            prop_assert!(once.chars().all(|c| c.is_ascii_alphanumeric() || c.is_whitespace()));
            prop_assert!(!once.chars().any(|c| c.is_ascii_uppercase()));
        }

        #[test]
        fn normalizing_twice_changes_nothing(text in "\\PC*") {
            let once = normalize(&text);
            prop_assert_eq!(normalize(&once), once);
        }

        #[test]
        fn ascii_is_normalized_alike_by_every_version(text in "[ -~\\t]*") {
            prop_assert_eq!(normalize_unfolded(&text), normalize(&text));
        }

        #[test]
        fn normalizing_keeps_the_words_of_sanitized_text(text in "[ -~\\t]*") {
            let sanitized = sanitize(&text);
            let words: Vec<_> = sanitized.split_whitespace().collect();
            prop_assert_eq!(normalize(&sanitized), words.join(" "));
        }
    }
}
