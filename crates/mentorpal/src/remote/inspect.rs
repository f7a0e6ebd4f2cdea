//! Inspecting the remote: one item by name, or all items of a kind.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Read;

use serde::de::IgnoredAny;

use super::Remote;
use super::item::{CLASSIFIERS, Contents, Item, ItemName, VECTOR_MODELS};
use super::store::Entry;
use super::transfer::{ProgressMeter, Watcher, fault_of, in_parallel};
use crate::checkpoint::{CheckpointRef, CorruptFile, Manifest};
use crate::error::{Error, ErrorKind, Result};
use crate::publish::{FileRecord, MANIFEST_FILE, MAX_MANIFEST};
use crate::text::format::{did_you_mean, quoted_list};
use crate::web::{Backoff, Paced, RequestError, RequestResult, retry_with_backoff};
use crate::workspace::{Name, NameKind, VectorModelName, Workspace};

/// The state of an item on the remote.
#[derive(Debug)]
pub(super) enum RemoteState {
    /// The remote has no item with this name.
    Missing,
    /// The remote has an item with a valid manifest.
    Published(Contents),
    /// The remote has a folder whose manifest is missing or invalid. Holds the reason, and the
    /// bytes of the manifest if there is one.
    Corrupt(Error, Option<Vec<u8>>),
}

impl Remote {
    /// Returns the state of an item on the remote, as its manifest describes it.
    ///
    /// # Errors
    /// If a request fails.
    pub(super) fn inspect(&self, item: &Item) -> RequestResult<RemoteState> {
        let folder = item.remote();
        let path = format!("{folder}/{MANIFEST_FILE}");
        let place = self.store.place(&path).path;
        let mut backoff = Backoff::new(self.first_wait);
        let mut seen = None;
        loop {
            match retry_with_backoff(self.first_wait, || self.manifest_at(&path)) {
                Ok(manifest) => match item.parse_manifest(&place, manifest.clone()) {
                    Ok(contents) => return Ok(RemoteState::Published(contents)),
                    // An invalid manifest that is read twice was not corrupted in transit.
                    Err(error) if seen.as_ref() == Some(&manifest) => {
                        return Ok(RemoteState::Corrupt(error, seen));
                    }
                    Err(error) => {
                        seen = Some(manifest);
                        backoff.failed(error, None)?;
                    }
                },
                Err(RequestError::NotFound(_)) if self.store.is_flat() => {
                    return Ok(RemoteState::Missing);
                }
                Err(RequestError::NotFound(_)) => {}
                Err(error) => return Err(error),
            }
            match retry_with_backoff(self.first_wait, || self.store.list(&folder)) {
                Err(RequestError::NotFound(_)) => return Ok(RemoteState::Missing),
                // The item was published between the two requests.
                Ok(entries) if entries.iter().any(|entry| entry.name == MANIFEST_FILE) => {
                    let message = "the file is listed, but does not exist";
                    backoff.failed(Error::at(self.store.place(&path), message), None)?;
                }
                Ok(_) => {
                    let message = format!("not a {}: {MANIFEST_FILE} is missing", item.noun());
                    let error = Error::at(self.store.place(&folder), message);
                    return Ok(RemoteState::Corrupt(error.with_kind(ErrorKind::Corrupt), None));
                }
                Err(error) => return Err(error),
            }
        }
    }

    /// Reads the manifest at `path`.
    pub(super) fn manifest_at(&self, path: &str) -> RequestResult<Vec<u8>> {
        let place = self.store.place(path);
        let reading = self.store.read(path, None)?;
        let mut manifest = Vec::new();
        Paced::new(reading.content, self.stall)
            .short()
            .take(MAX_MANIFEST + 1)
            .read_to_end(&mut manifest)
            .map_err(|e| super::transfer::truncated(&place, e))?;
        let length = manifest.len() as u64;
        if length > MAX_MANIFEST {
            let message =
                format!("the manifest has more than {MAX_MANIFEST} bytes, the maximum size");
            let error = Error::at(place, message).with_kind(ErrorKind::Corrupt);
            return Err(RequestError::Permanent(error));
        }
        if reading.size.is_some_and(|size| length < size) {
            return Err(RequestError::Transient(
                Error::at(place, "the connection was closed too early"),
                None,
            ));
        }
        // An HTML page is not JSON.
        match reading.page {
            Some(page) if serde_json::from_slice::<IgnoredAny>(&manifest).is_err() => {
                Err(RequestError::Permanent(page))
            }
            _ => Ok(manifest),
        }
    }

    /// Compares the file sizes in the remote's `folder` with `contents`; returns a description of
    /// each difference. This detects truncated files.
    pub(super) fn size_faults(
        &self,
        folder: &str,
        contents: &Contents,
    ) -> RequestResult<Vec<String>> {
        let found = self.list_files(folder, contents)?;
        let fault = |(file, record): (&String, &FileRecord)| match found.get(file) {
            None => Some(format!("{file}: missing")),
            Some(None) => None,
            Some(Some(size)) => record.size_fault(*size).map(|fault| format!("{file}: {fault}")),
        };
        Ok(contents.files.iter().filter_map(fault).collect())
    }

