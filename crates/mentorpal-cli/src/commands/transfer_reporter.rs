//! Reports the progress of a transfer: a progress bar, or one JSON object per event.

use std::sync::Mutex;
use std::time::{Duration, Instant};

use serde_json::json;

use super::bar::Bar;
use super::console;
use mentorpal::progress::Progress;
use mentorpal::publish::FileRecord;
use mentorpal::remote::{Moved, Watcher};

/// The shortest time between two `progress` events.
const INTERVAL: Duration = Duration::from_secs(1);

/// Reports the transfer of one item.
#[derive(Debug)]
pub(super) struct TransferReporter {
    bar: Bar,
    /// The JSON events, if they are enabled.
    events: Option<Events>,
}

/// The JSON events about one item.
#[derive(Debug)]
struct Events {
    name: String,
    task: Mutex<Task>,
}

/// The current task of the transfer.
#[derive(Debug)]
struct Task {
    name: String,
    bytes: u64,
    of: u64,
    started: Instant,
    reported: Instant,
}

impl TransferReporter {
    /// A reporter for the item `name`; `is_json` enables the JSON events.
    pub(super) fn new(name: String, is_json: bool) -> Self {
        let now = Instant::now();
        let task = Task { name: String::new(), bytes: 0, of: 0, started: now, reported: now };
        let events = is_json.then(|| Events { name, task: Mutex::new(task) });
        Self { bar: Bar::new(""), events }
    }
}

impl Events {
    fn with_task(&self, act: impl FnOnce(&mut Task)) {
        act(&mut self.task.lock().unwrap_or_else(std::sync::PoisonError::into_inner));
    }
}

impl Task {
    /// Prints the progress of the task for the item `name`.
    fn report(&mut self, name: &str) {
        self.reported = Instant::now();
        let seconds = self.started.elapsed().as_secs_f64();
        let rate = if seconds > 0.0 { self.bytes as f64 / seconds } else { 0.0 };
        let left = self.of.saturating_sub(self.bytes) as f64;
        print(&json!({
            "event": "progress",
            "name": name,
            "work": self.name,
            "bytes": self.bytes,
            "of": self.of,
            "bytes_per_second": rate,
            "seconds_left": (rate > 0.0).then_some(left / rate),
        }));
    }
}

/// Prints an event. A failure to print does not stop the transfer.
fn print(event: &serde_json::Value) {
    let _ = console::json(event);
}

impl Progress for TransferReporter {
    fn start(&self, what: &str, steps: usize) {
        self.bar.start(what, steps);
    }

    fn step(&self) {
        self.bar.step();
    }

    fn start_bytes(&self, what: &str, size: u64, done: u64) {
        self.bar.start_bytes(what, size, done);
        if let Some(events) = &self.events {
            events.with_task(|task| {
                let now = Instant::now();
                let name = what.to_owned();
                *task = Task { name, bytes: done, of: size, started: now, reported: now };
                task.report(&events.name);
            });
        }
    }

    fn bytes(&self, count: u64) {
        self.bar.bytes(count);
        if let Some(events) = &self.events {
            events.with_task(|task| {
                task.bytes += count;
                if task.reported.elapsed() >= INTERVAL {
                    task.report(&events.name);
                }
            });
        }
    }

    fn finish(&self) {
        self.bar.finish();
    }
}

impl Watcher for TransferReporter {
    fn file(&self, path: &str, record: &FileRecord, how: Moved) {
        if let Some(events) = &self.events {
            print(&json!({
                "event": "file",
                "name": events.name,
                "path": path,
                "bytes": record.size,
                "how": how.name(),
            }));
        }
    }

    fn notice(&self, text: &str) {
        console::note(format_args!("note: {text}"));
    }
}
