//! The bytes of a file, with limits on how much may be read.

use std::cell::Cell;

use crate::checkpoint::legacy::cursor::Cursor;
use crate::error::{Error, Result};

/// The limit on structure bytes read, counting repeated reads. A model needs about 20 KiB.
const MAX_STRUCTURE: usize = 4 << 20;

/// An untrusted file. Its structures may point anywhere, even in circles. The bytes read are
/// counted, so that every traversal terminates and results are no larger than the file.
#[derive(Debug)]
pub(super) struct Source<'a> {
    bytes: &'a [u8],
    structure_left: Cell<usize>,
    data_left: Cell<usize>,
}

impl<'a> Source<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        let (structure_left, data_left) = (Cell::new(MAX_STRUCTURE), Cell::new(bytes.len()));
        Self { bytes, structure_left, data_left }
    }

    /// Reads `length` bytes of structure at `address`.
    pub(super) fn structure(&self, address: u64, length: u64) -> Result<Cursor<'a>> {
        let bytes = self.region(address, length)?;
        self.count_structure(bytes.len())?;
        Ok(Cursor::within(bytes, address as usize))
    }

    /// Reads `length` bytes of an array at `address`.
    pub(super) fn data(&self, address: u64, length: u64) -> Result<&'a [u8]> {
        let bytes = self.region(address, length)?;
        self.count_data(bytes.len())?;
        Ok(bytes)
    }

    /// Returns `length` bytes at `address` without counting them; the caller counts what it reads.
    pub(super) fn region(&self, address: u64, length: u64) -> Result<&'a [u8]> {
        let outside = || {
            let message = format!(
                "byte {address}: expected {length} bytes, but the file has {}",
                self.bytes.len()
            );
            Error::new(message)
        };
        let start = usize::try_from(address).map_err(|_| outside())?;
        let length = usize::try_from(length).map_err(|_| outside())?;
        let end = start.checked_add(length).ok_or_else(outside)?;
        self.bytes.get(start..end).ok_or_else(outside)
    }

    /// Counts structure bytes.
    ///
    /// # Errors
    /// If the limit is exceeded.
    pub(super) fn count_structure(&self, bytes: usize) -> Result<()> {
        let left = self.structure_left.get().checked_sub(bytes);
        self.structure_left.set(left.ok_or_else(|| {
            Error::new(format!("more than {} MiB without the arrays", MAX_STRUCTURE >> 20))
        })?);
        Ok(())
    }

    /// Counts array bytes.
    ///
    /// # Errors
    /// If they exceed the size of the file.
    pub(super) fn count_data(&self, bytes: usize) -> Result<()> {
        let left = self.data_left.get().checked_sub(bytes);
        self.data_left.set(left.ok_or_else(|| Error::new("the arrays are larger than the file"))?);
        Ok(())
    }
}
