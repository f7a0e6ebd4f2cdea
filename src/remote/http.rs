//! Asking a server: who sees the credentials, where redirects lead, what a refusal means.

use std::io::{self, Read};
use std::time::Duration;

use ureq::SendBody;
use ureq::http::{HeaderMap, HeaderValue, Method, Request, StatusCode, header};

use super::authorization::{Authorization, Offer, Shown};
use super::credentials::{Login, Origin};
use crate::error::Error;
use crate::web::{
    Agent, MAX_REDIRECTS, RequestError, RequestResult, Response, Url, at, redirect,
    redirects_again, refusal, spend,
};

/// What to look at where a server does not answer.
const UNREACHED: &str = "look at the network and the remote's URL";

/// Larger bodies are sent only when the server says that it will take them.
const ASK_FIRST: u64 = 1 << 20;

/// How often a request is sent that the server wants to be shown anew who asks.
const SHOWINGS: usize = 3;

/// A server, and who asks it.
#[derive(Debug)]
pub(super) struct Http {
    agent: Agent,
    /// Credentials go to this one's scheme, host and port alone.
    home: Url,
    authorization: Authorization,
    /// Where the credentials came from, or where they belong.
    origin: Origin,
    /// Whether they may go over plain `http` to other machines.
    is_insecure: bool,
}

/// One request.
pub(super) struct HttpRequest<'a> {
    pub(super) method: Method,
    pub(super) url: Url,
    pub(super) headers: HeaderMap,
    pub(super) body: RequestBody<'a>,
}

