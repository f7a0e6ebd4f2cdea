//! URLs: resolving references, comparing servers, and showing URLs without secrets.
//!
//! The crate `url` is not used. It follows the WHATWG standard, which changes paths: it removes `.`
//! and `..` even if they are percent-encoded, and replaces `\\` by `/`. But a remote must receive the
//! path exactly as it was configured and signed. The crate would also add six crates, and about 5
//! seconds of compile time.

use std::fmt;
use std::net::IpAddr;

use ureq::http::Uri;

use crate::secrets::mask_addresses;

/// A URL with the scheme `http` or `https`.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Url {
    is_https: bool,
    /// In lower case; an IPv6 address has its brackets.
    host: String,
    port: u16,
    /// The path, with the query if the URL has one.
    path: String,
    /// A secret part of the path, shown as `****`; empty if there is none.
    hidden: String,
}

impl Url {
    /// Parses an absolute URL. Returns `None` for an invalid URL or one with a user name.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let uri: Uri = text.parse().ok()?;
        let is_https = match uri.scheme_str()? {
            "https" => true,
            "http" => false,
            _ => return None,
        };
        let authority = uri.authority().filter(|authority| !authority.as_str().contains('@'))?;
        // A port that is not a number may be the beginning of a password.
        if authority.port_u16().is_none() && authority.as_str() != authority.host() {
            return None;
        }
        let path = uri.path_and_query().map_or("/", |path| path.as_str());
        // An empty path is the root (RFC 3986, section 6.2.3).
        let slash = if path.starts_with('/') { "" } else { "/" };
        Some(Self {
            is_https,
            host: authority.host().to_ascii_lowercase(),
            port: authority.port_u16().unwrap_or(if is_https { 443 } else { 80 }),
            path: format!("{slash}{path}"),
            hidden: String::new(),
        })
    }

    /// The URL of `path`, which begins with `/`, below this URL.
    pub(crate) fn below(&self, path: &str) -> Self {
        Self { path: format!("{}{path}", self.path.trim_end_matches('/')), ..self.clone() }
    }

    /// The URL of the parent folder, with a slash at its end; `None` for the root.
    pub(crate) fn above(&self) -> Option<Self> {
        let path = self.path.trim_end_matches('/');
        let slash = path.rfind('/')?;
        Some(Self { path: path[..=slash].to_owned(), ..self.clone() })
    }

    /// The same URL, shown with `part` as `****`, as are the URLs derived from it.
    pub(crate) fn hiding(self, part: &str) -> Self {
        Self { hidden: part.to_owned(), ..self }
    }

    /// The target of a redirect from this URL to `location`, without its fragment; `None` if the
    /// target is not a valid URL of this type.
    pub(crate) fn redirected(&self, location: &str) -> Option<Self> {
        self.resolved(location).map(|url| url.hiding(&self.hidden))
    }

    /// Resolves a reference against this URL (RFC 3986, section 5.2.2).
    fn resolved(&self, reference: &str) -> Option<Self> {
        let reference = reference.split('#').next().unwrap_or_default();
        let (scheme, rest) = match split_scheme(reference) {
            // Without an authority, the result is not a URL of `http`.
            Some((scheme, rest)) => (scheme, rest.starts_with("//").then_some(rest)?),
            None => (self.scheme(), reference),
        };
        let Some(rest) = rest.strip_prefix("//") else {
            let path = self.resolved_path(rest);
            return Self::parse(&format!("{scheme}://{}{path}", self.authority()));
        };
        let (authority, target) = rest.split_at(rest.find(['/', '?']).unwrap_or(rest.len()));
        let (path, query) = split_query(target);
        let path = without_dot_segments(path);
        Self::parse(&format!("{scheme}://{authority}{path}{query}"))
    }

    /// The path and query of a reference that has neither a scheme nor an authority.
    fn resolved_path(&self, reference: &str) -> String {
        let (base, base_query) = split_query(&self.path);
        match split_query(reference) {
            ("", "") => format!("{base}{base_query}"),
            ("", query) => format!("{base}{query}"),
            (path, query) if path.starts_with('/') => {
                format!("{}{query}", without_dot_segments(path))
            }
            (path, query) => {
                let folder = &base[..=base.rfind('/').unwrap_or_default()];
                format!("{}{query}", without_dot_segments(&format!("{folder}{path}")))
            }
        }
    }

    /// Whether the URL has a query.
    pub(crate) fn has_query(&self) -> bool {
        self.path.contains('?')
    }

    /// The host's name or address; an IPv6 address is without its brackets.
    pub(crate) fn host(&self) -> &str {
        self.host.trim_start_matches('[').trim_end_matches(']')
    }

    /// Whether `other` is on the same server.
    pub(crate) fn is_same_server(&self, other: &Self) -> bool {
        (self.is_https, &self.host, self.port) == (other.is_https, &other.host, other.port)
    }

    /// Whether a request to this URL cannot be read by others: it is encrypted or stays on this
    /// machine.
    pub(crate) fn is_private(&self) -> bool {
        self.is_https || self.is_loopback()
    }

    /// Whether the host is this machine.
    pub(crate) fn is_loopback(&self) -> bool {
        let is_loopback = |ip: IpAddr| ip.is_loopback();
        self.host == "localhost" || self.host().parse().is_ok_and(is_loopback)
    }

    /// The path, with the query if the URL has one, as in the first line of a request.
    pub(crate) fn path(&self) -> &str {
        &self.path
    }

    /// The URL as a server behind a TLS-terminating proxy would write it: with the scheme `http`,
    /// and with or without the port.
    pub(crate) fn over_http(&self, with_port: bool) -> String {
        let port = if with_port { format!(":{}", self.port) } else { String::new() };
        format!("http://{}{port}{}", self.host, self.path)
    }

    /// The host and, unless it is the scheme's default, the port, as in the header `Host`.
    pub(crate) fn authority(&self) -> String {
        let default = if self.is_https { 443 } else { 80 };
        let port = if self.port == default { String::new() } else { format!(":{}", self.port) };
        format!("{}{port}", self.host)
    }

    /// The full URL, including the query.
    pub(crate) fn full(&self) -> String {
        format!("{}://{}{}", self.scheme(), self.authority(), self.path)
    }

    fn scheme(&self) -> &'static str {
        if self.is_https { "https" } else { "http" }
    }
}

