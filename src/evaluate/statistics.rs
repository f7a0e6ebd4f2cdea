//! Intervals and tests, each with its source.

use rand::rngs::ChaCha8Rng;
use rand::{RngExt, SeedableRng};

/// The 97.5% quantile of the standard normal distribution.
const Z: f64 = 1.959_963_984_540_054;

/// Wilson's 95% score interval of a proportion, `correct` of `total`, in 0..=1 (Wilson 1927,
/// JASA 22: 209–212). `[0, 1]` where there is nothing.
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

/// The two-sided p-value of `McNemar`'s exact test, where `only_a` questions were right with A
/// alone and `only_b` with B alone: how likely a split at least this uneven is if either were as
/// likely (a binomial test at 1/2; Dixon & Mood 1946, *The statistical sign test*). 1 where there
/// is no such question.
#[must_use]
pub fn mcnemar(only_a: usize, only_b: usize) -> f64 {
    let n = only_a + only_b;
    let least = only_a.min(only_b);
    // The terms C(n, k) / 2^n for k = 0..=least, from one to the next in logarithms.
    let mut term = -(n as f64) * std::f64::consts::LN_2;
    let mut sum = term.exp();
    for k in 0..least {
        term += ((n - k) as f64).ln() - ((k + 1) as f64).ln();
        sum += term.exp();
    }
    (2.0 * sum).min(1.0)
}

/// The 95% interval of accuracy B − accuracy A by the paired bootstrap (percentile method; Efron &
/// Tibshirani 1993, chapter 13), in −1..=1. `pairs` says per question whether A and B were right.
/// The same seed gives the same interval; `[-1, 1]` where there is no question.
#[must_use]
pub fn paired_bootstrap(pairs: &[(bool, bool)], seed: u64) -> [f64; 2] {
    const RESAMPLES: usize = 10_000;
    if pairs.is_empty() {
        return [-1.0, 1.0];
    }
    let gains: Vec<i64> = pairs.iter().map(|&(a, b)| i64::from(b) - i64::from(a)).collect();
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let mut resample =
        || -> i64 { (0..gains.len()).map(|_| gains[random.random_range(0..gains.len())]).sum() };
    let mut sums: Vec<i64> = (0..RESAMPLES).map(|_| resample()).collect();
    sums.sort_unstable();
    // The order statistics at 2.5% and 97.5%.
    let tail = RESAMPLES / 40;
    [tail, RESAMPLES - 1 - tail].map(|rank| sums[rank] as f64 / pairs.len() as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn close(a: f64, b: f64) -> bool {
        (a - b).abs() < 1e-9
    }

    // statsmodels 0.15: proportion_confint(correct, total, method="wilson").
    #[test]
    fn wilson_agrees_with_statsmodels() {
        for (correct, total, low, high) in [
            (0, 10, 0.0, 0.277_532_799_862_889),
            (1, 10, 0.017_876_213_095_073, 0.404_150_026_795_238),
            (8, 10, 0.490_162_471_536_642, 0.943_317_848_545_625),
            (10, 10, 0.722_467_200_137_111, 1.0),
            (211, 270, 0.728_429_544_463_132, 0.826_636_151_778_016),
            (1, 1, 0.206_549_314_377_124, 1.0),
            (4999, 5000, 0.998_867_910_919_161, 0.999_964_694_216_561),
        ] {
            let [l, h] = wilson(correct, total);
            assert!(close(l, low) && close(h, high), "{correct}/{total}: {l} {h}");
        }
    }

    // SciPy 1.17: binomtest(only_a, only_a + only_b).pvalue.
    #[test]
    fn mcnemar_agrees_with_scipy() {
        for (only_a, only_b, p) in [
            (3, 14, 0.012_725_830_078_125),
            (14, 3, 0.012_725_830_078_125),
            (0, 5, 0.0625),
            (10, 10, 1.0),
            (21, 32, 0.168_977_822_287_719),
            (400, 460, 0.044_169_548_194_589),
            (0, 1, 1.0),
        ] {
            assert!(close(mcnemar(only_a, only_b), p), "{only_a} {only_b}");
        }
    }

    // By hand: 1 and 5 of 6: 2 · (C(6,0) + C(6,1)) / 2^6 = 14/64.
    #[test]
    fn mcnemar_by_hand() {
        assert!(close(mcnemar(1, 5), 14.0 / 64.0));
        assert!(close(mcnemar(5, 1), 14.0 / 64.0));
        assert!(close(mcnemar(0, 0), 1.0));
    }

    // With A right on 60 of 100 and B on those and 20 more, each resample's gain is binomial
    // (100, 0.2) / 100: its 2.5% and 97.5% quantiles are 0.12 and 0.28 (SciPy: binom.ppf).
    #[test]
    fn the_bootstrap_finds_the_binomial_quantiles() {
        let pairs: Vec<(bool, bool)> = (0..100).map(|i| (i < 60, i < 80)).collect();
        let [low, high] = paired_bootstrap(&pairs, 7);
        assert!((low - 0.12).abs() < 0.011 && (high - 0.28).abs() < 0.011, "{low} {high}");
        assert_eq!(paired_bootstrap(&pairs, 7).map(f64::to_bits), [low, high].map(f64::to_bits));
        let swapped: Vec<(bool, bool)> = pairs.iter().map(|&(a, b)| (b, a)).collect();
        assert!(paired_bootstrap(&swapped, 7)[1] < 0.0, "B − A, not A − B");
    }
}
