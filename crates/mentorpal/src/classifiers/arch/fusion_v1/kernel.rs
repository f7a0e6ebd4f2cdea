//! The kernel: a weighted mean of similarities; a question has similarity 1 with itself.

use std::borrow::Cow;
use std::sync::{Arc, OnceLock};

use rayon::prelude::*;

use super::params::{NgramParams, Params, SentenceParams};
use super::sentences::{Sentences, wording};
use super::shortcuts::Shortcuts;
use super::tfidf::TfIdf;
use crate::classifiers::examples::Examples;
use crate::error::Result;
use crate::linear::Matrix;
use crate::progress::Progress;
use crate::vectors::{Embeddings, VectorModel};

/// The weighted mean of the n-gram cosines with the known questions.
#[derive(Clone, Debug)]
pub(super) struct Ngrams {
    pub(super) kinds: Vec<NgramKind>,
}

/// One kind of n-grams of the known questions.
#[derive(Clone, Debug)]
pub(super) struct NgramKind {
    pub(super) weight: f32,
    pub(super) tfidf: TfIdf,
    /// The indexes for comparing many questions, once many are expected.
    shortcuts: OnceLock<Shortcuts>,
}

impl NgramKind {
    pub(super) fn new(weight: f32, tfidf: TfIdf) -> Self {
        Self { weight, tfidf, shortcuts: OnceLock::new() }
    }
}

/// The known questions, indexed for comparison with other texts.
#[derive(Clone, Debug)]
pub(super) struct Kernel {
    /// The [`wording`] of each question, `[n]`.
    pub(super) questions: Vec<String>,
    pub(super) ngrams: Ngrams,
    pub(super) sentences: Option<(SentenceParams, Sentences)>,
}

/// The similarities of a text with the known questions and answers' texts.
#[derive(Clone, Debug)]
pub(super) struct Similar<'a> {
    kernel: &'a Kernel,
    text: &'a str,
    /// The text's [`wording`]; empty without sentence vectors.
    wording: Cow<'a, str>,
    /// The similarity with each question by n-grams, `[n]`, in 0..=1; computed on first use.
    ngrams: OnceLock<Vec<f32>>,
    /// The cosine with the sentence vectors of the questions, then of the answers' texts, `[n + t]`, in
    /// −1..=1; empty without sentence vectors.
    cosines: Vec<f32>,
}

impl Ngrams {
    /// Fits the kinds to `questions`.
    pub(super) fn fit(params: &[NgramParams], questions: &[&str]) -> Self {
        let fit = |p: &NgramParams| NgramKind::new(p.weight, TfIdf::fit(&p.analyzer, questions));
        Self { kinds: params.par_iter().map(fit).collect() }
    }

    /// Builds the indexes that make comparing many questions faster.
    fn expect_many(&self) {
        self.kinds.par_iter().for_each(|kind| {
            kind.shortcuts.get_or_init(|| kind.tfidf.shortcuts());
        });
    }

    /// Returns the similarity of `text` with each known question, `[n]`, in 0..=1.
    pub(super) fn similarities(&self, text: &str) -> Vec<f32> {
        let mut sum: Vec<f32> = Vec::new();
        for NgramKind { weight, tfidf, shortcuts } in &self.kinds {
            let similarities = tfidf.similarities(text, shortcuts.get());
            sum.resize(similarities.len(), 0.0);
            sum.iter_mut().zip(similarities).for_each(|(sum, x)| *sum += weight * x);
        }
        sum
    }

    /// Returns the similarities between the known questions, `[n, n]`; only the lower triangle is filled.
    pub(super) fn matrix(&self, progress: &dyn Progress) -> Matrix<f32> {
        self.expect_many();
        let vectors: Vec<_> = self.kinds.iter().map(|kind| kind.tfidf.vectors()).collect();
        let questions = vectors.first().map_or(0, Vec::len);
        let mut matrix = Matrix::zeros(questions, questions);
        progress.start("comparing questions", questions);
        matrix.columns_mut().enumerate().for_each(|(column, values)| {
            let below = &mut values[column..];
            for (NgramKind { weight, tfidf, shortcuts }, vectors) in self.kinds.iter().zip(&vectors)
            {
                let vector = &vectors[column];
                tfidf.add_similarities(vector, *weight, column, below, shortcuts.get());
            }
            progress.step();
        });
        progress.finish();
        matrix
    }
}

