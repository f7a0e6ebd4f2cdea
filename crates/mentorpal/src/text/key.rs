//! The key by which texts of any script are matched.

use std::borrow::Cow;

use unicase::UniCase;
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

use super::ignorable::is_ignorable;

/// Returns the key by which questions, answers and test columns are matched. Two texts with the same
/// key count as the same text.
///
/// 1. Invisible characters (zero-width spaces and joiners, soft hyphens, variation selectors,
///    bidirectional controls: Unicode's `Default_Ignorable_Code_Point`) are removed.
/// 2. The rest is normalized: NFKC, full case folding, NFKC. So composed and decomposed
///    accents, full-width and plain letters, ligatures, `ß` and `ss`, `ς` and `σ` are the same.
/// 3. Letters, numbers and their combining marks are kept, in every script.
/// 4. Other characters (punctuation, `_`, symbols, emoji) separate words like white space: a run of
///    both becomes one space, or is removed at either end of the text. But a run without white space
///    between two ASCII letters or digits is removed: `what's` and `whats`, `re-assessment` and
///    `reassessment` are the same. This is the Python pipeline's rule for ASCII text.
/// 5. A text without any letter or number is its own key, after step 1 and in form NFKC: `?` and `!`
///    differ.
///
/// The function is idempotent, and the forms NFC, NFD, NFKC and NFKD of a text have the same key.
///
/// ```
/// use mentorpal::text::match_key;
/// assert_eq!(match_key("What’s \n your - name?"), "whats your name");
/// assert_eq!(match_key(" ¿Cuántos an\u{303}os tienes? "), "cuántos años tienes");
/// assert_eq!(match_key("AI是什么？"), "ai是什么");
/// assert_ne!(match_key("😀"), match_key("🎉"));
/// ```
#[must_use]
pub fn match_key(text: &str) -> String {
    if text.is_ascii() {
        let key = keep_words(&text.to_ascii_lowercase());
        return if key.is_empty() { text.trim().to_ascii_lowercase() } else { key };
    }
    let key = keep_words(&fold(text));
    if key.is_empty() { own_key(text) } else { key }
}

/// Returns `text` without ignorable characters, in form NFKC with case folded. Texts that keep their
/// punctuation, such as topics, are compared in this form.
///
/// ```
/// use mentorpal::text::fold;
/// assert_eq!(fold("E\u{301}TUDES/Straße"), "études/strasse");
/// ```
#[must_use]
pub fn fold(text: &str) -> String {
    if text.is_ascii() {
        return text.to_ascii_lowercase();
    }
    let shown: String = text.chars().filter(|c| !is_ignorable(*c)).nfkc().collect();
    UniCase::unicode(shown).to_folded_case().nfkc().collect()
}

/// Returns `text` with composed accents (form NFC). Names are compared in this form, because file
/// systems and keyboards differ in the form that they produce.
pub(crate) fn compose(text: &str) -> Cow<'_, str> {
    if unicode_normalization::is_nfc(text) {
        text.into()
    } else {
        text.nfc().collect::<String>().into()
    }
}

/// Returns the key of a text without letters and numbers (step 5).
fn own_key(text: &str) -> String {
    let shown: String = text.chars().filter(|c| !is_ignorable(*c)).nfkc().collect();
    let shown = shown.trim();
    // Nothing is left of a text of invisible characters only.
    if shown.is_empty() {
        text.nfkc().collect::<String>().trim().to_owned()
    } else {
        shown.to_owned()
    }
}

/// The characters between two kept characters.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Gap {
    None,
    /// Other characters only.
    Others,
    /// White space, with or without other characters.
    Space,
}

/// Keeps the words of folded text (steps 3 and 4).
fn keep_words(folded: &str) -> String {
    let mut out = String::with_capacity(folded.len());
    let mut gap = Gap::None;
    for (c, kind) in kinds(folded) {
        match kind {
            Kind::Space => gap = Gap::Space,
            Kind::Other if gap == Gap::None => gap = Gap::Others,
            Kind::Other => {}
            Kind::Kept => {
                let is_joined = gap == Gap::Others
                    && c.is_ascii_alphanumeric()
                    && out.ends_with(|before: char| before.is_ascii_alphanumeric());
                if gap != Gap::None && !is_joined && !out.is_empty() {
                    out.push(' ');
                }
                gap = Gap::None;
                out.push(c);
            }
        }
    }
    out
}

/// The role of a character in the key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A letter, a number, or a mark on one.
    Kept,
    Space,
    Other,
}

/// Returns the characters of text in form NFKC with their kinds.
///
/// A mark has the kind of the character before it. NFKC turns a standalone accent, as in `what´s`, into
/// a space with a mark; both then count as other characters, like the accent.
pub(crate) fn kinds(text: &str) -> impl Iterator<Item = (char, Kind)> {
    let mut base = Kind::Other;
    let mut chars = text.chars().peekable();
    std::iter::from_fn(move || {
        let c = chars.next()?;
        if !is_mark(c) {
            let carries_mark = c == ' ' && chars.peek().is_some_and(|next| is_mark(*next));
            base = match c {
                _ if c.is_alphanumeric() => Kind::Kept,
                _ if c.is_whitespace() && !carries_mark => Kind::Space,
                _ => Kind::Other,
            };
        } else if base == Kind::Space {
            base = Kind::Other;
        }
        Some((c, base))
    })
}

