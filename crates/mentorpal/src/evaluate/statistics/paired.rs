//! The difference between two checkpoints on the same questions: its p-value and its confidence
//! interval. Both come from one method, so they cannot contradict each other.
//!
//! Of `n` questions, `m` are answered correctly by only one of the two. The difference is the
//! product of two separately estimated values: the rate at which the two differ, `ψ = m / n`, and
//! the imbalance, `δ = 2θ − 1`, where `θ` is the share of the `m` questions that only B answers
//! correctly. `McNemar`'s test tests whether `θ` is 1/2, given `m`; the Clopper–Pearson limits of
//! `θ` invert this test. The interval of the product uses the method of variance estimates recovery
//! (MOVER; Donner & Zou 2012, *Closed-form confidence intervals for functions of the normal mean
//! and standard deviation*, SMMR 21: 347–359). It contains zero if and only if the interval of `δ` does.

use statrs::function::beta::beta_reg;

/// Returns the two-sided p-value of `McNemar`'s exact test, where only A answered `only_a`
/// questions correctly, and only B `only_b`. The p-value is the probability of a split at least
/// this uneven if both sides are equally likely (a binomial test at 1/2; Dixon & Mood 1946, *The
/// statistical sign test*). Returns 1 if both counts are 0.
#[must_use]
pub fn mcnemar(only_a: usize, only_b: usize) -> f64 {
    let n = only_a + only_b;
    let least = only_a.min(only_b);
    // The terms C(n, k) / 2^n for k = 0..=least, each computed from the previous one in logarithms.
    let mut term = -(n as f64) * std::f64::consts::LN_2;
    let mut sum = term.exp();
    for k in 0..least {
        term += ((n - k) as f64).ln() - ((k + 1) as f64).ln();
        sum += term.exp();
    }
    (2.0 * sum).min(1.0)
}

/// Returns the interval of accuracy B − accuracy A at a confidence of 1 − `error`, in −1..=1. Of
/// `questions`, only A answered `only_a` correctly, and only B `only_b`. The interval contains zero
/// if and only if [`mcnemar`]'s p-value is above `error`. Without questions it is `[-1, 1]`.
///
/// The coverage of the 95% interval is at least 94% for 20 to 1,000 questions, however often A and
/// B differ (`bench/interval_coverage.rs`).
///
/// ```
/// use mentorpal::evaluate::statistics::{mcnemar, paired_interval};
/// // Three more questions are correct: p = 0.25, so the difference may be zero.
/// let [low, high] = paired_interval(0, 3, 100, 0.05);
/// assert!(mcnemar(0, 3) > 0.05 && low < 0.0 && 0.0 < high);
/// ```
///
/// # Panics
/// If `only_a + only_b` is greater than `questions`, or `error` is not between 0 and 1.
#[must_use]
pub fn paired_interval(only_a: usize, only_b: usize, questions: usize, error: f64) -> [f64; 2] {
    assert!(only_a + only_b <= questions, "more differences than questions");
    assert!(0.0 < error && error < 1.0, "an error of {error} is not a probability");
    if questions == 0 {
        return [-1.0, 1.0];
    }
    let differing = only_a + only_b;
    let rate = Estimate {
        value: differing as f64 / questions as f64,
        limits: mid_p_limits(differing, questions, error),
    };
    if differing == 0 {
        return [-rate.limits[1], rate.limits[1]];
    }
    let imbalance = Estimate {
        value: (only_b as f64 - only_a as f64) / differing as f64,
        limits: clopper_pearson(only_b, differing, error).map(|limit| 2.0 * limit - 1.0),
    };
    let [low, high] = if imbalance.value < 0.0 {
        let [low, high] = product_interval(imbalance.negated(), rate);
        [-high, -low]
    } else {
        product_interval(imbalance, rate)
    };
    [low.max(-1.0), high.min(1.0)]
}

/// A value with its lower and upper limit.
#[derive(Clone, Copy)]
struct Estimate {
    value: f64,
    limits: [f64; 2],
}

impl Estimate {
    fn negated(self) -> Self {
        Self { value: -self.value, limits: [-self.limits[1], -self.limits[0]] }
    }
}

