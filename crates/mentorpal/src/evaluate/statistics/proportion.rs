//! The confidence interval of one accuracy.

use super::Z;

/// Returns Wilson's 95% score interval of the proportion `correct / total`, in 0..=1 (Wilson 1927,
/// JASA 22: 209–212). If `total` is 0, the interval is `[0, 1]`.
///
/// ```
/// let [low, high] = mentorpal::evaluate::statistics::wilson(8, 10);
/// assert!(low < 0.8 && 0.8 < high);
/// ```
#[must_use]
pub fn wilson(correct: usize, total: usize) -> [f64; 2] {
    if total == 0 {
        return [0.0, 1.0];
    }
    let n = total as f64;
    let p = correct as f64 / n;
    let centre = p + Z * Z / (2.0 * n);
    let spread = Z * (p * (1.0 - p) / n + Z * Z / (4.0 * n * n)).sqrt();
    let scale = 1.0 + Z * Z / n;
    [((centre - spread) / scale).max(0.0), ((centre + spread) / scale).min(1.0)]
}

#[cfg(test)]
mod tests {
    use super::super::fixture::{assert_close, cases};
    use super::*;

    #[test]
    fn wilson_agrees_with_statsmodels() {
        for (correct, total, [low, high]) in cases::<(usize, usize, [f64; 2])>("wilson") {
            let [l, h] = wilson(correct, total);
            assert_close(l, low);
            assert_close(h, high);
        }
    }

    // By hand, for 1 of 4: z² = 3.84146; centre 0.25 + 3.84146/8 = 0.73018, spread
    // 1.95996 · √(0.1875/4 + 3.84146/64) = 0.64081, both over 1 + 3.84146/4 = 1.96036.
    #[test]
    fn wilson_agrees_with_a_hand_calculation() {
        let [low, high] = wilson(1, 4);
        assert!((low - 0.04559).abs() < 1e-4 && (high - 0.69936).abs() < 1e-4, "{low} {high}");
    }

    #[test]
    fn the_interval_of_no_questions_is_0_to_1() {
        assert_eq!(wilson(0, 0).map(f64::to_bits), [0.0, 1.0].map(f64::to_bits));
    }
}
