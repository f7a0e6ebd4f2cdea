//! Telling of a transfer: a bar for people, or a line of JSON an event for machines.

use std::sync::Mutex;
use std::time::{Duration, Instant};

use serde_json::json;

use super::bar::Bar;
use super::console;
use crate::progress::Progress;
use crate::publish::FileRecord;
use crate::remote::{Moved, Watcher};

/// How long it is between two events that tell only how far the work is.
const BETWEEN: Duration = Duration::from_secs(1);

/// Tells of the transfer of one item.
#[derive(Debug)]
pub(super) struct Teller {
    bar: Bar,
    /// What is told as JSON, if it is.
    json: Option<Events>,
}

#[derive(Debug)]
struct Events {
    name: String,
    progress: Mutex<Work>,
}

/// The current piece of work.
#[derive(Debug)]
struct Work {
    what: String,
    bytes: u64,
    of: u64,
    begun: Instant,
    told: Instant,
}

impl Teller {
    /// Tells of the item `name`, as JSON or not.
    pub(super) fn new(name: String, json: bool) -> Self {
        let now = Instant::now();
        let work = Work { what: String::new(), bytes: 0, of: 0, begun: now, told: now };
        let json = json.then(|| Events { name, progress: Mutex::new(work) });
        Self { bar: Bar::new(""), json }
    }
}

impl Events {
    fn with(&self, act: impl FnOnce(&mut Work)) {
        act(&mut self.progress.lock().unwrap_or_else(std::sync::PoisonError::into_inner));
    }
}

impl Work {
    fn tell(&mut self, name: &str) {
        self.told = Instant::now();
        let seconds = self.begun.elapsed().as_secs_f64();
        let rate = if seconds > 0.0 { self.bytes as f64 / seconds } else { 0.0 };
        let left = self.of.saturating_sub(self.bytes) as f64;
        event(&json!({
            "event": "progress",
            "name": name,
            "work": self.what,
            "bytes": self.bytes,
            "of": self.of,
            "bytes_per_second": rate,
            "seconds_left": (rate > 0.0).then_some(left / rate),
        }));
    }
}

/// Prints an event; one that nobody reads is no reason to stop the transfer.
fn event(event: &serde_json::Value) {
    let _ = console::json(event);
}

impl Progress for Teller {
    fn start(&self, what: &str, steps: usize) {
        self.bar.start(what, steps);
    }

    fn step(&self) {
        self.bar.step();
    }

    fn start_bytes(&self, what: &str, size: u64, done: u64) {
        self.bar.start_bytes(what, size, done);
        if let Some(events) = &self.json {
            events.with(|work| {
                let now = Instant::now();
                let what = what.to_owned();
                *work = Work { what, bytes: done, of: size, begun: now, told: now };
                work.tell(&events.name);
            });
        }
    }

    fn bytes(&self, count: u64) {
        self.bar.bytes(count);
        if let Some(events) = &self.json {
            events.with(|work| {
                work.bytes += count;
                if work.told.elapsed() >= BETWEEN {
                    work.tell(&events.name);
                }
            });
        }
    }

    fn finish(&self) {
        self.bar.finish();
    }
}

impl Watcher for Teller {
    fn file(&self, path: &str, record: &FileRecord, how: Moved) {
        if let Some(events) = &self.json {
            event(&json!({
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
