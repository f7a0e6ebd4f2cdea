//! `.netrc`, read as curl reads it.
//!
//! Words are separated by blanks and line ends; `#` at the start of a word starts a comment; in
//! double quotes a word may contain anything, with `\"`, `\\`, `
//! `, `\r` and `\t`. `macdef` starts a macro, which ends at an empty line and is skipped. The first
//! entry of the machine, or `default` entry, that gives a login and a password is used; as in curl,
//! an incomplete entry is completed by a later one for the same machine. Where curl's result would
//! be surprising, the file is refused with the number of the line: entries that stay incomplete,
//! text after a closing quote, and lines that curl truncates.

use crate::error::{Error, ErrorKind, Result};

/// The credentials that a file gives for a machine.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct NetrcLogin {
    pub(super) user: Vec<u8>,
    pub(super) password: Vec<u8>,
}

/// The longest line that curl reads completely, including the line end.
const LONGEST_LINE: usize = 4095;

/// The state of the parser.
#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    /// Between entries, or in an entry of another machine.
    Elsewhere,
    /// In a macro.
    Macro,
    /// After the word `machine`.
    Machine,
    /// In an entry of the wanted machine. The next word is of this kind.
    Own(Next),
}

/// The meaning of the next word in an entry.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Next {
    Keyword,
    User,
    Password,
}

/// Returns the credentials that `text` contains for `machine`, and for `user` if a user is given;
/// `None` if it contains no such credentials.
///
/// # Errors
/// The error and the number of its row, counted from 1. The error does not quote the row.
pub(super) fn find(
    text: &[u8],
    machine: &str,
    wanted: Option<&[u8]>,
) -> Result<Option<NetrcLogin>, (usize, Error)> {
    let (mut user, mut password) = (None, None);
    let mut state = State::Elsewhere;
    // The row of the machine's first incomplete entry.
    let mut found = None;
    for (index, line) in text.split_inclusive(|byte| *byte == b'\n').enumerate() {
        let at = |error| (index + 1, error);
        if line.len() > LONGEST_LINE {
            return Err(at(malformed("a line of more than 4095 bytes")));
        }
        if line.contains(&0) {
            return Err(at(malformed("a NUL byte, expected text")));
        }
        if state == State::Macro {
            if !matches!(line[0], b'\n' | b'\r') {
                continue;
            }
            state = State::Elsewhere;
        }
        for word in words(line).map_err(at)? {
            let is = |keyword: &str| word.eq_ignore_ascii_case(keyword.as_bytes());
            state = match state {
                State::Elsewhere if is("macdef") => State::Macro,
                State::Elsewhere if is("machine") => State::Machine,
                State::Elsewhere if is("default") => State::Own(Next::Keyword),
                State::Machine if is(machine) => State::Own(Next::Keyword),
                State::Elsewhere | State::Machine => State::Elsewhere,
                State::Macro => State::Macro,
                State::Own(Next::User) => {
                    user = Some(word);
                    State::Own(Next::Keyword)
                }
                State::Own(Next::Password) => {
                    password = Some(word);
                    State::Own(Next::Keyword)
                }
                State::Own(Next::Keyword) if is("login") => State::Own(Next::User),
                State::Own(Next::Keyword) if is("password") => State::Own(Next::Password),
                State::Own(Next::Keyword) if is("machine") => State::Machine,
                State::Own(Next::Keyword) => State::Own(Next::Keyword),
            };
            if matches!(state, State::Own(_)) {
                found = found.or(Some(index + 1));
            }
            let (Some(its_user), Some(its_password)) = (&user, &password) else { continue };
            if wanted.is_none_or(|wanted| wanted == its_user) {
                let (user, password) = (its_user.clone(), its_password.clone());
                return Ok(Some(NetrcLogin { user, password }));
            }
            // The entry is another user's; a later entry may be the wanted one.
            (user, password) = (None, None);
            (state, found) = (State::Elsewhere, None);
        }
    }
    let Some(row) = found else { return Ok(None) };
    let lacks = if user.is_none() { "login" } else { "password" };
    Err((
        row,
        Error::new(format!("the entry has no `{lacks}`")).with_kind(ErrorKind::Unauthorized).hint(
            "write the entry as `machine HOST login USER password PASSWORD`; put a word that \
             begins with `#` or contains blanks in double quotes",
        ),
    ))
}

/// Splits a line into words, without comments.
fn words(line: &[u8]) -> Result<Vec<Vec<u8>>> {
    let mut words = Vec::new();
    let mut rest = line;
    loop {
        let start = rest.iter().position(|byte| !is_space(*byte));
        let Some(start) = start.filter(|start| rest[*start] != b'#') else { return Ok(words) };
        let word = &rest[start..];
        let (word, after) = if let Some(quoted) = word.strip_prefix(b"\"") {
            unquoted(quoted)?
        } else {
            let end = word.iter().position(|byte| is_space(*byte)).unwrap_or(word.len());
            (word[..end].to_vec(), &word[end..])
        };
        if after.first().is_some_and(|byte| !is_space(*byte)) {
            return Err(malformed("a word directly after a closing quote")
                .hint("put a blank after the quote"));
        }
        words.push(word);
        rest = after;
    }
}

