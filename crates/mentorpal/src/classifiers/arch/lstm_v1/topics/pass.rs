//! The forward and backward pass of sequences through the network.
//!
//! [`LANES`] sequences are processed together, so that each step is one matrix product for all
//! sequences and all four gates. The contributions of all words are one product before the first step.
//! Padding needs no product: a zero vector contributes only the bias.

use super::super::params::STEPS;
use super::activation::{Backward, Forward};
use super::network::{Network, Shape};
use super::products::{Rows, multiply};
use crate::linear::Accum;

/// The number of sequences that are processed together. Smaller batches are filled up with empty
/// sequences, so that the result for a sequence is bit-identical in any batch.
pub(super) const LANES: usize = 16;

/// The dropout masks: factors of 0, or of more than 1 to keep the expected value.
#[derive(Clone, Debug)]
pub(super) struct Masks {
    /// The mask of the word vectors, the same for all steps of a sequence, `[LANES, dims]`.
    pub(super) input: Vec<f32>,
    /// The mask of the recurrent state, the same for all steps, `[LANES, units]`.
    pub(super) state: Vec<f32>,
    /// The mask of the last state, `[LANES, units]`.
    pub(super) last: Vec<f32>,
}

/// The buffers of a pass of [`LANES`] sequences, which the next pass reuses.
#[derive(Clone, Debug)]
pub(super) struct Run {
    shape: Shape,
    /// The masked word vectors, `[words, dims]`, step by step.
    words: Vec<f32>,
    /// The row of each word in the gates, `step · LANES + lane`.
    places: Vec<usize>,
    /// The contributions of the words to the gates, `[words, 4 · units]`; in the backward pass their
    /// gradients.
    at_words: Vec<f32>,
    /// The gates of each step, `[STEPS, LANES, 4 · units]`; in the backward pass their gradients.
    gates: Vec<f32>,
    /// The cell before each step and after the last, `[STEPS + 1, LANES, units]`.
    cells: Vec<f32>,
    /// tanh of the cell after each step, `[STEPS, LANES, units]`.
    squashed: Vec<f32>,
    /// The state before each step, masked, and after the last, `[STEPS + 1, LANES, units]`.
    states: Vec<f32>,
    /// The topic probabilities, `[LANES, topics]`; in the backward pass the gradients of the logits.
    topics: Vec<f32>,
    /// The gradient with respect to the state, `[LANES, units]`.
    d_state: Vec<f32>,
    /// The gradient with respect to the cell, `[LANES, units]`.
    d_cell: Vec<f32>,
    /// The gradients with respect to the parameters.
    gradients: Network,
}

impl Run {
    pub(super) fn new(shape: Shape) -> Self {
        let Shape { dims: _, units, topics } = shape;
        let lane = LANES * units;
        Self {
            shape,
            words: Vec::new(),
            places: Vec::new(),
            at_words: Vec::new(),
            gates: vec![0.0; STEPS * 4 * lane],
            cells: vec![0.0; (STEPS + 1) * lane],
            squashed: vec![0.0; STEPS * lane],
            states: vec![0.0; (STEPS + 1) * lane],
            topics: vec![0.0; LANES * topics],
            d_state: vec![0.0; lane],
            d_cell: vec![0.0; lane],
            gradients: Network::zeros(shape),
        }
    }

    /// Returns the probability of each topic, `[LANES, topics]`, for at most [`LANES`] sequences of word
    /// vectors, each `[at most STEPS, dims]`. Further rows are meaningless.
    pub(super) fn forward(
        &mut self,
        network: &Network,
        sequences: &[&[f32]],
        masks: Option<&Masks>,
    ) -> &[f32] {
        self.read(network, sequences, masks);
        for step in 0..STEPS {
            self.step(network, step, masks);
        }
        let last = self.last_mut();
        if let Some(masks) = masks {
            last.iter_mut().zip(&masks.last).for_each(|(x, mask)| *x *= mask);
        }
        let topics = self.shape.topics;
        for row in self.topics.chunks_exact_mut(topics) {
            row.copy_from_slice(&network.dense_bias);
        }
        let units = self.shape.units;
        let last = Rows::of(&self.states[STEPS * LANES * units..], units).view();
        multiply(&mut self.topics, Accum::Add, last, Rows::of(&network.dense, topics).view());
        self.topics.chunks_exact_mut(topics).for_each(softmax);
        &self.topics
    }

