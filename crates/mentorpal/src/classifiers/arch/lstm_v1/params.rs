//! The hyperparameters of the Python pipeline. None is chosen from data.

/// The number of tokens of a question that the topic model reads, one per step. Shorter questions are
/// padded with zeros at the end; the padding is not masked.
pub(crate) const STEPS: usize = 25;

/// The regularisation α of the ridge classifier.
pub(super) const ALPHA: f64 = 1.0;

/// The decision value of the best answer below which a question is declined.
pub(super) const THRESHOLD: f64 = -0.88;

/// The training parameters of the topic model.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Training {
    /// The number of passes over the questions.
    pub(super) epochs: usize,
    /// The number of questions per step of Adam.
    pub(super) batch: usize,
    /// One in this many questions, taken from the end, is held out to select the best epoch.
    pub(super) held_out: usize,
    /// The dropout rate of the word vectors.
    pub(super) input_dropout: f32,
    /// The dropout rate of the recurrent state.
    pub(super) recurrent_dropout: f32,
    /// The dropout rate of the last state.
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
