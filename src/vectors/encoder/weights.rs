//! The numbers of a BERT network, read from `model.safetensors`.

use std::collections::HashMap;
use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use safetensors::tensor::{Dtype, Metadata, TensorInfo};

use super::settings::Shape;
use crate::error::{Error, Place, Result};

/// A linear layer, `y = x Wᵀ + b`.
#[derive(Debug)]
pub(super) struct Linear {
    /// `W`, `[outputs, inputs]` row by row.
    pub(super) weight: Vec<f32>,
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
    /// Query, key and value in one, `[3 d, d]`.
    pub(super) qkv: Linear,
    pub(super) attention_output: Linear,
    pub(super) attention_norm: Norm,
    pub(super) intermediate: Linear,
    pub(super) output: Linear,
    pub(super) output_norm: Norm,
}

/// All of them.
#[derive(Debug)]
pub(super) struct Weights {
    /// `[vocabulary, d]`.
    pub(super) words: Vec<f32>,
    /// `[positions, d]`; the type's vector is added, since every text is of the first type.
    pub(super) positions: Vec<f32>,
    pub(super) norm: Norm,
    pub(super) layers: Vec<Layer>,
}

impl Weights {
    /// Reads the network of this shape. Nothing larger than the file is allocated, whatever its
    /// head says.
    ///
    /// # Errors
    /// When the file is none, or holds other tensors.
    pub(super) fn read(path: &Path, shape: &Shape) -> Result<Self> {
        let mut file = TensorFile::open(path)?;
        let d = shape.hidden_size;
        let words = file.read("embeddings.word_embeddings.weight", &[shape.vocab_size, d])?;
        let mut positions =
            file.read("embeddings.position_embeddings.weight", &[shape.positions, d])?;
        let types = file.read("embeddings.token_type_embeddings.weight", &[shape.types, d])?;
        for row in positions.chunks_exact_mut(d) {
            row.iter_mut().zip(&types).for_each(|(position, first)| *position += first);
        }
        let norm = file.norm("embeddings.LayerNorm", d)?;
        let mut layers = Vec::new();
        for index in 0..shape.layers {
            layers.push(file.layer(&format!("encoder.layer.{index}"), shape)?);
        }
        Ok(Self { words, positions, norm, layers })
    }
}

/// An open safetensors file.
struct TensorFile {
    path: PathBuf,
    file: File,
    /// Where the tensors begin.
    start: u64,
    /// Their places are counted from `start`.
    tensors: HashMap<String, TensorInfo>,
    /// What some write before each name.
    prefix: &'static str,
}

impl TensorFile {
    fn open(path: &Path) -> Result<Self> {
        let unreadable = |e| Error::io(path, "read the file", e);
        let mut file = File::open(path).map_err(unreadable)?;
        let size = file.metadata().map_err(unreadable)?.len();
        let mut length = [0; 8];
        file.read_exact(&mut length).map_err(|_| damaged(path, "no safetensors"))?;
        let length = u64::from_le_bytes(length);
        let Some(space) = size.checked_sub(8).and_then(|rest| rest.checked_sub(length)) else {
            return Err(damaged(path, "its head is longer than the file"));
        };
        let mut head = vec![0; length as usize];
        file.read_exact(&mut head).map_err(unreadable)?;
        // Checks that tensors lie end to end and are as long as their shapes say.
        let metadata: Metadata = serde_json::from_slice(&head)
            .map_err(|e| damaged(path, "no safetensors").caused_by(e))?;
        if metadata.data_len() as u64 != space {
            return Err(damaged(path, "it is not as long as its head says"));
        }
        let tensors: HashMap<_, _> =
            metadata.tensors().into_iter().map(|(name, info)| (name, info.clone())).collect();
        let bare = tensors.contains_key("embeddings.word_embeddings.weight");
        let prefix = if bare { "" } else { "bert." };
        Ok(Self { path: path.to_owned(), file, start: 8 + length, tensors, prefix })
    }

    /// The tensor `name`, which is to be of this shape.
    fn read(&mut self, name: &str, shape: &[usize]) -> Result<Vec<f32>> {
        let mut numbers = Vec::new();
        self.append(name, shape, &mut numbers)?;
        Ok(numbers)
    }

    fn append(&mut self, name: &str, shape: &[usize], numbers: &mut Vec<f32>) -> Result<()> {
        let name = format!("{}{name}", self.prefix);
        let Some(TensorInfo { dtype, shape: found, data_offsets: (begin, end) }) =
            self.tensors.get(&name)
        else {
            return Err(damaged(&self.path, &format!("no tensor `{name}`")));
        };
        if found != shape {
            let what = format!("`{name}` is of shape {found:?}, expected {shape:?}");
            return Err(damaged(&self.path, &what));
        }
        if *dtype != Dtype::F32 {
            let what = format!("`{name}` is {dtype:?}, expected F32");
            return Err(damaged(&self.path, &what));
        }
        let unreadable = |e| Error::io(&self.path, "read the file", e);
        self.file.seek(SeekFrom::Start(self.start + *begin as u64)).map_err(unreadable)?;
        let old = numbers.len();
        numbers.resize(old + (end - begin) / size_of::<f32>(), 0.0);
        let new = &mut numbers[old..];
        self.file.read_exact(bytemuck::cast_slice_mut(new)).map_err(unreadable)?;
        for number in &mut *new {
            *number = f32::from_bits(u32::from_le(number.to_bits()));
        }
        if new.iter().all(|number| number.is_finite()) {
            Ok(())
        } else {
            Err(damaged(&self.path, &format!("`{name}` holds what is no number")))
        }
    }

    /// Several linear layers of one shape on the same input, as one.
    fn linear(&mut self, names: &[String], outputs: usize, inputs: usize) -> Result<Linear> {
        let (mut weight, mut bias) = (Vec::new(), Vec::new());
        for name in names {
            self.append(&format!("{name}.weight"), &[outputs, inputs], &mut weight)?;
            self.append(&format!("{name}.bias"), &[outputs], &mut bias)?;
        }
        Ok(Linear { weight, bias })
    }

    fn norm(&mut self, name: &str, d: usize) -> Result<Norm> {
        Ok(Norm {
            scale: self.read(&format!("{name}.weight"), &[d])?,
            shift: self.read(&format!("{name}.bias"), &[d])?,
        })
    }

    fn layer(&mut self, name: &str, shape: &Shape) -> Result<Layer> {
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

fn damaged(path: &Path, what: &str) -> Error {
    Error::at(Place::file(path), format!("not the network that `config.json` describes: {what}"))
        .hint("the file is damaged or of another kind; get the model again")
}
