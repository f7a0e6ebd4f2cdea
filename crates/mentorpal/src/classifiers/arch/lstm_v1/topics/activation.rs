//! The elementwise operations of one LSTM step, in the forward and backward pass. They are short loops
//! over a few slices of equal length, because the compiler does not vectorize longer ones. `pulp`
//! selects the instruction set of the CPU at run time. The order of summation is fixed, so results are
//! bit-identical on all CPUs.

#![allow(
    clippy::inline_always,
    reason = "a function that is not inlined is compiled for the baseline instruction set"
)]

use pulp::{Arch, Simd, WithSimd};

/// Keras 2's `hard_sigmoid`: σ(x) ≈ 0.2x + 0.5, clipped to 0..1.
#[inline(always)]
fn hard_sigmoid(x: f32) -> f32 {
    (0.2 * x + 0.5).clamp(0.0, 1.0)
}

/// Returns the derivative of [`hard_sigmoid`] where its value is `y`.
#[inline(always)]
fn hard_sigmoid_derivative(y: f32) -> f32 {
    if y > 0.0 && y < 1.0 { 0.2 } else { 0.0 }
}

/// Approximates tanh by a quotient of two polynomials, with an error of at most 5e-7; the standard
/// library's tanh takes longer than the matrix product of a step. The coefficients are those of
/// Eigen's `generic_fast_tanh_float` (MPL-2.0, `MathFunctionsImpl.h`).
#[allow(clippy::excessive_precision, reason = "as published")]
#[inline(always)]
fn tanh(x: f32) -> f32 {
    let x = x.clamp(-7.905_311_1, 7.905_311_1);
    let x2 = x * x;
    let p = -2.760_768_5e-16 * x2 + 2.000_187_9e-13;
    let p = p * x2 - 8.604_671_5e-11;
    let p = p * x2 + 5.122_297_1e-8;
    let p = p * x2 + 1.485_722_4e-5;
    let p = p * x2 + 6.372_619_3e-4;
    let p = p * x2 + 4.893_525_5e-3;
    let q = 1.198_258_4e-6 * x2 + 1.185_347_1e-4;
    let q = q * x2 + 2.268_434_6e-3;
    let q = q * x2 + 4.893_525_2e-3;
    x * p / q
}

/// Splits a row `[4 · units]` into the gates input, forget, cell, output.
#[inline(always)]
fn gates_mut(row: &mut [f32], units: usize) -> [&mut [f32]; 4] {
    let (i, rest) = row.split_at_mut(units);
    let (f, rest) = rest.split_at_mut(units);
    let (g, o) = rest.split_at_mut(units);
    [i, f, g, o]
}

/// A forward step for a batch of sequences.
pub(super) struct Forward<'a> {
    /// The inputs of the gates, `[lanes, 4 · units]`; the step replaces them by the gates' values.
    pub(super) gates: &'a mut [f32],
    /// The cell before the step, `[lanes, units]`.
    pub(super) before: &'a [f32],
    /// The cell after the step, `[lanes, units]`.
    pub(super) cell: &'a mut [f32],
    /// tanh of the cell after the step.
    pub(super) squashed: &'a mut [f32],
    /// The state after the step: the output gate times `tanh` of the cell.
    pub(super) state: &'a mut [f32],
    /// Numbers of a state.
    pub(super) units: usize,
}

impl Forward<'_> {
    /// Takes the step.
    pub(super) fn run(self) {
        Arch::new().dispatch(self);
    }
}

impl WithSimd for Forward<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _simd: S) {
        let units = self.units;
        let rows = self
            .gates
            .chunks_exact_mut(4 * units)
            .zip(self.before.chunks_exact(units))
            .zip(self.cell.chunks_exact_mut(units))
            .zip(self.squashed.chunks_exact_mut(units))
            .zip(self.state.chunks_exact_mut(units));
        for ((((gates, before), cell), squashed), state) in rows {
            let [i, f, g, o] = gates_mut(gates, units);
            for gate in [&mut *i, &mut *f, &mut *o] {
                for x in gate {
                    *x = hard_sigmoid(*x);
                }
            }
            for g in &mut *g {
                *g = tanh(*g);
            }
            for ((((cell, before), i), f), g) in cell.iter_mut().zip(before).zip(i).zip(f).zip(g) {
                *cell = *f * before + *i * *g;
            }
            for ((state, squashed), (cell, o)) in
                state.iter_mut().zip(squashed).zip(cell.iter().zip(o))
            {
                *squashed = tanh(*cell);
                *state = *o * *squashed;
            }
        }
    }
}

