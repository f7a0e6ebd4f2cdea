//! What uploads and downloads have in common: several files at once, counted and hashed.

use std::io::{self, Read};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use sha2::{Digest, Sha256};

use super::side_hash::{BUFFER, SideHash};
use super::store::Reading;
use crate::error::{Error, Location};
use crate::progress::Progress;
use crate::publish::FileRecord;
use crate::sha256;
use crate::web::{RequestError, RequestResult, interrupted};

/// How many files are on their way at once.
const AT_ONCE: usize = 4;

/// Hears of each file, and of the bytes of all of them.
pub trait Watcher: Progress {
    /// A file is where it belongs.
    fn file(&self, path: &str, record: &FileRecord, how: Moved);

    /// Something that people should know of the remote.
    fn notice(&self, _text: &str) {}
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
    work: impl Fn(T) -> RequestResult<R> + Sync,
) -> RequestResult<Vec<R>> {
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
    let made: Vec<RequestResult<Vec<_>>> = thread::scope(|scope| {
        let workers: Vec<_> = (0..AT_ONCE).map(|_| scope.spawn(worker)).collect();
        let panicked = |_| Err(RequestError::Permanent(Error::new("a transfer ended by itself")));
        workers.into_iter().map(|worker| worker.join().unwrap_or_else(panicked)).collect()
    });
    let made: Vec<Vec<_>> = made.into_iter().collect::<RequestResult<_>>()?;
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

/// A reader that takes the record of what it gives.
pub(super) struct Recorded<R> {
    reader: R,
    hasher: Sha256,
    size: u64,
}

impl<R> Recorded<R> {
    /// Of nothing yet.
    pub(super) fn new(reader: R) -> Self {
        Self { reader, hasher: Sha256::new(), size: 0 }
    }

    /// Of all that it gave.
    pub(super) fn record(self) -> FileRecord {
        FileRecord { size: self.size, sha256: sha256::hex(&self.hasher.finalize()) }
    }
}

impl<R: Read> Read for Recorded<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let length = self.reader.read(buffer)?;
        self.hasher.update(&buffer[..length]);
        self.size += length as u64;
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

/// What is wrong with a file on the remote that should be as `record` says, if something is: reads
/// it to its end, but no further than that says.
///
/// # Errors
/// When the store does not give it from the beginning, the connection is cut, or what comes is a
/// page for people instead.
pub(super) fn fault_of(
    mut reading: Reading,
    record: &FileRecord,
    place: &Location,
    meter: &mut Meter,
) -> RequestResult<Option<String>> {
    let page = reading.page.take();
    let fault = fault_of_content(reading, record, place, meter)?;
    match page.filter(|_| fault.is_some()) {
        Some(page) => Err(RequestError::Permanent(page)),
        None => Ok(fault),
    }
}

fn fault_of_content(
    reading: Reading,
    record: &FileRecord,
    place: &Location,
    meter: &mut Meter,
) -> RequestResult<Option<String>> {
    let announced = from_the_beginning(&reading, place)?;
    if let Some(fault) = announced.and_then(|size| record.size_fault(size)) {
        return Ok(Some(fault));
    }
    // One byte more would be seen.
    let mut content = Counted(reading.content.take(record.size.saturating_add(1)), meter);
    let beside = SideHash::start(Sha256::new(), None);
    let mut size = 0;
    loop {
        let mut buffer = beside.buffer();
        let (length, end) = fill(&mut content, &mut buffer);
        beside.add(buffer, length);
        size += length as u64;
        if size > record.size {
            return Ok(Some(format!("more than the {} bytes that the manifest says", record.size)));
        }
        if let Some(end) = end {
            is_whole(size, announced, end, place)?;
            return Ok(record.fault(&FileRecord { size, sha256: beside.finish() }));
        }
    }
}

/// Reads all that comes of a file: whether it is what `expected` gives.
///
/// # Errors
/// When the store does not give it from the beginning, the connection is cut, or what comes is a
/// page for people instead.
pub(super) fn is_same(
    mut reading: Reading,
    expected: &mut impl Read,
    place: &Location,
    meter: &mut Meter,
) -> RequestResult<bool> {
    let page = reading.page.take();
    let is_same = is_all_the_same(reading, expected, place, meter)?;
    match page.filter(|_| !is_same) {
        Some(page) => Err(RequestError::Permanent(page)),
        None => Ok(is_same),
    }
}

fn is_all_the_same(
    reading: Reading,
    expected: &mut impl Read,
    place: &Location,
    meter: &mut Meter,
) -> RequestResult<bool> {
    let announced = from_the_beginning(&reading, place)?;
    let mut content = Counted(reading.content, meter);
    let (mut here, mut there) = (vec![0; BUFFER], vec![0; BUFFER]);
    let mut size = 0;
    loop {
        let (length, end) = fill(&mut content, &mut there);
        let (expected, _) = fill(expected, &mut here);
        size += length as u64;
        if let Some(end) = end {
            is_whole(size, announced, end, place)?;
            return Ok(there[..length] == here[..expected]);
        }
        if there[..length] != here[..expected] {
            return Ok(false);
        }
    }
}

/// The size of what is being read, where the store says so.
fn from_the_beginning(reading: &Reading, place: &Location) -> RequestResult<Option<u64>> {
    if reading.start == 0 {
        return Ok(reading.size);
    }
    Err(RequestError::Transient(Error::at(place.clone(), "not the file's beginning"), None))
}

/// Whether `size` bytes that ended in this way are all of what was announced.
fn is_whole(
    size: u64,
    announced: Option<u64>,
    end: io::Result<()>,
    place: &Location,
) -> RequestResult<()> {
    end.map_err(|e| truncated(place, e))?;
    if announced.is_some_and(|announced| size < announced) {
        return Err(RequestError::Transient(
            Error::at(place.clone(), "the connection was cut"),
            None,
        ));
    }
    Ok(())
}

/// The error of content that ended too early or came too slowly.
pub(super) fn truncated(location: &Location, error: io::Error) -> RequestError {
    interrupted(location.clone(), error)
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

    fn reading(content: &'static [u8], size: Option<u64>) -> Reading {
        Reading { start: 0, size, validator: None, content: Box::new(content), page: None }
    }

    #[test]
    fn the_same_is_the_same_to_its_last_byte() {
        let place = Location::file("there");
        let sum = Sum::default();
        let is_same = |there, size, mut here: &[u8]| {
            is_same(reading(there, size), &mut here, &place, &mut Meter::new(&sum))
        };
        for (here, same) in [("abc", true), ("abd", false), ("ab", false), ("abcd", false)] {
            assert_eq!(is_same(b"abc", None, here.as_bytes()).ok(), Some(same), "{here}");
        }
        // A cut is none of the file's faults.
        assert!(matches!(is_same(b"ab", Some(3), b"abc"), Err(RequestError::Transient(..))));
        let part = Reading { start: 1, ..reading(b"bc", Some(3)) };
        let found = super::is_same(part, &mut &b"bc"[..], &place, &mut Meter::new(&sum));
        assert!(matches!(found, Err(RequestError::Transient(..))));
    }

    #[test]
    fn what_went_by_has_a_record() {
        let mut reader = Recorded::new(&b"abc"[..]);
        let mut first = [0];
        reader.read_exact(&mut first).unwrap();
        reader.read_to_end(&mut Vec::new()).unwrap();
        assert_eq!(reader.record(), FileRecord::of(b"abc"));
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
        let answer: RequestResult<Vec<()>> = at_once(0..1000, |_| {
            begun.fetch_add(1, Ordering::Relaxed);
            Err(RequestError::Permanent(Error::new("full")))
        });
        assert_eq!(answer.unwrap_err().into_error().to_string(), "full");
        assert!(begun.into_inner() <= AT_ONCE as u64);
    }
}
