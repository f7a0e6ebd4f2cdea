//! The hashes that the Hub says of files, and by which they are called in its cache.

use std::fmt;
use std::io::{self, Read};

use sha1::{Digest, Sha1};

use crate::sha256;

/// What the Hub says of a file's content. It gives a large file's SHA-256, and what git calls any
/// other: the SHA-1 of `blob <size>`, a zero byte, and the content.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Hash {
    /// In lower-case hex.
    Sha256(String),
    /// In lower-case hex.
    GitBlob(String),
}

impl Hash {
    /// Reads a hash, as an `ETag` quotes it or plain; nothing else passes, so it is a file's name.
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

    /// What the content of `size` bytes in `reader` has, of the same kind.
    ///
    /// # Errors
    /// If it cannot be read.
    pub(super) fn of_same_kind(&self, size: u64, mut reader: impl Read) -> io::Result<Self> {
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
    fn content_is_told_by_its_hash() {
        for text in [SHA256, GIT] {
            for quoted in [text.to_owned(), format!("\"{text}\""), format!("W/\"{text}\"")] {
                let hash = Hash::parse(&quoted).unwrap();
                assert_eq!(hash.hex(), text);
                assert_eq!(hash.of_same_kind(3, &b"abc"[..]).unwrap(), hash);
                assert_ne!(hash.of_same_kind(3, &b"abd"[..]).unwrap(), hash);
            }
        }
    }

    #[test]
    fn what_is_no_hash_names_no_file() {
        let upper = GIT.to_ascii_uppercase();
        let path = format!("../{}", &GIT[3..]);
        for text in
            ["", "\"\"", "..", &GIT[1..], &upper, &path, "d41d8cd98f00b204e9800998ecf8427e-2"]
        {
            assert_eq!(Hash::parse(text), None, "{text}");
        }
    }
}
