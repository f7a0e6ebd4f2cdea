//! Downloads: files are collected in a hidden folder of the workspace, verified, and published by a
//! rename.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom, Write};

use sha2::{Digest, Sha256};

use super::background_hasher::{BUFFER, BackgroundHasher};
use super::item::{Contents, Item, LocalState};
use super::partial::{Part, Partial};
use super::store::Reading;
use super::transfer::{
    CountingReader, Moved, ProgressMeter, Watcher, fill, in_parallel, truncated,
};
use super::{Remote, TransferOptions, Transferred};
use crate::error::{Error, ErrorKind, Location, Result};
use crate::publish::{FileRecord, MANIFEST_FILE, OnExisting, Staging, refuse_unlisted_files};
use crate::sha256;
use crate::web::{Backoff, RequestError, RequestResult};

/// The most times that a file may differ from its record in the manifest.
const MAX_CORRUPT_DOWNLOADS: usize = 2;

impl Remote {
    /// Downloads the item atomically: on failure, the local state is unchanged.
    ///
    /// # Errors
    /// If the remote does not have the item; if a different one exists locally and
    /// [`TransferOptions::force`] is not set; if the data received does not match the manifest; if the disk
    /// fails.
    pub fn download(
        &self,
        item: &Item,
        options: TransferOptions,
        watcher: &dyn Watcher,
    ) -> Result<Transferred> {
        let contents = self.published(item)?;
        let done = |moved| Transferred {
            moved,
            files: contents.count(),
            bytes: contents.size(),
            place: item.folder().display().to_string(),
        };
        let here = item.local_state()?;
        let existing = match &here {
            LocalState::Missing => OnExisting::Refuse,
            LocalState::Valid(here) if here.manifest == contents.manifest => {
                return Ok(done(false));
            }
            LocalState::Valid(here) if options.force => OnExisting::Update(&here.manifest),
            LocalState::Valid(_) => return Err(another(item, "different")),
            // Nothing is lost if the remote has the same item, complete.
            LocalState::Corrupt(_, Some(here)) if options.force || *here == contents.manifest => {
                OnExisting::Update(here)
            }
            LocalState::Corrupt(_, None) if options.force => OnExisting::Replace,
            LocalState::Corrupt(fault, _) => {
                return Err(another(item, &format!("corrupt ({fault}) and different")));
            }
        };
        if !matches!(here, LocalState::Missing) {
            // Checked before the download, not after it.
            refuse_unlisted_files(item.folder(), item.kind(), &contents.manifest)?;
        }
        if options.dry_run {
            return Ok(done(true));
        }
        let staging = Staging::begin(item.parent(), item.kind())?;
        let partial = Partial::open(item.parent(), &contents)?;
        self.fetch_all(item, &contents, &partial, watcher).map_err(RequestError::into_error)?;
        partial.move_to(staging.folder(), &contents)?;
        let published = staging.publish(item.last_name(), &contents.manifest, existing);
        partial.remove();
        if let Err(error) = published {
            // Another run may have published the same item meanwhile.
            return match item.local_state()? {
                LocalState::Valid(here) if here.manifest == contents.manifest => Ok(done(false)),
                _ => Err(error),
            };
        }
        watcher.file(MANIFEST_FILE, &contents.manifest_record(), Moved::Now);
        Ok(done(true))
    }

    fn fetch_all(
        &self,
        item: &Item,
        contents: &Contents,
        partial: &Partial,
        watcher: &dyn Watcher,
    ) -> RequestResult<()> {
        let size = contents.files.values().map(|file| file.size).sum();
        watcher.start_bytes(&format!("downloading {item}"), size, 0);
        in_parallel(contents.files.iter().enumerate(), |(number, (file, record))| {
            let path = format!("{}/{file}", item.remote());
            let part = partial.part(number, file);
            let mut meter = ProgressMeter::new(watcher);
            if part.is_complete(record) {
                meter.seek(record.size);
                watcher.file(file, record, Moved::Kept);
                return Ok(());
            }
            let mut fetch = Fetch { remote: self, path, record, part: &part, meter };
            fetch.run(item)?;
            watcher.file(file, record, Moved::Now);
            Ok(())
        })?;
        watcher.finish();
        Ok(())
    }
}

/// The error of a different local item with this name.
fn another(item: &Item, which: &str) -> Error {
    let noun = item.noun();
    let what = format!("the local {noun} is {which} from the one with this name on the remote");
    Error::at(Location::file(item.folder()), what)
        .with_kind(ErrorKind::AlreadyExists)
        .hint("pass --force to replace the local copy by the one on the remote")
}

/// The download of one file.
struct Fetch<'a> {
    remote: &'a Remote,
    path: String,
    record: &'a FileRecord,
    part: &'a Part,
    meter: ProgressMeter<'a>,
}

