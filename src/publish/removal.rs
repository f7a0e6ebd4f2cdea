//! Removing a published folder, with nothing in it that is not its own.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::{self, ErrorKind};
use std::path::Path;

use serde::Deserialize;
use serde::de::IgnoredAny;

use super::scratch::Scratch;
use super::sweep::{discard, hidden_folder, hold, sweep};
use super::{Kind, MANIFEST_FILE, MAX_MANIFEST, REPLACED, names_below, sync_folder};
use crate::error::{Error, Location, Result};
use crate::files;
use crate::text::format::quoted_list;

/// How many files are named at most.
const FEW: usize = 3;

/// The part of any manifest that says which files there are.
#[derive(Deserialize)]
// What is read is a map, of which only the keys matter.
#[allow(clippy::zero_sized_map_values)]
struct Listed {
    files: BTreeMap<String, IgnoredAny>,
}

/// The files in `folder` that are not part of what was published there: neither its manifest nor
/// the manifest `new`, which takes its place, names them. None where its manifest cannot be read,
/// so that nothing can be told. Links do not count, nor what systems leave in every folder.
pub(crate) fn other_files(folder: &Path, new: &[u8]) -> Vec<String> {
    let mut own = BTreeSet::from([MANIFEST_FILE.to_owned()]);
    match files::read_at_most(&folder.join(MANIFEST_FILE), MAX_MANIFEST) {
        Ok(manifest) => match serde_json::from_slice::<Listed>(&manifest) {
            Ok(listed) => own.extend(listed.files.into_keys()),
            Err(_) => return Vec::new(),
        },
        Err(_) if folder.join(MANIFEST_FILE).symlink_metadata().is_ok() => return Vec::new(),
        Err(_) => {}
    }
    if let Ok(listed) = serde_json::from_slice::<Listed>(new) {
        own.extend(listed.files.into_keys());
    }
    let mut others = names_below(folder);
    others
        .retain(|name| !own.contains(name) && !is_litter(name) && !folder.join(name).is_symlink());
    others
}

/// Whether a file is one that systems leave in every folder that they show or share.
fn is_litter(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    let is_known = [".DS_Store", "Thumbs.db", "desktop.ini", ".directory"].contains(&name);
    is_known || name.starts_with("._") || name.starts_with(".nfs")
}

/// Refuses to replace or remove a folder that holds files that are not part of what was published
/// there; where it is to be replaced, `new` is the manifest that takes its place.
///
/// # Errors
/// When there are such files, naming the first.
pub(crate) fn refuse_others(folder: &Path, kind: Kind, new: &[u8]) -> Result<()> {
    let others = other_files(folder, new);
    if others.is_empty() {
        return Ok(());
    }
    let named = quoted_list(others.iter().take(FEW).map(|name| name.escape_debug().to_string()));
    let more = match others.len().saturating_sub(FEW) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    let what = format!(
        "the folder of the {} holds files that are not part of it: {named}{more}",
        kind.noun
    );
    Err(Error::at(Location::file(folder), what)
        .hint("move them out of the folder, so that they are not lost, and run this again"))
}

/// Removes a published folder, damaged or not: at once as far as anybody sees, then from the disk.
/// `seen` is the manifest that it is known to have. `confirm` is asked last, while the folder lies
/// aside.
///
/// # Errors
/// When its manifest is not `seen` any more, when it holds files that are not part of it, when
/// `confirm` refuses, or when it cannot be moved out of sight: then it is there as before. What
/// cannot be removed once it is out of sight is swept up by the next run.
pub(crate) fn remove(
    folder: &Path,
    kind: Kind,
    seen: Option<&[u8]>,
    confirm: impl FnOnce() -> Result<()>,
) -> Result<()> {
    let action = format!("remove the {}", kind.noun);
    let failed = |e| Error::io(folder, &action, e);
    let parent = folder.parent().unwrap_or(folder);
    let name = folder.file_name().unwrap_or_default().to_string_lossy();
    let aside = parent.join(format!("{REPLACED}{name}"));
    // No other run replaces it, or takes its name, meanwhile.
    let _held = hold(parent);
    sweep(parent).map_err(failed)?;
    check(folder, folder, kind, seen)?;
    let scratch = Scratch::aside(folder, &aside).map_err(failed)?;
    // Where the disk has no locks, it may have changed since.
    if let Err(error) = check(&aside, folder, kind, seen).and_then(|()| confirm()) {
        return Err(match fs::rename(&aside, folder) {
            Ok(()) => error,
            Err(back) => error.prefixed(&format!(
                "the {} lies at `{}` and does not go back ({back})",
                kind.noun,
                aside.display()
            )),
        });
    }
    let (hidden, lock, _draft) = hidden_folder(parent).map_err(failed)?;
    fs::rename(&aside, &hidden).map_err(failed)?;
    drop((scratch, lock));
    sync_folder(parent).map_err(failed)?;
    discard(&hidden).map_err(failed)
}

/// Removes a folder that holds nothing of worth, and which others may be using: at once as far as
/// they see.
///
/// # Errors
/// When the disk fails.
pub(crate) fn remove_unread(folder: &Path) -> io::Result<()> {
    let parent = folder.parent().unwrap_or(folder);
    let (hidden, _lock, _draft) = hidden_folder(parent)?;
    let renamed = fs::rename(folder, &hidden);
    if renamed.is_err() {
        fs::remove_dir(&hidden)?;
    }
    match renamed {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
        renamed => renamed.and_then(|()| fs::remove_dir_all(&hidden)),
    }
}

/// Refuses what lies at `at` and belongs at `folder` if it is not what was seen, or is more.
fn check(at: &Path, folder: &Path, kind: Kind, seen: Option<&[u8]>) -> Result<()> {
    let found = files::read_at_most(&at.join(MANIFEST_FILE), MAX_MANIFEST).ok();
    if found.as_deref() != seen {
        let what = format!("another run changed the {} meanwhile", kind.noun);
        return Err(Error::at(Location::file(folder), what)
            .hint("it is as that run left it; run this again"));
    }
    refuse_others(at, kind, b"").map_err(|e| e.moved_to(Location::file(folder)))
}
