//! Folders that are published whole or not at all: checkpoints, vector models.
//!
//! One is gathered in a hidden folder `.draft-…` beside its later place and published by a
//! rename, its manifest written last. The hidden folder is locked while its maker lives; a maker
//! that was killed leaves it unlocked, and the next one removes it. A name without the dot is
//! always complete.

mod swap;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::error::{Error, Place, Result};
use crate::files;
use crate::sha256;
use crate::workspace::Name;

use swap::exchange;
pub(crate) use swap::{sync_folder, write_synced};

/// The manifest's file name in a published folder.
pub const MANIFEST_FILE: &str = "manifest.json";

/// The largest manifest that is read, in bytes: that of a thousand mentors has about a sixth of it.
pub(crate) const MAX_MANIFEST: u64 = 8 << 20;

const DRAFT: &str = ".draft-";
const REPLACED: &str = ".replaced-";

/// One file of a published folder.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileRecord {
    /// In bytes.
    pub size: u64,
    /// In hex.
    pub sha256: String,
}

impl FileRecord {
    /// The record of a file with this content.
    #[must_use]
    pub fn of(bytes: &[u8]) -> Self {
        Self { size: bytes.len() as u64, sha256: sha256::digest(bytes) }
    }

    /// What is wrong with a file of `size` bytes in this one's place, if something is.
    pub(crate) fn size_fault(&self, size: u64) -> Option<String> {
        (size != self.size).then(|| format!("{size} bytes, the manifest says {}", self.size))
    }

    /// What is wrong with `found` in this one's place, if something is.
    pub(crate) fn fault(&self, found: &Self) -> Option<String> {
        let other = || "its SHA-256 is not what the manifest says".to_owned();
        self.size_fault(found.size).or_else(|| (found != self).then(other))
    }

    /// What is wrong with the file at `path` in this one's place, by its size, if something is.
    pub(crate) fn size_fault_at(&self, path: &Path) -> Option<String> {
        match fs::metadata(path) {
            Ok(found) if found.is_file() => self.size_fault(found.len()).map(|fault| {
                if files::is_pointer_at(path) { files::POINTER.to_owned() } else { fault }
            }),
            Ok(found) => {
                let kind = files::kind(&found).unwrap_or("something else");
                Some(format!("not a file, but {kind}"))
            }
            Err(error) => Some(format!("cannot be read: {error}")),
        }
    }

    /// What is wrong with the file at `path` in this one's place, if something is: reads it to
    /// the end.
    pub(crate) fn fault_at(&self, path: &Path) -> Option<String> {
        let read = || files::open(path).and_then(sha256::digest_of);
        self.size_fault_at(path).or_else(|| match read() {
            Ok(sha256) => self.fault(&Self { size: self.size, sha256 }),
            Err(error) => Some(format!("cannot be read: {error}")),
        })
    }
}

/// The most bytes that the files of a manifest may have: no disk has room for as many, and sums of
/// two such numbers are numbers.
const MOST_BYTES: u64 = 1 << 60;

/// What is wrong with the files that a manifest names, wherever it comes from, if something is.
pub(crate) fn files_fault(files: &BTreeMap<String, FileRecord>) -> Option<&'static str> {
    if !files.values().all(|file| sha256::is_digest(&file.sha256)) {
        return Some("names a file without a SHA-256");
    }
    let sum = files.values().try_fold(0_u64, |sum, file| sum.checked_add(file.size));
    let is_too_much = sum.is_none_or(|sum| sum > MOST_BYTES);
    is_too_much.then_some("names files of more bytes than there can be")
}

/// Every file below `folder`, sorted; what cannot be listed is passed over, links are not followed.
pub(crate) fn files_below(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    let Ok(entries) = fs::read_dir(folder) else { return files };
    for entry in entries.flatten() {
        match entry.file_type() {
            Ok(kind) if kind.is_dir() => files.extend(files_below(&entry.path())),
            _ => files.push(entry.path()),
        }
    }
    files.sort();
    files
}

/// Plain data as a JSON file that people can read, too.
pub(crate) fn json_file(data: &impl Serialize) -> Vec<u8> {
    let mut bytes = serde_json::to_vec_pretty(data).expect("plain data can be written");
    bytes.push(b'\n');
    bytes
}

/// What is published, for messages.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Kind {
    /// `checkpoint`.
    pub(crate) noun: &'static str,
    /// What to do where the name is taken.
    pub(crate) if_taken: &'static str,
}

/// What to do about a folder of the same name.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Existing<'a> {
    /// Leave it and fail.
    Refuse,
    /// Take its place, whatever it is.
    Replace,
    /// Take its place if its manifest still is this one.
    Update(&'a [u8]),
}

/// A folder that nobody sees yet; dropped unpublished, it is gone.
#[derive(Debug)]
pub(crate) struct Staging {
    parent: PathBuf,
    folder: PathBuf,
    kind: Kind,
    _lock: Option<fs::File>,
}

impl Staging {
    /// Starts a folder in `parent`, after sweeping up what killed runs left there.
    ///
    /// # Errors
    /// When the folder cannot be made.
    pub(crate) fn begin(parent: &Path, kind: Kind) -> Result<Self> {
        fs::create_dir_all(parent).map_err(|e| Error::io(parent, "make the folder", e))?;
        let _held = hold(parent);
        sweep(parent).map_err(|e| Error::io(parent, "remove what a killed run left", e))?;
        let (folder, lock) =
            hidden_folder(parent).map_err(|e| Error::io(parent, "make a folder in it", e))?;
        Ok(Self { parent: parent.to_owned(), folder, kind, _lock: lock })
    }

