//! Calibration: turns in-scope scores into the probability that the best answer is right, and fits
//! the threshold below which a question is declined.

use std::collections::HashMap;
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::correlation::ClassSums;

/// The fewest questions of each kind that calibration needs.
const MIN_SAMPLES: usize = 10;

/// The weight of the best answer's score in the in-scope score; the similarity of the nearest question
/// has the rest. The score shows which answer is right; the similarity shows better whether any is.
const SCORE_SHARE: f64 = 0.25;

/// Returns how likely a question is to be in scope, in about 0..1, from the score of its best answer
/// (in about −1..1) and the similarity of the nearest known question (in about 0..1).
pub(super) fn in_scope_score(score: f64, nearest: f64) -> f64 {
    SCORE_SHARE * f64::midpoint(score, 1.0) + (1.0 - SCORE_SHARE) * nearest
}

/// A question that the model was not trained on.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Sample {
    /// [`in_scope_score`] of its best answer.
    pub(super) known: f64,
    /// Its best answer.
    pub(super) top: usize,
    /// The right answer; `None` if declining is right.
    pub(super) truth: Option<usize>,
}

/// Questions that the model was not trained on, grouped by kind.
#[derive(Debug, Default)]
pub(super) struct Samples {
    /// The samples of each kind, with the kind's share of all questions. The share does not depend on
    /// the number of samples.
    kinds: Vec<(f64, Vec<Sample>)>,
}

/// The fitted confidence and threshold: `confidence = 1 / (1 + exp(−(slope · known + intercept)))`.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct SigmoidCalibration {
    /// Positive.
    pub(super) slope: f64,
    pub(super) intercept: f64,
    /// The confidence below which a question is declined, in 0..=1.
    pub(super) threshold: f64,
}

/// The reasons why no calibration can be fitted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unfitted {
    /// There are too few in-scope or too few out-of-scope questions.
    FewQuestions,
    /// There are enough questions, but too few were answered correctly.
    FewRight { right: usize, asked: usize },
    /// Questions with higher in-scope scores are not answered correctly more often.
    NotRising,
}

impl fmt::Display for Unfitted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const FIT: &str = "fit the confidence and the decline threshold; default values are used";
        match self {
            Self::FewQuestions => write!(f, "there are too few questions to {FIT}"),
            Self::FewRight { right, asked } => write!(
                f,
                "too few correct answers by leave-one-out ({right} of {asked}, at least {MIN_SAMPLES} \
                 expected) to {FIT}"
            ),
            Self::NotRising => write!(
                f,
                "accuracy does not increase with the score, so it is not possible to {FIT}"
            ),
        }
    }
}

impl SigmoidCalibration {
    /// The calibration of mentors without measurable questions: at an in-scope score of 0.5 the
    /// confidence is 0.5, and the threshold is a confidence of 1/3.
    pub(super) const PRIOR: Self = Self { slope: 8.0, intercept: -4.0, threshold: 1.0 / 3.0 };

    /// Fits the sigmoid and the threshold.
    ///
    /// The sigmoid is fitted by maximum likelihood with Platt's smoothed targets (Platt 1999,
    /// *Probabilistic outputs for support vector machines*). The threshold maximizes the Matthews
    /// correlation, with declining as an additional class.
    ///
    /// # Errors
    /// If a kind has too few samples, or confidence does not rise with the in-scope score.
    pub(super) fn fit(samples: &Samples) -> Result<Self, Unfitted> {
        let (asked, right, declined) = samples.counts();
        if asked < MIN_SAMPLES || declined < MIN_SAMPLES {
            return Err(Unfitted::FewQuestions);
        }
        if right < MIN_SAMPLES {
            return Err(Unfitted::FewRight { right, asked });
        }
        let (slope, intercept) = fit_sigmoid(&samples.weighted()).ok_or(Unfitted::NotRising)?;
        let calibration = Self { slope, intercept, threshold: 0.0 };
        let threshold = calibration.confidence(samples.best_threshold());
        if slope > 0.0 { Ok(Self { threshold, ..calibration }) } else { Err(Unfitted::NotRising) }
    }

