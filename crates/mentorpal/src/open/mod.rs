//! Opens checkpoints: from a workspace to a mentor that answers.
//!
//! [`Workspace::checkpoint`] opens a checkpoint by name, [`Workspace::newest`] the one created last and
//! [`Workspace::stable`] the one configured in `mentorpal.toml`. The [`OpenCheckpoint`] finds its vector model,
//! converts models of the Python pipeline, and compares the current data with the data that it was trained on.
//! Problems that do not stop the work are values of the type [`Warning`].

mod answerer;
mod background;
mod checkpoint;
mod testing;
mod vectors;
mod warning;

pub use answerer::MentorAnswerer;
pub use background::background_questions;
pub use checkpoint::{OpenCheckpoint, convert_legacy, load_mentor};
pub use testing::{MentorTestSet, TestOptions, TestRuns, mentors_to_test};
pub use vectors::{
    VectorsFound, checkpoint_vectors, find_checkpoint_vectors, legacy_vectors, training_vectors,
};
pub use warning::{DataSize, Warning};

use crate::checkpoint::{CheckpointRef, Picked, created_last};
use crate::config::Settings;
use crate::error::{Error, ErrorKind, Location, Result};
use crate::workspace::Workspace;

impl Workspace {
    /// Opens the checkpoint called `name`: `ARCH/CHECKPOINT`, or `CHECKPOINT` of the architecture that
    /// `mentorpal.toml` names (`fusion_v1` by default).
    ///
    /// # Errors
    /// If there is no such checkpoint, its manifest is invalid, or its vector model is not in the workspace.
    pub fn checkpoint(&self, name: &str) -> Result<OpenCheckpoint> {
        let arch = Settings::of_workspace(self)?.arch;
        OpenCheckpoint::open(self, &CheckpointRef::parse(name, &arch)?)
    }

    /// Opens the checkpoint created last, of any architecture. Of checkpoints created at the same time, the one
    /// with the last name counts as the newest.
    ///
    /// # Errors
    /// If there is no checkpoint with a valid manifest, or as [`checkpoint`](Self::checkpoint).
    pub fn newest(&self) -> Result<OpenCheckpoint> {
        let arch = Settings::of_workspace(self)?.arch;
        let Picked { name, passed_over } = created_last(self, None, &arch)?;
        let mut opened = OpenCheckpoint::open(self, &name)?;
        opened.warnings = passed_over.into_iter().map(Warning::CheckpointSkipped).collect();
        Ok(opened)
    }

    /// Opens the checkpoint that `mentorpal.toml` names with `checkpoint`.
    ///
    /// # Errors
    /// If `mentorpal.toml` names none ([`ErrorKind::NotFound`]), or as [`checkpoint`](Self::checkpoint).
    pub fn stable(&self) -> Result<OpenCheckpoint> {
        let Some(name) = Settings::of_workspace(self)?.stable()? else {
            let place = Location::file(self.settings_file());
            return Err(Error::at(place, "no stable checkpoint is configured")
                .with_kind(ErrorKind::NotFound)
                .hint("add a line `checkpoint = 'NAME'`"));
        };
        OpenCheckpoint::open(self, &name)
    }
}
