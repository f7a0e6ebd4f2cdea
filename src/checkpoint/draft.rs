//! A checkpoint in the making: gathered in a hidden folder, published by one rename.
//!
//! The hidden folder `.draft-…` is locked while its maker lives. A maker that was killed leaves
//! it unlocked, and the next one removes it; a name without the dot is always complete.

use std::fs;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use super::manifest::{FileRecord, MANIFEST_FILE, Manifest, MentorRecord};
use super::store::{Checkpoint, CheckpointRef};
use super::swap::{exchange, sync_folder, write_synced};
use crate::classifiers::ModelFiles;
use crate::error::{Error, Place, Result};
use crate::workspace::{Name, Workspace};

const DRAFT: &str = ".draft-";
const REPLACED: &str = ".replaced-";

/// What to do about a checkpoint of the same name.
#[derive(Clone, Copy, Debug)]
pub enum OnExisting<'a> {
    /// Leave it and fail.
    Refuse,
    /// Take its place, whatever it is.
    Replace,
    /// Take its place if it still is what this one was made from.
    Update(&'a Manifest),
}

/// A checkpoint that nobody sees yet; dropped unpublished, it is gone.
#[derive(Debug)]
pub struct Draft {
    arch: PathBuf,
    folder: PathBuf,
    manifest: Manifest,
    _lock: Option<fs::File>,
}

impl Draft {
    /// Starts a checkpoint of the architecture `arch`, after sweeping up what killed runs left.
    ///
    /// # Errors
    /// When the folder cannot be made.
    pub fn begin(workspace: &Workspace, arch: &Name, manifest: Manifest) -> Result<Self> {
        let arch = workspace.arch(arch);
        fs::create_dir_all(&arch).map_err(|e| Error::io(&arch, "make the folder", e))?;
        let _held = hold(&arch);
        sweep(&arch).map_err(|e| Error::io(&arch, "remove what a killed run left", e))?;
        let (folder, lock) =
            hidden_folder(&arch).map_err(|e| Error::io(&arch, "make a folder in it", e))?;
        Ok(Self { arch, folder, manifest, _lock: lock })
    }

    /// Adds a mentor's model.
    ///
    /// # Errors
    /// When a file cannot be written; the draft is of no use then.
    pub fn add(&mut self, mentor: &Name, record: MentorRecord, files: &ModelFiles) -> Result<()> {
        let folder = self.folder.join(mentor.as_str());
        fs::create_dir(&folder).map_err(|e| Error::io(&folder, "make the folder", e))?;
        for (name, bytes) in files {
            let name = Name::new("file", name.as_str())?;
            let path = folder.join(name.as_str());
            write_synced(&path, bytes).map_err(|e| Error::io(&path, "write the file", e))?;
            self.manifest.files.insert(format!("{mentor}/{name}"), FileRecord::of(bytes));
        }
        sync_folder(&folder).map_err(|e| Error::io(&folder, "sync the folder", e))?;
        self.manifest.mentors.insert(mentor.to_string(), record);
        Ok(())
    }

    /// Adds a mentor as another checkpoint has it, verified on the way.
    ///
    /// # Errors
    /// When that checkpoint is damaged or a file cannot be written.
    pub fn add_from(&mut self, checkpoint: &Checkpoint, mentor: &Name) -> Result<()> {
        let files = checkpoint.model(mentor)?;
        let record = checkpoint.record(mentor)?.clone();
        self.add(mentor, record, &files)
    }

    /// The ids of the mentors added so far.
    pub fn mentors(&self) -> impl Iterator<Item = &str> {
        self.manifest.mentors.keys().map(String::as_str)
    }

    /// Publishes the checkpoint as `name`, once: afterwards it is there, whole and on disk.
    ///
    /// # Errors
    /// When the name is taken and `existing` refuses that (another may be tried), or the disk
    /// fails; the old state, if any, is there then.
    pub fn publish(&self, name: &Name, existing: OnExisting) -> Result<PathBuf> {
        let target = self.arch.join(name.as_str());
        let failed = |e| Error::io(&target, "publish the checkpoint", e);
        write_synced(&self.folder.join(MANIFEST_FILE), &self.manifest.to_bytes())
            .and_then(|()| sync_folder(&self.folder))
            .map_err(failed)?;
        // What is replaced lies unlocked in the draft's folder for a moment and may be needed back.
        let _held = hold(&self.arch);
        if target.symlink_metadata().is_err() {
            match fs::rename(&self.folder, &target) {
                Err(_) if target.exists() => return Err(taken(&target)),
                renamed => renamed.map_err(failed)?,
            }
        } else {
            self.replace(&target, existing)?;
        }
        sync_folder(&self.arch).map_err(failed)?;
        Ok(target)
    }

