//! From scores to the probability that the answer is right, and to the point below which to
//! decline.

use serde::{Deserialize, Serialize};

/// Fewer questions than this, of either kind, say nothing about confidence.
const MIN_SAMPLES: usize = 10;

/// What left-out questions scored.
#[derive(Debug, Default)]
pub(super) struct Samples {
    /// The best score of each question with an answer to find, and whether that was it.
    pub(super) on_topic: Vec<(f64, bool)>,
    /// The best score of each question whose answer was missing.
    pub(super) off_topic: Vec<f64>,
    /// The share of off-topic questions to expect, in 0..1; the samples' own does not count.
    pub(super) off_topic_share: f64,
}

/// How sure a score is: `confidence = 1 / (1 + exp(−(slope · score + intercept)))`.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Calibration {
    /// Positive.
    pub(super) slope: f64,
    pub(super) intercept: f64,
    /// The confidence below which to decline, in 0..=1.
    pub(super) threshold: f64,
}

impl Calibration {
    /// For mentors of whom nothing can be measured: a score of 0, half way between a known
    /// question and a foreign one, is as good as a coin toss, and the least to answer at is 1/3.
    pub(super) const PRIOR: Self = Self { slope: 4.0, intercept: 0.0, threshold: 1.0 / 3.0 };

    /// Fits both; `None` where there are too few samples.
    ///
    /// The sigmoid is fitted by maximum likelihood with Platt's smoothed targets (Platt 1999,
    /// *Probabilistic outputs for support vector machines*). The threshold is the one at which
    /// most would have gone right: on-topic questions answered rightly, off-topic ones declined.
    pub(super) fn fit(samples: &Samples) -> Option<Self> {
        let right = samples.on_topic.iter().filter(|(_, right)| *right).count();
        if right < MIN_SAMPLES || samples.off_topic.len() < MIN_SAMPLES {
            return None;
        }
        let (slope, intercept) = fit_sigmoid(&samples.weighted())?;
        let calibration = Self { slope, intercept, threshold: 0.0 };
        let threshold = calibration.confidence(samples.best_threshold());
        (slope > 0.0).then_some(Self { threshold, ..calibration })
    }

    /// The probability that the answer with this score is right.
    pub(super) fn confidence(self, score: f64) -> f64 {
        sigmoid(self.slope * score + self.intercept)
    }
}

impl Samples {
    /// All samples as (score, right, weight); weights add up to the number of samples.
    fn weighted(&self) -> Vec<(f64, bool, f64)> {
        let (on, off) = (self.on_topic.len() as f64, self.off_topic.len() as f64);
        let on_weight = (1.0 - self.off_topic_share) * (on + off) / on;
        let off_weight = self.off_topic_share * (on + off) / off;
        let on_topic = self.on_topic.iter().map(|&(score, right)| (score, right, on_weight));
        let off_topic = self.off_topic.iter().map(|&score| (score, false, off_weight));
        on_topic.chain(off_topic).collect()
    }

    /// The score at and above which to answer, so that most goes right: half way between two
    /// samples' scores; of equally good ones the lowest.
    fn best_threshold(&self) -> f64 {
        let on_worth = (1.0 - self.off_topic_share) / self.on_topic.len() as f64;
        let off_worth = self.off_topic_share / self.off_topic.len() as f64;
        // What is gained, over answering everything, by declining scores up to this one.
        let lost = self.on_topic.iter().filter(|(_, right)| *right).map(|&(s, _)| (s, -on_worth));
        let gained = self.off_topic.iter().map(|&score| (score, off_worth));
        let mut steps: Vec<(f64, f64)> = lost.chain(gained).collect();
        steps.sort_by(|a, b| a.0.total_cmp(&b.0));
        let lowest = steps.first().map_or(0.0, |&(score, _)| score);
        let (mut gain, mut best) = (0.0, (0.0, lowest));
        for (i, &(score, worth)) in steps.iter().enumerate() {
            gain += worth;
            let next = steps.get(i + 1).map_or(score + 1e-6, |&(next, _)| next);
            if next > score && gain > best.0 + 1e-12 {
                best = (gain, f64::midpoint(score, next));
            }
        }
        best.1
    }
}

fn sigmoid(x: f64) -> f64 {
    1.0 / (1.0 + (-x).exp())
}

/// Maximum likelihood of `right` given the score, by Newton's method; `None` if it diverges.
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
        // Scores lie within ±2: no sensible step is longer than this.
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

    // Four questions right at scores 2..5 and three missing ones at 0, 1, 2.5, with half of all
    // assumed off-topic: declining up to 1 gains 2/3 · 1/2; the next gain, at 2.5, costs 1/4 · 1/2
    // at 2 and brings 1/3 · 1/2: still worth it. Beyond that only losses.
    #[test]
    fn the_threshold_declines_while_it_pays() {
        let mut samples = Samples {
            on_topic: vec![(2.0, true), (3.0, true), (4.0, true), (5.0, true), (0.5, false)],
            off_topic: vec![0.0, 1.0, 2.5],
            off_topic_share: 0.5,
        };
        assert!((samples.best_threshold() - 2.75).abs() < 1e-9);
        samples.off_topic_share = 0.1;
        assert!((samples.best_threshold() - 1.5).abs() < 1e-9, "{}", samples.best_threshold());
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
        let on_topic = vec![(0.5, true); MIN_SAMPLES - 1];
        let samples = Samples { on_topic, off_topic: vec![0.0; 100], off_topic_share: 0.3 };
        assert_eq!(Calibration::fit(&samples), None);
    }
}
