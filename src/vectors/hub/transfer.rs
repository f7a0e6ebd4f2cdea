//! Fetching one file into the cache: on from where an earlier run was truncated, and whole by its hash.

use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::PathBuf;

use ureq::http::{StatusCode, header};

use super::cache::{ModelCache, is_whole};
use super::client::{Client, FIRST_WAIT, LINKED_ETAG, LINKED_SIZE, no_hub};
use super::hash::Hash;
use crate::error::{Error, ErrorKind, Result};
use crate::files::{self, TOO_LARGE};
use crate::progress::Progress;
use crate::sha256;
use crate::web::{
    Backoff, RequestError, RequestResult, Response, Url, at, begins_a_page, body, is_page,
    retry_with_backoff, text, truncated,
};

/// What the Hub says of a file.
#[derive(Debug)]
pub(super) struct Description {
    pub(super) hash: Hash,
    /// In bytes.
    pub(super) size: u64,
}

/// What a server says of a file.
#[derive(Debug)]
pub(super) enum Said {
    /// There is no such file.
    Absent,
    /// This.
    Known(Description),
    /// Nothing by which it could be verified.
    Nothing,
}

impl Said {
    /// Asks for what is said of the file at `url`.
    ///
    /// # Errors
    /// If the Hub cannot be asked, or gives an answer that no Hub gives.
    pub(super) fn ask(client: &Client, url: &Url) -> Result<Self> {
        let response = match retry_with_backoff(FIRST_WAIT, || client.describe(url)) {
            Err(RequestError::NotFound(_)) => return Ok(Self::Absent),
            Err(fault) => return Err(fault.into_error()),
            Ok(None) => return Ok(Self::Nothing),
            Ok(Some(response)) => response,
        };
        // What a redirect says of its own body is nothing about the file.
        let of_file = |header| text(&response, header).filter(|_| response.status().is_success());
        let linked = text(&response, LINKED_ETAG);
        let hash = linked.or_else(|| of_file(header::ETAG.as_str())).and_then(Hash::parse);
        let size =
            text(&response, LINKED_SIZE).or_else(|| of_file(header::CONTENT_LENGTH.as_str()));
        match (hash, size.and_then(|size| size.parse().ok())) {
            (Some(hash), Some(size)) => Ok(Self::Known(Description { hash, size })),
            _ if linked.is_some() => Err(no_hub(url)),
            _ => Ok(Self::Nothing),
        }
    }
}

/// Has the file at `url`, called `name` for people, of which no hash is known and that may have
/// `most` bytes, be in the cache: its path there, and what it is called by then. Each run fetches
/// it anew, as nothing tells what an earlier one left from another file.
///
/// # Errors
/// If it cannot be fetched, or is too large.
pub(super) fn fetch_unverified(
    client: &Client,
    cache: &ModelCache,
    (url, name): (&Url, &str),
    most: u64,
    progress: &dyn Progress,
) -> Result<(PathBuf, Hash)> {
    let key = Hash::Sha256(sha256::digest(url.whole().as_bytes()));
    let _lock = cache.lock(&key)?;
    let incomplete = cache.incomplete(&key)?;
    let (mut file, path) = (&incomplete.0, &incomplete.1);
    let failed = |e| RequestError::Permanent(cache.failed(e));
    let fetched = retry_with_backoff(FIRST_WAIT, || {
        file.set_len(0).map_err(failed)?;
        let (response, from) = client.content(url, 0)?;
        let size = text(&response, header::CONTENT_LENGTH.as_str()).and_then(|s| s.parse().ok());
        let mut is_page = is_page(&response);
        progress.start_bytes(&format!("downloading {name}"), size.unwrap_or(0), 0);
        let mut reader = body(response).take(most + 1);
        let (mut buffer, mut come) = (vec![0; 1 << 16], 0);
        loop {
            let length = reader.read(&mut buffer).map_err(|e| truncated(&from, e))?;
            if come == 0 && is_page {
                is_page = begins_a_page(&buffer[..length]);
            }
            come += length as u64;
            if is_page || come > most || length == 0 {
                break;
            }
            file.write_all(&buffer[..length]).map_err(failed)?;
            progress.bytes(length as u64);
        }
        if is_page {
            return Err(RequestError::Permanent(no_hub(&from)));
        }
        if come > most {
            let what = format!("more than {} MiB", most >> 20);
            return Err(RequestError::Permanent(at(&from, what).hint(TOO_LARGE)));
        }
        if size.is_some_and(|size: u64| come < size) {
            return Err(truncated(&from, io::ErrorKind::UnexpectedEof.into()));
        }
        Ok(())
    });
    if let Err(fault) = fetched {
        // Best effort: nobody can go on with it.
        let _ = fs::remove_file(path);
        return Err(fault.into_error());
    }
    progress.finish();
    let digest = File::open(path).and_then(sha256::digest_of);
    let hash = Hash::Sha256(digest.map_err(|e| Error::io(path, "read the file", e))?);
    Ok((cache.complete(&incomplete, &hash)?, hash))
}

