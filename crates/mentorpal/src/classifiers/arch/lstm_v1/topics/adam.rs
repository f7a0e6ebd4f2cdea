//! Adam (Kingma & Ba 2015, arXiv:1412.6980, the form at the end of section 2) with Keras's settings.

use pulp::{Arch, Simd, WithSimd};
use rayon::prelude::*;

use super::network::Network;

const RATE: f64 = 0.001;
const BETA_1: f32 = 0.9;
const BETA_2: f32 = 0.999;
/// Keeps the quotient finite; Keras's `epsilon()`.
const EPSILON: f32 = 1e-7;

/// The number of parameters that one task updates.
pub(super) const PIECE: usize = 1 << 14;

/// The moving averages of the gradients and of their squares.
#[derive(Clone, Debug)]
pub(super) struct Adam {
    steps: i32,
    mean: Network,
    square: Network,
}

impl Adam {
    /// Returns the state before the first step.
    pub(super) fn new(network: &Network) -> Self {
        let zeros = Network::zeros(network.shape);
        Self { steps: 0, mean: zeros.clone(), square: zeros }
    }

    /// Updates the parameters of `network` with the gradients of one batch.
    pub(super) fn step(&mut self, network: &mut Network, gradients: &Network) {
        self.steps += 1;
        let correction = |beta: f32| 1.0 - f64::from(beta).powi(self.steps);
        let rate = (RATE * correction(BETA_2).sqrt() / correction(BETA_1)) as f32;
        let layers = network.layers_mut().into_iter().zip(gradients.layers());
        let moments = self.mean.layers_mut().into_iter().zip(self.square.layers_mut());
        for ((numbers, gradients), (mean, square)) in layers.zip(moments) {
            let pieces = (numbers.par_chunks_mut(PIECE), gradients.par_chunks(PIECE));
            let moments = (mean.par_chunks_mut(PIECE), square.par_chunks_mut(PIECE));
            (pieces, moments).into_par_iter().for_each(|((numbers, gradients), (mean, square))| {
                Arch::new().dispatch(Step { numbers, gradients, mean, square, rate });
            });
        }
    }
}

/// The update of a piece of a layer.
struct Step<'a> {
    numbers: &'a mut [f32],
    gradients: &'a [f32],
    mean: &'a mut [f32],
    square: &'a mut [f32],
    rate: f32,
}

impl WithSimd for Step<'_> {
    type Output = ();

    #[allow(clippy::inline_always, reason = "as in activation.rs")]
    #[inline(always)]
    fn with_simd<S: Simd>(self, _simd: S) {
        let moments = self.mean.iter_mut().zip(self.square);
        for ((x, gradient), (mean, square)) in
            self.numbers.iter_mut().zip(self.gradients).zip(moments)
        {
            *mean += (gradient - *mean) * (1.0 - BETA_1);
            *square += (gradient * gradient - *square) * (1.0 - BETA_2);
            *x -= self.rate * *mean / (square.sqrt() + EPSILON);
        }
    }
}
