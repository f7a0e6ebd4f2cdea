//! An item to share: a checkpoint or a vector model, in the workspace and on the remote.

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};

use crate::checkpoint::{self, CheckpointRef};
use crate::error::{Error, ErrorKind, Location, Result};
use crate::files;
use crate::publish::{FileRecord, ItemKind, MANIFEST_FILE, OpenedFolder};
use crate::sha256;
use crate::vectors;
use crate::workspace::{VectorModelName, Workspace};

/// A checkpoint or a vector model that may exist in the workspace and on the remote.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    pub(super) name: ItemName,
    folder: PathBuf,
}

/// The kind and name of an item.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum ItemName {
    Checkpoint(CheckpointRef),
    Vectors(VectorModelName),
}

/// The state of an item in the workspace.
#[derive(Debug)]
pub enum LocalState {
    /// The item does not exist.
    Missing,
    /// Every file matches the manifest.
    Valid(Contents),
    /// The item does not match its manifest. Holds a description of the first fault, and the
    /// manifest file's bytes if it can be read.
    Corrupt(String, Option<Vec<u8>>),
}

/// The manifest of an item and the file records in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Contents {
    /// The bytes of the manifest file.
    pub(super) manifest: Vec<u8>,
    /// The file records by path within the item's folder.
    pub(super) files: BTreeMap<String, FileRecord>,
}

/// An item in the workspace that is open for reading.
pub(super) struct OpenedItem {
    pub(super) contents: Contents,
    /// The folder that `contents` was read from.
    pub(super) opened: OpenedFolder,
}

impl Item {
    /// Returns the item of a checkpoint.
    #[must_use]
    pub fn checkpoint(workspace: &Workspace, name: &CheckpointRef) -> Self {
        Self { folder: name.folder(workspace), name: ItemName::Checkpoint(name.clone()) }
    }

    /// Returns the item of a vector model.
    ///
    /// # Errors
    /// If `name` is the embedded vector model, which is part of the program.
    pub fn vectors(workspace: &Workspace, name: &VectorModelName) -> Result<Self> {
        if name.as_str() == vectors::EMBEDDED {
            return Err(Error::new(format!(
                "the vector model `{name}` is part of mentorpal and cannot be shared"
            ))
            .hint("use it directly: it is embedded in every mentorpal of this version"));
        }
        Ok(Self { folder: workspace.vector_model(name), name: ItemName::Vectors(name.clone()) })
    }

