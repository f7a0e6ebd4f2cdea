//! Sequences through the network, forth and back in time.
//!
//! [`LANES`] sequences run side by side, so that each step is one matrix product for all of them
//! and all four gates; the words of all steps are one product beforehand. Padding costs no such
//! product: a word of zeros leaves the bias.

use faer::Accum;

use super::super::params::STEPS;
use super::activation::{Back, Forth};
use super::network::{Network, Shape};
use super::products::{Rows, multiply};

/// How many sequences run side by side. Always as many, empty ones beside a single one, so that
/// a sequence gives the same bits whatever it runs beside.
pub(super) const LANES: usize = 16;

/// What dropout multiplies numbers by: 0, or more than 1 to make up for that.
#[derive(Clone, Debug)]
pub(super) struct Masks {
    /// Of the word vectors, one for all steps of a sequence, `[LANES, dims]`.
    pub(super) input: Vec<f32>,
    /// Of the state on its way to the next step, one for all steps, `[LANES, units]`.
    pub(super) state: Vec<f32>,
    /// Of the last state, `[LANES, units]`.
    pub(super) last: Vec<f32>,
}

/// [`LANES`] sequences on their way. Its buffers are used again for the next ones.
#[derive(Clone, Debug)]
pub(super) struct Run {
    shape: Shape,
    /// The words' vectors, masked, `[words, dims]`, step by step.
    words: Vec<f32>,
    /// Per word its place among all steps' lanes, `step · LANES + lane`.
    places: Vec<usize>,
    /// What the words add to the gates, `[words, 4 · units]`; on the way back the slopes there.
    at_words: Vec<f32>,
    /// The gates of each step, `[STEPS, LANES, 4 · units]`; on the way back the slopes.
    gates: Vec<f32>,
    /// The cell before each step and after the last, `[STEPS + 1, LANES, units]`.
    cells: Vec<f32>,
    /// tanh of the cell after each step, `[STEPS, LANES, units]`.
    squashed: Vec<f32>,
    /// The state before each step, masked, and after the last, `[STEPS + 1, LANES, units]`.
    states: Vec<f32>,
    /// The topics' shares, `[LANES, topics]`; on the way back the slopes of what they are made of.
    topics: Vec<f32>,
    /// The loss's slope by the state, `[LANES, units]`.
    d_state: Vec<f32>,
    /// And by the cell.
    d_cell: Vec<f32>,
    /// By the parameters.
    slopes: Network,
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
            slopes: Network::zeros(shape),
        }
    }

    /// The share of each topic, `[LANES, topics]`, for at most [`LANES`] sequences of words'
    /// vectors, each `[at most STEPS, dims]`; rows beyond them mean nothing.
    pub(super) fn forth(
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

    /// Fills the gates with the bias and what the words add to it.
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
        let forth = Forth {
            gates,
            before: &cells[step * lane..],
            cell: &mut next[..lane],
            squashed: &mut self.squashed[step * lane..][..lane],
            state: &mut after[..lane],
            units,
        };
        forth.run();
        if let Some(masks) = masks.filter(|_| step + 1 < STEPS) {
            after[..lane].iter_mut().zip(&masks.state).for_each(|(x, mask)| *x *= mask);
        }
    }

    /// The state after the last step.
    fn last_mut(&mut self) -> &mut [f32] {
        &mut self.states[STEPS * LANES * self.shape.units..]
    }

    /// Back from the topics to every gate and parameter, after [`forth`](Self::forth) with the same
    /// `network`, whose recurrent kernel is `transposed`, and `masks`. Returns the sum of the
    /// sequences' losses.
    ///
    /// A sequence's loss is the cross-entropy of the topics' shares with its `targets`, `[topics]`,
    /// times `scale`. As Keras has it, a sequence with two topics counts twice, one without none.
    pub(super) fn back(
        &mut self,
        (network, transposed): (&Network, &[f32]),
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
            let back = Back {
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
        self.find_slopes();
        loss
    }

    /// Turns the topics' shares to the loss's slopes; empty lanes have none.
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

    /// From the gates' slopes to the parameters'. Before the first step the state is zero.
    fn find_slopes(&mut self) {
        let Shape { dims, units, topics } = self.shape;
        let product = |into: &mut [f32], inputs: Rows<'_>, slopes: Rows<'_>| {
            multiply(into, Accum::Replace, inputs.view().transpose(), slopes.view());
        };
        let after_words = Rows::of(&self.at_words, 4 * units);
        product(&mut self.slopes.kernel, Rows::of(&self.words, dims), after_words);
        let states = Rows::of(&self.states[LANES * units..STEPS * LANES * units], units);
        let after_states = Rows::of(&self.gates[LANES * 4 * units..], 4 * units);
        product(&mut self.slopes.recurrent, states, after_states);
        let last = Rows::of(&self.states[STEPS * LANES * units..], units);
        product(&mut self.slopes.dense, last, Rows::of(&self.topics, topics));
        add_columns(&self.gates, &mut self.slopes.bias);
        add_columns(&self.topics, &mut self.slopes.dense_bias);
    }

    /// The loss's slopes by the parameters, after [`back`](Self::back).
    pub(super) fn slopes(&self) -> &Network {
        &self.slopes
    }
}

/// Adds up columns.
fn add_columns(rows: &[f32], into: &mut [f32]) {
    into.fill(0.0);
    for row in rows.chunks_exact(into.len()) {
        into.iter_mut().zip(row).for_each(|(sum, x)| *sum += x);
    }
}

/// Numbers → shares of e to their power.
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
