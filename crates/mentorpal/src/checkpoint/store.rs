//! Finding, reading and verifying checkpoints.

use std::collections::BTreeSet;
use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::legacy::{LEGACY_ARCH, LegacyCheckpoint};
use super::manifest::{Manifest, OLD_REPORT_FILE, REPORT_FILE, stored_file};
use super::records::MentorRecord;
use crate::classifiers::ModelFiles;
use crate::error::{Error, ErrorKind, Location, Result};
use crate::files;
use crate::files::files_below;
use crate::publish::{MANIFEST_FILE, OpenedFolder};
use crate::text::format::{did_you_mean, quoted_list, shell_word};
use crate::workspace::{ArchName, CheckpointName, MentorId, Workspace, folder_names};

/// The full name of a checkpoint, `ARCH/CHECKPOINT`. Ordered by the checkpoint's own name, then by
/// architecture.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct CheckpointRef {
    // Comparing uses the order of the fields.
    /// The checkpoint's own name.
    pub checkpoint: CheckpointName,
    /// The architecture.
    pub arch: ArchName,
}

impl CheckpointRef {
    /// Parses `ARCH/CHECKPOINT`, or `CHECKPOINT`, which is of the architecture `arch`.
    ///
    /// # Errors
    /// If a part is an invalid name.
    pub fn parse(text: &str, arch: &ArchName) -> Result<Self> {
        let (arch, checkpoint) = match text.split_once('/') {
            Some((arch, checkpoint)) => (ArchName::new(arch)?, checkpoint),
            None => (arch.clone(), text),
        };
        Ok(Self { arch, checkpoint: CheckpointName::new(checkpoint)? })
    }

    /// The path of its folder, which need not exist.
    #[must_use]
    pub fn folder(&self, workspace: &Workspace) -> PathBuf {
        self.checkpoint.within(&workspace.arch(&self.arch))
    }
}

impl fmt::Display for CheckpointRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.arch, self.checkpoint)
    }
}

/// The files of a checkpoint on disk.
///
/// [`OpenCheckpoint`](crate::open::OpenCheckpoint) answers questions with one.
#[derive(Clone, Debug)]
pub struct Checkpoint {
    /// Its name.
    pub name: CheckpointRef,
    /// The path of its folder.
    pub folder: PathBuf,
    /// Its contents, by the tool that wrote it.
    pub kind: CheckpointKind,
    /// The folder and the bytes that the manifest was read from; `None` without a manifest.
    source: Option<Arc<Source>>,
}

/// The tool that wrote a checkpoint.
#[derive(Clone, Debug)]
pub enum CheckpointKind {
    /// This one.
    Published(Box<Manifest>),
    /// The Python pipeline. Such a checkpoint is never changed.
    Legacy(LegacyCheckpoint),
}

/// The folder and the bytes that a manifest was read from.
#[derive(Debug)]
struct Source {
    opened: OpenedFolder,
    manifest: Vec<u8>,
}

/// A file of a checkpoint that is missing or differs from the manifest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CorruptFile {
    /// The file.
    pub path: PathBuf,
    /// The difference.
    pub what: String,
}

impl Checkpoint {
    /// Opens a checkpoint: reads its manifest, or lists the folder of a checkpoint of the Python
    /// pipeline. Later reads give the files of this manifest, even if another run replaces the checkpoint
    /// meanwhile.
    ///
    /// # Errors
    /// If there is no checkpoint of this name ([`ErrorKind::NotFound`]), or its manifest is missing or
    /// invalid ([`ErrorKind::Corrupt`], [`ErrorKind::Unsupported`]).
    pub fn open(workspace: &Workspace, name: &CheckpointRef) -> Result<Self> {
        let checkpoint = name.checkpoint.stored_in(&workspace.arch(&name.arch));
        let name = &CheckpointRef { checkpoint, arch: name.arch.clone() };
        let folder = name.folder(workspace);
        if let Some(legacy) = legacy(workspace, name) {
            let kind = CheckpointKind::Legacy(legacy);
            return Ok(Self { name: name.clone(), folder, kind, source: None });
        }
        let path = folder.join(MANIFEST_FILE);
        let read = |opened: &mut OpenedFolder| {
            let bytes = opened.read(MANIFEST_FILE).map_err(without_manifest)?;
            let manifest = Manifest::from_bytes(&path, &bytes)?;
            opened.hold_files_open(manifest.files.keys())?;
            Ok((manifest, bytes))
        };
        match OpenedFolder::read_with(&folder, read) {
            Ok((opened, (manifest, bytes))) => Ok(Self {
                name: name.clone(),
                folder,
                kind: CheckpointKind::Published(Box::new(manifest)),
                source: Some(Arc::new(Source { opened, manifest: bytes })),
            }),
            Err(error) if error.kind() == ErrorKind::NotFound => {
                Err(no_such_checkpoint(workspace, name))
            }
            Err(error) => Err(error),
        }
    }