    /// Returns `checkpoint` or `vector model`.
    #[must_use]
    pub fn noun(&self) -> &'static str {
        match self.name {
            ItemName::Checkpoint(_) => "checkpoint",
            ItemName::Vectors(_) => "vector model",
        }
    }

    /// Returns the path of the item in the workspace, whether or not it exists.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Returns the parent folder in the workspace.
    pub(super) fn parent(&self) -> &Path {
        self.folder.parent().unwrap_or(&self.folder)
    }

    /// Returns the last component of the item's name.
    pub(super) fn last_name(&self) -> &str {
        match &self.name {
            ItemName::Checkpoint(name) => name.checkpoint.as_str(),
            ItemName::Vectors(name) => name.as_str(),
        }
    }

    /// Returns the parent folders on the remote, outermost first.
    pub(super) fn remote_parents(&self) -> Vec<String> {
        match &self.name {
            ItemName::Checkpoint(name) => {
                vec![CLASSIFIERS.to_owned(), format!("{CLASSIFIERS}/{}", name.arch)]
            }
            ItemName::Vectors(_) => vec![VECTOR_MODELS.to_owned()],
        }
    }

    /// Returns the path of the item on the remote.
    pub(super) fn remote(&self) -> String {
        self.remote_sibling(self.last_name())
    }

    /// Returns the path of `name` in the item's parent folder on the remote.
    pub(super) fn remote_sibling(&self, name: &str) -> String {
        let parent = self.remote_parents().pop().unwrap_or_default();
        format!("{parent}/{name}")
    }

    /// Returns the kind of the item for publishing it in the workspace.
    pub(super) fn kind(&self) -> ItemKind {
        ItemKind {
            noun: self.noun(),
            hint_if_exists: "use --force to replace it by the copy on the remote",
        }
    }

    /// Returns the command that uploads the item.
    pub(super) fn upload_command(&self) -> String {
        match &self.name {
            ItemName::Checkpoint(name) => format!("mentorpal upload {name}"),
            ItemName::Vectors(name) => format!("mentorpal vectors upload {name}"),
        }
    }

    /// Parses a manifest. `place` is its location for errors.
    ///
    /// # Errors
    /// If the manifest is invalid, or lists a file that items of this kind do not have.
    pub(super) fn parse_manifest(&self, place: &Path, manifest: Vec<u8>) -> Result<Contents> {
        let files = match self.name {
            ItemName::Checkpoint(_) => checkpoint::Manifest::from_bytes(place, &manifest)?.files,
            ItemName::Vectors(_) => {
                vectors::VectorModelManifest::from_bytes(place, &manifest)?.files
            }
        };
        Ok(Contents { manifest, files })
    }

    /// Returns the state of the item in the workspace, after reading every file.
    ///
    /// # Errors
    /// If the item's path is not a folder, or the folder cannot be opened.
    pub fn local_state(&self) -> Result<LocalState> {
        Ok(self.check(OpenedFolder::fault)?.0)
    }

    /// Returns the state of the item in the workspace, and its open folder if it is valid. `fault`
    /// compares a file with its record.
    fn check(
        &self,
        fault: impl Fn(&OpenedFolder, &str, &FileRecord) -> Option<String>,
    ) -> Result<(LocalState, Option<OpenedFolder>)> {
        if files::is_absent(&self.folder) {
            return Ok((LocalState::Missing, None));
        }
        if !self.folder.is_dir() {
            if files::is_absent(&self.folder) {
                return Ok((LocalState::Missing, None));
            }
            let message = format!("not a folder, expected a {}", self.noun());
            return Err(Error::at(Location::file(&self.folder), message).hint("move the file away"));
        }
        // A fault is ignored if another process replaced the folder meanwhile.
        let found = OpenedFolder::read_with(&self.folder, |opened| {
            match self.check_opened(opened, &fault)? {
                LocalState::Corrupt(fault, _) if !opened.is_current() => Err(Error::new(fault)),
                state => Ok(state),
            }
        });
        match found {
            Ok((opened, state @ LocalState::Valid(_))) => Ok((state, Some(opened))),
            Ok((_, state)) => Ok((state, None)),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok((LocalState::Missing, None)),
            Err(error) => Err(error),
        }
    }

    /// Returns the state of the item in the folder `opened`. `fault` compares a file with its record.
    fn check_opened(
        &self,
        opened: &mut OpenedFolder,
        fault: impl Fn(&OpenedFolder, &str, &FileRecord) -> Option<String>,
    ) -> Result<LocalState> {
        let manifest = match opened.read(MANIFEST_FILE) {
            Ok(manifest) => manifest,
            Err(error) => return Ok(LocalState::Corrupt(error.to_string(), None)),
        };
        let contents = match self.parse_manifest(&self.folder.join(MANIFEST_FILE), manifest.clone())
        {
            Ok(contents) => contents,
            Err(error) => return Ok(LocalState::Corrupt(error.to_string(), Some(manifest))),
        };
        opened.hold_files_open(contents.files.keys())?;
        for (file, record) in &contents.files {
            if let Some(fault) = fault(opened, file, record) {
                return Ok(LocalState::Corrupt(format!("{file}: {fault}"), Some(manifest)));
            }
        }
        Ok(LocalState::Valid(contents))
    }

    /// Opens the item for an upload, after checking the sizes of its files. The upload compares
    /// their digests with the manifest.
    ///
    /// # Errors
    /// If the item does not exist or is corrupt.
    pub(super) fn open_for_upload(&self) -> Result<OpenedItem> {
        let at = |what: String| Error::at(Location::file(&self.folder), what);
        match self.check(OpenedFolder::size_fault)? {
            (LocalState::Valid(contents), Some(opened)) => Ok(OpenedItem { contents, opened }),
            (LocalState::Missing | LocalState::Valid(_), _) => {
                Err(at(format!("the {} `{self}` does not exist", self.noun()))
                    .with_kind(ErrorKind::NotFound)
                    .hint(format!(
                        "list the existing ones with `mentorpal {}`",
                        self.list_command()
                    )))
            }
            (LocalState::Corrupt(fault, _), _) => Err(self.corrupt(&fault)),
        }
    }

    /// Returns the error for an item that is corrupt in the workspace.
    pub(super) fn corrupt(&self, fault: &str) -> Error {
        let message = format!("the {} is corrupt: {fault}", self.noun());
        Error::at(Location::file(&self.folder), message)
            .with_kind(ErrorKind::Corrupt)
            .hint("create the item again, then upload it")
    }

    /// Returns the command that lists the items of this kind.
    fn list_command(&self) -> &'static str {
        match self.name {
            ItemName::Checkpoint(_) => "checkpoints",
            ItemName::Vectors(_) => "vectors list",
        }
    }
}

impl fmt::Display for Item {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.name {
            ItemName::Checkpoint(name) => name.fmt(f),
            ItemName::Vectors(name) => name.fmt(f),
        }
    }
}

impl Contents {
    /// Returns the total size of all files in bytes, including the manifest.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.files.values().map(|file| file.size).sum::<u64>() + self.manifest.len() as u64
    }

    /// Returns the number of files, including the manifest.
    #[must_use]
    pub fn count(&self) -> usize {
        self.files.len() + 1
    }

    /// Returns an identifier of this content, for the names of temporary folders.
    pub(super) fn tag(&self) -> String {
        sha256::digest(&self.manifest)[..16].to_owned()
    }

    /// Returns the bytes of the manifest file.
    #[must_use]
    pub fn manifest(&self) -> &[u8] {
        &self.manifest
    }

    /// Returns the size and digest of the manifest file.
    pub(super) fn manifest_record(&self) -> FileRecord {
        FileRecord::of(&self.manifest)
    }
}

/// The remote's folder of checkpoints, with one folder per architecture.
pub(super) const CLASSIFIERS: &str = "classifiers";

/// The remote's folder of vector models.
pub(super) const VECTOR_MODELS: &str = "vector_models";
