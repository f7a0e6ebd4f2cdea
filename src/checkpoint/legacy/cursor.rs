//! Walking through bytes that may claim anything: every read is compared with what is left.

use crate::error::{Error, Result};

/// A place in some bytes. Numbers are little-endian.
#[derive(Clone, Debug)]
pub(super) struct Cursor<'a> {
    bytes: &'a [u8],
    /// Where the bytes begin in the file, for messages.
    start: usize,
    at: usize,
}

impl<'a> Cursor<'a> {
    /// At the beginning of a file.
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, start: 0, at: 0 }
    }

    /// At the beginning of `bytes`, which lie at `start` in the file.
    pub(super) fn within(bytes: &'a [u8], start: usize) -> Self {
        Self { bytes, start, at: 0 }
    }

    /// Where it is in the file.
    pub(super) fn offset(&self) -> usize {
        self.start + self.at
    }

    /// How many bytes are left.
    pub(super) fn left(&self) -> usize {
        self.bytes.len() - self.at
    }

    /// The next `count` bytes.
    pub(super) fn take(&mut self, count: usize) -> Result<&'a [u8]> {
        let left = &self.bytes[self.at..];
        if count > left.len() {
            let offset = self.offset();
            let message = format!("byte {offset}: {count} more expected, {} are left", left.len());
            return Err(Error::new(message));
        }
        self.at += count;
        Ok(&left[..count])
    }

    /// The next bytes, as many as `N`.
    pub(super) fn array<const N: usize>(&mut self) -> Result<[u8; N]> {
        let mut array = [0; N];
        array.copy_from_slice(self.take(N)?);
        Ok(array)
    }

    /// The bytes before the next `end`, which is passed over.
    pub(super) fn take_until(&mut self, end: u8) -> Result<&'a [u8]> {
        let offset = self.offset();
        let length = self.bytes[self.at..].iter().position(|&byte| byte == end);
        let length = length
            .ok_or_else(|| Error::new(format!("byte {offset}: text that does not end here")))?;
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