/// Splits a reference into its scheme and the text after the colon; `None` if it has no scheme (RFC
/// 3986, section 3.1).
fn split_scheme(reference: &str) -> Option<(&str, &str)> {
    let (scheme, rest) = reference.split_once(':')?;
    let is_valid = |byte: u8| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte);
    let starts_with_letter = scheme.starts_with(|c: char| c.is_ascii_alphabetic());
    (starts_with_letter && scheme.bytes().all(is_valid)).then_some((scheme, rest))
}

/// Splits a path from its query, which keeps its `?`.
fn split_query(path: &str) -> (&str, &str) {
    path.split_at(path.find('?').unwrap_or(path.len()))
}

/// Removes `.` and `..` from an absolute path (RFC 3986, section 5.2.4).
fn without_dot_segments(path: &str) -> String {
    let mut kept = Vec::new();
    let mut segments = path.split('/').skip(1).peekable();
    while let Some(segment) = segments.next() {
        match segment {
            "." => {}
            ".." => {
                kept.pop();
            }
            _ => {
                kept.push(segment);
                continue;
            }
        }
        // A path that ends with a dot segment is a folder.
        if segments.peek().is_none() {
            kept.push("");
        }
    }
    format!("/{}", kept.join("/"))
}

/// The URL without its query, which may contain a signature, and without the token of a public
/// link.
impl fmt::Display for Url {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let full = self.full();
        let shown = full.split('?').next().unwrap_or_default().trim_end_matches('/');
        let shown = mask_addresses(shown);
        if self.hidden.is_empty() {
            return f.write_str(&shown);
        }
        f.write_str(&shown.replace(&self.hidden, "****"))
    }
}

impl fmt::Debug for Url {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(text: &str) -> Url {
        Url::parse(text).unwrap()
    }

    #[test]
    fn urls_are_joined_and_shown_without_query_or_secret() {
        let hub = url("https://Hub.example/mirror/");
        assert_eq!(hub.below("/a/b").full(), "https://hub.example/mirror/a/b");
        let signed = hub.redirected("https://cdn.example:8443/x?Signature=abc").unwrap();
        assert_eq!(signed.full(), "https://cdn.example:8443/x?Signature=abc");
        assert_eq!(signed.to_string(), "https://cdn.example:8443/x");
        for (location, full) in [
            ("/api/y?z", "https://hub.example/api/y?z"),
            ("//cdn.example/y", "https://cdn.example/y"),
        ] {
            assert_eq!(hub.redirected(location).unwrap().full(), full);
        }
        let link = hub.below("/files/t0ken").hiding("t0ken").below("/x");
        assert_eq!(link.full(), "https://hub.example/mirror/files/t0ken/x");
        assert_eq!(link.to_string(), "https://hub.example/mirror/files/****/x");
        assert_eq!(link.redirected("/t0ken").unwrap().to_string(), "https://hub.example/****");
        let above = |text| Url::parse(text).unwrap().above().map(|url| url.full());
        assert_eq!(above("https://h/a/b/").as_deref(), Some("https://h/a/"));
        assert_eq!(above("https://h/a").as_deref(), Some("https://h/"));
        assert_eq!(above("https://h/"), None);
        for location in ["/a b", "ftp://x/y", "https://u:p@x/y", "javascript:x"] {
            assert_eq!(hub.redirected(location), None, "{location}");
        }
        assert_eq!(Url::parse("https://ada:hunter2/@hub.example"), None);
    }

