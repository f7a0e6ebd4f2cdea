//! Files of tensors in the safetensors format (<https://github.com/huggingface/safetensors>): 8 bytes
//! with the length of the head, the head in JSON, and the tensors end to end.
//!
//! Reading compares every size in the head with the length of the file, before memory is allocated.
//! The errors have no location and no hint; callers add those of their file.

use std::collections::{BTreeMap, HashMap};
use std::fmt::Display;
use std::ops::Range;

pub(crate) use safetensors::tensor::Dtype;
use safetensors::tensor::{Metadata, TensorInfo, TensorView, serialize};

use crate::error::{Error, Result};

/// The longest head, in bytes, as the format defines it.
const MAX_HEAD: u64 = 100_000_000;

/// The head of a file: the type, the shape and the place of each tensor.
#[derive(Debug)]
pub(crate) struct TensorIndex {
    metadata: Metadata,
    /// The offset of the first tensor in the file, in bytes.
    start: u64,
}

/// One tensor of a file.
#[derive(Debug)]
pub(crate) struct TensorPlace<'a> {
    name: &'a str,
    pub(crate) shape: &'a [usize],
    /// Its place in the file, in bytes; as long as type and shape require.
    pub(crate) range: Range<u64>,
}

impl TensorIndex {
    /// Returns the place of the head in a file of `size` bytes that begins with `bytes`, which are at
    /// least the first 8 or the whole file.
    ///
    /// # Errors
    /// If the file is shorter than its head, or its head is longer than 100 MB.
    pub(crate) fn head(bytes: &[u8], size: u64) -> Result<Range<u64>> {
        let (length, _) = bytes.split_first_chunk().ok_or_else(|| Error::new("not safetensors"))?;
        let length = u64::from_le_bytes(*length);
        if length > size.saturating_sub(8) {
            return Err(Error::new("the header is longer than the file"));
        }
        if length > MAX_HEAD {
            let what = format!("the header has {length} bytes, expected at most {MAX_HEAD}");
            return Err(Error::new(what));
        }
        Ok(8..8 + length)
    }

    /// Parses the `head` of a file of `size` bytes.
    ///
    /// # Errors
    /// If it is not a head, or the tensors that it lists are not contiguous, are not as long as their
    /// types and shapes require, or end before or after the file.
    pub(crate) fn parse(head: &[u8], size: u64) -> Result<Self> {
        let metadata: Metadata =
            serde_json::from_slice(head).map_err(|e| Error::new("not safetensors").caused_by(e))?;
        let start = 8 + head.len() as u64;
        if start.checked_add(metadata.data_len() as u64) != Some(size) {
            return Err(Error::new("the size of the file does not match its header"));
        }
        Ok(Self { metadata, start })
    }

    /// Returns the text `key` of the file's metadata.
    pub(crate) fn text(&self, key: &str) -> Option<&str> {
        self.metadata.metadata().as_ref()?.get(key).map(String::as_str)
    }

    /// Returns whether the file has the tensor `name`.
    pub(crate) fn contains(&self, name: &str) -> bool {
        self.metadata.info(name).is_some()
    }

    /// Returns the place of the tensor `name`.
    ///
    /// # Errors
    /// If the tensor is missing or has another type than `dtype`.
    pub(crate) fn find<'a>(&'a self, name: &'a str, dtype: Dtype) -> Result<TensorPlace<'a>> {
        let Some(TensorInfo { dtype: found, shape, data_offsets: (start, end) }) =
            self.metadata.info(name)
        else {
            return Err(Error::new(format!("no tensor `{name}`")));
        };
        if *found != dtype {
            return Err(Error::new(format!("`{name}` is {found:?}, expected {dtype:?}")));
        }
        let range = self.start + *start as u64..self.start + *end as u64;
        Ok(TensorPlace { name, shape, range })
    }
}

impl TensorPlace<'_> {
    /// Returns `self` if the tensor has the shape `shape`.
    ///
    /// # Errors
    /// If the tensor has another shape.
    pub(crate) fn with_shape(self, shape: &[usize]) -> Result<Self> {
        if self.shape == shape { Ok(self) } else { Err(self.misshapen(format!("{shape:?}"))) }
    }

    /// Returns the error for a tensor whose shape is not `expected`.
    pub(crate) fn misshapen(&self, expected: impl Display) -> Error {
        let Self { name, shape, .. } = self;
        Error::new(format!("`{name}` has the shape {shape:?}, expected {expected}"))
    }
}

