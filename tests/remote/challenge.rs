//! The authentication of the test server, as RFC 7616 and RFC 6750 require it.

use std::collections::BTreeSet;

use mentorpal::sha256;

use super::server::{BASIC, PASSWORD, USER};
use crate::support::Request;

/// The authentication scheme that the server requires.
#[derive(Default)]
pub(super) enum Wants {
    #[default]
    Basic,
    /// Digest with SHA-256.
    Digest(Nonce),
    /// A bearer token.
    Bearer(&'static str),
    /// A scheme that only machines in a company domain support.
    Negotiate,
}

/// A nonce that is valid for a limited number of requests.
#[derive(Default)]
pub(super) struct Nonce {
    pub(super) uses: usize,
    number: usize,
    /// The request counts that were sent with this nonce.
    counts: BTreeSet<String>,
}

impl Nonce {
    /// Creates a nonce for a number of requests; further nonces follow.
    pub(super) fn of(uses: usize) -> Self {
        Self { uses, ..Self::default() }
    }
}

impl Wants {
    /// Returns the challenges for an unauthenticated request; none for an authenticated one.
    pub(super) fn challenges(&mut self, request: &Request) -> Option<Vec<String>> {
        let shown = request.header("authorization");
        match self {
            Self::Basic if shown.as_deref() == Some(BASIC) => None,
            Self::Basic => Some(vec!["Basic realm=\"disk\"".to_owned()]),
            Self::Bearer(token) if shown == Some(format!("Bearer {token}")) => None,
            Self::Bearer(_) => Some(vec!["Bearer realm=\"disk\"".to_owned()]),
            Self::Negotiate => Some(vec!["Negotiate".to_owned(), "NTLM".to_owned()]),
            Self::Digest(nonce) => nonce.challenge(shown.as_deref(), request),
        }
    }
}

impl Nonce {
    fn challenge(&mut self, shown: Option<&str>, request: &Request) -> Option<Vec<String>> {
        let is_proven = shown.is_some_and(|shown| is_proof(shown, request));
        let value = |key| parameter(shown.unwrap_or_default(), key);
        let is_new = value("nonce") == self.text() && self.counts.len() < self.uses;
        if is_proven && is_new && self.counts.insert(value("nc")) {
            return None;
        }
        // The nonce has expired or is unknown: the server sends the next one.
        if is_proven && value("nonce") == self.text() {
            self.number += 1;
            self.counts.clear();
        }
        let stale = if is_proven { ", stale=true" } else { "" };
        Some(vec![format!(
            "Digest realm=\"disk\", nonce=\"{}\", algorithm=SHA-256, qop=\"auth\"{stale}",
            self.text()
        )])
    }

    fn text(&self) -> String {
        format!("nonce-{}", self.number)
    }
}

/// Returns the value of a parameter of the header, without quotes.
fn parameter(header: &str, key: &str) -> String {
    let mut parameters = header.split_once(' ').map_or("", |(_, rest)| rest).split(", ");
    let of_key = |pair: &str| pair.strip_prefix(key)?.strip_prefix('=').map(str::to_owned);
    parameters.find_map(of_key).unwrap_or_default().trim_matches('"').to_owned()
}

/// Returns whether the header proves that the client has the password (RFC 7616, section 3.4.1).
fn is_proof(header: &str, request: &Request) -> bool {
    let value = |key| parameter(header, key);
    let h = |text: String| sha256::digest(text.as_bytes());
    let secret = h(format!("{USER}:disk:{PASSWORD}"));
    let what = h(format!("{}:{}", request.method, request.path));
    let (nonce, nc, cnonce) = (value("nonce"), value("nc"), value("cnonce"));
    let expected = h(format!("{secret}:{nonce}:{nc}:{cnonce}:auth:{what}"));
    header.starts_with("Digest ")
        && value("username") == USER
        && value("uri") == request.path
        && value("response") == expected
}
