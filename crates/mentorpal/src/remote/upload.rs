//! Uploading an item: build it in a hidden folder of the remote, verify it, then publish it by a
//! rename.
//!
//! The hidden folder is named after the item and the SHA-256 of the manifest. A later upload
//! therefore resumes an interrupted one, and several uploads of the same content help each other.
//! A file counts as uploaded only after this process has read it back and compared it.

use super::inspect::RemoteState;
use super::item::{Contents, Item, OpenedItem};
use super::store::CLAIM;
use super::transfer::Watcher;
use super::{Remote, TransferOptions, Transferred};
use crate::error::{Error, ErrorKind, Location, Result};
use crate::publish::{MANIFEST_FILE, OpenedFolder};
use crate::text::format::quoted_list;
use crate::web::{Backoff, RequestError, RequestResult};

/// The prefix of the names of unfinished uploads; the item's name and the content's tag follow.
const UPLOAD: &str = ".upload-";

/// The largest number of times that an upload starts again because another upload moved or removed
/// its files.
const MAX_UPLOAD_ROUNDS: usize = 5;

impl Remote {
    /// Uploads the item atomically: if the upload fails, no incomplete item becomes visible.
    ///
    /// # Errors
    /// If the local item is missing or corrupt; if the remote has a different item with this name,
    /// or a corrupt copy and [`TransferOptions::force`] is not set; if the remote cannot be written
    /// to.
    pub fn upload(
        &self,
        item: &Item,
        options: TransferOptions,
        watcher: &dyn Watcher,
    ) -> Result<Transferred> {
        let OpenedItem { contents, opened } = item.open_for_upload()?;
        if let Some(error) = self.store.read_only() {
            return Err(error);
        }
        self.refuse_same_folder(item, &contents)?;
        let (contents, opened) = (&contents, &opened);
        let upload = Upload { remote: self, item, contents, opened, options, watcher };
        upload.run().map_err(RequestError::into_error)
    }
}

/// The upload of one item.
pub(super) struct Upload<'a> {
    pub(super) remote: &'a Remote,
    pub(super) item: &'a Item,
    pub(super) contents: &'a Contents,
    /// The local folder that `contents` was read from.
    pub(super) opened: &'a OpenedFolder,
    options: TransferOptions,
    pub(super) watcher: &'a dyn Watcher,
}

