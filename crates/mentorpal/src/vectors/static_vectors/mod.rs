//! Static token vectors: one vector per token, learned so that the sum of the vectors of a sentence's
//! tokens is close to the vector that a sentence encoder computes for the sentence.
//!
//! One set is embedded in the program, so that there is a vector model without any download.

mod file;
mod wordpiece;

use std::borrow::Cow;
use std::sync::LazyLock;

use serde::{Deserialize, Serialize};

pub(in crate::vectors) use self::wordpiece::CONTINUES;
use self::wordpiece::Vocabulary;
use super::sentence::{Embeddings, SentenceModel, cosine};
use super::tokens::{self, TokenVectors};
use crate::error::{Error, Result};
use crate::progress::Progress;

/// The file of static vectors in a vector model's folder.
pub(in crate::vectors) const STATIC_FILE: &str = "model.safetensors";

/// The embedded file; `embedded/README.md` describes its origin.
const EMBEDDED: &[u8] = include_bytes!("embedded/model.safetensors");

/// The largest number in a row.
const MOST: f32 = 127.0;

/// One vector per token, with one byte per component.
#[derive(Clone, Debug, PartialEq)]
pub struct StaticVectors {
    origin: Origin,
    vocabulary: Vocabulary,
    dims: usize,
    /// `[tokens, dims]`, each byte an `i8`.
    rows: Cow<'static, [u8]>,
    /// The factor of each token's numbers.
    scales: Vec<f32>,
}

/// The origin of static vectors: the encoder and the options.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Origin {
    /// The sentence encoder's name.
    pub encoder: String,
    /// The SHA-256 of the encoder's `model.safetensors`, in hex.
    pub sha256: String,
    /// The encoder's licence, if it is known.
    pub licence: Option<String>,
    /// The version of the method.
    pub recipe: u32,
    /// The number of random token sequences.
    #[serde(rename = "salads")]
    pub sequences: usize,
    /// The seed of the random number generator.
    pub seed: u64,
}

impl StaticVectors {
    /// The vectors embedded in the program. They are opened at the first call, in less than a
    /// millisecond, because the rows are not copied.
    #[must_use]
    pub fn embedded() -> &'static Self {
        static READ: LazyLock<StaticVectors> = LazyLock::new(|| {
            file::read(EMBEDDED, Cow::Borrowed).expect("the embedded file is valid")
        });
        &READ
    }

    /// The bytes of the embedded file.
    #[must_use]
    pub fn embedded_bytes() -> &'static [u8] {
        EMBEDDED
    }

    /// Reads static vectors from a file's bytes.
    ///
    /// # Errors
    /// If they are not in this format, or their parts are inconsistent.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self> {
        file::read(bytes, |part| Cow::Owned(part.to_vec()))
    }

    /// Returns the vectors of tokens, given in any order, rounded to one byte per number.
    ///
    /// # Errors
    /// If a token occurs twice.
    pub(super) fn quantized(
        origin: Origin,
        mut tokens: Vec<(String, &[f32])>,
        dims: usize,
    ) -> Result<Self> {
        tokens.sort_by(|a, b| a.0.cmp(&b.0));
        let (mut rows, mut scales) = (Vec::new(), Vec::new());
        for (_, vector) in &tokens {
            let scale = vector.iter().fold(0.0, |most: f32, x| most.max(x.abs())) / MOST;
            let divisor = if scale > 0.0 { scale } else { 1.0 };
            rows.extend(vector.iter().map(|x| ((x / divisor).round() as i8).to_le_bytes()[0]));
            scales.push(scale);
        }
        let vocabulary = Vocabulary::new(tokens.iter().map(|(token, _)| token.as_str()).collect())
            .ok_or_else(|| Error::new("the vocabulary of the encoder contains a token twice"))?;
        Ok(Self { origin, vocabulary, dims, rows: rows.into(), scales })
    }

    /// Returns the bytes of the file, which are the same for the same vectors.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        file::write(self)
    }

    /// The origin of the vectors.
    #[must_use]
    pub fn origin(&self) -> &Origin {
        &self.origin
    }

    /// The number of dimensions.
    #[must_use]
    pub fn dims(&self) -> usize {
        self.dims
    }

    /// The number of tokens.
    #[must_use]
    pub fn len(&self) -> usize {
        self.vocabulary.len()
    }

    /// Whether there are no tokens.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The `n` whole words nearest to `word` by cosine, nearest first, without `word` itself; `None`
    /// if `word` has no known tokens.
    #[must_use]
    pub fn nearest(&self, word: &str, n: usize) -> Option<Vec<(&str, f32)>> {
        let own = self.vocabulary.tokenize(word);
        let vector = self.word(word)?;
        let mut others: Vec<(&str, f32)> = (0..self.len())
            .filter(|&token| own != [token])
            .map(|token| (self.vocabulary.token(token), token))
            .filter(|(word, _)| !word.starts_with(CONTINUES))
            .map(|(word, token)| (word, cosine(&self.row(token).collect::<Vec<_>>(), &vector)))
            .collect();
        others.sort_by(|a, b| b.1.total_cmp(&a.1));
        others.truncate(n);
        Some(others)
    }

    /// The vector of a token.
    fn row(&self, token: usize) -> impl Iterator<Item = f32> {
        let scale = self.scales[token];
        let row: &[i8] = bytemuck::cast_slice(&self.rows[token * self.dims..][..self.dims]);
        row.iter().map(move |x| f32::from(*x) * scale)
    }
}

