//! A bounds-checked cursor over untrusted bytes.

use crate::error::{Error, Result};

/// A read position in a byte slice. Numbers are little-endian.
#[derive(Clone, Debug)]
pub(super) struct Cursor<'a> {
    bytes: &'a [u8],
    /// The offset of the bytes in the file, for messages.
    start: usize,
    at: usize,
}

impl<'a> Cursor<'a> {
    /// Returns a cursor at the beginning of a file.
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, start: 0, at: 0 }
    }

    /// Returns a cursor at the beginning of `bytes`, which are at offset `start` in the file.
    pub(super) fn within(bytes: &'a [u8], start: usize) -> Self {
        Self { bytes, start, at: 0 }
    }

    /// Returns the current offset in the file.
    pub(super) fn offset(&self) -> usize {
        self.start + self.at
    }

    /// Returns the number of remaining bytes.
    pub(super) fn left(&self) -> usize {
        self.bytes.len() - self.at
    }

    /// Reads `count` bytes.
    pub(super) fn take(&mut self, count: usize) -> Result<&'a [u8]> {
        let left = &self.bytes[self.at..];
        if count > left.len() {
            let offset = self.offset();
            let message =
                format!("byte {offset}: expected {count} more bytes, {} are left", left.len());
            return Err(Error::new(message));
        }
        self.at += count;
        Ok(&left[..count])
    }

    /// Reads `N` bytes.
    pub(super) fn array<const N: usize>(&mut self) -> Result<[u8; N]> {
        let mut array = [0; N];
        array.copy_from_slice(self.take(N)?);
        Ok(array)
    }

    /// Reads the bytes before the next byte `end`, and skips `end`.
    pub(super) fn take_until(&mut self, end: u8) -> Result<&'a [u8]> {
        let offset = self.offset();
        let length = self.bytes[self.at..].iter().position(|&byte| byte == end);
        let length =
            length.ok_or_else(|| Error::new(format!("byte {offset}: unterminated string")))?;
        let taken = self.take(length)?;
        self.at += 1;
        Ok(taken)
    }

    pub(super) fn u8(&mut self) -> Result<u8> {
        Ok(u8::from_le_bytes(self.array()?))
    }

    pub(super) fn u16(&mut self) -> Result<u16> {
        Ok(u16::from_le_bytes(self.array()?))
    }

    pub(super) fn u32(&mut self) -> Result<u32> {
        Ok(u32::from_le_bytes(self.array()?))
    }

    pub(super) fn u64(&mut self) -> Result<u64> {
        Ok(u64::from_le_bytes(self.array()?))
    }
}
