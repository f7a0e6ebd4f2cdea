//! A remote in an S3 bucket.

use std::io::Read;

use super::advice::client;
use super::credentials::{Login, Origin};
use super::s3_client::{MAX_DELETED, ObjectInfo, S3Client};
use super::s3_signature::Signer;
use super::settings::RemoteSettings;
use super::store::{Entry, Reading, Store};
use super::transfer::truncated;
use crate::error::{Error, ErrorKind, Location, Result};
use crate::web::{RequestError, RequestResult, Url, body, range_start};

/// The size of a part of a multipart upload, in bytes. Files of at most this size are uploaded by
/// one request.
const PART_SIZE: usize = 8 << 20;

/// The most objects and folders that a list may have.
const MAX_OBJECTS: usize = 200_000;

/// The most pages that a list may have.
const MAX_PAGES: usize = 10_000;

/// A folder of a bucket.
pub(super) struct Bucket {
    pub(super) client: S3Client,
    /// The folder's key, with a slash at its end; empty for the root of the bucket.
    root: String,
    /// For messages.
    url: String,
}

impl Bucket {
    /// Opens the folder `prefix` of `bucket`. Sends no request yet.
    ///
    /// # Errors
    /// If the keys are missing, or the endpoint is invalid or not encrypted.
    pub(super) fn open(
        settings: &RemoteSettings,
        bucket: &str,
        prefix: &str,
        is_insecure: bool,
    ) -> Result<Self> {
        let keys = settings.keys.as_ref().ok_or_else(|| {
            Error::new(format!("no keys for the bucket `{bucket}`"))
                .with_kind(ErrorKind::Unauthorized)
                .hint("set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY")
        })?;
        let region = settings.region.as_str();
        let endpoint = endpoint(settings.endpoint.as_deref(), bucket, region)?;
        if !endpoint.is_private() && !is_insecure {
            return Err(Error::at(Location::file(endpoint.to_string()), "not encrypted")
                .hint("use https, or pass --insecure if encryption is not needed"));
        }
        let login = Login { credentials: None, origin: Origin::Keys, warning: None };
        let http = client(settings.agent()?, endpoint.clone(), login, is_insecure);
        let signer = Signer::new(keys.clone(), region.to_owned());
        let client = S3Client::new(http, signer, &endpoint, bucket);
        let parts = prefix.split('/').filter(|part| !part.is_empty());
        let root = parts.map(|part| format!("{part}/")).collect::<Vec<_>>().concat();
        let url = format!("s3://{bucket}/{prefix}").trim_end_matches('/').to_owned();
        Ok(Self { client, root, url })
    }

    /// The key of the object at `path`.
    pub(super) fn key(&self, path: &str) -> String {
        format!("{}{path}", self.root)
    }

    /// The error of a request for the object at `path`, with the object's location.
    pub(super) fn located(&self, path: &str, error: RequestError) -> RequestError {
        match error {
            RequestError::NotFound(_) => self.not_found(path),
            RequestError::AlreadyExists(_) => self.already_exists(path),
            error => error,
        }
    }

    pub(super) fn not_found(&self, path: &str) -> RequestError {
        RequestError::NotFound(Error::at(self.place(path), "not found"))
    }

    pub(super) fn already_exists(&self, path: &str) -> RequestError {
        RequestError::AlreadyExists(Error::at(self.place(path), "already exists"))
    }

    /// Lists all keys below `folder`, which ends with a slash or is empty, by path from there.
    pub(super) fn objects(&self, folder: &str) -> RequestResult<Vec<String>> {
        let entries = self.entries(folder, false)?;
        Ok(entries.into_iter().map(|entry| entry.name).collect())
    }

