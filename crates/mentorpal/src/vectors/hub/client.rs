//! Requests to the Hub: which servers receive the token, which redirects are followed, and the
//! hints of errors.

use std::time::Duration;

use serde::de::DeserializeOwned;
use ureq::http::{Method, Request, StatusCode, header};

use super::settings::{HubSettings, Token};
use crate::error::Error;
use crate::web::{
    Agent, MAX_REDIRECTS, RequestError, RequestResult, Response, Url, at, redirect, refusal, short,
    too_many_redirects,
};

/// The wait before the first retry.
pub(super) const FIRST_WAIT: Duration = Duration::from_millis(500);

/// The time after which a request fails if the server sends nothing.
const READ_TIMEOUT: Duration = Duration::from_secs(30);

/// The largest response other than a file, in bytes.
const MAX_RESPONSE: u64 = 16 << 20;

/// The hint if the server cannot be reached.
const UNREACHABLE_HINT: &str = "look at the network and HF_ENDPOINT; what Hugging Face's cache holds is \
                         used without one where HF_HUB_OFFLINE=1";

/// The header with the SHA-256 of a large file. Small files have the standard header `ETag`.
pub(super) const LINKED_ETAG: &str = "X-Linked-Etag";
pub(super) const LINKED_SIZE: &str = "X-Linked-Size";

/// The header with the commit. Only the Hub sends it.
const REPO_COMMIT: &str = "X-Repo-Commit";

/// A client for the Hub.
#[derive(Debug)]
pub(super) struct Client {
    agent: Agent,
    endpoint: Url,
    token: Option<Token>,
}

impl Client {
    /// Creates a client without connecting.
    pub(super) fn new(settings: &HubSettings) -> Self {
        let (endpoint, token) = (settings.endpoint.clone(), settings.token.clone());
        Self { agent: Agent::new(READ_TIMEOUT, None), endpoint, token }
    }

    /// Requests the JSON document at `url`.
    pub(super) fn json<T: DeserializeOwned>(&self, url: &Url) -> RequestResult<T> {
        let (response, from) = self.send(url, 0)?;
        let bytes = short(&from, response, MAX_RESPONSE)?;
        serde_json::from_slice(&bytes)
            .map_err(|_| RequestError::Permanent(unexpected_response(&from)))
    }

    /// Requests the Hub's description of the file at `url`. Returns `None` if only a server that is
    /// not the Hub has the file; the headers of such a server do not identify the file.
    pub(super) fn describe(&self, url: &Url) -> RequestResult<Option<Response>> {
        let mut url = url.clone();
        for _ in 0..=MAX_REDIRECTS {
            let response = self.send_once(&Method::HEAD, &url, 0)?;
            let (status, headers) = (response.status(), response.headers());
            let is_refusal = status.is_client_error() || status.is_server_error();
            if headers.contains_key(LINKED_ETAG) && !is_refusal {
                return Ok(Some(response));
            }
            if let Some(next) = redirect(&url, &response)? {
                url = next;
                continue;
            }
            let is_hub = self.endpoint.is_same_server(&url) || headers.contains_key(REPO_COMMIT);
            return match self.check(&url, &response) {
                Ok(()) => Ok(is_hub.then_some(response)),
                // A mirror may not support `HEAD`; a signed URL is often valid for `GET` only.
                Err(RequestError::Permanent(_))
                    if !is_hub || matches!(status.as_u16(), 405 | 501) =>
                {
                    Ok(None)
                }
                Err(error) => Err(error),
            };
        }
        Err(too_many_redirects(&url))
    }

    /// Requests the content at `url` from the byte `start` on. Returns the response and its URL.
    pub(super) fn content(&self, url: &Url, start: u64) -> RequestResult<(Response, Url)> {
        self.send(url, start)
    }

    fn send(&self, url: &Url, start: u64) -> RequestResult<(Response, Url)> {
        let mut url = url.clone();
        for _ in 0..=MAX_REDIRECTS {
            let response = self.send_once(&Method::GET, &url, start)?;
            let Some(next) = redirect(&url, &response)? else {
                return self.check(&url, &response).map(|()| (response, url));
            };
            url = next;
        }
        Err(too_many_redirects(&url))
    }

    fn send_once(&self, method: &Method, url: &Url, start: u64) -> RequestResult<Response> {
        let mut request = Request::builder().method(method);
        if start > 0 {
            request = request.header(header::RANGE, format!("bytes={start}-"));
        }
        if let Some(token) = self.token.as_ref().filter(|_| self.may_send_token(url)) {
            request = request.header(header::AUTHORIZATION, format!("Bearer {}", token.secret()));
        }
        self.agent.send(url, request, (), UNREACHABLE_HINT)
    }

    /// Whether `url` is on the Hub's server and the connection is private.
    fn may_send_token(&self, url: &Url) -> bool {
        self.endpoint.is_same_server(url) && url.is_private()
    }

    /// Checks that the response from `url` is successful.
    fn check(&self, url: &Url, response: &Response) -> RequestResult<()> {
        let status = response.status();
        // The caller handles a range that does not exist.
        if status.is_success() || status == StatusCode::RANGE_NOT_SATISFIABLE {
            return Ok(());
        }
        Err(match refusal(url, response) {
            RequestError::Permanent(error) if matches!(status.as_u16(), 401 | 403) => {
                RequestError::Permanent(error.hint(self.refused(url, status)))
            }
            error => error,
        })
    }

    /// The hint for a refused request to `url`.
    fn refused(&self, url: &Url, status: StatusCode) -> &'static str {
        if !self.endpoint.is_same_server(url) {
            return "the Hub leads to this server for a while only: run this again";
        }
        match (&self.token, status) {
            // The Hub sends the same status for models that do not exist.
            (None, _) => {
                "no such model, or one that only members see: look at the spelling, or set HF_TOKEN"
            }
            (Some(_), _) if !self.may_send_token(url) => {
                "HF_TOKEN was not sent, since it would not be encrypted: use https in HF_ENDPOINT"
            }
            (Some(_), StatusCode::UNAUTHORIZED) => {
                "the Hub does not know the token in HF_TOKEN (or the file `token` in HF_HOME)"
            }
            (Some(_), _) => {
                "HF_TOKEN may not read this model; accept its terms on its page, or take another \
                 token"
            }
        }
    }
}

/// The error of a response that the Hub would not send.
pub(super) fn unexpected_response(url: &Url) -> Error {
    at(url, "not an answer of the Hugging Face Hub").hint(
        "a network that wants a login answers with a page of its own; look at it in a browser, and \
         at HF_ENDPOINT",
    )
}
