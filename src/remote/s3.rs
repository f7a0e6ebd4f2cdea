//! A bucket (S3), asked through `opendal`.
//!
//! Objects appear whole and at once, but there are no folders, and nothing that moves several
//! objects in one step. So a folder is moved under a *claim*: the object `.claim` at its new place,
//! written only where there is none (`If-None-Match: *`), which says what moves there. Who has it
//! copies the files, then the manifest, and takes the claim away; who finds another's claim
//! touches nothing. A move that was interrupted leaves the claim and its source, and the next run
//! with the same content goes on.

use std::io::{self, Read};

use futures_util::StreamExt;
use opendal::services::S3;
use opendal::{
    Buffer, BufferStream, ErrorKind, HttpTransporter, Metadata, OperationContext, Operator,
};
use pollster::block_on;

use super::credentials::{Login, Origin};
use super::http::Http;
use super::settings::RemoteSettings;
use super::store::{Entry, Reading, Store};
use super::transfer::cut;
use super::transport::{Refused, Transport};
use crate::error::{Error, Location, Result};
use crate::publish::MANIFEST_FILE;
use crate::web::{RequestError, RequestResult, Url};

/// Larger files are sent in parts of this many bytes.
const PART: usize = 8 << 20;

/// The most objects that a list may have.
const MAX_OBJECTS: usize = 200_000;

/// The longest claim that is read, in bytes: what is longer is none.
const MAX_CLAIM: u64 = 1 << 16;

/// Whose files a folder is being made of.
pub(super) const CLAIM: &str = ".claim";

/// A part of a bucket.
pub(super) struct Bucket {
    operator: Operator,
    /// For messages.
    url: String,
}

impl Bucket {
    /// Gets ready to ask; asks nothing yet.
    ///
    /// # Errors
    /// When there are no keys, or the endpoint cannot be asked.
    pub(super) fn open(
        settings: &RemoteSettings,
        bucket: &str,
        prefix: &str,
        is_insecure: bool,
    ) -> Result<Self> {
        let keys = settings.keys.as_ref().ok_or_else(|| {
            Error::new(format!("no keys for the bucket `{bucket}`"))
                .hint("set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY")
        })?;
        let region = &settings.region;
        let amazon = || format!("https://s3.{region}.amazonaws.com");
        let endpoint = settings.endpoint.clone().unwrap_or_else(amazon);
        let url = Url::parse(&endpoint).ok_or_else(|| {
            Error::new("the bucket's endpoint is no address")
                .hint("expected `https://HOST`, in [remote] endpoint or AWS_ENDPOINT_URL")
        })?;
        if !url.is_private() && !is_insecure {
            return Err(Error::at(Location::file(url.to_string()), "not encrypted")
                .hint("use https, or --insecure where that does not matter"));
        }
        let login = Login { credentials: None, origin: Origin::Keys, warning: None };
        let http = Http::new(settings.agent()?, url, login, is_insecure);
        let mut builder = S3::default()
            .bucket(bucket)
            .root(&format!("/{prefix}"))
            .endpoint(&endpoint)
            .region(region)
            .access_key_id(&keys.id)
            .secret_access_key(&keys.secret)
            // Nothing is looked for in other places, and no other server asked.
            .disable_config_load()
            .disable_ec2_metadata();
        if let Some(token) = &keys.session_token {
            builder = builder.session_token(token);
        }
        let context =
            OperationContext::new().with_http_transport(HttpTransporter::new(Transport(http)));
        let operator = Operator::new(builder)
            .map_err(|e| Error::new("the bucket cannot be asked").caused_by(e))?
            .with_context(context);
        let url = format!("s3://{bucket}/{prefix}").trim_end_matches('/').to_owned();
        Ok(Self { operator, url })
    }

