//! Responses: redirects, error statuses, and how long to wait before a retry.

use std::io::{self, Read};
use std::time::Duration;

use rustls::CertificateError;
use ureq::Body;
use ureq::http::{StatusCode, header};

use super::body::{Paced, interrupted};
use super::retry::{RequestError, RequestResult};
use super::url::Url;
use crate::error::{Error, ErrorKind, Location};

/// The most redirects in a row that are followed.
pub(crate) const MAX_REDIRECTS: usize = 5;

pub(crate) type Response = ureq::http::Response<Body>;

/// An error at `url`.
pub(crate) fn at(url: &Url, what: impl Into<String>) -> Error {
    Error::at(Location::file(url.to_string()), what)
}

/// The value of the header `name`, if it is ASCII text.
pub(crate) fn text<'a>(response: &'a Response, name: &str) -> Option<&'a str> {
    response.headers().get(name)?.to_str().ok()
}

/// Whether the response is labelled as an HTML page, such as a login page.
pub(crate) fn is_page(response: &Response) -> bool {
    text(response, header::CONTENT_TYPE.as_str()).is_some_and(|kind| kind.starts_with("text/html"))
}

/// Whether content with this beginning is an HTML page, regardless of its label.
pub(crate) fn begins_a_page(beginning: &[u8]) -> bool {
    let text = beginning.strip_prefix(b"\xef\xbb\xbf").unwrap_or(beginning).trim_ascii_start();
    ["<!doctype html", "<html", "<!--", "<head", "<?xml"].iter().any(|start| {
        text.get(..start.len()).is_some_and(|text| text.eq_ignore_ascii_case(start.as_bytes()))
    })
}

/// The position of the first byte of the content: 0 for a response with the complete file; `None` if a
/// response with a part does not say which one it is.
#[cfg(feature = "s3")]
pub(crate) fn range_start(response: &Response) -> Option<u64> {
    if response.status() != StatusCode::PARTIAL_CONTENT {
        return Some(0);
    }
    content_range(response).map(|(start, _)| start)
}

/// The first byte and, if known, the size of the complete file, from the header `Content-Range`.
pub(crate) fn content_range(response: &Response) -> Option<(u64, Option<u64>)> {
    let range = text(response, header::CONTENT_RANGE.as_str())?.strip_prefix("bytes ")?;
    let (range, size) = range.split_once('/')?;
    Some((range.split_once('-')?.0.parse().ok()?, size.parse().ok()))
}

/// The target of the redirect that the response from `url` is, if it is one.
///
/// # Errors
/// If the target is not a URL of `http` or `https`, or is unencrypted while `url` is not.
pub(crate) fn redirect(url: &Url, response: &Response) -> RequestResult<Option<Url>> {
    if !matches!(response.status().as_u16(), 301 | 302 | 303 | 307 | 308) {
        return Ok(None);
    }
    let Some(location) = text(response, header::LOCATION.as_str()) else { return Ok(None) };
    let next = url.redirected(location).filter(|next| next.is_private() || !url.is_private());
    next.map(Some).ok_or_else(|| {
        RequestError::Permanent(
            at(url, "a redirect to an unsupported URL was not followed")
                .with_kind(ErrorKind::Unreachable),
        )
    })
}

/// The error of more than [`MAX_REDIRECTS`] redirects.
pub(crate) fn too_many_redirects(url: &Url) -> RequestError {
    let what = format!("too many redirects (limit {MAX_REDIRECTS})");
    RequestError::Permanent(at(url, what).with_kind(ErrorKind::Unreachable))
}

/// The error of a response whose status is not a success.
pub(crate) fn refusal(url: &Url, response: &Response) -> RequestError {
    let status = response.status();
    let error = at(url, format!("the server responded {status}")).with_kind(kind_of(status));
    match status.as_u16() {
        404 | 409 | 410 => RequestError::NotFound(error),
        412 => RequestError::AlreadyExists(error),
        _ if is_transient(status) => {
            let requested = text(response, header::RETRY_AFTER.as_str()).and_then(seconds);
            RequestError::Transient(error, requested)
        }
        _ => RequestError::Permanent(error),
    }
}

/// The kind of the error with this status.
pub(crate) fn kind_of(status: StatusCode) -> ErrorKind {
    match status.as_u16() {
        401 | 403 | 407 => ErrorKind::Unauthorized,
        404 | 410 => ErrorKind::NotFound,
        409 | 423 => ErrorKind::Conflict,
        412 => ErrorKind::AlreadyExists,
        507 => ErrorKind::OutOfSpace,
        400 | 405 | 406 | 411..=417 | 501 | 505 => ErrorKind::Unsupported,
        _ => ErrorKind::Unreachable,
    }
}

/// Whether a retry may succeed. 423: locked; 425: too early; 429: too many requests.
fn is_transient(status: StatusCode) -> bool {
    matches!(status.as_u16(), 408 | 423 | 425 | 429 | 500 | 502..=504 | 509 | 520..=599)
}

