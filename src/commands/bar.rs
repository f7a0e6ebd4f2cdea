//! Progress on a terminal.

use std::sync::Mutex;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

use crate::progress::Progress;

/// Shows the current piece of work as a bar on stderr, where that is a terminal.
#[derive(Debug)]
pub(super) struct Bar {
    label: String,
    current: Mutex<ProgressBar>,
}

impl Bar {
    /// A bar that puts `label` before each piece of work.
    pub(super) fn new(label: impl Into<String>) -> Self {
        Self { label: label.into(), current: Mutex::new(ProgressBar::hidden()) }
    }

    fn with(&self, act: impl FnOnce(&mut ProgressBar)) {
        // A poisoned bar is still a bar.
        act(&mut self.current.lock().unwrap_or_else(std::sync::PoisonError::into_inner));
    }
}

impl Progress for Bar {
    fn start(&self, what: &str, steps: usize) {
        let style = ProgressStyle::with_template("{msg} {wide_bar} {pos}/{len} {eta}")
            .unwrap_or_else(|_| ProgressStyle::default_bar());
        let bar = ProgressBar::new(steps as u64).with_style(style);
        bar.set_message(format!("{}{what}", self.label));
        bar.enable_steady_tick(Duration::from_millis(200));
        self.with(|current| {
            current.finish_and_clear();
            *current = bar;
        });
    }

    fn step(&self) {
        self.with(|bar| bar.inc(1));
    }

    fn finish(&self) {
        self.with(|bar| bar.finish_and_clear());
    }
}

impl Drop for Bar {
    fn drop(&mut self) {
        self.finish();
    }
}
