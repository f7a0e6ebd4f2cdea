//! The credentials for one server.

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::error::{Error, Result};
use crate::secrets;

/// The credentials for one server.
#[derive(Clone, PartialEq, Eq)]
pub(crate) enum Credentials {
    /// A user and a password.
    User {
        /// The user name, which contains no `:`.
        user: Vec<u8>,
        password: Vec<u8>,
    },
    /// A token (RFC 6750). It contains only characters that are valid in a header.
    Token(String),
}

impl Credentials {
    /// Credentials of a user.
    ///
    /// # Errors
    /// If the user contains a `:`, which separates the user from the password in the header.
    pub(crate) fn new(user: &[u8], password: &[u8]) -> Result<Self> {
        secrets::register(password);
        secrets::register([user, b":", password].concat());
        if user.contains(&b':') {
            return Err(Error::new("the user name contains `:`, which HTTP does not allow"));
        }
        Ok(Self::User { user: user.to_vec(), password: password.to_vec() })
    }

    /// Credentials with a token, without surrounding blanks; `None` if it is empty or contains a
    /// character that no token has.
    pub(crate) fn token(text: &str) -> Option<Self> {
        let token = text.trim();
        secrets::register(token);
        let is_valid = !token.is_empty() && token.bytes().all(|byte| byte.is_ascii_graphic());
        is_valid.then(|| Self::Token(token.to_owned()))
    }

    /// The value of the header `Authorization` for Basic (RFC 7617) or Bearer (RFC 6750).
    pub(crate) fn header(&self) -> String {
        match self {
            Self::User { user, password } => {
                format!("Basic {}", STANDARD.encode([user, &b":"[..], password].concat()))
            }
            Self::Token(token) => format!("Bearer {token}"),
        }
    }

    /// The user and the password as text; `None` if servers could decode them differently.
    pub(crate) fn as_text(&self) -> Option<(&str, &str)> {
        let Self::User { user, password } = self else { return None };
        let user = std::str::from_utf8(user).ok().filter(|user| user.is_ascii())?;
        Some((user, std::str::from_utf8(password).ok()?))
    }
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("****")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // RFC 7617, section 2.
    #[test]
    fn the_header_matches_the_example_of_the_standard() {
        let credentials = Credentials::new(b"Aladdin", b"open sesame").unwrap();
        assert_eq!(credentials.header(), "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==");
        assert_eq!(format!("{credentials:?}"), "****");
        assert!(Credentials::new(b"a:b", b"").is_err());
    }

    // RFC 6750, section 2.1.
    #[test]
    fn a_token_is_sent_unchanged_and_never_shown() {
        let token = Credentials::token(" mF_9.B5f-4.1JqM\n").unwrap();
        assert_eq!(token.header(), "Bearer mF_9.B5f-4.1JqM");
        assert_eq!(format!("{token:?}"), "****");
        for text in ["s3cret token", "s3cret\u{e9}", "s3cret\u{7}", " "] {
            assert_eq!(Credentials::token(text), None);
        }
    }
}
