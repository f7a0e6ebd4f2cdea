//! Vector models: words and sentences as vectors.
//!
//! Word-vector files are untrusted input: `formats/` reads them, one file per format, and checks every
//! count and number. [`add()`] installs the result as a memory-mapped file (`finalfusion_file.rs`), which
//! [`WordVectors`] opens without reading the vectors.
//!
//! A sentence encoder comes from a folder, an archive or the Hugging Face Hub (`collect_files.rs`,
//! `archive.rs`, `hub/`). The files that it needs are copied unchanged. [`add_distilled()`] distills an
//! encoder to [`StaticVectors`]; the model embedded in the program was made in the same way. A
//! [`VectorModel`] of any kind turns sentences into vectors.

mod add;
mod archive;
mod cache;
mod collect_files;
mod distill;
mod embedded;
mod encoder;
mod finalfusion_file;
mod formats;
mod hub;
mod install;
mod manifest;
mod model;
mod sentence;
mod static_vectors;
mod store;
mod tokens;
mod vocabulary;
mod words;

pub use add::{Request, add};
pub use distill::{DistillOptions, DistillRequest, add_distilled};
pub use embedded::{EMBEDDED, embedded_manifest, embedded_name};
pub use encoder::{Network, Pooling, SentenceEncoder};
pub use hub::{DownloadRequest, HubSettings, ModelId, download};
pub use install::remove;
pub use manifest::DAMAGED;
pub use manifest::{ModelKind, Source, VectorModelManifest};
pub use model::{VectorModel, nearest, network};
pub(crate) use sentence::dot;
pub use sentence::{Embeddings, SentenceModel};
pub use static_vectors::{Origin, StaticVectors};
pub use store::{Added, find_by_digest, list, manifest, names, verify};
pub use tokens::TokenVectors;
pub use words::WordVectors;