impl Kernel {
    /// Builds the kernel of the questions of `examples` and, with `model`, of the answers' texts. Sentence
    /// vectors get the weight and width at which the search for settings starts.
    ///
    /// # Errors
    /// If a text cannot be encoded.
    pub(super) fn fit(
        examples: &Examples,
        params: &Params,
        model: Option<&Arc<VectorModel>>,
        progress: &dyn Progress,
    ) -> Result<Self> {
        let questions: Vec<String> = examples.questions.iter().map(|text| wording(text)).collect();
        let ngrams = Ngrams::fit(&params.ngrams, &examples.questions);
        let texts: Vec<&str> = examples.texts.iter().map(|(_, text)| *text).collect();
        let encode = |model| Sentences::encode(model, &questions, &texts, progress);
        let sentences = model.map(encode).transpose()?;
        let sentences = sentences.map(|sentences| (params.search.middle().sentences, sentences));
        Ok(Self { questions, ngrams, sentences })
    }

    /// Returns whether there are sentence vectors but most questions have none. The vector model is then
    /// of another language, and cannot distinguish the questions.
    pub(super) fn knows_few_words(&self) -> bool {
        let Some((_, sentences)) = &self.sentences else { return false };
        let questions = sentences.items.rows().take(self.questions.len());
        let unknown = questions.filter(|row| row.iter().all(|x| *x == 0.0)).count();
        2 * unknown > self.questions.len()
    }

    /// Returns the kernel with `params` as the weight and width of sentence vectors.
    pub(super) fn with(self, params: SentenceParams) -> Self {
        let sentences = self.sentences.map(|(_, sentences)| (params, sentences));
        Self { sentences, ..self }
    }

    /// Compares the known question `index`, whose text in the data is `text`, with all known items,
    /// including itself.
    pub(super) fn of_question<'a>(&'a self, index: usize, text: &'a str) -> Similar<'a> {
        let vector = self.sentences.as_ref().map(|(_, known)| known.items.row(index));
        self.compare(text, Cow::Borrowed(&self.questions[index]), vector)
    }

    /// Compares any questions with all known items. `encode` returns the sentence vectors
    /// `[texts, dims]` of their wordings.
    ///
    /// # Errors
    /// If a question cannot be encoded.
    pub(super) fn of_texts<'a>(
        &'a self,
        texts: &[&'a str],
        encode: impl FnOnce(&VectorModel, &[&str]) -> Result<Embeddings>,
    ) -> Result<Vec<Similar<'a>>> {
        if texts.len() > 1 {
            self.ngrams.expect_many();
        }
        let Some((_, sentences)) = &self.sentences else {
            let compare = |text| self.compare(text, Cow::Borrowed(""), None);
            return Ok(texts.iter().copied().map(compare).collect());
        };
        let wordings: Vec<String> = texts.par_iter().map(|text| wording(text)).collect();
        let asked: Vec<&str> = wordings.iter().map(String::as_str).collect();
        let vectors = encode(&sentences.model, &asked)?.at_unit_length();
        let compare =
            |(i, wording)| self.compare(texts[i], Cow::Owned(wording), Some(vectors.row(i)));
        Ok(wordings.into_par_iter().enumerate().map(compare).collect())
    }

    fn compare<'a>(
        &'a self,
        text: &'a str,
        wording: Cow<'a, str>,
        vector: Option<&[f32]>,
    ) -> Similar<'a> {
        let cosines = match (&self.sentences, vector) {
            (Some((_, known)), Some(vector)) => known.cosines(vector),
            _ => Vec::new(),
        };
        Similar { kernel: self, text, wording, ngrams: OnceLock::new(), cosines }
    }
}

