//! Finding, reading and verifying checkpoints.

use std::collections::BTreeSet;
use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::legacy::{LEGACY_ARCH, LegacyCheckpoint};
use super::manifest::{Manifest, MentorRecord, OLD_REPORT_FILE, REPORT_FILE, stored_file};
use crate::classifiers::ModelFiles;
use crate::error::{Error, Location, Result};
use crate::files;
use crate::files::files_below;
use crate::publish::{MANIFEST_FILE, OpenedFolder};
use crate::text::format::{did_you_mean, quoted_list, shell_word};
use crate::workspace::{Name, Workspace, folder_names};

/// What a checkpoint is called: `ARCH/CHECKPOINT`. Sorted, the oldest name comes first.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct CheckpointRef {
    // The order of the two is that of comparing.
    /// The checkpoint's own name.
    pub checkpoint: Name,
    /// The architecture.
    pub arch: Name,
}

impl CheckpointRef {
    /// Reads `ARCH/CHECKPOINT`, or `CHECKPOINT` of the architecture `arch`.
    ///
    /// # Errors
    /// When a part is no name.
    pub fn parse(text: &str, arch: &Name) -> Result<Self> {
        let (arch, checkpoint) = match text.split_once('/') {
            Some((arch, checkpoint)) => (Name::new("architecture", arch)?, checkpoint),
            None => (arch.clone(), text),
        };
        Ok(Self { arch, checkpoint: Name::new("checkpoint", checkpoint)? })
    }

    /// Where it lies, if it is there.
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

/// A checkpoint.
#[derive(Clone, Debug)]
pub struct Checkpoint {
    /// What it is called.
    pub name: CheckpointRef,
    /// Where it lies.
    pub folder: PathBuf,
    /// What it holds, as its kind says it.
    pub kind: CheckpointKind,
    /// The folder that its manifest was read from; of the older tool's there is none.
    opened: Option<Arc<OpenedFolder>>,
}

/// Which tool made a checkpoint.
#[derive(Clone, Debug)]
pub enum CheckpointKind {
    /// This one.
    Published(Box<Manifest>),
    /// The one before; it is only read.
    Legacy(LegacyCheckpoint),
}

/// Something wrong with a checkpoint's files.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CorruptFile {
    /// The file.
    pub path: PathBuf,
    /// What is wrong with it.
    pub what: String,
}

impl Checkpoint {
    /// Opens a checkpoint by reading its manifest, or, of the older tool, by listing its folder.
    /// All that is read of it later is of this manifest, even if another run replaces it meanwhile.
    ///
    /// # Errors
    /// When there is none of this name, or its manifest cannot be used.
    pub fn open(workspace: &Workspace, name: &CheckpointRef) -> Result<Self> {
        let checkpoint = name.checkpoint.stored_in(&workspace.arch(&name.arch));
        let name = &CheckpointRef { checkpoint, arch: name.arch.clone() };
        let folder = name.folder(workspace);
        if let Some(legacy) = legacy(workspace, name) {
            let kind = CheckpointKind::Legacy(legacy);
            return Ok(Self { name: name.clone(), folder, kind, opened: None });
        }
        let path = folder.join(MANIFEST_FILE);
        let read = |opened: &mut OpenedFolder| {
            let bytes = opened.read(MANIFEST_FILE).map_err(|e| {
                e.hint("without a manifest the folder is no checkpoint of this tool")
            })?;
            let manifest = Manifest::from_bytes(&path, &bytes)?;
            opened.hold_files_open(manifest.files.keys())?;
            Ok(manifest)
        };
        match OpenedFolder::read_with(&folder, read) {
            Ok((opened, manifest)) => Ok(Self {
                name: name.clone(),
                folder,
                kind: CheckpointKind::Published(Box::new(manifest)),
                opened: Some(Arc::new(opened)),
            }),
            Err(_) if !folder.is_dir() => Err(no_such_checkpoint(workspace, name)),
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
            CheckpointKind::Legacy(legacy) => legacy.mentors.iter().map(Name::as_str).collect(),
        }
    }

    /// Whether it has `mentor`.
    #[must_use]
    pub fn has(&self, mentor: &Name) -> bool {
        self.mentors().iter().any(|id| mentor.is(id))
    }

    /// When it was made, RFC 3339 in UTC, if that is known.
    #[must_use]
    pub fn created(&self) -> Option<&str> {
        match &self.kind {
            CheckpointKind::Published(manifest) => Some(&manifest.created),
            CheckpointKind::Legacy(_) => None,
        }
    }

    /// What lies in its folder, sorted.
    #[must_use]
    pub fn files(&self) -> Vec<PathBuf> {
        files_below(&self.folder)
    }

    /// How many bytes its files have.
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
    /// When it has none, being the older tool's.
    pub fn manifest(&self) -> Result<&Manifest> {
        match &self.kind {
            CheckpointKind::Published(manifest) => Ok(manifest),
            CheckpointKind::Legacy(_) => Err(is_legacy(&self.name, &self.folder)),
        }
    }

    /// What the manifest says of `mentor`.
    ///
    /// # Errors
    /// When the checkpoint has no such mentor.
    pub fn record(&self, mentor: &Name) -> Result<&MentorRecord> {
        self.manifest()?.mentor(mentor).ok_or_else(|| {
            let known = quoted_list(self.mentors());
            self.no_such_mentor(mentor).hint(format!(
                "it has {known}; add the mentor: `mentorpal train --mentor {} --checkpoint {} \
                 --update`",
                shell_word(mentor.as_str()),
                shell_word(self.name.checkpoint.as_str())
            ))
        })
    }

