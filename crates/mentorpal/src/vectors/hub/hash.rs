//! The hashes by which the Hub identifies the content of files. They are the names of files in the
//! cache.

use std::fmt;
use std::io::{self, Read};

use sha1::{Digest, Sha1};

use crate::sha256;

/// The hash of a file's content, as the Hub gives it. For large files it is the SHA-256; for all
/// others it is git's blob hash: the SHA-1 of `blob <size>`, a zero byte, and the content.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Hash {
    /// The SHA-256 in lower-case hex.
    Sha256(String),
    /// Git's blob hash in lower-case hex.
    GitBlob(String),
}

impl Hash {
    /// Parses a hash, with or without the quotes of an `ETag`. A parsed hash is always safe as a
    /// file name.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let text = text.strip_prefix("W/").unwrap_or(text).trim_matches('"');
        if !text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f')) {
            return None;
        }
        match text.len() {
            64 => Some(Self::Sha256(text.to_owned())),
            40 => Some(Self::GitBlob(text.to_owned())),
            _ => None,
        }
    }

    /// Computes the hash of the same kind for the `size` bytes in `reader`.
    ///
    /// # Errors
    /// If the content cannot be read.
    pub(super) fn compute_same_kind(&self, size: u64, mut reader: impl Read) -> io::Result<Self> {
        if let Self::Sha256(_) = self {
            return sha256::digest_of(reader).map(Self::Sha256);
        }
        let mut hasher = Sha1::new();
        hasher.update(format!("blob {size}\0"));
        let mut buffer = vec![0; 1 << 16];
        loop {
            match reader.read(&mut buffer)? {
                0 => return Ok(Self::GitBlob(sha256::hex(&hasher.finalize()))),
                length => hasher.update(&buffer[..length]),
            }
        }
    }

    /// The hash alone, in hex.
    pub(super) fn hex(&self) -> &str {
        match self {
            Self::Sha256(hex) | Self::GitBlob(hex) => hex,
        }
    }
}

impl fmt::Display for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sha256(hex) => write!(f, "SHA-256 {hex}"),
            Self::GitBlob(hex) => write!(f, "git hash {hex}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // FIPS 180-2, appendix B.1; `printf abc | git hash-object --stdin`.
    const SHA256: &str = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
    const GIT: &str = "f2ba8f84ab5c1bce84a7b441cb1959cfc7093b7f";

    #[test]
    fn content_is_identified_by_its_hash() {
        for text in [SHA256, GIT] {
            for quoted in [text.to_owned(), format!("\"{text}\""), format!("W/\"{text}\"")] {
                let hash = Hash::parse(&quoted).unwrap();
                assert_eq!(hash.hex(), text);
                assert_eq!(hash.compute_same_kind(3, &b"abc"[..]).unwrap(), hash);
                assert_ne!(hash.compute_same_kind(3, &b"abd"[..]).unwrap(), hash);
            }
        }
    }

    #[test]
    fn other_text_is_not_a_hash() {
        let upper = GIT.to_ascii_uppercase();
        let path = format!("../{}", &GIT[3..]);
        for text in
            ["", "\"\"", "..", &GIT[1..], &upper, &path, "d41d8cd98f00b204e9800998ecf8427e-2"]
        {
            assert_eq!(Hash::parse(text), None, "{text}");
        }
    }
}
