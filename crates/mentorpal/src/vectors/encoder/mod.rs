//! Sentence encoders: BERT networks as sentence-transformers saves them (Reimers & Gurevych 2019,
//! arXiv:1908.10084).
//!
//! | file | stage |
//! |---|---|
//! | `folder.rs` | the list of the files that are needed |
//! | `settings.rs` | the settings, from the folder's small JSON files |
//! | `parts.rs` | validation of the tokenizer's components |
//! | `tokenizer.rs` | text → token ids |
//! | `weights.rs` | the network's weights, read through `open_file.rs` |
//! | `bert.rs` | token ids → one vector per token; `rows.rs` has the operations between matrix products |

mod bert;
mod folder;
mod open_file;
mod parts;
mod rows;
mod settings;
mod tokenizer;
mod weights;

use std::path::Path;

use rayon::prelude::*;
use serde::Serialize;

pub(super) use self::folder::{FILES, MAX_JSON, is_file_name, is_model_folder, pooling_file};

use self::bert::Bert;
use self::settings::EncoderSettings;
pub use self::settings::Pooling;
use self::tokenizer::Tokenizer;
use self::weights::Weights;
use super::sentence::{Embeddings, SentenceModel, to_unit_length};
use crate::error::{Error, Result};
use crate::linear::Threads;
use crate::progress::Progress;

/// The file of the network's weights.
pub(super) const WEIGHTS_FILE: &str = "model.safetensors";

/// The approximate number of tokens in a batch: enough for efficient matrix products, and few enough
/// to fit the processor's cache.
const BATCH_TOKENS: usize = 256;

/// An open sentence encoder.
#[derive(Debug)]
pub struct SentenceEncoder {
    settings: EncoderSettings,
    tokenizer: Tokenizer,
    bert: Bert,
}

/// The description of a sentence encoder, from its settings.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Network {
    /// The number of layers.
    pub layers: usize,
    /// The number of attention heads per layer.
    pub heads: usize,
    /// The number of dimensions of a vector.
    pub dims: usize,
    /// The method of computing a sentence's vector from the vectors of its tokens.
    pub pooling: Pooling,
    /// Whether vectors are scaled to unit length.
    pub unit_length: bool,
    /// The maximum length of a text, in tokens. Longer texts are truncated.
    pub max_tokens: usize,
}

impl Network {
    /// Reads the settings in `folder`, not the weights.
    ///
    /// # Errors
    /// If a file is missing or corrupt, or requires an unsupported feature.
    pub(super) fn read(folder: &Path) -> Result<Self> {
        let EncoderSettings { shape, pooling, normalize, max_tokens, .. } =
            EncoderSettings::read(folder)?;
        Ok(Self {
            layers: shape.layers,
            heads: shape.heads,
            dims: shape.hidden_size,
            pooling,
            unit_length: normalize,
            max_tokens,
        })
    }
}

impl SentenceEncoder {
    /// Opens the encoder in `folder`.
    ///
    /// # Errors
    /// If a file is missing or corrupt, or requires an unsupported feature.
    pub fn open(folder: &Path) -> Result<Self> {
        let settings = EncoderSettings::read(folder)?;
        let shape = settings.shape.clone();
        let (weights, tokenizer) = rayon::join(
            || Weights::read(&folder.join(WEIGHTS_FILE), &shape),
            || Tokenizer::read(folder, &settings),
        );
        Ok(Self { tokenizer: tokenizer?, bert: Bert::new(shape, weights?), settings })
    }

    /// Validates the word vectors, which [`Self::open`] does not read.
    ///
    /// # Errors
    /// If a vector holds NaN or an infinity.
    pub(super) fn check(&self) -> Result<()> {
        self.bert.check_words()
    }

    /// Returns the tokens and their ids, sorted by id.
    pub(super) fn vocabulary(&self) -> Vec<(String, u32)> {
        self.tokenizer.vocabulary()
    }

