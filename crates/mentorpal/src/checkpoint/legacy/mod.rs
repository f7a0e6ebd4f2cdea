//! Checkpoints of the Python pipeline (MentorPAL's mentor-classifier). They have one folder per
//! mentor, with a Keras topic model and two scikit-learn classifiers.
//!
//! [`LegacyCheckpoint`] finds and reads such a checkpoint, and [`convert()`] converts the model of
//! one mentor to an `lstm_v1` model. The files are untrusted input: [`pickle`] executes nothing,
//! `hdf5` checks every offset and size, and both use at most a few times the size of the file in
//! memory.

mod convert;
mod cursor;
mod folder;
mod hdf5;
pub mod keras;
pub mod pickle;

pub use convert::{Converted, convert};
pub use folder::{LEGACY_ARCH, LegacyCheckpoint, LegacyModel};

use crate::error::{Error, ErrorKind};

/// Returns a parse error as [`ErrorKind::Corrupt`], unless it already has a more specific kind.
fn as_corrupt(error: Error) -> Error {
    match error.kind() {
        ErrorKind::InvalidInput => error.with_kind(ErrorKind::Corrupt),
        _ => error,
    }
}
