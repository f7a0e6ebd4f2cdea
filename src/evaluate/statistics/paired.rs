//! Two checkpoints on the same questions, and several such comparisons.

use statrs::distribution::{ContinuousCDF, Normal};

use super::Z;

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

/// The p-values corrected for there being several, in their order: Holm's step-down method (Holm
/// 1979, *A simple sequentially rejective multiple test procedure*). Those under 0.05 hold
/// together with a chance of error of at most 0.05 in all.
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

/// The 95% interval of accuracy B − accuracy A by the paired bootstrap, bias-corrected and
/// accelerated (`BCa`; Efron & Tibshirani 1993, chapter 14), in −1..=1. `pairs` says per question
/// whether A and B were right.
///
/// A question's gain is −1, 0 or 1, so how resamples' sums are distributed is worked out instead
/// of drawn: it is what infinitely many resamples would show. Where no question, or every
/// question, tells A from B in the same way, resamples do not differ and the interval is a point,
/// which says little; `[-1, 1]` where there is no question.
#[must_use]
pub fn paired_bootstrap(pairs: &[(bool, bool)]) -> [f64; 2] {
    if pairs.is_empty() {
        return [-1.0, 1.0];
    }
    let count = |pair: (bool, bool)| pairs.iter().filter(|&&other| other == pair).count();
    let gains =
        Gains { questions: pairs.len(), minus: count((true, false)), plus: count((false, true)) };
    gains.bca().map(|sum| sum / pairs.len() as f64)
}

/// The 95% interval of accuracy B − accuracy A by the adjusted Wald method, in −1..=1 (Bonett &
/// Price 2012, *Adjusted Wald confidence interval for a difference of binomial proportions based
/// on paired data*, JEBS 37: 479–488), where of `questions` `only_a` were right with A alone and
/// `only_b` with B alone. Unlike the [bootstrap](paired_bootstrap)'s it has a width where A and B
/// do not differ on any question, the wider the fewer questions there are.
///
/// ```
/// let [low, high] = mentorpal::evaluate::statistics::paired_wald(0, 0, 20);
/// assert!(low < -0.1 && 0.1 < high);
/// ```
#[must_use]
pub fn paired_wald(only_a: usize, only_b: usize, questions: usize) -> [f64; 2] {
    let n = questions as f64 + 2.0;
    let [a, b] = [only_a, only_b].map(|count| (count as f64 + 1.0) / n);
    let spread = Z * ((a + b - (b - a).powi(2)) / n).sqrt();
    [(b - a - spread).max(-1.0), (b - a + spread).min(1.0)]
}

/// How many questions' gains are −1 and 1; the others' are 0.
struct Gains {
    questions: usize,
    minus: usize,
    plus: usize,
}

impl Gains {
    fn sum(&self) -> f64 {
        self.plus as f64 - self.minus as f64
    }

    /// The sum over questions of the `power`-th power of a gain's deviation from the mean.
    fn moment(&self, power: i32) -> f64 {
        let mean = self.sum() / self.questions as f64;
        let zero = self.questions - self.minus - self.plus;
        self.minus as f64 * (-1.0 - mean).powi(power)
            + zero as f64 * (-mean).powi(power)
            + self.plus as f64 * (1.0 - mean).powi(power)
    }

    /// The bounds of the sum of gains.
    fn bca(&self) -> [f64; 2] {
        let spread = self.moment(2);
        if spread < 1e-9 {
            return [self.sum(); 2];
        }
        let sums = Distribution::of_sums(self);
        let normal = Normal::standard();
        let bias = normal.inverse_cdf(sums.share_below(self.sum()));
        // The jackknife's estimate, which for a mean is the skewness over 6√n.
        let acceleration = self.moment(3) / (6.0 * spread.powf(1.5));
        [-Z, Z].map(|z| {
            let shifted = bias + z;
            sums.quantile(normal.cdf(bias + shifted / (1.0 - acceleration * shifted)))
        })
    }
}

/// How likely each sum of a resample's gains is; sums are whole and follow one another.
struct Distribution {
    first: f64,
    shares: Vec<f64>,
}

impl Distribution {
    /// Sums of as many gains as there are questions, each drawn from all of them.
    fn of_sums(gains: &Gains) -> Self {
        // Tails rarer than this are cut: 5,000 questions' make no difference in the 9th decimal.
        const RARE: f64 = 1e-18;
        let [minus, plus] =
            [gains.minus, gains.plus].map(|number| number as f64 / gains.questions as f64);
        let mut sums = Self { first: 0.0, shares: vec![1.0] };
        for _ in 0..gains.questions {
            let mut next = vec![0.0; sums.shares.len() + 2];
            for (i, share) in sums.shares.iter().enumerate() {
                next[i] += share * minus;
                next[i + 1] += share * (1.0 - minus - plus);
                next[i + 2] += share * plus;
            }
            let rare = next.iter().take_while(|&&share| share < RARE).count();
            next.drain(..rare);
            while next.last().is_some_and(|&share| share < RARE) {
                next.pop();
            }
            sums = Self { first: sums.first - 1.0 + rare as f64, shares: next };
        }
        sums
    }

    fn values(&self) -> impl Iterator<Item = (f64, f64)> {
        self.shares.iter().enumerate().map(|(i, &share)| (self.first + i as f64, share))
    }

