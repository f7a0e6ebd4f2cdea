//! Progress of one mentor's training.

use crate::progress::Progress;

/// Forwards progress events, with a label before the name of each task.
pub(super) struct Labelled<'a> {
    /// For instance `guide: `.
    pub(super) label: String,
    pub(super) progress: &'a dyn Progress,
}

impl Progress for Labelled<'_> {
    fn start(&self, what: &str, steps: usize) {
        self.progress.start(&format!("{}{what}", self.label), steps);
    }

    fn step(&self) {
        self.progress.step();
    }

    fn start_bytes(&self, what: &str, size: u64, done: u64) {
        self.progress.start_bytes(&format!("{}{what}", self.label), size, done);
    }

    fn bytes(&self, count: u64) {
        self.progress.bytes(count);
    }

    fn finish(&self) {
        self.progress.finish();
    }
}
