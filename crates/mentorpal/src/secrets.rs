//! Masking secrets in printed text: registered passwords, tokens and keys, and the parts of URLs
//! that may contain one.
//!
//! Code that reads a secret must `register` it. Code that prints must call [`masked`] for
//! messages or [`masked_result`] for results. No other code needs to handle secrets.

use std::borrow::Cow;
use std::sync::{PoisonError, RwLock};

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// The replacement for a secret.
const MASK: &str = "****";

/// The length in bytes below which a secret is not masked, because most texts contain it by chance.
const MIN_LENGTH: usize = 4;

/// The length in bytes below which a secret is not masked in results. Secrets of only letters are
/// not masked in results either: results are the mentor's own text, which may contain a password
/// that is an ordinary word.
const MIN_LENGTH_IN_RESULTS: usize = 8;

/// The characters that URLs percent-encode (RFC 3986, section 2.3).
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// The registered secrets in every form in which they may be printed, longest first.
static KNOWN: RwLock<Vec<String>> = RwLock::new(Vec::new());

/// Registers `secret`, so that it is masked from now on.
pub(crate) fn register(secret: impl AsRef<[u8]>) {
    let secret = secret.as_ref();
    let mut known = KNOWN.write().unwrap_or_else(PoisonError::into_inner);
    for form in forms(secret) {
        if form.len() >= MIN_LENGTH && !known.contains(&form) {
            known.push(form);
        }
    }
    known.sort_by_key(|form| std::cmp::Reverse(form.len()));
}

/// Returns the forms in which a secret may be printed: as it is, in a URL, quoted, in a header.
fn forms(secret: &[u8]) -> Vec<String> {
    let mut forms = Vec::new();
    if let Ok(text) = str::from_utf8(secret) {
        let encoded = utf8_percent_encode(text, RESERVED).to_string();
        let lower_case = with_lower_case_escapes(&encoded);
        forms.extend([text.to_owned(), encoded, lower_case, text.escape_debug().to_string()]);
    }
    // Base64 without the last characters, which depend on the bytes that follow.
    let prefix = |text: String| text[..(secret.len() * 4 / 3).min(text.len())].to_owned();
    forms.extend([prefix(STANDARD.encode(secret)), prefix(URL_SAFE.encode(secret))]);
    forms
}

/// Returns `encoded` with lower-case escapes: `%2F` becomes `%2f`.
fn with_lower_case_escapes(encoded: &str) -> String {
    let mut parts = encoded.split('%');
    let mut text = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (digits, rest) = part.split_at(2.min(part.len()));
        text += &format!("%{}{rest}", digits.to_ascii_lowercase());
    }
    text
}

/// Returns a message with all registered secrets and all possible secrets in URLs masked.
#[must_use]
pub fn masked(text: &str) -> Cow<'_, str> {
    let found = mask_known(text, |_| true);
    match mask_addresses(&found) {
        Cow::Borrowed(_) => found,
        Cow::Owned(masked) => Cow::Owned(masked),
    }
}

/// Returns a result with registered secrets masked, except those that may be ordinary words.
#[must_use]
pub fn masked_result(text: &str) -> Cow<'_, str> {
    mask_known(text, |secret| {
        secret.len() >= MIN_LENGTH_IN_RESULTS && !secret.chars().all(char::is_alphabetic)
    })
}

fn mask_known(text: &str, is_included: impl Fn(&str) -> bool) -> Cow<'_, str> {
    let known = KNOWN.read().unwrap_or_else(PoisonError::into_inner);
    let mut text = Cow::Borrowed(text);
    for secret in known.iter().filter(|secret| is_included(secret)) {
        if text.contains(secret.as_str()) {
            text = Cow::Owned(text.replace(secret.as_str(), MASK));
        }
    }
    text
}

/// Returns `text` with the user and password of the URL in each line masked, even if `://` is
/// mistyped.
///
/// A password may contain any character. Everything before the last `@` of the line is masked: from
/// `://`, or else from the `=` or quote before the value, or else from the start of the line.
pub(crate) fn mask_credentials(text: &str) -> String {
    let mask = |line: &str| {
        let Some((before, host)) = line.rsplit_once('@') else { return line.to_owned() };
        let scheme = before.find("://").map(|index| index + 3);
        let value = before.find(['=', '"', '\'']).map(|index| index + 1);
        // After a `:` or an `@`, the match may be part of a password.
        let is_before = |end: &usize| !before[..*end].trim_end_matches("://").contains([':', '@']);
        let start = scheme.filter(is_before).or(value.filter(is_before)).unwrap_or(0);
        format!("{}****@{host}", &before[..start])
    };
    text.lines().map(mask).collect::<Vec<_>>().join("\n")
}

