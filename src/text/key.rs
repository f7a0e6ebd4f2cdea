//! The key by which texts are matched, whatever their script.

use std::borrow::Cow;

use unicase::UniCase;
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

use super::ignorable::is_ignorable;

/// Returns the key by which questions, answers and test columns are matched: two texts with one key
/// are the same text.
///
/// 1. Characters that show nothing (zero-width spaces and joiners, soft hyphens, variation selectors,
///    bidirectional controls: Unicode's `Default_Ignorable_Code_Point`) are removed.
/// 2. The rest is brought to one form: NFKC, full case folding, NFKC. So composed and decomposed
///    accents, full-width and plain letters, ligatures, `ß` and `ss`, `ς` and `σ` are the same.
/// 3. Letters, numbers and the marks on them are kept, of every script.
/// 4. Other characters (punctuation, `_`, symbols, smileys) separate words as white space does: a run of
///    both becomes one space, and none at either end. But a run without white space between two ASCII
///    letters or digits is removed: `what's` and `whats`, `re-assessment` and `reassessment` are the
///    same, as they were in the Python pipeline, whose rule for text in ASCII this is.
/// 5. A text without any letter or number is its own key, after step 1 and in form NFKC: `?` is not `!`.
///
/// The key of a key is that key, and the forms NFC, NFD, NFKC and NFKD of a text have the same key.
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

/// `text` without ignorable characters, in form NFKC with case folded: how texts are compared that are
/// not reduced to their words, such as topics.
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

/// `text` with its accents composed (form NFC): how names are compared, which may be in either form where
/// file systems or keyboards differ.
pub(crate) fn compose(text: &str) -> Cow<'_, str> {
    if unicode_normalization::is_nfc(text) {
        text.into()
    } else {
        text.nfc().collect::<String>().into()
    }
}

/// Step 5.
fn own_key(text: &str) -> String {
    let shown: String = text.chars().filter(|c| !is_ignorable(*c)).nfkc().collect();
    let shown = shown.trim();
    // Of invisible characters alone nothing is left.
    if shown.is_empty() {
        text.nfkc().collect::<String>().trim().to_owned()
    } else {
        shown.to_owned()
    }
}

/// What stands between two kept characters.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Gap {
    None,
    /// Other characters alone.
    Others,
    /// White space, with or without other characters.
    Space,
}

/// Steps 3 and 4, of folded text.
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

/// What a character is to the key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A letter, a number, or a mark on one.
    Kept,
    Space,
    Other,
}

/// The characters of text in form NFKC, and what each is.
///
/// A mark is what the character before it is. NFKC makes of an accent that stands alone, as in `what´s`,
/// a space with a mark: both are an other character then, as the accent was.
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

/// Whether `c` is a mark (general category M): an accent, a vowel sign, a tone.
pub(super) fn is_mark(c: char) -> bool {
    // The first one; asking the tables of every ASCII letter would cost more than all else here.
    c >= '\u{300}' && is_combining_mark(c)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::text::sanitize;

    // Worked by hand from the definition.
    #[test]
    fn keys_by_hand() {
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
    fn texts_without_letters_match_themselves_only() {
        let texts = ["😀", "🎉", "???", "!", "\u{200b}", "❤", "。", "_"];
        for (i, a) in texts.iter().enumerate() {
            for (j, b) in texts.iter().enumerate() {
                assert_eq!(match_key(a) == match_key(b), i == j, "{a:?} {b:?}");
            }
        }
    }

    /// That all normalization forms of `text` have one key, which is its own.
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

    // Every assigned character but those of the large blocks, which are all alike, alone and among
    // letters.
    #[test]
    fn every_character_has_one_key_in_all_forms() {
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
        fn all_forms_have_one_key(text in "\\PC*") {
            check_forms(&text);
        }

        // Marks, joiners and letters of few scripts, which compose and reorder.
        #[test]
        fn marks_in_any_order_have_one_key(
            text in "[a'e\u{345}\u{391}\u{3c9}\u{301}\u{323}\u{302} \u{34f}\u{200d}!´\u{1100}\u{1161}\u{11a8}\u{1160}\u{93c}\u{915}\u{20e3}\n]{0,12}",
        ) {
            check_forms(&text);
        }

        // What the Python pipeline made of ASCII text, white space aside.
        #[test]
        fn keys_of_ascii_are_the_older_ones(text in "[ -~\\t\\n]*") {
            let sanitized = sanitize(&text);
            let words: Vec<&str> = sanitized.split_whitespace().collect();
            if !words.is_empty() {
                prop_assert_eq!(match_key(&text), words.join(" "));
            }
        }
    }
}
