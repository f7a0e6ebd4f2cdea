//! Checkpoints on disk: complete or absent, never half there.
//!
//! A checkpoint is a folder `checkpoint/classifiers/<arch>/<checkpoint>/` with a folder a mentor
//! and a [`Manifest`] that names every file with its size and SHA-256. A [`Draft`] gathers one
//! out of sight and publishes it by a rename; [`Checkpoint`] finds, reads and verifies them. Those of
//! the tool before this one ([`mod@legacy`]) are read as they are.

mod draft;
pub mod legacy;
mod manifest;
mod pick;
mod store;
mod values;

pub use crate::publish::OnExisting;
pub use crate::publish::{FileRecord, MANIFEST_FILE};
pub use draft::{Draft, refuse_unlisted_files, remove};
pub use manifest::{
    ImportedFrom, Manifest, MentorRecord, OLD_REPORT_FILE, REPORT_FILE, VectorsRecord,
};
pub(crate) use pick::time_created;
pub use pick::{Picked, created_last};
pub use store::{
    Checkpoint, CheckpointKind, CheckpointRef, CorruptFile, legacy, list, names, refuse_legacy,
};
