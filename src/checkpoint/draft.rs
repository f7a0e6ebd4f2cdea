//! A checkpoint in the making: gathered in a hidden folder, published by one rename.

use std::fs;
use std::path::PathBuf;

use super::manifest::{ImportedFrom, Manifest, MentorRecord, REPORT_FILE};
use super::store::{Checkpoint, CheckpointRef, refuse_legacy};
use crate::classifiers::ModelFiles;
use crate::error::{Error, Result};
use crate::files::{sync_folder, write_synced};
use crate::publish::{self, FileRecord, ItemKind, OnExisting, Staging};
use crate::workspace::{Name, Workspace};

const KIND: ItemKind = ItemKind {
    noun: "checkpoint",
    hint_if_exists: "choose another with --checkpoint, or replace it with --overwrite",
};

/// A checkpoint that nobody sees yet; dropped unpublished, it is gone.
#[derive(Debug)]
pub struct Draft {
    workspace: Workspace,
    arch: Name,
    staging: Staging,
    manifest: Manifest,
}

impl Draft {
    /// Starts a checkpoint of the architecture `arch`, after sweeping up what killed runs left.
    ///
    /// # Errors
    /// When the folder cannot be made.
    pub fn begin(workspace: &Workspace, arch: &Name, manifest: Manifest) -> Result<Self> {
        let staging = Staging::begin(&workspace.arch(arch), KIND)?;
        Ok(Self { workspace: workspace.clone(), arch: arch.clone(), staging, manifest })
    }

    /// Sets when it was created, RFC 3339 in UTC.
    pub fn set_created(&mut self, created: String) {
        self.manifest.created = created;
    }

    /// Says which checkpoint of the older tool it is made of.
    pub fn set_imported(&mut self, from: ImportedFrom) {
        self.manifest.imported = Some(from);
    }

    /// Adds a mentor's model.
    ///
    /// # Errors
    /// When a file cannot be written; the draft is of no use then.
    pub fn add(&mut self, mentor: &Name, record: MentorRecord, files: &ModelFiles) -> Result<()> {
        let folder = self.staging.folder().join(mentor.as_str());
        fs::create_dir(&folder).map_err(|e| Error::io(&folder, "make the folder", e))?;
        for (name, bytes) in files {
            self.write(mentor, name, bytes)?;
        }
        sync_folder(&folder).map_err(|e| Error::io(&folder, "sync the folder", e))?;
        self.manifest.mentors.insert(mentor.to_string(), record);
        Ok(())
    }

    /// Adds what the training of an [added](Self::add) mentor measured.
    ///
    /// # Errors
    /// When the file cannot be written; the draft is of no use then.
    pub fn add_report(&mut self, mentor: &Name, report: &[u8]) -> Result<()> {
        self.write(mentor, REPORT_FILE, report)?;
        let folder = self.staging.folder().join(mentor.as_str());
        sync_folder(&folder).map_err(|e| Error::io(&folder, "sync the folder", e))
    }

    /// Writes one of a mentor's files and records it.
    fn write(&mut self, mentor: &Name, name: &str, bytes: &[u8]) -> Result<()> {
        let name = Name::new("file", name)?;
        let path = self.staging.folder().join(mentor.as_str()).join(name.as_str());
        write_synced(&path, bytes).map_err(|e| Error::io(&path, "write the file", e))?;
        self.manifest.files.insert(format!("{mentor}/{name}"), FileRecord::of(bytes));
        Ok(())
    }

    /// Adds a mentor as another checkpoint has it, verified on the way.
    ///
    /// # Errors
    /// When that checkpoint is damaged or a file cannot be written.
    pub fn add_from(&mut self, checkpoint: &Checkpoint, mentor: &Name) -> Result<()> {
        let files = checkpoint.model(mentor)?;
        let record = checkpoint.record(mentor)?.clone();
        self.add(mentor, record, &files)?;
        match checkpoint.report(mentor)? {
            Some(report) => self.add_report(mentor, &report),
            None => Ok(()),
        }
    }

    /// The ids of the mentors added so far.
    pub fn mentors(&self) -> impl Iterator<Item = &str> {
        self.manifest.mentors.keys().map(String::as_str)
    }

    /// Publishes the checkpoint as `name`, once: afterwards it is there, whole and on disk.
    ///
    /// # Errors
    /// When the name is taken and `existing` refuses that (another may be tried), or by the older
    /// tool, whose checkpoints cannot be made again, or the disk fails; the old state, if any, is
    /// there then.
    pub fn publish(&self, name: &Name, existing: OnExisting) -> Result<PathBuf> {
        let target = CheckpointRef { arch: self.arch.clone(), checkpoint: name.clone() };
        refuse_legacy(&self.workspace, &target)?;
        let name = name.stored_in(&self.workspace.arch(&self.arch));
        self.staging.publish(&name, &self.manifest.to_bytes(), existing)
    }
}

/// Removes a published checkpoint, damaged or not: at once as far as anybody sees, then from the
/// disk. `seen` is the manifest that it is known to have, none where that could not be read;
/// `confirm` is asked last, when it is out of sight.
///
/// # Errors
/// When its manifest is not `seen` any more, when files lie in its folder that are not part of it,
/// when `confirm` refuses, or when it cannot be moved out of sight: then it is there as before.
pub fn remove(
    workspace: &Workspace,
    name: &CheckpointRef,
    seen: Option<&[u8]>,
    confirm: impl FnOnce() -> Result<()>,
) -> Result<()> {
    publish::remove(&name.folder(workspace), KIND, seen, confirm)
}

/// Refuses to replace a checkpoint in whose folder files lie that are not part of it; where there
/// is none of this name, nothing is in the way.
///
/// # Errors
/// When there are such files.
pub fn refuse_unlisted_files(workspace: &Workspace, name: &CheckpointRef) -> Result<()> {
    publish::refuse_unlisted_files(&name.folder(workspace), KIND, b"")
}
