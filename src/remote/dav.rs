//! A WebDAV disk (RFC 4918), asked directly.
//!
//! `opendal`'s own WebDAV (0.59.5) moves with `Overwrite: T` always (`core.rs`, line 381), has no
//! `If-Range` (line 172 on), takes a 200 for a range (`reader.rs`, line 63), and hides redirects and
//! `Retry-After`: what is promised here depends on each of them.

use std::io::Read;
use std::sync::OnceLock;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use ureq::http::{Method, StatusCode, header};

use super::http::{Ask, Content, Http, login_page};
use super::propfind;
use super::store::{Entry, Reading, Store};
use crate::error::{Error, Place};
use crate::web::{Answer, Fault, Response, Url, at, body, is_page, short, spend, text};

/// The longest list of a folder that is read, in bytes.
const MAX_LIST: u64 = 16 << 20;

/// How the names of pages end, which servers label as such.
pub(super) const PAGE: &str = ".html";

/// What is not written as it is in a path (RFC 3986, section 2.3).
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// A disk, or a public link to a part of one.
#[derive(Debug)]
pub(super) struct Dav {
    http: Http,
    root: Root,
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
        Self { http, root: Root::At(url) }
    }

    /// What the link `base/s/token` leads to. Nextcloud since version 29 has it at the second
    /// address, too, and says that the first will go.
    pub(super) fn public_link(http: Http, base: &Url, token: &str) -> Self {
        let candidates = vec![
            base.below("/public.php/webdav"),
            base.below(&format!("/public.php/dav/files/{token}")).hiding(token),
        ];
        Self { http, root: Root::OneOf { candidates, found: OnceLock::new() } }
    }

    /// Where the files begin; asks for it the first time.
    fn root(&self) -> Answer<&Url> {
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
                Err(passing @ Fault::Passing(..)) => return Err(passing),
                // The first says why the link does not work.
                Err(other) => fault = fault.or(Some(other)),
            }
        }
        Err(fault.unwrap_or_else(|| Fault::Missing(Error::new("no such link"))))
    }

    fn url(&self, path: &str) -> Answer<Url> {
        Ok(below(self.root()?, path))
    }

    /// The address of a folder ends with a slash: servers redirect otherwise.
    fn folder_url(&self, path: &str) -> Answer<Url> {
        Ok(self.url(path.trim_end_matches('/'))?.below("/"))
    }

    fn propfind(&self, url: &Url, depth: &str) -> Answer<Vec<Entry>> {
        let method = Method::from_bytes(b"PROPFIND").expect("a method");
        let ask = Ask::new(method, url.clone())
            .header("Depth", depth)
            .header("Content-Type", "application/xml; charset=utf-8")
            .body(Content::Text(propfind::QUESTION));
        let response = self.http.send(ask, &[])?;
        if is_page(&response) {
            return Err(login_page(url));
        }
        if response.status() != StatusCode::MULTI_STATUS {
            return Err(Fault::Lasting(at(url, "not an answer of a WebDAV disk").hint(
                "look at the remote's URL; Nextcloud's is \
                 https://HOST/remote.php/dav/files/USER/FOLDER",
            )));
        }
        let answer = short(url, response, MAX_LIST)?;
        let entries = propfind::entries(&String::from_utf8_lossy(&answer));
        // Something on the way may have cut or changed it.
        entries.ok_or_else(|| Fault::Passing(at(url, "a list that cannot be read"), None))
    }

    /// `MOVE`, with the header `Overwrite` as it is.
    fn rename(&self, from: &Url, to: &Url, overwrite: &str) -> Answer<()> {
        let method = Method::from_bytes(b"MOVE").expect("a method");
        let ask = Ask::new(method, from.clone())
            .header("Destination", &to.whole())
            .header("Overwrite", overwrite);
        self.done(ask, to, &[])
    }

    /// Has something done that brings nothing back.
    fn done(&self, ask: Ask, url: &Url, accepted: &[u16]) -> Answer<()> {
        let response = self.http.send(ask, accepted)?;
        match response.status() {
            // A part of it failed.
            StatusCode::MULTI_STATUS => {
                Err(Fault::Passing(at(url, "the server did only a part of it"), None))
            }
            StatusCode::OK if is_page(&response) => Err(login_page(url)),
            _ => {
                spend(response);
                Ok(())
            }
        }
    }
}

