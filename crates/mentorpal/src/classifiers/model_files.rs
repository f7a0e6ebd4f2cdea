//! The two model files that all architectures share: `model.json` holds the settings in readable
//! form, and `model.safetensors` holds the tensors. Both are validated when they are read.

use std::collections::BTreeMap;

use safetensors::tensor::{Dtype, SafeTensors, TensorView, serialize};
use serde::de::DeserializeOwned;

use super::{ModelFiles, model_file};
use crate::error::{Error, Result};

/// The file with a model's settings, in JSON.
pub(crate) const CARD_FILE: &str = "model.json";

/// The file with a model's tensors.
pub(crate) const TENSORS_FILE: &str = "model.safetensors";

/// The largest allowed magnitude of a number. Training never produces larger ones, and products
/// and sums of numbers up to this size stay finite.
const MAX_NUMBER: f32 = 1e15;

/// Returns the error for the corrupt model file `file`.
pub(crate) fn damaged(file: &str, what: &str) -> Error {
    Error::new(format!("`{file}` of the model: {what}"))
        .hint("the checkpoint is damaged or of another version; train it again")
}

/// Reads [`CARD_FILE`].
///
/// # Errors
/// If the file is missing or does not parse as a `T`.
pub(crate) fn read_card<T: DeserializeOwned>(files: &ModelFiles) -> Result<T> {
    serde_json::from_slice(model_file(files, CARD_FILE)?)
        .map_err(|e| damaged(CARD_FILE, "not a model's card").caused_by(e))
}

/// Reads tensors from [`TENSORS_FILE`].
#[derive(Debug)]
pub(crate) struct TensorReader<'a>(SafeTensors<'a>);

impl<'a> TensorReader<'a> {
    /// Reads the file's header.
    ///
    /// # Errors
    /// If the file is missing or is not in the safetensors format.
    pub(crate) fn of(files: &'a ModelFiles) -> Result<Self> {
        SafeTensors::deserialize(model_file(files, TENSORS_FILE)?)
            .map(Self)
            .map_err(|e| damaged(TENSORS_FILE, "not safetensors").caused_by(e))
    }

    /// Returns the numbers of the `f32` tensor `name`, which must have the shape `shape`.
    ///
    /// # Errors
    /// If the tensor is missing, has another type or shape, or holds a number outside ±10¹⁵.
    pub(crate) fn f32(&self, name: &str, shape: &[usize]) -> Result<Vec<f32>> {
        let (found, bytes) = self.tensor(name, Dtype::F32)?;
        if found != shape {
            let what = format!("`{name}` is of shape {found:?}, expected {shape:?}");
            return Err(damaged(TENSORS_FILE, &what));
        }
        let numbers = bytes.as_chunks().0.iter().map(|bytes| f32::from_le_bytes(*bytes));
        let numbers: Vec<f32> = numbers.collect();
        // No range contains NaN, and this one excludes the infinities.
        match numbers.iter().find(|number| !(-MAX_NUMBER..=MAX_NUMBER).contains(*number)) {
            None => Ok(numbers),
            Some(number) => {
                let what = format!("`{name}` holds {number}, expected ±{MAX_NUMBER:e} at most");
                Err(damaged(TENSORS_FILE, &what))
            }
        }
    }

    /// Returns the numbers of the `u32` tensor `name`, of any shape.
    ///
    /// # Errors
    /// If the tensor is missing or has another type.
    pub(crate) fn u32(&self, name: &str) -> Result<Vec<u32>> {
        let bytes = self.tensor(name, Dtype::U32)?.1.as_chunks().0;
        Ok(bytes.iter().map(|bytes| u32::from_le_bytes(*bytes)).collect())
    }

    /// Returns the bytes of the `u8` tensor `name`, of any shape.
    ///
    /// # Errors
    /// If the tensor is missing or has another type.
    pub(crate) fn bytes(&self, name: &str) -> Result<Vec<u8>> {
        Ok(self.tensor(name, Dtype::U8)?.1.to_vec())
    }

    fn tensor(&self, name: &str, dtype: Dtype) -> Result<(Vec<usize>, &'a [u8])> {
        let tensor = self
            .0
            .tensor(name)
            .map_err(|e| damaged(TENSORS_FILE, &format!("no tensor `{name}`")).caused_by(e))?;
        if tensor.dtype() == dtype {
            Ok((tensor.shape().to_vec(), tensor.data()))
        } else {
            let found = tensor.dtype();
            Err(damaged(TENSORS_FILE, &format!("`{name}` is {found:?}, expected {dtype:?}")))
        }
    }
}

/// Builds [`TENSORS_FILE`]: the tensors by name.
#[derive(Debug, Default)]
pub(crate) struct Tensors(BTreeMap<String, (Dtype, Vec<usize>, Vec<u8>)>);

impl Tensors {
    /// Adds an `f32` tensor of the shape `shape`.
    pub(crate) fn put_f32(&mut self, name: &str, shape: &[usize], numbers: &[f32]) {
        let bytes = numbers.iter().flat_map(|number| number.to_le_bytes()).collect();
        self.0.insert(name.to_owned(), (Dtype::F32, shape.to_vec(), bytes));
    }

    /// Adds a one-dimensional `u32` tensor.
    pub(crate) fn put_u32(&mut self, name: &str, numbers: &[u32]) {
        let bytes = numbers.iter().flat_map(|number| number.to_le_bytes()).collect();
        self.0.insert(name.to_owned(), (Dtype::U32, vec![numbers.len()], bytes));
    }

    /// Adds a one-dimensional `u8` tensor.
    pub(crate) fn put_bytes(&mut self, name: &str, bytes: &[u8]) {
        self.0.insert(name.to_owned(), (Dtype::U8, vec![bytes.len()], bytes.to_vec()));
    }

    /// Returns the file's content.
    ///
    /// # Errors
    /// If serialization fails, which only an enormous model can cause.
    pub(crate) fn to_bytes(&self) -> Result<Vec<u8>> {
        let failed = |e| Error::new("cannot write the model's numbers").caused_by(e);
        let mut views = Vec::new();
        for (name, (dtype, shape, bytes)) in &self.0 {
            let view = TensorView::new(*dtype, shape.clone(), bytes).map_err(failed)?;
            views.push((name, view));
        }
        serialize(views, None).map_err(failed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // The product of two numbers of 10¹⁵ is 10³⁰. Even 10⁸ of these products add up to 10³⁸, below
    // the largest `f32` (3.4 · 10³⁸). The product of two numbers of 10²⁰ exceeds the largest `f32`.
    #[test]
    fn numbers_whose_products_would_overflow_are_refused() {
        for (number, is_read) in [
            (-1e15, true),
            (1e20, false),
            (-f32::MAX, false),
            (f32::INFINITY, false),
            (f32::NAN, false),
        ] {
            let mut tensors = Tensors::default();
            tensors.put_f32("weights", &[2], &[0.5, number]);
            let files = ModelFiles::from([(TENSORS_FILE.to_owned(), tensors.to_bytes().unwrap())]);
            let read = TensorReader::of(&files).unwrap().f32("weights", &[2]);
            assert_eq!(read.is_ok(), is_read, "{number}");
        }
    }
}
