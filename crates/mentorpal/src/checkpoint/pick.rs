//! Selects the checkpoint to use if none is named.

use jiff::Timestamp;

use super::store::{CheckpointRef, list};
use crate::error::{Error, ErrorKind, Location, Result};
use crate::workspace::{ArchName, Workspace};

/// The result of [`created_last`].
#[derive(Debug)]
pub struct Picked {
    /// Its name.
    pub name: CheckpointRef,
    /// The errors of the checkpoints that were left out, whose manifests are invalid.
    pub passed_over: Vec<Error>,
}

/// Returns the checkpoint that was created last, of `arch` or of all architectures.
///
/// The manifest has the creation time. Of checkpoints created at the same time, the one with the last
/// name is returned. Checkpoints of the Python pipeline have no manifest and count as older than all others.
/// A checkpoint with an invalid manifest is left out, and reported in [`Picked::passed_over`].
///
/// # Errors
/// If there is no checkpoint (the message names the architecture `default` if `arch` is `None`), or none
/// with a valid manifest.
pub fn created_last(
    workspace: &Workspace,
    arch: Option<&ArchName>,
    default: &ArchName,
) -> Result<Picked> {
    let (mut candidates, mut passed_over) = (Vec::new(), Vec::new());
    for checkpoint in list(workspace, arch)? {
        match checkpoint {
            Ok(found) => candidates.push((time_created(found.created()), found.name)),
            Err(error) => passed_over.push(error),
        }
    }
    match candidates.into_iter().max() {
        Some((_, name)) => Ok(Picked { name, passed_over }),
        None => {
            Err(passed_over.pop().unwrap_or_else(|| none_yet(workspace, arch.unwrap_or(default))))
        }
    }
}

/// Parses the creation time of a manifest. `None`, which sorts first, without a manifest;
/// [`Manifest`](super::Manifest) accepts valid times only.
pub(crate) fn time_created(text: Option<&str>) -> Option<Timestamp> {
    text.and_then(|text| text.parse().ok())
}

fn none_yet(workspace: &Workspace, arch: &ArchName) -> Error {
    let place = Location::file(workspace.arch(arch));
    Error::at(place, format!("no checkpoint of `{arch}` yet"))
        .with_kind(ErrorKind::NotFound)
        .hint("train a checkpoint: `mentorpal train`")
}
