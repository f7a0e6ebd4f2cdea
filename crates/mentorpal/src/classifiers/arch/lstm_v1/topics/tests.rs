//! Compares the gradients with finite differences, and complete training runs with Keras.

use rand::rngs::ChaCha8Rng;
use rand::{RngExt, SeedableRng};

use super::super::params::{STEPS, Training};
use super::fit::{Example, Trainer, fit};
use super::network::{Network, Shape};
use super::pass::{LANES, Masks};
use crate::progress::NoProgress;

const SHAPE: Shape = Shape { dims: 5, units: 4, topics: 3 };

#[allow(clippy::many_single_char_names, reason = "as in the formulas")]
/// Returns the loss of a batch by a textbook implementation: one sequence after the other, in f64.
/// `numbers` are the parameters end to end, in the order of [`Network::layers`].
fn loss(numbers: &[f64], words: &[Vec<f32>], topics: &[Vec<f32>], masks: &[&Masks]) -> f64 {
    let Shape { dims, units, topics: t } = SHAPE;
    let sizes = [dims * 4 * units, units * 4 * units, 4 * units, units * t, t];
    let mut layers = Vec::new();
    let mut rest = numbers;
    for size in sizes {
        let (layer, after) = rest.split_at(size);
        layers.push(layer);
        rest = after;
    }
    let hard_sigmoid = |x: f64| (0.2 * x + 0.5).clamp(0.0, 1.0);
    let mut loss = 0.0;
    for (n, (words, topics)) in words.iter().zip(topics).enumerate() {
        let (masks, lane) = (masks[n / LANES], n % LANES);
        let (mut h, mut c) = (vec![0.0; units], vec![0.0; units]);
        for step in 0..STEPS {
            let x: Vec<f64> = (0..dims)
                .map(|d| {
                    let x = words.get(step * dims + d).copied().unwrap_or(0.0);
                    f64::from(x * masks.input[lane * dims + d])
                })
                .collect();
            let h_in: Vec<f64> =
                (0..units).map(|u| h[u] * f64::from(masks.state[lane * units + u])).collect();
            let z: Vec<f64> = (0..4 * units)
                .map(|g| {
                    let from_words = (0..dims).map(|d| x[d] * layers[0][d * 4 * units + g]);
                    let from_state = (0..units).map(|u| h_in[u] * layers[1][u * 4 * units + g]);
                    layers[2][g] + from_words.sum::<f64>() + from_state.sum::<f64>()
                })
                .collect();
            for u in 0..units {
                let [i, f, o] = [0, 1, 3].map(|gate| hard_sigmoid(z[gate * units + u]));
                c[u] = f * c[u] + i * z[2 * units + u].tanh();
                h[u] = o * c[u].tanh();
            }
        }
        let logits: Vec<f64> = (0..t)
            .map(|k| {
                let last = |u: usize| h[u] * f64::from(masks.last[lane * units + u]);
                layers[4][k] + (0..units).map(|u| last(u) * layers[3][u * t + k]).sum::<f64>()
            })
            .collect();
        let sum: f64 = logits.iter().map(|x| x.exp()).sum();
        for k in 0..t {
            loss -= f64::from(topics[k]) * (logits[k].exp() / sum).ln();
        }
    }
    loss / words.len() as f64
}

/// Returns twenty sequences of 0 to 25 words, with 0 to 2 topics.
fn batch() -> (Vec<Vec<f32>>, Vec<Vec<f32>>) {
    let mut random = ChaCha8Rng::seed_from_u64(7);
    let words = (0..20).map(|n| {
        let length = n * STEPS / 19 * SHAPE.dims;
        (0..length).map(|_| random.random_range(-1.5..1.5)).collect()
    });
    let words = words.collect();
    let topics = (0..20).map(|n| (0..3).map(|k| f32::from(u8::from((n + k) % 5 < 2))).collect());
    (words, topics.collect())
}

#[test]
fn gradients_agree_with_finite_differences() {
    let (words, topics) = batch();
    let examples: Vec<Example<'_>> =
        words.iter().zip(&topics).map(|(words, topics)| Example { words, topics }).collect();
    let mut random = ChaCha8Rng::seed_from_u64(3);
    let network = Network::initial(SHAPE, &mut random);
    let training = Training { recurrent_dropout: 0.3, ..Training::default() };
    let mut trainer = Trainer::new(&network, &training);
    let found = trainer.gradients(&network, &examples, &mut random);
    let masks: Vec<&Masks> = trainer.runs.iter().map(|(_, masks)| masks).collect();
    let numbers: Vec<f64> = network.layers().concat().iter().map(|x| f64::from(*x)).collect();
    let expected = loss(&numbers, &words, &topics, &masks);
    assert!((found - expected).abs() < 1e-5, "loss {found}, expected {expected}");

    let gradients = trainer.gradients.layers().concat();
    let most = gradients.iter().fold(0.0, |most: f32, x| most.max(x.abs()));
    for (at, gradient) in gradients.iter().enumerate() {
        let beside = |step: f64| {
            let mut numbers = numbers.clone();
            numbers[at] += step;
            loss(&numbers, &words, &topics, &masks)
        };
        let expected = (beside(1e-5) - beside(-1e-5)) / 2e-5;
        let error = (f64::from(*gradient) - expected).abs();
        // The error is relative, except near zero, where f32 has too few digits.
        let scale = expected.abs().max(f64::from(most) * 1e-3);
        assert!(error / scale < 1e-3, "parameter {at}: {gradient}, expected {expected}");
    }
}

