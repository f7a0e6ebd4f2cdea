//! Corrections for several comparisons.

/// Returns the p-values corrected by Holm's step-down method, in the order given (Holm 1979, *A
/// simple sequentially rejective multiple test procedure*). If every corrected p-value under 0.05
/// is called significant, the probability of any false positive is at most 0.05.
///
/// ```
/// use mentorpal::evaluate::statistics::holm;
/// // Sorted: 0.01 · 3, then 0.02 · 2, then 0.5 · 1.
/// assert_eq!(holm(&[0.5, 0.01, 0.02]), [0.5, 0.03, 0.04]);
/// ```
#[must_use]
pub fn holm(p_values: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..p_values.len()).collect();
    order.sort_by(|&i, &j| p_values[i].total_cmp(&p_values[j]));
    let mut corrected = vec![1.0; p_values.len()];
    let mut least = 0.0_f64;
    for (rank, &i) in order.iter().enumerate() {
        least = least.max((p_values[i] * (p_values.len() - rank) as f64).min(1.0));
        corrected[i] = least;
    }
    corrected
}

/// Returns the significance level to which [`holm`]'s method compares each p-value, in the order
/// given. A corrected p-value is above `level` if and only if the p-value itself is above its
/// significance level. An interval at a confidence of 1 − error agrees with the corrected p-value.
///
/// ```
/// use mentorpal::evaluate::statistics::holm_errors;
/// // 0.01 · 3 is below 0.05 and 0.04 · 2 is not, so the method stops there.
/// assert_eq!(holm_errors(&[0.045, 0.01, 0.04], 0.05), [0.025, 0.05 / 3.0, 0.025]);
/// ```
#[must_use]
pub fn holm_errors(p_values: &[f64], level: f64) -> Vec<f64> {
    let mut order: Vec<usize> = (0..p_values.len()).collect();
    order.sort_by(|&i, &j| p_values[i].total_cmp(&p_values[j]));
    let mut errors = vec![level; p_values.len()];
    let mut has_ended = false;
    let mut error = level;
    for (rank, &i) in order.iter().enumerate() {
        if !has_ended {
            error = level / (p_values.len() - rank) as f64;
            has_ended = p_values[i] > error;
        }
        errors[i] = error;
    }
    errors
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::fixture::{assert_close, cases};
    use super::*;

    #[test]
    fn holm_agrees_with_statsmodels() {
        for (p_values, corrected) in cases::<(Vec<f64>, Vec<f64>)>("holm") {
            let found = holm(&p_values);
            assert_eq!(found.len(), corrected.len());
            for (found, expected) in found.into_iter().zip(corrected) {
                assert_close(found, expected);
            }
        }
    }

    // By hand: sorted 0.01 · 4 = 0.04, 0.03 · 3 = 0.09, 0.04 · 2 = 0.08 → 0.09, 0.7 · 1.
    #[test]
    fn holm_agrees_with_a_hand_calculation() {
        for (found, expected) in
            holm(&[0.04, 0.7, 0.01, 0.03]).into_iter().zip([0.09, 0.7, 0.04, 0.09])
        {
            assert_close(found, expected);
        }
        assert!(holm(&[]).is_empty());
    }

    proptest! {
        #[test]
        fn errors_agree_with_corrected_p_values(
            p_values in prop::collection::vec(0.0..0.2_f64, 0..8)
        ) {
            let errors = holm_errors(&p_values, 0.05);
            for ((p, corrected), error) in p_values.iter().zip(holm(&p_values)).zip(errors) {
                prop_assert_eq!(corrected > 0.05, *p > error);
            }
        }
    }
}
