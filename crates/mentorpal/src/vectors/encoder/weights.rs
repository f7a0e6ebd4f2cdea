//! The weights of a BERT network, read from `model.safetensors`.

use std::collections::HashMap;
use std::path::Path;

use rayon::prelude::*;
use safetensors::tensor::{Dtype, Metadata, TensorInfo};

use super::open_file::OpenFile;
use super::settings::Shape;
use crate::error::{Error, Location, Result};
use crate::linear::{Matrix, View};

/// A linear layer, `y = x Wᵀ + b`.
#[derive(Debug)]
pub(super) struct Linear {
    /// `W`, `[outputs, inputs]`. Products read it faster by columns than by rows, as the file has it.
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
pub(super) struct Rows {
    file: OpenFile,
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
    pub(super) words: Rows,
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
    pub(super) fn read(path: &Path, shape: &Shape) -> Result<Self> {
        let file = TensorFile::open(path)?;
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
        let words = file.rows("embeddings.word_embeddings.weight", &[shape.vocab_size, d])?;
        Ok(Self { words, positions, norm, layers })
    }
}

impl Rows {
    /// Returns the row at `index`, which must be below the number of rows.
    ///
    /// # Errors
    /// If the row cannot be read, or holds NaN or an infinity.
    pub(super) fn read(&self, index: u32) -> Result<Vec<f32>> {
        let mut row = vec![0.0; self.dims];
        let bytes = size_of_val(row.as_slice()) as u64;
        read_numbers(&self.file, self.start + u64::from(index) * bytes, &mut row)?;
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

/// An open safetensors file.
struct TensorFile {
    file: OpenFile,
    /// The offset of the first tensor, in bytes.
    start: u64,
    /// The tensors by name. Their offsets are relative to `start`.
    tensors: HashMap<String, TensorInfo>,
    /// The prefix of all names: some programs write `bert.`.
    prefix: &'static str,
}

impl TensorFile {
    fn open(path: &Path) -> Result<Self> {
        let file = OpenFile::open(path)?;
        let size = file.size()?;
        let mut length = [0; 8];
        if size < 8 {
            return Err(damaged(path, "no safetensors"));
        }
        file.read_exact_at(&mut length, 0)?;
        let length = u64::from_le_bytes(length);
        let Some(space) = (size - 8).checked_sub(length) else {
            return Err(damaged(path, "its head is longer than the file"));
        };
        let mut head = vec![0; length as usize];
        file.read_exact_at(&mut head, 8)?;
        // Parsing also checks that the tensors are contiguous and that their lengths match their
        // shapes.
        let metadata: Metadata = serde_json::from_slice(&head)
            .map_err(|e| damaged(path, "no safetensors").caused_by(e))?;
        if metadata.data_len() as u64 != space {
            return Err(damaged(path, "it is not as long as its head says"));
        }
        let tensors: HashMap<_, _> =
            metadata.tensors().into_iter().map(|(name, info)| (name, info.clone())).collect();
        let bare = tensors.contains_key("embeddings.word_embeddings.weight");
        let prefix = if bare { "" } else { "bert." };
        Ok(Self { file, start: 8 + length, tensors, prefix })
    }

    /// Returns the offset and the length, in bytes, of the tensor `name`, which must have the shape
    /// `shape`.
    fn find(&self, name: &str, shape: &[usize]) -> Result<(u64, usize)> {
        let name = format!("{}{name}", self.prefix);
        let path = self.file.path();
        let Some(TensorInfo { dtype, shape: found, data_offsets: (begin, end) }) =
            self.tensors.get(&name)
        else {
            return Err(damaged(path, &format!("no tensor `{name}`")));
        };
        if found != shape {
            let what = format!("`{name}` is of shape {found:?}, expected {shape:?}");
            return Err(damaged(path, &what));
        }
        if *dtype != Dtype::F32 {
            return Err(damaged(path, &format!("`{name}` is {dtype:?}, expected F32")));
        }
        Ok((self.start + *begin as u64, end - begin))
    }

    /// Returns the numbers of the tensor `name`, which must have the shape `shape`.
    fn read(&self, name: &str, shape: &[usize]) -> Result<Vec<f32>> {
        let mut numbers = Vec::new();
        self.append(name, shape, &mut numbers)?;
        Ok(numbers)
    }

    fn append(&self, name: &str, shape: &[usize], numbers: &mut Vec<f32>) -> Result<()> {
        let (start, bytes) = self.find(name, shape)?;
        let old = numbers.len();
        numbers.resize(old + bytes / size_of::<f32>(), 0.0);
        read_numbers(&self.file, start, &mut numbers[old..])
    }

    /// Returns the tensor `name`, which must have the shape `shape`, without reading it.
    fn rows(self, name: &str, shape: &[usize; 2]) -> Result<Rows> {
        let (start, _) = self.find(name, shape)?;
        Ok(Rows { file: self.file, start, count: shape[0], dims: shape[1] })
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

    fn layer(&self, name: &str, shape: &Shape) -> Result<Layer> {
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

/// Fills `numbers` from the file, beginning at the offset `start`.
///
/// # Errors
/// If the file cannot be read, or a number is NaN or an infinity.
fn read_numbers(file: &OpenFile, start: u64, numbers: &mut [f32]) -> Result<()> {
    file.read_exact_at(bytemuck::cast_slice_mut(numbers), start)?;
    for number in &mut *numbers {
        *number = f32::from_bits(u32::from_le(number.to_bits()));
    }
    // The largest magnitude, compared as bits: NaN and the infinities have the largest bit patterns.
    let largest = numbers.iter().fold(0, |largest, number| number.abs().to_bits().max(largest));
    if f32::from_bits(largest).is_finite() {
        Ok(())
    } else {
        Err(damaged(file.path(), "it holds what is no number"))
    }
}

fn damaged(path: &Path, what: &str) -> Error {
    Error::at(Location::file(path), format!("not the network that `config.json` describes: {what}"))
        .hint("the file is damaged or of another kind; get the model again")
}
