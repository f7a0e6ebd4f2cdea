//! What is shared: a checkpoint or a vector model, here and on the remote.

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};

use crate::checkpoint::{self, CheckpointRef};
use crate::error::{Error, Location, Result};
use crate::files;
use crate::publish::{FileRecord, Kind, MANIFEST_FILE, Opened};
use crate::sha256;
use crate::vectors;
use crate::workspace::{Name, Workspace};

/// A checkpoint or a vector model, wherever it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    pub(super) what: What,
    folder: PathBuf,
}

/// Of which kind an item is, and what it is called.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum What {
    Checkpoint(CheckpointRef),
    Vectors(Name),
}

/// How an item is in the workspace.
#[derive(Debug)]
pub enum Here {
    /// Not at all.
    Absent,
    /// Every file as its manifest says.
    Whole(Contents),
    /// With something wrong: what, and its manifest's bytes if there is one.
    Damaged(String, Option<Vec<u8>>),
}

/// What an item holds: its manifest, and what that says of its files.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Contents {
    /// The manifest as it stands.
    pub(super) manifest: Vec<u8>,
    /// By path within the item's folder.
    pub(super) files: BTreeMap<String, FileRecord>,
}

impl Item {
    /// A checkpoint.
    #[must_use]
    pub fn checkpoint(workspace: &Workspace, name: &CheckpointRef) -> Self {
        Self { folder: name.folder(workspace), what: What::Checkpoint(name.clone()) }
    }

    /// A vector model.
    ///
    /// # Errors
    /// When it is the embedded one, which every program has.
    pub fn vectors(workspace: &Workspace, name: &Name) -> Result<Self> {
        if name.as_str() == vectors::EMBEDDED {
            return Err(Error::new(format!(
                "`{name}` is the vector model that mentorpal itself holds"
            ))
            .hint("there is nothing to share: every mentorpal of this version has it"));
        }
        Ok(Self { folder: workspace.vector_model(name), what: What::Vectors(name.clone()) })
    }

