//! HDF5 files, as far as Keras writes them: groups, attributes that are texts, and arrays of
//! numbers in one piece.
//!
//! Superblock versions 0 to 3, groups with symbol tables or links, object headers of version 1
//! and 2 are read, by the [HDF5 file format specification, version 3]. Chunks, compression, links
//! out of the file and what only huge groups need are refused. Nothing is believed: every place
//! is compared with the file's length, and what is read is counted, so that no walk is endless
//! and nothing outgrows the file.
//!
//! The pure-Rust readers there are do far more. The most careful of them that was tried decodes
//! every text of a group's attributes at once: a file of 180 KiB took 350 MB.
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
use crate::error::{Error, Result};

const SIGNATURE: &[u8] = b"\x89HDF\r\n\x1a\n";

/// An HDF5 file.
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
    /// Reads the file's beginning.
    ///
    /// # Errors
    /// When it is no HDF5 file, or one of a kind that Keras does not write.
    pub(super) fn open(bytes: &'a [u8]) -> Result<Self> {
        let mut cursor = Cursor::new(bytes);
        if bytes.len() < SIGNATURE.len() || cursor.take(SIGNATURE.len())? != SIGNATURE {
            return Err(Error::new("not an HDF5 file"));
        }
        let version = cursor.u8()?;
        let root = match version {
            0 | 1 => {
                cursor.take(4)?;
                let widths = [cursor.u8()?, cursor.u8()?];
                cursor.take(if version == 0 { 9 } else { 13 })?;
                check(widths, cursor.u64()?)?;
                cursor.take(3 * 8 + 8)?;
                cursor.u64()?
            }
            2 | 3 => {
                let widths = [cursor.u8()?, cursor.u8()?];
                cursor.u8()?;
                check(widths, cursor.u64()?)?;
                cursor.take(2 * 8)?;
                cursor.u64()?
            }
            _ => return Err(Error::new(format!("HDF5 superblock version {version}"))),
        };
        Ok(Self { source: Source::new(bytes), root })
    }

    /// The group that all lies in.
    ///
    /// # Errors
    /// When there is none.
    pub(super) fn root(&self) -> Result<Object<'_, 'a>> {
        Object::at(&self.source, self.root)
    }
}

impl<'f, 'a> Object<'f, 'a> {
    fn at(source: &'f Source<'a>, address: u64) -> Result<Self> {
        Ok(Self { source, messages: header::read(source, address)? })
    }

    /// The child at `path`, names separated by `/`; `None` where there is none.
    ///
    /// # Errors
    /// When the way there is damaged.
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

    /// The texts of the attribute `name`, none where it is empty; `None` where there is no such
    /// attribute.
    ///
    /// # Errors
    /// When it holds others than texts, or is damaged.
    pub(super) fn texts(&self, name: &str) -> Result<Option<Vec<&'a str>>> {
        data::texts(self.source, &self.messages, name)
    }

    /// The numbers of this dataset.
    ///
    /// # Errors
    /// When it is none, not of little-endian `f32` or `f64`, not in one piece, or damaged.
    pub(super) fn numbers(&self) -> Result<Array> {
        data::numbers(self.source, &self.messages)
    }
}

/// Addresses and lengths of other than 8 bytes and files within files do not occur.
fn check(widths: [u8; 2], base: u64) -> Result<()> {
    if widths == [8, 8] && base == 0 {
        return Ok(());
    }
    Err(Error::new(format!("HDF5 with numbers of {widths:?} bytes that begins at byte {base}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A file whose root has only the attribute `names`: `count` texts of which each is the same
    /// `length` bytes of a heap at the file's end.
    fn repeating(count: u16, length: u32) -> Vec<u8> {
        let elements = usize::from(count) * 16;
        let message = 9 + 6 + 16 + 12 + elements;
        let heap = 48 + 10 + 4 + message + 4;
        let mut file = [SIGNATURE, &[2, 8, 8, 0], &[0; 8], &[0xff; 8], &[0; 8]].concat();
        file.extend([48_u64.to_le_bytes().as_slice(), &[0; 4], b"OHDR\x02\x02"].concat());
        file.extend((4 + message as u32).to_le_bytes());
        file.extend([&[0x0c], (message as u16).to_le_bytes().as_slice(), &[0]].concat());
        // The attribute: its name, a type (texts on a heap), a shape.
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
    fn texts_that_are_shared_are_read() {
        let bytes = repeating(3, 8);
        let file = Hdf5::open(&bytes).unwrap();
        let root = file.root().unwrap();
        assert_eq!(root.texts("names").unwrap(), Some(vec!["xxxxxxxx"; 3]));
        assert_eq!(root.texts("other").unwrap(), None);
        assert!(root.child("other").unwrap().is_none());
        assert!(root.numbers().is_err());
    }

    #[test]
    fn texts_that_come_to_far_more_than_the_file_are_refused() {
        let bytes = repeating(4000, 16 << 10);
        let file = Hdf5::open(&bytes).unwrap();
        let error = file.root().unwrap().texts("names").unwrap_err();
        assert!(error.reason().ends_with("more than 4 MiB besides its numbers"), "{error}");
    }
}
