//! One step of the LSTM, number by number, forth and back. Short loops over a few slices of one
//! length, which the compiler turns into vector instructions (longer ones it does not); `pulp` has
//! them compiled for those of the processor at hand. No sum's order depends on that, so that the
//! bits do not.

#![allow(clippy::inline_always, reason = "what is not inlined is compiled for any processor")]

use pulp::{Arch, Simd, WithSimd};

/// Keras 2's `hard_sigmoid`: σ(x) ≈ 0.2x + 0.5, cut to 0..1.
#[inline(always)]
fn hard_sigmoid(x: f32) -> f32 {
    (0.2 * x + 0.5).clamp(0.0, 1.0)
}

/// The slope of [`hard_sigmoid`] where its value is `y`.
#[inline(always)]
fn hard_sigmoid_slope(y: f32) -> f32 {
    if y > 0.0 && y < 1.0 { 0.2 } else { 0.0 }
}

/// tanh as a quotient of two polynomials, to 5e-7: the system's takes longer than a step's
/// matrix product. Coefficients are those of Eigen's `generic_fast_tanh_float` (MPL-2.0,
/// `MathFunctionsImpl.h`).
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

/// A step forth, for several sequences side by side.
pub(super) struct Forth<'a> {
    /// The gates' inputs, which become their values, `[lanes, 4 · units]`.
    pub(super) gates: &'a mut [f32],
    /// The cell before the step, `[lanes, units]`.
    pub(super) before: &'a [f32],
    /// And after it.
    pub(super) cell: &'a mut [f32],
    /// tanh of that.
    pub(super) squashed: &'a mut [f32],
    /// The state after the step: the output gate times that.
    pub(super) state: &'a mut [f32],
    /// Numbers of a state.
    pub(super) units: usize,
}

impl Forth<'_> {
    /// Takes the step.
    pub(super) fn run(self) {
        Arch::new().dispatch(self);
    }
}

impl WithSimd for Forth<'_> {
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

/// A step back, for several sequences side by side.
pub(super) struct Back<'a> {
    /// The gates' values, which become the loss's slopes by their inputs, `[lanes, 4 · units]`.
    pub(super) gates: &'a mut [f32],
    /// The cell before the step, `[lanes, units]`.
    pub(super) before: &'a [f32],
    /// tanh of the cell after it.
    pub(super) squashed: &'a [f32],
    /// The loss's slope by the state after the step.
    pub(super) d_state: &'a [f32],
    /// Its slope by the cell after the step, which becomes that by the cell before it.
    pub(super) d_cell: &'a mut [f32],
    /// Numbers of a state.
    pub(super) units: usize,
}

impl Back<'_> {
    /// Takes the step.
    pub(super) fn run(self) {
        Arch::new().dispatch(self);
    }
}

impl WithSimd for Back<'_> {
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
                *o = d_state * squashed * hard_sigmoid_slope(*o);
            }
            for ((i, g), d_cell) in i.iter_mut().zip(g).zip(&*d_cell) {
                let (by_input, by_candidate) = (d_cell * *g, d_cell * *i);
                *i = by_input * hard_sigmoid_slope(*i);
                *g = by_candidate * (1.0 - *g * *g);
            }
            for ((f, d_cell), before) in f.iter_mut().zip(d_cell).zip(before) {
                let by_forget = *d_cell * before;
                *d_cell *= *f;
                *f = by_forget * hard_sigmoid_slope(*f);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tanh_is_near_the_system_s() {
        let worst = (-100_000..=100_000).map(|n| n as f32 / 10_000.0).fold(0.0, |worst, x| {
            let error = (f64::from(tanh(x)) - f64::from(x).tanh()).abs();
            f64::max(worst, error)
        });
        assert!(worst < 5e-7, "{worst}");
        assert!(tanh(0.0).abs() < f32::EPSILON);
        assert!((tanh(100.0) - 1.0).abs() < 5e-7 && (tanh(-100.0) + 1.0).abs() < 5e-7);
    }

    #[test]
    fn the_hard_sigmoid_is_keras_2_s() {
        // 0.2 · 1 + 0.5; cut from ±2.5 on.
        for (x, y) in [(0.0, 0.5), (1.0, 0.7), (-1.0, 0.3), (2.5, 1.0), (3.0, 1.0), (-9.0, 0.0)] {
            assert!((hard_sigmoid(x) - y).abs() < 1e-6, "{x}");
        }
        for (y, slope) in [(0.0, 0.0), (0.3, 0.2), (1.0, 0.0)] {
            assert!((hard_sigmoid_slope(y) - slope).abs() < f32::EPSILON, "{y}");
        }
    }

    // One unit, worked by hand: i = 0.2·1 + 0.5, f = 0.2·0.5 + 0.5, g = tanh 0.3, o = 0.2·(−1) + 0.5;
    // c = 0.6·2 + 0.7·0.291313 = 1.403919; h = 0.3·tanh 1.403919 = 0.3·0.886196.
    #[test]
    fn a_step_is_as_worked_by_hand() {
        let mut gates = [1.0, 0.5, 0.3, -1.0];
        let (mut cell, mut squashed, mut state) = ([0.0], [0.0], [0.0]);
        let forth = Forth {
            gates: &mut gates,
            before: &[2.0],
            cell: &mut cell,
            squashed: &mut squashed,
            state: &mut state,
            units: 1,
        };
        forth.run();
        for (found, expected) in [(cell[0], 1.403_919), (state[0], 0.265_859)] {
            assert!((found - expected).abs() < 2e-6, "{found}, expected {expected}");
        }
    }
}