    /// Lists the files in the remote's `folder` and in the subfolders that `contents` uses. Returns
    /// their sizes by path, or `None` for sizes that the store does not report. Skips missing folders.
    pub(super) fn list_files(
        &self,
        folder: &str,
        contents: &Contents,
    ) -> RequestResult<BTreeMap<String, Option<u64>>> {
        let mut files = BTreeMap::new();
        for below in subfolders(contents).iter().map(String::as_str).chain([""]) {
            let path = format!("{folder}/{below}");
            let entries = match retry_with_backoff(self.first_wait, || self.store.list(&path)) {
                Err(RequestError::NotFound(_)) => continue,
                entries => entries?,
            };
            for Entry { name, size, .. } in entries.into_iter().filter(|entry| !entry.is_folder) {
                files.insert(if below.is_empty() { name } else { format!("{below}/{name}") }, size);
            }
        }
        Ok(files)
    }

    /// Reads every file of the item on the remote and compares it with the manifest on the remote.
    ///
    /// # Errors
    /// If the remote does not have the item, or a request fails.
    pub fn verify(&self, item: &Item, watcher: &dyn Watcher) -> Result<VerifiedItem> {
        let contents = self.published(item)?;
        let corrupt =
            self.corrupt_files(item, &contents, watcher).map_err(RequestError::into_error)?;
        Ok(VerifiedItem { files: contents.count(), corrupt })
    }

    /// Reads every file of the item on the remote and returns those that do not match `contents`.
    pub(super) fn corrupt_files(
        &self,
        item: &Item,
        contents: &Contents,
        watcher: &dyn Watcher,
    ) -> RequestResult<Vec<CorruptFile>> {
        watcher.start_bytes(&format!("checking {item}"), contents.size(), 0);
        let faults = in_parallel(&contents.files, |(file, record)| {
            let path = format!("{}/{file}", item.remote());
            let place = self.store.place(&path);
            let mut meter = ProgressMeter::new(watcher);
            let found = retry_with_backoff(self.first_wait, || {
                meter.seek(0);
                fault_of(self.store.read(&path, None)?, record, &place, &mut meter)
            });
            let what = match found {
                Ok(fault) => fault,
                Err(RequestError::NotFound(_)) => Some("missing".to_owned()),
                Err(error) => return Err(error),
            };
            Ok(what.map(|what| CorruptFile { path: place.path, what }))
        })?;
        watcher.finish();
        Ok(faults.into_iter().flatten().collect())
    }

    /// Returns the contents of an item that must exist on the remote.
    ///
    /// # Errors
    /// If the item is missing, or its manifest is missing or invalid.
    pub(super) fn published(&self, item: &Item) -> Result<Contents> {
        match self.inspect(item).map_err(RequestError::into_error)? {
            RemoteState::Published(contents) => Ok(contents),
            RemoteState::Missing => Err(self.not_found(item)),
            RemoteState::Corrupt(error, _) => Err(error.hint(format!(
                "repair it from a workspace with a valid copy: `{} --force`",
                item.upload_command()
            ))),
        }
    }

    /// Returns the error for an item that the remote does not have.
    fn not_found(&self, item: &Item) -> Error {
        let place = self.store.place(&item.remote());
        let known = match item.name {
            ItemName::Checkpoint(_) => self.checkpoint_names().map(|names| to_strings(&names)),
            ItemName::Vectors(_) => self.vector_models().map(|names| to_strings(&names)),
        };
        let known = match known {
            Ok(known) => known,
            Err(error) => return error,
        };
        let guess = did_you_mean(&item.to_string(), known.iter().map(String::as_str));
        let message = format!("no {} `{item}` on the remote{guess}", item.noun());
        Error::at(place, message)
            .with_kind(ErrorKind::NotFound)
            .hint(format!("available: {}", quoted_list(known)))
    }

    /// Returns the checkpoints on the remote, sorted by name, oldest first. A checkpoint with an
    /// invalid manifest is returned as an error; a folder without a manifest is skipped.
    ///
    /// # Errors
    /// If a request fails.
    pub fn checkpoints(&self, workspace: &Workspace) -> Result<Vec<Result<RemoteCheckpoint>>> {
        let mut names = Vec::new();
        for arch in self.folder_names(CLASSIFIERS)? {
            let checkpoints = self.folder_names(&format!("{CLASSIFIERS}/{arch}"))?.into_iter();
            names.extend(
                checkpoints.map(|checkpoint| CheckpointRef { checkpoint, arch: arch.clone() }),
            );
        }
        names.sort();
        let read = |name| Ok(self.checkpoint(workspace, name));
        let found = in_parallel(names, read).map_err(RequestError::into_error)?;
        Ok(found.into_iter().flatten().collect())
    }

