//! The weights of a BERT network, read from `model.safetensors`.

use std::ops::Range;
use std::path::Path;

use rayon::prelude::*;

use super::open_file::OpenFile;
use super::settings::EncoderShape;
use crate::error::{Error, Location, Result};
use crate::linear::{Matrix, View};
use crate::tensors::{Dtype, TensorIndex};

/// The name of the word vectors.
const WORDS: &str = "embeddings.word_embeddings.weight";

/// A linear layer, `y = x Wᵀ + b`.
#[derive(Debug)]
pub(super) struct Linear {
    /// The matrix `W`, `[outputs, inputs]`. The file stores it row-major; here it is column-major,
    /// because matrix products are then faster.
    pub(super) weight: Matrix<f32>,
    /// `b`, `[outputs]`.
    pub(super) bias: Vec<f32>,
}

/// The scale and shift of a layer normalisation, `[d]` each.
#[derive(Debug)]
pub(super) struct Norm {
    pub(super) scale: Vec<f32>,
    pub(super) shift: Vec<f32>,
}

/// One layer of the network.
#[derive(Debug)]
pub(super) struct Layer {
    /// The query, key and value layers as one layer, `[3 d, d]`.
    pub(super) qkv: Linear,
    pub(super) attention_output: Linear,
    pub(super) attention_norm: Norm,
    pub(super) intermediate: Linear,
    pub(super) output: Linear,
    pub(super) output_norm: Norm,
}

/// A matrix whose rows are read from the file when they are needed. The word vectors are half of all
/// weights, but a question needs only a few of their rows.
#[derive(Debug)]
pub(super) struct WeightRows {
    file: OpenFile,
    /// The full name of the tensor.
    name: String,
    /// The offset of the first row, in bytes.
    start: u64,
    /// The number of rows.
    count: usize,
    /// The number of columns.
    dims: usize,
}

/// All weights of a network.
#[derive(Debug)]
pub(super) struct Weights {
    /// The word vectors, `[vocabulary, d]`.
    pub(super) words: WeightRows,
    /// The position vectors, `[positions, d]`. Each includes the vector of the first token type,
    /// which is the type of every token here.
    pub(super) positions: Vec<f32>,
    pub(super) norm: Norm,
    pub(super) layers: Vec<Layer>,
}

impl Weights {
    /// Reads the weights of a network of the shape `shape` from `path`. Never allocates more than the
    /// size of the file, whatever the file's header declares.
    ///
    /// # Errors
    /// If the file is not in the safetensors format, or its tensors do not have the expected names,
    /// types and shapes.
    pub(super) fn read(path: &Path, shape: &EncoderShape) -> Result<Self> {
        let file = WeightsFile::open(path)?;
        let d = shape.hidden_size;
        let mut positions =
            file.read("embeddings.position_embeddings.weight", &[shape.positions, d])?;
        let types = file.read("embeddings.token_type_embeddings.weight", &[shape.types, d])?;
        for row in positions.chunks_exact_mut(d) {
            row.iter_mut().zip(&types).for_each(|(position, first)| *position += first);
        }
        let norm = file.norm("embeddings.LayerNorm", d)?;
        let layers = (0..shape.layers)
            .into_par_iter()
            .map(|index| file.layer(&format!("encoder.layer.{index}"), shape))
            .collect::<Result<_>>()?;
        let words = file.rows(WORDS, &[shape.vocab_size, d])?;
        Ok(Self { words, positions, norm, layers })
    }
}

impl WeightRows {
    /// Returns the row at `index`, which must be below the number of rows.
    ///
    /// # Errors
    /// If the row cannot be read, or holds NaN or an infinity.
    pub(super) fn read(&self, index: u32) -> Result<Vec<f32>> {
        let mut row = vec![0.0; self.dims];
        let bytes = size_of_val(row.as_slice()) as u64;
        read_numbers(&self.file, &self.name, self.start + u64::from(index) * bytes, &mut row)?;
        Ok(row)
    }

    /// Reads all rows to validate them.
    ///
    /// # Errors
    /// The errors of [`Self::read`].
    pub(super) fn check(&self) -> Result<()> {
        (0..self.count).into_par_iter().try_for_each(|index| self.read(index as u32).map(drop))
    }
}

/// An open file of tensors.
struct WeightsFile {
    file: OpenFile,
    index: TensorIndex,
    /// The prefix of all names: some programs write `bert.`.
    prefix: &'static str,
}