impl Similar<'_> {
    /// Returns the kernel with each question, then with each answer's text, `[n + t]`, in 0..=1.
    pub(super) fn kernel(&self) -> Vec<f32> {
        let Some((params, _)) = &self.kernel.sentences else { return self.ngrams().to_vec() };
        // Answers' texts have no n-gram similarities.
        let ngrams = self.ngrams().iter().copied().chain(std::iter::repeat(0.0));
        self.cosines
            .iter()
            .zip(ngrams)
            .map(|(&cosine, ngrams)| params.mix(cosine, ngrams))
            .collect()
    }

    /// Returns the similarity of the nearest of the `known` questions, in about 0..=1.
    pub(super) fn nearest(&self, known: impl Fn(usize) -> bool) -> f32 {
        if let Some((_, sentences)) = &self.kernel.sentences {
            return sentences.nearness(&self.wording, &self.cosines, &self.kernel.questions, known);
        }
        let ngrams = self.ngrams().iter().enumerate();
        ngrams.filter(|(i, _)| known(*i)).map(|(_, &similar)| similar).fold(0.0, f32::max)
    }

    fn ngrams(&self) -> &[f32] {
        self.ngrams.get_or_init(|| self.kernel.ngrams.similarities(self.text))
    }
}

/// The similarities of a left-out question with the nearest known questions, in about 0..=1.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Nearest {
    /// With the nearest of all other questions.
    pub(super) other: f32,
    /// With the nearest question of another answer.
    pub(super) elsewhere: f32,
}

impl Nearest {
    /// Returns those of each question, `[n]`, by the n-gram matrix (`[n, n]`, lower triangle).
    pub(super) fn by_ngrams(ngrams: &Matrix<f32>, answer_of: &[usize]) -> Vec<Self> {
        let none = || vec![Self::default(); answer_of.len()];
        let column = |mut nearest: Vec<Self>, column: usize| {
            for row in column + 1..answer_of.len() {
                let other = ngrams[(row, column)];
                let elsewhere = if answer_of[row] == answer_of[column] { 0.0 } else { other };
                for question in [row, column] {
                    nearest[question] = nearest[question].nearer(Self { other, elsewhere });
                }
            }
            nearest
        };
        let both =
            |a: Vec<Self>, b: Vec<Self>| a.into_iter().zip(b).map(|(a, b)| a.nearer(b)).collect();
        (0..answer_of.len()).into_par_iter().fold(none, column).reduce(none, both)
    }

    fn nearer(self, than: Self) -> Self {
        Self { other: self.other.max(than.other), elsewhere: self.elsewhere.max(than.elsewhere) }
    }
}

/// Combines the lower triangles of the sentence vectors' cosines, `[n + t, n + t]`, and of the n-gram
/// similarities, `[n, n]`, in place of the cosines. An answer's text has n-gram similarity 1 with
/// itself and 0 with other items.
pub(super) fn mix(
    mut cosines: Matrix<f32>,
    ngrams: &Matrix<f32>,
    params: SentenceParams,
) -> Matrix<f32> {
    let questions = ngrams.columns();
    cosines.columns_mut().enumerate().for_each(|(column, values)| {
        for (row, value) in values.iter_mut().enumerate().skip(column) {
            let shared = if row < questions {
                ngrams[(row, column)]
            } else {
                f32::from(u8::from(row == column))
            };
            *value = params.mix(*value, shared);
        }
    });
    cosines
}

#[cfg(test)]
mod tests {
    use super::*;

    // By hand: of four questions of three answers the first two share one.
    #[test]
    fn the_nearest_question_excludes_the_question_itself() {
        const SIMILAR: [[f32; 4]; 4] = [
            [1.0, f32::NAN, f32::NAN, f32::NAN],
            [0.9, 1.0, f32::NAN, f32::NAN],
            [0.2, 0.3, 1.0, f32::NAN],
            [0.4, 0.1, 0.5, 1.0],
        ];
        let matrix = Matrix::from_fn(4, 4, |row, column| SIMILAR[row][column]);
        let expected = [(0.9, 0.4), (0.9, 0.3), (0.5, 0.5), (0.5, 0.5)];
        let expected = expected.map(|(other, elsewhere)| Nearest { other, elsewhere });
        assert_eq!(Nearest::by_ngrams(&matrix, &[0, 0, 1, 2]), expected);
    }
}