    /// Lists `folder`, which ends with a slash or is empty: with `by_folder`, the objects and
    /// folders that are directly in it; otherwise, all objects below it. Names are paths from
    /// `folder`; those of folders end with a slash.
    fn entries(&self, folder: &str, by_folder: bool) -> RequestResult<Vec<Entry>> {
        let prefix = self.key(folder);
        let (mut entries, mut token) = (Vec::new(), None);
        for _ in 0..MAX_PAGES {
            let page = self.client.list(&prefix, by_folder, token.as_deref());
            let page = page.map_err(|e| self.located(folder, e))?;
            token = page.next_token().map(str::to_owned);
            let folders = page.common_prefixes.into_iter().map(|found| (found.prefix, None));
            let objects = page.contents.into_iter().map(|found| (found.key, Some(found.size)));
            for (key, size) in folders.chain(objects) {
                // The folder's own marker is left out.
                let Some(name) = key.strip_prefix(&prefix).filter(|name| !name.is_empty()) else {
                    continue;
                };
                let is_folder = name.ends_with('/');
                entries.push(Entry { name: name.to_owned(), is_folder, size });
            }
            if entries.len() > MAX_OBJECTS {
                break;
            }
            if token.is_none() {
                return Ok(entries);
            }
        }
        let what = format!("a list of more than {MAX_OBJECTS} objects");
        Err(RequestError::Permanent(
            Error::at(self.place(folder), what)
                .with_kind(ErrorKind::Unsupported)
                .hint("check that the remote's URL is a folder for sharing with few objects"),
        ))
    }

    /// The size and the entity tag of the object at `path`.
    fn stat(&self, path: &str) -> RequestResult<ObjectInfo> {
        match self.client.head(&self.key(path)) {
            // The response to `HEAD` has no body, so the reason for the refusal is not in it.
            Err(RequestError::Permanent(error)) => {
                Err(RequestError::Permanent(self.refusal_reason(path).unwrap_or(error)))
            }
            found => found.map_err(|e| self.located(path, e)),
        }
    }

    /// The reason why the object at `path` cannot be read, if any.
    fn refusal_reason(&self, path: &str) -> Option<Error> {
        match self.read_start(path, 1) {
            Err(RequestError::Permanent(error)) => Some(error),
            _ => None,
        }
    }

    /// The first bytes of the object at `path`, at most `max_size`.
    pub(super) fn read_start(&self, path: &str, max_size: u64) -> RequestResult<Vec<u8>> {
        let response = self.client.get(&self.key(path), 0, None);
        let response = response.map_err(|e| self.located(path, e))?;
        let mut start = Vec::new();
        let read = body(response).take(max_size).read_to_end(&mut start);
        read.map(|_| start).map_err(|e| truncated(&self.place(path), e))
    }

    pub(super) fn copy(&self, from: &str, to: &str) -> RequestResult<()> {
        let copied = self.client.copy(&self.key(from), &self.key(to));
        copied.map_err(|e| self.located(from, e))
    }

    pub(super) fn exists(&self, path: &str) -> RequestResult<bool> {
        match self.stat(path) {
            Err(RequestError::NotFound(_)) => Ok(false),
            found => found.map(|_| true),
        }
    }

    /// Uploads a large object in parts.
    fn write_in_parts(
        &self,
        key: &str,
        id: &str,
        mut next_part: impl FnMut() -> RequestResult<Vec<u8>>,
    ) -> RequestResult<()> {
        let mut tags = Vec::new();
        loop {
            let part = next_part()?;
            if part.is_empty() {
                return self.client.complete_upload(key, id, &tags);
            }
            tags.push(self.client.put_part(key, id, tags.len() + 1, &part)?);
        }
    }
}

/// The URL of the server that has `bucket`. The name of the bucket is removed from its host, as
/// requests are in path style.
fn endpoint(setting: Option<&str>, bucket: &str, region: &str) -> Result<Url> {
    const AMAZON: &str = "https://s3.amazonaws.com";
    let text = setting.unwrap_or(AMAZON).trim_end_matches('/');
    let text = text.replace(&format!("//{bucket}."), "//");
    let text = if text == AMAZON { format!("https://s3.{region}.amazonaws.com") } else { text };
    Url::parse(&text).ok_or_else(|| {
        Error::new("the bucket's endpoint is not a URL")
            .hint("expected `https://HOST`, in [remote] endpoint or AWS_ENDPOINT_URL")
    })
}

impl Store for Bucket {
    fn place(&self, path: &str) -> Location {
        Location::file(format!("{}/{path}", self.url).trim_end_matches('/'))
    }

    fn is_flat(&self) -> bool {
        true
    }