/// A file in memory. Tensors are borrowed from it.
#[derive(Debug)]
pub(crate) struct TensorFile<'a> {
    index: TensorIndex,
    bytes: &'a [u8],
}

impl<'a> TensorFile<'a> {
    /// Reads the head of a file with the content `bytes`.
    ///
    /// # Errors
    /// The errors of [`TensorIndex::head`] and [`TensorIndex::parse`].
    pub(crate) fn read(bytes: &'a [u8]) -> Result<Self> {
        let size = bytes.len() as u64;
        let head = TensorIndex::head(bytes, size)?;
        Ok(Self { index: TensorIndex::parse(part(bytes, &head), size)?, bytes })
    }

    /// The head of the file.
    pub(crate) fn index(&self) -> &TensorIndex {
        &self.index
    }

    /// Returns the bytes of a tensor of this file.
    pub(crate) fn bytes(&self, place: &TensorPlace) -> &'a [u8] {
        part(self.bytes, &place.range)
    }

    /// Returns the numbers of the `f32` tensor `name`, which must have the shape `shape`.
    ///
    /// # Errors
    /// If the tensor is missing, or has another type or shape.
    pub(crate) fn f32(&self, name: &str, shape: &[usize]) -> Result<Vec<f32>> {
        let place = self.index.find(name, Dtype::F32)?.with_shape(shape)?;
        Ok(numbers(self.bytes(&place), f32::from_le_bytes))
    }

    /// Returns the numbers of the `u32` tensor `name`, of any shape.
    ///
    /// # Errors
    /// If the tensor is missing or has another type.
    pub(crate) fn u32(&self, name: &str) -> Result<Vec<u32>> {
        Ok(numbers(self.bytes(&self.index.find(name, Dtype::U32)?), u32::from_le_bytes))
    }

    /// Returns the numbers of the `u8` tensor `name`, of any shape.
    ///
    /// # Errors
    /// If the tensor is missing or has another type.
    pub(crate) fn u8(&self, name: &str) -> Result<&'a [u8]> {
        Ok(self.bytes(&self.index.find(name, Dtype::U8)?))
    }
}

/// Returns the part of a file at `range`, which lies within the file.
fn part<'a>(file: &'a [u8], range: &Range<u64>) -> &'a [u8] {
    &file[range.start as usize..range.end as usize]
}

fn numbers<T>(bytes: &[u8], number: impl Fn([u8; 4]) -> T) -> Vec<T> {
    bytes.as_chunks().0.iter().map(|bytes| number(*bytes)).collect()
}

/// The content of a file to write: tensors by name, and metadata.
#[derive(Debug, Default)]
pub(crate) struct TensorWriter {
    tensors: BTreeMap<String, (Dtype, Vec<usize>, Vec<u8>)>,
    texts: Option<HashMap<String, String>>,
}

impl TensorWriter {
    /// Adds an `f32` tensor of the shape `shape`.
    pub(crate) fn put_f32(&mut self, name: &str, shape: &[usize], numbers: &[f32]) {
        let bytes = numbers.iter().flat_map(|number| number.to_le_bytes()).collect();
        self.put(name, Dtype::F32, shape, bytes);
    }

    /// Adds a one-dimensional `u32` tensor.
    pub(crate) fn put_u32(&mut self, name: &str, numbers: &[u32]) {
        let bytes = numbers.iter().flat_map(|number| number.to_le_bytes()).collect();
        self.put(name, Dtype::U32, &[numbers.len()], bytes);
    }

    /// Adds a one-dimensional `u8` tensor.
    pub(crate) fn put_u8(&mut self, name: &str, numbers: &[u8]) {
        self.put(name, Dtype::U8, &[numbers.len()], numbers.to_vec());
    }

    /// Adds a tensor with the little-endian numbers `bytes`.
    pub(crate) fn put(&mut self, name: &str, dtype: Dtype, shape: &[usize], bytes: Vec<u8>) {
        self.tensors.insert(name.to_owned(), (dtype, shape.to_vec(), bytes));
    }