/// Returns the word after an opening quote, and the text after its closing quote.
fn unquoted(text: &[u8]) -> Result<(Vec<u8>, &[u8])> {
    let mut word = Vec::new();
    let mut bytes = text.iter().enumerate();
    while let Some((index, byte)) = bytes.next() {
        match byte {
            b'"' => return Ok((word, &text[index + 1..])),
            b'\\' => match bytes.next() {
                Some((_, b'n')) => word.push(b'\n'),
                Some((_, b'r')) => word.push(b'\r'),
                Some((_, b't')) => word.push(b'\t'),
                Some((_, other)) => word.push(*other),
                None => break,
            },
            other => word.push(*other),
        }
    }
    Err(malformed("an opening quote without a closing quote in the same line")
        .hint("close the quote; write `\"` within quotes as `\\\"`"))
}

/// The error of a file that does not have the format of a `.netrc`.
fn malformed(what: &str) -> Error {
    Error::new(what).with_kind(ErrorKind::Corrupt)
}

fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\n' | b'\r' | 0x0b | 0x0c)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde::Deserialize;

    #[derive(Deserialize)]
    struct Case {
        name: String,
        /// The content of the file, in Latin-1.
        netrc: String,
        /// The expected credentials `user:password`, in Latin-1.
        #[serde(default)]
        found: Option<String>,
        /// curl's exit code if it refused the file.
        #[serde(default)]
        curl: Option<i32>,
    }

    fn latin_1(text: &str) -> Vec<u8> {
        text.chars().map(|c| u8::try_from(u32::from(c)).unwrap()).collect()
    }

    // `tests/fixtures/netrc/reference.py` recorded the results of curl.
    #[test]
    fn files_are_parsed_as_by_curl_or_refused_with_a_line_number() {
        let cases = include_str!("../../../../tests/fixtures/netrc/cases.json");
        let cases: Vec<Case> = serde_json::from_str(cases).unwrap();
        assert!(cases.len() >= 40);
        let mut refused = Vec::new();
        for Case { name, netrc, found, curl } in &cases {
            match find(&latin_1(netrc), "127.0.0.1", None) {
                Err((row, error)) => {
                    assert!(row >= 1 && row <= netrc.lines().count(), "{name}: {error}");
                    refused.push(name.as_str());
                }
                Ok(login) => {
                    assert_eq!(*curl, None, "curl refuses {name:?}");
                    let login =
                        login.map(|login| [&login.user, &b":"[..], &login.password].concat());
                    assert_eq!(login, found.as_deref().map(latin_1), "{name}");
                }
            }
        }
        let expected = [
            "a password that begins with #",
            "a quote that does not end",
            "an escape at the end",
            "a word after a closing quote",
            "no password",
            "no login",
            "no password, then another machine",
            "a NUL",
            "a line longer than curl's",
            "a long line that ends in an entry",
            "the machine alone",
        ];
        assert_eq!(refused, expected);
    }

    proptest::proptest! {
        #[test]
        fn credentials_are_words_of_the_file(
            text in "(machine|default|login|password|macdef|h|[\\\\\"#a \n]){0,12}"
        ) {
            if let Ok(Some(NetrcLogin { user, password })) = find(text.as_bytes(), "h", None) {
                let spaced = text.replace('\n', " \n ");
                for word in [user, password] {
                    let word = String::from_utf8(word).unwrap();
                    proptest::prop_assert!(
                        spaced.contains(&word) || text.contains('\\'), "{word:?} of {text:?}"
                    );
                }
            }
        }
    }

    #[test]
    fn the_wanted_user_of_a_machine_is_found() {
        let text = b"machine h login bob password b account x\nmachine o login ada password o\n\
                     machine h password a login ada\ndefault login eve password e";
        let password =
            |user: &[u8]| find(text, "h", Some(user)).ok().unwrap().map(|it| it.password);
        assert_eq!(password(b"bob"), Some(b"b".to_vec()));
        assert_eq!(password(b"ada"), Some(b"a".to_vec()));
        assert_eq!(password(b"eve"), Some(b"e".to_vec()));
        assert_eq!(password(b"x"), None);
    }

    #[test]
    fn errors_do_not_quote_the_file() {
        for text in ["machine h login hunter2", "machine h login a password \"hunter2"] {
            let Err((row, error)) = find(text.as_bytes(), "h", None) else {
                panic!("{text} is read")
            };
            assert_eq!(row, 1);
            assert!(!format!("{error:?} {}", error.reason()).contains("hunter2"));
        }
    }
}
