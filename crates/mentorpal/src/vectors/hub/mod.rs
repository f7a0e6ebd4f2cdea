//! Sentence encoders from the Hugging Face Hub.
//!
//! The cache has the layout of Hugging Face's own tools, so that they share it. Their crate `hf-hub`
//! is not used: version 0.5 sends the token to other servers and resumes a file with whatever the
//! server sends; version 1 brings some 200 crates and does not verify the hash of small files.
//!
//! | file | stage |
//! |---|---|
//! | `model_id.rs` | text → the owner, name and revision of a model |
//! | `settings.rs` | environment variables → URL of the Hub, cache folder and token |
//! | `download.rs` | a request → an installed model |
//! | `client.rs` | requests, and the hints of their errors |
//! | `hash.rs` | the Hub's hashes of files |
//! | `transfer.rs` | downloads one file to the cache and verifies it |
//! | `cache.rs` | the layout of the cache |

#[cfg(feature = "hub")]
mod cache;
#[cfg(feature = "hub")]
mod client;
#[cfg(feature = "hub")]
mod download;
#[cfg(feature = "hub")]
mod hash;
mod model_id;
mod settings;
#[cfg(feature = "hub")]
mod transfer;
#[cfg(not(feature = "hub"))]
mod unsupported;

#[cfg(feature = "hub")]
pub use self::download::download;
pub use self::model_id::ModelId;
pub use self::settings::HubSettings;
#[cfg(not(feature = "hub"))]
pub use self::unsupported::download;

use crate::workspace::VectorModelName;

/// A request to download a model.
#[derive(Clone, Debug)]
pub struct DownloadRequest {
    /// The sentence encoder.
    pub model: ModelId,
    /// The name in the workspace. By default, the name of the model without its owner.
    pub name: Option<VectorModelName>,
    /// The licence. By default, the one that the model's `README.md` gives.
    pub licence: Option<String>,
    /// Whether to replace a vector model of the same name.
    pub overwrite: bool,
}