impl WeightsFile {
    fn open(path: &Path) -> Result<Self> {
        let file = OpenFile::open(path)?;
        let damaged = |what| damaged(path, what);
        let size = file.size()?;
        let mut start = [0; 8];
        let start = &mut start[..size.min(8) as usize];
        file.read_exact_at(start, 0)?;
        let place = TensorIndex::head(start, size).map_err(damaged)?;
        let mut head = vec![0; (place.end - place.start) as usize];
        file.read_exact_at(&mut head, place.start)?;
        let index = TensorIndex::parse(&head, size).map_err(damaged)?;
        let prefix = if index.contains(WORDS) { "" } else { "bert." };
        Ok(Self { file, index, prefix })
    }

    /// Returns the place, in bytes, of the tensor with the full name `name` and the shape `shape`.
    fn find(&self, name: &str, shape: &[usize]) -> Result<Range<u64>> {
        let place = self.index.find(name, Dtype::F32);
        let place = place.and_then(|place| place.with_shape(shape));
        Ok(place.map_err(|what| damaged(self.file.path(), what))?.range)
    }

    /// Returns the numbers of the tensor `name`, which must have the shape `shape`.
    fn read(&self, name: &str, shape: &[usize]) -> Result<Vec<f32>> {
        let mut numbers = Vec::new();
        self.append(name, shape, &mut numbers)?;
        Ok(numbers)
    }

    fn append(&self, name: &str, shape: &[usize], numbers: &mut Vec<f32>) -> Result<()> {
        let name = format!("{}{name}", self.prefix);
        let range = self.find(&name, shape)?;
        let old = numbers.len();
        numbers.resize(old + (range.end - range.start) as usize / size_of::<f32>(), 0.0);
        read_numbers(&self.file, &name, range.start, &mut numbers[old..])
    }

    /// Returns the tensor `name`, which must have the shape `shape`, without reading it.
    fn rows(self, name: &str, shape: &[usize; 2]) -> Result<WeightRows> {
        let name = format!("{}{name}", self.prefix);
        let start = self.find(&name, shape)?.start;
        Ok(WeightRows { file: self.file, name, start, count: shape[0], dims: shape[1] })
    }

    /// Reads several linear layers of the same shape and input as one layer.
    fn linear(&self, names: &[String], outputs: usize, inputs: usize) -> Result<Linear> {
        let (mut weight, mut bias) = (Vec::new(), Vec::new());
        for name in names {
            self.append(&format!("{name}.weight"), &[outputs, inputs], &mut weight)?;
            self.append(&format!("{name}.bias"), &[outputs], &mut bias)?;
        }
        let weight = View::by_rows(&weight, names.len() * outputs, inputs).to_matrix();
        Ok(Linear { weight, bias })
    }

    fn norm(&self, name: &str, d: usize) -> Result<Norm> {
        Ok(Norm {
            scale: self.read(&format!("{name}.weight"), &[d])?,
            shift: self.read(&format!("{name}.bias"), &[d])?,
        })
    }

    fn layer(&self, name: &str, shape: &EncoderShape) -> Result<Layer> {
        let (d, wide) = (shape.hidden_size, shape.intermediate_size);
        let qkv = ["query", "key", "value"].map(|part| format!("{name}.attention.self.{part}"));
        Ok(Layer {
            qkv: self.linear(&qkv, d, d)?,
            attention_output: self.linear(&[format!("{name}.attention.output.dense")], d, d)?,
            attention_norm: self.norm(&format!("{name}.attention.output.LayerNorm"), d)?,
            intermediate: self.linear(&[format!("{name}.intermediate.dense")], wide, d)?,
            output: self.linear(&[format!("{name}.output.dense")], d, wide)?,
            output_norm: self.norm(&format!("{name}.output.LayerNorm"), d)?,
        })
    }
}

/// Fills `numbers` from the tensor `name` of the file, beginning at the offset `start`.
///
/// # Errors
/// If the file cannot be read, or a number is NaN or an infinity.
fn read_numbers(file: &OpenFile, name: &str, start: u64, numbers: &mut [f32]) -> Result<()> {
    file.read_exact_at(bytemuck::cast_slice_mut(numbers), start)?;
    for number in &mut *numbers {
        *number = f32::from_bits(u32::from_le(number.to_bits()));
    }
    // The largest magnitude, compared as bits: NaN and the infinities have the largest bit patterns.
    let largest = numbers.iter().fold(0, |largest, number| number.abs().to_bits().max(largest));
    if f32::from_bits(largest).is_finite() {
        Ok(())
    } else {
        Err(damaged(
            file.path(),
            Error::new(format!("`{name}` contains a value that is not a finite number")),
        ))
    }
}

/// Returns the error `what` of the weights at `path`.
fn damaged(path: &Path, what: Error) -> Error {
    what.prefixed("the weights do not match `config.json`")
        .or_at(Location::file(path))
        .hint("the file is corrupt or of another kind; download the model again")
}
