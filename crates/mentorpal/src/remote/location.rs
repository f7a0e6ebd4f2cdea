//! The URL of a remote, parsed.

use std::fmt;
use std::path::{Component, Path, PathBuf};

use percent_encoding::percent_decode_str;

use super::credentials::InUrl;
use crate::error::{Error, ErrorKind, Result};
use crate::secrets::{self, mask_setting};
use crate::web::Url;

/// The type and the address of a remote.
#[derive(Clone, PartialEq, Eq)]
pub(super) enum Location {
    /// A folder, `file:///…`.
    Folder(PathBuf),
    /// A WebDAV server, `http(s)://…`, with the user and the password from the URL, if any.
    Dav(Url, Option<InUrl>),
    /// A public link of Nextcloud or ownCloud, `http(s)://…/s/TOKEN`: the URL before `/s/`, and the
    /// token.
    Link(Url, String),
    /// `s3://BUCKET/PREFIX`.
    S3 {
        /// The bucket's name.
        bucket: String,
        /// The prefix of all keys, without slashes around it; empty if there is none.
        prefix: String,
    },
}

impl Location {
    /// Parses the URL of a remote.
    ///
    /// # Errors
    /// If the URL is not that of a remote. The error does not quote the user or the password.
    pub(super) fn parse(text: &str) -> Result<Self> {
        let text = text.trim();
        let wrong = |what: &str| {
            Error::new(format!("the remote `{}` {what}", mask_setting(text).escape_debug())).hint(
                "expected `https://HOST/PATH` (WebDAV, or a public link), `s3://BUCKET/PREFIX` or \
                 `file:///PATH`",
            )
        };
        let (scheme, rest) = text.split_once("://").ok_or_else(|| wrong("is not a URL"))?;
        match scheme.to_ascii_lowercase().as_str() {
            "file" => match folder(rest) {
                Some(folder) if has_parent_segment(&folder) => {
                    Err(wrong("contains `..`").hint("write the path of the folder without `..`"))
                }
                Some(folder) => Ok(Self::Folder(folder)),
                None => Err(wrong("is not an absolute path on this machine")),
            },
            "s3" => bucket(rest).ok_or_else(|| wrong("is not a bucket with an optional prefix")),
            scheme @ ("http" | "https") => {
                web(scheme, rest).ok_or_else(|| wrong("is not a valid URL"))
            }
            _ => Err(wrong("has an unknown scheme").with_kind(ErrorKind::Unsupported)),
        }
    }
}

impl fmt::Debug for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Folder(path) => write!(f, "file://{}", path.display()),
            Self::Dav(url, _) => write!(f, "{url}"),
            Self::Link(url, _) => write!(f, "{url}/s/****"),
            Self::S3 { bucket, prefix } => write!(f, "s3://{bucket}/{prefix}"),
        }
    }
}

/// Parses the rest of `file:///PATH` or `file://localhost/PATH`.
fn folder(rest: &str) -> Option<PathBuf> {
    let path = rest.strip_prefix("localhost").unwrap_or(rest);
    // A percent-encoded slash at the beginning belongs to the name of a host.
    if !path.starts_with('/') {
        return None;
    }
    let path = percent_decode_str(path).decode_utf8().ok()?;
    (!path.contains('\0')).then(|| PathBuf::from(&*path))
}

/// Whether the path contains `..`, so that it names another folder than it seems to.
fn has_parent_segment(path: &Path) -> bool {
    path.components().any(|part| part == Component::ParentDir)
}

fn bucket(rest: &str) -> Option<Location> {
    let (bucket, prefix) = rest.split_once('/').unwrap_or((rest, ""));
    let prefix = prefix.trim_matches('/');
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-._".contains(c);
    let is_part = |part: &str| !part.is_empty() && part != "." && part != "..";
    let is_prefix = prefix.is_empty() || prefix.split('/').all(is_part);
    let is_location = !bucket.is_empty()
        && bucket.chars().all(is_plain)
        && is_prefix
        && !prefix.contains(['?', '#']);
    is_location.then(|| Location::S3 { bucket: bucket.to_owned(), prefix: prefix.to_owned() })
}

/// Parses an `http` or `https` URL. The user and the password are removed from it.
fn web(scheme: &str, rest: &str) -> Option<Location> {
    let (authority, path) = match rest.find('/') {
        Some(slash) => rest.split_at(slash),
        None => (rest, "/"),
    };
    // A password may contain an `@` that is not percent-encoded.
    let (login, host) = match authority.rsplit_once('@') {
        Some((login, host)) => (Some(in_url(login)), host),
        None => (None, authority),
    };
    if host.contains(['?', '#']) || path.contains(['?', '#']) {
        return None;
    }
    let url = |path: &str| Url::parse(&format!("{scheme}://{host}{path}"));
    if let (None, Some((base, token))) = (&login, public_link(path)) {
        secrets::register(token);
        return Some(Location::Link(url(base)?, token.to_owned()));
    }
    Some(Location::Dav(url(path)?, login))
}