    /// `checkpoint` or `vector model`.
    #[must_use]
    pub fn noun(&self) -> &'static str {
        match self.what {
            What::Checkpoint(_) => "checkpoint",
            What::Vectors(_) => "vector model",
        }
    }

    /// Its folder in the workspace, if it is there.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The folder above, in the workspace.
    pub(super) fn parent(&self) -> &Path {
        self.folder.parent().unwrap_or(&self.folder)
    }

    /// Its own name.
    pub(super) fn name(&self) -> &Name {
        match &self.what {
            What::Checkpoint(name) => &name.checkpoint,
            What::Vectors(name) => name,
        }
    }

    /// The folders above it on the remote, each below the one before.
    pub(super) fn remote_parents(&self) -> Vec<String> {
        match &self.what {
            What::Checkpoint(name) => {
                vec![CLASSIFIERS.to_owned(), format!("{CLASSIFIERS}/{}", name.arch)]
            }
            What::Vectors(_) => vec![VECTOR_MODELS.to_owned()],
        }
    }

    /// Its folder on the remote.
    pub(super) fn remote(&self) -> String {
        self.beside(self.name().as_str())
    }

    /// The path on the remote of something called `name` beside it.
    pub(super) fn beside(&self, name: &str) -> String {
        let parent = self.remote_parents().pop().unwrap_or_default();
        format!("{parent}/{name}")
    }

    /// For publishing it here.
    pub(super) fn kind(&self) -> Kind {
        Kind { noun: self.noun(), if_taken: "to replace it by the remote's, use --force" }
    }

    /// The verb that uploads it.
    pub(super) fn upload_verb(&self) -> String {
        match &self.what {
            What::Checkpoint(name) => format!("mentorpal upload {name}"),
            What::Vectors(name) => format!("mentorpal vectors upload {name}"),
        }
    }

    /// Reads a manifest, which is at `place`.
    ///
    /// # Errors
    /// When it is none, or names a file that no such item has.
    pub(super) fn contents(&self, place: &Path, manifest: Vec<u8>) -> Result<Contents> {
        let files = match self.what {
            What::Checkpoint(_) => checkpoint::Manifest::from_bytes(place, &manifest)?.files,
            What::Vectors(_) => vectors::Manifest::from_bytes(place, &manifest)?.files,
        };
        Ok(Contents { manifest, files })
    }

    /// How it is in the workspace: reads every file, and nothing else.
    ///
    /// # Errors
    /// When something that is no folder has its name.
    pub fn here(&self) -> Result<Here> {
        Ok(self.found(Opened::fault)?.0)
    }

    /// How it is in the workspace, where `fault` says what is wrong with a file, and its folder,
    /// where it is whole.
    fn found(
        &self,
        fault: impl Fn(&Opened, &str, &FileRecord) -> Option<String>,
    ) -> Result<(Here, Option<Opened>)> {
        if files::is_absent(&self.folder) {
            return Ok((Here::Absent, None));
        }
        if !self.folder.is_dir() {
            if files::is_absent(&self.folder) {
                return Ok((Here::Absent, None));
            }
            let what = format!("not a folder, where a {} belongs", self.noun());
            return Err(Error::at(Location::file(&self.folder), what).hint("move it away"));
        }
        // What is wrong with a folder that another run replaced meanwhile does not count.
        let found = Opened::read_with(&self.folder, |opened| {
            let found = self.read(opened, &fault)?;
            match found {
                Here::Damaged(what, _) if !opened.is_current() => Err(Error::new(what)),
                found => Ok(found),
            }
        });
        match found {
            Ok((opened, here @ Here::Whole(_))) => Ok((here, Some(opened))),
            Ok((_, here)) => Ok((here, None)),
            Err(_) if files::is_absent(&self.folder) => Ok((Here::Absent, None)),
            Err(error) => Err(error),
        }
    }

    /// How the opened item is, where `fault` says what is wrong with a file.
    fn read(
        &self,
        opened: &mut Opened,
        fault: impl Fn(&Opened, &str, &FileRecord) -> Option<String>,
    ) -> Result<Here> {
        let manifest = match opened.read(MANIFEST_FILE) {
            Ok(manifest) => manifest,
            Err(error) => return Ok(Here::Damaged(error.to_string(), None)),
        };
        let contents = match self.contents(&self.folder.join(MANIFEST_FILE), manifest.clone()) {
            Ok(contents) => contents,
            Err(error) => return Ok(Here::Damaged(error.to_string(), Some(manifest))),
        };
        opened.keep(contents.files.keys())?;
        for (file, record) in &contents.files {
            if let Some(fault) = fault(opened, file, record) {
                return Ok(Here::Damaged(format!("{file}: {fault}"), Some(manifest)));
            }
        }
        Ok(Here::Whole(contents))
    }

    /// What it holds here, by its manifest and the sizes of its files: what they hold is compared
    /// with the manifest when it has come to the remote. And its folder, to read them from.
    ///
    /// # Errors
    /// When it is not here, or damaged.
    pub(super) fn to_send(&self) -> Result<(Contents, Opened)> {
        let at = |what: String| Error::at(Location::file(&self.folder), what);
        match self.found(Opened::size_fault)? {
            (Here::Whole(contents), Some(opened)) => Ok((contents, opened)),
            (Here::Absent | Here::Whole(_), _) => {
                Err(at(format!("no {} `{self}` here", self.noun()))
                    .hint(format!("look at `mentorpal {}`", self.listing_verb())))
            }
            (Here::Damaged(fault, _), _) => Err(self.damaged(&fault)),
        }
    }

    /// The error of an item that is damaged here.
    pub(super) fn damaged(&self, fault: &str) -> Error {
        let what = format!("the {} is damaged: {fault}", self.noun());
        Error::at(Location::file(&self.folder), what)
            .hint("only what is whole is shared; make it again")
    }

    fn listing_verb(&self) -> &'static str {
        match self.what {
            What::Checkpoint(_) => "checkpoints",
            What::Vectors(_) => "vectors list",
        }
    }
}

impl fmt::Display for Item {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.what {
            What::Checkpoint(name) => name.fmt(f),
            What::Vectors(name) => name.fmt(f),
        }
    }
}

impl Contents {
    /// The size of all its files, in bytes; the manifest is one of them.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.files.values().map(|file| file.size).sum::<u64>() + self.manifest.len() as u64
    }

    /// How many files it has, the manifest included.
    #[must_use]
    pub fn count(&self) -> usize {
        self.files.len() + 1
    }

    /// A name for exactly this content, for folders that are not finished.
    pub(super) fn tag(&self) -> String {
        sha256::digest(&self.manifest)[..16].to_owned()
    }

    /// The manifest as it stands.
    #[must_use]
    pub fn manifest(&self) -> &[u8] {
        &self.manifest
    }

    /// The manifest's own record.
    pub(super) fn manifest_record(&self) -> FileRecord {
        FileRecord::of(&self.manifest)
    }
}

/// The remote's folder of checkpoints, which has one an architecture.
pub(super) const CLASSIFIERS: &str = "classifiers";

/// The remote's folder of vector models.
pub(super) const VECTOR_MODELS: &str = "vector_models";