    /// That it does not have `mentor`.
    #[must_use]
    pub fn no_such_mentor(&self, mentor: &Name) -> Error {
        Error::new(format!("checkpoint `{}` has no mentor `{mentor}`", self.name))
    }

    /// Reads `mentor`'s model, each file checked against the manifest.
    ///
    /// # Errors
    /// When the checkpoint has no such mentor, or a file is missing or not what it was.
    pub fn model(&self, mentor: &Name) -> Result<ModelFiles> {
        self.read(mentor, |file| ![REPORT_FILE, OLD_REPORT_FILE].contains(&file))
    }

    /// Reads what `mentor`'s training measured, checked against the manifest, if it is kept.
    ///
    /// # Errors
    /// As [`model`](Self::model).
    pub fn report(&self, mentor: &Name) -> Result<Option<Vec<u8>>> {
        Ok(self.read(mentor, |file| file == REPORT_FILE)?.remove(REPORT_FILE))
    }

    /// Reads those of `mentor`'s files that are `wanted`, by name.
    fn read(&self, mentor: &Name, wanted: impl Fn(&str) -> bool) -> Result<ModelFiles> {
        self.record(mentor)?;
        let opened = self.opened()?;
        let mut files = ModelFiles::new();
        for (file, record) in self.manifest()?.files_of(mentor).filter(|(file, _)| wanted(file)) {
            let stored = stored_file(&self.folder, &format!("{mentor}/{file}"));
            let bytes = opened.read_checked(&stored, record).map_err(|fault| {
                let is_pointer = fault == files::POINTER;
                let path = self.folder.join(&stored);
                let error = Error::at(Location::file(path), fault).hint(if is_pointer {
                    "run `git lfs pull` in the repository that the checkpoint is from"
                } else {
                    "the checkpoint is damaged; train or download it again"
                });
                opened.explain("checkpoint", error)
            })?;
            files.insert(file.to_owned(), bytes);
        }
        Ok(files)
    }

    /// Reads every file again and compares it with the manifest; empty when all is well.
    ///
    /// # Errors
    /// When it has no manifest, being the older tool's; when another run replaced it meanwhile, on
    /// a disk without locks.
    pub fn verify(&self) -> Result<Vec<CorruptFile>> {
        let opened = self.opened()?;
        let fault = |file: &str, what| CorruptFile { path: self.folder.join(file), what };
        let mut faults = Vec::new();
        let mut known = BTreeSet::from([MANIFEST_FILE.to_owned()]);
        for (file, record) in &self.manifest()?.files {
            let file = stored_file(&self.folder, file);
            faults.extend(opened.fault(&file, record).map(|what| fault(&file, what)));
            known.insert(file);
        }
        for file in opened.files().iter().filter(|file| !known.contains(*file)) {
            faults.push(fault(file, "not in the manifest".to_owned()));
        }
        match faults.first() {
            Some(CorruptFile { path, what }) if !opened.is_current() => {
                let error = Error::at(Location::file(path), what.as_str());
                Err(opened.explain("checkpoint", error))
            }
            _ => Ok(faults),
        }
    }

    /// The folder that its manifest was read from.
    fn opened(&self) -> Result<&OpenedFolder> {
        self.opened.as_deref().ok_or_else(|| is_legacy(&self.name, &self.folder))
    }
}

/// The older tool's checkpoint of this name, if it is one.
#[must_use]
pub fn legacy(workspace: &Workspace, name: &CheckpointRef) -> Option<LegacyCheckpoint> {
    let may_be = name.arch.as_str() == LEGACY_ARCH;
    may_be.then(|| LegacyCheckpoint::find(&name.folder(workspace))).flatten()
}

/// Refuses to write where a checkpoint of the older tool lies: nothing can make it again.
///
/// # Errors
/// When one does.
pub fn refuse_legacy(workspace: &Workspace, name: &CheckpointRef) -> Result<()> {
    match legacy(workspace, name) {
        None => Ok(()),
        Some(found) => Err(is_legacy(name, &found.folder)),
    }
}

/// That the checkpoint in `folder` is one of the older tool, where that will not do.
fn is_legacy(name: &CheckpointRef, folder: &Path) -> Error {
    let what = format!("`{name}` is of the older tool, and only read");
    Error::at(Location::file(folder), what).hint(format!(
        "make a copy of this tool's kind: `mentorpal checkpoints import {} --checkpoint NAME`",
        shell_word(&folder.display().to_string())
    ))
}

/// The checkpoints of `arch`, or of all architectures, as [`names`] has them; one whose manifest
/// cannot be used is an error in its place, one that another run removes meanwhile is left out.
///
/// # Errors
/// When a folder cannot be listed.
pub fn list(workspace: &Workspace, arch: Option<&Name>) -> Result<Vec<Result<Checkpoint>>> {
    let names = names(workspace, arch)?;
    let open = |name: &CheckpointRef| match Checkpoint::open(workspace, name) {
        Err(_) if !name.folder(workspace).is_dir() => None,
        opened => Some(opened),
    };
    Ok(names.iter().filter_map(open).collect())
}

/// What the checkpoints of `arch`, or of all architectures, are called; oldest name first. A
/// folder without a manifest is none, unless the older tool made it.
///
/// # Errors
/// When a folder cannot be listed.
pub fn names(workspace: &Workspace, arch: Option<&Name>) -> Result<Vec<CheckpointRef>> {
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
        .hint(format!("there is {}", quoted_list(known)))
}
