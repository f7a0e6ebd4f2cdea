//! Uploading the files of an item to the hidden folder of the upload.

use std::collections::BTreeMap;

use super::dav::PAGE;
use super::inspect::subfolders;
use super::transfer::{
    CountingReader, HashingReader, Moved, ProgressMeter, fault_of, in_parallel, is_same,
};
use super::upload::Upload;
use super::upload_source::UploadSource;
use crate::error::{Error, ErrorKind};
use crate::publish::{FileRecord, MANIFEST_FILE};
use crate::web::{Backoff, RequestError, RequestResult, retry_with_backoff};

/// The prefix of the names of unfinished files; a random number follows.
const PART: &str = ".part-";

impl Upload<'_> {
    /// Uploads and verifies every file that is missing in the hidden folder, the manifest last.
    pub(super) fn stage(&self) -> RequestResult<()> {
        let store = &*self.remote.store;
        let staging = self.staging();
        let parents = self.item.remote_parents();
        let below =
            subfolders(self.contents).into_iter().map(|folder| format!("{staging}/{folder}"));
        for folder in parents.into_iter().chain([staging.clone()]).chain(below) {
            self.make_folder(&folder)?;
        }
        if let Some(notice) = store.notice() {
            self.watcher.notice(&notice);
        }
        let found = self.remote.list_files(&staging, self.contents)?;
        // Every byte is sent once and read back once.
        let task = format!("uploading and checking {}", self.item);
        self.watcher.start_bytes(&task, 2 * self.contents.size(), 0);
        in_parallel(&self.contents.files, |(file, record)| {
            let source = UploadSource::file(self.item, self.opened, file, record);
            self.upload_file(&source, &found)
        })?;
        for part in found.keys().filter(|file| file.starts_with(PART)) {
            retry_with_backoff(self.remote.first_wait, || {
                store.remove(&format!("{staging}/{part}"))
            })?;
        }
        self.upload_file(&UploadSource::manifest(self.item, self.contents), &found)?;
        self.watcher.finish();
        self.check_staged()
    }

    /// Creates a folder unless it exists. If another upload creates it at the same moment, servers
    /// respond with different errors, so only its existence is checked.
    fn make_folder(&self, folder: &str) -> RequestResult<()> {
        let store = &*self.remote.store;
        let made = retry_with_backoff(self.remote.first_wait, || match store.make_folder(folder) {
            Err(_) if store.list(folder).is_ok() => Ok(()),
            made => made,
        });
        made.map_err(|error| match error {
            RequestError::NotFound(error) if !folder.contains('/') => RequestError::Permanent(
                error.hint("check the URL of the remote: the folder does not exist"),
            ),
            error => error,
        })
    }

    /// Returns the paths of all files of the item, including the manifest.
    pub(super) fn files(&self) -> Vec<&str> {
        let files = self.contents.files.keys().map(String::as_str);
        files.chain([MANIFEST_FILE]).collect()
    }

    /// Checks that every file is in the hidden folder, because servers report renames incorrectly.
    fn check_staged(&self) -> RequestResult<()> {
        let found = self.remote.list_files(&self.staging(), self.contents)?;
        match self.files().into_iter().find(|file| !found.contains_key(*file)) {
            None => Ok(()),
            Some(file) => {
                let place = self.remote.store.place(&format!("{}/{file}", self.staging()));
                let error = Error::at(place, "the file is missing after it was uploaded");
                Err(RequestError::NotFound(error.with_kind(ErrorKind::NotFound)))
            }
        }
    }

    /// Uploads and verifies one file, unless the hidden folder already has it. `found` are the
    /// files in the hidden folder with their sizes.
    fn upload_file(
        &self,
        source: &UploadSource,
        found: &BTreeMap<String, Option<u64>>,
    ) -> RequestResult<()> {
        let UploadSource { file, record, .. } = source;
        let path = format!("{}/{file}", self.staging());
        let mut backoff = Backoff::new(self.remote.first_wait);
        let mut meters = Meters {
            sent: ProgressMeter::new(self.watcher),
            checked: ProgressMeter::new(self.watcher),
        };
        let size = found.get(*file);
        let mut may_exist = size.is_some_and(|size| size.is_none_or(|size| record.size == size));
        loop {
            if may_exist && self.is_uploaded(&path, record, &mut meters.checked)? {
                meters.sent.seek(record.size);
                self.watcher.file(file, record, Moved::Kept);
                return Ok(());
            }
            match self.send(&path, source, &mut meters) {
                Err(RequestError::Transient(error, wait)) => backoff.failed(error, wait)?,
                Err(error) => return Err(error),
                Ok(()) => {
                    self.watcher.file(file, record, Moved::Now);
                    return Ok(());
                }
            }
            // A request that failed may still have taken effect.
            may_exist = true;
        }
    }

    /// Sends a file under a temporary name, reads it back, and renames it to `path`.
    fn send(&self, path: &str, source: &UploadSource, meters: &mut Meters) -> RequestResult<()> {
        let store = &*self.remote.store;
        let part = if store.is_flat() {
            path.to_owned()
        } else {
            // The extension of an HTML page is kept, so that it is read back as one.
            let extension = if path.ends_with(PAGE) { PAGE } else { "" };
            format!("{}/{PART}{:016x}{extension}", self.staging(), rand::random::<u64>())
        };
        let is_temporary = part != path;
        if !is_temporary {
            // Other uploads of the same content use the same object, so it must not become corrupt.
            source.check()?;
        }
        let placed = self
            .write(&part, source, &mut meters.sent)
            .and_then(|()| {
                if self.is_stored(&part, source, &mut meters.checked)? {
                    return Ok(());
                }
                source.check()?;
                let message = "the server stored different bytes than were sent";
                Err(RequestError::Transient(Error::at(store.place(path), message), None))
            })
            .and_then(|()| if is_temporary { store.rename(&part, path) } else { Ok(()) });
        if placed.is_err() && is_temporary {
            // Best effort: the next upload of this content removes it.
            let _ = store.remove(&part);
        }
        placed
    }

    /// Writes a file on the remote, and checks that the local file matches its record.
    fn write(
        &self,
        part: &str,
        source: &UploadSource,
        sent: &mut ProgressMeter,
    ) -> RequestResult<()> {
        sent.seek(0);
        let mut content = HashingReader::new(source.open().map_err(RequestError::Permanent)?);
        let size = source.record.size;
        self.remote.store.write(part, &mut CountingReader(&mut content, sent), size)?;
        if content.record() == source.record {
            return Ok(());
        }
        source.check()?;
        let message = "the server did not read all bytes that were sent";
        Err(RequestError::Transient(Error::at(self.remote.store.place(part), message), None))
    }

    /// Reads the file at `path` on the remote and returns whether it equals the local file.
    fn is_stored(
        &self,
        path: &str,
        source: &UploadSource,
        checked: &mut ProgressMeter,
    ) -> RequestResult<bool> {
        let place = self.remote.store.place(path);
        let found = retry_with_backoff(self.remote.first_wait, || {
            checked.seek(0);
            let mut local = source.open().map_err(RequestError::Permanent)?;
            is_same(self.remote.store.read(path, None)?, &mut local, &place, checked)
        });
        match found {
            Err(RequestError::NotFound(_)) => Ok(false),
            found => found,
        }
    }

    /// Reads the file at `path` on the remote and returns whether it matches `record`.
    fn is_uploaded(
        &self,
        path: &str,
        record: &FileRecord,
        checked: &mut ProgressMeter,
    ) -> RequestResult<bool> {
        let place = self.remote.store.place(path);
        let found = retry_with_backoff(self.remote.first_wait, || {
            checked.seek(0);
            fault_of(self.remote.store.read(path, None)?, record, &place, checked)
        });
        match found {
            Ok(fault) => Ok(fault.is_none()),
            Err(RequestError::NotFound(_)) => Ok(false),
            Err(error) => Err(error),
        }
    }
}

/// The progress of one file.
struct Meters<'a> {
    sent: ProgressMeter<'a>,
    checked: ProgressMeter<'a>,
}
