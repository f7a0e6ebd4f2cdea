//! The operations on rows of numbers between the matrix products: normalisation, softmax, activation.
//!
//! They are short loops without branches, which the compiler turns into vector instructions. `pulp`
//! compiles them for several instruction sets and selects the processor's at run time. The order of
//! additions does not depend on the instruction set.

#![allow(
    clippy::inline_always,
    reason = "a function that is not inlined is compiled for the baseline instruction set"
)]

use pulp::{Arch, Simd, WithSimd};

use super::settings::Activation;
use super::weights::Norm;

/// The number of partial sums that are added up in parallel.
const LANES: usize = 32;

/// Normalises each row to mean 0 and variance 1 (layer normalisation, Ba et al. 2016,
/// arXiv:1607.06450), then applies the scale and shift of `norm`, each as long as a row.
pub(super) fn normalize(rows: &mut [f32], norm: &Norm, epsilon: f32) {
    Arch::new().dispatch(Normalize { rows, norm, epsilon });
}

/// Applies the softmax to each row of `width` numbers: eˣ divided by the row's sum of eˣ.
pub(super) fn softmax(rows: &mut [f32], width: usize) {
    Arch::new().dispatch(Softmax { rows, width });
}

/// Applies the activation to each number.
pub(super) fn activate(activation: Activation, numbers: &mut [f32]) {
    Arch::new().dispatch(Activate { activation, numbers });
}

struct Normalize<'a> {
    rows: &'a mut [f32],
    norm: &'a Norm,
    epsilon: f32,
}

impl WithSimd for Normalize<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _simd: S) {
        let Norm { scale, shift } = self.norm;
        for row in self.rows.chunks_exact_mut(scale.len()) {
            let size = row.len() as f32;
            let mean = sum(row, |x| x) / size;
            let variance = sum(row, |x| (x - mean) * (x - mean)) / size;
            let factor = 1.0 / (variance + self.epsilon).sqrt();
            for ((x, scale), shift) in row.iter_mut().zip(scale).zip(shift) {
                *x = (*x - mean) * factor * scale + shift;
            }
        }
    }
}

struct Softmax<'a> {
    rows: &'a mut [f32],
    width: usize,
}

impl WithSimd for Softmax<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _simd: S) {
        for row in self.rows.chunks_exact_mut(self.width) {
            let highest = row.iter().copied().fold(f32::NEG_INFINITY, f32::max);
            for x in row {
                *x -= highest;
            }
        }
        // All rows in one loop, because a row is often shorter than a vector register.
        self.rows.iter_mut().for_each(|x| *x = exp(*x));
        for row in self.rows.chunks_exact_mut(self.width) {
            let share = 1.0 / sum(row, |x| x);
            for x in row {
                *x *= share;
            }
        }
    }
}

struct Activate<'a> {
    activation: Activation,
    numbers: &'a mut [f32],
}

impl WithSimd for Activate<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _simd: S) {
        match self.activation {
            Activation::Gelu => {
                let half = std::f32::consts::FRAC_1_SQRT_2;
                self.numbers.iter_mut().for_each(|x| *x *= 0.5 * (1.0 + erf(*x * half)));
            }
            Activation::Relu => self.numbers.iter_mut().for_each(|x| *x = x.max(0.0)),
        }
    }
}

/// Returns the sum of `of(x)` over the numbers `x` of the row.
#[inline(always)]
fn sum(row: &[f32], of: impl Fn(f32) -> f32) -> f32 {
    let (whole, rest) = row.as_chunks::<LANES>();
    let mut sums = [0.0; LANES];
    for numbers in whole {
        for (sum, &number) in sums.iter_mut().zip(numbers) {
            *sum += of(number);
        }
    }
    sums.iter().sum::<f32>() + rest.iter().map(|&number| of(number)).sum::<f32>()
}

/// Returns eˣ with a relative error below 2e-7, for `x` up to 0. Below −87 the result is e⁻⁸⁷.
///
/// Computed as 2ⁿ eʳ, with |r| at most half of ln 2 and a polynomial for eʳ. The method and the
/// coefficients are from Moshier's Cephes library (`expf.c`).
#[inline(always)]
fn exp(x: f32) -> f32 {
    /// Adding this constant to a small number leaves the nearest integer in the lowest bits.
    const TO_INTEGER: f32 = 12_582_912.0;
    /// ln 2 in two parts. The first has few bits, so its products are exact.
    const LN_2: [f32; 2] = [355.0 / 512.0, -2.121_944_4e-4];
    const POLYNOMIAL: [f32; 6] =
        [1.987_569_1e-4, 1.398_2e-3, 8.333_452e-3, 4.166_579_6e-2, 1.666_666_5e-1, 5e-1];
    // Not `max`, which would turn NaN into a number.
    let x = if x < -87.0 { -87.0 } else { x };
    let shifted = x * std::f32::consts::LOG2_E + TO_INTEGER;
    let n = shifted - TO_INTEGER;
    let r = x - n * LN_2[0] - n * LN_2[1];
    let power = f32::from_bits((shifted.to_bits() << 23).wrapping_add(1.0_f32.to_bits()));
    (polynomial(&POLYNOMIAL, r) * r * r + r + 1.0) * power
}

