//! Asking a server: who sees the credentials, where redirects lead, what a refusal means.

use std::io::Read;
use std::time::Duration;

use ureq::http::{HeaderMap, HeaderValue, Method, Request, StatusCode, header};
use ureq::{Agent, Body, SendBody};

use super::credentials::{Login, Origin};
use super::fault::{Answer, Fault};
use crate::error::{Error, Place};
use crate::web::{Url, agent};

const MAX_REDIRECTS: usize = 5;

/// Larger bodies are sent only when the server says that it will take them.
const ASK_FIRST: u64 = 1 << 20;

pub(super) type Response = ureq::http::Response<Body>;

/// A server, and who asks it.
#[derive(Debug)]
pub(super) struct Http {
    agent: Agent,
    /// Credentials go to this one's scheme, host and port alone.
    home: Url,
    login: Login,
    /// Whether they may go over plain `http` to other machines.
    is_insecure: bool,
}

/// One request.
pub(super) struct Ask<'a> {
    pub(super) method: Method,
    pub(super) url: Url,
    pub(super) headers: HeaderMap,
    pub(super) body: Content<'a>,
}

/// What is sent along.
pub(super) enum Content<'a> {
    Nothing,
    Text(&'static str),
    /// So many bytes.
    Stream(&'a mut dyn Read, u64),
}

impl<'a> Ask<'a> {
    /// A request of nothing but its method.
    pub(super) fn new(method: Method, url: Url) -> Self {
        Self { method, url, headers: HeaderMap::new(), body: Content::Nothing }
    }

    /// With one header more.
    pub(super) fn header(mut self, name: &'static str, value: &str) -> Self {
        // A value that no header can have is left out: it could only be refused.
        if let Ok(value) = HeaderValue::from_str(value) {
            self.headers.insert(name, value);
        }
        self
    }

    /// With a body.
    pub(super) fn body(mut self, body: Content<'a>) -> Self {
        self.body = body;
        self
    }
}

impl Http {
    /// Connects to nothing yet. `stall` is how long a server may say nothing.
    pub(super) fn new(home: Url, login: Login, is_insecure: bool, stall: Duration) -> Self {
        Self { agent: agent(stall), home, login, is_insecure }
    }

    /// Asks, and follows redirects of what only reads. Statuses up to 299 are answers, and those
    /// in `accepted`.
    pub(super) fn send(&self, mut ask: Ask, accepted: &[u16]) -> Answer<Response> {
        for _ in 0..=MAX_REDIRECTS {
            let response = self.send_once(&mut ask)?;
            let Some(location) = redirect(&response) else {
                return self.check(&ask.url, response, accepted);
            };
            ask.url = self.redirected(&ask, location)?;
        }
        Err(Fault::Lasting(at(&ask.url, "redirects again and again")))
    }

    /// Where to go on asking.
    fn redirected(&self, ask: &Ask, location: &str) -> Answer<Url> {
        let url = &ask.url;
        let next = url.redirected(location).filter(|next| next.is_private() || !url.is_private());
        let next = next.ok_or_else(|| {
            Fault::Lasting(at(url, "redirects to where nobody should go, so nobody went"))
        })?;
        let is_home = self.home.is_same_server(&next);
        let may_follow = match ask.method.as_str() {
            // What is signed is signed for one server.
            _ if ask.headers.contains_key(header::AUTHORIZATION) => false,
            // What comes is compared with its SHA-256, from wherever it comes.
            "GET" | "HEAD" => true,
            // The disk itself may have another address within its server.
            "PROPFIND" => is_home,
            _ => false,
        };
        if may_follow {
            return Ok(next);
        }
        let other = if is_home { "elsewhere" } else { "another server" };
        Err(Fault::Lasting(at(url, format!("redirects to {other}, {next}; nobody went")).hint(
            "if that is where the disk is now, set the remote's URL to it; a page that wants a \
             login is reached so, too: look at the address in a browser",
        )))
    }

    fn send_once(&self, ask: &mut Ask) -> Answer<Response> {
        let url = &ask.url;
        tracing::info!(method = %ask.method, %url, "asking");
        let mut request = Request::builder().method(&ask.method).uri(url.whole());
        for (name, value) in &ask.headers {
            request = request.header(name, value);
        }
        if let Some(credentials) = self.login.credentials.as_ref().filter(|_| self.may_see(url)) {
            request = request.header(header::AUTHORIZATION, credentials.header());
        }
        let unusable = |_| Fault::Lasting(at(url, "an address that cannot be asked"));
        let answer = match &mut ask.body {
            Content::Nothing => self.agent.run(request.body(()).map_err(unusable)?),
            Content::Text(text) => self.agent.run(request.body(*text).map_err(unusable)?),
            Content::Stream(content, size) => {
                request = request.header(header::CONTENT_LENGTH, *size);
                if *size > ASK_FIRST {
                    request = request.header(header::EXPECT, "100-continue");
                }
                self.agent.run(request.body(SendBody::from_reader(content)).map_err(unusable)?)
            }
        };
        let response = answer.map_err(|error| unsent(url, error))?;
        tracing::info!(status = %response.status(), %url, "answered");
        Ok(response)
    }

    /// Whether `url` is the remote's own, and nobody can listen on the way there.
    fn may_see(&self, url: &Url) -> bool {
        self.home.is_same_server(url) && (url.is_private() || self.is_insecure)
    }

    /// The answer, if it is one.
    fn check(&self, url: &Url, response: Response, accepted: &[u16]) -> Answer<Response> {
        let status = response.status();
        if status.is_success() || accepted.contains(&status.as_u16()) {
            return Ok(response);
        }
        let error = at(url, format!("the server says {status}"));
        Err(match status.as_u16() {
            401 => Fault::Lasting(error.hint(self.unknown(url))),
            404 | 409 | 410 => Fault::Missing(error),
            412 => Fault::Taken(error),
            // 423: somebody works on it; 425: too early; 429: too many requests.
            408 | 423 | 425 | 429 | 500 | 502..=504 | 509 | 520..=599 => {
                let asked = text(&response, header::RETRY_AFTER.as_str()).and_then(seconds);
                Fault::Passing(error, asked)
            }
            _ => Fault::Lasting(match advice(status) {
                Some(advice) => error.hint(advice),
                None => error,
            }),
        })
    }

    /// What to do where the server does not know who asks.
    fn unknown(&self, url: &Url) -> String {
        let host = self.home.host();
        match &self.login.origin {
            Origin::Nowhere(file) => format!(
                "no password for the machine `{host}`: put these three lines into {}\n\
                 machine {host}\nlogin USER\npassword PASSWORD",
                file.display()
            ),
            Origin::Keys => "look at AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY".to_owned(),
            Origin::Link => "the public link is not valid, or wants a password".to_owned(),
            _ if !self.may_see(url) => "user and password were not sent, since they would not be \
                encrypted: use https, or --insecure where that does not matter"
                .to_owned(),
            Origin::Settings => "look at the user and the password in the settings".to_owned(),
            Origin::File(file) => {
                format!("look at the entry for the machine `{host}` in {}", file.display())
            }
        }
    }
}

/// What to do about a lasting refusal.
fn advice(status: StatusCode) -> Option<&'static str> {
    Some(match status.as_u16() {
        403 => "you may not do that there: ask who looks after the disk",
        405 | 501 => "the address is not one of a WebDAV disk that can be written to; look at it",
        413 => "the server takes no file this large: ask who looks after it to raise its limit",
        507 => "the disk is full, or your share of it: make room there, then run this again",
        _ => return None,
    })
}

