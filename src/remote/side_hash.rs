//! SHA-256 on a thread of its own, so that a transfer does not wait for it.

use std::fs::File;
use std::panic::resume_unwind;
use std::sync::mpsc::{Receiver, SyncSender, channel, sync_channel};
use std::thread::{self, JoinHandle};

use sha2::{Digest, Sha256};

use crate::sha256;

/// How much is read at once, in bytes.
pub(super) const BUFFER: usize = 1 << 18;

/// How many of these may wait to be hashed.
const WAITING: usize = 32;

/// After so many bytes the disk is asked to take what it was given: otherwise all of it would be
/// waited for at the end.
const SYNC_EVERY: usize = 1 << 25;

/// What is hashed, and, where it is a file that is being written, taken to the disk.
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
        let to_sync = file.map(sync_beside);
        let thread = thread::spawn(move || {
            let (mut hasher, mut unsynced) = (hasher, 0);
            for (buffer, length) in to_hash {
                hasher.update(&buffer[..length]);
                unsynced += length;
                // Nobody takes it where the transfer has ended.
                let _ = give_back.send(buffer);
                if let Some(to_sync) = to_sync.as_ref().filter(|_| unsynced >= SYNC_EVERY) {
                    // Where it is at it still, it need not be told again.
                    let _ = to_sync.try_send(());
                    unsynced = 0;
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

/// Takes what is written to `file` to the disk whenever it is told to.
fn sync_beside(file: File) -> SyncSender<()> {
    let (tell, told) = sync_channel(1);
    thread::spawn(move || {
        for () in told {
            // Best effort: the last sync, which is not this one, tells what is wrong.
            let _ = file.sync_data();
        }
    });
    tell
}

#[cfg(test)]
mod tests {
    use super::*;

    // FIPS 180-4, the SHA-256 of a million times `a`.
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
