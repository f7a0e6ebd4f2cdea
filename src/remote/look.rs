//! What is on the remote: under one name, or of a kind.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Read;

use serde::de::IgnoredAny;

use super::Remote;
use super::item::{CLASSIFIERS, Contents, Item, VECTOR_MODELS, What};
use super::store::Entry;
use super::transfer::{ProgressMeter, Watcher, at_once, fault_of};
use crate::checkpoint::{CheckpointRef, CorruptFile, Manifest};
use crate::error::{Error, Result, did_you_mean, quoted_list};
use crate::publish::{FileRecord, MANIFEST_FILE, MAX_MANIFEST};
use crate::web::{Backoff, Paced, RequestError, RequestResult, retry_with_backoff};
use crate::workspace::{Name, Workspace};

/// What is on the remote under an item's name.
#[derive(Debug)]
pub(super) enum There {
    /// Nothing.
    Absent,
    /// Something published.
    Published(Contents),
    /// A folder without a manifest, or with one that cannot be used: why, and its bytes if there
    /// is one.
    Broken(Error, Option<Vec<u8>>),
}

impl Remote {
    /// What the remote has under the item's name: the manifest says.
    ///
    /// # Errors
    /// When it cannot be asked.
    pub(super) fn look(&self, item: &Item) -> RequestResult<There> {
        let folder = item.remote();
        let path = format!("{folder}/{MANIFEST_FILE}");
        let place = self.store.place(&path).path;
        let mut tries = Backoff::new(self.first_wait);
        let mut seen = None;
        loop {
            match retry_with_backoff(self.first_wait, || self.manifest_at(&path)) {
                Ok(manifest) => match item.contents(&place, manifest.clone()) {
                    Ok(contents) => return Ok(There::Published(contents)),
                    // What comes twice is what is there; else it was garbled on its way.
                    Err(error) if seen.as_ref() == Some(&manifest) => {
                        return Ok(There::Broken(error, seen));
                    }
                    Err(error) => {
                        seen = Some(manifest);
                        tries.failed(error, None)?;
                    }
                },
                Err(RequestError::NotFound(_)) if self.store.is_flat() => return Ok(There::Absent),
                Err(RequestError::NotFound(_)) => {}
                Err(fault) => return Err(fault),
            }
            match retry_with_backoff(self.first_wait, || self.store.list(&folder)) {
                Err(RequestError::NotFound(_)) => return Ok(There::Absent),
                // Published just now.
                Ok(entries) if entries.iter().any(|entry| entry.name == MANIFEST_FILE) => {
                    let what = "it is listed, but is not there";
                    tries.failed(Error::at(self.store.place(&path), what), None)?;
                }
                Ok(_) => {
                    let what = format!("a folder without a manifest, so no {}", item.noun());
                    return Ok(There::Broken(Error::at(self.store.place(&folder), what), None));
                }
                Err(fault) => return Err(fault),
            }
        }
    }