/// Masks an invalid URL of a remote, in which the slashes, the `@`, or both may be missing.
pub(crate) fn mask_setting(text: &str) -> String {
    let text = mask_credentials(text);
    match text.split_once(':') {
        Some((_, rest)) if rest.starts_with("//") => mask_addresses(&text).into_owned(),
        Some((scheme, _)) if ["http", "https", "file", "s3"].contains(&scheme) => {
            format!("{scheme}:{MASK}")
        }
        Some(_) if !has_port(text.split('/').next().unwrap_or_default()) => MASK.to_owned(),
        _ => text,
    }
}

/// Masks the parts of the URLs in `text` that may be secret: user and password, even if the `@`
/// after them is missing; the token of a public link; the query.
///
/// ```text
/// https://ada:hunter2@disk.example/dav   https://****@disk.example/dav
/// https://ada:hunter2disk.example/dav    https://****/dav
/// https://cloud.example/s/aB3xY          https://cloud.example/s/****
/// https://disk.example/x?token=aB3xY     https://disk.example/x?****
/// ```
pub(crate) fn mask_addresses(text: &str) -> Cow<'_, str> {
    const SLASHES: &str = "://";
    if !text.contains(SLASHES) {
        return Cow::Borrowed(text);
    }
    let mut masked = String::with_capacity(text.len());
    let mut left = text;
    while let Some(start) = left.find(SLASHES) {
        let (before, after) = left.split_at(start + SLASHES.len());
        let end = after.find(|c: char| c.is_whitespace() || "\"'`<>“”".contains(c));
        let (address, rest) = after.split_at(end.unwrap_or(after.len()));
        // Punctuation at the end is not part of the URL.
        let bare = address.trim_end_matches([':', ',', '.', ';', ')']);
        masked += before;
        masked += &mask_address(bare);
        masked += &address[bare.len()..];
        left = rest;
    }
    masked += left;
    Cow::Owned(masked)
}

/// Masks the part of a URL after `://`.
fn mask_address(address: &str) -> String {
    let authority_end = address.find(['/', '?', '#']).unwrap_or(address.len());
    let authority = &address[..authority_end];
    let has_colon = authority.contains(':') && !authority.starts_with('[');
    let (shown, rest) = match address.rsplit_once('@') {
        // A password may contain any character, so everything before the last `@` is masked.
        Some((before, rest)) if before.contains(':') || authority.contains('@') => {
            let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
            (format!("{MASK}@{}", &rest[..end]), &rest[end..])
        }
        _ if has_colon && !has_port(authority) => (MASK.to_owned(), &address[authority_end..]),
        _ => (authority.to_owned(), &address[authority_end..]),
    };
    match rest.find(['?', '#']) {
        Some(at) => format!("{shown}{}{}{MASK}", mask_path(&rest[..at]), &rest[at..=at]),
        None => format!("{shown}{}", mask_path(rest)),
    }
}

/// Returns whether the text after the colon is a port. Otherwise it may be part of a password.
fn has_port(authority: &str) -> bool {
    authority.rsplit_once(':').is_some_and(|(host, port)| {
        !host.contains(':') && port.len() <= 5 && port.bytes().all(|b| b.is_ascii_digit())
    })
}

/// Masks the token of a public link in a path: `/s/TOKEN` (Nextcloud, ownCloud),
/// `/public.php/dav/files/TOKEN`, `/public-files/TOKEN`.
fn mask_path(path: &str) -> String {
    let parts: Vec<&str> = path.split('/').collect();
    let is_token = |index: usize| {
        let before = |back: usize| index.checked_sub(back).map(|index| parts[index]);
        matches!(before(1), Some("s" | "public-files"))
            || [before(3), before(2), before(1)] == [Some("public.php"), Some("dav"), Some("files")]
    };
    let shown = parts.iter().enumerate().map(|(index, part)| {
        let is_hidden = !part.is_empty() && is_token(index);
        if is_hidden { MASK } else { part }
    });
    shown.collect::<Vec<_>>().join("/")
}

#[cfg(test)]
mod tests {
    use super::*;

    // Secrets are registered for the whole process, so each test uses its own.
    #[test]
    fn registered_secret_is_masked_in_every_form() {
        register("h/unter 2-é");
        // `printf 'h/unter 2-é' | base64`; Python's urllib.parse.quote(…, safe='').
        for form in
            ["h/unter 2-é", "h%2Funter%202-%C3%A9", "h%2funter%202-%c3%a9", "aC91bnRlciAyLcOp"]
        {
            assert_eq!(masked(&format!("a {form} b")), "a **** b");
            assert_eq!(masked_result(&format!("{form}!")), "****!");
        }
    }

