//! Downloads one file to the cache: resumes an interrupted download, and verifies the hash.

use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::PathBuf;

use ureq::http::{StatusCode, header};

use super::cache::{ModelCache, is_valid};
use super::client::{FIRST_WAIT, HubClient, LINKED_ETAG, LINKED_SIZE, unexpected_response};
use super::hash::Hash;
use crate::error::{Error, ErrorKind, Result};
use crate::files::{self, TOO_LARGE};
use crate::progress::Progress;
use crate::sha256;
use crate::web::{
    Backoff, RequestError, RequestResult, Response, Url, at, begins_a_page, body, is_page,
    retry_with_backoff, text, truncated,
};

/// The Hub's description of a file.
#[derive(Debug)]
pub(super) struct Description {
    pub(super) hash: Hash,
    /// Size in bytes.
    pub(super) size: u64,
}

/// A server's response to a request for a file's description.
#[derive(Debug)]
pub(super) enum FileInfo {
    /// The file does not exist.
    Absent,
    /// The file exists and has this description.
    Described(Description),
    /// The response contains no hash or no size, so the file cannot be verified.
    Unverifiable,
}

impl FileInfo {
    /// Requests the description of the file at `url`.
    ///
    /// # Errors
    /// If the Hub cannot be reached, or the response is invalid.
    pub(super) fn ask(client: &HubClient, url: &Url) -> Result<Self> {
        let response = match retry_with_backoff(FIRST_WAIT, || client.describe(url)) {
            Err(RequestError::NotFound(_)) => return Ok(Self::Absent),
            Err(error) => return Err(error.into_error()),
            Ok(None) => return Ok(Self::Unverifiable),
            Ok(Some(response)) => response,
        };
        // The standard headers of a redirect describe the body of the redirect, not the file.
        let of_file = |header| text(&response, header).filter(|_| response.status().is_success());
        let linked = text(&response, LINKED_ETAG);
        let hash = linked.or_else(|| of_file(header::ETAG.as_str())).and_then(Hash::parse);
        let size =
            text(&response, LINKED_SIZE).or_else(|| of_file(header::CONTENT_LENGTH.as_str()));
        match (hash, size.and_then(|size| size.parse().ok())) {
            (Some(hash), Some(size)) => Ok(Self::Described(Description { hash, size })),
            _ if linked.is_some() => Err(unexpected_response(url)),
            _ => Ok(Self::Unverifiable),
        }
    }
}

/// Downloads the file at `url`, whose hash is unknown, to the cache. It may have `most` bytes;
/// `name` is for messages. Returns its path in the cache and the hash of the received bytes. Each
/// run downloads the file again, because a part from an earlier run cannot be checked.
///
/// # Errors
/// If the file cannot be downloaded, or is too large.
pub(super) fn fetch_unverified(
    client: &HubClient,
    cache: &ModelCache,
    (url, name): (&Url, &str),
    most: u64,
    progress: &dyn Progress,
) -> Result<(PathBuf, Hash)> {
    let key = Hash::Sha256(sha256::digest(url.full().as_bytes()));
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
        let (mut buffer, mut received) = (vec![0; 1 << 16], 0);
        loop {
            let length = reader.read(&mut buffer).map_err(|e| truncated(&from, e))?;
            if received == 0 && is_page {
                is_page = begins_a_page(&buffer[..length]);
            }
            received += length as u64;
            if is_page || received > most || length == 0 {
                break;
            }
            file.write_all(&buffer[..length]).map_err(failed)?;
            progress.bytes(length as u64);
        }
        if is_page {
            return Err(RequestError::Permanent(unexpected_response(&from)));
        }
        if received > most {
            let what = format!("larger than {} MiB", most >> 20);
            return Err(RequestError::Permanent(
                at(&from, what).with_kind(ErrorKind::Unsupported).hint(TOO_LARGE),
            ));
        }
        if size.is_some_and(|size: u64| received < size) {
            return Err(truncated(&from, io::ErrorKind::UnexpectedEof.into()));
        }
        Ok(())
    });
    if let Err(error) = fetched {
        // Best effort: no later run can resume the file.
        let _ = fs::remove_file(path);
        return Err(error.into_error());
    }
    progress.finish();
    let digest = File::open(path).and_then(sha256::digest_of);
    let hash = Hash::Sha256(digest.map_err(|e| Error::io(path, "read the file", e))?);
    Ok((cache.complete(&incomplete, &hash)?, hash))
}

