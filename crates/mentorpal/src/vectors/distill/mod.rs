//! Static token vectors from a sentence encoder.
//!
//! The encoder is run on random token sequences, in which frequent words occur more often. Each token
//! gets a vector, so that the normalised sums of the tokens' vectors are closest to the encoder's vectors of
//! the sequences. No text is needed, only the vocabulary of the encoder.
//!
//! | file | stage |
//! |---|---|
//! | `random_sequences.rs` | random numbers → sequences of tokens |
//! | `projection.rs` | the encoder's vectors → fewer numbers (principal components) |
//! | `ridge.rs` | sequences and their vectors → one vector per token (ridge regression) |
//! | `publish.rs` | runs all stages and publishes the result as a vector model of the workspace |
//!
//! The prior estimate of a token's vector is the encoder's vector of the token alone, `[CLS] token [SEP]`,
//! weighted by smooth inverse frequency (Arora et al. 2017), as in model2vec (Tulkens & van Dongen
//! 2024). The regression starts at this estimate and is regularized towards it.

mod projection;
mod publish;
mod random_sequences;
mod ridge;

use self::projection::Projection;
pub use self::publish::{DistillRequest, add_distilled};
use self::random_sequences::RandomSequences;
use super::encoder::SentenceEncoder;
use super::sentence::{Embeddings, to_unit_length};
use super::static_vectors::{CONTINUES, Origin, StaticVectors};
use super::tokens::weight;
use crate::error::{Error, Result};
use crate::progress::Progress;

/// The version of the method; it changes with everything that affects the result except [`DistillOptions`].
const RECIPE: u32 = 1;

/// A sentence encoder to learn from, and its properties.
#[derive(Clone, Copy, Debug)]
struct Teacher<'a> {
    /// The encoder.
    encoder: &'a SentenceEncoder,
    /// The name of the encoder.
    name: &'a str,
    /// The SHA-256 of its `model.safetensors`, in hex.
    sha256: &'a str,
    /// The licence of the encoder, if it is known.
    licence: Option<&'a str>,
}

/// The options of the distillation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DistillOptions {
    /// The number of dimensions of the vectors, at most that of the encoder. Default 128.
    pub dims: usize,
    /// Seed of the random number generator. Default 0.
    pub seed: u64,
    /// The number of random token sequences for training. Default 85,000.
    pub sequences: usize,
}

impl Default for DistillOptions {
    fn default() -> Self {
        Self { dims: 128, seed: 0, sequences: 85_000 }
    }
}

/// Learns static token vectors from an encoder. The same encoder and options give the same
/// vectors, whatever the number of threads.
///
/// # Errors
/// If the encoder has too few weights or no words of lower-case ASCII letters, or if its vectors
/// contain NaN or infinity.
fn distill(
    teacher: &Teacher,
    options: &DistillOptions,
    progress: &dyn Progress,
) -> Result<StaticVectors> {
    let DistillOptions { dims, seed, sequences } = *options;
    let most = super::SentenceModel::dims(teacher.encoder);
    if !(1..=most).contains(&dims) {
        let what = format!("{dims} dimensions, but the vectors of the encoder have {most}");
        return Err(Error::new(what).hint(format!("choose --dims from 1 to {most}")));
    }
    let tokens = kept_tokens(teacher.encoder)?;
    let sequences = RandomSequences::new(&tokens, seed, sequences);
    let encode = |sequences: Vec<Vec<u32>>, what: &str| -> Result<Embeddings> {
        let vectors = teacher.encoder.embed_tokens(&sequences, what, progress);
        let mut vectors = vectors.map_err(|e| e.prefixed(&format!("`{}`", teacher.name)))?;
        vectors.rows_mut().for_each(to_unit_length);
        Ok(vectors)
    };
    let alone = encode(tokens.iter().map(|(_, id)| vec![*id]).collect(), "encoding tokens")?;
    let inputs = sequences.sequences().map(|sequence| ids(sequence, &tokens)).collect();
    let targets = encode(inputs, "encoding random sequences")?;

    let projection = Projection::fit(&targets, dims)?;
    let targets = projection.apply(&targets);
    let mut start = projection.apply(&alone);
    for (row, weight) in start.chunks_exact_mut(dims).zip(weights(tokens.len())) {
        for x in row {
            *x *= weight;
        }
    }
    let rows = ridge::fit(&sequences, &targets, start, dims, progress);

    let origin = Origin {
        encoder: teacher.name.to_owned(),
        sha256: teacher.sha256.to_owned(),
        licence: teacher.licence.map(str::to_owned),
        recipe: RECIPE,
        sequences: options.sequences,
        seed,
    };
    let tokens = tokens.into_iter().map(|(token, _)| token).zip(rows.chunks_exact(dims));
    StaticVectors::quantized(origin, tokens.collect(), dims)
}

/// The tokens of the encoder that can occur in a sanitized question, with their ids: tokens of ASCII
/// lower-case letters and digits that begin or continue a word. They are sorted by id, which is about
/// the order of their frequency.
fn kept_tokens(encoder: &SentenceEncoder) -> Result<Vec<(String, u32)>> {
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    let mut tokens = encoder.vocabulary();
    tokens.retain(|(token, _)| {
        let letters = token.strip_prefix(CONTINUES).unwrap_or(token);
        !letters.is_empty() && letters.chars().all(plain)
    });
    if tokens.iter().any(|(token, _)| !token.starts_with(CONTINUES)) {
        return Ok(tokens);
    }
    Err(Error::new("the encoder's tokenizer has no words of lower-case ASCII letters")
        .hint("use an encoder of lower-case English text"))
}

fn ids(sequence: &[u32], tokens: &[(String, u32)]) -> Vec<u32> {
    sequence.iter().map(|&token| tokens[token as usize].1).collect()
}

/// The weights of `n` tokens, the most frequent token first. The probability of the token at `rank`
/// (from 1) is assumed to be proportional to `1 / rank` (Zipf's law).
fn weights(n: usize) -> impl Iterator<Item = f32> {
    let sum: f64 = (1..=n).map(|rank| (rank as f64).recip()).sum();
    (1..=n).map(move |rank| weight(rank, sum))
}
