//! A reader for the HDF5 files that Keras writes: groups, string attributes, and contiguous arrays
//! of numbers.
//!
//! Supports superblock versions 0 to 3, groups with symbol tables or links, and object headers of
//! versions 1 and 2, as defined by the [HDF5 file format specification, version 3]. Rejects chunked
//! and compressed arrays, external links, and the structures of very large groups. Every offset is
//! checked against the length of the file, and the bytes read are counted, so that circular
//! structures terminate and memory use stays within the size of the file.
//!
//! The available pure-Rust readers support far more. The most careful one decodes all strings of a
//! group's attributes at once: a file of 180 KiB took 350 MB of memory.
//!
//! [HDF5 file format specification, version 3]: https://support.hdfgroup.org/documentation/hdf5/latest/_f_m_t3.html

mod data;
mod group;
mod header;
mod source;

pub(super) use data::Array;
use header::Message;
use source::Source;

use super::cursor::Cursor;
use crate::error::{Error, ErrorKind, Result};

const SIGNATURE: &[u8] = b"\x89HDF\r\n\x1a\n";

/// An open HDF5 file.
#[derive(Debug)]
pub(super) struct Hdf5<'a> {
    source: Source<'a>,
    root: u64,
}

/// A group or a dataset.
#[derive(Debug)]
pub(super) struct Object<'f, 'a> {
    source: &'f Source<'a>,
    messages: Vec<Message<'a>>,
}

impl<'a> Hdf5<'a> {
    /// Reads the superblock of a file.
    ///
    /// # Errors
    /// If the file is not an HDF5 file, or uses a feature that Keras does not.
    pub(super) fn open(bytes: &'a [u8]) -> Result<Self> {
        let mut cursor = Cursor::new(bytes);
        if bytes.len() < SIGNATURE.len() || cursor.take(SIGNATURE.len())? != SIGNATURE {
            return Err(Error::new("not an HDF5 file").with_kind(ErrorKind::Unsupported));
        }
        let version = cursor.u8()?;
        let root = match version {
            0 | 1 => {
                cursor.take(4)?;
                let widths = [cursor.u8()?, cursor.u8()?];
                cursor.take(if version == 0 { 9 } else { 13 })?;
                check_layout(widths, cursor.u64()?)?;
                cursor.take(3 * 8 + 8)?;
                cursor.u64()?
            }
            2 | 3 => {
                let widths = [cursor.u8()?, cursor.u8()?];
                cursor.u8()?;
                check_layout(widths, cursor.u64()?)?;
                cursor.take(2 * 8)?;
                cursor.u64()?
            }
            _ => {
                let message = format!("HDF5 superblock version {version}, expected 0 to 3");
                return Err(Error::new(message).with_kind(ErrorKind::Unsupported));
            }
        };
        Ok(Self { source: Source::new(bytes), root })
    }

    /// Returns the root group.
    ///
    /// # Errors
    /// If the file has no valid root group.
    pub(super) fn root(&self) -> Result<Object<'_, 'a>> {
        Object::at(&self.source, self.root)
    }
}

impl<'f, 'a> Object<'f, 'a> {
    fn at(source: &'f Source<'a>, address: u64) -> Result<Self> {
        Ok(Self { source, messages: header::read(source, address)? })
    }

    /// Returns the object at `path`, whose names are separated by `/`; `None` if it does not exist.
    ///
    /// # Errors
    /// If a group on the path is corrupt.
    pub(super) fn child(&self, path: &str) -> Result<Option<Self>> {
        let mut address = None;
        for name in path.split('/').filter(|name| !name.is_empty()) {
            let found = match address {
                None => group::child(self.source, &self.messages, name)?,
                Some(address) => {
                    let messages = header::read(self.source, address)?;
                    group::child(self.source, &messages, name)?
                }
            };
            let Some(found) = found else { return Ok(None) };
            address = Some(found);
        }
        address.map(|address| Self::at(self.source, address)).transpose()
    }

    /// Returns the strings of the attribute `name`; `None` if it does not exist.
    ///
    /// # Errors
    /// If the attribute does not contain strings, or is corrupt.
    pub(super) fn strings(&self, name: &str) -> Result<Option<Vec<&'a str>>> {
        data::strings(self.source, &self.messages, name)
    }

    /// Returns the numbers of this dataset.
    ///
    /// # Errors
    /// If the object is not a dataset of little-endian `f32` or `f64`, or if it is not contiguous,
    /// or corrupt.
    pub(super) fn numbers(&self) -> Result<Array> {
        data::numbers(self.source, &self.messages)
    }
}

/// Checks that offsets and lengths have 8 bytes and that the file begins at byte 0.
fn check_layout(widths: [u8; 2], base: u64) -> Result<()> {
    if widths == [8, 8] && base == 0 {
        return Ok(());
    }
    Err(Error::new(format!(
        "HDF5 with offsets and lengths of {widths:?} bytes and base address {base}, expected [8, 8] and 0"
    )))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Returns a file whose root has only the attribute `names`: `count` strings that are all the
    /// same `length` bytes of a heap at the end of the file.
    fn repeating(count: u16, length: u32) -> Vec<u8> {
        let elements = usize::from(count) * 16;
        let message = 9 + 6 + 16 + 12 + elements;
        let heap = 48 + 10 + 4 + message + 4;
        let mut file = [SIGNATURE, &[2, 8, 8, 0], &[0; 8], &[0xff; 8], &[0; 8]].concat();
        file.extend([48_u64.to_le_bytes().as_slice(), &[0; 4], b"OHDR\x02\x02"].concat());
        file.extend((4 + message as u32).to_le_bytes());
        file.extend([&[0x0c], (message as u16).to_le_bytes().as_slice(), &[0]].concat());
        // The attribute: name, type (strings on a heap), shape.
        file.extend(b"\x03\0\x06\0\x10\0\x0c\0\0names\0");
        file.extend([&[0x19, 1, 0, 0, 16, 0, 0, 0], [0; 8].as_slice()].concat());
        file.extend([&[2, 1, 0, 1], u64::from(count).to_le_bytes().as_slice()].concat());
        for _ in 0..count {
            file.extend(length.to_le_bytes());
            file.extend((heap as u64).to_le_bytes());
            file.extend(1_u32.to_le_bytes());
        }
        file.extend([0; 4]);
        assert_eq!(file.len(), heap);
        file.extend(b"GCOL\x01\0\0\0");
        file.extend((32 + u64::from(length)).to_le_bytes());
        file.extend([1, 0, 1, 0, 0, 0, 0, 0]);
        file.extend(u64::from(length).to_le_bytes());
        file.extend(vec![b'x'; length as usize]);
        file
    }

    #[test]
    fn shared_strings_are_read() {
        let bytes = repeating(3, 8);
        let file = Hdf5::open(&bytes).unwrap();
        let root = file.root().unwrap();
        assert_eq!(root.strings("names").unwrap(), Some(vec!["xxxxxxxx"; 3]));
        assert_eq!(root.strings("other").unwrap(), None);
        assert!(root.child("other").unwrap().is_none());
        assert!(root.numbers().is_err());
    }

    #[test]
    fn strings_much_larger_than_the_file_are_rejected() {
        let bytes = repeating(4000, 16 << 10);
        let file = Hdf5::open(&bytes).unwrap();
        let error = file.root().unwrap().strings("names").unwrap_err();
        assert!(error.reason().ends_with("more than 4 MiB without the arrays"), "{error}");
    }
}
