//! A remote on a WebDAV disk (RFC 4918).

use std::io::{Cursor, Read};
use std::sync::OnceLock;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use ureq::http::{Method, StatusCode, header};

use super::destination::KnownForm;
use super::hidden::{HiddenNames, is_hidden};
use super::http::{Http, HttpRequest, RequestBody, login_page, propfind};
use super::propfind::{Listing, QUESTION, listing, statuses};
use super::store::{Entry, Reading, Store};
use crate::error::{Error, ErrorKind, Location};
use crate::web::{
    RequestError, RequestResult, Response, Url, at, begins_a_page, body, content_range, drain_body,
    is_page, short, text, truncated,
};

/// The longest list of a folder that is read, in bytes.
const MAX_LIST: u64 = 16 << 20;

/// How the names of pages end, which servers label as such.
pub(super) const PAGE: &str = ".html";

/// How much of a file is looked at to tell a page from others, in bytes.
const PAGE_START: u64 = 512;

/// What is not written as it is in a path (RFC 3986, section 2.3).
pub(super) const RESERVED: &AsciiSet =
    &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// A disk, or a public link to a part of one.
#[derive(Debug)]
pub(super) struct Dav {
    pub(super) http: Http,
    root: Root,
    /// How it is told where something is moved to.
    pub(super) form: KnownForm,
    pub(super) hidden: HiddenNames,
}

/// Where a disk's files begin.
#[derive(Debug)]
enum Root {
    At(Url),
    /// Of a public link one of these, the first that is there.
    OneOf {
        candidates: Vec<Url>,
        found: OnceLock<Url>,
    },
}

impl Dav {
    /// The disk at `url`.
    pub(super) fn new(http: Http, url: Url) -> Self {
        Self::of(http, Root::At(url))
    }

    /// What the link `base/s/token` leads to. Nextcloud since version 29 has it at the second
    /// address, too, and says that the first will go.
    pub(super) fn public_link(http: Http, base: &Url, token: &str) -> Self {
        let candidates = vec![
            base.below("/public.php/webdav"),
            base.below(&format!("/public.php/dav/files/{token}")).hiding(token),
        ];
        Self::of(http, Root::OneOf { candidates, found: OnceLock::new() })
    }

    fn of(http: Http, root: Root) -> Self {
        Self { http, root, form: KnownForm::default(), hidden: HiddenNames::default() }
    }

    /// Where the files begin; asks for it the first time.
    pub(super) fn root(&self) -> RequestResult<&Url> {
        let (candidates, found) = match &self.root {
            Root::At(url) => return Ok(url),
            Root::OneOf { candidates, found } => (candidates, found),
        };
        if let Some(url) = found.get() {
            return Ok(url);
        }
        let mut fault = None;
        for url in candidates {
            match self.propfind(&url.below("/"), "0") {
                Ok(_) => return Ok(found.get_or_init(|| url.clone())),
                Err(passing @ RequestError::Transient(..)) => return Err(passing),
                // The first says why the link does not work.
                Err(other) => fault = fault.or(Some(other)),
            }
        }
        Err(fault.unwrap_or_else(|| RequestError::NotFound(Error::new("no such link"))))
    }

    pub(super) fn url(&self, path: &str) -> RequestResult<Url> {
        Ok(self.below(self.root()?, path))
    }

    /// The address of a folder ends with a slash: servers redirect otherwise.
    pub(super) fn folder_url(&self, path: &str) -> RequestResult<Url> {
        Ok(self.url(path.trim_end_matches('/'))?.below("/"))
    }

    /// The address of `path` below `root`.
    fn below(&self, root: &Url, path: &str) -> Url {
        let parts = path.split('/').filter(|part| !part.is_empty());
        parts.fold(root.clone(), |url, part| {
            let part = self.hidden.on_disk(part);
            url.below(&format!("/{}", utf8_percent_encode(&part, RESERVED)))
        })
    }

    pub(super) fn propfind(&self, url: &Url, depth: &str) -> RequestResult<Listing> {
        let ask = HttpRequest::new(propfind(), url.clone())
            .header("Depth", depth)
            .header("Content-Type", "application/xml; charset=utf-8")
            .body(RequestBody::Text(QUESTION));
        let response = self.http.send(ask, &[])?;
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
        // Something on the way may have cut or changed it.
        let listing = listing.ok_or_else(|| {
            RequestError::Transient(at(url, "cannot read the list in the response"), None)
        })?;
        match listing.status {
            Some(404 | 410) => {
                Err(RequestError::NotFound(at(url, "the server reports that it does not exist")))
            }
            _ => Ok(listing),
        }
    }

    /// Has something done that brings nothing back.
    pub(super) fn done(&self, ask: HttpRequest, url: &Url, accepted: &[u16]) -> RequestResult<()> {
        done(url, self.http.send(ask, accepted)?)
    }
}

/// What an answer about `url` says is done.
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

/// The fault of an answer with a status for each part that was not done.
fn partly_done(url: &Url, response: Response) -> RequestError {
    let said = match list_text(url, response) {
        Ok(answer) => statuses(&answer),
        Err(fault) => return fault,
    };
    match said.as_slice() {
        // All that was asked for, as others say it by the status of the answer itself.
        [412] => {
            RequestError::AlreadyExists(at(url, "the server responded 412 Precondition Failed"))
        }
        [404 | 409] => RequestError::NotFound(at(url, "the server reports that it does not exist")),
        _ => RequestError::Transient(at(url, "the server did only part of the request"), None),
    }
}

/// The text of an answer that is a list.
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
            entry.name = self.hidden.of_disk(std::mem::take(&mut entry.name));
        }
        Ok(entries)
    }

    fn notice(&self) -> Option<String> {
        self.hidden.notice()
    }

    fn read(&self, path: &str, from: Option<(u64, &str)>) -> RequestResult<Reading> {
        let url = self.url(path)?;
        let mut ask = HttpRequest::new(Method::GET, url.clone());
        if let Some((start, validator)) = from {
            ask = ask.header("Range", &format!("bytes={start}-")).header("If-Range", validator);
        }
        let response = self.http.send(ask, &[416])?;
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
            // Not what was asked for: from the beginning, then.
            (StatusCode::PARTIAL_CONTENT, Some(_)) => return self.read(path, None),
            _ => {
                return Err(RequestError::Permanent(at(
                    &url,
                    format!("the server responded {status}"),
                )));
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
            // A report is a page itself.
            if begins_a_page(&beginning) && !path.ends_with(PAGE) {
                page = Some(login_page(&url).into_error());
            }
            content = Box::new(Cursor::new(beginning).chain(content));
        }
        Ok(Reading { start, size, validator, content, page })
    }

    fn write(&self, path: &str, content: &mut dyn Read, size: u64) -> RequestResult<()> {
        let url = self.url(path)?;
        let ask =
            HttpRequest::new(Method::PUT, url.clone()).body(RequestBody::Stream(content, size));
        if is_hidden(path) { self.write_hidden(path, ask) } else { self.done(ask, &url, &[]) }
    }

    fn make_folder(&self, path: &str) -> RequestResult<()> {
        if is_hidden(path) {
            return self.make_hidden(path);
        }
        let url = self.folder_url(path)?;
        let method = Method::from_bytes(b"MKCOL").expect("a method");
        // 405: it is there.
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
