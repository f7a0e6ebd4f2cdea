//! SHA-256 digests in lower-case hex.

use sha2::{Digest, Sha256};

/// Returns the SHA-256 digest of `bytes` in lower-case hex.
///
/// ```
/// // FIPS 180-2, appendix B.1
/// let abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
/// assert_eq!(mentorpal::sha256::digest(b"abc"), abc);
/// ```
#[must_use]
pub fn digest(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

/// Returns whether `text` is a SHA-256 digest in hex.
#[must_use]
pub(crate) fn is_digest(text: &str) -> bool {
    text.len() == 64 && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// Returns `bytes` as lower-case hex digits.
#[must_use]
pub(crate) fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write;
    bytes.iter().fold(String::with_capacity(2 * bytes.len()), |mut out, byte| {
        let _ = write!(out, "{byte:02x}");
        out
    })
}

/// Reads `reader` to its end and returns the SHA-256 digest in lower-case hex.
///
/// # Errors
/// If reading fails.
pub(crate) fn digest_of(mut reader: impl std::io::Read) -> std::io::Result<String> {
    let mut hasher = Sha256::new();
    let mut buffer = vec![0; 1 << 16];
    loop {
        match reader.read(&mut buffer)? {
            0 => return Ok(hex(&hasher.finalize())),
            length => hasher.update(&buffer[..length]),
        }
    }
}
