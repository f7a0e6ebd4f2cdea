//! Progress reporting.

/// Receives progress events of one task at a time.
pub trait Progress: Sync {
    /// Starts the task `what`, which has `steps` steps.
    fn start(&self, what: &str, steps: usize);
    /// Reports that one step is done.
    fn step(&self);
    /// Starts the task `what`, which has `size` bytes, of which `done` are already processed.
    fn start_bytes(&self, what: &str, size: u64, done: u64);
    /// Reports that `count` more bytes are processed.
    fn bytes(&self, count: u64);
    /// Ends the current task.
    fn finish(&self);
}

/// Discards all events.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoProgress;

impl Progress for NoProgress {
    fn start(&self, _what: &str, _steps: usize) {}
    fn step(&self) {}
    fn start_bytes(&self, _what: &str, _size: u64, _done: u64) {}
    fn bytes(&self, _count: u64) {}
    fn finish(&self) {}
}