    /// Sets the gates to the bias plus the contributions of the words.
    fn read(&mut self, network: &Network, sequences: &[&[f32]], masks: Option<&Masks>) {
        let Shape { dims, units, topics: _ } = self.shape;
        self.words.clear();
        self.places.clear();
        for step in 0..STEPS {
            for (lane, sequence) in sequences.iter().enumerate() {
                let Some(word) = sequence.get(step * dims..(step + 1) * dims) else { continue };
                self.places.push(step * LANES + lane);
                match masks {
                    None => self.words.extend(word),
                    Some(masks) => {
                        let mask = &masks.input[lane * dims..][..dims];
                        self.words.extend(word.iter().zip(mask).map(|(x, mask)| x * mask));
                    }
                }
            }
        }
        self.at_words.resize(self.places.len() * 4 * units, 0.0);
        let words = Rows::of(&self.words, dims).view();
        let kernel = Rows::of(&network.kernel, 4 * units).view();
        multiply(&mut self.at_words, Accum::Replace, words, kernel);
        for row in self.gates.chunks_exact_mut(4 * units) {
            row.copy_from_slice(&network.bias);
        }
        for (place, row) in self.places.iter().zip(self.at_words.chunks_exact(4 * units)) {
            let gates = &mut self.gates[place * 4 * units..][..4 * units];
            gates.iter_mut().zip(row).for_each(|(gate, x)| *gate += x);
        }
    }

    fn step(&mut self, network: &Network, step: usize, masks: Option<&Masks>) {
        let units = self.shape.units;
        let lane = LANES * units;
        let gates = &mut self.gates[step * 4 * lane..][..4 * lane];
        let (before, after) = self.states.split_at_mut((step + 1) * lane);
        if step > 0 {
            let before = Rows::of(&before[step * lane..], units).view();
            let recurrent = Rows::of(&network.recurrent, 4 * units).view();
            multiply(gates, Accum::Add, before, recurrent);
        }
        let (cells, next) = self.cells.split_at_mut((step + 1) * lane);
        let forward = Forward {
            gates,
            before: &cells[step * lane..],
            cell: &mut next[..lane],
            squashed: &mut self.squashed[step * lane..][..lane],
            state: &mut after[..lane],
            units,
        };
        forward.run();
        if let Some(masks) = masks.filter(|_| step + 1 < STEPS) {
            after[..lane].iter_mut().zip(&masks.state).for_each(|(x, mask)| *x *= mask);
        }
    }

    /// Returns the state after the last step.
    fn last_mut(&mut self) -> &mut [f32] {
        &mut self.states[STEPS * LANES * self.shape.units..]
    }

