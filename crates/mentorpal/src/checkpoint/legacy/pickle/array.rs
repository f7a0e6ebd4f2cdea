//! NumPy arrays: an element type, a shape, and bytes borrowed from the file.

use crate::error::{Error, Result};

/// The little-endian element type of an array.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Dtype {
    Float32,
    Float64,
    Int32,
    Int64,
    /// A string of this many UCS-4 characters, padded with zeros.
    Unicode(usize),
}

/// An array whose elements are not decoded yet.
#[derive(Clone, Debug)]
pub(super) struct Array<'a> {
    pub(super) dtype: Dtype,
    pub(super) shape: Vec<usize>,
    /// Whether the elements are in column-major (Fortran) order.
    pub(super) fortran: bool,
    /// The encoded elements; the length matches `dtype` and `shape`.
    bytes: &'a [u8],
}

impl Dtype {
    /// Parses a NumPy type name such as `f8` or `<U12`.
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

    /// Returns the size of an element in bytes; `None` if it overflows.
    pub(super) fn size(self) -> Option<usize> {
        match self {
            Self::Float32 | Self::Int32 => Some(4),
            Self::Float64 | Self::Int64 => Some(8),
            Self::Unicode(length) => length.checked_mul(4),
        }
    }
}

/// Returns the size in bytes of an array with this type and shape; `None` if it overflows.
pub(super) fn byte_count(dtype: Dtype, shape: &[usize]) -> Option<usize> {
    shape.iter().try_fold(dtype.size()?, |count, &dim| count.checked_mul(dim))
}

impl<'a> Array<'a> {
    /// Returns an array with these parts.
    ///
    /// # Errors
    /// If the length of `bytes` does not match the type and shape.
    pub(super) fn new(
        dtype: Dtype,
        shape: Vec<usize>,
        fortran: bool,
        bytes: &'a [u8],
    ) -> Result<Self> {
        if byte_count(dtype, &shape) != Some(bytes.len()) {
            let found = bytes.len();
            return Err(Error::new(format!("array of shape {shape:?} in {found} bytes")));
        }
        Ok(Self { dtype, shape, fortran, bytes })
    }

    /// Returns the numbers in row-major order.
    ///
    /// # Errors
    /// If the elements are not numbers, if one is not finite as an `f32`, or if the array has more
    /// than two dimensions.
    pub(super) fn numbers(&self) -> Result<Vec<f64>> {
        let numbers: Vec<f64> = match self.dtype {
            Dtype::Float64 => self.elements(f64::from_le_bytes),
            Dtype::Float32 => self.elements(|bytes| f64::from(f32::from_le_bytes(bytes))),
            Dtype::Int32 => self.elements(|bytes| f64::from(i32::from_le_bytes(bytes))),
            Dtype::Int64 => self.elements(|bytes| i64::from_le_bytes(bytes) as f64),
            Dtype::Unicode(_) => return Err(Error::new("strings, expected numbers")),
        };
        if let Some(index) = numbers.iter().position(|&number| !(number as f32).is_finite()) {
            return Err(Error::new(format!(
                "number {} is {}, expected a finite number",
                index + 1,
                numbers[index]
            )));
        }
        match *self.shape.as_slice() {
            [rows, columns] if self.fortran => Ok((0..numbers.len())
                .map(|index| numbers[index % columns * rows + index / columns])
                .collect()),
            [] | [_] | [_, _] => Ok(numbers),
            _ => Err(Error::new(format!("unexpected array shape {:?}", self.shape))),
        }
    }

    /// Returns the strings.
    ///
    /// # Errors
    /// If the elements are not strings, or the array does not have exactly one dimension.
    pub(super) fn strings(&self) -> Result<Vec<String>> {
        let (Dtype::Unicode(_), [_], Some(size)) =
            (self.dtype, self.shape.as_slice(), self.dtype.size())
        else {
            let shape = &self.shape;
            return Err(Error::new(format!(
                "array of {:?} with shape {shape:?}, expected strings in one dimension",
                self.dtype
            )));
        };
        let strings = self.bytes.chunks_exact(size).enumerate();
        strings.map(|(index, bytes)| string(bytes, index)).collect()
    }

    fn elements<const N: usize>(&self, read: impl Fn([u8; N]) -> f64) -> Vec<f64> {
        let (elements, _) = self.bytes.as_chunks::<N>();
        elements.iter().map(|&bytes| read(bytes)).collect()
    }
}

/// Decodes the string in `bytes`, the element `index` of its array.
fn string(bytes: &[u8], index: usize) -> Result<String> {
    let (characters, _) = bytes.as_chunks::<4>();
    let length = characters.iter().rposition(|c| *c != [0; 4]).map_or(0, |last| last + 1);
    let character = |&bytes: &[u8; 4]| char::from_u32(u32::from_le_bytes(bytes));
    let string: Option<String> = characters[..length].iter().map(character).collect();
    string.ok_or_else(|| Error::new(format!("string {} contains an invalid code point", index + 1)))
}