    /// Returns whether confidence rises with the in-scope score and the threshold is a confidence.
    pub(super) fn is_usable(self) -> bool {
        self.slope > 0.0 && (0.0..=1.0).contains(&self.threshold)
    }

    /// Returns the probability that the answer with this [`in_scope_score`] is right.
    pub(super) fn confidence(self, known: f64) -> f64 {
        sigmoid(self.slope * known + self.intercept)
    }
}

impl Samples {
    /// Adds a kind that makes up `share` of all questions; a kind without samples is ignored.
    pub(super) fn add(&mut self, share: f64, samples: Vec<Sample>) {
        if !samples.is_empty() {
            self.kinds.push((share, samples));
        }
    }

    /// Returns the number of in-scope samples, of in-scope samples with the right best answer, and of
    /// out-of-scope samples.
    fn counts(&self) -> (usize, usize, usize) {
        let all = || self.kinds.iter().flat_map(|(_, samples)| samples);
        let asked = all().filter(|sample| sample.truth.is_some()).count();
        let right = all().filter(|sample| sample.truth == Some(sample.top)).count();
        (asked, right, all().count() - asked)
    }

    /// Returns all samples with their weights. The weights add up to the number of samples.
    fn each(&self) -> Vec<(Sample, f64)> {
        let all: usize = self.kinds.iter().map(|(_, samples)| samples.len()).sum();
        let shares: f64 = self.kinds.iter().map(|(share, _)| share).sum();
        let each = |(share, samples): &(f64, Vec<Sample>)| {
            let weight = share / shares * all as f64 / samples.len() as f64;
            samples.iter().map(move |sample| (*sample, weight)).collect::<Vec<_>>()
        };
        self.kinds.iter().flat_map(each).collect()
    }

    /// Returns all samples as (known, right, weight).
    fn weighted(&self) -> Vec<(f64, bool, f64)> {
        let each = self.each().into_iter();
        each.map(|(sample, weight)| (sample.known, sample.truth == Some(sample.top), weight))
            .collect()
    }

    /// Returns the lowest [`in_scope_score`] to answer at that maximizes the multi-class Matthews
    /// correlation. It lies half way between the scores of two samples; the lowest wins a tie.
    fn best_threshold(&self) -> f64 {
        let mut each = self.each();
        each.sort_by(|a, b| a.0.known.total_cmp(&b.0.known));
        let mut table = Contingency::of(&each);
        let lowest = each.first().map_or(0.0, |(sample, _)| sample.known);
        let mut best = (table.matthews(), lowest);
        for (i, (sample, weight)) in each.iter().enumerate() {
            table.decline(sample, *weight);
            let next = each.get(i + 1).map_or(sample.known + 1e-6, |(next, _)| next.known);
            let correlation = table.matthews();
            if next > sample.known && correlation > best.0 + 1e-12 {
                best = (correlation, f64::midpoint(sample.known, next));
            }
        }
        best.1
    }
}

/// The weights of the correct answers and of the given answers; `None` stands for declining.
struct Contingency {
    truths: HashMap<Option<usize>, f64>,
    given: HashMap<Option<usize>, f64>,
    sums: ClassSums,
}

impl Contingency {
    /// Returns the table in which every sample is answered.
    fn of(samples: &[(Sample, f64)]) -> Self {
        let mut table =
            Self { truths: HashMap::new(), given: HashMap::new(), sums: ClassSums::default() };
        for (sample, weight) in samples {
            *table.truths.entry(sample.truth).or_default() += weight;
            table.sums.all += weight;
        }
        // The sums must not follow the map's order, which differs from run to run.
        let mut truths: Vec<_> = table.truths.iter().map(|(k, v)| (*k, *v)).collect();
        truths.sort_unstable_by_key(|(truth, _)| *truth);
        table.sums.truths = truths.iter().map(|(_, weight)| weight * weight).sum();
        for (sample, weight) in samples {
            table.give(Some(sample.top), *weight);
            table.sums.right += if sample.truth == Some(sample.top) { *weight } else { 0.0 };
        }
        table
    }

