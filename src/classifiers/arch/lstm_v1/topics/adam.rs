//! Adam (Kingma & Ba 2015, arXiv:1412.6980, the form at the end of section 2) with Keras's settings.

use pulp::{Arch, Simd, WithSimd};
use rayon::prelude::*;

use super::network::Network;

const RATE: f64 = 0.001;
const BETA_1: f32 = 0.9;
const BETA_2: f32 = 0.999;
/// What keeps the quotient finite, Keras's `epsilon()`.
const EPSILON: f32 = 1e-7;

/// How many numbers are worth a thread's while.
pub(super) const PIECE: usize = 1 << 14;

/// The moments of the slopes seen so far.
#[derive(Clone, Debug)]
pub(super) struct Adam {
    steps: i32,
    mean: Network,
    square: Network,
}

impl Adam {
    /// Nothing seen yet.
    pub(super) fn new(network: &Network) -> Self {
        let zeros = Network::zeros(network.shape);
        Self { steps: 0, mean: zeros.clone(), square: zeros }
    }

    /// Takes a step down these slopes.
    pub(super) fn step(&mut self, network: &mut Network, slopes: &Network) {
        self.steps += 1;
        let correction = |beta: f32| 1.0 - f64::from(beta).powi(self.steps);
        let rate = (RATE * correction(BETA_2).sqrt() / correction(BETA_1)) as f32;
        let layers = network.layers_mut().into_iter().zip(slopes.layers());
        let moments = self.mean.layers_mut().into_iter().zip(self.square.layers_mut());
        for ((numbers, slopes), (mean, square)) in layers.zip(moments) {
            let pieces = (numbers.par_chunks_mut(PIECE), slopes.par_chunks(PIECE));
            let moments = (mean.par_chunks_mut(PIECE), square.par_chunks_mut(PIECE));
            (pieces, moments).into_par_iter().for_each(|((numbers, slopes), (mean, square))| {
                Arch::new().dispatch(Step { numbers, slopes, mean, square, rate });
            });
        }
    }
}

/// A step for a piece of a layer.
struct Step<'a> {
    numbers: &'a mut [f32],
    slopes: &'a [f32],
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
        for ((x, slope), (mean, square)) in self.numbers.iter_mut().zip(self.slopes).zip(moments) {
            *mean += (slope - *mean) * (1.0 - BETA_1);
            *square += (slope * slope - *square) * (1.0 - BETA_2);
            *x -= self.rate * *mean / (square.sqrt() + EPSILON);
        }
    }
}
