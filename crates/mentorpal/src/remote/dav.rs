//! A remote on a WebDAV server (RFC 4918).

use std::io::{Cursor, Read};
use std::sync::OnceLock;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use ureq::http::{Method, StatusCode, header};

use super::advice::login_page;
use super::destination::KnownForm;
use super::hidden::{HiddenNames, is_hidden};
use super::propfind::{Listing, REQUEST_BODY, listing, statuses};
use super::store::{Entry, Reading, Store};
use crate::error::{Error, ErrorKind, Location};
use crate::web::{
    Client, HttpRequest, RequestBody, RequestError, RequestResult, Response, Url, at,
    begins_a_page, body, content_range, drain_body, is_page, kind_of, propfind, short, text,
    truncated,
};

/// The largest folder listing that is read, in bytes.
const MAX_LIST: u64 = 16 << 20;

/// The extension of HTML files, which servers label as HTML.
pub(super) const PAGE: &str = ".html";

/// The number of bytes of a file that are read to recognize an HTML page.
const PAGE_START: u64 = 512;

/// The characters that are percent-encoded in a path: all but those of RFC 3986, section 2.3.
pub(super) const RESERVED: &AsciiSet =
    &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// A WebDAV server, or a public link to a folder of one.
#[derive(Debug)]
pub(super) struct Dav {
    pub(super) http: Client,
    root: Root,
    /// The form of `Destination` that the server accepts.
    pub(super) form: KnownForm,
    pub(super) hidden: HiddenNames,
}

/// The URL of the remote's root folder.
#[derive(Debug)]
enum Root {
    At(Url),
    /// For a public link: the first of these URLs that exists.
    OneOf {
        candidates: Vec<Url>,
        found: OnceLock<Url>,
    },
}

impl Dav {
    /// The server's folder at `url`.
    pub(super) fn new(http: Client, url: Url) -> Self {
        Self::of(http, Root::At(url))
    }

    /// The folder of the link `base/s/token`. Nextcloud since version 29 provides it at the second
    /// URL, too, and has announced the removal of the first.
    pub(super) fn public_link(http: Client, base: &Url, token: &str) -> Self {
        let candidates = vec![
            base.below("/public.php/webdav"),
            base.below(&format!("/public.php/dav/files/{token}")).hiding(token),
        ];
        Self::of(http, Root::OneOf { candidates, found: OnceLock::new() })
    }

    fn of(http: Client, root: Root) -> Self {
        Self { http, root, form: KnownForm::default(), hidden: HiddenNames::default() }
    }

    /// The URL of the root folder. The first call may send requests to find it.
    pub(super) fn root(&self) -> RequestResult<&Url> {
        let (candidates, found) = match &self.root {
            Root::At(url) => return Ok(url),
            Root::OneOf { candidates, found } => (candidates, found),
        };
        if let Some(url) = found.get() {
            return Ok(url);
        }
        let mut first_error = None;
        for url in candidates {
            match self.propfind(&url.below("/"), "0") {
                Ok(_) => return Ok(found.get_or_init(|| url.clone())),
                Err(error @ RequestError::Transient(..)) => return Err(error),
                // The first error explains why the link does not work.
                Err(other) => first_error = first_error.or(Some(other)),
            }
        }
        Err(first_error.unwrap_or_else(|| {
            RequestError::NotFound(Error::new("the public link does not exist"))
        }))
    }

    pub(super) fn url(&self, path: &str) -> RequestResult<Url> {
        Ok(self.below(self.root()?, path))
    }

    /// The URL of a folder, with a slash at its end, because servers redirect otherwise.
    pub(super) fn folder_url(&self, path: &str) -> RequestResult<Url> {
        Ok(self.url(path.trim_end_matches('/'))?.below("/"))
    }

    /// The URL of `path` below `root`.
    fn below(&self, root: &Url, path: &str) -> Url {
        let parts = path.split('/').filter(|part| !part.is_empty());
        parts.fold(root.clone(), |url, part| {
            let part = self.hidden.name_on_disk(part);
            url.below(&format!("/{}", utf8_percent_encode(&part, RESERVED)))
        })
    }

    pub(super) fn propfind(&self, url: &Url, depth: &str) -> RequestResult<Listing> {
        let request = HttpRequest::new(propfind(), url.clone())
            .header("Depth", depth)
            .header("Content-Type", "application/xml; charset=utf-8")
            .body(RequestBody::Text(REQUEST_BODY));
        let response = self.http.send(request, &[])?;
        let is_page = is_page(&response);
        if response.status() != StatusCode::MULTI_STATUS {
            if is_page {
                return Err(login_page(url));
            }
            return Err(RequestError::Permanent(
                at(url, "not a response of a WebDAV server")
                    .with_kind(ErrorKind::Unsupported)
                    .hint(
                        "check the remote's URL; Nextcloud's is \
                 https://HOST/remote.php/dav/files/USER/FOLDER",
                    ),
            ));
        }
        let listing = listing(&list_text(url, response)?, url.path());
        // A proxy may have truncated or changed the listing.
        let listing = listing.ok_or_else(|| {
            RequestError::Transient(at(url, "cannot parse the list in the response"), None)
        })?;
        match listing.status {
            Some(404 | 410) => {
                Err(RequestError::NotFound(at(url, "the server reports that it does not exist")))
            }
            _ => Ok(listing),
        }
    }

    /// Sends a request whose response has no content.
    pub(super) fn done(
        &self,
        request: HttpRequest,
        url: &Url,
        accepted: &[u16],
    ) -> RequestResult<()> {
        done(url, self.http.send(request, accepted)?)
    }
}

