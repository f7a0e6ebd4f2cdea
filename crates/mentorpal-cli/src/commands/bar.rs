//! A progress bar on a terminal.

use std::sync::Mutex;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

use super::console;
use mentorpal::progress::Progress;

/// Shows the current task as a progress bar on stderr, if stderr is a terminal.
#[derive(Debug)]
pub(super) struct Bar {
    label: String,
    current: Mutex<ProgressBar>,
}

impl Bar {
    /// A bar that shows `label` before the name of each task.
    pub(super) fn new(label: impl Into<String>) -> Self {
        Self { label: label.into(), current: Mutex::new(ProgressBar::hidden()) }
    }

    /// Shows a new bar for the task `what` of `length` steps or bytes, in the format `template`.
    fn show(&self, what: &str, length: u64, template: &str) {
        let style =
            ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar());
        let bar = ProgressBar::new(length).with_style(style);
        bar.set_message(console::message(&format!("{}{what}", self.label)));
        bar.enable_steady_tick(Duration::from_millis(200));
        self.with(|current| {
            current.finish_and_clear();
            *current = bar;
        });
    }

    fn with(&self, act: impl FnOnce(&mut ProgressBar)) {
        // The bar stays usable after a panic in another thread.
        act(&mut self.current.lock().unwrap_or_else(std::sync::PoisonError::into_inner));
    }
}

impl Progress for Bar {
    fn start(&self, what: &str, steps: usize) {
        self.show(what, steps as u64, "{msg} {wide_bar} {pos}/{len} {eta}");
    }

    fn step(&self) {
        self.with(|bar| bar.inc(1));
    }

    fn start_bytes(&self, what: &str, size: u64, done: u64) {
        let template = "{msg} {wide_bar} {decimal_bytes}/{decimal_total_bytes} \
                        {decimal_bytes_per_sec} {eta}";
        self.show(what, size, template);
        // The rate is estimated without the bytes that were already present.
        self.with(|bar| {
            bar.set_position(done);
            bar.reset_eta();
        });
    }

    fn bytes(&self, count: u64) {
        self.with(|bar| bar.inc(count));
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