impl Store for Dav {
    fn place(&self, path: &str) -> Place {
        let root = match &self.root {
            Root::At(url) => url,
            Root::OneOf { candidates, found } => found.get().unwrap_or(&candidates[0]),
        };
        Place::file(below(root, path).to_string())
    }

    fn read_only(&self) -> Option<Error> {
        let is_link = matches!(self.root, Root::OneOf { .. });
        is_link.then(|| {
            Error::at(self.place(""), "a public link is for reading only")
                .hint("to upload, set the remote to the disk's own WebDAV address")
        })
    }

    fn list(&self, folder: &str) -> Answer<Vec<Entry>> {
        self.propfind(&self.folder_url(folder)?, "1")
    }

    fn read(&self, path: &str, from: Option<(u64, &str)>) -> Answer<Reading> {
        let url = self.url(path)?;
        let mut ask = Ask::new(Method::GET, url.clone());
        if let Some((start, validator)) = from {
            ask = ask.header("Range", &format!("bytes={start}-")).header("If-Range", validator);
        }
        let response = self.http.send(ask, &[416])?;
        let status = response.status();
        if status == StatusCode::RANGE_NOT_SATISFIABLE && from.is_some() {
            return self.read(path, None);
        }
        // A report is a page itself; whether it is the right one, its digest tells.
        if is_page(&response) && !path.ends_with(PAGE) {
            return Err(login_page(&url));
        }
        let (start, size) = match (status, from) {
            (StatusCode::OK, _) => {
                let length = text(&response, header::CONTENT_LENGTH.as_str());
                (0, length.and_then(|length| length.parse().ok()))
            }
            (StatusCode::PARTIAL_CONTENT, Some((start, _)))
                if range(&response).is_some_and(|(first, _)| first == start) =>
            {
                (start, range(&response).and_then(|(_, size)| size))
            }
            // Not what was asked for: from the beginning, then.
            (StatusCode::PARTIAL_CONTENT, Some(_)) => return self.read(path, None),
            _ => return Err(Fault::Lasting(at(&url, format!("the server says {status}")))),
        };
        let strong = text(&response, header::ETAG.as_str()).filter(|tag| tag.starts_with('"'));
        let validator = strong.or_else(|| text(&response, header::LAST_MODIFIED.as_str()));
        let validator = validator.map(str::to_owned);
        let content = Box::new(body(response));
        Ok(Reading { start, size, validator, content })
    }

    fn write(&self, path: &str, content: &mut dyn Read, size: u64) -> Answer<()> {
        let url = self.url(path)?;
        let ask = Ask::new(Method::PUT, url.clone()).body(Content::Stream(content, size));
        self.done(ask, &url, &[])
    }

    fn make_folder(&self, path: &str) -> Answer<()> {
        let url = self.folder_url(path)?;
        let method = Method::from_bytes(b"MKCOL").expect("a method");
        // 405: it is there.
        self.done(Ask::new(method, url.clone()), &url, &[405])
    }

    fn rename(&self, from: &str, to: &str) -> Answer<()> {
        self.rename(&self.url(from)?, &self.url(to)?, "T")
    }

    fn move_folder(&self, from: &str, to: &str, _needed: &[&str]) -> Answer<()> {
        self.rename(&self.folder_url(from)?, &self.folder_url(to)?, "F")
    }

    fn remove(&self, path: &str) -> Answer<()> {
        let url = if path.ends_with('/') { self.folder_url(path) } else { self.url(path) }?;
        self.done(Ask::new(Method::DELETE, url.clone()), &url, &[404])
    }
}

/// The address of `path` below `root`.
fn below(root: &Url, path: &str) -> Url {
    let parts = path.split('/').filter(|part| !part.is_empty());
    parts.fold(root.clone(), |url, part| {
        url.below(&format!("/{}", utf8_percent_encode(part, RESERVED)))
    })
}

/// The first byte and the whole size that `Content-Range` says.
fn range(response: &Response) -> Option<(u64, Option<u64>)> {
    let (range, size) = text(response, "Content-Range")?.strip_prefix("bytes ")?.split_once('/')?;
    Some((range.split_once('-')?.0.parse().ok()?, size.parse().ok()))
}
