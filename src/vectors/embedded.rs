//! The vector model that the program itself holds: there without any download.

use std::collections::BTreeMap;

use super::manifest::{Manifest, ModelKind, Source};
use super::static_vectors::{STATIC_FILE, StaticVectors};
use crate::error::{Error, Result};
use crate::publish::FileRecord;
use crate::workspace::Name;

/// What it is called; no other vector model may be.
pub const EMBEDDED: &str = "embedded";

/// What static vectors are said to be made from.
pub(super) const FORMAT: &str = "distilled sentence encoder";

/// The SHA-256 of the embedded file, in hex: written down, since it takes longer to compute than
/// the file to open.
pub(super) const SHA256: &str = "4c20d3d1ba81aa143de1700732af71c812e0e132a5fb273c5a21622271589818";

/// The name of the embedded model.
///
/// # Panics
/// Never: it is a plain name.
#[must_use]
pub fn embedded_name() -> Name {
    Name::new("vector model", EMBEDDED).expect("a plain name")
}

/// What a folder's manifest would say of it.
#[must_use]
pub fn embedded_manifest() -> Manifest {
    let vectors = StaticVectors::embedded();
    let origin = vectors.origin();
    let source = Source {
        file: origin.encoder.clone(),
        format: FORMAT.to_owned(),
        sha256: origin.sha256.clone(),
    };
    let size = StaticVectors::embedded_bytes().len() as u64;
    let file = FileRecord { size, sha256: SHA256.to_owned() };
    Manifest::new(
        ModelKind::Static,
        (Some(vectors.len()), vectors.dims()),
        source,
        origin.licence.clone(),
        BTreeMap::from([(STATIC_FILE.to_owned(), file)]),
    )
}

/// Refuses the embedded model's name for another.
///
/// # Errors
/// When `name` is it.
pub(super) fn refuse(name: &Name) -> Result<()> {
    if name.as_str() != EMBEDDED {
        return Ok(());
    }
    Err(Error::new(format!("`{EMBEDDED}` is the vector model that mentorpal itself holds"))
        .hint("choose another name with --name"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sha256;

    #[test]
    fn the_digest_that_is_written_down_is_that_of_the_file() {
        assert_eq!(sha256::digest(StaticVectors::embedded_bytes()), SHA256);
    }
}
