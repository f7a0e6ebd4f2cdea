//! Requests to one server: credentials, redirects, and the hints of errors.

use std::io::{self, Read};
use std::time::Duration;

use ureq::SendBody;
use ureq::http::{HeaderMap, HeaderValue, Method, Request, StatusCode, header};

use super::authorization::{Authorization, AuthorizationHeader, Challenges};
use super::credentials::{Login, Origin};
use crate::error::{Error, ErrorKind};
use crate::web::{
    Agent, MAX_REDIRECTS, RequestError, RequestResult, Response, Url, at, drain_body, redirect,
    refusal, too_many_redirects,
};

/// The hint if the server cannot be reached.
const UNREACHED: &str = "check the network and the remote's URL";

/// Larger bodies, in bytes, are sent only after the server has agreed (`Expect: 100-continue`).
const MAX_UNANNOUNCED: u64 = 1 << 20;

/// The most times that a request is sent with different credentials.
const MAX_AUTHORIZATIONS: usize = 3;

/// A client for one server.
#[derive(Debug)]
pub(super) struct Http {
    agent: Agent,
    /// Credentials are sent only to the scheme, host and port of this URL.
    home: Url,
    authorization: Authorization,
    /// The source of the credentials, or where they are expected.
    origin: Origin,
    /// Whether credentials may be sent to other machines over plain `http`.
    is_insecure: bool,
}

/// One request.
pub(super) struct HttpRequest<'a> {
    pub(super) method: Method,
    pub(super) url: Url,
    pub(super) headers: HeaderMap,
    pub(super) body: RequestBody<'a>,
}