    /// The ids of its mentors, sorted.
    #[must_use]
    pub fn mentors(&self) -> Vec<&str> {
        match &self.kind {
            CheckpointKind::Published(manifest) => {
                manifest.mentors.keys().map(String::as_str).collect()
            }
            CheckpointKind::Legacy(legacy) => legacy.mentors.iter().map(MentorId::as_str).collect(),
        }
    }

    /// Whether it has `mentor`.
    #[must_use]
    pub fn has(&self, mentor: &MentorId) -> bool {
        self.mentors().iter().any(|id| mentor.is(id))
    }

    /// Its creation time, RFC 3339 in UTC, if the checkpoint has a manifest.
    #[must_use]
    pub fn created(&self) -> Option<&str> {
        match &self.kind {
            CheckpointKind::Published(manifest) => Some(&manifest.created),
            CheckpointKind::Legacy(_) => None,
        }
    }

    /// The files in its folder, sorted.
    #[must_use]
    pub fn files(&self) -> Vec<PathBuf> {
        files_below(&self.folder)
    }

    /// The total size of its files, in bytes.
    #[must_use]
    pub fn size(&self) -> u64 {
        match &self.kind {
            CheckpointKind::Published(manifest) => manifest.size(),
            CheckpointKind::Legacy(_) => {
                let sizes = self.files().into_iter();
                sizes.filter_map(|path| fs::metadata(path).ok()).map(|found| found.len()).sum()
            }
        }
    }

    /// Its manifest.
    ///
    /// # Errors
    /// If it has none because the Python pipeline wrote it.
    pub fn manifest(&self) -> Result<&Manifest> {
        match &self.kind {
            CheckpointKind::Published(manifest) => Ok(manifest),
            CheckpointKind::Legacy(_) => Err(is_legacy(&self.name, &self.folder)),
        }
    }

    /// The bytes of its manifest file.
    ///
    /// # Errors
    /// If it has none because the Python pipeline wrote it.
    pub fn manifest_bytes(&self) -> Result<&[u8]> {
        Ok(&self.source()?.manifest)
    }

    /// The manifest's record of `mentor`.
    ///
    /// # Errors
    /// If the checkpoint does not have this mentor.
    pub fn record(&self, mentor: &MentorId) -> Result<&MentorRecord> {
        self.manifest()?.mentor(mentor).ok_or_else(|| {
            let known = quoted_list(self.mentors());
            self.no_such_mentor(mentor).hint(format!(
                "the checkpoint has {known}; add the mentor: `mentorpal train --mentor {} \
                 --checkpoint {} --update`",
                shell_word(mentor.as_str()),
                shell_word(self.name.checkpoint.as_str())
            ))
        })
    }

    /// Returns the error for a mentor that the checkpoint does not have.
    #[must_use]
    pub fn no_such_mentor(&self, mentor: &MentorId) -> Error {
        Error::new(format!("checkpoint `{}` has no mentor `{mentor}`", self.name))
            .with_kind(ErrorKind::NotFound)
    }

    /// Reads the files of `mentor`'s model and compares each with the manifest.
    ///
    /// # Errors
    /// If the checkpoint does not have this mentor, or a file is missing or corrupt.
    pub fn model(&self, mentor: &MentorId) -> Result<ModelFiles> {
        self.read(mentor, |file| ![REPORT_FILE, OLD_REPORT_FILE].contains(&file))
    }

    /// Reads the file with the figures of `mentor`'s training, if there is one, and compares it with the
    /// manifest.
    ///
    /// # Errors
    /// As [`model`](Self::model).
    pub fn report(&self, mentor: &MentorId) -> Result<Option<Vec<u8>>> {
        Ok(self.read(mentor, |file| file == REPORT_FILE)?.remove(REPORT_FILE))
    }

    /// Reads the files of `mentor` whose name is `wanted`.
    fn read(&self, mentor: &MentorId, wanted: impl Fn(&str) -> bool) -> Result<ModelFiles> {
        self.record(mentor)?;
        let opened = &self.source()?.opened;
        let mut files = ModelFiles::new();
        for (file, record) in self.manifest()?.files_of(mentor).filter(|(file, _)| wanted(file)) {
            let stored = stored_file(&self.folder, &format!("{mentor}/{file}"));
            let bytes = opened.read_checked(&stored, record).map_err(|fault| {
                let is_pointer = fault == files::POINTER;
                let path = self.folder.join(&stored);
                let error = Error::at(Location::file(path), fault).with_kind(ErrorKind::Corrupt);
                let error = error.hint(if is_pointer {
                    "run `git lfs pull` in the repository of the checkpoint"
                } else {
                    "the checkpoint is corrupt; train or download it again"
                });
                opened.explain("checkpoint", error)
            })?;
            files.insert(file.to_owned(), bytes);
        }
        Ok(files)
    }