#[test]
fn a_sequence_without_words_has_no_kernel_gradient() {
    let mut random = ChaCha8Rng::seed_from_u64(3);
    let network = Network::initial(SHAPE, &mut random);
    let training = Training { dropout: 0.0, ..Training::default() };
    let mut trainer = Trainer::new(&network, &training);
    let (words, topics) = batch();
    let example = |n: usize| Example { words: &words[n], topics: &topics[n] };
    // The first example has words. Its buffers must not affect the second, which has none.
    trainer.gradients(&network, &[example(19)], &mut random);
    assert!(trainer.gradients.kernel.iter().any(|gradient| gradient.abs() > 0.0));
    trainer.gradients(&network, &[example(0)], &mut random);
    assert!(trainer.gradients.kernel.iter().all(|gradient| gradient.abs() < f32::MIN_POSITIVE));
    assert!(trainer.gradients.bias.iter().any(|gradient| gradient.abs() > 0.0));
}

#[test]
fn probabilities_do_not_depend_on_the_rest_of_the_batch() {
    let (words, _) = batch();
    let network = Network::initial(SHAPE, &mut ChaCha8Rng::seed_from_u64(3));
    let sequences: Vec<&[f32]> = words.iter().map(Vec::as_slice).collect();
    let together = network.shares(&sequences);
    for (sequence, shares) in sequences.iter().zip(&together) {
        assert_eq!(network.shares(&[sequence])[0], *shares);
        assert!((shares.iter().sum::<f32>() - 1.0).abs() < 1e-6);
    }
    assert!(network.shares(&[]).is_empty());
}

#[test]
fn padding_is_not_masked() {
    let (words, _) = batch();
    let network = Network::initial(SHAPE, &mut ChaCha8Rng::seed_from_u64(3));
    let short = &words[4];
    let mut padded = short.clone();
    padded.resize(STEPS * SHAPE.dims, 0.0);
    let [a, b] = <[Vec<f32>; 2]>::try_from(network.shares(&[short, &padded])).unwrap();
    for (a, b) in a.iter().zip(&b) {
        assert!((a - b).abs() < 1e-6, "{a} {b}");
    }
}

#[test]
fn results_do_not_depend_on_the_number_of_threads() {
    let (words, topics) = batch();
    let examples: Vec<Example<'_>> =
        words.iter().zip(&topics).map(|(words, topics)| Example { words, topics }).collect();
    let train = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| {
            let mut random = ChaCha8Rng::seed_from_u64(5);
            let network = Network::initial(SHAPE, &mut random);
            fit(network, &examples, &Training::default(), &mut random, &NoProgress)
        })
    };
    let one = train(1);
    assert_eq!(train(2), one);
    assert_eq!(train(5), one);
}

/// The reference results of Keras for a small topic model; `tests/fixtures/lstm/topic_model.py`
/// generates them.
#[derive(serde::Deserialize)]
struct Keras {
    words: Vec<Vec<f32>>,
    topics: Vec<Vec<f32>>,
    before: [Vec<f32>; 5],
    shares_before: Vec<Vec<f32>>,
    loss: Vec<f64>,
    after: [Vec<f32>; 5],
    shares_after: Vec<Vec<f32>>,
}

impl Keras {
    fn read() -> Self {
        serde_json::from_str(include_str!(
            "../../../../../../../tests/fixtures/lstm/topic_model.json"
        ))
        .unwrap()
    }

    fn network(weights: &[Vec<f32>; 5]) -> Network {
        let mut network = Network::zeros(Shape { dims: 3, units: 4, topics: 3 });
        for (layer, weights) in network.layers_mut().into_iter().zip(weights) {
            layer.copy_from_slice(weights);
        }
        network
    }

    fn assert_shares(&self, network: &Network, expected: &[Vec<f32>]) {
        let words: Vec<&[f32]> = self.words.iter().map(Vec::as_slice).collect();
        for (found, expected) in network.shares(&words).iter().flatten().zip(expected.concat()) {
            assert!((found - expected).abs() < 1e-5, "{found}, expected {expected}");
        }
    }
}

#[test]
fn probabilities_agree_with_keras() {
    let keras = Keras::read();
    keras.assert_shares(&Keras::network(&keras.before), &keras.shares_before);
    keras.assert_shares(&Keras::network(&keras.after), &keras.shares_after);
}

#[test]
fn weights_after_three_epochs_agree_with_keras() {
    let keras = Keras::read();
    let mut network = Keras::network(&keras.before);
    let nothing_dropped = Training {
        input_dropout: 0.0,
        recurrent_dropout: 0.0,
        dropout: 0.0,
        batch: 20,
        ..Training::default()
    };
    let mut trainer = Trainer::new(&network, &nothing_dropped);
    let examples: Vec<Example<'_>> = keras
        .words
        .iter()
        .zip(&keras.topics)
        .map(|(words, topics)| Example { words, topics })
        .collect();
    let mut random = ChaCha8Rng::seed_from_u64(0);
    for expected in &keras.loss {
        let batches = examples.chunks(20);
        let loss: f64 = batches.map(|batch| trainer.step(&mut network, batch, &mut random)).sum();
        assert!((loss / 2.0 - expected).abs() < 1e-5, "loss {loss}, expected {expected}");
    }
    for (found, expected) in network.layers().concat().iter().zip(keras.after.concat()) {
        assert!((found - expected).abs() < 1e-5, "{found}, expected {expected}");
    }
}
