//! The comparison of two checkpoints on the same questions.

use super::proportion::Proportion;
use super::statistics::{holm, holm_errors, mcnemar, paired_interval};
use super::test::TestReport;
use crate::text::format::count;
use crate::text::p_equals;

/// The paired results of two checkpoints, A and B, on the same test.
#[derive(Clone, Debug, PartialEq)]
pub struct Comparison {
    /// The number of questions that both were asked.
    pub questions: usize,
    /// The number of questions that A answered correctly.
    pub correct_a: usize,
    /// The number of questions that B answered correctly.
    pub correct_b: usize,
    /// The indices of the questions that only A answered correctly.
    pub only_a: Vec<usize>,
    /// The indices of the questions that only B answered correctly.
    pub only_b: Vec<usize>,
    /// The accuracy of B minus that of A, in −1..=1.
    pub difference: f64,
    /// The 95% confidence interval of `difference`. It contains zero if and only if `p_value`
    /// is above 0.05.
    pub difference_ci95: [f64; 2],
    /// The p-value of `McNemar`'s exact test, in 0..=1.
    pub p_value: f64,
    /// `p_value` corrected by Holm's method for the number of comparisons in the family.
    pub p_corrected: f64,
    /// The interval that agrees with `p_corrected`: it contains zero if and only if
    /// `p_corrected` is above 0.05.
    pub corrected_interval: [f64; 2],
    /// The number of comparisons in the family; 1 for a single comparison.
    pub family: usize,
}

/// The significance level: a difference with a smaller p-value is significant.
pub(super) const LEVEL: f64 = 0.05;

/// Compares the reports of A with those of B. Both cover the same mentors and test sets in the same
/// order.
///
/// # Panics
/// If the reports do not have the same questions.
#[must_use]
pub(super) fn compare(a: &[&TestReport], b: &[&TestReport]) -> Comparison {
    let results = |reports: &[&TestReport]| -> Vec<(String, bool)> {
        let results = reports.iter().flat_map(|report| &report.results);
        results.map(|result| (result.question.clone(), result.correct)).collect()
    };
    let (a, b) = (results(a), results(b));
    assert!(
        a.len() == b.len() && a.iter().zip(&b).all(|(a, b)| a.0 == b.0),
        "a comparison needs answers to the same questions"
    );
    let pairs: Vec<(bool, bool)> = a.iter().zip(&b).map(|(a, b)| (a.1, b.1)).collect();
    let only = |which: (bool, bool)| -> Vec<usize> {
        (0..pairs.len()).filter(|&i| pairs[i] == which).collect()
    };
    let (only_a, only_b) = (only((true, false)), only((false, true)));
    let correct_a = pairs.iter().filter(|pair| pair.0).count();
    let correct_b = pairs.iter().filter(|pair| pair.1).count();
    let p_value = mcnemar(only_a.len(), only_b.len());
    let interval = paired_interval(only_a.len(), only_b.len(), pairs.len(), LEVEL);
    Comparison {
        questions: pairs.len(),
        correct_a,
        correct_b,
        difference: (correct_b as f64 - correct_a as f64) / pairs.len().max(1) as f64,
        difference_ci95: interval,
        p_value,
        p_corrected: p_value,
        corrected_interval: interval,
        family: 1,
        only_a,
        only_b,
    }
}

/// Corrects the p-values of one family of comparisons by Holm's method, and widens their intervals to
/// agree.
pub(super) fn correct_family<'a>(family: impl IntoIterator<Item = &'a mut Comparison>) {
    let mut family: Vec<&mut Comparison> = family.into_iter().collect();
    let p_values: Vec<f64> = family.iter().map(|comparison| comparison.p_value).collect();
    let errors = holm_errors(&p_values, LEVEL);
    for ((comparison, p), error) in family.iter_mut().zip(holm(&p_values)).zip(errors) {
        comparison.p_corrected = p;
        comparison.corrected_interval = comparison.interval(error);
        comparison.family = p_values.len();
    }
}

impl Comparison {
    /// Returns the interval of the difference at a confidence of 1 − `error`.
    fn interval(&self, error: f64) -> [f64; 2] {
        paired_interval(self.only_a.len(), self.only_b.len(), self.questions, error)
    }

    /// Returns the accuracy of A, then that of B.
    #[must_use]
    pub fn shares(&self) -> [Proportion; 2] {
        [self.correct_a, self.correct_b].map(|correct| Proportion::of(correct, self.questions))
    }

