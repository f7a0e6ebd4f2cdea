//! Requests to one server: credentials, redirects, and the errors of responses.
//!
//! Remotes and the Hub use the same client. They differ in their credentials
//! ([`Authorization`]) and in the hints of their errors ([`Advice`]). For both of them:
//!
//! - credentials are sent only to the scheme, host and port of the server, and only over TLS or to
//!   this machine;
//! - a redirect never leads from an encrypted connection to one that others can read;
//! - a redirect to another server is followed only if the request reads a file.

use std::fmt;
use std::io::{self, Read};
use std::time::Duration;

use ureq::SendBody;
use ureq::http::{HeaderMap, HeaderValue, Method, Request, StatusCode, header};

use super::Agent;
use super::answer::{
    MAX_REDIRECTS, Response, at, drain_body, redirect, refusal, too_many_redirects,
};
use super::authorization::{Authorization, AuthorizationHeader, Challenges};
use super::retry::{RequestError, RequestResult};
use super::url::Url;
use crate::error::{Error, ErrorKind};

/// Larger bodies, in bytes, are sent only after the server has agreed (`Expect: 100-continue`).
const MAX_UNANNOUNCED: u64 = 1 << 20;

/// The most times that a request is sent with different credentials.
const MAX_AUTHORIZATIONS: usize = 3;

/// A client for one server.
#[derive(Debug)]
pub(crate) struct Client {
    agent: Agent,
    /// Credentials are sent only to the scheme, host and port of this URL.
    home: Url,
    authorization: Authorization,
    /// Whether credentials may be sent to other machines over plain `http`.
    is_insecure: bool,
    advice: Box<dyn Advice>,
}

/// The hints of a client's errors.
pub(crate) trait Advice: fmt::Debug + Send + Sync {
    /// The hint if the server cannot be reached.
    fn unreachable(&self) -> &'static str;

    /// Adds a hint to the error of a refused request.
    fn explain(&self, error: Error, refusal: &Refusal) -> Error;
}

/// A response that refuses a request for good.
pub(crate) struct Refusal<'a> {
    pub(crate) url: &'a Url,
    pub(crate) status: StatusCode,
    pub(crate) challenges: Challenges,
    /// Whether credentials may be sent to the URL.
    pub(crate) may_see: bool,
}

/// One request.
pub(crate) struct HttpRequest<'a> {
    pub(crate) method: Method,
    pub(crate) url: Url,
    pub(crate) headers: HeaderMap,
    pub(crate) body: RequestBody<'a>,
}