/// An error at `url`.
pub(super) fn at(url: &Url, what: impl Into<String>) -> Error {
    Error::at(Place::file(url.to_string()), what)
}

/// The error of a page for people, as networks and disks that want a login give.
pub(super) fn login_page(url: &Url) -> Fault {
    Fault::Lasting(at(url, "a page came where a file was expected").hint(
        "this is what networks and disks that want a login send; look at the address in a browser",
    ))
}

/// Whether the answer is a page for people.
pub(super) fn is_page(response: &Response) -> bool {
    text(response, header::CONTENT_TYPE.as_str()).is_some_and(|kind| kind.starts_with("text/html"))
}

/// The header `name`, where it is text.
pub(super) fn text<'a>(response: &'a Response, name: &str) -> Option<&'a str> {
    response.headers().get(name)?.to_str().ok()
}

/// What `Retry-After` asks for: seconds, or a date (RFC 9110, section 10.2.3).
fn seconds(text: &str) -> Option<Duration> {
    if let Ok(seconds) = text.trim().parse() {
        return Some(Duration::from_secs(seconds));
    }
    let then = jiff::fmt::rfc2822::parse(text.trim()).ok()?.timestamp();
    let wait = then.duration_since(jiff::Timestamp::now());
    Some(Duration::try_from(wait).unwrap_or_default())
}

/// Where the answer leads instead, if it does.
fn redirect(response: &Response) -> Option<&str> {
    let is_redirect = matches!(response.status().as_u16(), 301 | 302 | 303 | 307 | 308);
    if is_redirect { text(response, header::LOCATION.as_str()) } else { None }
}

/// Why nothing came of a request that was not answered.
fn unsent(url: &Url, error: ureq::Error) -> Fault {
    use std::io::ErrorKind::{
        BrokenPipe, ConnectionAborted, ConnectionRefused, ConnectionReset, NotConnected, TimedOut,
        UnexpectedEof, WouldBlock,
    };
    let is_passing = match &error {
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
    let what = if is_passing { "the connection was cut" } else { "cannot be reached" };
    let error = at(url, what).caused_by(error).hint("look at the network and the remote's URL");
    if is_passing { Fault::Passing(error, None) } else { Fault::Lasting(error) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wait_is_seconds_or_a_date() {
        assert_eq!(seconds("120"), Some(Duration::from_secs(120)));
        // RFC 9110 has this date; it is past.
        assert_eq!(seconds("Fri, 31 Dec 1999 23:59:59 GMT"), Some(Duration::ZERO));
        assert_eq!(seconds("soon"), None);
        let far = seconds("Fri, 31 Dec 2100 23:59:59 GMT").unwrap();
        assert!(far > Duration::from_secs(1 << 30));
    }
}