/// The body of a request.
pub(super) enum RequestBody<'a> {
    Empty,
    Text(&'static str),
    /// A stream of this many bytes.
    Stream(&'a mut dyn Read, u64),
}

impl<'a> HttpRequest<'a> {
    /// A request without headers and body.
    pub(super) fn new(method: Method, url: Url) -> Self {
        Self { method, url, headers: HeaderMap::new(), body: RequestBody::Empty }
    }

    /// Adds a header.
    pub(super) fn header(mut self, name: &'static str, value: &str) -> Self {
        // A value that no header can have is left out: the server would refuse it.
        if let Ok(value) = HeaderValue::from_str(value) {
            self.headers.insert(name, value);
        }
        self
    }

    /// Sets the body.
    pub(super) fn body(mut self, body: RequestBody<'a>) -> Self {
        self.body = body;
        self
    }
}

impl Http {
    /// A client that sends requests through `agent`. Connects to nothing yet.
    pub(super) fn new(agent: Agent, home: Url, login: Login, is_insecure: bool) -> Self {
        let Login { credentials, origin, .. } = login;
        let authorization = Authorization::new(credentials, origin == Origin::Link);
        Self { agent, home, authorization, origin, is_insecure }
    }

    /// Sends the request, and follows redirects of requests that only read. Succeeds with a status
    /// up to 299 or in `accepted`.
    pub(super) fn send(
        &self,
        mut request: HttpRequest,
        accepted: &[u16],
    ) -> RequestResult<Response> {
        for _ in 0..=MAX_REDIRECTS {
            let response = self.send_authorized(&mut request)?;
            let Some(next) = redirect(&request.url, &response)? else {
                return self.check(&request.url, response, accepted);
            };
            drain_body(response);
            self.check_redirect(&request, &next)?;
            request.url = next;
        }
        Err(too_many_redirects(&request.url))
    }

    /// The response, if its status is a success as in [`send`](Self::send). No redirect is followed.
    pub(super) fn check_unredirected(
        &self,
        request: &HttpRequest,
        response: Response,
        accepted: &[u16],
    ) -> RequestResult<Response> {
        if let Some(next) = redirect(&request.url, &response)? {
            drain_body(response);
            self.check_redirect(request, &next)?;
            return Err(too_many_redirects(&request.url));
        }
        self.check(&request.url, response, accepted)
    }

    /// Checks that the redirect to `next` may be followed.
    fn check_redirect(&self, request: &HttpRequest, next: &Url) -> RequestResult<()> {
        let is_home = self.home.is_same_server(next);
        let may_follow = match request.method.as_str() {
            // A signature is for one server.
            _ if request.headers.contains_key(header::AUTHORIZATION) => false,
            // The digest of the content is checked, wherever it comes from.
            "GET" | "HEAD" => true,
            // The disk may have another URL on the same server.
            "PROPFIND" => is_home,
            _ => false,
        };
        if may_follow {
            return Ok(());
        }
        let other = if is_home { "another path" } else { "another origin" };
        let what = format!("redirect to {other}, {next}, was not followed");
        Err(RequestError::Permanent(at(&request.url, what).with_kind(ErrorKind::Unreachable).hint(
            "if the disk has moved there, set the remote's URL to it; otherwise open the URL \
                 in a browser: it may be a login page",
        )))
    }

    /// Sends the request with the credentials in the form that the server requires; returns the
    /// response, whatever its status.
    pub(super) fn send_authorized(&self, request: &mut HttpRequest) -> RequestResult<Response> {
        let may_see = self.may_see(&request.url);
        if may_see {
            self.authorization.determine_scheme(|| self.send_probe())?;
        }
        let mut sent =
            may_see.then(|| self.authorization.header(&request.method, &request.url)).flatten();
        let mut attempts = 1;
        loop {
            let (response, is_begun) = self.send_once(request, sent.as_ref())?;
            let is_refused = response.status() == StatusCode::UNAUTHORIZED && may_see;
            let target = (&request.method, &request.url);
            let again = (is_refused && attempts < MAX_AUTHORIZATIONS)
                .then(|| self.authorization.retry_header(&response, sent.as_ref(), target));
            let Some(again) = again.flatten() else { return Ok(response) };
            drain_body(response);
            if is_begun {
                let what = "the server wants new credentials for this request";
                return Err(RequestError::Transient(at(&request.url, what), Some(Duration::ZERO)));
            }
            sent = Some(again);
            attempts += 1;
        }
    }

    /// Sends a request without credentials, to find out which form the server requires.
    fn send_probe(&self) -> RequestResult<Response> {
        let mut url = self.home.below("/");
        for _ in 0..=MAX_REDIRECTS {
            let mut request = HttpRequest::new(propfind(), url.clone()).header("Depth", "0");
            let (response, _) = self.send_once(&mut request, None)?;
            let next = redirect(&url, &response).ok().flatten();
            match next.filter(|next| self.home.is_same_server(next)) {
                Some(next) => {
                    drain_body(response);
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
        Err(too_many_redirects(&url))
    }

    /// Sends the request once; returns the response, and whether a stream was read from.
    fn send_once(
        &self,
        request: &mut HttpRequest,
        authorization: Option<&AuthorizationHeader>,
    ) -> RequestResult<(Response, bool)> {
        let url = &request.url;
        let mut builder = Request::builder().method(&request.method);
        for (name, value) in &request.headers {
            builder = builder.header(name, value);
        }
        if let Some(sent) = authorization {
            builder = builder.header(header::AUTHORIZATION, &sent.value);
        }
        match &mut request.body {
            RequestBody::Empty => Ok((self.agent.send(url, builder, (), UNREACHED)?, false)),
            RequestBody::Text(text) => {
                Ok((self.agent.send(url, builder, *text, UNREACHED)?, false))
            }
            RequestBody::Stream(content, size) => {
                builder = builder.header(header::CONTENT_LENGTH, *size);
                if *size > MAX_UNANNOUNCED {
                    builder = builder.header(header::EXPECT, "100-continue");
                }
                let mut content = TrackedStream { content: *content, is_begun: false };
                let body = SendBody::from_reader(&mut content);
                let response = self.agent.send(url, builder, body, UNREACHED)?;
                Ok((response, content.is_begun))
            }
        }
    }

    /// Whether credentials may be sent to `url`: it is the remote's server, and the connection is
    /// private.
    fn may_see(&self, url: &Url) -> bool {
        self.home.is_same_server(url) && (url.is_private() || self.is_insecure)
    }

    /// The response, if its status is a success or in `accepted`.
    fn check(&self, url: &Url, response: Response, accepted: &[u16]) -> RequestResult<Response> {
        let status = response.status();
        if status.is_success() || accepted.contains(&status.as_u16()) {
            return Ok(response);
        }
        Err(self.refused(url, response))
    }

    /// The error of the response from `url`, with a hint.
    pub(super) fn refused(&self, url: &Url, response: Response) -> RequestError {
        let status = response.status();
        let (error, challenges) = (refusal(url, &response), Challenges::of(&response));
        drain_body(response);
        match (error, hint(status)) {
            (RequestError::Permanent(_), _) if status == StatusCode::UNAUTHORIZED => {
                RequestError::Permanent(self.unauthorized(url, status, &challenges))
            }
            (RequestError::Permanent(error), Some(hint)) => {
                RequestError::Permanent(error.hint(hint))
            }
            (error, _) => error,
        }
    }

    /// The error of missing or refused credentials.
    fn unauthorized(&self, url: &Url, status: StatusCode, challenges: &Challenges) -> Error {
        let mut what = format!("the server responded {status}");
        // Requests to a bucket are signed, whatever schemes the server names.
        if self.origin != Origin::Keys {
            what += &format!("; {}", challenges.schemes());
        }
        at(url, what).with_kind(ErrorKind::Unauthorized).hint(self.login_hint(url, challenges))
    }

    /// The hint for missing or refused credentials.
    fn login_hint(&self, url: &Url, challenges: &Challenges) -> String {
        let host = self.home.host();
        match &self.origin {
            Origin::Keys => "check AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY".to_owned(),
            Origin::Link => "check the public link: it is not valid, or has a password".to_owned(),
            Origin::Token if self.may_see(url) && challenges.accepts_token() => {
                "check the token in MENTORPAL_REMOTE_TOKEN".to_owned()
            }
            Origin::Token if self.may_see(url) => {
                "check the token in MENTORPAL_REMOTE_TOKEN, or set a user and a password instead: the \
                 server does not offer tokens (Bearer)"
                    .to_owned()
            }
            Origin::Nowhere(_) | Origin::Settings | Origin::File(_)
                if !challenges.accepts_password() && challenges.accepts_token() =>
            {
                "set MENTORPAL_REMOTE_TOKEN: the server accepts tokens, but no passwords".to_owned()
            }
            Origin::Nowhere(_) | Origin::Settings | Origin::File(_) if !challenges.accepts_password() => {
                "ask the server's administrator to enable Basic, Digest or a token (Bearer): no \
                 password was sent, because the server offers none of these"
                    .to_owned()
            }
            Origin::Nowhere(file) => format!(
                "add a password for the machine `{host}`: put these three lines into {}\n\
                 machine {host}\nlogin USER\npassword PASSWORD",
                file.display()
            ),
            Origin::Token if !self.may_see(url) => "use https, or pass --insecure if encryption is not needed: the token was \
                not sent, because the connection is not encrypted"
                .to_owned(),
            _ if !self.may_see(url) => "use https, or pass --insecure if encryption is not needed: the user and \
                password were not sent, because the connection is not encrypted"
                .to_owned(),
            Origin::Settings | Origin::Token => {
                "check the user and the password in the settings".to_owned()
            }
            Origin::File(file) => {
                format!("check the entry for the machine `{host}` in {}", file.display())
            }
        }
    }
}

/// The method `PROPFIND`.
pub(super) fn propfind() -> Method {
    Method::from_bytes(b"PROPFIND").expect("a method")
}

/// A stream that records whether it was read from.
struct TrackedStream<'a> {
    content: &'a mut dyn Read,
    is_begun: bool,
}

impl Read for TrackedStream<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.is_begun = true;
        self.content.read(buffer)
    }
}

/// The hint for a permanent error with this status.
fn hint(status: StatusCode) -> Option<&'static str> {
    Some(match status.as_u16() {
        403 => "ask the server's administrator for permission",
        405 | 501 => "check the remote's URL: it is not a WebDAV disk that can be written to",
        413 => "ask the server's administrator to raise its limit for the size of a file",
        507 => "free some space on the remote, and run this again: the disk or your quota is full",
        _ => return None,
    })
}

/// The error of an HTML page that was sent instead of a file.
pub(super) fn login_page(url: &Url) -> RequestError {
    let what = "got an HTML page instead of the file (captive portal or login?)";
    RequestError::Permanent(
        at(url, what)
            .with_kind(ErrorKind::Unreachable)
            .hint("open the URL in a browser: it may be a login page"),
    )
}