    /// Adds `weight`, which may be negative, to the questions that are answered with `answer`.
    fn give(&mut self, answer: Option<usize>, weight: f64) {
        let truth = self.truths.get(&answer).copied().unwrap_or_default();
        let given = self.given.entry(answer).or_default();
        self.sums.predictions += weight * (2.0 * *given + weight);
        self.sums.products += truth * weight;
        *given += weight;
    }

    /// Declines a sample that was answered before.
    fn decline(&mut self, sample: &Sample, weight: f64) {
        self.give(Some(sample.top), -weight);
        self.give(None, weight);
        if sample.truth == Some(sample.top) {
            self.sums.right -= weight;
        } else if sample.truth.is_none() {
            self.sums.right += weight;
        }
    }

    /// Returns the Matthews correlation, in −1..=1, or 0 if it is undefined.
    fn matthews(&self) -> f64 {
        self.sums.matthews().unwrap_or(0.0)
    }
}

fn sigmoid(x: f64) -> f64 {
    1.0 / (1.0 + (-x).exp())
}

/// Fits slope and intercept by maximum likelihood with Newton's method; `None` if it diverges.
fn fit_sigmoid(samples: &[(f64, bool, f64)]) -> Option<(f64, f64)> {
    let right: f64 = samples.iter().filter(|s| s.1).map(|s| s.2).sum();
    let wrong: f64 = samples.iter().filter(|s| !s.1).map(|s| s.2).sum();
    let (high, low) = ((right + 1.0) / (right + 2.0), 1.0 / (wrong + 2.0));
    let (mut slope, mut intercept) = (0.0, ((right + 1.0) / (wrong + 1.0)).ln());
    for _ in 0..100 {
        // Gradient and Hessian of the log-likelihood.
        let (mut g, mut h) = ([0.0; 2], [1e-9, 0.0, 1e-9]);
        for &(score, right, weight) in samples {
            let p = sigmoid(slope * score + intercept);
            let residual = weight * (if right { high } else { low } - p);
            let curvature = weight * p * (1.0 - p);
            g = [g[0] + residual * score, g[1] + residual];
            h[0] += curvature * score * score;
            h[1] += curvature * score;
            h[2] += curvature;
        }
        let determinant = h[0] * h[2] - h[1] * h[1];
        let step =
            [(h[2] * g[0] - h[1] * g[1]) / determinant, (h[0] * g[1] - h[1] * g[0]) / determinant];
        // Scores lie within ±2, so no useful step is longer than 10.
        let shorten = (10.0 / step[0].abs().max(step[1].abs())).min(1.0);
        slope += shorten * step[0];
        intercept += shorten * step[1];
        if !slope.is_finite() || !intercept.is_finite() {
            return None;
        }
        if step[0].abs().max(step[1].abs()) < 1e-9 {
            break;
        }
    }
    Some((slope, intercept))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample(known: f64, top: usize, truth: Option<usize>) -> Sample {
        Sample { known, top, truth }
    }

    // scikit-learn 1.5: matthews_corrcoef([1, 1, 2, 2, 3, 0, 0], [1, 2, 2, 2, 3, 0, 1],
    // sample_weight=[1, 1, 1, 1, 1, 2, 2]), where 0 is declining and known one to 0.5.
    #[test]
    fn matthews_as_scikit_learn_has_it() {
        let samples: Vec<(Sample, f64)> = [
            (sample(0.9, 1, Some(1)), 1.0),
            (sample(0.8, 2, Some(1)), 1.0),
            (sample(0.7, 2, Some(2)), 1.0),
            (sample(0.9, 2, Some(2)), 1.0),
            (sample(0.6, 3, Some(3)), 1.0),
            (sample(0.2, 3, None), 2.0),
            (sample(0.9, 1, None), 2.0),
        ]
        .to_vec();
        let mut table = Contingency::of(&samples);
        table.decline(&samples[5].0, 2.0);
        assert!((table.matthews() - 0.579_036_485_233_467_1).abs() < 1e-9, "{}", table.matthews());
    }

    #[test]
    fn the_threshold_declines_what_is_off_topic() {
        let mut samples = Samples::default();
        samples.add(0.7, vec![sample(0.9, 1, Some(1)), sample(0.6, 2, Some(2))]);
        samples.add(0.3, vec![sample(0.1, 1, None), sample(0.4, 2, None)]);
        assert!((samples.best_threshold() - 0.5).abs() < 1e-9);
    }

    // 1/4 of 8 for each of the first two, 3/4 of it shared by the other two... by hand.
    #[test]
    fn shares_count_and_numbers_of_samples_do_not() {
        let mut samples = Samples::default();
        samples.add(0.75, vec![sample(0.5, 1, Some(1))]);
        samples.add(0.25, vec![sample(0.1, 1, None); 3]);
        samples.add(0.5, Vec::new());
        let weights: Vec<f64> = samples.each().into_iter().map(|(_, weight)| weight).collect();
        let expected = [3.0, 1.0 / 3.0, 1.0 / 3.0, 1.0 / 3.0];
        assert!(weights.iter().zip(expected).all(|(a, b)| (a - b).abs() < 1e-9), "{weights:?}");
    }

    #[test]
    fn the_sigmoid_is_the_maximum_of_the_likelihood() {
        let samples: Vec<(f64, bool, f64)> =
            [(-1.0, false), (-0.5, false), (-0.2, true), (0.1, false), (0.4, true), (0.9, true)]
                .map(|(score, right)| (score, right, 1.0))
                .to_vec();
        let (slope, intercept) = fit_sigmoid(&samples).unwrap();
        let likelihood = |slope: f64, intercept: f64| -> f64 {
            let term = |&(score, right, _): &(f64, bool, f64)| {
                let p = sigmoid(slope * score + intercept);
                let target = if right { 4.0 / 5.0 } else { 1.0 / 5.0 };
                target * p.ln() + (1.0 - target) * (1.0 - p).ln()
            };
            samples.iter().map(term).sum()
        };
        let best = likelihood(slope, intercept);
        for (ds, di) in [(0.01, 0.0), (-0.01, 0.0), (0.0, 0.01), (0.0, -0.01)] {
            assert!(likelihood(slope + ds, intercept + di) < best);
        }
    }

    #[test]
    fn too_few_samples_fit_nothing() {
        let mut samples = Samples::default();
        samples.add(0.7, vec![sample(0.5, 1, Some(1)); MIN_SAMPLES - 1]);
        samples.add(0.3, vec![sample(0.0, 1, None); 100]);
        assert_eq!(SigmoidCalibration::fit(&samples), Err(Unfitted::FewQuestions));
    }

    #[test]
    fn few_right_answers_to_many_questions_are_not_few_questions() {
        let mut samples = Samples::default();
        let right = vec![sample(0.5, 1, Some(1)); MIN_SAMPLES - 1];
        samples.add(0.7, [right, vec![sample(0.5, 1, Some(2)); 91]].concat());
        samples.add(0.3, vec![sample(0.0, 1, None); 100]);
        let unfitted = SigmoidCalibration::fit(&samples).unwrap_err();
        assert_eq!(unfitted, Unfitted::FewRight { right: 9, asked: 100 });
        assert!(unfitted.to_string().contains("9 of 100"), "{unfitted}");
    }
}