/// What is sent along.
pub(super) enum RequestBody<'a> {
    Empty,
    Text(&'static str),
    /// So many bytes.
    Stream(&'a mut dyn Read, u64),
}

impl<'a> HttpRequest<'a> {
    /// A request of nothing but its method.
    pub(super) fn new(method: Method, url: Url) -> Self {
        Self { method, url, headers: HeaderMap::new(), body: RequestBody::Empty }
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
    pub(super) fn body(mut self, body: RequestBody<'a>) -> Self {
        self.body = body;
        self
    }
}

impl Http {
    /// Asks through `agent`; connects to nothing yet.
    pub(super) fn new(agent: Agent, home: Url, login: Login, is_insecure: bool) -> Self {
        let Login { credentials, origin, .. } = login;
        let authorization = Authorization::new(credentials, origin == Origin::Link);
        Self { agent, home, authorization, origin, is_insecure }
    }

    /// Asks, and follows redirects of what only reads. Statuses up to 299 are answers, and those
    /// in `accepted`.
    pub(super) fn send(&self, mut ask: HttpRequest, accepted: &[u16]) -> RequestResult<Response> {
        for _ in 0..=MAX_REDIRECTS {
            let response = self.send_authorized(&mut ask)?;
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
    pub(super) fn check_unredirected(
        &self,
        ask: &HttpRequest,
        response: Response,
        accepted: &[u16],
    ) -> RequestResult<Response> {
        if let Some(next) = redirect(&ask.url, &response)? {
            spend(response);
            self.check_redirect(ask, &next)?;
            return Err(redirects_again(&ask.url));
        }
        self.check(&ask.url, response, accepted)
    }

    /// Whether the redirect to `next` may be followed.
    fn check_redirect(&self, ask: &HttpRequest, next: &Url) -> RequestResult<()> {
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
        Err(RequestError::Permanent(
            at(&ask.url, format!("redirects to {other}, {next}; nobody went")).hint(
                "if that is where the disk is now, set the remote's URL to it; a page that wants a \
             login is reached so, too: look at the address in a browser",
            ),
        ))
    }

    /// Asks, and shows who asks as the server wants it: the answer, whatever its status.
    pub(super) fn send_authorized(&self, ask: &mut HttpRequest) -> RequestResult<Response> {
        let may_see = self.may_see(&ask.url);
        if may_see {
            self.authorization.find_out(|| self.send_unknown())?;
        }
        let mut shown = may_see.then(|| self.authorization.show(&ask.method, &ask.url)).flatten();
        let mut sent = 1;
        loop {
            let (response, is_begun) = self.send_once(ask, shown.as_ref())?;
            let is_refused = response.status() == StatusCode::UNAUTHORIZED && may_see;
            let request = (&ask.method, &ask.url);
            let again = (is_refused && sent < SHOWINGS)
                .then(|| self.authorization.learn(&response, shown.as_ref(), request));
            let Some(again) = again.flatten() else { return Ok(response) };
            spend(response);
            if is_begun {
                let what = "the server wants to be shown again who asks";
                return Err(RequestError::Transient(at(&ask.url, what), Some(Duration::ZERO)));
            }
            shown = Some(again);
            sent += 1;
        }
    }

    /// Asks the remote itself for nothing much, without showing who asks.
    fn send_unknown(&self) -> RequestResult<Response> {
        let mut url = self.home.below("/");
        for _ in 0..=MAX_REDIRECTS {
            let mut ask = HttpRequest::new(propfind(), url.clone()).header("Depth", "0");
            let (response, _) = self.send_once(&mut ask, None)?;
            let next = redirect(&url, &response).ok().flatten();
            match next.filter(|next| self.home.is_same_server(next)) {
                Some(next) => {
                    spend(response);
                    url = next;
                }
                None => match refusal(&url, &response) {
                    busy @ RequestError::Transient(..) if !response.status().is_success() => {
                        return Err(busy);
                    }
                    _ => return Ok(response),
                },
            }
        }
        Err(redirects_again(&url))
    }

    /// Asks once; the answer, and whether anything of a stream was read.
    fn send_once(
        &self,
        ask: &mut HttpRequest,
        shown: Option<&Shown>,
    ) -> RequestResult<(Response, bool)> {
        let url = &ask.url;
        let mut request = Request::builder().method(&ask.method);
        for (name, value) in &ask.headers {
            request = request.header(name, value);
        }
        if let Some(shown) = shown {
            request = request.header(header::AUTHORIZATION, &shown.header);
        }
        match &mut ask.body {
            RequestBody::Empty => Ok((self.agent.ask(url, request, (), UNREACHED)?, false)),
            RequestBody::Text(text) => Ok((self.agent.ask(url, request, *text, UNREACHED)?, false)),
            RequestBody::Stream(content, size) => {
                request = request.header(header::CONTENT_LENGTH, *size);
                if *size > ASK_FIRST {
                    request = request.header(header::EXPECT, "100-continue");
                }
                let mut content = Begun { content: *content, is_begun: false };
                let body = SendBody::from_reader(&mut content);
                let response = self.agent.ask(url, request, body, UNREACHED)?;
                Ok((response, content.is_begun))
            }
        }
    }

    /// Whether `url` is the remote's own, and nobody can listen on the way there.
    fn may_see(&self, url: &Url) -> bool {
        self.home.is_same_server(url) && (url.is_private() || self.is_insecure)
    }

    /// The answer, if it is one.
    fn check(&self, url: &Url, response: Response, accepted: &[u16]) -> RequestResult<Response> {
        let status = response.status();
        if status.is_success() || accepted.contains(&status.as_u16()) {
            return Ok(response);
        }
        Err(self.refused(url, response))
    }

    /// The fault that the answer from `url` is, and what to do about it.
    pub(super) fn refused(&self, url: &Url, response: Response) -> RequestError {
        let status = response.status();
        let (fault, offer) = (refusal(url, &response), Offer::of(&response));
        spend(response);
        match (fault, advice(status)) {
            (RequestError::Permanent(_), _) if status == StatusCode::UNAUTHORIZED => {
                RequestError::Permanent(self.unknown(url, status, &offer))
            }
            (RequestError::Permanent(error), Some(advice)) => {
                RequestError::Permanent(error.hint(advice))
            }
            (fault, _) => fault,
        }
    }

    /// The error of a server that does not know who asks.
    fn unknown(&self, url: &Url, status: StatusCode, offer: &Offer) -> Error {
        let mut what = format!("the server says {status}");
        // What a bucket is shown is no matter of schemes.
        if self.origin != Origin::Keys {
            what += &format!("; {}", offer.schemes());
        }
        at(url, what).hint(self.advice_on_login(url, offer))
    }

    /// What to do where the server does not know who asks.
    fn advice_on_login(&self, url: &Url, offer: &Offer) -> String {
        let host = self.home.host();
        match &self.origin {
            Origin::Keys => "look at AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY".to_owned(),
            Origin::Link => "the public link is not valid, or wants a password".to_owned(),
            Origin::Token if self.may_see(url) && offer.takes_token() => {
                "look at the token in MENTORPAL_REMOTE_TOKEN".to_owned()
            }
            Origin::Token if self.may_see(url) => {
                "look at the token in MENTORPAL_REMOTE_TOKEN, or \
                set a user and a password instead: the server does not say that it takes tokens"
                    .to_owned()
            }
            Origin::Nowhere(_) | Origin::Settings | Origin::File(_)
                if !offer.takes_password() && offer.takes_token() =>
            {
                "the server takes tokens, and no password: set MENTORPAL_REMOTE_TOKEN".to_owned()
            }
            Origin::Nowhere(_) | Origin::Settings | Origin::File(_) if !offer.takes_password() => {
                "no password was sent, since the server takes none in a way that is known here \
                 (Basic, Digest); ask who looks after it for one of these, or for a token (Bearer)"
                    .to_owned()
            }
            Origin::Nowhere(file) => format!(
                "no password for the machine `{host}`: put these three lines into {}\n\
                 machine {host}\nlogin USER\npassword PASSWORD",
                file.display()
            ),
            Origin::Token if !self.may_see(url) => "the token was not sent, since it would not be \
                encrypted: use https, or --insecure where that does not matter"
                .to_owned(),
            _ if !self.may_see(url) => "user and password were not sent, since they would not be \
                encrypted: use https, or --insecure where that does not matter"
                .to_owned(),
            Origin::Settings | Origin::Token => {
                "look at the user and the password in the settings".to_owned()
            }
            Origin::File(file) => {
                format!("look at the entry for the machine `{host}` in {}", file.display())
            }
        }
    }
}

/// The method that asks what is at an address.
pub(super) fn propfind() -> Method {
    Method::from_bytes(b"PROPFIND").expect("a method")
}

/// A stream that tells whether anything of it was read.
struct Begun<'a> {
    content: &'a mut dyn Read,
    is_begun: bool,
}

impl Read for Begun<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.is_begun = true;
        self.content.read(buffer)
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
pub(super) fn login_page(url: &Url) -> RequestError {
    RequestError::Permanent(at(url, "a page came where a file was expected").hint(
        "this is what networks and disks that want a login send; look at the address in a browser",
    ))
}