    fn fault(&self, path: &str, error: opendal::Error) -> RequestError {
        if let Some(fault) = Refused::fault_in(&error) {
            return fault;
        }
        let at = |what: &str| Error::at(self.place(path), what);
        match error.kind() {
            ErrorKind::NotFound => RequestError::NotFound(at("not there")),
            ErrorKind::ConditionNotMatch | ErrorKind::AlreadyExists | ErrorKind::Conflict => {
                RequestError::AlreadyExists(at("there is something of this name"))
            }
            // Refusals are faults of our own by now: what is unexpected is an answer that cannot be
            // read, or one of 200 with an error in it.
            ErrorKind::Unexpected => {
                RequestError::Transient(at("not answered").caused_by(error), None)
            }
            _ if error.is_temporary() => {
                RequestError::Transient(at("not answered").caused_by(error), None)
            }
            _ => RequestError::Permanent(at("refused").caused_by(error)),
        }
    }

    /// The objects below `folder`, by path from there.
    fn objects(&self, folder: &str) -> RequestResult<Vec<String>> {
        let folder = format!("{folder}/");
        let lister = block_on(self.operator.lister_with(&folder).recursive(true).into_future());
        let found = self.listed(&folder, lister)?;
        let files = found.iter().filter(|entry| entry.metadata().is_file());
        Ok(files.filter_map(|file| Some(file.path().strip_prefix(&folder)?.to_owned())).collect())
    }

    /// All that `lister` finds in `folder`.
    fn listed(
        &self,
        folder: &str,
        lister: opendal::Result<opendal::Lister>,
    ) -> RequestResult<Vec<opendal::Entry>> {
        let mut lister = lister.map_err(|e| self.fault(folder, e))?;
        let mut found = Vec::new();
        while let Some(entry) = block_on(lister.next()) {
            found.push(entry.map_err(|e| self.fault(folder, e))?);
            if found.len() > MAX_OBJECTS {
                let what = format!("a list of more than {MAX_OBJECTS} objects");
                return Err(RequestError::Permanent(Error::at(self.place(folder), what).hint(
                    "either the server's list has no end, or the remote's URL is not of a folder \
                     for sharing: look at it",
                )));
            }
        }
        Ok(found)
    }

    /// What is known of the object at `path`.
    fn stat(&self, path: &str) -> RequestResult<Metadata> {
        block_on(self.operator.stat(path)).map_err(|e| match self.fault(path, e) {
            RequestError::Permanent(error) => {
                RequestError::Permanent(self.reason(path).unwrap_or(error))
            }
            fault => fault,
        })
    }

    /// Why the object at `path` cannot be asked for: an answer to `HEAD` has no room for it.
    fn reason(&self, path: &str) -> Option<Error> {
        match self.start_of(path, 1) {
            Err(RequestError::Permanent(error)) => Some(error),
            _ => None,
        }
    }

    /// The first bytes of the object at `path`, at most so many.
    fn start_of(&self, path: &str, most: u64) -> RequestResult<Vec<u8>> {
        let opened = async { self.operator.reader(path).await?.into_stream(..).await };
        let stream = block_on(opened).map_err(|e| self.fault(path, e))?;
        let content = Content { stream, chunk: Buffer::new() };
        let mut start = Vec::new();
        match content.take(most).read_to_end(&mut start).map_err(io::Error::downcast) {
            Ok(_) => Ok(start),
            Err(Ok(error)) => Err(self.fault(path, error)),
            Err(Err(error)) => Err(cut(&self.place(path), error)),
        }
    }

    /// Copies `files`, the manifest last, to the folder `to`, which is claimed.
    fn copy_all(
        &self,
        files: &[String],
        from: &str,
        to: &str,
        needed: &[&str],
    ) -> RequestResult<()> {
        // Another run with the same content may have taken it away.
        if let Some(file) = needed.iter().find(|file| !files.iter().any(|found| found == *file)) {
            let place = self.place(&format!("{from}/{file}"));
            return Err(RequestError::NotFound(Error::at(place, "not there any more")));
        }
        for file in files {
            if file == MANIFEST_FILE {
                self.check_claim(from, to)?;
            }
            self.copy(&format!("{from}/{file}"), &format!("{to}/{file}"))?;
        }
        Ok(())
    }

    fn copy(&self, from: &str, to: &str) -> RequestResult<()> {
        block_on(self.operator.copy(from, to)).map(drop).map_err(|e| self.fault(from, e))
    }