/// A backward step for a batch of sequences.
pub(super) struct Backward<'a> {
    /// The values of the gates, `[lanes, 4 · units]`; the step replaces them by the gradients of the loss
    /// with respect to the gates' inputs.
    pub(super) gates: &'a mut [f32],
    /// The cell before the step, `[lanes, units]`.
    pub(super) before: &'a [f32],
    /// tanh of the cell after the step.
    pub(super) squashed: &'a [f32],
    /// The gradient with respect to the state after the step.
    pub(super) d_state: &'a [f32],
    /// The gradient with respect to the cell after the step; the step replaces it by the gradient with
    /// respect to the cell before the step.
    pub(super) d_cell: &'a mut [f32],
    /// Numbers of a state.
    pub(super) units: usize,
}

impl Backward<'_> {
    /// Takes the step.
    pub(super) fn run(self) {
        Arch::new().dispatch(self);
    }
}

impl WithSimd for Backward<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _simd: S) {
        let units = self.units;
        let rows = self
            .gates
            .chunks_exact_mut(4 * units)
            .zip(self.before.chunks_exact(units))
            .zip(self.squashed.chunks_exact(units))
            .zip(self.d_state.chunks_exact(units))
            .zip(self.d_cell.chunks_exact_mut(units));
        for ((((gates, before), squashed), d_state), d_cell) in rows {
            let [i, f, g, o] = gates_mut(gates, units);
            for (((d_cell, o), d_state), squashed) in
                d_cell.iter_mut().zip(o).zip(d_state).zip(squashed)
            {
                *d_cell += d_state * *o * (1.0 - squashed * squashed);
                *o = d_state * squashed * hard_sigmoid_derivative(*o);
            }
            for ((i, g), d_cell) in i.iter_mut().zip(g).zip(&*d_cell) {
                let (by_input, by_candidate) = (d_cell * *g, d_cell * *i);
                *i = by_input * hard_sigmoid_derivative(*i);
                *g = by_candidate * (1.0 - *g * *g);
            }
            for ((f, d_cell), before) in f.iter_mut().zip(d_cell).zip(before) {
                let by_forget = *d_cell * before;
                *d_cell *= *f;
                *f = by_forget * hard_sigmoid_derivative(*f);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tanh_agrees_with_the_standard_library() {
        let worst = (-100_000..=100_000).map(|n| n as f32 / 10_000.0).fold(0.0, |worst, x| {
            let error = (f64::from(tanh(x)) - f64::from(x).tanh()).abs();
            f64::max(worst, error)
        });
        assert!(worst < 5e-7, "{worst}");
        assert!(tanh(0.0).abs() < f32::EPSILON);
        assert!((tanh(100.0) - 1.0).abs() < 5e-7 && (tanh(-100.0) + 1.0).abs() < 5e-7);
    }

    #[test]
    fn hard_sigmoid_agrees_with_keras_2() {
        // 0.2 · 1 + 0.5; clipped beyond ±2.5.
        for (x, y) in [(0.0, 0.5), (1.0, 0.7), (-1.0, 0.3), (2.5, 1.0), (3.0, 1.0), (-9.0, 0.0)] {
            assert!((hard_sigmoid(x) - y).abs() < 1e-6, "{x}");
        }
        for (y, gradient) in [(0.0, 0.0), (0.3, 0.2), (1.0, 0.0)] {
            assert!((hard_sigmoid_derivative(y) - gradient).abs() < f32::EPSILON, "{y}");
        }
    }

    // One unit, worked by hand: i = 0.2·1 + 0.5, f = 0.2·0.5 + 0.5, g = tanh 0.3, o = 0.2·(−1) + 0.5;
    // c = 0.6·2 + 0.7·0.291313 = 1.403919; h = 0.3·tanh 1.403919 = 0.3·0.886196.
    #[test]
    fn a_forward_step_agrees_with_a_calculation_by_hand() {
        let mut gates = [1.0, 0.5, 0.3, -1.0];
        let (mut cell, mut squashed, mut state) = ([0.0], [0.0], [0.0]);
        let forward = Forward {
            gates: &mut gates,
            before: &[2.0],
            cell: &mut cell,
            squashed: &mut squashed,
            state: &mut state,
            units: 1,
        };
        forward.run();
        for (found, expected) in [(cell[0], 1.403_919), (state[0], 0.265_859)] {
            assert!((found - expected).abs() < 2e-6, "{found}, expected {expected}");
        }
    }
}
