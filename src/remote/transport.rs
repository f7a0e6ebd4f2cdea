//! How `opendal` asks: over the same connections, with the same judgement of what is an answer, as
//! everything else here.

use std::fmt;
use std::io::Read;
use std::sync::{Mutex, PoisonError};

use futures_util::stream;
use opendal::{Buffer, ErrorKind, HttpBody, HttpTransport};
use ureq::Body;
use ureq::http::{Request, Response, StatusCode, header};

use super::background_hasher::BUFFER;
use super::http::{Ask, Content, Http};
use super::s3_error::S3Error;
use crate::error::Error;
use crate::web::{self, RequestError, RequestResult, Url, at, cut, text};

/// Statuses that `opendal` makes sense of itself.
const ITS_OWN: [u16; 5] = [304, 404, 409, 412, 416];

/// The longest answer that is no object, in bytes: a list of a thousand.
const MAX_ANSWER: u64 = 16 << 20;

/// The longest refusal that is read, in bytes.
const MAX_ERROR: u64 = 1 << 16;

/// Asks a bucket's server. It blocks: each thread waits for one answer.
#[derive(Debug)]
pub(super) struct Transport(pub(super) Http);

/// A fault on its way through `opendal`'s errors.
pub(super) struct Refused(Mutex<Option<RequestError>>);

impl Refused {
    /// An error of `opendal`'s that holds the fault.
    fn error(fault: RequestError) -> opendal::Error {
        opendal::Error::new(ErrorKind::Unexpected, "not answered")
            .set_source(Self(Mutex::new(Some(fault))))
    }

    /// The fault in an error of `opendal`'s, if there is one.
    pub(super) fn fault_in(error: &opendal::Error) -> Option<RequestError> {
        let mut source = std::error::Error::source(error);
        while let Some(cause) = source {
            if let Some(refused) = cause.downcast_ref::<Self>() {
                return refused.0.lock().unwrap_or_else(PoisonError::into_inner).take();
            }
            source = cause.source();
        }
        None
    }
}

impl fmt::Debug for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Refused")
    }
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the server refused")
    }
}

impl std::error::Error for Refused {}

impl HttpTransport for Transport {
    async fn fetch(&self, request: Request<Buffer>) -> opendal::Result<Response<HttpBody>> {
        self.ask(request).map_err(Refused::error)
    }
}

impl Transport {
    fn ask(&self, request: Request<Buffer>) -> RequestResult<Response<HttpBody>> {
        let (parts, body) = request.into_parts();
        let unusable = || RequestError::Permanent(Error::new("an address that cannot be asked"));
        let url = Url::parse(&parts.uri.to_string()).ok_or_else(unusable)?;
        let is_head = parts.method == "HEAD";
        let is_range = parts.headers.contains_key(header::RANGE);
        let mut ask = Ask::new(parts.method, url.clone());
        ask.headers = parts.headers;
        // It is said anew with the body.
        ask.headers.remove(header::CONTENT_LENGTH);
        let bytes = body.to_bytes();
        let (mut content, size) = (&bytes[..], bytes.len() as u64);
        if size > 0 || ask.method == "PUT" || ask.method == "POST" {
            ask = ask.body(Content::Stream(&mut content, size));
        }
        let response = self.0.send_known(&mut ask)?;
        let response = self.judged(&ask, response)?;
        if is_range && response.status() == StatusCode::OK {
            return Err(RequestError::AlreadyExists(at(&url, "the server ignores ranges")));
        }
        let length = text(&response, header::CONTENT_LENGTH.as_str());
        // What `HEAD` announces does not come.
        let length = length.filter(|_| !is_head).and_then(|length| length.parse().ok());
        let mut parts = Response::new(()).into_parts().0;
        parts.status = response.status();
        parts.headers.clone_from(response.headers());
        let reader = web::body(response);
        // A stream must be `Sync`, and a reader is not.
        let reader = Mutex::new(reader);
        let chunks = std::iter::from_fn(move || {
            let mut chunk = vec![0; BUFFER];
            let read = reader.lock().unwrap_or_else(PoisonError::into_inner).read(&mut chunk);
            match read {
                Ok(0) => None,
                Ok(length) => {
                    chunk.truncate(length);
                    Some(Ok(Buffer::from(chunk)))
                }
                Err(error) => Some(Err(Refused::error(cut(&url, error)))),
            }
        });
        Ok(Response::from_parts(parts, HttpBody::new(stream::iter(chunks), length)))
    }

    /// The answer, if it is one.
    ///
    /// # Errors
    /// The fault that it is, with what the store says of it. An answer of 200 may hold an error,
    /// too: the server began it before it knew.
    fn judged(&self, ask: &Ask, response: web::Response) -> RequestResult<web::Response> {
        let status = response.status();
        if ask.method == "HEAD" || (status.is_success() && is_object(ask)) {
            return self.0.judge(ask, response, &ITS_OWN);
        }
        let mut head = Response::new(());
        *head.status_mut() = status;
        head.headers_mut().clone_from(response.headers());
        let headers = head.headers().clone();
        let most = if status.is_success() { MAX_ANSWER } else { MAX_ERROR };
        let body = match web::short(&ask.url, response, most) {
            // A refusal is one, whether it says why or not.
            Err(_) if !status.is_success() => Vec::new(),
            body => body?,
        };
        let said = S3Error::parse(&body);
        let whole = head.map(|()| Body::builder().data(body));
        let its_own = ITS_OWN.contains(&status.as_u16());
        match said.filter(|said| !(its_own && said.is_of_object())) {
            Some(said) => {
                let base = self.0.judge(ask, whole, &[]).err();
                Err(said.fault(&ask.url, (status, &headers), base))
            }
            None => self.0.judge(ask, whole, &ITS_OWN),
        }
    }
}

/// Whether an object is asked for, and not what the server says of one or does with one.
fn is_object(ask: &Ask) -> bool {
    ask.method == "GET" && !ask.url.has_parameter("list-type")
}