    /// Returns one checkpoint on the remote, or `None` if its folder has no manifest.
    fn checkpoint(
        &self,
        workspace: &Workspace,
        name: CheckpointRef,
    ) -> Option<Result<RemoteCheckpoint>> {
        let folder = Item::checkpoint(workspace, &name).remote();
        let path = format!("{folder}/{MANIFEST_FILE}");
        let manifest = match retry_with_backoff(self.first_wait, || self.manifest_at(&path)) {
            Err(RequestError::NotFound(_)) => return None,
            manifest => manifest.map_err(RequestError::into_error),
        };
        let place = self.store.place(&path).path;
        let manifest = manifest.and_then(|bytes| Manifest::from_bytes(&place, &bytes));
        let url = self.store.place(&folder).to_string();
        Some(manifest.map(|manifest| RemoteCheckpoint {
            name,
            url,
            size: manifest.size(),
            created: manifest.created,
            mentors: manifest.mentors.into_keys().collect(),
        }))
    }

    /// Returns the names of the checkpoints on the remote, oldest first.
    ///
    /// # Errors
    /// If a request fails.
    pub fn checkpoint_names(&self) -> Result<Vec<CheckpointRef>> {
        let mut names = Vec::new();
        for arch in self.folder_names(CLASSIFIERS)? {
            for checkpoint in self.published_names(&format!("{CLASSIFIERS}/{arch}"))? {
                names.push(CheckpointRef { checkpoint, arch: arch.clone() });
            }
        }
        names.sort();
        Ok(names)
    }

    /// Returns the names of the vector models on the remote, sorted.
    ///
    /// # Errors
    /// If a request fails.
    pub fn vector_models(&self) -> Result<Vec<VectorModelName>> {
        self.published_names(VECTOR_MODELS)
    }

    /// Returns the names of the folders in `folder` that have a manifest.
    fn published_names<K: NameKind>(&self, folder: &str) -> Result<Vec<Name<K>>> {
        let published = in_parallel(self.folder_names(folder)?, |name| {
            let path = format!("{folder}/{name}");
            let entries = match retry_with_backoff(self.first_wait, || self.store.list(&path)) {
                Err(RequestError::NotFound(_)) => return Ok(None),
                entries => entries?,
            };
            let is_published = entries.iter().any(|entry| entry.name == MANIFEST_FILE);
            Ok(is_published.then_some(name))
        });
        Ok(published.map_err(RequestError::into_error)?.into_iter().flatten().collect())
    }

    /// Returns the folders in `folder` with valid names, sorted. Returns nothing if `folder` does
    /// not exist but the remote does.
    fn folder_names<K: NameKind>(&self, folder: &str) -> Result<Vec<Name<K>>> {
        let entries = match retry_with_backoff(self.first_wait, || self.store.list(folder)) {
            Err(RequestError::NotFound(_)) => {
                self.check_root()?;
                return Ok(Vec::new());
            }
            entries => entries.map_err(RequestError::into_error)?,
        };
        let folders = entries.into_iter().filter(|entry| entry.is_folder);
        let mut names: Vec<Name<K>> =
            folders.filter_map(|entry| Name::new(entry.name).ok()).collect();
        names.sort();
        Ok(names)
    }

    /// Checks that the remote's URL exists; otherwise a wrong URL would look like an empty remote.
    pub(super) fn check_root(&self) -> Result<()> {
        match retry_with_backoff(self.first_wait, || self.store.list("")) {
            Ok(_) => Ok(()),
            Err(RequestError::NotFound(error)) => {
                Err(error.hint("check the URL of the remote: the folder does not exist"))
            }
            Err(fault) => Err(fault.into_error()),
        }
    }
}

/// The result of [`Remote::verify`].
#[derive(Clone, Debug)]
pub struct VerifiedItem {
    /// The number of files of the item, including the manifest.
    pub files: usize,
    /// The files that do not match the manifest.
    pub corrupt: Vec<CorruptFile>,
}

/// A checkpoint on the remote.
#[derive(Clone, Debug)]
pub struct RemoteCheckpoint {
    /// The name.
    pub name: CheckpointRef,
    /// The URL or path of its folder.
    pub url: String,
    /// The time of creation, RFC 3339 in UTC.
    pub created: String,
    /// The ids of its mentors, sorted.
    pub mentors: Vec<String>,
    /// The total size of its files in bytes.
    pub size: u64,
}

fn to_strings(names: &[impl ToString]) -> Vec<String> {
    names.iter().map(ToString::to_string).collect()
}

/// Returns the subfolders of an item that contain files, each after its parent.
pub(super) fn subfolders(contents: &Contents) -> BTreeSet<String> {
    let above = |file: &String| {
        let slashes = file.match_indices('/').map(|(index, _)| index);
        slashes.map(|index| file[..index].to_owned()).collect::<Vec<_>>()
    };
    contents.files.keys().flat_map(above).collect()
}
