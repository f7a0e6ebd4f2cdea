//! A folder in the making: gathered out of sight, published by one rename.

use std::fs::{self, File};
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use super::removal::{other_files, refuse_others};
use super::scratch::{self, Scratch};
use super::swap::{exchange, sync_folder, write_synced};
use super::sweep::{discard, hidden_folder, hold, sweep};
use super::{Existing, Kind, MANIFEST_FILE, MAX_MANIFEST, REPLACED, files_below, taken};
use crate::error::{Error, Location, Result};
use crate::files;
use crate::workspace::Name;

/// A folder that nobody sees yet; dropped unpublished, it is gone.
#[derive(Debug)]
pub(crate) struct Staging {
    parent: PathBuf,
    folder: PathBuf,
    kind: Kind,
    state: Mutex<State>,
    /// A signal removes the folder, too.
    scratch: Scratch,
}

/// What lies in the hidden folder.
#[derive(Debug)]
enum State {
    /// A draft, locked where the disk has locks.
    Draft(Option<File>),
    /// Nothing any more, or what was replaced, which others may be reading.
    Published,
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
        let (folder, lock, scratch) =
            hidden_folder(parent).map_err(|e| Error::io(parent, "make a folder in it", e))?;
        let state = Mutex::new(State::Draft(lock));
        Ok(Self { parent: parent.to_owned(), folder, kind, state, scratch })
    }

    /// Where files are gathered.
    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    /// Publishes the folder as `name`, once: afterwards it is there, whole and on disk.
    ///
    /// # Errors
    /// When the name is taken and `existing` refuses that (another may be tried), when the folder
    /// of this name holds files that are not part of it, or the disk fails; the old state, if any,
    /// is there then.
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
        // A signal waits, so that nothing is published of which it removed a part.
        let mut signals = scratch::pause();
        let is_new = target.symlink_metadata().is_err();
        if !is_new && !matches!(existing, Existing::Refuse) {
            refuse_others(&target, self.kind, manifest)?;
        }
        let mut state = self.state.lock().expect("no run panics while it publishes");
        // Readers lock what is published, from the moment that it has its name. Nobody sweeps the
        // draft up meanwhile: that needs the lock of the folder above.
        unlock(&state);
        let published = if is_new {
            match fs::rename(&self.folder, &target) {
                Err(_) if target.exists() => Err(taken(&target, self.kind)),
                renamed => renamed.map_err(failed),
            }
        } else {
            self.replace(&target, manifest, existing, exchange)
        };
        if published.is_err() {
            relock(&state);
            return published.map(|()| target.clone());
        }
        *state = State::Published;
        self.scratch.is_replaced(&mut signals, &self.folder);
        drop((state, signals));
        sync_folder(&self.parent).map_err(failed)?;
        Ok(target)
    }

    /// Puts the folder, whose manifest is `new`, in the place of `target` by `exchange`, or, where
    /// the disk cannot, step by step.
    pub(super) fn replace(
        &self,
        target: &Path,
        new: &[u8],
        existing: Existing,
        exchange: Exchange,
    ) -> Result<()> {
        let action = format!("replace the {}", self.kind.noun);
        let failed = |e| Error::io(target, &action, e);
        let expected = match existing {
            Existing::Refuse => return Err(taken(target, self.kind)),
            Existing::Replace => None,
            Existing::Update(manifest) => Some(manifest),
        };
        let is_expected = |folder: &Path| {
            let has = |manifest: &[u8]| {
                files::read_at_most(&folder.join(MANIFEST_FILE), MAX_MANIFEST)
                    .is_ok_and(|found| found == manifest)
            };
            expected.is_none_or(has) && other_files(folder, new).is_empty()
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
        Err(Error::at(Location::file(target), changed)
            .hint("it is as that run left it; run this again"))
    }
}

fn unlock(state: &State) {
    if let State::Draft(Some(lock)) = state {
        // Best effort: readers go on without a lock, too.
        let _ = lock.unlock();
    }
}

fn relock(state: &State) {
    if let State::Draft(Some(lock)) = state {
        let _ = lock.try_lock();
    }
}

/// How two folders exchange their names.
pub(super) type Exchange = fn(&Path, &Path) -> io::Result<()>;

impl Drop for Staging {
    fn drop(&mut self) {
        // Best effort: what stays is swept up by the next run.
        let _ = match self.state.get_mut() {
            Ok(State::Published) => discard(&self.folder),
            _ => fs::remove_dir_all(&self.folder),
        };
    }
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
    let _ = discard(&aside);
    Ok(())
}
