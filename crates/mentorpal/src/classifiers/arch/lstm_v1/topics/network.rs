//! The parameters of the topic model and their initialization.

use rand::{Rng, RngExt};

/// The parameters of an LSTM (Hochreiter & Schmidhuber 1997, with the forget gate of Gers et al.
/// 2000) and of the dense layer on its last state. Gates are in Keras's order: input, forget,
/// cell, output. All matrices are stored row by row.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Network {
    /// The sizes of the layers.
    pub(crate) shape: Shape,
    /// From a word vector to the gates, `[dims, 4 · units]`.
    pub(crate) kernel: Vec<f32>,
    /// From the state to the gates, `[units, 4 · units]`.
    pub(crate) recurrent: Vec<f32>,
    /// `[4 · units]`
    pub(crate) bias: Vec<f32>,
    /// From the last state to the topics, `[units, topics]`.
    pub(crate) dense: Vec<f32>,
    /// `[topics]`
    pub(crate) dense_bias: Vec<f32>,
}

/// The sizes of a [`Network`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Shape {
    /// The number of dimensions of a word vector.
    pub(crate) dims: usize,
    /// The number of LSTM units.
    pub(crate) units: usize,
    /// The number of topics.
    pub(crate) topics: usize,
}

impl Network {
    /// Returns parameters of zero, from which gradients and Adam's moments start.
    pub(super) fn zeros(shape: Shape) -> Self {
        let Shape { dims, units, topics } = shape;
        Self {
            shape,
            kernel: vec![0.0; dims * 4 * units],
            recurrent: vec![0.0; units * 4 * units],
            bias: vec![0.0; 4 * units],
            dense: vec![0.0; units * topics],
            dense_bias: vec![0.0; topics],
        }
    }

    /// Returns parameters initialized as in Keras: Glorot-uniform kernels (Glorot & Bengio 2010), an
    /// orthogonal recurrent kernel (Saxe et al. 2014), and zero biases, except 1 for the forget gate
    /// (Jozefowicz et al. 2015).
    pub(crate) fn initial(shape: Shape, random: &mut impl Rng) -> Self {
        let Shape { dims, units, topics } = shape;
        let mut network = Self::zeros(shape);
        glorot_uniform(&mut network.kernel, dims + 4 * units, random);
        orthogonal_rows(&mut network.recurrent, units, random);
        network.bias[units..2 * units].fill(1.0);
        glorot_uniform(&mut network.dense, units + topics, random);
        network
    }

    /// Returns the parameters, layer by layer.
    pub(super) fn layers(&self) -> [&[f32]; 5] {
        [&self.kernel, &self.recurrent, &self.bias, &self.dense, &self.dense_bias]
    }

    /// Returns the parameters for modification, in the order of [`layers`](Self::layers).
    pub(super) fn layers_mut(&mut self) -> [&mut [f32]; 5] {
        [
            &mut self.kernel,
            &mut self.recurrent,
            &mut self.bias,
            &mut self.dense,
            &mut self.dense_bias,
        ]
    }
}

/// Fills `kernel` with uniform numbers in ±√(6 / fans), where `fans` is the number of inputs plus
/// outputs.
fn glorot_uniform(kernel: &mut [f32], fans: usize, random: &mut impl Rng) {
    let limit = (6.0 / fans as f32).sqrt();
    for x in kernel {
        *x = random.random_range(-limit..limit);
    }
}

/// Fills `kernel` with uniformly distributed orthonormal rows: the Q of a matrix of normally
/// distributed numbers, with the signs that make R's diagonal positive (Mezzadri 2007, *Notices of the
/// AMS* 54(5)), by the Gram–Schmidt process.
fn orthogonal_rows(kernel: &mut [f32], rows: usize, random: &mut impl Rng) {
    let columns = kernel.len() / rows;
    let mut done: Vec<Vec<f64>> = Vec::with_capacity(rows);
    for to in kernel.chunks_exact_mut(columns) {
        let mut row: Vec<f64> = (0..columns).map(|_| standard_normal(random)).collect();
        // A second pass removes what rounding left (Giraud et al. 2005, *Numerische Mathematik* 101).
        for _ in 0..2 {
            for earlier in &done {
                let shared = dot(earlier, &row);
                row.iter_mut().zip(earlier).for_each(|(x, e)| *x -= shared * e);
            }
        }
        let length = dot(&row, &row).sqrt();
        row.iter_mut().for_each(|x| *x /= length);
        to.iter_mut().zip(&row).for_each(|(to, x)| *to = *x as f32);
        done.push(row);
    }
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

/// Draws a normally distributed number of mean 0 and variance 1 (Box & Muller 1958).
fn standard_normal(random: &mut impl Rng) -> f64 {
    let radius = (-2.0 * (1.0 - random.random::<f64>()).ln()).sqrt();
    radius * (std::f64::consts::TAU * random.random::<f64>()).cos()
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::SeedableRng;
    use rand::rngs::ChaCha8Rng;

    #[test]
    fn parameters_are_initialized_as_in_keras() {
        let shape = Shape { dims: 20, units: 15, topics: 5 };
        let network = Network::initial(shape, &mut ChaCha8Rng::seed_from_u64(1));
        // √(6 / (20 + 60)) and √(6 / (15 + 5)).
        for (kernel, limit) in [(&network.kernel, 0.273_861_3), (&network.dense, 0.547_722_6)] {
            let most = kernel.iter().fold(0.0, |most: f32, x| most.max(x.abs()));
            assert!(most <= limit && most > 0.95 * limit, "{most} of {limit}");
            let mean = kernel.iter().sum::<f32>() / kernel.len() as f32;
            assert!(mean.abs() < 0.1 * limit, "{mean}");
        }
        let rows: Vec<&[f32]> = network.recurrent.chunks_exact(60).collect();
        for (i, a) in rows.iter().enumerate() {
            for (j, b) in rows.iter().enumerate() {
                let product: f32 = a.iter().zip(*b).map(|(a, b)| a * b).sum();
                assert!((product - f32::from(u8::from(i == j))).abs() < 1e-5, "{i} {j} {product}");
            }
        }
        let gates: Vec<f32> = network.bias.chunks_exact(15).map(|gate| gate.iter().sum()).collect();
        assert_eq!(gates, [0.0, 15.0, 0.0, 0.0]);
        assert_eq!(network.dense_bias, [0.0; 5]);
    }
}
