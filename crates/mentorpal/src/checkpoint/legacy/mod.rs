//! Checkpoints of the Python pipeline (MentorPAL's mentor-classifier). They have one folder per
//! mentor, with a Keras topic model and two scikit-learn classifiers.
//!
//! [`LegacyCheckpoint`] finds and reads such a checkpoint, and [`convert()`] converts the model of
//! one mentor to an `lstm_v1` model. The files are untrusted input: `pickle` executes nothing,
//! `hdf5` checks every offset and size, and both use at most a few times the size of the file in
//! memory.

mod convert;
#[cfg(feature = "legacy")]
mod cursor;
mod folder;
#[cfg(feature = "legacy")]
mod hdf5;
#[cfg(feature = "legacy")]
mod keras;
mod model;
#[cfg(feature = "legacy")]
mod pickle;
#[cfg(not(feature = "legacy"))]
mod unsupported;

pub use convert::{Converted, convert};
pub use folder::{LEGACY_ARCH, LegacyCheckpoint};
pub use model::{LegacyModel, RidgeClassifier, TopicWeights};

#[cfg(feature = "legacy")]
use crate::error::{Error, ErrorKind};

/// Returns a parse error as [`ErrorKind::Corrupt`], unless it already has a more specific kind.
#[cfg(feature = "legacy")]
fn as_corrupt(error: Error) -> Error {
    match error.kind() {
        ErrorKind::InvalidInput => error.with_kind(ErrorKind::Corrupt),
        _ => error,
    }
}
