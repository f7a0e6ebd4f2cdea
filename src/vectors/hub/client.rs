//! Asking the Hub: who gets the token, what a refusal means, and when to try again.

use std::io::Read;
use std::thread;
use std::time::Duration;

use serde::de::DeserializeOwned;
use ureq::http::{Method, Request, StatusCode, header};
use ureq::{Agent, Body};

use super::settings::{HubSettings, Token};
use crate::error::{Error, Place, Result};
use crate::web::{Url, agent};

/// How often something is tried that may go better the next time, and how long is waited before
/// the second time; each further time twice as long.
const ATTEMPTS: u32 = 5;
const FIRST_WAIT: Duration = Duration::from_millis(500);

/// The longest wait that a server may ask for.
const MAX_WAIT: Duration = Duration::from_secs(120);

/// The longest wait for a server to say anything more.
const READ_TIMEOUT: Duration = Duration::from_secs(30);

const MAX_REDIRECTS: usize = 5;

/// The longest answer that is no file, in bytes.
const MAX_ANSWER: u64 = 16 << 20;

/// Large files are described so, small ones as HTTP has it.
pub(super) const LINKED_ETAG: &str = "X-Linked-Etag";
pub(super) const LINKED_SIZE: &str = "X-Linked-Size";

pub(super) type Response = ureq::http::Response<Body>;

/// Why a request brought nothing.
#[derive(Debug)]
pub(super) enum Fault {
    /// It may go better after some time, which the server may have said.
    Passing(Error, Option<Duration>),
    /// There is nothing at the address.
    Missing(Error),
    /// It will not go better.
    Lasting(Error),
}

impl Fault {
    /// The error that it is in the end.
    pub(super) fn into_error(self) -> Error {
        let (Self::Passing(error, _) | Self::Missing(error) | Self::Lasting(error)) = self;
        error
    }
}

/// Which addresses of redirects are asked, too.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Follow {
    /// All, for content.
    Anywhere,
    /// Those that still lead to the Hub's own description of a file.
    Description,
}

/// A connection to the Hub.
#[derive(Debug)]
pub(super) struct Client {
    agent: Agent,
    endpoint: Url,
    token: Option<Token>,
}

impl Client {
    /// Connects to nothing yet.
    pub(super) fn new(settings: &HubSettings) -> Self {
        let (endpoint, token) = (settings.endpoint.clone(), settings.token.clone());
        Self { agent: agent(READ_TIMEOUT), endpoint, token }
    }

    /// Asks for what is described in JSON at `url`.
    pub(super) fn json<T: DeserializeOwned>(&self, url: &Url) -> Result<T, Fault> {
        let (response, from) = self.send(&Method::GET, url, 0, Follow::Anywhere)?;
        let mut bytes = Vec::new();
        response
            .into_body()
            .into_reader()
            .take(MAX_ANSWER)
            .read_to_end(&mut bytes)
            .map_err(|e| Fault::Passing(cut(&from).caused_by(e), None))?;
        serde_json::from_slice(&bytes).map_err(|_| Fault::Lasting(no_hub(&from)))
    }

    /// Asks for the Hub's description of the file at `url`.
    pub(super) fn describe(&self, url: &Url) -> Result<Response, Fault> {
        Ok(self.send(&Method::HEAD, url, 0, Follow::Description)?.0)
    }

    /// Asks for the content at `url`, from the byte `start` on; and where it came from.
    pub(super) fn content(&self, url: &Url, start: u64) -> Result<(Response, Url), Fault> {
        self.send(&Method::GET, url, start, Follow::Anywhere)
    }

    fn send(
        &self,
        method: &Method,
        url: &Url,
        start: u64,
        follow: Follow,
    ) -> Result<(Response, Url), Fault> {
        let mut url = url.clone();
        for _ in 0..=MAX_REDIRECTS {
            let response = self.send_once(method, &url, start)?;
            let Some(location) = redirect(&response) else {
                return check(&response, &url, self.may_see_token(&url)).map(|()| (response, url));
            };
            let next =
                url.redirected(location).filter(|next| next.is_private() || !url.is_private());
            let next = next.ok_or_else(|| {
                Fault::Lasting(at(&url, "redirects to where nobody should go, so nobody went"))
            })?;
            let is_described = response.headers().contains_key(LINKED_ETAG);
            if follow == Follow::Description && (is_described || !url.is_same_server(&next)) {
                return Ok((response, url));
            }
            url = next;
        }
        Err(Fault::Lasting(at(&url, "redirects again and again")))
    }

    fn send_once(&self, method: &Method, url: &Url, start: u64) -> Result<Response, Fault> {
        tracing::info!(%method, %url, start, "asking");
        let mut request = Request::builder().method(method).uri(url.whole());
        if start > 0 {
            request = request.header(header::RANGE, format!("bytes={start}-"));
        }
        if let Some(token) = self.token.as_ref().filter(|_| self.may_see_token(url)) {
            request = request.header(header::AUTHORIZATION, format!("Bearer {}", token.secret()));
        }
        let unusable = |_| Fault::Lasting(at(url, "an address that cannot be asked"));
        self.agent.run(request.body(()).map_err(unusable)?).map_err(|error| unsent(url, error))
    }

