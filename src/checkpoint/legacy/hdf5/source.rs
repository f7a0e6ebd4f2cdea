//! The bytes of a file, and how much of them may still be read.

use std::cell::Cell;

use crate::checkpoint::legacy::cursor::Cursor;
use crate::error::{Error, Result};

/// How many bytes of structure may be read in all, however often each. A model's are some 20 KiB.
const MAX_STRUCTURE: usize = 4 << 20;

/// A file whose structures may point anywhere, in circles too: what is read is counted, so that
/// every walk ends and nothing that is kept outgrows the file.
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

    /// `length` bytes of structure at `address`.
    pub(super) fn structure(&self, address: u64, length: u64) -> Result<Cursor<'a>> {
        let bytes = self.region(address, length)?;
        self.count_structure(bytes.len())?;
        Ok(Cursor::within(bytes, address as usize))
    }

    /// `length` bytes of an array at `address`.
    pub(super) fn data(&self, address: u64, length: u64) -> Result<&'a [u8]> {
        let bytes = self.region(address, length)?;
        self.count_data(bytes.len())?;
        Ok(bytes)
    }

    /// `length` bytes at `address`, to be counted as they are read.
    pub(super) fn region(&self, address: u64, length: u64) -> Result<&'a [u8]> {
        let outside = || {
            let message = format!(
                "byte {address}: {length} bytes expected, the file has {}",
                self.bytes.len()
            );
            Error::new(message)
        };
        let start = usize::try_from(address).map_err(|_| outside())?;
        let length = usize::try_from(length).map_err(|_| outside())?;
        let end = start.checked_add(length).ok_or_else(outside)?;
        self.bytes.get(start..end).ok_or_else(outside)
    }

    /// Counts bytes of structure.
    pub(super) fn count_structure(&self, bytes: usize) -> Result<()> {
        let left = self.structure_left.get().checked_sub(bytes);
        self.structure_left.set(left.ok_or_else(|| {
            Error::new(format!("more than {} MiB besides its numbers", MAX_STRUCTURE >> 20))
        })?);
        Ok(())
    }

    /// Counts bytes of arrays.
    pub(super) fn count_data(&self, bytes: usize) -> Result<()> {
        let left = self.data_left.get().checked_sub(bytes);
        self.data_left.set(left.ok_or_else(|| Error::new("more numbers than the file has bytes"))?);
        Ok(())
    }
}
