//! The hyperparameters of the Python pipeline. None is chosen from data.

/// How many tokens of a question the topic model sees, one a step; shorter questions are padded
/// with zeros after their end, and the padding is read like words.
pub(crate) const STEPS: usize = 25;

/// The ridge's regularisation.
pub(super) const ALPHA: f64 = 1.0;

/// A best answer with a lower decision value is declined.
pub(super) const THRESHOLD: f64 = -0.88;

/// How the topic model is trained.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Training {
    /// How often each question is seen.
    pub(super) epochs: usize,
    /// How many questions a step of Adam is made from.
    pub(super) batch: usize,
    /// One question in so many, the last ones, is held out to choose the best epoch.
    pub(super) held_out: usize,
    /// The share of a word vector's numbers that is dropped.
    pub(super) input_dropout: f32,
    /// The share of the state's numbers that is dropped on its way to the next step.
    pub(super) recurrent_dropout: f32,
    /// The share of the last state's numbers that is dropped.
    pub(super) dropout: f32,
}

impl Default for Training {
    fn default() -> Self {
        Self {
            epochs: 3,
            batch: 32,
            held_out: 10,
            input_dropout: 0.5,
            recurrent_dropout: 0.1,
            dropout: 0.5,
        }
    }
}