/// Returns the limits of `x · y`. The value of `x` is at least 0, though its lower limit may be
/// negative, and `y` is above 0.
///
/// If `l₁` is at least 0, the lower limit is MOVER's: `xy − √((xy)² − l₁(2x − l₁) · l₂(2y − l₂))`.
/// If `l₁` is negative, a larger `y` makes the limit smaller, so `y`'s upper limit matters:
/// `y · u₂` replaces `l₂(2y − l₂)`. (With `y²` the coverage falls to 93.8% in some cases;
/// `y² + (u₂ − y)²` and `u₂²` give wider intervals without better coverage in those cases.) The
/// upper limit combines both distances.
fn product_interval(x: Estimate, y: Estimate) -> [f64; 2] {
    let ([l1, u1], [l2, u2]) = (x.limits, y.limits);
    let product = x.value * y.value;
    let spread = if l1 < 0.0 { y.value * u2 } else { l2 * (2.0 * y.value - l2) };
    let low = product - (product * product - l1 * (2.0 * x.value - l1) * spread).max(0.0).sqrt();
    let [up1, up2] = [u1 - x.value, u2 - y.value];
    let squares = [y.value * up1, x.value * up2, up1 * up2].map(|distance| distance * distance);
    [low, product + squares.iter().sum::<f64>().sqrt()]
}

/// Returns the exact limits of the proportion `k / n`, with a tail probability of `error / 2` on
/// each side (Clopper & Pearson 1934, Biometrika 26: 404–413).
fn clopper_pearson(k: usize, n: usize, error: f64) -> [f64; 2] {
    let low = if k == 0 { 0.0 } else { solve(|p| at_least(k, n, p), error / 2.0) };
    let high = if k == n { 1.0 } else { solve(|p| at_least(k + 1, n, p), 1.0 - error / 2.0) };
    [low, high]
}

/// Returns the mid-p limits of the proportion `k / n`: as [`clopper_pearson`], except that the
/// probability of `k` itself counts half in each tail (Lancaster 1961, JASA 56: 223–234).
fn mid_p_limits(k: usize, n: usize, error: f64) -> [f64; 2] {
    let above = |p| f64::midpoint(at_least(k, n, p), at_least(k + 1, n, p));
    let low = if k == 0 { 0.0 } else { solve(above, error / 2.0) };
    let high = if k == n { 1.0 } else { solve(above, 1.0 - error / 2.0) };
    [low, high]
}

/// Returns the probability of at least `k` successes in `n` trials with success probability `p`.
fn at_least(k: usize, n: usize, p: f64) -> f64 {
    match k {
        0 => 1.0,
        k if k > n => 0.0,
        k => beta_reg(k as f64, (n - k + 1) as f64, p),
    }
}

/// Returns the point in 0..=1 at which the increasing function `f` reaches `target`.
fn solve(f: impl Fn(f64) -> f64, target: f64) -> f64 {
    let [mut low, mut high] = [0.0_f64, 1.0];
    // Each step adds one binary digit.
    for _ in 0..48 {
        let middle = f64::midpoint(low, high);
        if f(middle) < target { low = middle } else { high = middle }
    }
    f64::midpoint(low, high)
}

#[cfg(test)]
mod tests {
    use super::super::fixture::{assert_close, cases};
    use super::*;

    #[test]
    fn mcnemar_agrees_with_scipy() {
        for (only_a, only_b, p) in cases::<(usize, usize, f64)>("mcnemar") {
            assert_close(mcnemar(only_a, only_b), p);
        }
    }

    // By hand, for 1 and 5 of 6: 2 · (C(6,0) + C(6,1)) / 2^6 = 14/64.
    #[test]
    fn mcnemar_agrees_with_a_hand_calculation() {
        assert_close(mcnemar(1, 5), 14.0 / 64.0);
        assert_close(mcnemar(5, 1), 14.0 / 64.0);
        assert_close(mcnemar(0, 0), 1.0);
    }

    #[test]
    fn limits_of_a_proportion_agree_with_scipy() {
        for (k, n, exact, mid_p) in cases::<(usize, usize, [f64; 2], [f64; 2])>("limits") {
            for (found, expected) in
                [(clopper_pearson(k, n, 0.05), exact), (mid_p_limits(k, n, 0.05), mid_p)]
            {
                assert_close(found[0], expected[0]);
                assert_close(found[1], expected[1]);
            }
        }
    }

    // By hand, if none of 100 questions differs: the rate's upper limit u satisfies
    // (1 − u)^100 / 2 = 0.025, so u = 1 − 0.05^0.01 = 0.029513.
    #[test]
    fn without_differing_questions_the_interval_is_that_of_the_rate() {
        let [low, high] = paired_interval(0, 0, 100, 0.05);
        assert!((high - 0.029_513).abs() < 1e-6 && (low + high).abs() < 1e-12, "{low} {high}");
        assert_eq!(paired_interval(0, 0, 0, 0.05).map(f64::to_bits), [-1.0, 1.0].map(f64::to_bits));
    }