impl Fetch<'_> {
    /// Sends requests until the file is complete and matches the manifest.
    fn run(&mut self, item: &Item) -> RequestResult<()> {
        let mut tries = Backoff::new(self.remote.first_wait);
        let (mut most, mut corrupt) = (0, 0);
        loop {
            let (mut file, validator) =
                self.part.open(self.record.size).map_err(RequestError::Permanent)?;
            let before = self.length(&file)?;
            match self.attempt(&mut file, before, validator.as_deref()) {
                Ok(None) => {
                    file.sync_all().map_err(|e| self.disk(e))?;
                    return self.part.complete().map_err(RequestError::Permanent);
                }
                Ok(Some(fault)) => {
                    file.set_len(0).map_err(|e| self.disk(e))?;
                    corrupt += 1;
                    let what = format!("the data received does not match the manifest: {fault}");
                    let error = Error::at(self.place(), what).with_kind(ErrorKind::Corrupt);
                    if corrupt >= MAX_CORRUPT_DOWNLOADS {
                        return Err(RequestError::Permanent(error.hint(format!(
                            "repair the copy on the remote from a workspace with a valid copy: `{} \
                             --force`",
                            item.upload_command()
                        ))));
                    }
                    tries.failed(error, None)?;
                }
                Err(RequestError::Transient(error, asked)) => {
                    // Only failures in a row count: a large file may be interrupted many times. A
                    // file that is sent from its beginning each time makes no progress, however
                    // much is received.
                    let length = self.length(&file)?;
                    if length > most {
                        most = length;
                        tries.reset();
                    }
                    tries.failed(error, asked)?;
                }
                Err(RequestError::NotFound(error)) => {
                    return Err(RequestError::NotFound(error.hint(format!(
                        "repair the copy on the remote from a workspace with a valid copy: `{} \
                         --force`",
                        item.upload_command()
                    ))));
                }
                Err(fault) => return Err(fault),
            }
        }
    }

    /// Requests the content after the first `length` bytes and appends it. Returns how the complete
    /// file differs from the manifest, if it does.
    fn attempt(
        &mut self,
        file: &mut File,
        length: u64,
        validator: Option<&str>,
    ) -> RequestResult<Option<String>> {
        let mut hasher = Sha256::new();
        self.meter.seek(0);
        if length < self.record.size || length == 0 {
            let from = validator.filter(|_| length > 0).map(|validator| (length, validator));
            let mut reading = self.remote.store.read(&self.path, from)?;
            let page = reading.page.take().map(RequestError::Permanent);
            if let Some(fault) = reading.size.and_then(|size| self.record.size_fault(size)) {
                return page.map_or(Ok(Some(fault)), Err);
            }
            if reading.start == 0 {
                file.set_len(0).map_err(|e| self.disk(e))?;
                self.part.note(reading.validator.clone()).map_err(RequestError::Permanent)?;
            }
            self.hash_part(file, &mut hasher)?;
            let background = BackgroundHasher::start(hasher, file.try_clone().ok());
            let found = self.copy(reading, file, &background).and_then(|()| {
                let found = FileRecord { size: self.length(file)?, sha256: background.finish() };
                Ok(self.record.fault(&found))
            });
            return match (found, page) {
                (Ok(Some(_)) | Err(_), Some(page)) => Err(page),
                (found, _) => found,
            };
        }
        self.hash_part(file, &mut hasher)?;
        let sha256 = sha256::hex(&hasher.finalize());
        Ok(self.record.fault(&FileRecord { size: self.length(file)?, sha256 }))
    }

    /// Hashes the partial file; afterwards, the file position is at its end.
    fn hash_part(&mut self, file: &mut File, hasher: &mut Sha256) -> RequestResult<()> {
        file.seek(SeekFrom::Start(0)).map_err(|e| self.disk(e))?;
        let mut buffer = vec![0; BUFFER];
        loop {
            match file.read(&mut buffer).map_err(|e| self.disk(e))? {
                0 => return Ok(()),
                length => {
                    hasher.update(&buffer[..length]);
                    self.meter.add(length);
                }
            }
        }
    }

    /// Appends and hashes the content, up to the size in the manifest.
    fn copy(
        &mut self,
        reading: Reading,
        file: &mut File,
        background: &BackgroundHasher,
    ) -> RequestResult<()> {
        let mut left = self.record.size - reading.start;
        // One byte more, to notice a longer file.
        let mut content = reading.content.take(left + 1);
        loop {
            let mut buffer = background.buffer();
            let (length, end) =
                fill(&mut CountingReader(&mut content, &mut self.meter), &mut buffer);
            if length as u64 > left {
                file.set_len(0).map_err(|e| self.disk(e))?;
                let what = format!("more than the {} bytes in the manifest", self.record.size);
                return Err(RequestError::Transient(Error::at(self.place(), what), None));
            }
            // The bytes before an interruption are kept.
            file.write_all(&buffer[..length]).map_err(|e| self.disk(e))?;
            background.add(buffer, length);
            left -= length as u64;
            match end {
                None => {}
                Some(Ok(())) if left == 0 => return Ok(()),
                Some(Ok(())) => {
                    let error = Error::at(self.place(), "the connection was closed too early");
                    return Err(RequestError::Transient(error, None));
                }
                Some(Err(error)) => return Err(truncated(&self.place(), error)),
            }
        }
    }

    fn length(&self, file: &File) -> RequestResult<u64> {
        file.metadata().map(|found| found.len()).map_err(|e| self.disk(e))
    }

    fn place(&self) -> Location {
        self.remote.store.place(&self.path)
    }

    fn disk(&self, error: std::io::Error) -> RequestError {
        RequestError::Permanent(Error::io(&self.part.whole, "write the file", error))
    }
}
