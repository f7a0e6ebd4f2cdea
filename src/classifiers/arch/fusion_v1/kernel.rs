//! The kernel: a weighted mix of similarities, 1 between a question and itself.

use std::borrow::Cow;
use std::sync::{Arc, OnceLock};

use faer::Mat;
use rayon::prelude::*;

use super::params::{NgramParams, Params, SentenceParams};
use super::sentences::{Sentences, wording};
use super::tfidf::TfIdf;
use crate::classifiers::examples::Examples;
use crate::error::Result;
use crate::progress::Progress;
use crate::vectors::{Embeddings, VectorModel};

/// The cosines of n-grams with the known questions, mixed.
#[derive(Clone, Debug)]
pub(super) struct Ngrams {
    /// Each kind with its share of the mix.
    pub(super) parts: Vec<(f32, TfIdf)>,
}

/// The known questions, ready to be compared with.
#[derive(Clone, Debug)]
pub(super) struct Kernel {
    /// Their [`wording`], `[n]`.
    pub(super) questions: Vec<String>,
    pub(super) ngrams: Ngrams,
    pub(super) sentences: Option<(SentenceParams, Sentences)>,
}

/// How alike a text is to what is known.
#[derive(Clone, Debug)]
pub(super) struct Similar<'a> {
    kernel: &'a Kernel,
    text: &'a str,
    /// Its [`wording`]; empty without sentence vectors.
    wording: Cow<'a, str>,
    /// With each question's n-grams, `[n]`, each in 0..=1, where it was needed yet.
    ngrams: OnceLock<Vec<f32>>,
    /// With each question's and then each answer's text's sentence vector, `[n + t]`, in −1..=1;
    /// empty without sentence vectors.
    cosines: Vec<f32>,
}

impl Ngrams {
    /// Fits the parts to `questions`.
    pub(super) fn fit(params: &[NgramParams], questions: &[&str]) -> Self {
        let fit = |p: &NgramParams| (p.weight, TfIdf::fit(&p.analyzer, questions));
        Self { parts: params.par_iter().map(fit).collect() }
    }

    /// Prepares for comparing many questions, which are faster then.
    fn expect_many(&self) {
        self.parts.par_iter().for_each(|(_, tfidf)| tfidf.expect_many());
    }

    /// How alike `text` is to each known question, each in 0..=1.
    pub(super) fn similarities(&self, text: &str) -> Vec<f32> {
        let mut sum: Vec<f32> = Vec::new();
        for (weight, tfidf) in &self.parts {
            let part = tfidf.similarities(text);
            sum.resize(part.len(), 0.0);
            sum.iter_mut().zip(part).for_each(|(sum, similarity)| *sum += weight * similarity);
        }
        sum
    }

    /// The known questions among themselves, `[n, n]`; only the lower triangle is filled.
    pub(super) fn matrix(&self, progress: &dyn Progress) -> Mat<f32> {
        self.expect_many();
        let vectors: Vec<_> = self.parts.iter().map(|(_, tfidf)| tfidf.vectors()).collect();
        let questions = vectors.first().map_or(0, Vec::len);
        let mut matrix = Mat::zeros(questions, questions);
        progress.start("comparing questions", questions);
        matrix.as_mut().par_col_iter_mut().enumerate().for_each(|(column, values)| {
            let below = values.try_as_col_major_mut().map(faer::ColMut::as_slice_mut);
            let below = &mut below.expect("a new matrix is stored by columns")[column..];
            for ((weight, tfidf), vectors) in self.parts.iter().zip(&vectors) {
                tfidf.add_similarities(&vectors[column], *weight, column, below);
            }
            progress.step();
        });
        progress.finish();
        matrix
    }
}

impl Kernel {
    /// Of the questions of `examples`, and with `model` of answers' texts; sentence vectors are mixed in
    /// as the search of settings begins.
    ///
    /// # Errors
    /// When a text cannot be encoded.
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

    /// Whether there are sentence vectors, and most questions have none: the vector model is of another
    /// language, and all questions would be equally unlike each other.
    pub(super) fn knows_few_words(&self) -> bool {
        let Some((_, sentences)) = &self.sentences else { return false };
        let questions = sentences.items.rows().take(self.questions.len());
        let unknown = questions.filter(|row| row.iter().all(|x| *x == 0.0)).count();
        2 * unknown > self.questions.len()
    }

    /// The same with sentence vectors mixed in by `params`.
    pub(super) fn with(self, params: SentenceParams) -> Self {
        let sentences = self.sentences.map(|(_, sentences)| (params, sentences));
        Self { sentences, ..self }
    }

    /// Compares known question `index`, which stands in the data as `text`, with all that is
    /// known, itself included.
    pub(super) fn of_question<'a>(&'a self, index: usize, text: &'a str) -> Similar<'a> {
        let vector = self.sentences.as_ref().map(|(_, known)| known.items.row(index));
        self.compare(text, Cow::Borrowed(&self.questions[index]), vector)
    }

    /// Compares questions, whatever they are, with all that is known; `encode` makes sentence
    /// vectors `[texts, dims]` of their wordings.
    ///
    /// # Errors
    /// When one cannot be encoded.
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
    /// The kernel with each question and then each answer's text, `[n + t]`, each in 0..=1.
    pub(super) fn kernel(&self) -> Vec<f32> {
        let Some((params, _)) = &self.kernel.sentences else { return self.ngrams().to_vec() };
        // Answers' texts share no n-grams with anything.
        let ngrams = self.ngrams().iter().copied().chain(std::iter::repeat(0.0));
        self.cosines
            .iter()
            .zip(ngrams)
            .map(|(&cosine, ngrams)| params.mix(cosine, ngrams))
            .collect()
    }

    /// How near the nearest of the `known` questions is, in about 0..=1.
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

/// How near the nearest known question is to one that is left out, each in about 0..=1.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Nearest {
    /// Of all the others.
    pub(super) other: f32,
    /// Of those of other answers.
    pub(super) elsewhere: f32,
}

impl Nearest {
    /// That of each question by the matrix of n-grams (`[n, n]`, lower triangle): `[n]`.
    pub(super) fn by_ngrams(ngrams: &Mat<f32>, answer_of: &[usize]) -> Vec<Self> {
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

/// Mixes the matrices (lower triangles) of sentence vectors' cosines `[n + t, n + t]` and of the
/// n-grams `[n, n]`, into the former. Answers' texts share no n-grams but with themselves.
pub(super) fn mix(mut cosines: Mat<f32>, ngrams: &Mat<f32>, params: SentenceParams) -> Mat<f32> {
    let questions = ngrams.ncols();
    cosines.as_mut().par_col_iter_mut().enumerate().for_each(|(column, values)| {
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
    fn the_nearest_is_looked_for_among_the_others() {
        const SIMILAR: [[f32; 4]; 4] = [
            [1.0, f32::NAN, f32::NAN, f32::NAN],
            [0.9, 1.0, f32::NAN, f32::NAN],
            [0.2, 0.3, 1.0, f32::NAN],
            [0.4, 0.1, 0.5, 1.0],
        ];
        let matrix = Mat::from_fn(4, 4, |row, column| SIMILAR[row][column]);
        let expected = [(0.9, 0.4), (0.9, 0.3), (0.5, 0.5), (0.5, 0.5)];
        let expected = expected.map(|(other, elsewhere)| Nearest { other, elsewhere });
        assert_eq!(Nearest::by_ngrams(&matrix, &[0, 0, 1, 2]), expected);
    }
}
