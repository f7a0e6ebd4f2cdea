//! Fetching one file into the cache: on from where an earlier run was cut, and whole by its hash.

use std::fs::{self, File};
use std::io::{ErrorKind, Read, Write};
use std::path::PathBuf;

use ureq::http::{StatusCode, header};

use super::cache::{ModelCache, is_whole};
use super::client::{Client, FIRST_WAIT, LINKED_ETAG, LINKED_SIZE, no_hub};
use super::hash::Hash;
use crate::error::{Error, Result};
use crate::files;
use crate::progress::Progress;
use crate::web::{Answer, Fault, Response, Tries, Url, at, body, cut, is_page, patiently, text};

/// What the Hub says of a file.
#[derive(Debug)]
pub(super) struct Description {
    pub(super) hash: Hash,
    /// In bytes.
    pub(super) size: u64,
}

impl Description {
    /// Asks for that of the file at `url`; `None` where there is no such file.
    ///
    /// # Errors
    /// When the Hub cannot be asked, or does not say.
    pub(super) fn ask(client: &Client, url: &Url) -> Result<Option<Self>> {
        let response = match patiently(FIRST_WAIT, || client.describe(url)) {
            Err(Fault::Missing(_)) => return Ok(None),
            response => response.map_err(Fault::into_error)?,
        };
        // What a redirect says of its own body is nothing about the file.
        let of_file = |header| text(&response, header).filter(|_| response.status().is_success());
        let hash = text(&response, LINKED_ETAG).or_else(|| of_file(header::ETAG.as_str()));
        let size =
            text(&response, LINKED_SIZE).or_else(|| of_file(header::CONTENT_LENGTH.as_str()));
        match (hash.and_then(Hash::parse), size.and_then(|size| size.parse().ok())) {
            (Some(hash), Some(size)) => Ok(Some(Self { hash, size })),
            _ => Err(no_hub(url)),
        }
    }
}

/// Has the file at `url`, called `name` for people, be in the cache: its path there. Its hash is
/// locked meanwhile.
///
/// # Errors
/// When it cannot be fetched, or is not what the Hub said of it.
pub(super) fn fetch(
    client: &Client,
    cache: &ModelCache,
    (url, name): (&Url, &str),
    said: &Description,
    progress: &dyn Progress,
) -> Result<PathBuf> {
    let blob = cache.blob(&said.hash);
    if is_whole(&blob, &said.hash).unwrap_or(false) {
        return Ok(blob);
    }
    let incomplete = cache.incomplete(&said.hash)?;
    let mut transfer = Transfer { client, cache, url, name, said, progress, file: &incomplete.0 };
    transfer.run()?;
    let path = &incomplete.1;
    let found = files::open(path)
        .and_then(|file| said.hash.of_same_kind(said.size, file))
        .map_err(|e| Error::io(path, "read the file", e))?;
    if found != said.hash {
        fs::remove_file(path).map_err(|e| cache.failed(e))?;
        let what = format!("what came has the {found}, the Hub said {}", said.hash);
        return Err(at(url, what)
            .hint("it was not kept; run this again, over another network if it stays so"));
    }
    cache.complete(&incomplete, &said.hash)
}

/// One file on its way.
struct Transfer<'a> {
    client: &'a Client,
    cache: &'a ModelCache,
    url: &'a Url,
    name: &'a str,
    said: &'a Description,
    progress: &'a dyn Progress,
    /// What has come, written at its end.
    file: &'a File,
}

impl Transfer<'_> {
    /// Asks until all has come.
    fn run(&mut self) -> Result<()> {
        let what = format!("downloading {}", self.name);
        let (mut most, mut tries) = (self.length()?, Tries::new(FIRST_WAIT));
        loop {
            let length = self.length()?;
            if length == self.said.size {
                break;
            }
            if length > self.said.size {
                self.start_over()?;
                continue;
            }
            self.progress.start_bytes(&what, self.said.size, length);
            match self.ask_from(length) {
                Err(Fault::Passing(error, asked)) => {
                    // Only failures in a row count: a large file may be cut many times.
                    if self.length()? > most {
                        tries.reset();
                        most = self.length()?;
                    }
                    tries.failed(error, asked).map_err(Fault::into_error)?;
                }
                done => done.map_err(Fault::into_error)?,
            }
        }
        self.progress.finish();
        Ok(())
    }

    /// Asks for what is after the first `length` bytes, and writes what comes.
    fn ask_from(&mut self, length: u64) -> Answer<()> {
        let (response, from) = self.client.content(self.url, length)?;
        if is_page(&response) {
            return Err(Fault::Lasting(no_hub(&from)));
        }
        let left = if self.goes_on(&response, length) {
            self.said.size - length
        } else {
            // The server gives the whole again, or not the part that was asked for.
            self.start_over().map_err(Fault::Lasting)?;
            if response.status() != StatusCode::OK {
                let what = format!("the server does not go on from byte {length}");
                return Err(Fault::Passing(at(&from, what), None));
            }
            self.progress.start_bytes(&format!("downloading {}", self.name), self.said.size, 0);
            self.said.size
        };
        let come = self.copy(response, &from, left)?;
        if come < left { Err(cut(&from, ErrorKind::UnexpectedEof.into())) } else { Ok(()) }
    }

    /// Whether the answer begins after the first `length` bytes of the same file.
    fn goes_on(&self, response: &Response, length: u64) -> bool {
        if length == 0 {
            return response.status() == StatusCode::OK;
        }
        let expected = format!("bytes {length}-{}/{}", self.said.size - 1, self.said.size);
        response.status() == StatusCode::PARTIAL_CONTENT
            && text(response, header::CONTENT_RANGE.as_str()) == Some(&expected)
    }

    /// Writes what comes, of which `left` bytes are expected; how many came.
    fn copy(&mut self, response: Response, from: &Url, left: u64) -> Answer<u64> {
        let mut reader = body(response).take(left + 1);
        let mut buffer = vec![0; 1 << 16];
        let mut come = 0;
        loop {
            let length = reader.read(&mut buffer).map_err(|e| cut(from, e))?;
            if length == 0 {
                return Ok(come);
            }
            come += length as u64;
            if come > left {
                let what = format!("more than the {} bytes that the Hub said", self.said.size);
                self.start_over().map_err(Fault::Lasting)?;
                return Err(Fault::Lasting(at(from, what)));
            }
            self.file
                .write_all(&buffer[..length])
                .map_err(|e| Fault::Lasting(self.cache.failed(e)))?;
            self.progress.bytes(length as u64);
        }
    }

    fn length(&self) -> Result<u64> {
        self.file.metadata().map(|found| found.len()).map_err(|e| self.cache.failed(e))
    }

    fn start_over(&self) -> Result<()> {
        self.file.set_len(0).map_err(|e| self.cache.failed(e))
    }
}