/// Returns the error function of `x` with an error below 3e-7, by the rational approximation that
/// Eigen and TensorFlow use for single precision.
#[inline(always)]
fn erf(x: f32) -> f32 {
    const NUMERATOR: [f32; 7] = [
        -2.726_142_3e-10,
        2.770_681_4e-8,
        -2.101_024e-6,
        -5.692_506_2e-5,
        -7.349_906e-4,
        -2.954_6e-3,
        -1.609_603_3e-2,
    ];
    const DENOMINATOR: [f32; 5] =
        [-1.456_607_2e-5, -2.133_740_6e-4, -1.682_827e-3, -7.373_329e-3, -1.426_473_9e-2];
    let x = x.clamp(-4.0, 4.0);
    let square = x * x;
    x * polynomial(&NUMERATOR, square) / polynomial(&DENOMINATOR, square)
}

/// Evaluates the polynomial with these coefficients, highest power first, at `x`.
#[inline(always)]
fn polynomial(coefficients: &[f32], x: f32) -> f32 {
    coefficients.iter().fold(0.0, |sum, coefficient| sum * x + coefficient)
}

#[cfg(test)]
mod tests {
    use super::*;

    // Abramowitz & Stegun, table 7.1.
    #[test]
    fn erf_agrees_with_published_tables() {
        let table = [
            (0.0, 0.0),
            (0.1, 0.112_462_92),
            (0.5, 0.520_499_9),
            (1.0, 0.842_700_8),
            (1.5, 0.966_105_15),
            (2.0, 0.995_322_3),
            (5.0, 1.0),
        ];
        for (x, expected) in table {
            assert!((erf(x) - expected).abs() < 3e-7, "{x}: {} {expected}", erf(x));
            assert!((erf(-x) + expected).abs() < 3e-7, "{x}");
        }
    }

    #[test]
    fn exp_agrees_with_the_standard_library() {
        for n in 0..=870_000 {
            let x = -n as f32 / 10_000.0;
            let expected = f64::from(x).exp();
            let error = (f64::from(exp(x)) - expected).abs() / expected;
            assert!(error < 2e-7, "{x}: {error}");
        }
        assert_eq!(exp(0.0).to_bits(), 1.0_f32.to_bits());
        assert!(exp(f32::NAN).is_nan());
        for far in [-88.0, -1e30, f32::NEG_INFINITY] {
            assert!((0.0..1e-37).contains(&exp(far)), "{far}");
        }
    }

    // e⁰ : e^ln 2 : e^ln 5 = 1 : 2 : 5.
    #[test]
    fn softmax_agrees_with_a_calculation_by_hand() {
        let (two, five) = (2_f32.ln(), 5_f32.ln());
        let mut rows = [0.0, two, five, 90.0 + two, 90.0, 90.0 + five];
        softmax(&mut rows, 3);
        for (share, eighths) in rows.iter().zip([1.0, 2.0, 5.0, 2.0, 1.0, 5.0]) {
            assert!((share - eighths / 8.0).abs() < 1e-5, "{rows:?}");
        }
    }

    // 40 numbers, more than the number of partial sums. Half of them 1 and half 5 have mean 3 and
    // variance 4.
    #[test]
    fn rows_are_normalised_then_scaled_and_shifted() {
        let row = |low: f32, high: f32| (0..40).map(move |i| if i % 2 == 0 { low } else { high });
        let mut rows: Vec<f32> = row(1.0, 5.0).chain(row(-7.0, 7.0)).collect();
        let norm = Norm { scale: vec![3.0; 40], shift: vec![0.5; 40] };
        normalize(&mut rows, &norm, 0.0);
        for (x, expected) in rows.iter().zip(row(-2.5, 3.5).chain(row(-2.5, 3.5))) {
            assert!((x - expected).abs() < 1e-6, "{rows:?}");
        }
    }

    #[test]
    fn relu_sets_negative_numbers_to_zero() {
        let mut numbers = [-2.0, 0.0, 3.5];
        activate(Activation::Relu, &mut numbers);
        assert_eq!(numbers.map(f32::to_bits), [0.0_f32, 0.0, 3.5].map(f32::to_bits));
    }
}