    // The examples of RFC 3986, sections 5.4.1 and 5.4.2. Fragments are not sent to servers, so
    // `Url::parse` drops them. `g:h` and, in strict parsers, `http:g` are not URLs of `http` with a
    // host.
    #[test]
    fn references_are_resolved_as_in_rfc_3986() {
        let base = url("http://a/b/c/d;p?q");
        for (reference, expected) in [
            ("g:h", "g:h"),
            ("g", "http://a/b/c/g"),
            ("./g", "http://a/b/c/g"),
            ("g/", "http://a/b/c/g/"),
            ("/g", "http://a/g"),
            ("//g", "http://g"),
            ("?y", "http://a/b/c/d;p?y"),
            ("g?y", "http://a/b/c/g?y"),
            ("#s", "http://a/b/c/d;p?q#s"),
            ("g#s", "http://a/b/c/g#s"),
            ("g?y#s", "http://a/b/c/g?y#s"),
            (";x", "http://a/b/c/;x"),
            ("g;x", "http://a/b/c/g;x"),
            ("g;x?y#s", "http://a/b/c/g;x?y#s"),
            ("", "http://a/b/c/d;p?q"),
            (".", "http://a/b/c/"),
            ("./", "http://a/b/c/"),
            ("..", "http://a/b/"),
            ("../", "http://a/b/"),
            ("../g", "http://a/b/g"),
            ("../..", "http://a/"),
            ("../../", "http://a/"),
            ("../../g", "http://a/g"),
            ("../../../g", "http://a/g"),
            ("../../../../g", "http://a/g"),
            ("/./g", "http://a/g"),
            ("/../g", "http://a/g"),
            ("g.", "http://a/b/c/g."),
            (".g", "http://a/b/c/.g"),
            ("g..", "http://a/b/c/g.."),
            ("..g", "http://a/b/c/..g"),
            ("./../g", "http://a/b/g"),
            ("./g/.", "http://a/b/c/g/"),
            ("g/./h", "http://a/b/c/g/h"),
            ("g/../h", "http://a/b/c/h"),
            ("g;x=1/./y", "http://a/b/c/g;x=1/y"),
            ("g;x=1/../y", "http://a/b/c/y"),
            ("g?y/./x", "http://a/b/c/g?y/./x"),
            ("g?y/../x", "http://a/b/c/g?y/../x"),
            ("g#s/./x", "http://a/b/c/g#s/./x"),
            ("g#s/../x", "http://a/b/c/g#s/../x"),
            ("http:g", "http:g"),
        ] {
            assert_eq!(base.redirected(reference), Url::parse(expected), "{reference}");
        }
        assert_eq!(url("http://a?q").full(), "http://a/?q");
        // The paths of remotes are not changed.
        for text in ["http://a/b/../c/./d%2e%2E", "http://a//b%7e~"] {
            assert_eq!(url(text).full(), text);
        }
    }

    #[test]
    fn the_same_server_has_the_same_scheme_host_and_port() {
        let hub = url("https://hub.example/a");
        assert!(hub.is_same_server(&url("https://HUB.example:443/b")));
        for other in [
            "http://hub.example/a",
            "https://hub.example:444/a",
            "https://hub.example.evil/a",
            "https://cdn.hub.example/a",
        ] {
            assert!(!hub.is_same_server(&url(other)), "{other}");
        }
    }

    #[test]
    fn plain_http_is_private_on_this_machine_only() {
        for (text, is_private) in [
            ("https://hub.example", true),
            ("http://127.0.0.1:80", true),
            ("http://[::1]:8080", true),
            ("http://localhost", true),
            ("http://hub.example", false),
            ("http://10.0.0.1", false),
            ("http://localhost.hub.example", false),
            ("http://127.0.0.1.hub.example", false),
        ] {
            assert_eq!(url(text).is_private(), is_private, "{text}");
        }
    }
}