    /// The share of sums below `sum`, half of those equal to it included.
    fn share_below(&self, sum: f64) -> f64 {
        let half = |(value, share): (f64, f64)| match value.total_cmp(&sum) {
            std::cmp::Ordering::Less => share,
            std::cmp::Ordering::Equal => share / 2.0,
            std::cmp::Ordering::Greater => 0.0,
        };
        self.values().map(half).sum()
    }

    /// The least sum that at least `share` of all do not exceed.
    fn quantile(&self, share: f64) -> f64 {
        let mut below = 0.0;
        for (value, part) in self.values() {
            below += part;
            if below >= share {
                return value;
            }
        }
        // The shares' sum may miss 1 by a rounding error.
        self.first + (self.shares.len() - 1) as f64
    }
}

#[cfg(test)]
mod tests {
    use super::super::fixture::{assert_close, cases};
    use super::*;

    fn pairs(both: usize, only_a: usize, only_b: usize, neither: usize) -> Vec<(bool, bool)> {
        let numbers = [both, only_a, only_b, neither];
        let kinds = [(true, true), (true, false), (false, true), (false, false)];
        numbers.iter().zip(kinds).flat_map(|(&n, kind)| std::iter::repeat_n(kind, n)).collect()
    }

    #[test]
    fn mcnemar_agrees_with_scipy() {
        for (only_a, only_b, p) in cases::<(usize, usize, f64)>("mcnemar") {
            assert_close(mcnemar(only_a, only_b), p);
        }
    }

    // By hand: 1 and 5 of 6: 2 · (C(6,0) + C(6,1)) / 2^6 = 14/64.
    #[test]
    fn mcnemar_by_hand() {
        assert_close(mcnemar(1, 5), 14.0 / 64.0);
        assert_close(mcnemar(5, 1), 14.0 / 64.0);
        assert_close(mcnemar(0, 0), 1.0);
    }

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
    fn holm_by_hand() {
        for (found, expected) in
            holm(&[0.04, 0.7, 0.01, 0.03]).into_iter().zip([0.09, 0.7, 0.04, 0.09])
        {
            assert_close(found, expected);
        }
        assert!(holm(&[]).is_empty());
    }

    // SciPy draws resamples: the cases are those where many draws agree on the bounds.
    #[test]
    fn the_bootstrap_agrees_with_scipy() {
        for (counts, [low, high]) in cases::<([usize; 4], [f64; 2])>("bca") {
            let [both, only_a, only_b, neither] = counts;
            let [l, h] = paired_bootstrap(&pairs(both, only_a, only_b, neither));
            assert_close(l, low);
            assert_close(h, high);
        }
    }

    // By hand, gains 1, 1, 0: sums of three draws are 0, 1, 2, 3 with shares 1, 6, 12, 8 of 27;
    // the sum 2 has (1 + 6 + 12/2) / 27 = 0.48148 below it, so the bias is −0.04645. The skewed
    // acceleration is (2/27 · 1 − 8/27) / (6 · (6/9)^1.5) = −0.06804. Lower: −0.04645 − 2.00641 /
    // (1 − 0.13652) = −2.37008 → Φ = 0.00889 → 0 (share 0.03704). Upper: −0.04645 + 1.91351 /
    // (1 + 0.13020) = 1.64663 → Φ = 0.95018 → 3 (up to 2: 0.70370).
    #[test]
    fn the_bootstrap_by_hand() {
        let [low, high] = paired_bootstrap(&pairs(0, 0, 2, 1));
        assert_close(low, 0.0);
        assert_close(high, 1.0);
        let sums = Distribution::of_sums(&Gains { questions: 3, minus: 0, plus: 2 });
        let expected = [1.0, 6.0, 12.0, 8.0].map(|ways| ways / 27.0);
        let from_zero: Vec<f64> =
            sums.values().filter(|(sum, _)| *sum >= 0.0).map(|(_, share)| share).collect();
        assert_eq!(from_zero.len(), 4);
        for (share, expected) in from_zero.into_iter().zip(expected) {
            assert_close(share, expected);
        }
    }

    #[test]
    fn the_bootstrap_is_of_b_less_a() {
        assert!(paired_bootstrap(&pairs(60, 0, 20, 20))[0] > 0.0);
        assert!(paired_bootstrap(&pairs(60, 20, 0, 20))[1] < 0.0);
    }

    #[test]
    fn without_differences_the_interval_is_a_point() {
        for (pairs, point) in [(pairs(3, 0, 0, 2), 0.0), (pairs(0, 0, 7, 0), 1.0)] {
            for bound in paired_bootstrap(&pairs) {
                assert_close(bound, point);
            }
        }
        assert_close(paired_bootstrap(&[])[0], -1.0);
    }

    // By hand, 1 and 4 of 20: a = 2/22, b = 5/22, b − a = 0.136364; the spread is
    // 1.95996 · √((0.318182 − 0.018595) / 22) = 1.95996 · 0.116694 = 0.228716.
    #[test]
    fn the_adjusted_wald_interval_by_hand() {
        let [low, high] = paired_wald(1, 4, 20);
        assert!((low + 0.092_352).abs() < 1e-5 && (high - 0.365_080).abs() < 1e-5, "{low} {high}");
        let [low, high] = paired_wald(4, 1, 20);
        assert!((low + 0.365_080).abs() < 1e-5 && (high - 0.092_352).abs() < 1e-5, "{low} {high}");
    }
}