    fn replace(&self, target: &Path, existing: OnExisting) -> Result<()> {
        let failed = |e| Error::io(target, "replace the checkpoint", e);
        let expected = match existing {
            OnExisting::Refuse => return Err(taken(target)),
            OnExisting::Replace => None,
            OnExisting::Update(manifest) => Some(manifest.to_bytes()),
        };
        match exchange(&self.folder, target) {
            Ok(()) => {}
            Err(error) if error.kind() == ErrorKind::Unsupported => {
                return replace_in_two_steps(&self.folder, target).map_err(failed);
            }
            Err(error) => return Err(failed(error)),
        }
        // What was replaced lies in the draft's folder now, for `drop` to remove.
        let Some(expected) = expected else { return Ok(()) };
        if fs::read(self.folder.join(MANIFEST_FILE)).ok().as_deref() == Some(&expected) {
            return Ok(());
        }
        exchange(&self.folder, target).map_err(failed)?;
        Err(Error::at(Place::file(target), "another run changed the checkpoint meanwhile")
            .hint("it is as that run left it; run this again"))
    }
}

impl Drop for Draft {
    fn drop(&mut self) {
        // Best effort: what stays is swept up by the next run.
        let _ = fs::remove_dir_all(&self.folder);
    }
}

fn taken(target: &Path) -> Error {
    Error::at(Place::file(target), "there is a checkpoint of this name")
        .hint("choose another with --checkpoint, or replace it with --overwrite")
}

/// For disks that cannot exchange names: the old one steps aside first. A run killed in between
/// is mended by [`sweep`].
fn replace_in_two_steps(new: &Path, target: &Path) -> io::Result<()> {
    let name = target.file_name().unwrap_or_default().to_string_lossy();
    let aside = target.with_file_name(format!("{REPLACED}{name}"));
    fs::rename(target, &aside)?;
    if let Err(error) = fs::rename(new, target) {
        fs::rename(&aside, target)?;
        return Err(error);
    }
    fs::remove_dir_all(&aside)
}

/// Keeps other runs from sweeping and publishing in `arch` meanwhile. Disks without locks (some
/// network ones) go without.
fn hold(arch: &Path) -> Option<fs::File> {
    let folder = fs::File::open(arch).ok()?;
    folder.lock().ok()?;
    Some(folder)
}

/// Makes a new hidden folder in `arch` and locks it, where folders can be.
fn hidden_folder(arch: &Path) -> io::Result<(PathBuf, Option<fs::File>)> {
    for attempt in 0.. {
        let folder = arch.join(format!("{DRAFT}{}-{attempt}", std::process::id()));
        match fs::create_dir(&folder) {
            Ok(()) => {}
            Err(error) if error.kind() == ErrorKind::AlreadyExists => continue,
            Err(error) => return Err(error),
        }
        // Disks without locks (some network ones) and systems that cannot open folders go
        // without: nothing is swept there.
        let lock = fs::File::open(&folder).ok();
        let _ = lock.as_ref().map(fs::File::lock);
        // Between its making and its locking another run may have swept it up.
        if folder.is_dir() {
            return Ok((folder, lock));
        }
    }
    unreachable!("the attempts do not end")
}

/// Removes the drafts of runs that were killed, and puts back what one had set aside.
///
/// # Errors
/// When the folder cannot be listed or something in it not removed.
fn sweep(arch: &Path) -> io::Result<()> {
    for entry in fs::read_dir(arch)? {
        let path = entry?.path();
        let Some(name) = path.file_name().and_then(|name| name.to_str()) else { continue };
        if !path.is_dir() {
            continue;
        }
        if name.starts_with(DRAFT) {
            let Ok(lock) = fs::File::open(&path) else { continue };
            if lock.try_lock().is_ok() {
                tracing::info!(path = %path.display(), "removing what a killed run left");
                remove_folder(&path)?;
            }
        } else if let Some(original) = name.strip_prefix(REPLACED) {
            let target = arch.join(original);
            if target.exists() { remove_folder(&path)? } else { fs::rename(&path, target)? }
        }
    }
    Ok(())
}

fn remove_folder(folder: &Path) -> io::Result<()> {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

/// Removes a published checkpoint, damaged or not: at once as far as anybody sees, then from the
/// disk.
///
/// # Errors
/// When it cannot be moved out of sight; what is left of it there is swept up by the next run.
pub fn remove(workspace: &Workspace, name: &CheckpointRef) -> Result<()> {
    let folder = name.folder(workspace);
    let failed = |e| Error::io(&folder, "remove the checkpoint", e);
    let (hidden, _lock) = hidden_folder(&workspace.arch(&name.arch)).map_err(failed)?;
    fs::rename(&folder, hidden.join("removed")).map_err(failed)?;
    remove_folder(&hidden).map_err(failed)
}
