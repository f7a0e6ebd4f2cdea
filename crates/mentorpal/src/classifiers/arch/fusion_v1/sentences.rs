//! The sentence vectors of known questions and of answers' texts.

use std::sync::{Arc, OnceLock};

use crate::error::Result;
use crate::linear::{Matrix, View, gram};
use crate::progress::Progress;
use crate::text::{expand_contractions, sanitize_any_script};
use crate::vectors::{Embeddings, VectorModel, dot};

/// The number of questions with the highest cosines whose tokens are compared to find the nearest one.
const NEAREST: usize = 20;

/// Questions, and then the texts of answers, as vectors of unit length.
#[derive(Clone, Debug)]
pub(super) struct Sentences {
    pub(super) model: Arc<VectorModel>,
    /// `[n + t, dims]`: the questions, then `t` answers' texts.
    pub(super) items: Embeddings,
    /// The token vectors of each question, `[n]`, of unit length; computed on first use.
    tokens: Vec<OnceLock<Embeddings>>,
}

impl Sentences {
    /// Returns the vectors `items`; the first `questions` of these belong to questions.
    pub(super) fn new(model: Arc<VectorModel>, questions: usize, items: Embeddings) -> Self {
        Self { model, items, tokens: vec![OnceLock::new(); questions] }
    }

    /// Encodes the [`wording`] of `questions`, and answers' `texts`.
    ///
    /// # Errors
    /// If a text cannot be encoded.
    pub(super) fn encode(
        model: &Arc<VectorModel>,
        questions: &[String],
        texts: &[&str],
        progress: &dyn Progress,
    ) -> Result<Self> {
        let wordings = questions.iter().map(String::as_str);
        let all: Vec<&str> = wordings.chain(texts.iter().copied()).collect();
        let items = model.embed_cached(&all, progress)?.at_unit_length();
        Ok(Self::new(Arc::clone(model), questions.len(), items))
    }

    /// Returns the cosine of `vector` with each item, `[n + t]`.
    pub(super) fn cosines(&self, vector: &[f32]) -> Vec<f32> {
        self.items.rows().map(|item| dot(item, vector)).collect()
    }

    /// Returns the cosines between all items, `[n + t, n + t]`. Elements above the diagonal have no
    /// meaning.
    pub(super) fn matrix(&self) -> Matrix<f32> {
        gram(View::by_rows(self.items.numbers(), self.items.len(), self.items.dims()))
    }

    /// Returns the similarity of `text` with the nearest of the `known` `questions`, in about 0..=1.
    /// `cosines` holds the cosine of the text with each question.
    ///
    /// With a sentence encoder, the similarity is the cosine. Sums of token vectors may have a high cosine
    /// although an important word is missing, so for these the similarity is the mean of the cosine and
    /// the [`coverage`] of the text's tokens by the question's.
    pub(super) fn nearness(
        &self,
        text: &str,
        cosines: &[f32],
        questions: &[String],
        known: impl Fn(usize) -> bool,
    ) -> f32 {
        let known = (0..questions.len()).filter(|&i| known(i)).map(|i| (i, cosines[i]));
        let Some(tokens) = self.model.tokens() else {
            return known.map(|(_, cosine)| cosine).fold(0.0, f32::max);
        };
        let mut nearest: Vec<(usize, f32)> = known.collect();
        let by_cosine = |a: &(usize, f32), b: &(usize, f32)| b.1.total_cmp(&a.1);
        if nearest.len() > NEAREST {
            nearest.select_nth_unstable_by(NEAREST - 1, by_cosine);
            nearest.truncate(NEAREST);
        }
        nearest.sort_unstable_by(by_cosine);
        let asked = tokens.tokens(text);
        let mut best = 0.0;
        for (i, cosine) in nearest {
            // Neither this question nor a later one can exceed the best, even with full coverage.
            if 0.5 * cosine + 0.5 <= best {
                break;
            }
            let question = || tokens.tokens(&questions[i]).at_unit_length();
            let question = self.tokens[i].get_or_init(question);
            best = f32::max(best, 0.5 * cosine + 0.5 * coverage(&asked, question));
        }
        best
    }
}

/// The number of characters to which a text is truncated. No question is that long, and a pasted book
/// must not stall a training run.
const MAX_CHARS: usize = 1_000;

/// Returns the text that is encoded as a sentence vector: sanitized, with contractions expanded. Text
/// with non-ASCII letters is normalized instead.
pub(super) fn wording(text: &str) -> String {
    let text = &text[..text.char_indices().nth(MAX_CHARS).map_or(text.len(), |(end, _)| end)];
    expand_contractions(&sanitize_any_script(text))
}

/// Returns the weighted mean, over the tokens of `asked`, of the highest cosine with a token of
/// `question`, whose tokens have unit length. 1 means that `question` has all tokens of `asked`.
fn coverage(asked: &Embeddings, question: &Embeddings) -> f32 {
    let (mut sum, mut weights) = (0.0, 0.0);
    for token in asked.rows() {
        // The token's length is both its weight and the missing divisor of the cosine.
        sum += question.rows().map(|row| dot(row, token)).fold(0.0, f32::max);
        weights += dot(token, token).sqrt();
    }
    if weights > 0.0 { sum / weights } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wordings_are_sanitized_and_keep_every_script() {
        assert_eq!(wording(" What’s it like?! "), "what is it like");
        assert_eq!(wording("Où es-tu?"), "où es tu");
    }

    // Tokens of weights 2 and 1; the question has the first's direction at cosine 0.6 and nothing
    // like the second: (2 · 0.6 + 1 · 0) / 3.
    #[test]
    fn coverage_by_hand() {
        let asked = Embeddings::new(2, vec![2.0, 0.0, 0.0, -1.0]);
        let question = Embeddings::new(2, vec![0.6, 0.8, -1.0, 0.0]);
        assert!((coverage(&asked, &question) - 0.4).abs() < 1e-6);
        assert!((coverage(&asked, &asked.clone().at_unit_length()) - 1.0).abs() < 1e-6);
        let nothing = Embeddings::new(2, Vec::new());
        assert!(coverage(&asked, &nothing).abs() < 1e-6);
        assert!(coverage(&nothing, &asked).abs() < 1e-6);
    }
}