/// Has the file at `url`, called `name` for people, be in the cache: its path there. Its hash is
/// locked meanwhile.
///
/// # Errors
/// If it cannot be fetched, or is not what the Hub said of it.
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
        let what = format!("the file received has the {found}, expected the {}", said.hash);
        return Err(at(url, what)
            .with_kind(ErrorKind::Corrupt)
            .hint("run this again, over another network if it fails again; the file was deleted"));
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
        let (mut most, mut tries) = (self.length()?, Backoff::new(FIRST_WAIT));
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
                Err(RequestError::Transient(error, asked)) => {
                    // Only failures in a row count: a large file may be cut many times.
                    if self.length()? > most {
                        tries.reset();
                        most = self.length()?;
                    }
                    tries.failed(error, asked).map_err(RequestError::into_error)?;
                }
                done => done.map_err(RequestError::into_error)?,
            }
        }
        self.progress.finish();
        Ok(())
    }

    /// Asks for what is after the first `length` bytes, and writes what comes.
    fn ask_from(&mut self, length: u64) -> RequestResult<()> {
        let (response, from) = self.client.content(self.url, length)?;
        // A file may be labelled so, too: its hash tells, if it can be the file at all.
        let size = text(&response, header::CONTENT_LENGTH.as_str());
        let is_files = size == Some(&(self.said.size - length).to_string())
            || size == Some(&self.said.size.to_string());
        if is_page(&response) && !is_files {
            return Err(RequestError::Permanent(no_hub(&from)));
        }
        let left = if self.goes_on(&response, length) {
            self.said.size - length
        } else {
            // The server gives the whole again, or not the part that was asked for.
            self.start_over().map_err(RequestError::Permanent)?;
            if response.status() != StatusCode::OK {
                let what = format!("the server does not go on from byte {length}");
                return Err(RequestError::Transient(at(&from, what), None));
            }
            self.progress.start_bytes(&format!("downloading {}", self.name), self.said.size, 0);
            self.said.size
        };
        let come = self.copy(response, &from, left)?;
        if come < left {
            Err(truncated(&from, io::ErrorKind::UnexpectedEof.into()))
        } else {
            Ok(())
        }
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
    fn copy(&mut self, response: Response, from: &Url, left: u64) -> RequestResult<u64> {
        let mut reader = body(response).take(left + 1);
        let mut buffer = vec![0; 1 << 16];
        let mut come = 0;
        loop {
            let length = reader.read(&mut buffer).map_err(|e| truncated(from, e))?;
            if length == 0 {
                return Ok(come);
            }
            come += length as u64;
            if come > left {
                let what = format!("more than the {} bytes that the Hub said", self.said.size);
                self.start_over().map_err(RequestError::Permanent)?;
                return Err(RequestError::Permanent(at(from, what)));
            }
            self.file
                .write_all(&buffer[..length])
                .map_err(|e| RequestError::Permanent(self.cache.failed(e)))?;
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