    fn list(&self, folder: &str) -> RequestResult<Vec<Entry>> {
        let folder = folder.trim_matches('/');
        let path = if folder.is_empty() { String::new() } else { format!("{folder}/") };
        let mut entries = self.entries(&path, true)?;
        if entries.is_empty() && !folder.is_empty() {
            return Err(self.not_found(folder));
        }
        for entry in &mut entries {
            entry.name.truncate(entry.name.trim_end_matches('/').len());
        }
        Ok(entries)
    }

    fn read(&self, path: &str, from: Option<(u64, &str)>) -> RequestResult<Reading> {
        let ObjectInfo { size, tag } = self.stat(path)?;
        let start = match from {
            Some((start, validator)) if tag.as_deref() == Some(validator) => start,
            _ => 0,
        };
        let response = match self.client.get(&self.key(path), start, tag.as_deref()) {
            Err(RequestError::AlreadyExists(_)) if start > 0 => return self.read(path, None),
            Err(RequestError::AlreadyExists(_)) => {
                let error = Error::at(self.place(path), "changed while it was read");
                return Err(RequestError::Transient(error, None));
            }
            response => response.map_err(|e| self.located(path, e))?,
        };
        // A server that ignores ranges sends the complete object.
        let start = match range_start(&response) {
            Some(sent) if sent == start || sent == 0 => sent,
            _ if start > 0 => return self.read(path, None),
            _ => {
                let error =
                    Error::at(self.place(path), "the server sent a different range of the object");
                return Err(RequestError::Transient(error, None));
            }
        };
        let content = Box::new(body(response));
        Ok(Reading { start, size: Some(size), validator: tag, content, page: None })
    }

    fn write(&self, path: &str, content: &mut dyn Read, size: u64) -> RequestResult<()> {
        let unread = |e| {
            RequestError::Permanent(
                Error::at(self.place(path), "cannot read the data to send").caused_by(e),
            )
        };
        let mut next_part = || {
            let mut part = Vec::new();
            content.take(PART_SIZE as u64).read_to_end(&mut part).map_err(unread).map(|_| part)
        };
        let key = self.key(path);
        if size <= PART_SIZE as u64 {
            let bytes = next_part()?;
            let written = self.client.put(&key, &mut &bytes[..], bytes.len() as u64);
            return written.map_err(|e| self.located(path, e));
        }
        let id = self.client.start_upload(&key).map_err(|e| self.located(path, e))?;
        let written = self.write_in_parts(&key, &id, next_part);
        if written.is_err() {
            // Best effort: parts that stay use storage, but are not visible.
            let _ = self.client.abort_upload(&key, &id);
        }
        written.map_err(|e| self.located(path, e))
    }

    fn make_folder(&self, _path: &str) -> RequestResult<()> {
        Ok(())
    }

    fn rename(&self, from: &str, to: &str) -> RequestResult<()> {
        self.copy(from, to)?;
        self.remove(from)
    }

    fn move_folder(&self, from: &str, to: &str, needed: &[&str]) -> RequestResult<()> {
        self.move_claimed(from, to, needed)
    }

    fn remove(&self, path: &str) -> RequestResult<()> {
        if !path.ends_with('/') {
            return self.client.delete(&self.key(path)).map_err(|e| self.located(path, e));
        }
        let keys: Vec<String> =
            self.objects(path)?.iter().map(|file| self.key(&format!("{path}{file}"))).collect();
        for keys in keys.chunks(MAX_DELETED) {
            match keys {
                [key] => self.client.delete(key),
                keys => self.client.delete_all(keys),
            }
            .map_err(|e| self.located(path, e))?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bucket_is_removed_from_the_host_of_the_endpoint() {
        for (setting, expected) in [
            (None, "https://s3.eu-north-1.amazonaws.com/"),
            (Some("https://s3.amazonaws.com/"), "https://s3.eu-north-1.amazonaws.com/"),
            (Some("https://team.s3.amazonaws.com"), "https://s3.eu-north-1.amazonaws.com/"),
            (Some("https://team.store.example:9000"), "https://store.example:9000/"),
            (Some("http://127.0.0.1:9000/minio/"), "http://127.0.0.1:9000/minio"),
        ] {
            assert_eq!(endpoint(setting, "team", "eu-north-1").unwrap().full(), expected);
        }
        assert!(endpoint(Some("store.example"), "team", "").is_err());
    }
}
