//! Asking a server: who sees the credentials, where redirects lead, what a refusal means.

use std::io::Read;
use std::time::Duration;

use ureq::SendBody;
use ureq::http::{HeaderMap, HeaderValue, Method, Request, StatusCode, header};

use super::credentials::{Login, Origin};
use crate::web::{
    Agent, Answer, Fault, MAX_REDIRECTS, Response, Url, at, redirect, redirects_again, refusal,
    spend,
};

/// What to look at where a server does not answer.
const UNREACHED: &str = "look at the network and the remote's URL";

/// Larger bodies are sent only when the server says that it will take them.
const ASK_FIRST: u64 = 1 << 20;

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
        Self { agent: Agent::new(stall), home, login, is_insecure }
    }

    /// Asks, and follows redirects of what only reads. Statuses up to 299 are answers, and those
    /// in `accepted`.
    pub(super) fn send(&self, mut ask: Ask, accepted: &[u16]) -> Answer<Response> {
        for _ in 0..=MAX_REDIRECTS {
            let response = self.send_once(&mut ask)?;
            let Some(next) = redirect(&ask.url, &response)? else {
                return self.check(&ask.url, response, accepted);
            };
            spend(response);
            self.check_redirect(&ask, &next)?;
            ask.url = next;
        }
        Err(redirects_again(&ask.url))
    }

    /// The answer to a request that is not sent on, if it is one, as of [`send`](Self::send).
    pub(super) fn judge(
        &self,
        ask: &Ask,
        response: Response,
        accepted: &[u16],
    ) -> Answer<Response> {
        if let Some(next) = redirect(&ask.url, &response)? {
            spend(response);
            self.check_redirect(ask, &next)?;
            return Err(redirects_again(&ask.url));
        }
        self.check(&ask.url, response, accepted)
    }

    /// Whether the redirect to `next` may be followed.
    fn check_redirect(&self, ask: &Ask, next: &Url) -> Answer<()> {
        let is_home = self.home.is_same_server(next);
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
            return Ok(());
        }
        let other = if is_home { "elsewhere" } else { "another server" };
        Err(Fault::Lasting(
            at(&ask.url, format!("redirects to {other}, {next}; nobody went")).hint(
                "if that is where the disk is now, set the remote's URL to it; a page that wants a \
             login is reached so, too: look at the address in a browser",
            ),
        ))
    }

    /// Asks once: the answer, whatever its status.
    pub(super) fn send_once(&self, ask: &mut Ask) -> Answer<Response> {
        let url = &ask.url;
        let mut request = Request::builder().method(&ask.method);
        for (name, value) in &ask.headers {
            request = request.header(name, value);
        }
        if let Some(credentials) = self.login.credentials.as_ref().filter(|_| self.may_see(url)) {
            request = request.header(header::AUTHORIZATION, credentials.header());
        }
        match &mut ask.body {
            Content::Nothing => self.agent.ask(url, request, (), UNREACHED),
            Content::Text(text) => self.agent.ask(url, request, *text, UNREACHED),
            Content::Stream(content, size) => {
                request = request.header(header::CONTENT_LENGTH, *size);
                if *size > ASK_FIRST {
                    request = request.header(header::EXPECT, "100-continue");
                }
                self.agent.ask(url, request, SendBody::from_reader(content), UNREACHED)
            }
        }
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
        let fault = refusal(url, &response);
        spend(response);
        Err(match (fault, advice(status)) {
            (Fault::Lasting(error), _) if status == StatusCode::UNAUTHORIZED => {
                Fault::Lasting(error.hint(self.unknown(url)))
            }
            (Fault::Lasting(error), Some(advice)) => Fault::Lasting(error.hint(advice)),
            (fault, _) => fault,
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

/// The error of a page for people, as networks and disks that want a login give.
pub(super) fn login_page(url: &Url) -> Fault {
    Fault::Lasting(at(url, "a page came where a file was expected").hint(
        "this is what networks and disks that want a login send; look at the address in a browser",
    ))
}