/// Checks that a response reports success, and discards its body.
pub(super) fn done(url: &Url, response: Response) -> RequestResult<()> {
    match response.status() {
        StatusCode::MULTI_STATUS => Err(partly_done(url, response)),
        StatusCode::OK if is_page(&response) => Err(login_page(url)),
        _ => {
            drain_body(response);
            Ok(())
        }
    }
}

/// The error of a response with separate statuses for the parts that failed.
fn partly_done(url: &Url, response: Response) -> RequestError {
    let found = match list_text(url, response) {
        Ok(text) => statuses(&text),
        Err(fault) => return fault,
    };
    match found.as_slice() {
        // The whole operation failed. Other servers send 412 as the status of the response itself.
        [412] => {
            RequestError::AlreadyExists(at(url, "the server responded 412 Precondition Failed"))
        }
        [404 | 409] => RequestError::NotFound(at(url, "the server reports that it does not exist")),
        _ => RequestError::Transient(at(url, "the server completed the request only partly"), None),
    }
}

/// The text of a response that lists resources.
fn list_text(url: &Url, response: Response) -> RequestResult<String> {
    let answer = short(url, response, MAX_LIST)?;
    Ok(String::from_utf8_lossy(&answer).into_owned())
}

impl Store for Dav {
    fn place(&self, path: &str) -> Location {
        let root = match &self.root {
            Root::At(url) => url,
            Root::OneOf { candidates, found } => found.get().unwrap_or(&candidates[0]),
        };
        Location::file(self.below(root, path).to_string())
    }

    fn read_only(&self) -> Option<Error> {
        let is_link = matches!(self.root, Root::OneOf { .. });
        is_link.then(|| {
            Error::at(self.place(""), "a public link is read-only")
                .with_kind(ErrorKind::Unsupported)
                .hint("to upload, set the remote to the disk's own WebDAV address")
        })
    }

    fn list(&self, folder: &str) -> RequestResult<Vec<Entry>> {
        let mut entries = self.propfind(&self.folder_url(folder)?, "1")?.entries;
        for entry in &mut entries {
            entry.name = self.hidden.name_from_disk(std::mem::take(&mut entry.name));
        }
        Ok(entries)
    }

    fn notice(&self) -> Option<String> {
        self.hidden.notice()
    }

    fn read(&self, path: &str, from: Option<(u64, &str)>) -> RequestResult<Reading> {
        let url = self.url(path)?;
        let mut request = HttpRequest::new(Method::GET, url.clone());
        if let Some((start, validator)) = from {
            request =
                request.header("Range", &format!("bytes={start}-")).header("If-Range", validator);
        }
        let response = self.http.send(request, &[416])?;
        let status = response.status();
        if status == StatusCode::RANGE_NOT_SATISFIABLE && from.is_some() {
            return self.read(path, None);
        }
        let is_page = is_page(&response);
        let (start, size) = match (status, from) {
            (StatusCode::OK, _) => {
                let length = text(&response, header::CONTENT_LENGTH.as_str());
                (0, length.and_then(|length| length.parse().ok()))
            }
            (StatusCode::PARTIAL_CONTENT, Some((start, _)))
                if content_range(&response).is_some_and(|(first, _)| first == start) =>
            {
                (start, content_range(&response).and_then(|(_, size)| size))
            }
            // The wrong range: read the file from its beginning.
            (StatusCode::PARTIAL_CONTENT, Some(_)) => return self.read(path, None),
            _ => {
                return Err(RequestError::Permanent(
                    at(&url, format!("the server responded {status}")).with_kind(kind_of(status)),
                ));
            }
        };
        let strong = text(&response, header::ETAG.as_str()).filter(|tag| tag.starts_with('"'));
        let validator = strong.or_else(|| text(&response, header::LAST_MODIFIED.as_str()));
        let validator = validator.map(str::to_owned);
        let mut content: Box<dyn Read + Send> = Box::new(body(response));
        let mut page = None;
        if is_page && start == 0 {
            let mut beginning = Vec::new();
            (&mut content)
                .take(PAGE_START)
                .read_to_end(&mut beginning)
                .map_err(|e| truncated(&url, e))?;
            // A training report is an HTML page itself.
            if begins_a_page(&beginning) && !path.ends_with(PAGE) {
                page = Some(login_page(&url).into_error());
            }
            content = Box::new(Cursor::new(beginning).chain(content));
        }
        Ok(Reading { start, size, validator, content, page })
    }

    fn write(&self, path: &str, content: &mut dyn Read, size: u64) -> RequestResult<()> {
        let url = self.url(path)?;
        let request =
            HttpRequest::new(Method::PUT, url.clone()).body(RequestBody::Stream(content, size));
        if is_hidden(path) {
            self.write_hidden(path, request)
        } else {
            self.done(request, &url, &[])
        }
    }

    fn make_folder(&self, path: &str) -> RequestResult<()> {
        if is_hidden(path) {
            return self.make_hidden(path);
        }
        let url = self.folder_url(path)?;
        let method = Method::from_bytes(b"MKCOL").expect("a method");
        // 405: the folder exists.
        self.done(HttpRequest::new(method, url.clone()), &url, &[405])
    }

    fn rename(&self, from: &str, to: &str) -> RequestResult<()> {
        self.move_to(&self.url(from)?, &self.url(to)?, "T")
    }

    fn move_folder(&self, from: &str, to: &str, _needed: &[&str]) -> RequestResult<()> {
        self.move_to(&self.folder_url(from)?, &self.folder_url(to)?, "F")
    }

    fn remove(&self, path: &str) -> RequestResult<()> {
        let url = if path.ends_with('/') { self.folder_url(path) } else { self.url(path) }?;
        self.done(HttpRequest::new(Method::DELETE, url.clone()), &url, &[404])
    }
}