    /// Computes the gradients, and returns the sum of the sequences' losses. Must be called after
    /// [`forward`](Self::forward) with the same `network`, whose transposed recurrent kernel is
    /// `transposed`, and the same `masks`.
    ///
    /// The loss of a sequence is the cross-entropy of the topic probabilities with its `targets`,
    /// `[topics]`, times `scale`. As in Keras, a sequence with two topics counts twice, and a sequence
    /// without topics does not count.
    pub(super) fn backward(
        &mut self,
        network: &Network,
        transposed: &[f32],
        targets: &[&[f32]],
        scale: f32,
        masks: &Masks,
    ) -> f64 {
        let Shape { dims: _, units, topics } = self.shape;
        let lane = LANES * units;
        let loss = self.loss(targets, scale);
        let dense = Rows::of(&network.dense, topics).view().transpose();
        let d_topics = Rows::of(&self.topics, topics).view();
        multiply(&mut self.d_state, Accum::Replace, d_topics, dense);
        self.d_state.iter_mut().zip(&masks.last).for_each(|(x, mask)| *x *= mask);
        self.d_cell.fill(0.0);
        for step in (0..STEPS).rev() {
            let gates = &mut self.gates[step * 4 * lane..][..4 * lane];
            let back = Backward {
                gates: &mut *gates,
                before: &self.cells[step * lane..][..lane],
                squashed: &self.squashed[step * lane..][..lane],
                d_state: &self.d_state,
                d_cell: &mut self.d_cell,
                units,
            };
            back.run();
            if step > 0 {
                let gates = Rows::of(gates, 4 * units).view();
                let transposed = Rows::of(transposed, units).view();
                multiply(&mut self.d_state, Accum::Replace, gates, transposed);
                self.d_state.iter_mut().zip(&masks.state).for_each(|(x, mask)| *x *= mask);
            }
        }
        self.at_words.clear();
        for place in &self.places {
            self.at_words.extend(&self.gates[place * 4 * units..][..4 * units]);
        }
        self.find_gradients();
        loss
    }

    /// Replaces the topic probabilities by the gradients of the logits, which are 0 for empty lanes, and
    /// returns the loss.
    fn loss(&mut self, targets: &[&[f32]], scale: f32) -> f64 {
        let mut loss = 0.0;
        for (lane, row) in self.topics.chunks_exact_mut(self.shape.topics).enumerate() {
            let Some(target) = targets.get(lane) else {
                row.fill(0.0);
                continue;
            };
            let weight: f32 = target.iter().sum();
            for (share, target) in row.iter_mut().zip(*target) {
                if *target > 0.0 {
                    loss -= f64::from(target * scale) * f64::from(share.max(f32::EPSILON)).ln();
                }
                *share = scale * (weight * *share - target);
            }
        }
        loss
    }

    /// Computes the gradients of the parameters from those of the gates. Before the first step the state is
    /// zero.
    fn find_gradients(&mut self) {
        let Shape { dims, units, topics } = self.shape;
        let product = |into: &mut [f32], inputs: Rows<'_>, gradients: Rows<'_>| {
            multiply(into, Accum::Replace, inputs.view().transpose(), gradients.view());
        };
        let after_words = Rows::of(&self.at_words, 4 * units);
        product(&mut self.gradients.kernel, Rows::of(&self.words, dims), after_words);
        let states = Rows::of(&self.states[LANES * units..STEPS * LANES * units], units);
        let after_states = Rows::of(&self.gates[LANES * 4 * units..], 4 * units);
        product(&mut self.gradients.recurrent, states, after_states);
        let last = Rows::of(&self.states[STEPS * LANES * units..], units);
        product(&mut self.gradients.dense, last, Rows::of(&self.topics, topics));
        add_columns(&self.gates, &mut self.gradients.bias);
        add_columns(&self.topics, &mut self.gradients.dense_bias);
    }

    /// Returns the gradients with respect to the parameters, after [`backward`](Self::backward).
    pub(super) fn gradients(&self) -> &Network {
        &self.gradients
    }
}

/// Adds the sum of each column of `rows` to `into`.
fn add_columns(rows: &[f32], into: &mut [f32]) {
    into.fill(0.0);
    for row in rows.chunks_exact(into.len()) {
        into.iter_mut().zip(row).for_each(|(sum, x)| *sum += x);
    }
}

/// Replaces a row of logits by their softmax.
fn softmax(row: &mut [f32]) {
    let most = row.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    for x in row.iter_mut() {
        *x = (*x - most).exp();
    }
    let sum: f32 = row.iter().sum();
    for x in row {
        *x /= sum;
    }
}
