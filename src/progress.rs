//! How long work tells of itself, without knowing who listens.

/// Hears of the progress of one piece of work at a time.
pub trait Progress: Sync {
    /// A new piece of work, `what`, of `steps` steps.
    fn start(&self, what: &str, steps: usize);
    /// One step done.
    fn step(&self);
    /// A new piece of work, `what`, of `size` bytes, `done` of which are there already.
    fn start_bytes(&self, what: &str, size: u64, done: u64);
    /// So many bytes more.
    fn bytes(&self, count: u64);
    /// The current piece of work is over.
    fn finish(&self);
}

/// Listens to nothing.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoProgress;

impl Progress for NoProgress {
    fn start(&self, _what: &str, _steps: usize) {}
    fn step(&self) {}
    fn start_bytes(&self, _what: &str, _size: u64, _done: u64) {}
    fn bytes(&self, _count: u64) {}
    fn finish(&self) {}
}
