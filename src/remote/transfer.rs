//! What uploads and downloads have in common: several files at once, counted and hashed.

use std::io::{self, Read};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use sha2::{Digest, Sha256};

use super::side_hash::SideHash;
use super::store::Reading;
use crate::error::{Error, Place};
use crate::progress::Progress;
use crate::publish::FileRecord;
use crate::web::{Answer, Fault};

/// How many files are on their way at once.
const AT_ONCE: usize = 4;

/// Hears of each file, and of the bytes of all of them.
pub trait Watcher: Progress {
    /// A file is where it belongs.
    fn file(&self, path: &str, record: &FileRecord, how: Moved);
}

/// How a file came to be where it belongs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Moved {
    /// It was there from an earlier run.
    Kept,
    /// It was sent or fetched, whole or what was missing of it.
    Now,
}

impl Moved {
    /// `kept` or `moved`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Kept => "kept",
            Self::Now => "moved",
        }
    }
}

/// What `work` makes of each of `items`, in their order, a few at once; after a fault no other is
/// begun.
///
/// # Errors
/// The first fault.
pub(super) fn at_once<T: Send, R: Send>(
    items: impl IntoIterator<Item = T, IntoIter: Send>,
    work: impl Fn(T) -> Answer<R> + Sync,
) -> Answer<Vec<R>> {
    let queue = Mutex::new(items.into_iter().enumerate());
    let failed = AtomicBool::new(false);
    let next = || {
        let item = queue.lock().unwrap_or_else(std::sync::PoisonError::into_inner).next();
        item.filter(|_| !failed.load(Ordering::Relaxed))
    };
    let worker = || {
        let mut made = Vec::new();
        while let Some((number, item)) = next() {
            let one = work(item).inspect_err(|_| failed.store(true, Ordering::Relaxed))?;
            made.push((number, one));
        }
        Ok(made)
    };
    let made: Vec<Answer<Vec<_>>> = thread::scope(|scope| {
        let workers: Vec<_> = (0..AT_ONCE).map(|_| scope.spawn(worker)).collect();
        let panicked = |_| Err(Fault::Lasting(Error::new("a transfer ended by itself")));
        workers.into_iter().map(|worker| worker.join().unwrap_or_else(panicked)).collect()
    });
    let made: Vec<Vec<_>> = made.into_iter().collect::<Answer<_>>()?;
    let mut made: Vec<_> = made.into_iter().flatten().collect();
    made.sort_by_key(|(number, _)| *number);
    Ok(made.into_iter().map(|(_, one)| one).collect())
}

/// Counts the bytes of one file; what comes again after a cut is not counted twice.
pub(super) struct Meter<'a> {
    progress: &'a dyn Progress,
    position: u64,
    counted: u64,
}

impl<'a> Meter<'a> {
    /// At the file's beginning.
    pub(super) fn new(progress: &'a dyn Progress) -> Self {
        Self { progress, position: 0, counted: 0 }
    }

    /// The byte that comes next.
    pub(super) fn seek(&mut self, position: u64) {
        self.position = position;
        self.count();
    }

    /// So many bytes went by.
    pub(super) fn add(&mut self, bytes: usize) {
        self.position += bytes as u64;
        self.count();
    }

    fn count(&mut self) {
        if self.position > self.counted {
            self.progress.bytes(self.position - self.counted);
            self.counted = self.position;
        }
    }
}

/// A reader whose bytes are counted.
pub(super) struct Counted<'a, 'm, R>(pub(super) R, pub(super) &'a mut Meter<'m>);

impl<R: Read> Read for Counted<'_, '_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let length = self.0.read(buffer)?;
        self.1.add(length);
        Ok(length)
    }
}

/// Reads until `buffer` is full; how much came, and how it ended if it did. Few large pieces are
/// written and hashed faster than many small ones.
pub(super) fn fill(content: &mut impl Read, buffer: &mut [u8]) -> (usize, Option<io::Result<()>>) {
    let mut length = 0;
    while length < buffer.len() {
        match content.read(&mut buffer[length..]) {
            Ok(0) => return (length, Some(Ok(()))),
            Ok(more) => length += more,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return (length, Some(Err(error))),
        }
    }
    (length, None)
}

/// Reads all that comes of a file and says what it is.
///
/// # Errors
/// When the store does not give it from the beginning, or the connection is cut.
pub(super) fn record_of(reading: Reading, place: &Place, meter: &mut Meter) -> Answer<FileRecord> {
    if reading.start != 0 {
        return Err(Fault::Passing(Error::at(place.clone(), "not the file's beginning"), None));
    }
    let announced = reading.size;
    let mut content = Counted(reading.content, meter);
    let beside = SideHash::start(Sha256::new(), None);
    let mut size = 0;
    loop {
        let mut buffer = beside.buffer();
        let (length, end) = fill(&mut content, &mut buffer);
        beside.add(buffer, length);
        size += length as u64;
        if let Some(end) = end {
            end.map_err(|e| cut(place, e))?;
            break;
        }
    }
    if announced.is_some_and(|announced| size < announced) {
        return Err(Fault::Passing(Error::at(place.clone(), "the connection was cut"), None));
    }
    Ok(FileRecord { size, sha256: beside.finish() })
}

/// The fault of a connection that ended too early.
pub(super) fn cut(place: &Place, error: io::Error) -> Fault {
    let error = Error::at(place.clone(), "the connection was cut").caused_by(error);
    Fault::Passing(error, None)
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicU64;

    use super::*;

    #[derive(Default)]
    struct Sum(AtomicU64);

    impl Progress for Sum {
        fn start(&self, _what: &str, _steps: usize) {}
        fn step(&self) {}
        fn start_bytes(&self, _what: &str, _size: u64, _done: u64) {}
        fn bytes(&self, count: u64) {
            self.0.fetch_add(count, Ordering::Relaxed);
        }
        fn finish(&self) {}
    }

    #[test]
    fn what_comes_twice_is_counted_once() {
        let sum = Sum::default();
        let mut meter = Meter::new(&sum);
        meter.add(10);
        meter.seek(4);
        meter.add(3);
        meter.add(5);
        assert_eq!(sum.0.load(Ordering::Relaxed), 12);
        // What was there before counts, too.
        meter.seek(20);
        assert_eq!(sum.0.load(Ordering::Relaxed), 20);
    }

    #[test]
    fn every_item_is_worked_on_until_one_fails() {
        let done = AtomicU64::new(0);
        let squares = at_once(1..=10_u64, |n| {
            done.fetch_add(n, Ordering::Relaxed);
            // Those that come first take longest.
            thread::sleep(std::time::Duration::from_millis(10 - n));
            Ok(n * n)
        });
        assert_eq!(squares.unwrap(), [1, 4, 9, 16, 25, 36, 49, 64, 81, 100]);
        assert_eq!(done.into_inner(), 55);
        let begun = AtomicU64::new(0);
        let answer: Answer<Vec<()>> = at_once(0..1000, |_| {
            begun.fetch_add(1, Ordering::Relaxed);
            Err(Fault::Lasting(Error::new("full")))
        });
        assert_eq!(answer.unwrap_err().into_error().to_string(), "full");
        assert!(begun.into_inner() <= AT_ONCE as u64);
    }
}
