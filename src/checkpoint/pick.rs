//! Which checkpoint is used where none is named.

use jiff::Timestamp;

use super::store::{CheckpointRef, list};
use crate::error::{Error, Location, Result};
use crate::workspace::{Name, Workspace};

/// The checkpoint that [`created_last`] finds.
#[derive(Debug)]
pub struct Picked {
    /// Its name.
    pub name: CheckpointRef,
    /// Why other checkpoints were left out: their manifests cannot be used.
    pub passed_over: Vec<Error>,
}

/// Returns the checkpoint that was created last, of `arch` or of all architectures.
///
/// The manifest says when a checkpoint was created. Checkpoints created at the same time are ordered
/// by name. Those of the older tool have no manifest: they are ordered by name, before all others.
/// A checkpoint whose manifest cannot be used is left out, and reported in
/// [`Picked::passed_over`].
///
/// # Errors
/// When there is no checkpoint (`default` is the architecture that the message names where `arch` is
/// `None`), or none with a manifest that can be used.
pub fn created_last(workspace: &Workspace, arch: Option<&Name>, default: &Name) -> Result<Picked> {
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

/// When a checkpoint was created, by what its manifest says. `None`, which sorts first, where there is
/// no manifest: of those with one, [`Manifest`](super::Manifest) has checked the time.
pub(crate) fn time_created(text: Option<&str>) -> Option<Timestamp> {
    text.and_then(|text| text.parse().ok())
}

fn none_yet(workspace: &Workspace, arch: &Name) -> Error {
    let place = Location::file(workspace.arch(arch));
    Error::at(place, format!("no checkpoint of `{arch}` yet")).hint("train one: `mentorpal train`")
}
