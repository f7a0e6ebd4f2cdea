//! How long work tells of itself, without knowing who listens.

/// Hears of the progress of one piece of work at a time.
pub trait Progress: Sync {
    /// A new piece of work, `what`, of `steps` steps.
    fn start(&self, what: &str, steps: usize);
    /// One step done.
    fn step(&self);
    /// The current piece of work is over.
    fn finish(&self);
}

/// Listens to nothing.
#[derive(Clone, Copy, Debug, Default)]
pub struct Silent;

impl Progress for Silent {
    fn start(&self, _what: &str, _steps: usize) {}
    fn step(&self) {}
    fn finish(&self) {}
}