/// Returns whether `c` is a mark (general category M): an accent, a vowel sign, a tone.
pub(super) fn is_mark(c: char) -> bool {
    // U+0300 is the first mark. Looking up every ASCII letter would take most of the time.
    c >= '\u{300}' && is_combining_mark(c)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::text::sanitize;

    // Worked out by hand from the definition.
    #[test]
    fn keys_follow_the_definition() {
        for (text, key) in [
            (" Who’s\u{a0}Weiß? ", "whos weiss"),
            ("re-assessment — isn't it?", "reassessment isnt it"),
            ("we\u{fffd}ll", "well"),
            ("wait…what", "waitwhat"),
            ("wait … what", "wait what"),
            ("what´s", "whats"),
            ("what \u{301}s", "whats"),
            ("snake_case", "snakecase"),
            ("été_là, c'est l'été", "été là cest l été"),
            ("AI是什么？", "ai是什么"),
            ("我2010年开始。", "我2010年开始"),
            ("你好，世界！", "你好 世界"),
            ("ＦＵＬＬ－width", "fullwidth"),
            ("ﬁne \u{212a}elvin ½ ™", "fine kelvin 12 tm"),
            ("Кто ты?", "кто ты"),
            ("ΟΔΥΣΣΕΥΣ", "οδυσσευσ"),
            ("क्या आप हिन्दी बोलते हैं?", "क्या आप हिन्दी बोलते हैं"),
            ("คุณชื่อ\u{200b}อะไร", "คุณชื่ออะไร"),
            ("می\u{200c}خواهم؟", "میخواهم"),
            ("مُدَرِّس", "مُدَرِّس"),
            ("Viê\u{323}t Nam", "việt nam"),
            ("co\u{ad}operate", "cooperate"),
            ("\u{feff}hello\u{202e}", "hello"),
            ("???", "???"),
            (" ! ", "!"),
            ("❤\u{fe0f}", "❤"),
            ("…", "..."),
            ("\u{301}abc", "abc"),
            ("", ""),
        ] {
            assert_eq!(match_key(text), key, "{text:?}");
        }
    }

    #[test]
    fn texts_without_letters_match_only_themselves() {
        let texts = ["😀", "🎉", "???", "!", "\u{200b}", "❤", "。", "_"];
        for (i, a) in texts.iter().enumerate() {
            for (j, b) in texts.iter().enumerate() {
                assert_eq!(match_key(a) == match_key(b), i == j, "{a:?} {b:?}");
            }
        }
    }

    /// Checks that all normalization forms of `text` have the same key, and that the key's key is itself.
    fn check_forms(text: &str) {
        let key = match_key(text);
        assert_eq!(match_key(&key), key, "the key of the key of {text:?}");
        let forms: [String; 4] = [
            text.nfc().collect(),
            text.nfd().collect(),
            text.nfkc().collect(),
            text.nfkd().collect(),
        ];
        for form in &forms {
            assert_eq!(match_key(form), key, "{text:?} as {form:?}");
        }
    }

    // Every assigned character except those of the large uniform blocks, alone and between letters.
    #[test]
    fn every_character_has_the_same_key_in_all_forms() {
        let blocks = ['\0'..='\u{33ff}', '\u{4db5}'..='\u{4e10}', '\u{9ff0}'..='\u{ac80}'];
        let later =
            ['\u{d780}'..='\u{16fff}', '\u{18d00}'..='\u{1ffff}', '\u{2f800}'..='\u{2fa1f}'];
        for c in blocks.into_iter().chain(later).flatten().chain('\u{e0000}'..='\u{e01ff}') {
            check_forms(&c.to_string());
            check_forms(&format!("a{c}b{c}é {c}"));
        }
    }

    proptest! {
        #[test]
        fn all_forms_have_the_same_key(text in "\\PC*") {
            check_forms(&text);
        }

        // Marks, joiners and letters of few scripts, which compose and reorder.
        #[test]
        fn marks_in_any_order_have_the_same_key(
            text in "[a'e\u{345}\u{391}\u{3c9}\u{301}\u{323}\u{302} \u{34f}\u{200d}!´\u{1100}\u{1161}\u{11a8}\u{1160}\u{93c}\u{915}\u{20e3}\n]{0,12}",
        ) {
            check_forms(&text);
        }

        // The Python pipeline's rule for ASCII text, ignoring white space.
        #[test]
        fn keys_of_ascii_agree_with_the_python_pipeline(text in "[ -~\\t\\n]*") {
            let sanitized = sanitize(&text);
            let words: Vec<&str> = sanitized.split_whitespace().collect();
            if !words.is_empty() {
                prop_assert_eq!(match_key(&text), words.join(" "));
            }
        }
    }
}