    /// Where files are gathered.
    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    /// Publishes the folder as `name`, once: afterwards it is there, whole and on disk.
    ///
    /// # Errors
    /// When the name is taken and `existing` refuses that (another may be tried), or the disk
    /// fails; the old state, if any, is there then.
    pub(crate) fn publish(
        &self,
        name: &Name,
        manifest: &[u8],
        existing: Existing,
    ) -> Result<PathBuf> {
        let target = self.parent.join(name.as_str());
        let action = format!("publish the {}", self.kind.noun);
        let failed = |e| Error::io(&target, &action, e);
        write_synced(&self.folder.join(MANIFEST_FILE), manifest)
            .and_then(|()| sync_folder(&self.folder))
            .map_err(failed)?;
        // What is replaced lies unlocked in the draft's folder for a moment and may be needed back.
        let _held = hold(&self.parent);
        if target.symlink_metadata().is_err() {
            match fs::rename(&self.folder, &target) {
                Err(_) if target.exists() => return Err(taken(&target, self.kind)),
                renamed => renamed.map_err(failed)?,
            }
        } else {
            self.replace(&target, existing, exchange)?;
        }
        sync_folder(&self.parent).map_err(failed)?;
        Ok(target)
    }

    /// Puts the folder in the place of `target` by `exchange`, or, where the disk cannot, step by step.
    fn replace(&self, target: &Path, existing: Existing, exchange: Exchange) -> Result<()> {
        let action = format!("replace the {}", self.kind.noun);
        let failed = |e| Error::io(target, &action, e);
        let expected = match existing {
            Existing::Refuse => return Err(taken(target, self.kind)),
            Existing::Replace => None,
            Existing::Update(manifest) => Some(manifest),
        };
        let is_expected = |folder: &Path| {
            expected.is_none_or(|manifest| {
                files::read_at_most(&folder.join(MANIFEST_FILE), MAX_MANIFEST)
                    .is_ok_and(|found| found == manifest)
            })
        };
        take_permissions(target, &self.folder).map_err(failed)?;
        match exchange(&self.folder, target) {
            Ok(()) => {
                // What was replaced lies in the draft's folder now, for `drop` to remove.
                if is_expected(&self.folder) {
                    return Ok(());
                }
                exchange(&self.folder, target).map_err(failed)?;
            }
            Err(error) if error.kind() == ErrorKind::Unsupported => {
                // Other runs wait meanwhile, where the disk has locks.
                if is_expected(target) {
                    return replace_in_two_steps(&self.folder, target).map_err(failed);
                }
            }
            Err(error) => return Err(failed(error)),
        }
        let changed = format!("another run changed the {} meanwhile", self.kind.noun);
        Err(Error::at(Place::file(target), changed)
            .hint("it is as that run left it; run this again"))
    }
}

/// How two folders exchange their names.
type Exchange = fn(&Path, &Path) -> io::Result<()>;

impl Drop for Staging {
    fn drop(&mut self) {
        // Best effort: what stays is swept up by the next run.
        let _ = fs::remove_dir_all(&self.folder);
    }
}

/// The error of a name that is there already.
pub(crate) fn taken(target: &Path, kind: Kind) -> Error {
    Error::at(Place::file(target), format!("there is a {} of this name", kind.noun))
        .hint(kind.if_taken)
}

/// Gives the folder `new` and its files the permissions of `old` and of the files of the same names there:
/// what only its owner could read stays so when it is replaced.
#[cfg(unix)]
fn take_permissions(old: &Path, new: &Path) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    let copy = |from: &Path, to: &Path, least: u32| {
        let mode = fs::metadata(from)?.permissions().mode() & 0o777;
        fs::set_permissions(to, fs::Permissions::from_mode(mode | least))
    };
    copy(old, new, 0o700)?;
    for file in files_below(old) {
        let Ok(path) = file.strip_prefix(old) else { continue };
        let target = new.join(path);
        if file.is_file() && target.is_file() {
            copy(&file, &target, 0o600)?;
        }
    }
    Ok(())
}

/// Nothing: permissions are the folder's above here.
#[cfg(not(unix))]
#[allow(clippy::unnecessary_wraps)]
fn take_permissions(_old: &Path, _new: &Path) -> io::Result<()> {
    Ok(())
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
    // Best effort: what stays is swept up by the next run.
    let _ = fs::remove_dir_all(&aside);
    Ok(())
}

/// Keeps other runs from changing what is in `parent` meanwhile. Disks without locks (some
/// network ones) go without.
pub(crate) fn hold(parent: &Path) -> Option<fs::File> {
    let folder = fs::File::open(parent).ok()?;
    folder.lock().ok()?;
    Some(folder)
}

/// Makes a new hidden folder in `parent` and locks it, where folders can be.
fn hidden_folder(parent: &Path) -> io::Result<(PathBuf, Option<fs::File>)> {
    for attempt in 0.. {
        let folder = parent.join(format!("{DRAFT}{}-{attempt}", std::process::id()));
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
fn sweep(parent: &Path) -> io::Result<()> {
    for entry in fs::read_dir(parent)? {
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
            let target = parent.join(original);
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

/// Removes a published folder, damaged or not: at once as far as anybody sees, then from the disk.
///
/// # Errors
/// When it cannot be moved out of sight; what is left of it there is swept up by the next run.
pub(crate) fn remove(folder: &Path, kind: Kind) -> Result<()> {
    let action = format!("remove the {}", kind.noun);
    let failed = |e| Error::io(folder, &action, e);
    let (hidden, _lock) = hidden_folder(folder.parent().unwrap_or(folder)).map_err(failed)?;
    fs::rename(folder, hidden.join("removed")).map_err(failed)?;
    remove_folder(&hidden).map_err(failed)
}
