//! Credentials: from the settings, or else from the first `.netrc` file with an entry for the host
//! (and the user).

use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::netrc;
use crate::error::{Error, Location, Result};
use crate::files;
use crate::secrets;

/// The credentials for one server.
#[derive(Clone, PartialEq, Eq)]
pub(super) enum Credentials {
    /// A user and a password.
    User {
        /// The user name, which contains no `:`.
        user: Vec<u8>,
        password: Vec<u8>,
    },
    /// A token (RFC 6750). It contains only characters that are valid in a header.
    Token(String),
}

/// The credentials in a URL.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct InUrl {
    pub(super) user: Vec<u8>,
    /// `None` if no `:` follows the user.
    pub(super) password: Option<Vec<u8>>,
}

/// The result of looking for credentials.
#[derive(Clone, Debug)]
pub(super) struct Login {
    /// The credentials, if any were found.
    pub(super) credentials: Option<Credentials>,
    /// The source of the credentials, or the place where they are expected.
    pub(super) origin: Origin,
    /// A warning for the user.
    pub(super) warning: Option<String>,
}

/// The source of credentials.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Origin {
    /// The settings, or the remote's URL.
    Settings,
    /// The variable `MENTORPAL_REMOTE_TOKEN`.
    Token,
    /// The access keys of a bucket.
    Keys,
    /// A public link, which contains its token.
    Link,
    /// A `.netrc` file.
    File(PathBuf),
    /// No source; the credentials are expected in this `.netrc` file.
    Nowhere(PathBuf),
}

impl Credentials {
    /// Credentials of a user.
    ///
    /// # Errors
    /// If the user contains a `:`, which separates the user from the password in the header.
    pub(super) fn new(user: &[u8], password: &[u8]) -> Result<Self> {
        secrets::register(password);
        secrets::register([user, b":", password].concat());
        if user.contains(&b':') {
            return Err(Error::new("a user's name with a `:`, which servers cannot be told"));
        }
        Ok(Self::User { user: user.to_vec(), password: password.to_vec() })
    }

    /// Credentials with a token, without surrounding blanks.
    ///
    /// # Errors
    /// If the token contains an invalid character. The error does not quote the token.
    pub(super) fn token(text: &str) -> Result<Self> {
        let token = text.trim();
        secrets::register(token);
        if token.is_empty() || !token.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(Error::new("MENTORPAL_REMOTE_TOKEN is not a token")
                .hint("expected the token alone: letters, digits and signs without spaces"));
        }
        Ok(Self::Token(token.to_owned()))
    }

    /// The value of the header `Authorization` for Basic (RFC 7617) or Bearer (RFC 6750).
    pub(super) fn header(&self) -> String {
        match self {
            Self::User { user, password } => {
                format!("Basic {}", STANDARD.encode([user, &b":"[..], password].concat()))
            }
            Self::Token(token) => format!("Bearer {token}"),
        }
    }

    /// The user and the password as text; `None` if servers could decode them differently.
    pub(super) fn as_text(&self) -> Option<(&str, &str)> {
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

/// The paths of the `.netrc` files to read, the workspace's first.
pub(super) fn netrc_files(
    workspace: &Path,
    environment: impl Fn(&str) -> Option<String>,
    home: Option<PathBuf>,
) -> Vec<PathBuf> {
    let mut files = vec![workspace.join(".netrc")];
    files.extend(environment("NETRC").map(PathBuf::from));
    files.extend(home.map(|home| home.join(".netrc")));
    files
}

/// Looks in `files` for the credentials for `machine`, and for `user` if one is given. Missing
/// credentials are expected in the first file.
///
/// # Errors
/// If a file exists but cannot be read or parsed.
pub(super) fn look_up(files: &[PathBuf], machine: &str, user: Option<&[u8]>) -> Result<Login> {
    for path in files {
        if files::is_absent(path) {
            continue;
        }
        let found = netrc::find(&files::read(path)?, machine, user)
            .map_err(|(row, error)| error.or_at(Location::file(path).row(row)))?;
        let Some(netrc::NetrcLogin { user, password }) = found else { continue };
        let credentials =
            Credentials::new(&user, &password).map_err(|e| e.or_at(Location::file(path)))?;
        let origin = Origin::File(path.clone());
        return Ok(Login {
            credentials: Some(credentials),
            origin,
            warning: readable_by_others(path),
        });
    }
    let origin = Origin::Nowhere(files.first().cloned().unwrap_or_default());
    Ok(Login { credentials: None, origin, warning: None })
}

/// Returns a warning if other users can read the file.
#[cfg(unix)]
fn readable_by_others(path: &Path) -> Option<String> {
    use std::os::unix::fs::PermissionsExt;
    let mode = fs::metadata(path).ok()?.permissions().mode();
    (mode & 0o077 != 0).then(|| {
        let path = path.display();
        format!("{path}: others on this machine may read your password; run `chmod 600 {path}`")
    })
}

/// Returns no warning, because this platform has no file modes.
#[cfg(not(unix))]
fn readable_by_others(path: &Path) -> Option<String> {
    let _ = fs::metadata(path);
    None
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
    fn a_token_is_sent_unchanged_and_never_quoted() {
        let token = Credentials::token(" mF_9.B5f-4.1JqM\n").unwrap();
        assert_eq!(token.header(), "Bearer mF_9.B5f-4.1JqM");
        assert_eq!(format!("{token:?}"), "****");
        for text in ["s3cret token", "s3cret\u{e9}", "s3cret\u{7}", " "] {
            let error = Credentials::token(text).unwrap_err();
            assert!(!format!("{error:?}").contains("s3cret"), "{error:?}");
        }
    }

    #[test]
    fn the_first_file_with_an_entry_for_the_machine_is_used() {
        let folder = tempfile::tempdir().unwrap();
        let file = |name: &str, text: &str| {
            let path = folder.path().join(name);
            fs::write(&path, text).unwrap();
            path
        };
        let files = [
            folder.path().join("absent"),
            file("other", "machine other.example login x password y"),
            file("first", "machine disk.example login a password b"),
            file("second", "machine disk.example login c password d"),
        ];
        let login = look_up(&files, "disk.example", None).unwrap();
        assert_eq!(login.credentials, Some(Credentials::new(b"a", b"b").unwrap()));
        assert_eq!(login.origin, Origin::File(files[2].clone()));
        let login = look_up(&files, "disk.example", Some(b"c")).unwrap();
        assert_eq!(login.credentials, Some(Credentials::new(b"c", b"d").unwrap()));
        assert_eq!(login.origin, Origin::File(files[3].clone()));
        let login = look_up(&files, "unknown.example", None).unwrap();
        assert_eq!(login.credentials, None);
        assert_eq!(login.origin, Origin::Nowhere(files[0].clone()));
    }
}