    /// Claims the folder `to` for what moves there from `from`; whether it was ours already.
    fn claim(&self, from: &str, to: &str) -> RequestResult<bool> {
        let claim = format!("{to}/{CLAIM}");
        let write = self.operator.write_with(&claim, from.to_owned()).if_not_exists(true);
        let is_old = match block_on(write.into_future()).map_err(|e| self.fault(&claim, e)) {
            Ok(_) => false,
            Err(RequestError::AlreadyExists(_)) => true,
            Err(fault) => return Err(fault),
        };
        // A server that does not know the condition has overwritten another's.
        self.check_claim(from, to)?;
        Ok(is_old)
    }

    /// Whether the folder `to` is claimed for what moves there from `from`.
    fn check_claim(&self, from: &str, to: &str) -> RequestResult<()> {
        let claim = format!("{to}/{CLAIM}");
        // What is longer than a claim is none.
        let found = self.start_of(&claim, MAX_CLAIM)?;
        if found == from.as_bytes() {
            return Ok(());
        }
        if self.exists(&format!("{to}/{MANIFEST_FILE}"))? {
            return Err(RequestError::AlreadyExists(Error::at(
                self.place(to),
                "there is one of this name",
            )));
        }
        if !self.is_under_way(from, &found)? {
            self.remove(&claim)?;
            return Err(RequestError::Transient(
                Error::at(self.place(&claim), "nobody's claim"),
                None,
            ));
        }
        let what = "another upload of this name is under way, or was interrupted";
        Err(RequestError::Permanent(Error::at(self.place(&claim), what).hint(
            "it goes on when it is run again; if nobody does that, remove this object by hand",
        )))
    }

    /// Whether a claim is for a folder beside `from` that is all there: not where it was garbled
    /// on its way, or its upload given up.
    fn is_under_way(&self, from: &str, claim: &[u8]) -> RequestResult<bool> {
        let beside = from.rsplit_once('/').map_or("", |(parent, _)| parent).as_bytes();
        let name = claim.strip_prefix(beside).and_then(|rest| rest.strip_prefix(b"/"));
        match name.and_then(|name| str::from_utf8(name).ok()) {
            Some(name) if name.starts_with('.') && !name.contains('/') => {
                self.exists(&format!("{}/{name}/{MANIFEST_FILE}", String::from_utf8_lossy(beside)))
            }
            _ => Ok(false),
        }
    }

    /// Whether the first bytes of the object at `path` come; not where the server ignores ranges.
    fn first_is_there(&self, path: &str, reading: &mut Reading) -> RequestResult<bool> {
        let mut first = [0];
        let fault = match reading.content.read(&mut first) {
            Ok(length) => {
                let rest = std::mem::replace(&mut reading.content, Box::new(io::empty()));
                reading.content = Box::new(io::Cursor::new(first[..length].to_vec()).chain(rest));
                return Ok(true);
            }
            Err(error) => match error.downcast::<opendal::Error>() {
                Ok(error) => self.fault(path, error),
                Err(error) => cut(&self.place(path), error),
            },
        };
        match fault {
            RequestError::AlreadyExists(_) if reading.start > 0 => Ok(false),
            RequestError::AlreadyExists(_) => {
                let what = "it changed while it was read";
                Err(RequestError::Transient(Error::at(self.place(path), what), None))
            }
            fault => Err(fault),
        }
    }

