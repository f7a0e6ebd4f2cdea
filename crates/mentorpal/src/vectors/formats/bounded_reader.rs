//! Sequential reading of a file of known size.

use std::io::{BufRead, ErrorKind, Read};

use super::{MAX_NUMBER, corrupt, corrupt_at};
use crate::error::{self, Error, Result};

/// A reader that counts the remaining bytes.
#[derive(Debug)]
pub(super) struct BoundedReader<R> {
    reader: R,
    left: u64,
    buffer: Vec<u8>,
}

impl<R: BufRead> BoundedReader<R> {
    /// Reads `reader`, which has `size` bytes.
    pub(super) fn new(reader: R, size: u64) -> Self {
        Self { reader, left: size, buffer: Vec::new() }
    }

    /// The number of bytes that are left.
    pub(super) fn left(&self) -> u64 {
        self.left
    }

    /// Returns the next `N` bytes.
    pub(super) fn exact<const N: usize>(&mut self) -> Result<[u8; N]> {
        let mut bytes = [0; N];
        self.fill(&mut bytes)?;
        Ok(bytes)
    }

    /// Returns the next little-endian `u32`.
    pub(super) fn u32(&mut self) -> Result<u32> {
        self.exact().map(u32::from_le_bytes)
    }

    /// Returns the next little-endian `u64`.
    pub(super) fn u64(&mut self) -> Result<u64> {
        self.exact().map(u64::from_le_bytes)
    }

    /// Returns the next `length` bytes.
    ///
    /// # Errors
    /// If fewer bytes are left; nothing is allocated in that case.
    pub(super) fn bytes(&mut self, length: u64) -> Result<Vec<u8>> {
        if length > self.left {
            return Err(unexpected_end());
        }
        let mut bytes = vec![0; length as usize];
        self.fill(&mut bytes)?;
        Ok(bytes)
    }

    /// Returns the bytes before the next `delimiter` and skips the delimiter; `None` if the
    /// delimiter is not within the next `limit` bytes.
    pub(super) fn until(&mut self, delimiter: u8, limit: usize) -> Result<Option<Vec<u8>>> {
        let found = self.line(delimiter, limit)?;
        Ok(found.and_then(|mut bytes| (bytes.pop() == Some(delimiter)).then_some(bytes)))
    }

    /// Returns the bytes up to and including the next `delimiter`, or up to the end of the file;
    /// `None` if they are more than `limit`.
    pub(super) fn line(&mut self, delimiter: u8, limit: usize) -> Result<Option<Vec<u8>>> {
        let mut bytes = Vec::new();
        let mut limited = (&mut self.reader).take(limit as u64 + 1);
        limited.read_until(delimiter, &mut bytes).map_err(read_error)?;
        self.left = self.left.saturating_sub(bytes.len() as u64);
        Ok((bytes.len() <= limit).then_some(bytes))
    }

    /// Appends the next `count` little-endian `f32` to `numbers`: the vector of `row`.
    ///
    /// # Errors
    /// If a number is not finite or too large, or the file ends.
    pub(super) fn vector(
        &mut self,
        row: usize,
        count: usize,
        numbers: &mut Vec<f32>,
    ) -> Result<()> {
        let mut buffer = std::mem::take(&mut self.buffer);
        buffer.resize(4 * count, 0);
        self.fill(&mut buffer)?;
        for (index, bytes) in buffer.as_chunks().0.iter().enumerate() {
            let number = f32::from_le_bytes(*bytes);
            check_number(number, row, index)?;
            numbers.push(number);
        }
        self.buffer = buffer;
        Ok(())
    }

    /// Checks that only white space is left.
    ///
    /// # Errors
    /// If anything else follows.
    pub(super) fn end(&mut self) -> Result<()> {
        loop {
            let bytes = self.reader.fill_buf().map_err(read_error)?;
            if bytes.is_empty() {
                return Ok(());
            }
            if !bytes.iter().all(u8::is_ascii_whitespace) {
                return Err(corrupt("the file has more words than its header declares")
                    .hint("the header is wrong; download the file again"));
            }
            let length = bytes.len();
            self.reader.consume(length);
        }
    }

    fn fill(&mut self, bytes: &mut [u8]) -> Result<()> {
        self.reader.read_exact(bytes).map_err(|error| match error.kind() {
            ErrorKind::UnexpectedEof => unexpected_end(),
            _ => read_error(error),
        })?;
        self.left = self.left.saturating_sub(bytes.len() as u64);
        Ok(())
    }
}

/// Checks the number at `index` (from 0) of the vector of `row`.
///
/// # Errors
/// If it is not finite, or its magnitude is above [`MAX_NUMBER`].
pub(super) fn check_number(number: f32, row: usize, index: usize) -> Result<()> {
    if number.abs() <= MAX_NUMBER {
        return Ok(());
    }
    let position = index + 1;
    let found = format!("number {position} of the vector is {number:e}");
    Err(corrupt_at(row, format!("{found}, expected a magnitude of at most {MAX_NUMBER:e}"))
        .hint("the file is corrupt; download it again"))
}

/// The error of a truncated file.
pub(super) fn unexpected_end() -> Error {
    corrupt("unexpected end of the file").hint("the file is truncated; download it again")
}

fn read_error(error: std::io::Error) -> Error {
    let kind = error::ErrorKind::of_io(&error);
    Error::new("cannot read the file").with_kind(kind).caused_by(error)
}