    #[test]
    fn password_that_is_a_word_is_masked_only_in_messages() {
        register("xylophone");
        assert_eq!(masked("my xylophone"), "my ****");
        assert_eq!(masked_result("my xylophone"), "my xylophone");
        // Most texts contain this letter.
        register("q");
        assert_eq!(masked("quite"), "quite");
    }

    #[test]
    fn credentials_are_masked_in_each_line() {
        for (text, masked) in [
            ("url = https://user:p@ss/w'@host/path", "url = https://****@host/path"),
            ("one\nwebdavs://user@host", "one\nwebdavs://****@host"),
            ("https://host/path", "https://host/path"),
            ("ada:hunter2@disk.example/dav", "****@disk.example/dav"),
            ("https:/ada:hunter2@host", "****@host"),
            ("ada:hunter2@https://host", "****@https://host"),
            ("ada:p=q@host", "****@host"),
            ("ada:p://q@host", "****@host"),
            ("2 | url = \"ada:hunter2@host\"", "2 | url =****@host\""),
            ("2 | url 'ada:a=b@host'", "2 | url '****@host'"),
            ("invalid type: string \"https://ada:p@host\"", "****@host\""),
            ("url = 5", "url = 5"),
        ] {
            assert_eq!(mask_credentials(text), masked);
        }
    }

    #[test]
    fn urls_are_masked_anywhere_in_text() {
        for (text, expected) in [
            ("https://ada:pw@disk.example/dav", "https://****@disk.example/dav"),
            ("https://token@disk.example", "https://****@disk.example"),
            ("https://ada:p/w@disk.example/dav", "https://****@disk.example/dav"),
            ("https://ada:p@w@disk.example/dav", "https://****@disk.example/dav"),
            ("https://a/da:pw@disk.example/dav", "https://****@disk.example/dav"),
            ("https://ada:pwdisk.example/dav", "https://****/dav"),
            ("https://ada:pw/disk.example/dav", "https://****/disk.example/dav"),
            ("https://ada:123456/x", "https://****/x"),
            ("webdavs://ada:pw@disk.example: no", "webdavs://****@disk.example: no"),
            ("https://cloud.example/s/aB3: no", "https://cloud.example/s/****: no"),
            ("https://c.example/index.php/s/a-B_3/x", "https://c.example/index.php/s/****/x"),
            ("`https://c.example/s/aB3?path=/`", "`https://c.example/s/****?****`"),
            ("https://c.example/s/aB3#x, y", "https://c.example/s/****#****, y"),
            (
                "https://c.example/public.php/dav/files/aB3/x",
                "https://c.example/public.php/dav/files/****/x",
            ),
            (
                "https://c.example/remote.php/dav/public-files/aB3",
                "https://c.example/remote.php/dav/public-files/****",
            ),
            ("https://b.example/x?X-Amz-Signature=ab", "https://b.example/x?****"),
            ("two: https://a:b@c and https://d:e@f", "two: https://****@c and https://****@f"),
        ] {
            assert_eq!(mask_addresses(text), expected);
        }
    }

    #[test]
    fn text_without_secrets_is_unchanged() {
        for text in [
            "no address, but ada@example.org",
            "https://disk.example:8443/dav/team: the server responded 404",
            "http://127.0.0.1:8080/",
            "http://[::1]:8080/x",
            "https://disk.example/remote.php/dav/files/ada/team",
            "https://hub.example/a/b@0123",
            "s3://team/some/where",
            "file:///srv/a",
            "expected `https://HOST/PATH`, (see https://example.org).",
        ] {
            assert_eq!(masked(text), text);
        }
    }

    proptest::proptest! {
        #[test]
        fn passwords_in_urls_are_always_masked(
            password in "[a-zA-Z0-9@:/?#%.-]{0,6}Zq9vK7[a-zA-Z0-9@:/?#%.-]{0,6}",
            path in "(/[a-z0-9]{1,5}){0,3}",
        ) {
            let text = format!("see https://ada:{password}@disk.example{path} there");
            let masked = mask_addresses(&text);
            proptest::prop_assert!(!masked.contains("Zq9vK7"), "{}", masked);
        }

        #[test]
        fn masking_is_idempotent(text in "\\PC*(://\\PC*)?") {
            let masked = mask_addresses(&text).into_owned();
            proptest::prop_assert_eq!(mask_addresses(&masked).into_owned(), masked);
        }
    }
}