fn in_url(login: &str) -> InUrl {
    let decoded = |text: &str| percent_decode_str(text).collect::<Vec<u8>>();
    secrets::register(login);
    if let Some((user, password)) = login.split_once(':') {
        return InUrl { user: decoded(user), password: Some(decoded(password)) };
    }
    // A user without a password may be a token.
    secrets::register(decoded(login));
    InUrl { user: decoded(login), password: None }
}

/// Splits a path that ends with `/s/TOKEN` or `/index.php/s/TOKEN` into the part before that and
/// the token.
fn public_link(path: &str) -> Option<(&str, &str)> {
    let path = path.trim_end_matches('/');
    let (base, token) = path.rsplit_once("/s/")?;
    let is_token = !token.is_empty() && token.bytes().all(|b| b.is_ascii_alphanumeric());
    is_token.then(|| (base.strip_suffix("/index.php").unwrap_or(base), token))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dav(url: &str) -> Location {
        Location::Dav(Url::parse(url).unwrap(), None)
    }

    #[test]
    fn the_url_determines_the_type() {
        let s3 = |bucket: &str, prefix: &str| Location::S3 {
            bucket: bucket.into(),
            prefix: prefix.into(),
        };
        let link = |base: &str| Location::Link(Url::parse(base).unwrap(), "aB3".into());
        for (text, location) in [
            ("file:///srv/a%20b", Location::Folder("/srv/a b".into())),
            ("file://localhost/srv", Location::Folder("/srv".into())),
            ("file:///srv/..a/b..", Location::Folder("/srv/..a/b..".into())),
            ("s3://team", s3("team", "")),
            ("s3://team/a/b/", s3("team", "a/b")),
            ("https://disk.example/dav/", dav("https://disk.example/dav/")),
            ("HTTP://127.0.0.1:8080", dav("http://127.0.0.1:8080/")),
            ("https://cloud.example/s/aB3", link("https://cloud.example")),
            ("https://cloud.example/index.php/s/aB3/", link("https://cloud.example")),
            ("https://x.example/cloud/index.php/s/aB3", link("https://x.example/cloud")),
            ("https://disk.example/s/a/b", dav("https://disk.example/s/a/b")),
        ] {
            assert_eq!(Location::parse(text).unwrap(), location, "{text}");
        }
    }

    #[test]
    fn credentials_are_removed_from_the_url() {
        let Location::Dav(url, login) =
            Location::parse("https://ada:p%40s@s@disk.example/dav").unwrap()
        else {
            panic!()
        };
        assert_eq!(url.full(), "https://disk.example/dav");
        assert!(login == Some(in_url("ada:p%40s%40s")));
        for (text, password) in [("ada", None), ("ada:", Some(&b""[..])), ("ada:p:q", Some(b"p:q"))]
        {
            assert!(in_url(text).user == b"ada" && in_url(text).password.as_deref() == password);
        }
    }

    #[test]
    fn invalid_urls_are_refused_without_quoting_the_password() {
        for text in [
            "",
            "disk.example/dav",
            "ada:hunter2@disk.example/dav",
            "https:/ada:hunter2@disk.example",
            "ftp://ada:hunter2@disk.example",
            "https://ada:hunter2@",
            "https://ada:hunter2@disk.example/?x",
            "https://ada:hunter2@disk.example?x",
            "https://disk.example#x",
            "file://other/x",
            "file://",
            "file://srv",
            "file://./srv",
            "file://%2Fsrv",
            "file:srv",
            "file:///root/../etc",
            "file:///..",
            "file:///root/%2e%2E/etc",
            "file:///root%2F..%2Fetc",
            "s3://",
            "s3://a b",
            "s3://team/../other",
            "webdav://ada:hunter2@disk.example",
            // A slash in a password must be written `%2F`: it ends the host.
            "https://ada:hunter2/@disk.example/dav",
            // An `@` or a slash was forgotten, or both.
            "https://ada:hunter2disk.example/dav",
            "https://ada:hunter2/dav",
            "https:/ada:hunter2disk.example/dav",
            "https:ada:hunter2@disk.example/dav",
            "ada:hunter2disk.example/dav",
            "https://disk.example/dav?password=hunter2",
            "https://cloud.example/s/hunter2?path=/",
            "https://cloud.example/index.php/s/hunter2#x",
            "s3://AKIA:hunter2@team/x",
            "s3://team/x?X-Amz-Signature=hunter2",
        ] {
            let error = Location::parse(text).unwrap_err();
            let shown = format!("{error} {error:?} {}", error.reason());
            assert!(!shown.contains("hunter2"), "{shown}");
            assert!(error.hint_text().is_some(), "{text}");
        }
    }
}