    /// Returns whether the difference is significant (corrected p < 0.05).
    #[must_use]
    pub fn is_significant(&self) -> bool {
        self.p_corrected < LEVEL
    }

    /// Returns the result in a few words, for tables: `B better`, `A better`, `not significant`,
    /// `equal`.
    #[must_use]
    pub fn outcome(&self) -> &'static str {
        match self.is_significant() {
            true if self.difference > 0.0 => "B better",
            true => "A better",
            false if self.correct_a == self.correct_b => "equal",
            false => "not significant",
        }
    }

    /// Returns the result as a sentence without a full stop.
    #[must_use]
    pub fn verdict(&self) -> String {
        let of = format!("of {}", count(self.questions, "question"));
        let (better, more) = if self.correct_b >= self.correct_a {
            ("B", self.correct_b - self.correct_a)
        } else {
            ("A", self.correct_a - self.correct_b)
        };
        let p = match self.family {
            1 => p_equals(self.p_corrected),
            several => {
                format!("{}, corrected for {several} comparisons", p_equals(self.p_corrected))
            }
        };
        match (more, self.only_a.len() + self.only_b.len()) {
            (_, 0) => format!("A and B answer the same {} {of} correctly", self.correct_a),
            (0, changed) => format!(
                "A and B each answer {} {of} correctly, but differ on {}",
                self.correct_a,
                count(changed, "question")
            ),
            _ if self.is_significant() => {
                format!(
                    "{better} answers {more} more {of} correctly, a significant difference ({p})"
                )
            }
            _ => format!(
                "{better} answers {more} more {of} correctly, a difference that may be due to \
                 chance ({p})"
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn comparison(correct_a: usize, correct_b: usize, only_a: usize, only_b: usize) -> Comparison {
        Comparison {
            questions: 270,
            correct_a,
            correct_b,
            only_a: (0..only_a).collect(),
            only_b: (0..only_b).collect(),
            difference: 0.0,
            difference_ci95: [0.0; 2],
            p_value: mcnemar(only_a, only_b),
            p_corrected: mcnemar(only_a, only_b),
            corrected_interval: [0.0; 2],
            family: 1,
        }
    }

    // By hand: the p-values are 2/64 (0 against 6), 1 (4 against 3) and 2/256 (8 against 0). Holm's
    // method multiplies the smallest one by three and the next one by two.
    #[test]
    fn corrected_p_values_of_a_family_agree_with_a_hand_calculation() {
        let mut family =
            [comparison(200, 206, 0, 6), comparison(200, 199, 4, 3), comparison(208, 200, 8, 0)];
        correct_family(&mut family);
        let corrected = family.each_ref().map(|comparison| comparison.p_corrected);
        for (found, expected) in corrected.iter().zip([4.0 / 64.0, 1.0, 6.0 / 256.0]) {
            assert!((found - expected).abs() < 1e-12, "{found}, expected {expected}");
        }
        insta::assert_snapshot!(
            family.each_ref().map(Comparison::verdict).join("\n"),
            @r"
            B answers 6 more of 270 questions correctly, a difference that may be due to chance (p = 0.0625, corrected for 3 comparisons)
            A answers 1 more of 270 questions correctly, a difference that may be due to chance (p = 1.0000, corrected for 3 comparisons)
            A answers 8 more of 270 questions correctly, a significant difference (p = 0.0234, corrected for 3 comparisons)
            "
        );
    }

    #[test]
    fn a_verdict_states_the_difference_and_its_significance() {
        insta::assert_snapshot!(
            [
                comparison(200, 200, 0, 0),
                comparison(200, 200, 4, 4),
                comparison(200, 211, 3, 14),
                comparison(211, 200, 14, 3),
                comparison(200, 201, 0, 1),
                comparison(100, 200, 0, 100),
            ]
            .map(|comparison| comparison.verdict())
            .join("\n"),
            @r"
            A and B answer the same 200 of 270 questions correctly
            A and B each answer 200 of 270 questions correctly, but differ on 8 questions
            B answers 11 more of 270 questions correctly, a significant difference (p = 0.0127)
            A answers 11 more of 270 questions correctly, a significant difference (p = 0.0127)
            B answers 1 more of 270 questions correctly, a difference that may be due to chance (p = 1.0000)
            B answers 100 more of 270 questions correctly, a significant difference (p < 0.0001)
            "
        );
    }
}
