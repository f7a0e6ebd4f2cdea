//! Checkpoints on disk. A checkpoint is complete or absent, never partly written.
//!
//! A checkpoint is a folder `checkpoint/classifiers/<arch>/<checkpoint>/` with one folder per mentor
//! and a [`Manifest`], which lists every file with its size and SHA-256. A [`Draft`] collects the files
//! in a hidden folder and publishes them by one rename. [`Checkpoint`] finds, reads and verifies them.
//! Checkpoints of the Python pipeline ([`mod@legacy`]) are read without conversion on disk.

mod created;
mod draft;
pub mod legacy;
mod manifest;
mod pick;
mod records;
mod store;
mod values;

pub use crate::publish::OnExisting;
pub use crate::publish::{FileRecord, MANIFEST_FILE};
pub use created::{creation_time, name_from_time};
pub use draft::{Draft, refuse_unlisted_files, remove};
pub use manifest::{Manifest, OLD_REPORT_FILE, REPORT_FILE};
pub(crate) use pick::time_created;
pub use pick::{Picked, created_last};
pub use records::{ImportedFrom, MentorRecord, VectorsRecord, background_digest};
pub use store::{
    Checkpoint, CheckpointKind, CheckpointRef, CorruptFile, legacy, list, names, refuse_legacy,
};