    /// Adds a text to the file's metadata.
    pub(crate) fn put_text(&mut self, key: &str, text: String) {
        self.texts.get_or_insert_default().insert(key.to_owned(), text);
    }

    /// Returns the file's content, which is the same for the same tensors and at most one text.
    ///
    /// # Errors
    /// If serialization fails, which only an enormous model can cause.
    pub(crate) fn to_bytes(&self) -> Result<Vec<u8>> {
        let failed = |e| Error::new("cannot serialize the tensors").caused_by(e);
        let mut views = Vec::new();
        for (name, (dtype, shape, bytes)) in &self.tensors {
            let view = TensorView::new(*dtype, shape.clone(), bytes).map_err(failed)?;
            views.push((name, view));
        }
        serialize(views, self.texts.clone()).map_err(failed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A file written by hand: one `f32` tensor `x` of the shape `[2]`.
    fn file(head: &str, numbers: &[f32]) -> Vec<u8> {
        let mut bytes = (head.len() as u64).to_le_bytes().to_vec();
        bytes.extend(head.as_bytes());
        bytes.extend(numbers.iter().flat_map(|number| number.to_le_bytes()));
        bytes
    }

    const HEAD: &str = r#"{"x":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}"#;

    #[test]
    fn a_file_written_by_hand_is_read() {
        let bytes = file(HEAD, &[0.5, -2.0]);
        let read = TensorFile::read(&bytes).unwrap();
        assert_eq!(read.f32("x", &[2]).unwrap(), [0.5, -2.0]);
        assert!(read.index().contains("x") && !read.index().contains("y"));
        assert_eq!(read.index().text("key"), None);
    }

    #[test]
    fn what_is_written_is_read_again() {
        let mut writer = TensorWriter::default();
        writer.put_f32("f", &[2, 1], &[1.0, f32::MIN_POSITIVE]);
        writer.put_u32("u", &[7, u32::MAX]);
        writer.put_u8("b", b"bytes");
        writer.put("i", Dtype::I8, &[1, 2], vec![255, 1]);
        writer.put_text("key", "text".to_owned());
        let bytes = writer.to_bytes().unwrap();
        let read = TensorFile::read(&bytes).unwrap();
        assert_eq!(read.f32("f", &[2, 1]).unwrap(), [1.0, f32::MIN_POSITIVE]);
        assert_eq!(read.u32("u").unwrap(), [7, u32::MAX]);
        assert_eq!(read.u8("b").unwrap(), b"bytes");
        let place = read.index().find("i", Dtype::I8).unwrap();
        assert_eq!((place.shape, read.bytes(&place)), (&[1, 2][..], &[255, 1][..]));
        assert_eq!(read.index().text("key"), Some("text"));
    }

    #[test]
    fn tensors_of_another_type_or_shape_are_refused_by_name() {
        let bytes = file(HEAD, &[0.5, -2.0]);
        let read = TensorFile::read(&bytes).unwrap();
        for (error, expected) in [
            (read.u32("x").unwrap_err(), "`x` is F32, expected U32"),
            (read.f32("x", &[1, 2]).unwrap_err(), "`x` has the shape [2], expected [1, 2]"),
            (read.u8("y").unwrap_err(), "no tensor `y`"),
        ] {
            assert_eq!(error.to_string(), expected);
        }
    }

    #[test]
    fn files_of_another_length_than_their_head_says_are_refused() {
        let whole = file(HEAD, &[0.5, -2.0]);
        for end in 0..whole.len() {
            assert!(TensorFile::read(&whole[..end]).is_err(), "the first {end} bytes");
        }
        assert!(TensorFile::read(&[&whole[..], b"x"].concat()).is_err());
        let mut endless = whole;
        endless[..8].fill(0xff);
        let error = TensorFile::read(&endless).unwrap_err();
        assert_eq!(error.to_string(), "the header is longer than the file");
        // The head is refused before it is read.
        assert!(TensorIndex::head(&(MAX_HEAD + 1).to_le_bytes(), u64::MAX).is_err());
        assert!(TensorIndex::head(&MAX_HEAD.to_le_bytes(), u64::MAX).is_ok());
    }
}
