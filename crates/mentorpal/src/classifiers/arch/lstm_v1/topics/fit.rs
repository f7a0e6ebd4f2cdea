//! Trains the topic model.

use std::time::Instant;

use rand::rngs::ChaCha8Rng;
use rand::seq::SliceRandom;
use rand::{Rng, RngExt, SeedableRng};
use rayon::prelude::*;

use super::super::params::Training;
use super::adam::{Adam, PIECE};
use super::network::{Network, Shape};
use super::pass::{LANES, Masks, Run};
use crate::progress::Progress;

/// A training example: a question with its topics.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Example<'a> {
    /// The word vectors, `[at most STEPS, dims]`.
    pub(crate) words: &'a [f32],
    /// 1 for each topic of the question, otherwise 0, `[topics]`.
    pub(crate) topics: &'a [f32],
}

/// A trained topic model.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct FittedNetwork {
    /// The parameters after the best epoch.
    pub(crate) network: Network,
    /// The accuracy on the held-out examples, in 0..=1; `None` if none of them has a topic.
    pub(crate) accuracy: Option<f64>,
}

/// Trains `network` and returns the parameters after the epoch with the highest accuracy on the
/// held-out examples (the first one in a tie), or after the last epoch if no example can be held out.
/// An example is correct if its most probable topic is one of its topics. Examples without topics do
/// not count.
pub(crate) fn fit(
    mut network: Network,
    examples: &[Example<'_>],
    training: &Training,
    random: &mut ChaCha8Rng,
    progress: &dyn Progress,
) -> FittedNetwork {
    let seen = examples.len() - examples.len().div_ceil(training.held_out);
    let (seen, held_out) = examples.split_at(seen.max(1));
    let has_topics = |example: &&Example<'_>| example.topics.contains(&1.0);
    let held_out: Vec<Example<'_>> = held_out.iter().filter(has_topics).copied().collect();
    let mut order: Vec<usize> = (0..seen.len()).collect();
    let mut trainer = Trainer::new(&network, training);
    let mut best: Option<(usize, Network)> = None;
    let batches = training.epochs * seen.len().div_ceil(training.batch);
    progress.start("training the topic model", batches);
    let start = Instant::now();
    for epoch in 1..=training.epochs {
        order.shuffle(random);
        let mut loss = 0.0;
        for batch in order.chunks(training.batch) {
            let batch: Vec<Example<'_>> = batch.iter().map(|&i| seen[i]).collect();
            loss += trainer.step(&mut network, &batch, random) * batch.len() as f64;
            progress.step();
        }
        let correct = correct(&network, &held_out);
        let (loss, seconds) = (loss / seen.len() as f64, start.elapsed().as_secs_f64());
        tracing::debug!(epoch, loss, correct, of = held_out.len(), seconds, "topic model");
        if held_out.is_empty() || best.as_ref().is_none_or(|(most, _)| correct > *most) {
            best = Some((correct, network.clone()));
        }
    }
    progress.finish();
    let (correct, network) = best.unwrap_or((0, network));
    let accuracy = (!held_out.is_empty()).then(|| correct as f64 / held_out.len() as f64);
    FittedNetwork { network, accuracy }
}

/// Returns the number of examples whose most probable topic is one of their topics.
fn correct(network: &Network, examples: &[Example<'_>]) -> usize {
    let words: Vec<&[f32]> = examples.iter().map(|example| example.words).collect();
    let is_right = |(shares, example): (&Vec<f32>, &Example<'_>)| {
        let best =
            (0..shares.len()).max_by(|&a, &b| shares[a].total_cmp(&shares[b]).then(b.cmp(&a)));
        best.is_some_and(|topic| example.topics[topic] > 0.0)
    };
    network.shares(&words).iter().zip(examples).filter(|pair| is_right(*pair)).count()
}

impl Network {
    /// Returns the probability of each topic, `[topics]`, for each sequence of word vectors,
    /// `[at most STEPS, dims]`.
    pub(crate) fn shares(&self, sequences: &[&[f32]]) -> Vec<Vec<f32>> {
        let shares = sequences.par_chunks(LANES).map_init(
            || Run::new(self.shape),
            |run, sequences| {
                let shares = run.forward(self, sequences, None);
                let rows = shares.chunks_exact(self.shape.topics).take(sequences.len());
                rows.map(<[f32]>::to_vec).collect::<Vec<_>>()
            },
        );
        shares.flatten_iter().collect()
    }
}

/// The buffers and state that are kept from batch to batch.
pub(super) struct Trainer<'a> {
    training: &'a Training,
    shape: Shape,
    pub(super) runs: Vec<(Run, Masks)>,
    /// The recurrent kernel, transposed: `[4 · units, units]`.
    transposed: Vec<f32>,
    pub(super) gradients: Network,
    adam: Adam,
}

impl<'a> Trainer<'a> {
    pub(super) fn new(network: &Network, training: &'a Training) -> Self {
        let shape = network.shape;
        let masks = Masks { input: Vec::new(), state: Vec::new(), last: Vec::new() };
        Self {
            training,
            shape,
            runs: vec![(Run::new(shape), masks); training.batch.div_ceil(LANES)],
            transposed: vec![0.0; network.recurrent.len()],
            gradients: Network::zeros(shape),
            adam: Adam::new(network),
        }
    }

    /// Trains on one batch and returns the mean loss of its examples.
    pub(super) fn step(
        &mut self,
        network: &mut Network,
        batch: &[Example<'_>],
        random: &mut ChaCha8Rng,
    ) -> f64 {
        let loss = self.gradients(network, batch, random);
        self.adam.step(network, &self.gradients);
        loss
    }

    /// Returns the loss of a batch and stores the gradients in `self.gradients`.
    pub(super) fn gradients(
        &mut self,
        network: &Network,
        batch: &[Example<'_>],
        random: &mut ChaCha8Rng,
    ) -> f64 {
        transpose(&network.recurrent, &mut self.transposed, 4 * self.shape.units);
        let (transposed, scale) = (self.transposed.as_slice(), 1.0 / batch.len() as f32);
        let seeds: Vec<u64> = self.runs.iter().map(|_| random.random()).collect();
        let parts = self.runs.par_iter_mut().zip(batch.par_chunks(LANES)).zip(seeds);
        let losses: Vec<f64> = parts
            .map(|(((run, masks), part), seed)| {
                masks.draw(self.shape, self.training, &mut ChaCha8Rng::seed_from_u64(seed));
                let words: Vec<&[f32]> = part.iter().map(|example| example.words).collect();
                let topics: Vec<&[f32]> = part.iter().map(|example| example.topics).collect();
                run.forward(network, &words, Some(masks));
                run.backward(network, transposed, &topics, scale, masks)
            })
            .collect();
        self.add_up(losses.len());
        losses.iter().sum()
    }

    /// Adds up the gradients of the first `runs`, in the same order on any number of threads.
    fn add_up(&mut self, runs: usize) {
        let runs = &self.runs[..runs];
        for (layer, sums) in self.gradients.layers_mut().into_iter().enumerate() {
            sums.par_chunks_mut(PIECE).enumerate().for_each(|(piece, sums)| {
                sums.fill(0.0);
                for (run, _) in runs {
                    let gradients = &run.gradients().layers()[layer][piece * PIECE..][..sums.len()];
                    sums.iter_mut().zip(gradients).for_each(|(sum, x)| *sum += x);
                }
            });
        }
    }
}

impl Masks {
    /// Draws new masks.
    fn draw(&mut self, shape: Shape, training: &Training, random: &mut ChaCha8Rng) {
        draw(&mut self.input, LANES * shape.dims, training.input_dropout, random);
        draw(&mut self.state, LANES * shape.units, training.recurrent_dropout, random);
        draw(&mut self.last, LANES * shape.units, training.dropout, random);
    }
}

/// Draws a mask with the dropout rate `dropout`, to a precision of 1/65,536.
fn draw(mask: &mut Vec<f32>, length: usize, dropout: f32, random: &mut ChaCha8Rng) {
    let kept = 1.0 / (1.0 - dropout);
    let dropped = dropout * 65_536.0;
    let mask_of = |draw: u16| if f32::from(draw) < dropped { 0.0 } else { kept };
    mask.clear();
    while mask.len() < length {
        let draw = random.next_u32();
        mask.extend([draw as u16, (draw >> 16) as u16].map(mask_of));
    }
    mask.truncate(length);
}

/// Transposes a matrix with `columns` columns, one cache line at a time.
fn transpose(from: &[f32], into: &mut [f32], columns: usize) {
    const LINE: usize = 16;
    let rows = from.len() / columns;
    into.par_chunks_mut(LINE * rows).enumerate().for_each(|(line, into)| {
        for (i, row) in from.chunks_exact(columns).enumerate() {
            for (j, x) in row[line * LINE..].iter().take(into.len() / rows).enumerate() {
                into[j * rows + i] = *x;
            }
        }
    });
}
