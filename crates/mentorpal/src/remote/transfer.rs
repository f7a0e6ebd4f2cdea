//! The parts that uploads and downloads share: parallel transfers, progress and verification.

use std::io::{self, Read};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use sha2::{Digest, Sha256};

use super::background_hasher::{BUFFER, BackgroundHasher};
use super::store::Reading;
use crate::error::{Error, ErrorKind, Location};
use crate::progress::Progress;
use crate::publish::FileRecord;
use crate::sha256;
use crate::web::{RequestError, RequestResult, interrupted};

/// The number of files that are transferred in parallel.
const PARALLEL_TRANSFERS: usize = 4;

/// Receives the progress events of a transfer: each file, and the bytes of all files.
pub trait Watcher: Progress {
    /// A file was transferred, or was there already.
    fn file(&self, path: &str, record: &FileRecord, how: Moved);

    /// A notice about the remote for the user.
    fn notice(&self, _text: &str) {}
}

/// Whether a file was transferred in this run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Moved {
    /// It was transferred by an earlier run.
    Kept,
    /// It, or the missing part of it, was transferred by this run.
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

/// Calls `work` for `items`, several in parallel; returns the results in the order of the items.
/// After an error, no other item is started.
///
/// # Errors
/// The first error of `work`.
pub(super) fn in_parallel<T: Send, R: Send>(
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
        let workers: Vec<_> = (0..PARALLEL_TRANSFERS).map(|_| scope.spawn(worker)).collect();
        let panicked = |_| {
            Err(RequestError::Permanent(
                Error::new("internal error: a transfer thread panicked")
                    .with_kind(ErrorKind::Internal),
            ))
        };
        workers.into_iter().map(|worker| worker.join().unwrap_or_else(panicked)).collect()
    });
    let made: Vec<Vec<_>> = made.into_iter().collect::<RequestResult<_>>()?;
    let mut made: Vec<_> = made.into_iter().flatten().collect();
    made.sort_by_key(|(number, _)| *number);
    Ok(made.into_iter().map(|(_, one)| one).collect())
}

/// Reports the progress of one file. Bytes that are sent again after an interruption count once.
pub(super) struct ProgressMeter<'a> {
    progress: &'a dyn Progress,
    position: u64,
    counted: u64,
}

impl<'a> ProgressMeter<'a> {
    /// A meter at the file's beginning.
    pub(super) fn new(progress: &'a dyn Progress) -> Self {
        Self { progress, position: 0, counted: 0 }
    }

    /// Sets the position of the next byte.
    pub(super) fn seek(&mut self, position: u64) {
        self.position = position;
        self.count();
    }

    /// Counts `bytes` at the current position.
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

/// A reader that counts its bytes.
pub(super) struct CountingReader<'a, 'm, R>(pub(super) R, pub(super) &'a mut ProgressMeter<'m>);

impl<R: Read> Read for CountingReader<'_, '_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let length = self.0.read(buffer)?;
        self.1.add(length);
        Ok(length)
    }
}

/// A reader that records the size and the digest of its bytes.
pub(super) struct HashingReader<R> {
    reader: R,
    hasher: Sha256,
    size: u64,
}

impl<R> HashingReader<R> {
    /// A reader that has not read anything yet.
    pub(super) fn new(reader: R) -> Self {
        Self { reader, hasher: Sha256::new(), size: 0 }
    }

    /// The size and the digest of all bytes that were read.
    pub(super) fn record(self) -> FileRecord {
        FileRecord { size: self.size, sha256: sha256::hex(&self.hasher.finalize()) }
    }
}

impl<R: Read> Read for HashingReader<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let length = self.reader.read(buffer)?;
        self.hasher.update(&buffer[..length]);
        self.size += length as u64;
        Ok(length)
    }
}

/// Reads until `buffer` is full or the content ends; returns the number of bytes, and how the
/// content ended if it did. Few large pieces are written and hashed faster than many small ones.
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

/// Compares a file on the remote with `record`, and returns how it differs, if it does. At most one
/// byte more than the recorded size is read.
///
/// # Errors
/// If the content does not start at the beginning of the file, the connection is cut, or the server
/// sends an HTML page instead of the file.
pub(super) fn fault_of(
    mut reading: Reading,
    record: &FileRecord,
    place: &Location,
    meter: &mut ProgressMeter,
) -> RequestResult<Option<String>> {
    let page = reading.page.take();
    let difference = difference_of_content(reading, record, place, meter)?;
    match page.filter(|_| difference.is_some()) {
        Some(page) => Err(RequestError::Permanent(page)),
        None => Ok(difference),
    }
}

fn difference_of_content(
    reading: Reading,
    record: &FileRecord,
    place: &Location,
    meter: &mut ProgressMeter,
) -> RequestResult<Option<String>> {
    let announced = announced_size(&reading, place)?;
    if let Some(difference) = announced.and_then(|size| record.size_fault(size)) {
        return Ok(Some(difference));
    }
    // One more byte, to notice a longer file.
    let mut content = CountingReader(reading.content.take(record.size.saturating_add(1)), meter);
    let hasher = BackgroundHasher::start(Sha256::new(), None);
    let mut size = 0;
    loop {
        let mut buffer = hasher.buffer();
        let (length, end) = fill(&mut content, &mut buffer);
        hasher.add(buffer, length);
        size += length as u64;
        if size > record.size {
            return Ok(Some(format!("more than the {} bytes in the manifest", record.size)));
        }
        if let Some(end) = end {
            check_complete(size, announced, end, place)?;
            return Ok(record.fault(&FileRecord { size, sha256: hasher.finish() }));
        }
    }
}

