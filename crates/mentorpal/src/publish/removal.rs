//! Removing a published folder, unless it contains files that its manifest does not list.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::{self, ErrorKind};
use std::path::Path;

use serde::Deserialize;
use serde::de::IgnoredAny;

use super::cleanup::{create_draft_dir, lock_dir, remove_if_unread, remove_stale_drafts};
use super::scratch::Scratch;
use super::{ItemKind, MANIFEST_FILE, MAX_MANIFEST, REPLACED, changed_meanwhile};
use crate::error::{Error, ErrorKind as Kind, Location, Result};
use crate::files::{self, relative_paths_below, sync_folder};
use crate::text::format::quoted_list;

/// The largest number of unlisted files that an error names.
const MAX_NAMED_FILES: usize = 3;

/// The file list of any manifest.
#[derive(Deserialize)]
// The parsed value is a map of which only the keys are used.
#[allow(clippy::zero_sized_map_values)]
struct FileList {
    files: BTreeMap<String, IgnoredAny>,
}

/// Returns the files in `folder` that neither its manifest nor the manifest `new`, which is about
/// to replace it, lists.
///
/// Returns nothing if the manifest exists but cannot be read. Links are not counted, nor are files
/// that operating systems create in every folder.
pub(crate) fn unlisted_files(folder: &Path, new: &[u8]) -> Vec<String> {
    let mut listed = BTreeSet::from([MANIFEST_FILE.to_owned()]);
    match files::read_at_most(&folder.join(MANIFEST_FILE), MAX_MANIFEST) {
        Ok(manifest) => match serde_json::from_slice::<FileList>(&manifest) {
            Ok(list) => listed.extend(list.files.into_keys()),
            Err(_) => return Vec::new(),
        },
        Err(_) if folder.join(MANIFEST_FILE).symlink_metadata().is_ok() => return Vec::new(),
        Err(_) => {}
    }
    if let Ok(list) = serde_json::from_slice::<FileList>(new) {
        listed.extend(list.files.into_keys());
    }
    let mut unlisted = relative_paths_below(folder);
    unlisted.retain(|name| {
        !listed.contains(name) && !is_system_file(name) && !folder.join(name).is_symlink()
    });
    unlisted
}

/// Returns whether operating systems or file servers create files with this name in every folder.
fn is_system_file(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    let is_known = [".DS_Store", "Thumbs.db", "desktop.ini", ".directory"].contains(&name);
    is_known || name.starts_with("._") || name.starts_with(".nfs")
}

/// Fails if `folder` contains [unlisted files](unlisted_files), which replacing or removing it
/// would lose. `new` is the manifest that is about to replace the current one, or empty.
///
/// # Errors
/// If there are unlisted files; the error names the first of these files.
pub(crate) fn refuse_unlisted_files(folder: &Path, kind: ItemKind, new: &[u8]) -> Result<()> {
    let unlisted = unlisted_files(folder, new);
    if unlisted.is_empty() {
        return Ok(());
    }
    let first = unlisted.iter().take(MAX_NAMED_FILES);
    let named = quoted_list(first.map(|name| name.escape_debug().to_string()));
    let more = match unlisted.len().saturating_sub(MAX_NAMED_FILES) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    let message = format!(
        "the folder of the {} contains files that are not part of it: {named}{more}",
        kind.noun
    );
    Err(Error::at(Location::file(folder), message)
        .with_kind(Kind::Conflict)
        .hint("move these files out of the folder and run the command again"))
}

/// Removes a published folder, which may be corrupt: first renames it out of sight, then deletes
/// its files.
///
/// `expected` is the manifest that the folder must have, if any. `confirm` is called last, while
/// the folder is renamed.
///
/// # Errors
/// If the manifest differs from `expected`, if the folder contains unlisted files, if `confirm`
/// fails, or if the folder cannot be renamed. The folder is then left as it was. Files that cannot
/// be deleted after the rename are removed by the next run.
pub(crate) fn remove(
    folder: &Path,
    kind: ItemKind,
    expected: Option<&[u8]>,
    confirm: impl FnOnce() -> Result<()>,
) -> Result<()> {
    let action = format!("remove the {}", kind.noun);
    let failed = |e| Error::io(folder, &action, e);
    let parent = folder.parent().unwrap_or(folder);
    let name = folder.file_name().unwrap_or_default().to_string_lossy();
    let aside = parent.join(format!("{REPLACED}{name}"));
    // The lock keeps other processes from replacing the folder or using its name.
    let _lock = lock_dir(parent);
    remove_stale_drafts(parent).map_err(failed)?;
    check(folder, folder, kind, expected)?;
    let scratch = Scratch::move_aside(folder, &aside).map_err(failed)?;
    // On a disk without locks, the folder may have changed since the first check.
    if let Err(error) = check(&aside, folder, kind, expected).and_then(|()| confirm()) {
        return Err(match fs::rename(&aside, folder) {
            Ok(()) => error,
            Err(back) => error.prefixed(&format!(
                "the {} was moved to `{}` and cannot be moved back ({back})",
                kind.noun,
                aside.display()
            )),
        });
    }
    let (hidden, lock, _draft) = create_draft_dir(parent).map_err(failed)?;
    fs::rename(&aside, &hidden).map_err(failed)?;
    drop((scratch, lock));
    sync_folder(parent).map_err(failed)?;
    remove_if_unread(&hidden).map_err(failed)
}

/// Removes a folder whose content can be rebuilt and which other processes may be using. It
/// disappears for them in one step.
///
/// # Errors
/// If the disk fails.
pub(crate) fn remove_disposable(folder: &Path) -> io::Result<()> {
    let parent = folder.parent().unwrap_or(folder);
    let (hidden, _lock, _draft) = create_draft_dir(parent)?;
    let renamed = fs::rename(folder, &hidden);
    if renamed.is_err() {
        fs::remove_dir(&hidden)?;
    }
    match renamed {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
        renamed => renamed.and_then(|()| fs::remove_dir_all(&hidden)),
    }
}

/// Checks that the folder at `current` has the manifest `expected` and no unlisted files. Errors
/// name `folder`, its published path.
fn check(current: &Path, folder: &Path, kind: ItemKind, expected: Option<&[u8]>) -> Result<()> {
    let found = files::read_at_most(&current.join(MANIFEST_FILE), MAX_MANIFEST).ok();
    if found.as_deref() != expected {
        return Err(changed_meanwhile(folder, kind.noun));
    }
    refuse_unlisted_files(current, kind, b"").map_err(|e| e.moved_to(Location::file(folder)))
}
