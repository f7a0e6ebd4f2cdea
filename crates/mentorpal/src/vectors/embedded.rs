//! The static vectors embedded in the program, which need no download.

use std::collections::BTreeMap;

use super::manifest::{ModelKind, Source, VectorModelManifest};
use super::static_vectors::{STATIC_FILE, StaticVectors};
use crate::error::{Error, Result};
use crate::publish::FileRecord;
use crate::workspace::VectorModelName;

/// The name of the embedded model, reserved for it.
pub const EMBEDDED: &str = "embedded";

/// The source format that the manifest of static vectors records.
pub(super) const FORMAT: &str = "distilled sentence encoder";

/// The SHA-256 of the embedded file, in hex. It is a constant because computing it takes longer than
/// opening the file.
pub(super) const SHA256: &str = "4c20d3d1ba81aa143de1700732af71c812e0e132a5fb273c5a21622271589818";

/// Returns the name of the embedded model.
///
/// # Panics
/// Never: the name is valid.
#[must_use]
pub fn embedded_name() -> VectorModelName {
    VectorModelName::new(EMBEDDED).expect("a valid name")
}

/// Returns the manifest of the embedded model, which has no folder to hold one.
#[must_use]
pub fn embedded_manifest() -> VectorModelManifest {
    let vectors = StaticVectors::embedded();
    let origin = vectors.origin();
    let source = Source {
        file: origin.encoder.clone(),
        format: FORMAT.to_owned(),
        sha256: origin.sha256.clone(),
    };
    let size = StaticVectors::embedded_bytes().len() as u64;
    let file = FileRecord { size, sha256: SHA256.to_owned() };
    VectorModelManifest::new(
        ModelKind::Static,
        Some(vectors.len()),
        vectors.dims(),
        source,
        origin.licence.clone(),
        BTreeMap::from([(STATIC_FILE.to_owned(), file)]),
    )
}

/// Refuses the embedded model's name for another model.
///
/// # Errors
/// If `name` is [`EMBEDDED`].
pub(super) fn refuse(name: &VectorModelName) -> Result<()> {
    if name.as_str() != EMBEDDED {
        return Ok(());
    }
    Err(Error::new(format!("the name `{EMBEDDED}` is reserved for the embedded vector model"))
        .hint("choose another name with --name"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sha256;

    #[test]
    fn the_constant_digest_is_that_of_the_embedded_file() {
        assert_eq!(sha256::digest(StaticVectors::embedded_bytes()), SHA256);
    }
}