    /// Reads every file and compares it with the manifest. Returns the files that differ.
    ///
    /// # Errors
    /// If it has no manifest because the Python pipeline wrote it, or if another run replaced it
    /// meanwhile on a disk without locks.
    pub fn verify(&self) -> Result<Vec<CorruptFile>> {
        let opened = &self.source()?.opened;
        let corrupt = |file: &str, what| CorruptFile { path: self.folder.join(file), what };
        let mut found = Vec::new();
        let mut known = BTreeSet::from([MANIFEST_FILE.to_owned()]);
        for (file, record) in &self.manifest()?.files {
            let file = stored_file(&self.folder, file);
            found.extend(opened.fault(&file, record).map(|what| corrupt(&file, what)));
            known.insert(file);
        }
        for file in opened.files().iter().filter(|file| !known.contains(*file)) {
            found.push(corrupt(file, "not in the manifest".to_owned()));
        }
        match found.first() {
            Some(CorruptFile { path, what }) if !opened.is_current() => {
                let error = Error::at(Location::file(path), what.as_str());
                Err(opened.explain("checkpoint", error))
            }
            _ => Ok(found),
        }
    }

    /// The folder and the bytes that its manifest was read from.
    fn source(&self) -> Result<&Source> {
        self.source.as_deref().ok_or_else(|| is_legacy(&self.name, &self.folder))
    }
}

/// Adds to the error of an unreadable manifest what follows from it. A folder without a manifest exists,
/// but is not a checkpoint.
fn without_manifest(error: Error) -> Error {
    let kind = error.kind();
    let error = error.hint("check the folder: a checkpoint of mentorpal has a manifest");
    if kind == ErrorKind::NotFound { error.with_kind(ErrorKind::Corrupt) } else { error }
}

/// The Python pipeline's checkpoint of this name, if there is one.
#[must_use]
pub fn legacy(workspace: &Workspace, name: &CheckpointRef) -> Option<LegacyCheckpoint> {
    let may_be = name.arch.as_str() == LEGACY_ARCH;
    may_be.then(|| LegacyCheckpoint::find(&name.folder(workspace))).flatten()
}

/// Refuses to overwrite a checkpoint of the Python pipeline, which cannot be restored.
///
/// # Errors
/// If `name` is one.
pub fn refuse_legacy(workspace: &Workspace, name: &CheckpointRef) -> Result<()> {
    match legacy(workspace, name) {
        None => Ok(()),
        Some(found) => Err(is_legacy(name, &found.folder)),
    }
}

/// The error for a checkpoint of the Python pipeline where one with a manifest is needed.
fn is_legacy(name: &CheckpointRef, folder: &Path) -> Error {
    let what =
        format!("checkpoint `{name}` was created by the Python pipeline and cannot be changed");
    Error::at(Location::file(folder), what).with_kind(ErrorKind::Unsupported).hint(format!(
        "import a copy: `mentorpal checkpoints import {} --checkpoint NAME`",
        shell_word(&folder.display().to_string())
    ))
}

/// Opens the checkpoints of `arch`, or of all architectures, in the order of [`names`]. A checkpoint with an
/// invalid manifest is an error in its place. A checkpoint that another run removes meanwhile is omitted.
///
/// # Errors
/// If a folder cannot be listed.
pub fn list(workspace: &Workspace, arch: Option<&ArchName>) -> Result<Vec<Result<Checkpoint>>> {
    let names = names(workspace, arch)?;
    let open = |name: &CheckpointRef| match Checkpoint::open(workspace, name) {
        Err(error) if error.kind() == ErrorKind::NotFound => None,
        opened => Some(opened),
    };
    Ok(names.iter().filter_map(open).collect())
}

/// Returns the names of the checkpoints of `arch`, or of all architectures, sorted. A folder without a
/// manifest is a checkpoint only if the Python pipeline wrote it.
///
/// # Errors
/// If a folder cannot be listed.
pub fn names(workspace: &Workspace, arch: Option<&ArchName>) -> Result<Vec<CheckpointRef>> {
    let all = workspace.classifiers();
    let arches = match arch {
        Some(arch) => vec![arch.clone()],
        None if all.is_dir() => folder_names(&all)?,
        None => Vec::new(),
    };
    let mut names = Vec::new();
    for arch in arches {
        let folder = workspace.arch(&arch);
        if !folder.is_dir() {
            continue;
        }
        for checkpoint in folder_names(&folder)? {
            let published = folder.join(checkpoint.as_str()).join(MANIFEST_FILE).exists();
            let name = CheckpointRef { arch: arch.clone(), checkpoint };
            if published || legacy(workspace, &name).is_some() {
                names.push(name);
            }
        }
    }
    names.sort();
    Ok(names)
}

fn no_such_checkpoint(workspace: &Workspace, name: &CheckpointRef) -> Error {
    let known: Vec<String> = match names(workspace, None) {
        Ok(known) => known.iter().map(CheckpointRef::to_string).collect(),
        Err(error) => return error,
    };
    let guess = did_you_mean(&name.to_string(), known.iter().map(String::as_str));
    let place = Location::file(name.folder(workspace));
    Error::at(place, format!("no checkpoint `{name}`{guess}"))
        .with_kind(ErrorKind::NotFound)
        .hint(format!("available: {}", quoted_list(known)))
}