/// Reads a complete file, and returns whether it is the same as `expected`.
///
/// # Errors
/// If the content does not start at the beginning of the file, the connection is cut, or the server
/// sends an HTML page instead of the file.
pub(super) fn is_same(
    mut reading: Reading,
    expected: &mut impl Read,
    place: &Location,
    meter: &mut ProgressMeter,
) -> RequestResult<bool> {
    let page = reading.page.take();
    let is_same = is_same_content(reading, expected, place, meter)?;
    match page.filter(|_| !is_same) {
        Some(page) => Err(RequestError::Permanent(page)),
        None => Ok(is_same),
    }
}

fn is_same_content(
    reading: Reading,
    expected: &mut impl Read,
    place: &Location,
    meter: &mut ProgressMeter,
) -> RequestResult<bool> {
    let announced = announced_size(&reading, place)?;
    let mut content = CountingReader(reading.content, meter);
    let (mut here, mut there) = (vec![0; BUFFER], vec![0; BUFFER]);
    let mut size = 0;
    loop {
        let (length, end) = fill(&mut content, &mut there);
        let (expected, _) = fill(expected, &mut here);
        size += length as u64;
        if let Some(end) = end {
            check_complete(size, announced, end, place)?;
            return Ok(there[..length] == here[..expected]);
        }
        if there[..length] != here[..expected] {
            return Ok(false);
        }
    }
}

/// The size of the content, if the store gives it. Fails if the content does not start at the
/// beginning of the file.
fn announced_size(reading: &Reading, place: &Location) -> RequestResult<Option<u64>> {
    if reading.start == 0 {
        return Ok(reading.size);
    }
    Err(RequestError::Transient(
        Error::at(place.clone(), "the server did not send the beginning of the file"),
        None,
    ))
}

/// Checks that content of `size` bytes, which ended with `end`, has the announced size.
fn check_complete(
    size: u64,
    announced: Option<u64>,
    end: io::Result<()>,
    place: &Location,
) -> RequestResult<()> {
    end.map_err(|e| truncated(place, e))?;
    if announced.is_some_and(|announced| size < announced) {
        return Err(RequestError::Transient(
            Error::at(place.clone(), "the connection was closed too early"),
            None,
        ));
    }
    Ok(())
}

/// The error of content that ended too early or arrived too slowly.
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
    fn bytes_that_are_sent_twice_are_counted_once() {
        let sum = Sum::default();
        let mut meter = ProgressMeter::new(&sum);
        meter.add(10);
        meter.seek(4);
        meter.add(3);
        meter.add(5);
        assert_eq!(sum.0.load(Ordering::Relaxed), 12);
        // Bytes of an earlier run count, too.
        meter.seek(20);
        assert_eq!(sum.0.load(Ordering::Relaxed), 20);
    }

    fn reading(content: &'static [u8], size: Option<u64>) -> Reading {
        Reading { start: 0, size, validator: None, content: Box::new(content), page: None }
    }

    #[test]
    fn files_are_compared_to_the_last_byte() {
        let place = Location::file("there");
        let sum = Sum::default();
        let is_same = |there, size, mut here: &[u8]| {
            is_same(reading(there, size), &mut here, &place, &mut ProgressMeter::new(&sum))
        };
        for (here, same) in [("abc", true), ("abd", false), ("ab", false), ("abcd", false)] {
            assert_eq!(is_same(b"abc", None, here.as_bytes()).ok(), Some(same), "{here}");
        }
        // A truncated response is not a difference.
        assert!(matches!(is_same(b"ab", Some(3), b"abc"), Err(RequestError::Transient(..))));
        let part = Reading { start: 1, ..reading(b"bc", Some(3)) };
        let found = super::is_same(part, &mut &b"bc"[..], &place, &mut ProgressMeter::new(&sum));
        assert!(matches!(found, Err(RequestError::Transient(..))));
    }

    #[test]
    fn a_hashing_reader_records_size_and_digest() {
        let mut reader = HashingReader::new(&b"abc"[..]);
        let mut first = [0];
        reader.read_exact(&mut first).unwrap();
        reader.read_to_end(&mut Vec::new()).unwrap();
        assert_eq!(reader.record(), FileRecord::of(b"abc"));
    }

    #[test]
    fn items_are_processed_until_one_fails() {
        let done = AtomicU64::new(0);
        let squares = in_parallel(1..=10_u64, |n| {
            done.fetch_add(n, Ordering::Relaxed);
            // The first items take longest.
            thread::sleep(std::time::Duration::from_millis(10 - n));
            Ok(n * n)
        });
        assert_eq!(squares.unwrap(), [1, 4, 9, 16, 25, 36, 49, 64, 81, 100]);
        assert_eq!(done.into_inner(), 55);
        let started = AtomicU64::new(0);
        let answer: RequestResult<Vec<()>> = in_parallel(0..1000, |_| {
            started.fetch_add(1, Ordering::Relaxed);
            Err(RequestError::Permanent(Error::new("full")))
        });
        assert_eq!(answer.unwrap_err().into_error().to_string(), "full");
        assert!(started.into_inner() <= PARALLEL_TRANSFERS as u64);
    }
}
