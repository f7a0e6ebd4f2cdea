//! SHA-256 on a thread of its own, so that a transfer does not wait for it.

use std::fs::File;
#[cfg(target_os = "linux")]
use std::num::NonZeroU64;
use std::panic::resume_unwind;
use std::sync::mpsc::{Receiver, SyncSender, channel, sync_channel};
use std::thread::{self, JoinHandle};

use sha2::{Digest, Sha256};

use crate::sha256;

/// How much is read at once, in bytes.
pub(super) const BUFFER: usize = 1 << 18;

/// How many of these may wait to be hashed.
const WAITING: usize = 32;

/// After so many bytes the disk is asked to begin writing what it was given: otherwise all of it
/// would be waited for at the end.
const WRITE_EVERY: usize = 1 << 23;

/// What is hashed; where it is a file that is being written, its writing to the disk is begun, too.
pub(super) struct SideHash {
    full: SyncSender<(Vec<u8>, usize)>,
    empty: Receiver<Vec<u8>>,
    thread: JoinHandle<Sha256>,
}

impl SideHash {
    /// Goes on after what `hasher` has; `file` is what the same bytes are written to.
    pub(super) fn start(hasher: Sha256, file: Option<File>) -> Self {
        let (full, to_hash) = sync_channel::<(Vec<u8>, usize)>(WAITING);
        let (give_back, empty) = channel();
        let mut unwritten = file.map(|file| Unwritten { from: length(&file), file });
        let thread = thread::spawn(move || {
            let (mut hasher, mut given) = (hasher, 0);
            for (buffer, length) in to_hash {
                hasher.update(&buffer[..length]);
                given += length;
                // Nobody takes it where the transfer has ended.
                let _ = give_back.send(buffer);
                if let Some(unwritten) = unwritten.as_mut().filter(|_| given >= WRITE_EVERY) {
                    unwritten.begin();
                    given = 0;
                }
            }
            hasher
        });
        Self { full, empty, thread }
    }

    /// A buffer to read into.
    pub(super) fn buffer(&self) -> Vec<u8> {
        self.empty.try_recv().unwrap_or_else(|_| vec![0; BUFFER])
    }

    /// Hashes the first `length` bytes of a buffer.
    pub(super) fn add(&self, buffer: Vec<u8>, length: usize) {
        // It is taken as long as the thread lives, which ends after this.
        let _ = self.full.send((buffer, length));
    }

    /// The SHA-256 of all of it, in hex.
    pub(super) fn finish(self) -> String {
        drop(self.full);
        let hasher = self.thread.join().unwrap_or_else(|panic| resume_unwind(panic));
        sha256::hex(&hasher.finalize())
    }
}

/// What the disk has not begun to write of a file that grows.
struct Unwritten {
    file: File,
    /// Its first byte.
    from: u64,
}

impl Unwritten {
    /// Has the disk begin with all that there is, and waits for nothing: what is wrong with the disk
    /// is left for the sync at the end to tell.
    fn begin(&mut self) {
        let to = length(&self.file);
        begin_to_write(&self.file, self.from, to);
        self.from = to;
    }
}

fn length(file: &File) -> u64 {
    file.metadata().map_or(0, |found| found.len())
}

/// Linux begins to write what is dirty of pages that need not stay in memory (`generic_fadvise` in
/// mm/fadvise.c), and keeps those that it is still writing.
#[cfg(target_os = "linux")]
fn begin_to_write(file: &File, from: u64, to: u64) {
    if let Some(bytes) = NonZeroU64::new(to.saturating_sub(from)) {
        // Best effort: a disk that takes no advice is told by the sync at the end.
        let _ = rustix::fs::fadvise(file, from, Some(bytes), rustix::fs::Advice::DontNeed);
    }
}

#[cfg(not(target_os = "linux"))]
fn begin_to_write(_file: &File, _from: u64, _to: u64) {}

#[cfg(test)]
mod tests {
    use super::*;

    // FIPS 180-2, appendix B.3: the SHA-256 of a million times `a`.
    #[test]
    fn the_standards_long_message() {
        let side = SideHash::start(Sha256::new_with_prefix([b'a'; 1000]), None);
        for _ in 0..999 {
            let mut buffer = side.buffer();
            buffer[..1000].fill(b'a');
            side.add(buffer, 1000);
        }
        let expected = "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0";
        assert_eq!(side.finish(), expected);
    }
}