impl Upload<'_> {
    fn run(&self) -> RequestResult<Transferred> {
        let mut last = None;
        for _ in 0..MAX_UPLOAD_ROUNDS {
            let Some(obstacle) = self.find_obstacle()? else { return Ok(self.result(false)) };
            if self.options.dry_run {
                return Ok(self.result(true));
            }
            match self.stage().and_then(|()| self.publish(&obstacle)) {
                // Another upload of the same content has published the hidden folder.
                Err(RequestError::NotFound(error)) => {
                    tracing::info!(%error, "restarting the upload");
                    last = Some(error);
                }
                published => return published.map(|()| self.result(true)),
            }
        }
        let message = format!("uploaded files disappeared {MAX_UPLOAD_ROUNDS} times");
        let error = Error::at(self.place(), message).with_kind(ErrorKind::Conflict).hint(
            "if another upload is running, try again later; otherwise ask the administrator whether \
             the server hides names that begin with a dot",
        );
        Err(RequestError::Permanent(match last {
            Some(last) => error.caused_by(last),
            None => error,
        }))
    }

    pub(super) fn place(&self) -> Location {
        self.remote.store.place(&self.item.remote())
    }

    fn result(&self, moved: bool) -> Transferred {
        Transferred {
            moved,
            files: self.contents.count(),
            bytes: self.contents.size(),
            place: self.place().to_string(),
        }
    }

    /// Returns the copy that the upload has to replace, or `None` if the remote already has this item.
    fn find_obstacle(&self) -> RequestResult<Option<Obstacle>> {
        match self.remote.inspect(self.item)? {
            RemoteState::Missing => Ok(Some(Obstacle::None)),
            RemoteState::Published(found) if found.manifest == self.contents.manifest => {
                self.check_files(found)
            }
            RemoteState::Published(found) => Err(self.different(&found)),
            RemoteState::Corrupt(_, manifest) if self.options.force => {
                Ok(Some(Obstacle::Corrupt(manifest)))
            }
            RemoteState::Corrupt(error, _) => Err(RequestError::Permanent(error.hint(
                "pass --force to move the existing item to a hidden name and upload this one",
            ))),
        }
    }

    /// Checks the files on the remote if its manifest is that of the local item: their content with
    /// `--force`, otherwise their sizes.
    fn check_files(&self, found: Contents) -> RequestResult<Option<Obstacle>> {
        let faults = if self.options.force {
            let corrupt = self.remote.corrupt_files(self.item, &found, self.watcher)?;
            corrupt.iter().map(|file| format!("{}: {}", file.path.display(), file.what)).collect()
        } else {
            self.remote.size_faults(&self.item.remote(), &found)?
        };
        match faults.first() {
            None => {
                if !self.options.dry_run && self.remote.store.is_flat() {
                    self.remove_leftovers();
                }
                Ok(None)
            }
            Some(_) if self.options.force => Ok(Some(Obstacle::Corrupt(Some(found.manifest)))),
            Some(fault) => {
                Err(self.corrupt(&format!("the copy on the remote is corrupt: {fault}")))
            }
        }
    }

    /// Returns the error for a corrupt copy on the remote.
    fn corrupt(&self, message: &str) -> RequestError {
        RequestError::Permanent(
            Error::at(self.place(), message)
                .with_kind(ErrorKind::Corrupt)
                .hint("repair it with --force"),
        )
    }

    /// Returns the error for a different item with the same name.
    fn different(&self, found: &Contents) -> RequestError {
        let (ours, theirs) = (&self.contents.files, &found.files);
        let differs = |file: &&String| ours.get(*file) != theirs.get(*file);
        let mut files: Vec<&str> = ours.keys().filter(differs).map(String::as_str).collect();
        files.extend(theirs.keys().filter(|file| !ours.contains_key(*file)).map(String::as_str));
        if files.is_empty() {
            files.push(MANIFEST_FILE);
        }
        if !self.options.dry_run {
            // Best effort: the hidden folder can never be published under this name.
            let _ = self.remote.store.remove(&format!("{}/", self.staging()));
        }
        let message = format!(
            "the remote has another {} of this name; these files differ: {}",
            self.item.noun(),
            quoted_list(files)
        );
        RequestError::Permanent(
            Error::at(self.place(), message)
                .with_kind(ErrorKind::AlreadyExists)
                .hint("upload it under another name, because published items never change"),
        )
    }

    /// Returns the path of the hidden folder on the remote.
    pub(super) fn staging(&self) -> String {
        let (name, tag) = (self.item.last_name(), self.contents.tag());
        self.item.remote_sibling(&format!("{UPLOAD}{name}-{tag}"))
    }

    /// Removes leftovers of this upload after the item is published. Another upload of the same
    /// content may have recreated the hidden folder, or may have been killed on a bucket. Best
    /// effort.
    fn remove_leftovers(&self) {
        let store = &*self.remote.store;
        let _ = store.remove(&format!("{}/", self.staging()));
        if store.is_flat() {
            let _ = store.remove(&format!("{}/{CLAIM}", self.item.remote()));
        }
    }

    /// Renames the hidden folder to its final name, and checks the result.
    fn publish(&self, obstacle: &Obstacle) -> RequestResult<()> {
        if let Obstacle::Corrupt(manifest) = obstacle {
            self.remote.quarantine(self.item, manifest.as_deref())?;
        }
        let store = &*self.remote.store;
        let mut backoff = Backoff::new(self.remote.first_wait);
        loop {
            let moved = store.move_folder(&self.staging(), &self.item.remote(), &self.files());
            // The state of the remote decides, because servers report moves incorrectly.
            match self.remote.inspect(self.item)? {
                RemoteState::Published(found) if found.manifest == self.contents.manifest => break,
                RemoteState::Published(found) => return Err(self.different(&found)),
                RemoteState::Missing | RemoteState::Corrupt(..) => match moved {
                    Ok(()) => {
                        let message = "the server reported success, but the item is missing";
                        backoff.failed(Error::at(self.place(), message), None)?;
                    }
                    Err(RequestError::Transient(error, wait)) => backoff.failed(error, wait)?,
                    Err(error) => return Err(error),
                },
            }
        }
        let faults = self.remote.size_faults(&self.item.remote(), self.contents)?;
        if let Some(fault) = faults.first() {
            return Err(self.corrupt(&format!("incomplete after it was published: {fault}")));
        }
        self.remove_leftovers();
        Ok(())
    }
}

/// The copy that an upload has to replace.
enum Obstacle {
    /// Nothing: the name is free.
    None,
    /// A corrupt copy, with its manifest if it has one.
    Corrupt(Option<Vec<u8>>),
}
