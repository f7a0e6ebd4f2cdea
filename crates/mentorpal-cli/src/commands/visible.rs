//! Safe text for terminals: styles become escape sequences; control characters and characters that
//! change the text direction become visible escapes.

use std::fmt::{self, Display, Write};

use anstyle::AnsiColor;

/// Headings.
pub(in crate::commands) const BOLD: Style = Style::Bold;
/// Less important text.
pub(in crate::commands) const DIM: Style = Style::Dim;
/// Good results.
pub(in crate::commands) const GOOD: Style = Style::Good;

/// A text style: `{BOLD}` starts it, `{BOLD:#}` ends it.
///
/// In a string, a style is an unassigned code point of zero width, so tables stay aligned. Only
/// [`painted`] turns it into an escape sequence; all other escape sequences come from user data and
/// are escaped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::commands) enum Style {
    Bold,
    Dim,
    Good,
    Error,
    Warning,
    Hint,
}

/// The mark that ends a style.
const END: char = '\u{e0008}';

impl Style {
    const ALL: [Self; 6] =
        [Self::Bold, Self::Dim, Self::Good, Self::Error, Self::Warning, Self::Hint];

    fn mark(self) -> char {
        match self {
            Self::Bold => '\u{e0002}',
            Self::Dim => '\u{e0003}',
            Self::Good => '\u{e0004}',
            Self::Error => '\u{e0005}',
            Self::Warning => '\u{e0006}',
            Self::Hint => '\u{e0007}',
        }
    }

    fn ansi(self) -> anstyle::Style {
        match self {
            Self::Bold => anstyle::Style::new().bold(),
            Self::Dim => anstyle::Style::new().dimmed(),
            Self::Good => AnsiColor::Green.on_default(),
            Self::Error => AnsiColor::Red.on_default().bold(),
            Self::Warning => AnsiColor::Yellow.on_default().bold(),
            Self::Hint => AnsiColor::Cyan.on_default().bold(),
        }
    }
}

impl Display for Style {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_char(if f.alternate() { END } else { self.mark() })
    }
}

/// Whether `c` must be escaped: control characters, which terminals interpret, and characters that
/// change the text direction, which can disguise a text. Letters of right-to-left scripts and the
/// joiners of emoji and Indic scripts are not escaped.
fn is_hidden(c: char) -> bool {
    c.is_control()
        || matches!(
            c,
            '\u{61c}'
                | '\u{200e}'
                | '\u{200f}'
                | '\u{2028}'..='\u{202e}'
                | '\u{2066}'..='\u{2069}'
        )
}

/// `text` with styles as escape sequences and hidden characters as escapes such as `\u{1b}`; line
/// breaks and tabs are kept.
pub(in crate::commands) fn painted(text: &str) -> String {
    let mut painted = String::with_capacity(text.len());
    let mut characters = text.chars().peekable();
    while let Some(c) = characters.next() {
        match c {
            '\n' | '\t' => painted.push(c),
            '\r' if characters.peek() == Some(&'\n') => {}
            END => painted += &anstyle::Reset.render().to_string(),
            '\u{e0002}'..='\u{e0007}' => {
                let style = Style::ALL.into_iter().find(|style| style.mark() == c);
                painted.extend(style.map(|style| style.ansi().render().to_string()));
            }
            c if is_hidden(c) => painted.extend(c.escape_unicode()),
            c => painted.push(c),
        }
    }
    painted
}

/// Whether `text` has no hidden characters other than line breaks and tabs.
pub(in crate::commands) fn is_plain(text: &str) -> bool {
    !text.chars().any(|c| is_hidden(c) && !matches!(c, '\n' | '\t'))
}

/// JSON of the same value, with hidden characters as escapes such as `\u202e`. In JSON, these
/// characters occur only within strings, and those below U+0020 are escaped already.
pub(in crate::commands) fn escaped_json(json: String) -> String {
    if !json.chars().any(is_hidden) {
        return json;
    }
    let mut escaped = String::with_capacity(json.len() + 16);
    for c in json.chars() {
        if is_hidden(c) {
            escaped += &format!("\\u{:04x}", u32::from(c));
        } else {
            escaped.push(c);
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_styles_become_escape_sequences() {
        assert_eq!(painted(&format!("{BOLD}a{BOLD:#} b")), "\u{1b}[1ma\u{1b}[0m b");
        assert_eq!(painted("\u{1b}[1mred\u{9b}2J\u{7f}\u{7}"), r"\u{1b}[1mred\u{9b}2J\u{7f}\u{7}");
    }

    #[test]
    fn direction_changes_are_escaped() {
        assert_eq!(painted("a\u{202e}gpj.exe"), r"a\u{202e}gpj.exe");
        assert_eq!(
            painted("\u{2066}x\u{2069}\u{200f}\u{61c}"),
            r"\u{2066}x\u{2069}\u{200f}\u{61c}"
        );
    }

    #[test]
    fn text_of_any_script_is_unchanged() {
        // Hebrew, Arabic, a family emoji with joiners, Devanagari with a joiner and a non-joiner.
        for text in
            ["שלום", "مرحبا بالعالم", "👨\u{200d}👩\u{200d}👧", "क्\u{200d}ष क्\u{200c}ष", "a\tb\nc"]
        {
            assert_eq!(painted(text), text);
            assert!(is_plain(text));
        }
        assert_eq!(painted("one\r\ntwo\rthree"), "one\ntwo\\u{d}three");
    }

    proptest::proptest! {
        #[test]
        fn escaping_keeps_the_json_value(text in "[\\s\\S]*") {
            let json = escaped_json(serde_json::to_string(&text).unwrap());
            proptest::prop_assert!(is_plain(&json));
            proptest::prop_assert_eq!(serde_json::from_str::<String>(&json).unwrap(), text);
        }

        #[test]
        fn no_hidden_character_is_left(text in "[\\s\\S]*") {
            let text = text.replace(|c| ('\u{e0002}'..='\u{e0008}').contains(&c), "");
            proptest::prop_assert!(is_plain(&painted(&text)));
        }
    }
}
