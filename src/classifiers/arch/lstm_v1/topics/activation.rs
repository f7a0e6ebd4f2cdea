//! One step of the LSTM, number by number, forth and back. Plain loops over slices of one length,
//! which the compiler turns into vector instructions: [`widest`] lets it use those of the processor
//! at hand. No sum's order depends on them, so that the bits do not.

#![allow(clippy::inline_always, reason = "what is not inlined is not compiled for `widest`")]

/// Runs `work` compiled for the widest vectors that the processor has; what is to be part of that
/// must be inlined.
pub(super) fn widest<R>(work: impl FnOnce() -> R) -> R {
    pulp::Arch::new().dispatch(work)
}

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
fn gates_mut(row: &mut [f32]) -> [&mut [f32]; 4] {
    let units = row.len() / 4;
    let (i, rest) = row.split_at_mut(units);
    let (f, rest) = rest.split_at_mut(units);
    let (g, o) = rest.split_at_mut(units);
    [i, f, g, o]
}

/// What one step of one sequence leaves behind, `[units]` each.
pub(super) struct Step<'a> {
    /// The cell after the step.
    pub(super) cell: &'a mut [f32],
    /// tanh of that.
    pub(super) squashed: &'a mut [f32],
    /// The state after the step: the output gate times that.
    pub(super) state: &'a mut [f32],
}

/// A step forth: turns `row`, `[4 · units]`, from the gates' inputs to their values. `before` is
/// the cell before the step.
#[inline(always)]
pub(super) fn forth(row: &mut [f32], before: &[f32], step: Step<'_>) {
    let [i, f, g, o] = gates_mut(row);
    let units = i.len();
    let Step { cell, squashed, state } = step;
    let before = &before[..units];
    let (cell, squashed) = (&mut cell[..units], &mut squashed[..units]);
    let state = &mut state[..units];
    let (f, g, o) = (&mut f[..units], &mut g[..units], &mut o[..units]);
    for n in 0..units {
        i[n] = hard_sigmoid(i[n]);
        f[n] = hard_sigmoid(f[n]);
        g[n] = tanh(g[n]);
        o[n] = hard_sigmoid(o[n]);
        cell[n] = f[n] * before[n] + i[n] * g[n];
        squashed[n] = tanh(cell[n]);
        state[n] = o[n] * squashed[n];
    }
}

/// A step back: turns `row` from the gates' values to the loss's slopes by their inputs, where
/// `d_state` is its slope by the state after the step; `d_cell` changes from its slope by the
/// cell after the step to that before it.
#[inline(always)]
pub(super) fn back(
    row: &mut [f32],
    before: &[f32],
    squashed: &[f32],
    d_state: &[f32],
    d_cell: &mut [f32],
) {
    let [i, f, g, o] = gates_mut(row);
    let units = i.len();
    let (f, g, o) = (&mut f[..units], &mut g[..units], &mut o[..units]);
    let (before, squashed) = (&before[..units], &squashed[..units]);
    let (d_state, d_cell) = (&d_state[..units], &mut d_cell[..units]);
    for n in 0..units {
        let by_cell = d_cell[n] + d_state[n] * o[n] * (1.0 - squashed[n] * squashed[n]);
        let by_output = d_state[n] * squashed[n];
        d_cell[n] = by_cell * f[n];
        let (by_input, by_candidate) = (by_cell * g[n], by_cell * i[n]);
        i[n] = by_input * hard_sigmoid_slope(i[n]);
        f[n] = by_cell * before[n] * hard_sigmoid_slope(f[n]);
        g[n] = by_candidate * (1.0 - g[n] * g[n]);
        o[n] = by_output * hard_sigmoid_slope(o[n]);
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
        let mut row = [1.0, 0.5, 0.3, -1.0];
        let (mut cell, mut squashed, mut state) = ([0.0], [0.0], [0.0]);
        let step = Step { cell: &mut cell, squashed: &mut squashed, state: &mut state };
        forth(&mut row, &[2.0], step);
        for (found, expected) in [(cell[0], 1.403_919), (state[0], 0.265_859)] {
            assert!((found - expected).abs() < 2e-6, "{found}, expected {expected}");
        }
    }
}
