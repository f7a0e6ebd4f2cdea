//! Requests to an S3 bucket, each signed and sent once.

use std::io::{self, Read};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use md5::{Digest, Md5};
use percent_encoding::{AsciiSet, utf8_percent_encode};
use ureq::Body;
use ureq::http::{HeaderMap, HeaderValue, Method, Response as HttpResponse, header};

use super::dav::RESERVED;
use super::s3_error::S3Error;
use super::s3_signature::Signer;
use super::s3_xml::{ListPage, complete_multipart_upload, delete_objects, upload_id};
use crate::web::{
    self, Client, HttpRequest, RequestBody, RequestError, RequestResult, Response, Url, at,
    kind_of, text,
};

/// The statuses whose meaning depends on the request.
const CONDITIONAL: [u16; 5] = [304, 404, 409, 412, 416];

/// The longest response other than an object, in bytes: a list of 1,000 objects.
const MAX_RESPONSE: u64 = 16 << 20;

/// The longest error response that is read, in bytes.
const MAX_ERROR: u64 = 1 << 16;

/// The most objects that one request can delete.
pub(super) const MAX_DELETED: usize = 1000;

/// The characters that are percent-encoded in the path of an object's URL.
const RESERVED_IN_PATH: &AsciiSet = &RESERVED.remove(b'/');

/// Sends requests to one bucket.
pub(super) struct S3Client {
    http: Client,
    signer: Signer,
    bucket: String,
    /// The bucket's own URL, in path style.
    url: Url,
}

/// The properties of an object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct ObjectInfo {
    /// In bytes.
    pub(super) size: u64,
    /// The entity tag, with its quotes.
    pub(super) tag: Option<String>,
}

/// A request that is not signed yet.
struct S3Request<'a> {
    method: Method,
    key: &'a str,
    /// The parameters, percent-encoded.
    query: String,
    headers: HeaderMap,
    body: RequestBody<'a>,
}

impl<'a> S3Request<'a> {
    fn new(method: Method, key: &'a str) -> Self {
        let (query, headers) = (String::new(), HeaderMap::new());
        Self { method, key, query, headers, body: RequestBody::Empty }
    }

    fn parameter(mut self, name: &str, value: &str) -> Self {
        let separator = if self.query.is_empty() { '?' } else { '&' };
        self.query.push(separator);
        self.query += name;
        if !value.is_empty() {
            self.query += &format!("={}", utf8_percent_encode(value, RESERVED));
        }
        self
    }

    fn header(mut self, name: &'static str, value: &str) -> Self {
        if let Ok(value) = HeaderValue::from_str(value) {
            self.headers.insert(name, value);
        }
        self
    }

    fn body<'b>(self, content: &'b mut dyn Read, size: u64) -> S3Request<'b>
    where
        'a: 'b,
    {
        let Self { method, key, query, headers, .. } = self;
        S3Request { method, key, query, headers, body: RequestBody::Stream(content, size) }
    }
}

impl S3Client {
    /// A client for `bucket` on the server at `endpoint`. Sends nothing yet.
    pub(super) fn new(http: Client, signer: Signer, endpoint: &Url, bucket: &str) -> Self {
        let url = endpoint.below(&format!("/{bucket}"));
        Self { http, signer, bucket: bucket.to_owned(), url }
    }

    /// Lists one page of the objects whose key starts with `prefix`; with `by_folder`, keys that
    /// have a `/` after the prefix are combined to folders.
    pub(super) fn list(
        &self,
        prefix: &str,
        by_folder: bool,
        token: Option<&str>,
    ) -> RequestResult<ListPage> {
        let mut request = S3Request::new(Method::GET, "").parameter("list-type", "2");
        if !prefix.is_empty() {
            request = request.parameter("prefix", prefix);
        }
        if by_folder {
            request = request.parameter("delimiter", "/");
        }
        if let Some(token) = token {
            request = request.parameter("continuation-token", token);
        }
        let body = self.send_short(request)?;
        // The server, or something between, may have truncated it.
        ListPage::parse(&body).ok_or_else(|| unreadable(&self.url, "the list"))
    }