    /// Whether `url` is the Hub's, and nobody can listen on the way there.
    fn may_see_token(&self, url: &Url) -> bool {
        self.token.is_some() && self.endpoint.is_same_server(url) && url.is_private()
    }
}

/// Tries until it goes well, or will not; waits between.
///
/// # Errors
/// The last attempt's.
pub(super) fn patiently<T>(mut attempt: impl FnMut() -> Result<T, Fault>) -> Result<T, Fault> {
    let mut failures = 0;
    loop {
        match attempt() {
            Err(Fault::Passing(error, asked)) => {
                failures += 1;
                wait(failures, error, asked)?;
            }
            done => return done,
        }
    }
}

/// Waits after so many failures, the last of which is `error`; the server may have `asked` how
/// long.
///
/// # Errors
/// When there were enough of them, or the wait is too long.
pub(super) fn wait(failures: u32, error: Error, asked: Option<Duration>) -> Result<(), Fault> {
    if failures >= ATTEMPTS {
        let error = error.hint(format!(
            "tried {ATTEMPTS} times; run this again later: it goes on where it stopped"
        ));
        return Err(Fault::Lasting(error));
    }
    let wait = asked.unwrap_or(FIRST_WAIT * 2_u32.pow(failures - 1));
    if wait > MAX_WAIT {
        let hint = format!("the server asks to come again in {} seconds", wait.as_secs());
        return Err(Fault::Lasting(error.hint(hint)));
    }
    tracing::info!(%error, seconds = wait.as_secs_f32(), "trying again");
    thread::sleep(wait);
    Ok(())
}

fn at(url: &Url, what: impl Into<String>) -> Error {
    Error::at(Place::file(url.to_string()), what)
}

/// The error of a connection that ended too early.
pub(super) fn cut(url: &Url) -> Error {
    at(url, "the connection was cut")
}

/// The error of an answer that no Hub gives.
pub(super) fn no_hub(url: &Url) -> Error {
    at(url, "not an answer of the Hugging Face Hub").hint(
        "a network that wants a login answers with a page of its own; look at it in a browser, and \
         at HF_ENDPOINT",
    )
}

/// Whether the answer is a page for people, as networks that want a login give.
pub(super) fn is_page(response: &Response) -> bool {
    text(response, header::CONTENT_TYPE.as_str()).is_some_and(|kind| kind.starts_with("text/html"))
}

/// The header `name`, where it is text.
pub(super) fn text<'a>(response: &'a Response, name: &str) -> Option<&'a str> {
    response.headers().get(name)?.to_str().ok()
}

/// Where the answer leads instead, if it does.
fn redirect(response: &Response) -> Option<&str> {
    let is_redirect = matches!(response.status().as_u16(), 301 | 302 | 303 | 307 | 308);
    if is_redirect { text(response, header::LOCATION.as_str()) } else { None }
}

/// Why nothing came of a request that was not answered.
fn unsent(url: &Url, error: ureq::Error) -> Fault {
    use std::io::ErrorKind::{
        BrokenPipe, ConnectionAborted, ConnectionReset, TimedOut, UnexpectedEof, WouldBlock,
    };
    let is_passing = match &error {
        ureq::Error::Io(error) => matches!(
            error.kind(),
            BrokenPipe
                | ConnectionAborted
                | ConnectionReset
                | TimedOut
                | UnexpectedEof
                | WouldBlock
        ),
        ureq::Error::Timeout(_) | ureq::Error::Protocol(_) => true,
        _ => false,
    };
    let error = at(url, "cannot be reached").caused_by(error).hint(
        "look at the network and HF_ENDPOINT; what Hugging Face's cache holds is used without one \
         where HF_HUB_OFFLINE=1",
    );
    if is_passing { Fault::Passing(error, None) } else { Fault::Lasting(error) }
}

/// Whether the answer from `url` is one; `with_token` says whether the token was shown.
fn check(response: &Response, url: &Url, with_token: bool) -> Result<(), Fault> {
    let status = response.status();
    let error = at(url, format!("the server says {status}"));
    match status.as_u16() {
        // A part that is not there, 416, is for whoever asked for it.
        200..=299 | 416 => Ok(()),
        401 | 403 => Err(Fault::Lasting(error.hint(refused(status, with_token)))),
        404 => Err(Fault::Missing(error)),
        429 | 500 | 502..=504 => {
            let asked = text(response, header::RETRY_AFTER.as_str());
            let asked = asked.and_then(|seconds| seconds.trim().parse().ok());
            Err(Fault::Passing(error, asked.map(Duration::from_secs)))
        }
        _ => Err(Fault::Lasting(error)),
    }
}

/// What to do about a refusal.
fn refused(status: StatusCode, with_token: bool) -> &'static str {
    match (with_token, status) {
        (true, StatusCode::UNAUTHORIZED) => {
            "the Hub does not know the token in HF_TOKEN (or the file `token` in HF_HOME)"
        }
        (true, _) => {
            "HF_TOKEN may not read this model; accept its terms on its page, or take another token"
        }
        // The Hub says so of models that are not there, too.
        (false, _) => {
            "no such model, or one that only members see: look at the spelling, or set HF_TOKEN"
        }
    }
}
