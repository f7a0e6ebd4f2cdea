//! Static token vectors from a sentence encoder.
//!
//! The encoder is run on random token sequences, in which frequent words occur more often. Each token
//! gets the vector for which the normalised sums of the tokens' vectors are nearest to the encoder's vectors of
//! the sequences. No text is needed, only the vocabulary of the encoder.
//!
//! | file | stage |
//! |---|---|
//! | `random_sequences.rs` | random numbers → sequences of tokens |
//! | `projection.rs` | the encoder's vectors → fewer numbers (principal components) |
//! | `ridge.rs` | sequences and their vectors → one vector per token (ridge regression) |
//! | `publish.rs` | all of it, as a vector model of the workspace |
//!
//! What is known of a token before is its vector alone, `[CLS] token [SEP]`, weighed by smooth
//! inverse frequency (Arora et al. 2017), as in model2vec (Tulkens & van Dongen 2024); the
//! regression starts there and is held near it.

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

/// The version of the recipe: everything here but the [`DistillOptions`].
const RECIPE: u32 = 1;

/// A sentence encoder to learn from, and what is known of it.
#[derive(Clone, Copy, Debug)]
struct Teacher<'a> {
    /// The encoder.
    encoder: &'a SentenceEncoder,
    /// What it is called.
    name: &'a str,
    /// The SHA-256 of its `model.safetensors`, in hex.
    sha256: &'a str,
    /// What is known of its licence.
    licence: Option<&'a str>,
}

/// How to distil.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DistillOptions {
    /// How many numbers a vector shall have: no more than the encoder's. Default 128.
    pub dims: usize,
    /// Seed of the random number generator. Default 0.
    pub seed: u64,
    /// The number of random token sequences to learn from. Default 85,000.
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
/// When the encoder has too few numbers, no words of lower-case ASCII letters, or gives what is no
/// number.
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

/// The encoder's tokens and their ids that a sanitized question can have, in the order of ids,
/// which is about that of their frequency: ASCII lower-case letters and digits, at the start of a
/// word or further on.
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

/// What each of `n` tokens weighs, the most frequent first; the probability of the one at `rank`
/// (from 1) is taken to be `1 / rank` of their sum (Zipf's law).
fn weights(n: usize) -> impl Iterator<Item = f32> {
    let sum: f64 = (1..=n).map(|rank| (rank as f64).recip()).sum();
    (1..=n).map(move |rank| weight(rank, sum))
}
