//! The two model files that all architectures share: `model.json` holds the settings in readable
//! form, and `model.safetensors` holds the tensors. Both are validated when they are read.

use serde::de::DeserializeOwned;

use super::{ModelFiles, model_file};
use crate::error::{Error, Result};
use crate::tensors::TensorFile;

/// The file with a model's settings, in JSON.
pub(crate) const CARD_FILE: &str = "model.json";

/// The file with a model's tensors.
pub(crate) const TENSORS_FILE: &str = "model.safetensors";

/// The largest allowed magnitude of a number. Training never produces larger ones, and products
/// and sums of numbers up to this size stay finite.
const MAX_NUMBER: f32 = 1e15;

/// Returns the error for the corrupt model file `file`.
pub(crate) fn damaged(file: &str, what: &str) -> Error {
    in_file(file, Error::new(what))
}

/// Returns the error `what` of the model file `file`.
fn in_file(file: &str, what: Error) -> Error {
    what.prefixed(&format!("model file `{file}`"))
        .hint("the checkpoint is corrupt or of another version; train it again")
}

/// Reads [`CARD_FILE`].
///
/// # Errors
/// If the file is missing or does not parse as a `T`.
pub(crate) fn read_card<T: DeserializeOwned>(files: &ModelFiles) -> Result<T> {
    serde_json::from_slice(model_file(files, CARD_FILE)?)
        .map_err(|e| damaged(CARD_FILE, "not a valid model card").caused_by(e))
}

/// Reads tensors from [`TENSORS_FILE`].
#[derive(Debug)]
pub(crate) struct TensorReader<'a>(TensorFile<'a>);

impl<'a> TensorReader<'a> {
    /// Reads the file's head.
    ///
    /// # Errors
    /// If the file is missing or is not in the safetensors format.
    pub(crate) fn of(files: &'a ModelFiles) -> Result<Self> {
        TensorFile::read(model_file(files, TENSORS_FILE)?).map(Self).map_err(in_tensors)
    }

    /// Returns the numbers of the `f32` tensor `name`, which must have the shape `shape`.
    ///
    /// # Errors
    /// If the tensor is missing, has another type or shape, or holds a number outside ±10¹⁵.
    pub(crate) fn f32(&self, name: &str, shape: &[usize]) -> Result<Vec<f32>> {
        let numbers = self.0.f32(name, shape).map_err(in_tensors)?;
        // No range contains NaN, and this one excludes the infinities.
        match numbers.iter().find(|number| !(-MAX_NUMBER..=MAX_NUMBER).contains(*number)) {
            None => Ok(numbers),
            Some(number) => {
                let what = format!(
                    "`{name}` contains `{number}`, expected a magnitude of at most {MAX_NUMBER:e}"
                );
                Err(damaged(TENSORS_FILE, &what))
            }
        }
    }

    /// Returns the numbers of the `u32` tensor `name`, of any shape.
    ///
    /// # Errors
    /// If the tensor is missing or has another type.
    pub(crate) fn u32(&self, name: &str) -> Result<Vec<u32>> {
        self.0.u32(name).map_err(in_tensors)
    }

    /// Returns the numbers of the `u8` tensor `name`, of any shape.
    ///
    /// # Errors
    /// If the tensor is missing or has another type.
    pub(crate) fn u8(&self, name: &str) -> Result<&'a [u8]> {
        self.0.u8(name).map_err(in_tensors)
    }
}

fn in_tensors(what: Error) -> Error {
    in_file(TENSORS_FILE, what)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tensors::TensorWriter;

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
            let mut tensors = TensorWriter::default();
            tensors.put_f32("weights", &[2], &[0.5, number]);
            let files = ModelFiles::from([(TENSORS_FILE.to_owned(), tensors.to_bytes().unwrap())]);
            let read = TensorReader::of(&files).unwrap().f32("weights", &[2]);
            assert_eq!(read.is_ok(), is_read, "{number}");
        }
    }
}