impl TokenVectors for StaticVectors {
    fn tokens(&self, text: &str) -> Embeddings {
        let tokens = self.vocabulary.tokenize(text);
        let numbers = tokens.into_iter().flat_map(|token| self.row(token)).collect();
        Embeddings::new(self.dims, numbers)
    }

    /// The sum of its pieces' vectors.
    fn word(&self, word: &str) -> Option<Vec<f32>> {
        let sum = tokens::sum(&self.tokens(word), self.dims);
        sum.iter().any(|x| *x != 0.0).then_some(sum)
    }
}

impl SentenceModel for StaticVectors {
    fn dims(&self) -> usize {
        self.dims
    }

    fn embed(&self, texts: &[&str], progress: &dyn Progress) -> Result<Embeddings> {
        Ok(tokens::embed(self, texts, progress))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::progress::NoProgress;

    #[test]
    fn paraphrases_are_nearer_than_other_questions() {
        let vectors = StaticVectors::embedded();
        assert_eq!(vectors.dims(), 128);
        let triples = [
            ["how old are you", "what is your age", "how tall are you"],
            ["do you have kids", "are you a parent", "do you have a car"],
            ["what is your job", "what do you do for a living", "what is your name"],
            ["where did you grow up", "tell me about your childhood", "tell me about your dog"],
        ];
        for texts in triples {
            let found = vectors.embed(&texts, &NoProgress).unwrap();
            let cosine = |a: usize, b: usize| -> f32 {
                found.row(a).iter().zip(found.row(b)).map(|(a, b)| a * b).sum()
            };
            assert!(cosine(0, 1) > cosine(0, 2), "{texts:?}: {} {}", cosine(0, 1), cosine(0, 2));
        }
    }

    #[test]
    fn a_word_is_near_words_like_it() {
        let near = |word| {
            let nearest = StaticVectors::embedded().nearest(word, 10)?;
            assert!(nearest.is_sorted_by(|a, b| a.1 >= b.1));
            Some(nearest.into_iter().map(|(word, _)| word).collect::<Vec<_>>())
        };
        assert!(near("navy").unwrap().contains(&"naval"));
        assert!(!near("navy").unwrap().contains(&"navy"));
        assert!(near("Physicist!").unwrap().contains(&"physics"));
        assert_eq!(near("?"), None);
    }
}