    /// Returns one vector per sequence of token ids, `[sequences, dims]`. Special tokens are added to
    /// the sequences. `what` names the task for `progress`.
    ///
    /// # Errors
    /// If the tokenizer adds a token that the network does not have, or a vector has NaN or an
    /// infinity.
    pub(super) fn embed_tokens(
        &self,
        sequences: &[Vec<u32>],
        what: &str,
        progress: &dyn Progress,
    ) -> Result<Embeddings> {
        let sequences: Vec<Vec<u32>> =
            sequences.iter().map(|ids| self.tokenizer.with_special(ids)).collect::<Result<_>>()?;
        self.encode(&sequences, what, progress)
    }

    /// Returns one vector per sequence of token ids, `[sequences, dims]`.
    ///
    /// # Errors
    /// If a vector has NaN or an infinity. Finite weights can still overflow when they are combined.
    fn encode(
        &self,
        sequences: &[Vec<u32>],
        what: &str,
        progress: &dyn Progress,
    ) -> Result<Embeddings> {
        let batches = batches(sequences);
        // Several batches run in parallel; a single batch uses all processors by itself.
        let threads = if batches.len() == 1 { Threads::All } else { Threads::One };
        progress.start(what, sequences.len());
        let encoded: Vec<Vec<(usize, Vec<f32>)>> = batches
            .par_iter()
            .map(|batch| {
                let together = batch.iter().map(|&i| sequences[i].as_slice());
                let hidden = self.bert.forward(together, threads)?;
                let mut rest = hidden.as_slice();
                let mut pooled = Vec::new();
                for &index in batch {
                    let (tokens, others) = rest.split_at(sequences[index].len() * self.dims());
                    let sentence = self.pool(tokens);
                    if !sentence.iter().all(|number| number.is_finite()) {
                        return Err(Error::new(
                            "the encoder computes a vector with a value that is not a finite \
                             number",
                        )
                        .hint("the weights are corrupt; download the model again"));
                    }
                    pooled.push((index, sentence));
                    rest = others;
                    progress.step();
                }
                Ok(pooled)
            })
            .collect::<Result<_>>()?;
        progress.finish();
        let mut numbers = vec![0.0; sequences.len() * self.dims()];
        for (index, vector) in encoded.into_iter().flatten() {
            numbers[index * self.dims()..][..self.dims()].copy_from_slice(&vector);
        }
        Ok(Embeddings::new(self.dims(), numbers))
    }

    /// Returns the sentence vector, `[d]`, from the vectors of its tokens, `[tokens, d]`.
    fn pool(&self, tokens: &[f32]) -> Vec<f32> {
        let d = self.bert.dims();
        let mut sentence = vec![0.0; d];
        let pooled = match self.settings.pooling {
            Pooling::Cls => &tokens[..d],
            Pooling::Mean => tokens,
        };
        for token in pooled.chunks_exact(d) {
            sentence.iter_mut().zip(token).for_each(|(sum, x)| *sum += x);
        }
        if self.settings.normalize {
            to_unit_length(&mut sentence);
        } else {
            let count = (pooled.len() / d) as f32;
            for x in &mut sentence {
                *x /= count;
            }
        }
        sentence
    }
}

impl SentenceModel for SentenceEncoder {
    fn dims(&self) -> usize {
        self.bert.dims()
    }

    fn embed(&self, texts: &[&str], progress: &dyn Progress) -> Result<Embeddings> {
        let sequences: Vec<Vec<u32>> =
            texts.par_iter().map(|text| self.tokenizer.ids(text)).collect::<Result<_>>()?;
        self.encode(&sequences, "encoding questions", progress)
    }
}

/// Groups the indices of `sequences` into batches of about [`BATCH_TOKENS`] tokens, longest sequences
/// first, so that the last batches are the quickest. Empty sequences are in no batch: their vectors
/// stay zero.
fn batches(sequences: &[Vec<u32>]) -> Vec<Vec<usize>> {
    let mut order: Vec<usize> = (0..sequences.len()).collect();
    order.retain(|&index| !sequences[index].is_empty());
    order.sort_by_key(|&index| std::cmp::Reverse(sequences[index].len()));
    let mut batches: Vec<Vec<usize>> = Vec::new();
    let mut tokens = BATCH_TOKENS;
    for index in order {
        let length = sequences[index].len();
        if tokens + length > BATCH_TOKENS {
            batches.push(Vec::new());
            tokens = 0;
        }
        tokens += length;
        if let Some(batch) = batches.last_mut() {
            batch.push(index);
        }
    }
    batches
}
