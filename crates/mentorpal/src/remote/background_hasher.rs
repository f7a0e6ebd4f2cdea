//! Computing SHA-256 on a separate thread, so that a transfer does not wait for it.

use std::fs::File;
#[cfg(target_os = "linux")]
use std::num::NonZeroU64;
use std::panic::resume_unwind;
use std::sync::mpsc::{Receiver, SyncSender, channel, sync_channel};
use std::thread::{self, JoinHandle};

use sha2::{Digest, Sha256};

use crate::sha256;

/// The size of a buffer in bytes.
pub(super) const BUFFER: usize = 1 << 18;

/// The largest number of buffers that wait to be hashed.
const QUEUE_LENGTH: usize = 32;

/// After this many bytes the system is requested to start writing them to disk. Otherwise the final sync
/// would wait for the whole file.
const FLUSH_INTERVAL: usize = 1 << 23;

/// Hashes buffers on a separate thread. For a file that is being written, the thread also starts
/// writing it to disk.
pub(super) struct BackgroundHasher {
    full: SyncSender<(Vec<u8>, usize)>,
    empty: Receiver<Vec<u8>>,
    thread: JoinHandle<Sha256>,
}

impl BackgroundHasher {
    /// Starts the thread. It continues from the state of `hasher`; `file` is the file that the same
    /// bytes are written to, if any.
    pub(super) fn start(hasher: Sha256, file: Option<File>) -> Self {
        let (full, to_hash) = sync_channel::<(Vec<u8>, usize)>(QUEUE_LENGTH);
        let (returned, empty) = channel();
        let mut unwritten = file.map(|file| Unwritten { from: length(&file), file });
        let thread = thread::spawn(move || {
            let (mut hasher, mut unflushed) = (hasher, 0);
            for (buffer, length) in to_hash {
                hasher.update(&buffer[..length]);
                unflushed += length;
                // Sending fails if the transfer has ended.
                let _ = returned.send(buffer);
                if let Some(unwritten) = unwritten.as_mut().filter(|_| unflushed >= FLUSH_INTERVAL)
                {
                    unwritten.start_writing();
                    unflushed = 0;
                }
            }
            hasher
        });
        Self { full, empty, thread }
    }

    /// Returns a buffer to read into.
    pub(super) fn buffer(&self) -> Vec<u8> {
        self.empty.try_recv().unwrap_or_else(|_| vec![0; BUFFER])
    }

    /// Hashes the first `length` bytes of a buffer.
    pub(super) fn add(&self, buffer: Vec<u8>, length: usize) {
        // Sending cannot fail, because the thread ends only in `finish`.
        let _ = self.full.send((buffer, length));
    }

    /// Waits for the thread and returns the SHA-256 of all bytes in hex.
    pub(super) fn finish(self) -> String {
        drop(self.full);
        let hasher = self.thread.join().unwrap_or_else(|panic| resume_unwind(panic));
        sha256::hex(&hasher.finalize())
    }
}

/// The part of a growing file that the disk has not started to write.
struct Unwritten {
    file: File,
    /// The offset of its first byte.
    from: u64,
}

impl Unwritten {
    /// Starts writing the bytes that are not yet on disk, without waiting. The final sync reports
    /// errors of the disk.
    fn start_writing(&mut self) {
        let to = length(&self.file);
        start_writing_range(&self.file, self.from, to);
        self.from = to;
    }
}

fn length(file: &File) -> u64 {
    file.metadata().map_or(0, |found| found.len())
}

/// Advises Linux that the range is not needed in memory. Linux then starts writing its dirty pages
/// (`generic_fadvise` in mm/fadvise.c), and keeps pages that are still being written.
#[cfg(target_os = "linux")]
fn start_writing_range(file: &File, from: u64, to: u64) {
    if let Some(bytes) = NonZeroU64::new(to.saturating_sub(from)) {
        // Best effort: on a disk that does not support advice, the final sync writes the range.
        let _ = rustix::fs::fadvise(file, from, Some(bytes), rustix::fs::Advice::DontNeed);
    }
}

/// Does nothing: this system has no such advice.
#[cfg(not(target_os = "linux"))]
fn start_writing_range(_file: &File, _from: u64, _to: u64) {}

#[cfg(test)]
mod tests {
    use super::*;

    // FIPS 180-2, appendix B.3: the SHA-256 of a million times `a`.
    #[test]
    fn hashes_the_long_message_of_the_standard() {
        let hasher = BackgroundHasher::start(Sha256::new_with_prefix([b'a'; 1000]), None);
        for _ in 0..999 {
            let mut buffer = hasher.buffer();
            buffer[..1000].fill(b'a');
            hasher.add(buffer, 1000);
        }
        let expected = "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0";
        assert_eq!(hasher.finish(), expected);
    }
}
