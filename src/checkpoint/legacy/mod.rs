//! Checkpoints of the tool before this one: a folder a mentor, with a topic model of Keras and
//! classifiers of scikit-learn.
//!
//! [`LegacyCheckpoint`] finds and reads them, [`convert()`] makes a model of `lstm_v1` of a
//! mentor's. The readers take files from strangers: [`pickle`] executes nothing, `hdf5` believes
//! nothing, and neither needs more memory than a few times what the file has.

mod convert;
mod cursor;
mod folder;
mod hdf5;
pub mod keras;
pub mod pickle;

pub use convert::{Converted, convert};
pub use folder::{LEGACY_ARCH, LegacyCheckpoint, LegacyModel};
