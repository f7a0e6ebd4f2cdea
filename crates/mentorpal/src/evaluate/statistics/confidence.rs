//! The quality of confidences: calibration, and accuracy against coverage.

use serde::Serialize;

use super::wilson;

/// An answer's confidence, and whether the answer is correct.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ScoredAnswer {
    /// The confidence.
    pub confidence: f64,
    /// Whether the answer is correct.
    pub correct: bool,
}

/// The calibration of confidences: how well they match the accuracy.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Calibration {
    /// The expected calibration error, in 0..=1; 0 if there are no questions.
    pub error: f64,
    /// The bins with at least one question, by ascending confidence.
    pub bins: Vec<CalibrationBin>,
}

/// The questions with a confidence in one of ten equal intervals.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct CalibrationBin {
    /// The lower edge, which belongs to the bin below, or to this one if it is the first.
    pub low: f64,
    /// The upper edge, which belongs to the bin.
    pub high: f64,
    /// The number of questions.
    pub questions: usize,
    /// The number of correct answers.
    pub correct: usize,
    /// The mean confidence, in 0..=1.
    pub confidence: f64,
    /// The share of correct answers, in 0..=1.
    pub accuracy: f64,
    /// Wilson's 95% confidence interval of the accuracy.
    pub accuracy_ci95: [f64; 2],
}

/// Returns the calibration of confidences in 0..=1 over ten bins of equal width. The error is the mean of |accuracy − confidence| over
/// the bins, weighted by their numbers of questions (Naeini, Cooper & Hauskrecht 2015; Guo et al.
/// 2017, *On calibration of modern neural networks*).
#[must_use]
pub fn calibration(answers: &[ScoredAnswer]) -> Calibration {
    const BINS: usize = 10;
    let edge = |i: usize| i as f64 / BINS as f64;
    let mut bins = vec![(0, 0, 0.0); BINS];
    for &ScoredAnswer { confidence, correct } in answers {
        // A bin contains its upper edge and not its lower one, as in Guo et al.
        let bin = (1..BINS).take_while(|&i| edge(i) < confidence).count();
        let (number, right, sum) = &mut bins[bin];
        *number += 1;
        *right += usize::from(correct);
        *sum += confidence;
    }
    let mut calibration = Calibration::default();
    for (i, (number, right, sum)) in bins.into_iter().enumerate() {
        if number == 0 {
            continue;
        }
        let (confidence, accuracy) = (sum / number as f64, right as f64 / number as f64);
        calibration.error += (accuracy - confidence).abs() * number as f64 / answers.len() as f64;
        calibration.bins.push(CalibrationBin {
            low: edge(i),
            high: edge(i + 1),
            questions: number,
            correct: right,
            confidence,
            accuracy,
            accuracy_ci95: wilson(right, number),
        });
    }
    calibration
}

/// The coverage and accuracy that result from a threshold.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct CoveragePoint {
    /// The lowest confidence at which a question is answered.
    pub threshold: f64,
    /// The share of questions that are answered, in 0..=1.
    pub coverage: f64,
    /// The share of answered questions that are correct, in 0..=1.
    pub accuracy: f64,
}

/// Returns accuracy against coverage, with one point per distinct confidence, the highest first.
/// There is one answer per question: the best one (El-Yaniv & Wiener 2010, *On the foundations of
/// noise-free selective classification*).
#[must_use]
pub fn coverage_curve(answers: &[ScoredAnswer]) -> Vec<CoveragePoint> {
    let mut sorted = answers.to_vec();
    sorted.sort_by(|a, b| b.confidence.total_cmp(&a.confidence));
    let (mut answered, mut correct) = (0, 0);
    let mut points = Vec::new();
    // A threshold either includes or excludes all questions with the same confidence.
    for same_confidence in sorted.chunk_by(|a, b| a.confidence.total_cmp(&b.confidence).is_eq()) {
        answered += same_confidence.len();
        correct += same_confidence.iter().filter(|answer| answer.correct).count();
        points.push(CoveragePoint {
            threshold: same_confidence[0].confidence,
            coverage: answered as f64 / answers.len() as f64,
            accuracy: correct as f64 / answered as f64,
        });
    }
    points
}

#[cfg(test)]
mod tests {
    use super::super::fixture::{assert_close, cases};
    use super::*;

    type Questions = Vec<(f64, bool)>;

    fn scored(questions: &[(f64, bool)]) -> Vec<ScoredAnswer> {
        let scored = |&(confidence, correct)| ScoredAnswer { confidence, correct };
        questions.iter().map(scored).collect()
    }

    #[test]
    fn the_calibration_error_agrees_with_scikit_learn() {
        for (questions, bins, error) in cases::<(Questions, Vec<[f64; 2]>, f64)>("calibration") {
            let found = calibration(&scored(&questions));
            assert_close(found.error, error);
            assert_eq!(found.bins.len(), bins.len());
            for (bin, [accuracy, confidence]) in found.bins.iter().zip(bins) {
                assert_close(bin.accuracy, accuracy);
                assert_close(bin.confidence, confidence);
            }
        }
    }

    // By hand: the bin up to 0.3 has two questions, mean confidence 0.25, one correct: a difference
    // of 0.25. The bin up to 1 has three, mean 0.96, two correct: a difference of 0.29333. (2 ·
    // 0.25 + 3 · 0.29333) / 5 = 0.276.
    #[test]
    fn the_calibration_error_agrees_with_a_hand_calculation() {
        let questions = [(0.21, true), (0.29, false), (0.94, true), (0.94, false), (1.0, true)];
        let found = calibration(&scored(&questions));
        assert_close(found.error, 0.276);
        let numbers: Vec<_> = found.bins.iter().map(|bin| (bin.questions, bin.correct)).collect();
        assert_eq!(numbers, [(2, 1), (3, 2)]);
        assert!(calibration(&[]).bins.is_empty());
    }

    #[test]
    fn a_bin_contains_its_upper_edge() {
        let bins = calibration(&scored(&[(0.0, true), (0.1, true), (0.5, false)])).bins;
        let numbers: Vec<_> = bins.iter().map(|bin| (bin.high, bin.questions)).collect();
        assert_eq!(numbers, [(0.1, 2), (0.5, 1)]);
    }

    #[test]
    fn coverage_agrees_with_scikit_learn() {
        for (questions, points) in cases::<(Questions, Vec<[f64; 3]>)>("coverage") {
            let found = coverage_curve(&scored(&questions));
            assert_eq!(found.len(), points.len());
            for (point, [threshold, coverage, accuracy]) in found.iter().zip(points) {
                assert_close(point.threshold, threshold);
                assert_close(point.coverage, coverage);
                assert_close(point.accuracy, accuracy);
            }
        }
    }

    // By hand: the threshold 0.9 answers one of four questions, correctly; 0.6 answers two more,
    // one of them correctly; 0.2 answers all.
    #[test]
    fn coverage_agrees_with_a_hand_calculation() {
        let points =
            coverage_curve(&scored(&[(0.6, true), (0.2, false), (0.9, true), (0.6, false)]));
        let expected = [(0.9, 0.25, 1.0), (0.6, 0.75, 2.0 / 3.0), (0.2, 1.0, 0.5)];
        assert_eq!(points.len(), expected.len());
        for (point, (threshold, coverage, accuracy)) in points.iter().zip(expected) {
            assert_close(point.threshold, threshold);
            assert_close(point.coverage, coverage);
            assert_close(point.accuracy, accuracy);
        }
    }
}