    /// The bytes of the manifest at `path`.
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
            let what =
                format!("longer than any manifest, of which the largest have {MAX_MANIFEST} bytes");
            return Err(RequestError::Permanent(Error::at(place, what)));
        }
        if reading.size.is_some_and(|size| length < size) {
            return Err(RequestError::Transient(Error::at(place, "the connection was cut"), None));
        }
        // A page for people is no JSON, whatever else may be wrong.
        match reading.page {
            Some(page) if serde_json::from_slice::<IgnoredAny>(&manifest).is_err() => {
                Err(RequestError::Permanent(page))
            }
            _ => Ok(manifest),
        }
    }

    /// What of `contents` differs by its size from what is in the remote's `folder`: enough to
    /// notice what was cut short.
    pub(super) fn size_faults(
        &self,
        folder: &str,
        contents: &Contents,
    ) -> RequestResult<Vec<String>> {
        let found = self.tree(folder, contents)?;
        let fault = |(file, record): (&String, &FileRecord)| match found.get(file) {
            None => Some(format!("{file}: not there")),
            Some(None) => None,
            Some(Some(size)) => record.size_fault(*size).map(|fault| format!("{file}: {fault}")),
        };
        Ok(contents.files.iter().filter_map(fault).collect())
    }

    /// The files in `folder` by path, with their sizes where the store says so: those in it, and
    /// in the folders that `contents` has. Where there is no folder, there are none.
    pub(super) fn tree(
        &self,
        folder: &str,
        contents: &Contents,
    ) -> RequestResult<BTreeMap<String, Option<u64>>> {
        let mut files = BTreeMap::new();
        for below in folders(contents).iter().map(String::as_str).chain([""]) {
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

    /// Reads every file of the item on the remote again and compares it with the manifest there.
    ///
    /// # Errors
    /// When there is no such item on the remote, or it cannot be asked.
    pub fn verify(&self, item: &Item, watcher: &dyn Watcher) -> Result<(usize, Vec<CorruptFile>)> {
        let contents = self.published(item)?;
        let faults = self.faults(item, &contents, watcher).map_err(RequestError::into_error)?;
        Ok((contents.count(), faults))
    }

    /// What is wrong with the files of the item on the remote, which should be `contents`.
    pub(super) fn faults(
        &self,
        item: &Item,
        contents: &Contents,
        watcher: &dyn Watcher,
    ) -> RequestResult<Vec<CorruptFile>> {
        watcher.start_bytes(&format!("checking {item}"), contents.size(), 0);
        let faults = at_once(&contents.files, |(file, record)| {
            let path = format!("{}/{file}", item.remote());
            let place = self.store.place(&path);
            let mut meter = ProgressMeter::new(watcher);
            let found = retry_with_backoff(self.first_wait, || {
                meter.seek(0);
                fault_of(self.store.read(&path, None)?, record, &place, &mut meter)
            });
            let what = match found {
                Ok(fault) => fault,
                Err(RequestError::NotFound(_)) => Some("not there".to_owned()),
                Err(fault) => return Err(fault),
            };
            Ok(what.map(|what| CorruptFile { path: place.path, what }))
        })?;
        watcher.finish();
        Ok(faults.into_iter().flatten().collect())
    }

    /// What the remote has published under the item's name.
    ///
    /// # Errors
    /// When there is nothing, or its manifest cannot be used.
    pub(super) fn published(&self, item: &Item) -> Result<Contents> {
        match self.look(item).map_err(RequestError::into_error)? {
            There::Published(contents) => Ok(contents),
            There::Absent => Err(self.no_such(item)),
            There::Broken(error, _) => Err(error.hint(format!(
                "whoever has it whole can repair it: `{} --force`",
                item.upload_verb()
            ))),
        }
    }

    fn no_such(&self, item: &Item) -> Error {
        let place = self.store.place(&item.remote());
        let known = match item.what {
            What::Checkpoint(_) => self.checkpoint_names().map(|names| texts(&names)),
            What::Vectors(_) => self.vector_models().map(|names| texts(&names)),
        };
        let known = match known {
            Ok(known) => known,
            Err(error) => return error,
        };
        let guess = did_you_mean(&item.to_string(), known.iter().map(String::as_str));
        let what = format!("no {} `{item}` on the remote{guess}", item.noun());
        Error::at(place, what).hint(format!("there is {}", quoted_list(known)))
    }

    /// The checkpoints on the remote, oldest name first; one whose manifest cannot be used is an
    /// error in its place. A folder without a manifest is none.
    ///
    /// # Errors
    /// When it cannot be asked.
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
        let found = at_once(names, read).map_err(RequestError::into_error)?;
        Ok(found.into_iter().flatten().collect())
    }

    /// One checkpoint on the remote; `None` where its folder has no manifest.
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

    /// What the checkpoints on the remote are called, oldest name first.
    ///
    /// # Errors
    /// When it cannot be asked.
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

    /// What the vector models on the remote are called, sorted.
    ///
    /// # Errors
    /// When it cannot be asked.
    pub fn vector_models(&self) -> Result<Vec<Name>> {
        self.published_names(VECTOR_MODELS)
    }

    /// The names in `folder` that have a manifest.
    fn published_names(&self, folder: &str) -> Result<Vec<Name>> {
        let published = at_once(self.folder_names(folder)?, |name| {
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

    /// The folders in `folder` whose names are plain, sorted; none where it is not there, and the
    /// remote is.
    fn folder_names(&self, folder: &str) -> Result<Vec<Name>> {
        let entries = match retry_with_backoff(self.first_wait, || self.store.list(folder)) {
            Err(RequestError::NotFound(_)) => {
                self.check_root()?;
                return Ok(Vec::new());
            }
            entries => entries.map_err(RequestError::into_error)?,
        };
        let folders = entries.into_iter().filter(|entry| entry.is_folder);
        let mut names: Vec<Name> =
            folders.filter_map(|entry| Name::new("folder", entry.name).ok()).collect();
        names.sort();
        Ok(names)
    }

    /// Notices a URL that leads nowhere, where everything would seem to be empty.
    pub(super) fn check_root(&self) -> Result<()> {
        match retry_with_backoff(self.first_wait, || self.store.list("")) {
            Ok(_) => Ok(()),
            Err(RequestError::NotFound(error)) => {
                Err(error.hint("there is no such folder: look at the remote's URL"))
            }
            Err(fault) => Err(fault.into_error()),
        }
    }
}

/// A checkpoint on the remote.
#[derive(Clone, Debug)]
pub struct RemoteCheckpoint {
    /// What it is called.
    pub name: CheckpointRef,
    /// Where it is.
    pub url: String,
    /// When it was made, RFC 3339 in UTC.
    pub created: String,
    /// The ids of its mentors, sorted.
    pub mentors: Vec<String>,
    /// How many bytes its files have.
    pub size: u64,
}

fn texts(names: &[impl ToString]) -> Vec<String> {
    names.iter().map(ToString::to_string).collect()
}

/// The folders that the files of `contents` are in, below the item's own; each after the one
/// above it.
pub(super) fn folders(contents: &Contents) -> BTreeSet<String> {
    let above = |file: &String| {
        let slashes = file.match_indices('/').map(|(index, _)| index);
        slashes.map(|index| file[..index].to_owned()).collect::<Vec<_>>()
    };
    contents.files.keys().flat_map(above).collect()
}
