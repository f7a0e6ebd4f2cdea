//! Parse errors of `mentorpal.toml` without secrets.
//!
//! The parser quotes the invalid line, which may contain a URL with a password, or a password under an
//! unknown key. Therefore a value is shown only if its key is, or resembles, a key without secrets.

use crate::secrets::mask_credentials;
use crate::text::format::did_you_mean;

/// The replacement of a masked value.
const MASK: &str = "****";

/// The keys whose values are not secret.
const PUBLIC_KEYS: [&str; 4] = ["arch", "checkpoint", "test_set", "vectors"];

/// The parser's error about `text`, with secret values masked.
pub(super) fn masked(text: &str, error: &toml::de::Error) -> String {
    let at = error.span().map_or(0, |span| span.start.min(text.len()));
    if is_public(text.as_bytes(), at) {
        return mask_credentials(&error.to_string());
    }
    let quoted = |line: &str| {
        let (number, source) = line.split_once(" | ")?;
        let is_number =
            number.trim().bytes().all(|b| b.is_ascii_digit()) && !number.trim().is_empty();
        is_number.then(|| format!("{number} | {}", masked_line(source)))
    };
    let full = error.to_string();
    let lines = full.lines().map(|line| quoted(line).unwrap_or_else(|| masked_message(line)));
    mask_credentials(&lines.collect::<Vec<_>>().join("\n"))
}

/// Whether the value in the line at byte `at` may be shown.
fn is_public(text: &[u8], at: usize) -> bool {
    let start = text[..at].iter().rposition(|&byte| byte == b'\n').map_or(0, |index| index + 1);
    let end =
        text[start..].iter().position(|&byte| byte == b'\n').map_or(text.len(), |n| start + n);
    let before = String::from_utf8_lossy(&text[..start]);
    let in_table = before.lines().any(|line| line.trim_start().starts_with('['));
    let line = String::from_utf8_lossy(&text[start..end]);
    let Some((key, value)) = line.split_once('=') else { return false };
    let key = key.trim();
    let is_known = PUBLIC_KEYS.contains(&key) || !did_you_mean(key, PUBLIC_KEYS).is_empty();
    // A multi-line string may contain anything.
    let is_single_line = !before.contains("\"\"\"") && !before.contains("'''");
    is_known && is_single_line && !in_table && !value.contains(['@', ':', '='])
}

/// A line of the file with its value masked.
fn masked_line(line: &str) -> String {
    let is_plain =
        |text: &str| text.chars().all(|c| c.is_ascii_alphanumeric() || " \t_-.[]\"'".contains(c));
    match line.split_once('=') {
        Some((key, _)) if is_plain(key) => format!("{key}= {MASK}"),
        None if line.trim_start().starts_with('[') && line.trim_end().ends_with(']') => {
            if is_plain(line) { line.to_owned() } else { MASK.to_owned() }
        }
        _ if line.trim().is_empty() => line.to_owned(),
        _ => MASK.to_owned(),
    }
}

/// A line of an error message with a value of the wrong type masked.
fn masked_message(line: &str) -> String {
    let Some((what, expected)) = line.rsplit_once(", expected") else { return line.to_owned() };
    match what.find(['"', '`']).filter(|_| what.starts_with("invalid ")) {
        Some(quote) => format!("{}{MASK}, expected{expected}", &what[..quote]),
        None => line.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde::Deserialize;

    use super::*;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    #[expect(dead_code, reason = "only the parse errors matter")]
    struct File {
        arch: Option<String>,
        checkpoint: Option<String>,
        test_set: Option<String>,
        vectors: Option<String>,
        remote: Option<Remote>,
    }

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    #[expect(dead_code, reason = "only the parse errors matter")]
    struct Remote {
        url: Option<String>,
    }

    fn parse_error(text: &str) -> String {
        masked(text, &toml::from_str::<File>(text).unwrap_err())
    }

    #[test]
    fn values_that_may_be_secret_are_masked() {
        for text in [
            "[remote]\npassword = 'hunter2'\n",
            "[remote]\nurl = 'x'\nurls = 'hunter2'\n",
            "[remote]\narch = 'hunter2'\n",
            "[remote]\nurl = hunter2\n",
            "[remote]\nurl = 'https://ada:hunter2@disk.example\n",
            "[remote]\nurl = \"hunter2\\q\"\n",
            "[remote]\nurl = \"\"\"\nhunter2\\q\n\"\"\"\n",
            "[remote]\nurl 'hunter2'\n",
            "[remote]\nhttps://ada:hunter2@disk.example\n",
            "[remote]\nada:hunter2disk.example\n",
            "[remote] password='hunter2'\n",
            "[remote]\nurl = ['hunter2']\n",
            "[remote]\nurl = 'x' hunter2\n",
            "remote = 'hunter2'\n",
            "remote = { password = 'hunter2' }\n",
            "remote.password = 'hunter2'\n",
            "remote = { url = 'x', password = 'hunter2' }\n",
            "password = 'hunter2'\n",
            "url = 'https://ada:hunter2@disk.example'\n",
            "checkpoints = 'https://ada:hunter2@disk.example'\n",
        ] {
            let shown = parse_error(text);
            assert!(!shown.contains("hunter2"), "{text}{shown}");
            assert!(shown.contains("line "), "{shown}");
        }
    }

    #[test]
    fn the_fault_and_its_line_are_shown() {
        for (text, expected) in [
            ("[remote]\npassword = 'x'\n", &["line 2", "2 | password = ****", "`password`"][..]),
            ("checkpoints = 'one'\n", &["1 | checkpoints = 'one'", "unknown field `checkpoints`"]),
            ("arch = 1\n", &["1 | arch = 1", "expected a string"]),
            (
                "[remote]\nurl = 5\n",
                &["2 | url = ****", "invalid type: integer ****, expected a string"],
            ),
        ] {
            let shown = parse_error(text);
            for part in expected {
                assert!(shown.contains(part), "{part}\n{shown}");
            }
        }
    }

    proptest::proptest! {
        #[test]
        fn no_file_causes_a_panic(text in "[a-z\\[\\]=\"'{}.,:@#\\n é-]{0,60}") {
            if let Err(error) = toml::from_str::<BTreeMap<String, u8>>(&text) {
                let _ = masked(&text, &error);
            }
        }
    }
}