    /// The properties of the object `key`.
    pub(super) fn head(&self, key: &str) -> RequestResult<ObjectInfo> {
        let response = self.send(S3Request::new(Method::HEAD, key))?;
        let size = text(&response, header::CONTENT_LENGTH.as_str());
        let size = size.and_then(|size| size.parse().ok()).unwrap_or(0);
        let tag = text(&response, header::ETAG.as_str()).map(str::to_owned);
        Ok(ObjectInfo { size, tag })
    }

    /// Reads the object `key` from the byte `start` on, if its entity tag is `tag`.
    pub(super) fn get(&self, key: &str, start: u64, tag: Option<&str>) -> RequestResult<Response> {
        let mut request = S3Request::new(Method::GET, key);
        if start > 0 {
            request = request.header("range", &format!("bytes={start}-"));
        }
        if let Some(tag) = tag {
            request = request.header("if-match", tag);
        }
        self.send(request)
    }

    /// Writes an object of `size` bytes; replaces an existing one.
    pub(super) fn put(&self, key: &str, content: &mut dyn Read, size: u64) -> RequestResult<()> {
        self.send_short(S3Request::new(Method::PUT, key).body(content, size)).map(drop)
    }

    /// Writes an object, unless one with this key exists.
    pub(super) fn put_new(&self, key: &str, content: &str) -> RequestResult<()> {
        let (mut bytes, size) = (content.as_bytes(), content.len() as u64);
        let request = S3Request::new(Method::PUT, key).header("if-none-match", "*");
        self.send_short(request.body(&mut bytes, size)).map(drop)
    }

    /// Copies an object within the bucket; replaces an existing one.
    pub(super) fn copy(&self, from: &str, to: &str) -> RequestResult<()> {
        let source = format!("{}/{}", self.bucket, utf8_percent_encode(from, RESERVED_IN_PATH));
        let request = S3Request::new(Method::PUT, to).header("x-amz-copy-source", &source);
        self.send_short(request.body(&mut io::empty(), 0)).map(drop)
    }

