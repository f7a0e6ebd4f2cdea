//! Two checkpoints on the same questions: the p-value of their difference and its interval, which
//! come from one method, so that they cannot contradict each other.
//!
//! Of `n` questions `m` are right with only one of the two. The difference is the product of two
//! proportions that are estimated apart: how often the two differ, `ψ = m / n`, and how one-sided
//! that is, `δ = 2θ − 1`, where `θ` is the share of the `m` that only B has right. `McNemar`'s test
//! asks whether `θ` is 1/2, given `m`; the Clopper–Pearson limits of `θ` invert it. The interval of
//! the product is the method of variance estimates recovery's (MOVER; Donner & Zou 2012, *Closed-form
//! confidence intervals for functions of the normal mean and standard deviation*, SMMR 21: 347–359),
//! which contains zero exactly where the limits of `δ` do.

use statrs::function::beta::beta_reg;

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

/// The interval of accuracy B − accuracy A at a confidence of 1 − `error`, in −1..=1, where of
/// `questions` `only_a` were right with A alone and `only_b` with B alone. Zero is in it exactly
/// where [`mcnemar`]'s p-value is above `error`. `[-1, 1]` where there is no question.
///
/// At 95% its coverage is at least 94% for 20 to 1,000 questions, however often A and B differ
/// (`bench/interval_coverage.rs`).
///
/// ```
/// use mentorpal::evaluate::statistics::{mcnemar, paired_interval};
/// // Three questions more are right: p = 0.25, so the difference may be zero.
/// let [low, high] = paired_interval(0, 3, 100, 0.05);
/// assert!(mcnemar(0, 3) > 0.05 && low < 0.0 && 0.0 < high);
/// ```
///
/// # Panics
/// When there are more questions that differ than questions, or `error` is not in 0..1.
#[must_use]
pub fn paired_interval(only_a: usize, only_b: usize, questions: usize, error: f64) -> [f64; 2] {
    assert!(only_a + only_b <= questions, "more questions differ than there are");
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
    let side = Estimate {
        value: (only_b as f64 - only_a as f64) / differing as f64,
        limits: clopper_pearson(only_b, differing, error).map(|limit| 2.0 * limit - 1.0),
    };
    let [low, high] = if side.value < 0.0 {
        let [low, high] = product_interval(side.negated(), rate);
        [-high, -low]
    } else {
        product_interval(side, rate)
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

/// The limits of `x · y`, where `x` is at least 0 and its lower limit may be below, and `y` is
/// above 0.
///
/// A lower limit above 0 is MOVER's: `xy − √((xy)² − l₁(2x − l₁) · l₂(2y − l₂))`. Where `l₁` is
/// below 0, a larger `y` makes the limit smaller, so that `y`'s upper limit counts: `y · u₂` stands
/// for `l₂(2y − l₂)`. (`y²` covers too little, 93.8% in places; `y² + (u₂ − y)²` and `u₂²` are wider
/// and cover no more where it matters.) The upper limit adds up both distances.
fn product_interval(x: Estimate, y: Estimate) -> [f64; 2] {
    let ([l1, u1], [l2, u2]) = (x.limits, y.limits);
    let product = x.value * y.value;
    let spread = if l1 < 0.0 { y.value * u2 } else { l2 * (2.0 * y.value - l2) };
    let low = product - (product * product - l1 * (2.0 * x.value - l1) * spread).max(0.0).sqrt();
    let [up1, up2] = [u1 - x.value, u2 - y.value];
    let squares = [y.value * up1, x.value * up2, up1 * up2].map(|distance| distance * distance);
    [low, product + squares.iter().sum::<f64>().sqrt()]
}

/// The exact limits of a proportion, `k` of `n`, each of which leaves `error / 2` outside (Clopper &
/// Pearson 1934, Biometrika 26: 404–413).
fn clopper_pearson(k: usize, n: usize, error: f64) -> [f64; 2] {
    let low = if k == 0 { 0.0 } else { solve(|p| at_least(k, n, p), error / 2.0) };
    let high = if k == n { 1.0 } else { solve(|p| at_least(k + 1, n, p), 1.0 - error / 2.0) };
    [low, high]
}

/// The same, where `k` itself counts half in either tail (Lancaster 1961, JASA 56: 223–234).
fn mid_p_limits(k: usize, n: usize, error: f64) -> [f64; 2] {
    let above = |p| f64::midpoint(at_least(k, n, p), at_least(k + 1, n, p));
    let low = if k == 0 { 0.0 } else { solve(above, error / 2.0) };
    let high = if k == n { 1.0 } else { solve(above, 1.0 - error / 2.0) };
    [low, high]
}

/// The probability of at least `k` of `n` where each has probability `p`.
fn at_least(k: usize, n: usize, p: f64) -> f64 {
    match k {
        0 => 1.0,
        k if k > n => 0.0,
        k => beta_reg(k as f64, (n - k + 1) as f64, p),
    }
}

/// Where in 0..=1 the rising function `f` reaches `target`.
fn solve(f: impl Fn(f64) -> f64, target: f64) -> f64 {
    let [mut low, mut high] = [0.0_f64, 1.0];
    // Each step gives one binary digit more.
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

    // By hand: 1 and 5 of 6: 2 · (C(6,0) + C(6,1)) / 2^6 = 14/64.
    #[test]
    fn mcnemar_by_hand() {
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

    // By hand, none of 100 differs: the rate's upper limit u has (1 − u)^100 / 2 = 0.025, so it is
    // 1 − 0.05^0.01 = 0.029513.
    #[test]
    fn without_differing_questions_the_interval_is_that_of_the_rate() {
        let [low, high] = paired_interval(0, 0, 100, 0.05);
        assert!((high - 0.029_513).abs() < 1e-6 && (low + high).abs() < 1e-12, "{low} {high}");
        assert_eq!(paired_interval(0, 0, 0, 0.05).map(f64::to_bits), [-1.0, 1.0].map(f64::to_bits));
    }

    // By hand, all 8 of 8 differ and only B is right: θ is at least 0.025^(1/8) = 0.630583, so δ at
    // least 0.261167; ψ is at least 0.05^(1/8) = 0.687656 (the tail at 8 counts half). The lower
    // limit is 1 − √(1 − 0.261167 · 1.738833 · 0.687656 · 1.312344) = 1 − √0.590186 = 0.231764.
    #[test]
    fn one_sided_differences_by_hand() {
        let [low, high] = paired_interval(0, 8, 8, 0.05);
        assert!((low - 0.231_764).abs() < 1e-5 && (high - 1.0).abs() < 1e-12, "{low} {high}");
        let [low, high] = paired_interval(8, 0, 8, 0.05);
        assert!((high + 0.231_764).abs() < 1e-5 && (low + 1.0).abs() < 1e-12, "{low} {high}");
    }

    // Every outcome of up to 60 questions, at levels that single and corrected comparisons have.
    #[test]
    fn zero_is_in_the_interval_exactly_where_p_is_above_the_error() {
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

    // Worked out over all outcomes instead of drawn; `bench/interval_coverage.rs` draws.
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
                    let place = format!("{questions} questions, {only_a:.3} and {only_b:.3}");
                    assert!(coverage >= 0.94, "{place}: {coverage}");
                    // Of the normal approximation with the true rates, as wide as an interval can
                    // be expected to be where that holds.
                    let variance = only_a + only_b - (only_b - only_a).powi(2);
                    let normal = 2.0 * 1.96 * (variance / questions as f64).sqrt();
                    let is_normal = questions as f64 * variance > 10.0;
                    assert!(!is_normal || width < 1.35 * normal, "{place}: {width} {normal}");
                }
            }
        }
    }

    /// How likely the interval covers the difference, and how wide it is on average, where a
    /// question is right with only A, or only B, with these probabilities.
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
