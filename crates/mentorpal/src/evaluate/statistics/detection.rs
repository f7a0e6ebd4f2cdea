//! Measures of detection and classification: the area under the ROC curve and the Matthews
//! correlation.

use std::collections::BTreeMap;

use crate::correlation::ClassSums;

/// Returns the area under the receiver operating characteristic, in 0..=1: the probability that a
/// random value of `own` is above a random value of `others`, where ties count half (Hanley &
/// `McNeil` 1982, *The meaning and use of the area under a ROC curve*). Returns `None` if either
/// slice is empty.
///
/// ```
/// use mentorpal::evaluate::statistics::auroc;
/// assert_eq!(auroc(&[0.9, 0.4], &[0.4, 0.1]), Some(3.5 / 4.0));
/// ```
#[must_use]
pub fn auroc(own: &[f64], others: &[f64]) -> Option<f64> {
    let above = |a: &f64, b: &f64| if a > b { 1.0 } else { f64::from(u8::from(a >= b)) / 2.0 };
    let wins: f64 = own.iter().flat_map(|a| others.iter().map(move |b| above(a, b))).sum();
    let pairs = own.len() * others.len();
    (pairs > 0).then(|| wins / pairs as f64)
}

/// Returns the multi-class Matthews correlation, in −1..=1 (Gorodkin 2004, *Comparing two
/// K-category assignments by a K-category correlation coefficient*). Each pair is a question's true
/// class and the predicted one. Returns `None` if all true classes or all predicted classes are the
/// same.
#[must_use]
pub fn matthews(pairs: &[(&str, &str)]) -> Option<f64> {
    let right = pairs.iter().filter(|(truth, given)| truth == given).count() as f64;
    let mut counts: BTreeMap<&str, (f64, f64)> = BTreeMap::new();
    for (truth, given) in pairs {
        counts.entry(truth).or_default().0 += 1.0;
        counts.entry(given).or_default().1 += 1.0;
    }
    let sum = |term: fn(&(f64, f64)) -> f64| counts.values().map(term).sum::<f64>();
    let sums = ClassSums {
        all: pairs.len() as f64,
        right,
        truths: sum(|c| c.0 * c.0),
        predictions: sum(|c| c.1 * c.1),
        products: sum(|c| c.0 * c.1),
    };
    sums.matthews()
}

#[cfg(test)]
mod tests {
    use super::super::fixture::assert_close;
    use super::*;

    // By hand, of nine pairs: 0.8 is above all three others; 0.5 is above one and equal to one.
    #[test]
    fn the_area_agrees_with_a_hand_count() {
        let (own, others) = ([0.8, 0.5, 0.1], [0.5, 0.2, 0.6]);
        assert_close(auroc(&own, &others).unwrap(), 4.5 / 9.0);
        assert_close(auroc(&own[..2], &others).unwrap(), 4.5 / 6.0);
        assert_close(auroc(&others, &own[..2]).unwrap(), 1.5 / 6.0);
        assert_eq!((auroc(&own, &[]), auroc(&[], &own)), (None, None));
    }

    // scikit-learn 1.5: matthews_corrcoef([1, 1, 2, 2, 3, 0, 0, 0, 0], [1, 2, 2, 2, 3, 0, 0, 1,
    // 1]).
    #[test]
    fn the_matthews_correlation_agrees_with_scikit_learn() {
        let pairs = [
            ("1", "1"),
            ("1", "2"),
            ("2", "2"),
            ("2", "2"),
            ("3", "3"),
            ("0", "0"),
            ("0", "0"),
            ("0", "1"),
            ("0", "1"),
        ];
        assert_close(matthews(&pairs).unwrap(), 0.579_036_485_233_467_1);
        assert_eq!(matthews(&[("1", "1"), ("1", "2")]), None);
        assert_eq!(matthews(&[]), None);
    }

    // By hand, for two classes: (TP · TN − FP · FN) / √(…) = (2 · 1 − 1 · 0) / √(3 · 2 · 2 · 1).
    #[test]
    fn the_matthews_correlation_of_two_classes_agrees_with_a_hand_calculation() {
        let pairs = [("yes", "yes"), ("yes", "yes"), ("no", "no"), ("no", "yes")];
        assert_close(matthews(&pairs).unwrap(), 2.0 / 12.0_f64.sqrt());
    }
}