/// The body of a request.
pub(crate) enum RequestBody<'a> {
    Empty,
    Text(&'static str),
    /// A stream of this many bytes.
    Stream(&'a mut dyn Read, u64),
}

impl<'a> HttpRequest<'a> {
    /// A request without headers and body.
    pub(crate) fn new(method: Method, url: Url) -> Self {
        Self { method, url, headers: HeaderMap::new(), body: RequestBody::Empty }
    }

    /// Adds a header.
    pub(crate) fn header(mut self, name: &'static str, value: &str) -> Self {
        // A value that no header can have is left out: the server would refuse it.
        if let Ok(value) = HeaderValue::from_str(value) {
            self.headers.insert(name, value);
        }
        self
    }

    /// Sets the body.
    pub(crate) fn body(mut self, body: RequestBody<'a>) -> Self {
        self.body = body;
        self
    }
}

impl Client {
    /// A client that sends requests through `agent`. Connects to nothing yet. `is_insecure` allows
    /// sending credentials to other machines over plain `http`.
    pub(crate) fn new(
        agent: Agent,
        home: Url,
        authorization: Authorization,
        is_insecure: bool,
        advice: Box<dyn Advice>,
    ) -> Self {
        Self { agent, home, authorization, is_insecure, advice }
    }

    /// Sends the request, and follows redirects of requests that only read. Succeeds with a status
    /// up to 299 or in `accepted`.
    pub(crate) fn send(
        &self,
        mut request: HttpRequest,
        accepted: &[u16],
    ) -> RequestResult<Response> {
        let response = self.follow(&mut request, |_| false)?;
        self.check(&request.url, response, accepted)
    }

    /// Sends the request, and follows redirects of requests that only read, up to a response for
    /// which `is_final` holds. Returns the last response, whatever its status; the request has its
    /// URL then.
    pub(crate) fn follow(
        &self,
        request: &mut HttpRequest,
        is_final: impl Fn(&Response) -> bool,
    ) -> RequestResult<Response> {
        for _ in 0..=MAX_REDIRECTS {
            let response = self.send_authorized(request)?;
            if is_final(&response) {
                return Ok(response);
            }
            let Some(next) = redirect(&request.url, &response)? else { return Ok(response) };
            drain_body(response);
            self.check_redirect(request, &next)?;
            request.url = next;
        }
        Err(too_many_redirects(&request.url))
    }

    #[cfg(feature = "s3")]
    /// The response, if its status is a success as in [`send`](Self::send). No redirect is followed.
    pub(crate) fn check_unredirected(
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
            // A WebDAV disk may have another URL on the same server.
            "PROPFIND" => is_home,
            _ => false,
        };
        if may_follow {
            return Ok(());
        }
        let other = if is_home { "another path" } else { "another origin" };
        let what = format!("redirect to {other}, {next}, was not followed");
        Err(RequestError::Permanent(at(&request.url, what).with_kind(ErrorKind::Unreachable).hint(
            "if the server has moved there, change its URL in the settings; otherwise open the URL \
             in a browser: it may be a login page",
        )))
    }

    /// Sends the request with the credentials in the form that the server requires; returns the
    /// response, whatever its status.
    pub(crate) fn send_authorized(&self, request: &mut HttpRequest) -> RequestResult<Response> {
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
                let what = "the server requires new credentials for this request";
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
        let (url, hint) = (&request.url, self.advice.unreachable());
        let mut builder = Request::builder().method(&request.method);
        for (name, value) in &request.headers {
            builder = builder.header(name, value);
        }
        if let Some(sent) = authorization {
            builder = builder.header(header::AUTHORIZATION, &sent.value);
        }
        match &mut request.body {
            RequestBody::Empty => Ok((self.agent.send(url, builder, (), hint)?, false)),
            RequestBody::Text(text) => Ok((self.agent.send(url, builder, *text, hint)?, false)),
            RequestBody::Stream(content, size) => {
                builder = builder.header(header::CONTENT_LENGTH, *size);
                if *size > MAX_UNANNOUNCED {
                    builder = builder.header(header::EXPECT, "100-continue");
                }
                let mut content = TrackedStream { content: *content, is_begun: false };
                let body = SendBody::from_reader(&mut content);
                let response = self.agent.send(url, builder, body, hint)?;
                Ok((response, content.is_begun))
            }
        }
    }

    /// Whether credentials may be sent to `url`: it is on the client's server, and the connection is
    /// private.
    fn may_see(&self, url: &Url) -> bool {
        self.home.is_same_server(url) && (url.is_private() || self.is_insecure)
    }

    /// The response, if its status is a success or in `accepted`.
    pub(crate) fn check(
        &self,
        url: &Url,
        response: Response,
        accepted: &[u16],
    ) -> RequestResult<Response> {
        let status = response.status();
        if status.is_success() || accepted.contains(&status.as_u16()) {
            return Ok(response);
        }
        Err(self.refused(url, response))
    }

    /// The error of the response from `url`, with a hint.
    pub(crate) fn refused(&self, url: &Url, response: Response) -> RequestError {
        let (status, challenges) = (response.status(), Challenges::of(&response));
        let error = refusal(url, &response);
        drain_body(response);
        let RequestError::Permanent(error) = error else { return error };
        let refusal = Refusal { url, status, challenges, may_see: self.may_see(url) };
        RequestError::Permanent(self.advice.explain(error, &refusal))
    }
}

/// The method `PROPFIND`.
pub(crate) fn propfind() -> Method {
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
