//! Vector models: words and sentences as vectors.
//!
//! Files of word vectors come from strangers and claim things about themselves in their headers.
//! So a file is read twice: `guard` walks it from end to end and believes nothing, then
//! `finalfusion` reads what was found to be whole. [`add()`] keeps the result as a memory-mapped
//! file of its own (`fifu.rs`), which [`WordVectors`] opens without reading the vectors.
//!
//! Of a sentence encoder, wherever it is found (`gather.rs`, `archive.rs`, `hub/`), it keeps the few files
//! that are needed, as they are. [`add_distilled()`] makes [`StaticVectors`] of it, as the ones embedded in the
//! program are. A [`VectorModel`] turns sentences into vectors, whatever its kind.

mod add;
mod archive;
mod cache;
mod convert;
mod distill;
mod embedded;
mod encoder;
mod fifu;
mod gather;
mod guard;
mod hub;
mod keep;
mod manifest;
mod model;
mod sentence;
mod static_vectors;
mod store;
mod tokens;
mod vocabulary;
mod words;

pub use add::{Request, add};
pub use distill::{DistillRequest, Options, add_distilled};
pub use embedded::{EMBEDDED, embedded_manifest, embedded_name};
pub use encoder::{Network, Pooling, SentenceEncoder};
pub use hub::{DownloadRequest, HubSettings, ModelId, download};
pub use keep::remove;
pub use manifest::{Manifest, ModelKind, Source};
pub use model::{VectorModel, nearest, network};
pub(crate) use sentence::dot;
pub use sentence::{Embeddings, SentenceModel};
pub use static_vectors::{Origin, StaticVectors};
pub(crate) use store::DAMAGED;
pub use store::{Added, find_by_digest, list, manifest, names, verify};
pub use tokens::TokenVectors;
pub use words::WordVectors;
