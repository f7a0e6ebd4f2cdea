//! Questions → tokens → word vectors.

use std::sync::Arc;

use super::params::STEPS;
use crate::classifiers::Vectors;
use crate::error::{Error, Result};
use crate::text::{Kind, compose, kinds, stem};
use crate::vectors::{ModelKind, VectorModel};

/// Returns the tokens of a text: maximal runs of word characters (letters with their marks, numbers,
/// `_`), lower-cased and with composed accents, as in word vectors.
///
/// ```text
/// "Where's your hometown?" → where, s, your, hometown
/// ```
fn tokens(text: &str) -> Vec<String> {
    let mut tokens = vec![String::new()];
    for (c, kind) in kinds(&compose(text).to_lowercase()) {
        if kind == Kind::Kept || c == '_' {
            tokens.last_mut().expect("there is one").push(c);
        } else {
            tokens.push(String::new());
        }
    }
    tokens.retain(|token| !token.is_empty());
    tokens
}

/// The form of a token whose vector is looked up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum LookUp {
    /// The stem, in vectors of whole words.
    Stem,
    /// The token itself, in vectors of subwords, which do not contain stems.
    Word,
}

impl LookUp {
    /// Returns the form for a kind of vector model.
    fn for_kind(kind: ModelKind) -> Self {
        if kind == ModelKind::Words { Self::Stem } else { Self::Word }
    }
}

/// A vector model with vectors of single words.
#[derive(Clone, Debug)]
pub(crate) struct Words {
    model: Arc<VectorModel>,
    look_up: LookUp,
}

/// The word vectors of a question.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Question {
    /// The vectors of the first [`STEPS`] tokens, `[at most STEPS, dims]`; zero for an unknown token.
    pub(super) steps: Vec<f32>,
    /// The sum of all tokens' vectors, `[dims]`.
    pub(super) sum: Vec<f64>,
}

impl Words {
    /// Wraps the vector model `vectors`.
    ///
    /// # Errors
    /// If there is no vector model, or it is a sentence encoder, which has no vectors of single words.
    pub(crate) fn of(vectors: &Vectors) -> Result<Self> {
        let hint = "train with `--vectors embedded`, or with word vectors that `mentorpal vectors \
                    list` shows";
        let Some(model) = vectors else {
            return Err(Error::new("`lstm_v1` needs word vectors").hint(hint));
        };
        if model.tokens().is_none() {
            let what = format!(
                "`lstm_v1` needs word vectors, but `{}` has only sentence vectors",
                model.name()
            );
            return Err(Error::new(what).hint(hint));
        }
        Ok(Self { model: Arc::clone(model), look_up: LookUp::for_kind(model.kind()) })
    }

    /// Returns the number of dimensions of a vector.
    pub(crate) fn dims(&self) -> usize {
        self.model.dims()
    }

    /// Returns the word vectors of a text.
    pub(super) fn question(&self, text: &str) -> Question {
        let dims = self.dims();
        let mut question = Question { steps: Vec::new(), sum: vec![0.0; dims] };
        for (step, key) in self.keys(text).enumerate() {
            let vector = self.model.tokens().and_then(|tokens| tokens.word(&key));
            if step < STEPS {
                match &vector {
                    Some(vector) => question.steps.extend(vector),
                    None => question.steps.resize(question.steps.len() + dims, 0.0),
                }
            }
            for (sum, x) in question.sum.iter_mut().zip(vector.iter().flatten()) {
                *sum += f64::from(*x);
            }
        }
        question
    }

    /// Returns the tokens of a text in the form that is looked up.
    pub(super) fn keys(&self, text: &str) -> impl Iterator<Item = String> {
        tokens(text).into_iter().map(|token| match self.look_up {
            LookUp::Stem => stem(&token),
            LookUp::Word => token,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_are_runs_of_word_characters() {
        assert_eq!(
            tokens("Where's your E-mail_address, 2x?"),
            ["where", "s", "your", "e", "mail_address", "2x"]
        );
        assert_eq!(tokens("¿Qué? \u{a0}—"), ["qué"]);
        assert!(tokens(" ?! ").is_empty());
        assert_eq!(tokens("Que\u{301} हिन्दी?"), ["qué", "हिन्दी"]);
    }
}
