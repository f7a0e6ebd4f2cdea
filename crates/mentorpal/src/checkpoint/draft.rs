//! An unpublished checkpoint: written to a hidden folder, published by one rename.

use std::fs;
use std::path::PathBuf;

use super::manifest::{Manifest, REPORT_FILE};
use super::records::{ImportedFrom, MentorRecord};
use super::store::{Checkpoint, CheckpointRef, refuse_legacy};
use crate::classifiers::ModelFiles;
use crate::error::{Error, Result};
use crate::files::{sync_folder, write_synced};
use crate::publish::{self, FileRecord, ItemKind, OnExisting, Staging};
use crate::workspace::{ArchName, CheckpointName, MentorId, Workspace, check_name};

const KIND: ItemKind = ItemKind {
    noun: "checkpoint",
    hint_if_exists: "choose another name with --checkpoint, or replace the checkpoint with \
                     --overwrite",
};

/// An unpublished checkpoint. Its files are removed when it is dropped.
#[derive(Debug)]
pub struct Draft {
    workspace: Workspace,
    arch: ArchName,
    staging: Staging,
    manifest: Manifest,
}

impl Draft {
    /// Starts a checkpoint of the architecture `arch`. Removes the drafts of killed runs first.
    ///
    /// # Errors
    /// If the hidden folder cannot be created.
    pub fn begin(workspace: &Workspace, arch: &ArchName, manifest: Manifest) -> Result<Self> {
        let staging = Staging::begin(&workspace.arch(arch), KIND)?;
        Ok(Self { workspace: workspace.clone(), arch: arch.clone(), staging, manifest })
    }

    /// Sets the creation time, RFC 3339 in UTC.
    pub fn set_created(&mut self, created: String) {
        self.manifest.created = created;
    }

    /// Sets the checkpoint of the Python pipeline that it is imported from.
    pub fn set_imported(&mut self, from: ImportedFrom) {
        self.manifest.imported = Some(from);
    }

    /// Adds a mentor's model.
    ///
    /// # Errors
    /// If a file cannot be written. The draft cannot be used afterwards.
    pub fn add(
        &mut self,
        mentor: &MentorId,
        record: MentorRecord,
        files: &ModelFiles,
    ) -> Result<()> {
        let folder = self.staging.folder().join(mentor.as_str());
        fs::create_dir(&folder).map_err(|e| Error::io(&folder, "create the folder", e))?;
        for (name, bytes) in files {
            self.write(mentor, name, bytes)?;
        }
        sync_folder(&folder).map_err(|e| Error::io(&folder, "sync the folder", e))?;
        self.manifest.mentors.insert(mentor.to_string(), record);
        Ok(())
    }

    /// Adds the figures of the training of a mentor that was [added](Self::add) before.
    ///
    /// # Errors
    /// If the file cannot be written. The draft cannot be used afterwards.
    pub fn add_report(&mut self, mentor: &MentorId, report: &[u8]) -> Result<()> {
        self.write(mentor, REPORT_FILE, report)?;
        let folder = self.staging.folder().join(mentor.as_str());
        sync_folder(&folder).map_err(|e| Error::io(&folder, "sync the folder", e))
    }

    /// Writes one of a mentor's files and adds its record to the manifest.
    fn write(&mut self, mentor: &MentorId, name: &str, bytes: &[u8]) -> Result<()> {
        check_name("file", name)?;
        let path = self.staging.folder().join(mentor.as_str()).join(name);
        write_synced(&path, bytes).map_err(|e| Error::io(&path, "write the file", e))?;
        self.manifest.files.insert(format!("{mentor}/{name}"), FileRecord::of(bytes));
        Ok(())
    }

    /// Copies a mentor from another checkpoint and verifies its files.
    ///
    /// # Errors
    /// If that checkpoint is corrupt or a file cannot be written.
    pub fn add_from(&mut self, checkpoint: &Checkpoint, mentor: &MentorId) -> Result<()> {
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

    /// Publishes the checkpoint as `name`. Afterwards it is complete and synced to disk. A draft can be
    /// published once.
    ///
    /// # Errors
    /// If `existing` refuses a checkpoint of this name (another name can be tried), if that checkpoint
    /// was written by the Python pipeline, or if a file cannot be written. The old checkpoint, if any, is
    /// unchanged then.
    pub fn publish(&self, name: &CheckpointName, existing: OnExisting) -> Result<PathBuf> {
        let target = CheckpointRef { arch: self.arch.clone(), checkpoint: name.clone() };
        refuse_legacy(&self.workspace, &target)?;
        let name = name.stored_in(&self.workspace.arch(&self.arch));
        self.staging.publish(name.as_str(), &self.manifest.to_bytes(), existing)
    }
}

/// Removes a published checkpoint, corrupt or not. It first renames the folder, so that the checkpoint
/// disappears in one step, then calls `confirm`, then deletes the files. `seen` is the manifest that the
/// caller read, `None` if that was impossible.
///
/// # Errors
/// If its manifest is not `seen` any more, its folder contains files that are not part of it, `confirm`
/// returns an error, or the folder cannot be renamed. The checkpoint is unchanged then.
pub fn remove(
    workspace: &Workspace,
    name: &CheckpointRef,
    seen: Option<&[u8]>,
    confirm: impl FnOnce() -> Result<()>,
) -> Result<()> {
    publish::remove(&name.folder(workspace), KIND, seen, confirm)
}

/// Refuses to replace a checkpoint whose folder contains files that are not part of it. Succeeds if there is
/// no checkpoint of this name.
///
/// # Errors
/// If there are such files.
pub fn refuse_unlisted_files(workspace: &Workspace, name: &CheckpointRef) -> Result<()> {
    publish::refuse_unlisted_files(&name.folder(workspace), KIND, b"")
}
