//! Vector models: words and sentences as vectors.
//!
//! Files of word vectors come from strangers and claim things about themselves in their headers.
//! So a file is read twice: `guard` walks it from end to end and believes nothing, then
//! `finalfusion` reads what was found to be whole. [`add()`] keeps the result as a memory-mapped
//! file of its own (`fifu.rs`), which [`WordVectors`] opens without reading the vectors.
//!
//! Of a sentence encoder, wherever it is found (`gather.rs`, `archive.rs`), it keeps the few files
//! that are needed, as they are. A [`VectorModel`] turns sentences into vectors, whatever its kind.

mod add;
mod archive;
mod cache;
mod convert;
mod encoder;
mod fifu;
mod gather;
mod guard;
mod manifest;
mod model;
mod sentence;
mod store;
mod vocabulary;
mod words;

pub use add::{Request, add};
pub use cache::embed_cached;
pub use encoder::{Network, Pooling, SentenceEncoder};
pub use guard::Format;
pub use manifest::{Manifest, ModelKind, Source};
pub use model::{VectorModel, network};
pub use sentence::{Embeddings, SentenceModel};
pub use store::{Added, list, manifest, names, verify};
pub use words::{MODEL_FILE, WordVectors};
