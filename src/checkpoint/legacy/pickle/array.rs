//! numpy's arrays: a type, a shape, and bytes borrowed from the file.

use crate::error::{Error, Result};

/// What an array's elements are, little-endian.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Dtype {
    Float32,
    Float64,
    Int32,
    Int64,
    /// So many UCS-4 characters, shorter text filled up with zeros.
    Unicode(usize),
}

/// An array.
#[derive(Clone, Debug)]
pub(super) struct Array<'a> {
    pub(super) dtype: Dtype,
    pub(super) shape: Vec<usize>,
    /// Whether it lies column by column.
    pub(super) fortran: bool,
    /// As many as `dtype` and `shape` ask for.
    bytes: &'a [u8],
}

impl Dtype {
    /// The type that numpy calls `name`: `f8`, `<U12`.
    pub(super) fn parse(name: &str) -> Option<Self> {
        let name = name.strip_prefix(['<', '=', '|']).unwrap_or(name);
        Some(match name {
            "f4" => Self::Float32,
            "f8" => Self::Float64,
            "i4" => Self::Int32,
            "i8" => Self::Int64,
            _ => {
                let digits = name.strip_prefix('U')?;
                let plain = digits.bytes().all(|digit| digit.is_ascii_digit());
                Self::Unicode(digits.parse().ok().filter(|&length| plain && length > 0)?)
            }
        })
    }

    /// How many bytes an element has; `None` where that is no number of bytes.
    pub(super) fn size(self) -> Option<usize> {
        match self {
            Self::Float32 | Self::Int32 => Some(4),
            Self::Float64 | Self::Int64 => Some(8),
            Self::Unicode(length) => length.checked_mul(4),
        }
    }
}

/// How many bytes an array of this type and shape has; `None` where that is no number of bytes.
pub(super) fn byte_count(dtype: Dtype, shape: &[usize]) -> Option<usize> {
    shape.iter().try_fold(dtype.size()?, |count, &dim| count.checked_mul(dim))
}

impl<'a> Array<'a> {
    /// Joins the parts.
    ///
    /// # Errors
    /// When `bytes` are not as many as the type and shape ask for.
    pub(super) fn new(
        dtype: Dtype,
        shape: Vec<usize>,
        fortran: bool,
        bytes: &'a [u8],
    ) -> Result<Self> {
        if byte_count(dtype, &shape) != Some(bytes.len()) {
            let found = bytes.len();
            return Err(Error::new(format!("an array of shape {shape:?} in {found} bytes")));
        }
        Ok(Self { dtype, shape, fortran, bytes })
    }

    /// Its numbers, row by row.
    ///
    /// # Errors
    /// When one is more than an `f32` can hold, or none, or there are more than two dimensions.
    pub(super) fn numbers(&self) -> Result<Vec<f64>> {
        let numbers: Vec<f64> = match self.dtype {
            Dtype::Float64 => self.elements(f64::from_le_bytes),
            Dtype::Float32 => self.elements(|bytes| f64::from(f32::from_le_bytes(bytes))),
            Dtype::Int32 => self.elements(|bytes| f64::from(i32::from_le_bytes(bytes))),
            Dtype::Int64 => self.elements(|bytes| i64::from_le_bytes(bytes) as f64),
            Dtype::Unicode(_) => return Err(Error::new("texts, expected numbers")),
        };
        if let Some(index) = numbers.iter().position(|&number| !(number as f32).is_finite()) {
            return Err(Error::new(format!(
                "number {} is {}, expected a finite one",
                index + 1,
                numbers[index]
            )));
        }
        match *self.shape.as_slice() {
            [rows, columns] if self.fortran => Ok((0..numbers.len())
                .map(|index| numbers[index % columns * rows + index / columns])
                .collect()),
            [] | [_] | [_, _] => Ok(numbers),
            _ => Err(Error::new(format!("an array of shape {:?}", self.shape))),
        }
    }

    /// Its texts.
    ///
    /// # Errors
    /// When it holds others, or has not one dimension.
    pub(super) fn texts(&self) -> Result<Vec<String>> {
        let (Dtype::Unicode(_), [_], Some(size)) =
            (self.dtype, self.shape.as_slice(), self.dtype.size())
        else {
            let shape = &self.shape;
            return Err(Error::new(format!(
                "an array of {:?} of shape {shape:?}, expected a row of texts",
                self.dtype
            )));
        };
        let texts = self.bytes.chunks_exact(size).enumerate();
        texts.map(|(index, bytes)| text(bytes, index)).collect()
    }

    fn elements<const N: usize>(&self, read: impl Fn([u8; N]) -> f64) -> Vec<f64> {
        let (elements, _) = self.bytes.as_chunks::<N>();
        elements.iter().map(|&bytes| read(bytes)).collect()
    }
}

/// The text in `bytes`, the element `index` of its array.
fn text(bytes: &[u8], index: usize) -> Result<String> {
    let (characters, _) = bytes.as_chunks::<4>();
    let length = characters.iter().rposition(|c| *c != [0; 4]).map_or(0, |last| last + 1);
    let character = |&bytes: &[u8; 4]| char::from_u32(u32::from_le_bytes(bytes));
    let text: Option<String> = characters[..length].iter().map(character).collect();
    text.ok_or_else(|| Error::new(format!("text {} holds what is no character", index + 1)))
}
