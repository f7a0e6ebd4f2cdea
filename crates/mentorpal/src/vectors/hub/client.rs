//! Requests to the Hub, and the hints of their errors.

use std::time::Duration;

use serde::de::DeserializeOwned;
use ureq::http::{Method, StatusCode};

use super::settings::HubSettings;
use crate::error::{Error, ErrorKind};
use crate::web::{
    Advice, Agent, Authorization, Client, HttpRequest, Refusal, RequestError, RequestResult,
    Response, Url, at, short,
};

/// The wait before the first retry.
pub(super) const FIRST_WAIT: Duration = Duration::from_millis(500);

/// The time after which a request fails if the server sends nothing.
const READ_TIMEOUT: Duration = Duration::from_secs(30);

/// The largest response other than a file, in bytes.
const MAX_RESPONSE: u64 = 16 << 20;

/// The header with the SHA-256 of a large file. Small files have the standard header `ETag`.
pub(super) const LINKED_ETAG: &str = "X-Linked-Etag";
pub(super) const LINKED_SIZE: &str = "X-Linked-Size";

/// The header with the commit. Only the Hub sends it.
const REPO_COMMIT: &str = "X-Repo-Commit";

/// A client for the Hub.
#[derive(Debug)]
pub(super) struct HubClient {
    client: Client,
    endpoint: Url,
}

impl HubClient {
    /// Creates a client without connecting.
    pub(super) fn new(settings: &HubSettings) -> Self {
        let endpoint = settings.endpoint.clone();
        let advice = HubAdvice { endpoint: endpoint.clone(), has_token: settings.token.is_some() };
        let client = Client::new(
            Agent::new(READ_TIMEOUT, None),
            endpoint.clone(),
            Authorization::new(settings.token.clone(), true),
            false,
            Box::new(advice),
        );
        Self { client, endpoint }
    }

    /// Requests the JSON document at `url`.
    pub(super) fn json<T: DeserializeOwned>(&self, url: &Url) -> RequestResult<T> {
        let (response, from) = self.content(url, 0)?;
        let bytes = short(&from, response, MAX_RESPONSE)?;
        serde_json::from_slice(&bytes)
            .map_err(|_| RequestError::Permanent(unexpected_response(&from)))
    }

    /// Requests the Hub's description of the file at `url`. Returns `None` if only a server that is
    /// not the Hub has the file; the headers of such a server do not identify the file.
    pub(super) fn describe(&self, url: &Url) -> RequestResult<Option<Response>> {
        let mut request = HttpRequest::new(Method::HEAD, url.clone());
        let response = self.client.follow(&mut request, describes_file)?;
        if describes_file(&response) {
            return Ok(Some(response));
        }
        let (status, headers) = (response.status(), response.headers());
        let is_hub =
            self.endpoint.is_same_server(&request.url) || headers.contains_key(REPO_COMMIT);
        match self.client.check(&request.url, response, &[]) {
            Ok(response) => Ok(is_hub.then_some(response)),
            // A mirror may not support `HEAD`; a signed URL is often valid for `GET` only.
            Err(RequestError::Permanent(_)) if !is_hub || matches!(status.as_u16(), 405 | 501) => {
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }

    /// Requests the content at `url` from the byte `start` on. Returns the response and its URL. A
    /// range that does not exist is a success, too: the caller handles it.
    pub(super) fn content(&self, url: &Url, start: u64) -> RequestResult<(Response, Url)> {
        let mut request = HttpRequest::new(Method::GET, url.clone());
        if start > 0 {
            request = request.header("Range", &format!("bytes={start}-"));
        }
        let response = self.client.follow(&mut request, |_| false)?;
        let response = self.client.check(&request.url, response, &[416])?;
        Ok((response, request.url))
    }
}

/// Whether the response has the Hub's description of a file. The Hub sends it with a redirect to the
/// server that has the content.
fn describes_file(response: &Response) -> bool {
    let status = response.status();
    let is_refusal = status.is_client_error() || status.is_server_error();
    response.headers().contains_key(LINKED_ETAG) && !is_refusal
}

/// The hints of the Hub's errors.
#[derive(Debug)]
struct HubAdvice {
    endpoint: Url,
    has_token: bool,
}

impl Advice for HubAdvice {
    fn unreachable(&self) -> &'static str {
        "check the network and HF_ENDPOINT; set HF_HUB_OFFLINE=1 to use the files in Hugging \
         Face's cache without a network"
    }

    fn explain(&self, error: Error, refusal: &Refusal) -> Error {
        if !matches!(refusal.status.as_u16(), 401 | 403) {
            return error;
        }
        error.hint(if !self.endpoint.is_same_server(refusal.url) {
            "run the command again: the redirect of the Hub to this server has expired"
        } else if !self.has_token {
            // The Hub sends the same status for models that do not exist.
            "check the spelling of the model, or set HF_TOKEN if the model is private or gated"
        } else if !refusal.may_see {
            "use https in HF_ENDPOINT: HF_TOKEN was not sent, because the connection is not \
             encrypted"
        } else if refusal.status == StatusCode::UNAUTHORIZED {
            "check the token in HF_TOKEN (or the file `token` in HF_HOME): the Hub rejects it"
        } else {
            "accept the terms of this model on its page, or use another token: HF_TOKEN has no \
             access to this model"
        })
    }
}

/// The error of a response that the Hub would not send.
pub(super) fn unexpected_response(url: &Url) -> Error {
    at(url, "not a response of the Hugging Face Hub")
        .with_kind(ErrorKind::Unreachable)
        .hint("open the URL in a browser: it may be a login page of the network; check HF_ENDPOINT")
}