/// Makes sure that the cache has the file at `url`, which is called `name` in messages, and returns
/// its path. During the download, other processes cannot write the file with this hash.
///
/// # Errors
/// If the file cannot be downloaded, or does not match the Hub's description.
pub(super) fn fetch(
    client: &HubClient,
    cache: &ModelCache,
    (url, name): (&Url, &str),
    description: &Description,
    progress: &dyn Progress,
) -> Result<PathBuf> {
    let blob = cache.blob(&description.hash);
    if is_valid(&blob, &description.hash).unwrap_or(false) {
        return Ok(blob);
    }
    let incomplete = cache.incomplete(&description.hash)?;
    let mut transfer =
        Transfer { client, cache, url, name, description, progress, file: &incomplete.0 };
    transfer.run()?;
    let path = &incomplete.1;
    let found = files::open(path)
        .and_then(|file| description.hash.compute_same_kind(description.size, file))
        .map_err(|e| Error::io(path, "read the file", e))?;
    if found != description.hash {
        fs::remove_file(path).map_err(|e| cache.failed(e))?;
        let what = format!("the file received has the {found}, expected the {}", description.hash);
        return Err(at(url, what).with_kind(ErrorKind::Corrupt).hint(
            "run the command again, if necessary over another network; the corrupt file was \
             deleted",
        ));
    }
    cache.complete(&incomplete, &description.hash)
}

/// The download of one file.
struct Transfer<'a> {
    client: &'a HubClient,
    cache: &'a ModelCache,
    url: &'a Url,
    name: &'a str,
    description: &'a Description,
    progress: &'a dyn Progress,
    /// The part received so far; data is appended.
    file: &'a File,
}

impl Transfer<'_> {
    /// Sends requests until the file is complete.
    fn run(&mut self) -> Result<()> {
        let what = format!("downloading {}", self.name);
        let (mut most, mut tries) = (self.length()?, Backoff::new(FIRST_WAIT));
        loop {
            let length = self.length()?;
            if length == self.description.size {
                break;
            }
            if length > self.description.size {
                self.start_over()?;
                continue;
            }
            self.progress.start_bytes(&what, self.description.size, length);
            match self.request_from(length) {
                Err(RequestError::Transient(error, asked)) => {
                    // Only failures in a row count: a large file may be interrupted many times.
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

    /// Requests the content after the first `length` bytes, and appends it to the file.
    fn request_from(&mut self, length: u64) -> RequestResult<()> {
        let (response, from) = self.client.content(self.url, length)?;
        // A valid file may be labelled as HTML, too. The hash decides, unless the size already
        // differs.
        let size = text(&response, header::CONTENT_LENGTH.as_str());
        let is_files = size == Some(&(self.description.size - length).to_string())
            || size == Some(&self.description.size.to_string());
        if is_page(&response) && !is_files {
            return Err(RequestError::Permanent(unexpected_response(&from)));
        }
        let left = if self.continues_at(&response, length) {
            self.description.size - length
        } else {
            // The server sent the complete file again, or a different part.
            self.start_over().map_err(RequestError::Permanent)?;
            if response.status() != StatusCode::OK {
                let what = format!("the server does not resume at byte {length}");
                return Err(RequestError::Transient(at(&from, what), None));
            }
            self.progress.start_bytes(
                &format!("downloading {}", self.name),
                self.description.size,
                0,
            );
            self.description.size
        };
        let received = self.copy(response, &from, left)?;
        if received < left {
            Err(truncated(&from, io::ErrorKind::UnexpectedEof.into()))
        } else {
            Ok(())
        }
    }

    /// Whether the response continues after the first `length` bytes of the same file.
    fn continues_at(&self, response: &Response, length: u64) -> bool {
        if length == 0 {
            return response.status() == StatusCode::OK;
        }
        let expected =
            format!("bytes {length}-{}/{}", self.description.size - 1, self.description.size);
        response.status() == StatusCode::PARTIAL_CONTENT
            && text(response, header::CONTENT_RANGE.as_str()) == Some(&expected)
    }

    /// Appends the response, of which `left` bytes are expected. Returns the number of bytes
    /// received.
    fn copy(&mut self, response: Response, from: &Url, left: u64) -> RequestResult<u64> {
        let mut reader = body(response).take(left + 1);
        let mut buffer = vec![0; 1 << 16];
        let mut received = 0;
        loop {
            let length = reader.read(&mut buffer).map_err(|e| truncated(from, e))?;
            if length == 0 {
                return Ok(received);
            }
            received += length as u64;
            if received > left {
                let what =
                    format!("the Hub announced {} bytes, but sent more", self.description.size);
                self.start_over().map_err(RequestError::Permanent)?;
                return Err(RequestError::Permanent(at(from, what).with_kind(ErrorKind::Corrupt)));
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