/// The wait of a `Retry-After` header: seconds, or a date (RFC 9110, section 10.2.3).
fn seconds(text: &str) -> Option<Duration> {
    if let Ok(seconds) = text.trim().parse() {
        return Some(Duration::from_secs(seconds));
    }
    let then = jiff::fmt::rfc2822::parse(text.trim()).ok()?.timestamp();
    let wait = then.duration_since(jiff::Timestamp::now());
    Some(Duration::try_from(wait).unwrap_or_default())
}

/// The longest body that is drained, in bytes.
const MAX_DRAINED: u64 = 1 << 16;

/// The longest time that draining may take: making another connection takes less time.
const MAX_DRAIN_TIME: Duration = Duration::from_secs(2);

/// Reads and discards the rest of a short body, so that its connection, which may have cost several
/// round trips, can be used again.
pub(crate) fn drain_body(response: Response) {
    let length = text(&response, header::CONTENT_LENGTH.as_str());
    if length
        .and_then(|length| length.parse().ok())
        .is_some_and(|length: u64| length <= MAX_DRAINED)
    {
        // An error here has no consequence: the connection is not used again.
        let reader = Paced::new(response.into_body().into_reader(), MAX_DRAIN_TIME);
        let _ = io::copy(&mut reader.take(MAX_DRAINED), &mut io::sink());
    }
}

/// The error of a body that ended too early or came too slowly.
pub(crate) fn truncated(url: &Url, error: io::Error) -> RequestError {
    interrupted(Location::file(url.to_string()), error)
}

const CUT: &str = "the connection was closed too early";

/// The error of a request without a response; `hint` is what to check.
pub(super) fn unsent(url: &Url, error: ureq::Error, hint: &str) -> RequestError {
    use std::io::ErrorKind::{
        BrokenPipe, ConnectionAborted, ConnectionRefused, ConnectionReset, NotConnected, TimedOut,
        UnexpectedEof, WouldBlock,
    };
    let is_transient = match &error {
        ureq::Error::Io(error) => matches!(
            error.kind(),
            BrokenPipe
                | ConnectionAborted
                | ConnectionRefused
                | ConnectionReset
                | NotConnected
                | TimedOut
                | UnexpectedEof
                | WouldBlock
        ),
        ureq::Error::Timeout(_) | ureq::Error::Protocol(_) => true,
        _ => false,
    };
    let what = if is_transient { CUT } else { "cannot be reached" };
    let hint = certificate_error(&error).map_or(hint, |error| certificate_hint(error)).to_owned();
    let error = at(url, what).with_kind(ErrorKind::Unreachable).caused_by(error).hint(hint);
    if is_transient { RequestError::Transient(error, None) } else { RequestError::Permanent(error) }
}

/// The error of the server's certificate, if that is the cause of the error.
fn certificate_error(error: &ureq::Error) -> Option<&CertificateError> {
    let error = match error {
        ureq::Error::Rustls(error) => error,
        ureq::Error::Io(error) => error.get_ref()?.downcast_ref()?,
        _ => return None,
    };
    match error {
        rustls::Error::InvalidCertificate(error) => Some(error),
        _ => None,
    }
}

/// The hint for a faulty certificate.
fn certificate_hint(error: &CertificateError) -> &'static str {
    use CertificateError::{
        Expired, ExpiredContext, NotValidForName, NotValidForNameContext, NotValidYet,
        NotValidYetContext, UnknownIssuer,
    };
    match error {
        UnknownIssuer => {
            "this machine does not trust the authority that issued the server's certificate: set \
             SSL_CERT_FILE to a PEM file with the certificates of all authorities to trust, or, for \
             a remote, name one with this authority's in `ca_file` under [remote] in mentorpal.toml"
        }
        Expired | ExpiredContext { .. } | NotValidYet | NotValidYetContext { .. } => {
            "the server's certificate has expired or is not valid yet: check this machine's clock, \
             or ask the server's administrator to renew it"
        }
        NotValidForName | NotValidForNameContext { .. } => {
            "the server's certificate is for other names: check the host in the URL"
        }
        _ => {
            "the server's certificate cannot be used: ask the server's administrator; a self-signed \
             one must have `basicConstraints = CA:FALSE`"
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_html_page_is_recognized_by_its_first_bytes() {
        for page in ["<!DOCTYPE html><p>", "\u{feff}\n <HTML lang=en>", "<?xml version='1.0'?>"] {
            assert!(begins_a_page(page.as_bytes()), "{page}");
        }
        for file in ["", "<", "{\"a\": \"<html>\"}", "<htm", "---\nlicense: mit\n"] {
            assert!(!begins_a_page(file.as_bytes()), "{file}");
        }
    }

    #[test]
    fn retry_after_is_seconds_or_a_date() {
        assert_eq!(seconds("120"), Some(Duration::from_secs(120)));
        // RFC 9110 has this date; it is past.
        assert_eq!(seconds("Fri, 31 Dec 1999 23:59:59 GMT"), Some(Duration::ZERO));
        assert_eq!(seconds("soon"), None);
        let far = seconds("Fri, 31 Dec 2100 23:59:59 GMT").unwrap();
        assert!(far > Duration::from_secs(1 << 30));
    }
}