    fn exists(&self, path: &str) -> RequestResult<bool> {
        match self.stat(path) {
            Err(RequestError::NotFound(_)) => Ok(false),
            found => found.map(|_| true),
        }
    }
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
        let path = if folder.is_empty() { "/".to_owned() } else { format!("{folder}/") };
        let lister = block_on(self.operator.lister(&path));
        let found = self.listed(folder, lister)?;
        let entry = |found: opendal::Entry| {
            let name = found.name().trim_end_matches('/').to_owned();
            let is_folder = found.metadata().is_dir();
            let size = (!is_folder).then(|| found.metadata().content_length());
            Entry { name, is_folder, size }
        };
        let is_own = |found: &opendal::Entry| found.path() == path || found.path() == "/";
        let entries: Vec<Entry> =
            found.into_iter().filter(|found| !is_own(found)).map(entry).collect();
        if entries.is_empty() && !folder.is_empty() {
            return Err(RequestError::NotFound(Error::at(self.place(folder), "nothing there")));
        }
        Ok(entries)
    }

    fn read(&self, path: &str, from: Option<(u64, &str)>) -> RequestResult<Reading> {
        let found = self.stat(path)?;
        let (size, tag) = (found.content_length(), found.etag().map(str::to_owned));
        let start = match from {
            Some((start, validator)) if tag.as_deref() == Some(validator) => start,
            _ => 0,
        };
        let opened = async {
            let reader = self.operator.reader_with(path);
            let reader = match &tag {
                Some(tag) => reader.if_match(tag).await?,
                None => reader.await?,
            };
            if start == 0 {
                reader.into_stream(..).await
            } else {
                reader.into_stream(start..).await
            }
        };
        let stream = block_on(opened).map_err(|e| self.fault(path, e))?;
        let content = Content { stream, chunk: Buffer::new() };
        let content = Box::new(content);
        let mut reading = Reading { start, size: Some(size), validator: tag, content, page: None };
        // The first bytes show what the server says, and whether it knows ranges.
        if self.first_is_there(path, &mut reading)? { Ok(reading) } else { self.read(path, None) }
    }

    fn write(&self, path: &str, content: &mut dyn Read, size: u64) -> RequestResult<()> {
        let unread =
            |e| RequestError::Permanent(Error::at(self.place(path), "cannot be sent").caused_by(e));
        let mut next = || {
            let mut part = Vec::new();
            content.take(PART as u64).read_to_end(&mut part).map_err(unread).map(|_| part)
        };
        if size <= PART as u64 {
            let bytes = next()?;
            let written = block_on(self.operator.write(path, bytes));
            return written.map(drop).map_err(|e| self.fault(path, e));
        }
        let writer = block_on(self.operator.writer_with(path).chunk(PART).into_future());
        let mut writer = writer.map_err(|e| self.fault(path, e))?;
        let written = (|| {
            loop {
                let part = next()?;
                if part.is_empty() {
                    break;
                }
                block_on(writer.write(part)).map_err(|e| self.fault(path, e))?;
            }
            block_on(writer.close()).map(drop).map_err(|e| self.fault(path, e))
        })();
        if written.is_err() {
            // Best effort: parts that stay cost room, and are seen by nobody.
            let _ = block_on(writer.abort());
        }
        written
    }

    fn make_folder(&self, _path: &str) -> RequestResult<()> {
        Ok(())
    }

    fn rename(&self, from: &str, to: &str) -> RequestResult<()> {
        self.copy(from, to)?;
        self.remove(from)
    }

    fn move_folder(&self, from: &str, to: &str, needed: &[&str]) -> RequestResult<()> {
        let mut files = self.objects(from)?;
        if files.is_empty() {
            return Err(RequestError::NotFound(Error::at(self.place(from), "nothing there")));
        }
        let is_old = self.claim(from, to)?;
        files.retain(|file| file != CLAIM);
        // The manifest comes last, and goes first.
        files.sort_by_key(|file| file == MANIFEST_FILE);
        // Under an old claim of ours all was copied before, and not all taken away.
        if !self.exists(&format!("{to}/{MANIFEST_FILE}"))? {
            self.copy_all(&files, from, to, needed)?;
        } else if !is_old {
            self.remove(&format!("{to}/{CLAIM}"))?;
            return Err(RequestError::AlreadyExists(Error::at(
                self.place(to),
                "there is one of this name",
            )));
        }
        for file in files.iter().rev() {
            self.remove(&format!("{from}/{file}"))?;
        }
        self.remove(&format!("{to}/{CLAIM}"))
    }

    fn remove(&self, path: &str) -> RequestResult<()> {
        let removed = if path.ends_with('/') {
            block_on(self.operator.delete_with(path).recursive(true).into_future())
        } else {
            block_on(self.operator.delete(path))
        };
        removed.map_err(|e| self.fault(path, e))
    }
}

/// An object that is being read.
struct Content {
    stream: BufferStream,
    chunk: Buffer,
}

impl Read for Content {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.chunk.is_empty() {
            match block_on(self.stream.next()) {
                None => return Ok(0),
                Some(chunk) => self.chunk = chunk.map_err(io::Error::other)?,
            }
        }
        self.chunk.read(buffer)
    }
}
