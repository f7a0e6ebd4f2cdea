//! Masks secrets in text that is printed: the passwords, tokens and keys that this run knows, and
//! the parts of web addresses that may hold one.
//!
//! Whoever reads a secret tells it to [`keep`]; whoever prints calls [`masked`] (messages) or
//! [`masked_result`] (results). Nothing else has to think of it.

use std::borrow::Cow;
use std::sync::{PoisonError, RwLock};

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use crate::error::mask_credentials;

/// What stands in a secret's place.
const MASK: &str = "****";

/// A shorter secret is not looked for in text: nearly every text would hold it by chance.
const SHORTEST: usize = 4;

/// A shorter secret is not looked for in results, nor is one of letters alone: results are text of
/// the mentor's own, where a password that is an ordinary word stands by chance.
const SHORTEST_IN_RESULTS: usize = 8;

/// What addresses write otherwise (RFC 3986, section 2.3).
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// The secrets of this run in every form in which they may be printed, the longest first.
static KNOWN: RwLock<Vec<String>> = RwLock::new(Vec::new());

/// Keeps `secret` from being printed from now on.
pub(crate) fn keep(secret: impl AsRef<[u8]>) {
    let secret = secret.as_ref();
    let mut known = KNOWN.write().unwrap_or_else(PoisonError::into_inner);
    for form in forms(secret) {
        if form.len() >= SHORTEST && !known.contains(&form) {
            known.push(form);
        }
    }
    known.sort_by_key(|form| std::cmp::Reverse(form.len()));
}

/// The forms in which a secret may be printed: as it is, in an address, quoted, in a header.
fn forms(secret: &[u8]) -> Vec<String> {
    let mut forms = Vec::new();
    if let Ok(text) = str::from_utf8(secret) {
        let encoded = utf8_percent_encode(text, RESERVED).to_string();
        let small = percent_in_small_letters(&encoded);
        forms.extend([text.to_owned(), encoded, small, text.escape_debug().to_string()]);
    }
    // Without its end, which differs where more follows.
    let begins = |text: String| text[..(secret.len() * 4 / 3).min(text.len())].to_owned();
    forms.extend([begins(STANDARD.encode(secret)), begins(URL_SAFE.encode(secret))]);
    forms
}

/// `%2F` as `%2f`.
fn percent_in_small_letters(encoded: &str) -> String {
    let mut parts = encoded.split('%');
    let mut text = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (digits, rest) = part.split_at(2.min(part.len()));
        text += &format!("%{}{rest}", digits.to_ascii_lowercase());
    }
    text
}

/// A message with every secret masked: those that are known, and whatever in an address may be one.
pub(crate) fn masked(text: &str) -> Cow<'_, str> {
    let found = mask_known(text, |_| true);
    match mask_addresses(&found) {
        Cow::Borrowed(_) => found,
        Cow::Owned(masked) => Cow::Owned(masked),
    }
}

/// A result with every secret masked that is known, and that is no ordinary word.
pub(crate) fn masked_result(text: &str) -> Cow<'_, str> {
    mask_known(text, |secret| {
        secret.len() >= SHORTEST_IN_RESULTS && !secret.chars().all(char::is_alphabetic)
    })
}

fn mask_known(text: &str, is_meant: impl Fn(&str) -> bool) -> Cow<'_, str> {
    let known = KNOWN.read().unwrap_or_else(PoisonError::into_inner);
    let mut text = Cow::Borrowed(text);
    for secret in known.iter().filter(|secret| is_meant(secret)) {
        if text.contains(secret.as_str()) {
            text = Cow::Owned(text.replace(secret.as_str(), MASK));
        }
    }
    text
}

/// What a setting holds that should be the address of a remote, masked although it is none: the
/// slashes, the `@`, or both may have been forgotten.
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

/// Text with the parts of its web addresses masked that may hold a secret: a user and a password,
/// also where the `@` after them was forgotten; the token of a public link; the query.
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
        // What ends a sentence or a place is no part of the address.
        let bare = address.trim_end_matches([':', ',', '.', ';', ')']);
        masked += before;
        masked += &mask_address(bare);
        masked += &address[bare.len()..];
        left = rest;
    }
    masked += left;
    Cow::Owned(masked)
}

/// What follows `://` of an address, masked.
fn mask_address(address: &str) -> String {
    let authority_end = address.find(['/', '?', '#']).unwrap_or(address.len());
    let authority = &address[..authority_end];
    let has_colon = authority.contains(':') && !authority.starts_with('[');
    let (shown, rest) = match address.rsplit_once('@') {
        // A password may hold anything, so all goes to the last `@`.
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

/// Whether what follows the colon is a port: else it may be the beginning of a password.
fn has_port(authority: &str) -> bool {
    authority.rsplit_once(':').is_some_and(|(host, port)| {
        !host.contains(':') && port.len() <= 5 && port.bytes().all(|b| b.is_ascii_digit())
    })
}

/// A path with the token of a public link masked: `/s/TOKEN` (Nextcloud, ownCloud),
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

    // The secrets are the run's, and other tests run beside: each test has its own words.
    #[test]
    fn a_known_secret_is_masked_in_every_form() {
        keep("h/unter 2-é");
        // `printf 'h/unter 2-é' | base64`; Python's urllib.parse.quote(…, safe='').
        for form in
            ["h/unter 2-é", "h%2Funter%202-%C3%A9", "h%2funter%202-%c3%a9", "aC91bnRlciAyLcOp"]
        {
            assert_eq!(masked(&format!("a {form} b")), "a **** b");
            assert_eq!(masked_result(&format!("{form}!")), "****!");
        }
    }

    #[test]
    fn a_password_that_is_a_word_is_masked_in_messages_alone() {
        keep("xylophone");
        assert_eq!(masked("my xylophone"), "my ****");
        assert_eq!(masked_result("my xylophone"), "my xylophone");
        // Text would be full of it.
        keep("q");
        assert_eq!(masked("quite"), "quite");
    }

    #[test]
    fn addresses_are_masked_wherever_they_stand() {
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
    fn what_holds_no_secret_is_left_as_it_is() {
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
        fn no_password_in_an_address_is_left(
            password in "[a-zA-Z0-9@:/?#%.-]{0,6}Zq9vK7[a-zA-Z0-9@:/?#%.-]{0,6}",
            path in "(/[a-z0-9]{1,5}){0,3}",
        ) {
            let text = format!("see https://ada:{password}@disk.example{path} there");
            let masked = mask_addresses(&text);
            proptest::prop_assert!(!masked.contains("Zq9vK7"), "{}", masked);
        }

        #[test]
        fn any_text_can_be_masked(text in "\\PC*(://\\PC*)?") {
            let masked = mask_addresses(&text).into_owned();
            proptest::prop_assert_eq!(mask_addresses(&masked).into_owned(), masked);
        }
    }
}