    // By hand, if all 8 of 8 questions differ and only B is correct: θ ≥ 0.025^(1/8) = 0.630583, so
    // δ ≥ 0.261167; ψ ≥ 0.05^(1/8) = 0.687656 (the tail at 8 counts half). The lower limit is
    // 1 − √(1 − 0.261167 · 1.738833 · 0.687656 · 1.312344) = 1 − √0.590186 = 0.231764.
    #[test]
    fn intervals_of_one_sided_differences_agree_with_a_hand_calculation() {
        let [low, high] = paired_interval(0, 8, 8, 0.05);
        assert!((low - 0.231_764).abs() < 1e-5 && (high - 1.0).abs() < 1e-12, "{low} {high}");
        let [low, high] = paired_interval(8, 0, 8, 0.05);
        assert!((high + 0.231_764).abs() < 1e-5 && (low + 1.0).abs() < 1e-12, "{low} {high}");
    }

    // Outcomes of up to 60 questions, at the levels of a single comparison and of a corrected one.
    #[test]
    fn the_interval_contains_zero_exactly_if_p_is_above_the_error() {
        for questions in 1..=60 {
            for only_a in (0..=questions).step_by(1 + questions / 20) {
                for only_b in (0..=questions - only_a).step_by(1 + questions / 20) {
                    for error in [0.05, 0.05 / 3.0] {
                        let [low, high] = paired_interval(only_a, only_b, questions, error);
                        let has_zero = low <= 0.0 && 0.0 <= high;
                        assert_eq!(
                            has_zero,
                            mcnemar(only_a, only_b) > error,
                            "{only_a} and {only_b} of {questions}: {low} to {high}"
                        );
                        let difference = (only_b as f64 - only_a as f64) / questions as f64;
                        assert!(low <= difference && difference <= high);
                    }
                }
            }
        }
    }

    // The coverage is summed over all outcomes here; `bench/interval_coverage.rs` samples them.
    #[test]
    fn the_interval_covers_the_difference_at_least_94_times_in_100() {
        for (questions, rates) in [
            (20, &[0.05, 0.1, 0.2, 0.4, 0.7, 0.95][..]),
            (50, &[0.02, 0.05, 0.1, 0.4, 0.9]),
            (130, &[0.01, 0.05, 0.2]),
            (265, &[0.02, 0.1]),
            (1000, &[0.005, 0.02]),
        ] {
            for rate in rates {
                for side in [0.5, 0.6, 0.75, 0.9, 1.0] {
                    let [only_a, only_b] = [rate * (1.0 - side), rate * side];
                    let (coverage, width) = coverage(questions, only_a, only_b);
                    let case = format!("{questions} questions, {only_a:.3} and {only_b:.3}");
                    assert!(coverage >= 0.94, "{case}: {coverage}");
                    // The width under the normal approximation with the true rates. Where the
                    // approximation holds, the interval must not be much wider.
                    let variance = only_a + only_b - (only_b - only_a).powi(2);
                    let normal = 2.0 * 1.96 * (variance / questions as f64).sqrt();
                    let is_normal = questions as f64 * variance > 10.0;
                    assert!(!is_normal || width < 1.35 * normal, "{case}: {width} {normal}");
                }
            }
        }
    }

    /// Returns the probability that the interval covers the difference, and the mean width.
    /// `only_a` and `only_b` are the probabilities that only A, or only B, answers a question
    /// correctly.
    fn coverage(questions: usize, only_a: f64, only_b: f64) -> (f64, f64) {
        let ln_factorial = statrs::function::factorial::ln_factorial;
        let log = |count: usize, p: f64| if count == 0 { 0.0 } else { count as f64 * p.ln() };
        let (mut covered, mut width, mut total) = (0.0, 0.0, 0.0);
        for a in 0..=questions {
            for b in 0..=questions - a {
                let neither = questions - a - b;
                let ways = ln_factorial(questions as u64)
                    - ln_factorial(a as u64)
                    - ln_factorial(b as u64)
                    - ln_factorial(neither as u64);
                let probability =
                    (ways + log(a, only_a) + log(b, only_b) + log(neither, 1.0 - only_a - only_b))
                        .exp();
                if probability < 1e-9 {
                    continue;
                }
                let [low, high] = paired_interval(a, b, questions, 0.05);
                let is_inside = low <= only_b - only_a + 1e-12 && only_b - only_a - 1e-12 <= high;
                total += probability;
                width += probability * (high - low);
                covered += if is_inside { probability } else { 0.0 };
            }
        }
        assert!(total > 0.999, "{total}");
        (covered / total, width / total)
    }
}