    /// Deletes the object `key`, if it exists.
    pub(super) fn delete(&self, key: &str) -> RequestResult<()> {
        match self.send_short(S3Request::new(Method::DELETE, key)) {
            Ok(_) | Err(RequestError::NotFound(_)) => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// Deletes the objects with these keys, at most [`MAX_DELETED`].
    pub(super) fn delete_all(&self, keys: &[String]) -> RequestResult<()> {
        let body = delete_objects(keys);
        let md5 = STANDARD.encode(Md5::digest(body.as_bytes()));
        let request = S3Request::new(Method::POST, "").parameter("delete", "");
        self.send_xml(request.header("content-md5", &md5), &body).map(drop)
    }

    /// Starts a multipart upload; returns its ID.
    pub(super) fn start_upload(&self, key: &str) -> RequestResult<String> {
        let request = S3Request::new(Method::POST, key).parameter("uploads", "");
        let body = self.send_short(request.body(&mut io::empty(), 0))?;
        upload_id(&body).ok_or_else(|| unreadable(&self.url, "the ID of the upload"))
    }

    /// Uploads a part; returns its entity tag. The first part has the number 1.
    pub(super) fn put_part(
        &self,
        key: &str,
        id: &str,
        number: usize,
        mut content: &[u8],
    ) -> RequestResult<String> {
        let size = content.len() as u64;
        let request = S3Request::new(Method::PUT, key)
            .parameter("partNumber", &number.to_string())
            .parameter("uploadId", id)
            .body(&mut content, size);
        let response = self.send(request)?;
        let tag = text(&response, header::ETAG.as_str()).map(str::to_owned);
        tag.ok_or_else(|| unreadable(&self.url, "the entity tag of a part"))
    }

    /// Makes an object of the uploaded parts, whose entity tags are `tags`.
    pub(super) fn complete_upload(
        &self,
        key: &str,
        id: &str,
        tags: &[String],
    ) -> RequestResult<()> {
        let request = S3Request::new(Method::POST, key).parameter("uploadId", id);
        self.send_xml(request, &complete_multipart_upload(tags)).map(drop)
    }

    /// Discards the uploaded parts.
    pub(super) fn abort_upload(&self, key: &str, id: &str) -> RequestResult<()> {
        let request = S3Request::new(Method::DELETE, key).parameter("uploadId", id);
        self.send_short(request).map(drop)
    }

    fn send_xml(&self, request: S3Request, body: &str) -> RequestResult<Vec<u8>> {
        let (mut bytes, size) = (body.as_bytes(), body.len() as u64);
        self.send_short(request.header("content-type", "application/xml").body(&mut bytes, size))
    }

    fn send_short(&self, request: S3Request) -> RequestResult<Vec<u8>> {
        let response = self.send(request)?;
        web::short(&self.url, response, MAX_RESPONSE)
    }

    /// Signs and sends the request; returns the response if it was successful.
    fn send(&self, request: S3Request) -> RequestResult<Response> {
        let key = utf8_percent_encode(request.key, RESERVED_IN_PATH);
        let is_list = request.key.is_empty() && request.method == Method::GET;
        let slash = if is_list { "" } else { "/" };
        let url = self.url.below(&format!("{slash}{key}{}", request.query));
        let mut headers = request.headers;
        self.signer.sign(&request.method, &url, &mut headers, Timestamp::now());
        let is_conditional =
            ["if-match", "if-none-match"].iter().any(|name| headers.contains_key(*name));
        let mut http_request = HttpRequest::new(request.method, url);
        (http_request.headers, http_request.body) = (headers, request.body);
        let response = self.http.send_authorized(&mut http_request)?;
        let is_object = http_request.method == "GET" && !is_list;
        let response = self.checked(&http_request, response, is_object)?;
        let url = &http_request.url;
        let status = response.status();
        let error = at(url, format!("the server responded {status}")).with_kind(kind_of(status));
        match status.as_u16() {
            404 => Err(RequestError::NotFound(error)),
            409 | 412 if is_conditional => Err(RequestError::AlreadyExists(error)),
            304 | 409 | 412 => Err(RequestError::Transient(error, None)),
            416 => Err(RequestError::Permanent(error)),
            _ => Ok(response),
        }
    }

    /// The response, if it is successful or has one of the statuses [`CONDITIONAL`].
    ///
    /// # Errors
    /// If the server refused the request, with the server's reason. A response with the status 200
    /// can hold an error, too: the server began the response before the error occurred.
    fn checked(
        &self,
        request: &HttpRequest,
        response: Response,
        is_object: bool,
    ) -> RequestResult<Response> {
        let status = response.status();
        if request.method == "HEAD" || (status.is_success() && is_object) {
            return self.http.check_unredirected(request, response, &CONDITIONAL);
        }
        let mut head = HttpResponse::new(());
        *head.status_mut() = status;
        head.headers_mut().clone_from(response.headers());
        let headers = head.headers().clone();
        let max_size = if status.is_success() { MAX_RESPONSE } else { MAX_ERROR };
        let body = match web::short(&request.url, response, max_size) {
            // An error is one, with or without a reason.
            Err(_) if !status.is_success() => Vec::new(),
            body => body?,
        };
        let error = S3Error::parse(&body);
        let response = head.map(|()| Body::builder().data(body));
        let is_conditional = CONDITIONAL.contains(&status.as_u16());
        match error.filter(|error| !(is_conditional && error.is_about_object())) {
            Some(error) => {
                let base = self.http.check_unredirected(request, response, &[]).err();
                Err(error.request_error(&request.url, status, &headers, base))
            }
            None => self.http.check_unredirected(request, response, &CONDITIONAL),
        }
    }
}

/// The error of a response that is cut or garbled.
fn unreadable(url: &Url, what: &str) -> RequestError {
    RequestError::Transient(at(url, format!("cannot read {what} in the response")), None)
}
