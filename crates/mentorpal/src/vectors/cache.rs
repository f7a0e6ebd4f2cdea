//! A cache of text vectors on disk, one file per model. A sentence encoder needs milliseconds per
//! text, and a mentor's questions rarely change between runs.
//!
//! The file starts with a head of 32 bytes: the SHA-256 of the model's digest and everything else
//! that determines the numbers. One record per text follows:
//!
//! | bytes | content |
//! |---|---|
//! | 16 | the first bytes of the text's SHA-256 (its key) |
//! | `4 · dims` | the text's vector, as little-endian `f32` |
//! | 16 | the first bytes of the SHA-256 of the head, the key and the vector (the check) |
//!
//! New records are appended, so a run encodes only new texts. If a kill or a full disk truncates a
//! record, its check fails, and the next run that adds a record removes it. The cache is optional:
//! a file of another model is replaced, and errors of the disk are ignored.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fs::{self, File, OpenOptions};
use std::io::{self, BufReader, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use sha2::{Digest, Sha256};

use super::sentence::{Embeddings, SentenceModel};
use crate::error::Result;
use crate::progress::Progress;
use crate::publish::lock_dir;

/// The largest size of a file, in bytes. A file that would grow larger is rewritten with the texts of
/// the current call.
const MAX_BYTES: u64 = 512 << 20;

/// The length of a text's key and of a record's check, in bytes.
const KEY: usize = 16;

/// The length of the file's head, in bytes.
const HEAD: u64 = 32;

type Key = [u8; KEY];

/// The cache of one model.
#[derive(Debug)]
pub(super) struct Cache {
    path: PathBuf,
    head: [u8; HEAD as usize],
    dims: usize,
    /// The largest size of the file, in bytes.
    max_size: u64,
    known: Mutex<Known>,
}

/// The vectors in memory: those read from the file and those added since.
#[derive(Debug, Default)]
struct Known {
    /// The row of each text's vector in `numbers`.
    rows: HashMap<Key, usize>,
    /// The vectors, `[texts, dims]`.
    numbers: Vec<f32>,
    /// The offset up to which the file was read.
    end: u64,
}

impl Cache {
    /// Returns the cache in `folder` of the model with the digest `sha256` and vectors of `dims`
    /// numbers. The file is read on first use.
    pub(super) fn new(folder: &Path, sha256: &str, dims: usize) -> Self {
        // Another version of the program, or other processor instructions, may round differently.
        let computed =
            format!("{sha256} {dims} {} {:?}", env!("CARGO_PKG_VERSION"), pulp::Arch::new());
        Self {
            path: folder.join(format!("{sha256}.vectors")),
            head: Sha256::digest(computed).into(),
            dims,
            max_size: MAX_BYTES,
            known: Mutex::default(),
        }
    }

    /// Returns the same vectors as [`SentenceModel::embed`] of `model`: `[texts, dims]`, in the order
    /// of `texts`. `model`, which must be the model of this cache, encodes only the texts that are not
    /// in the cache.
    ///
    /// # Errors
    /// If a text cannot be encoded.
    pub(super) fn embed(
        &self,
        model: &dyn SentenceModel,
        texts: &[&str],
        progress: &dyn Progress,
    ) -> Result<Embeddings> {
        let keys: Vec<Key> = texts.iter().map(|text| key(text)).collect();
        let wanted: BTreeMap<&Key, &str> = keys.iter().zip(texts.iter().copied()).collect();
        let new = self.unknown(wanted);
        if !new.is_empty() {
            // The lock is not held here: encoding runs on all threads, and a thread that waits for
            // work may enter this function again.
            let new_texts: Vec<&str> = new.iter().map(|(_, text)| *text).collect();
            let vectors = model.embed(&new_texts, progress)?;
            let new: Vec<&Key> = new.into_iter().map(|(key, _)| key).collect();
            self.keep(&new, &vectors, &keys);
        }
        let known = self.known();
        let numbers = keys.iter().flat_map(|key| known.vector(key, self.dims)).copied().collect();
        Ok(Embeddings::new(self.dims, numbers))
    }

    /// Returns the texts of `wanted` that have no vector in the cache.
    fn unknown<'a>(&self, wanted: BTreeMap<&'a Key, &'a str>) -> Vec<(&'a Key, &'a str)> {
        let mut known = self.known();
        if known.end == 0
            && let Err(error) = self
                .open(File::options().read(true))
                .and_then(|file| self.read_on(&mut known, &file))
        {
            tracing::debug!(path = %self.path.display(), %error, "cannot read the vector cache");
        }
        wanted.into_iter().filter(|(key, _)| !known.rows.contains_key(*key)).collect()
    }

    /// Adds the `vectors` of the `new` texts, one row per text, in memory and if possible on disk.
    fn keep(&self, new: &[&Key], vectors: &Embeddings, used: &[Key]) {
        let mut known = self.known();
        for (key, vector) in new.iter().zip(vectors.rows()) {
            known.put(**key, vector);
        }
        if let Err(error) = self.add(&mut known, new, used) {
            let path = self.path.display();
            tracing::debug!(%path, %error, "continuing without the vector cache");
        }
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        // A poisoned lock is safe to use: a panic cannot leave a vector half added.
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn open(&self, options: &OpenOptions) -> io::Result<File> {
        // Opening a named pipe would block until another process opens its other end.
        if fs::metadata(&self.path).is_ok_and(|found| !found.is_file()) {
            return Err(io::Error::other("not a file"));
        }
        options.open(&self.path)
    }

    /// Reads the records after `known.end`, up to the first corrupt or incomplete one.
    fn read_on(&self, known: &mut Known, file: &File) -> io::Result<()> {
        let length = file.metadata()?.len();
        let record = self.record_size();
        let mut reader = BufReader::new(file);
        reader.rewind()?;
        let mut head = [0; HEAD as usize];
        if reader.read_exact(&mut head).is_err() || head != self.head {
            known.end = 0;
            return Ok(());
        }
        // The file is shorter if another run has rewritten it.
        let read = known.end.min(length).max(HEAD) - HEAD;
        known.end = HEAD + read / record * record;
        reader.seek(SeekFrom::Start(known.end))?;
        let mut bytes = vec![0; record as usize];
        while known.end + record <= length.min(self.max_size) {
            reader.read_exact(&mut bytes)?;
            let Some((key, vector)) = self.unpacked(&bytes) else {
                tracing::debug!(path = %self.path.display(), "the vector cache is corrupt");
                break;
            };
            known.put(key, &vector);
            known.end += record;
        }
        Ok(())
    }

    /// Appends the vectors of the `new` texts to the file, after the vectors that other runs have
    /// added since it was read. If the file would grow too large, rewrites it with the texts `used` only.
    fn add(&self, known: &mut Known, new: &[&Key], used: &[Key]) -> io::Result<()> {
        let folder = self.path.parent().unwrap_or(Path::new(""));
        fs::create_dir_all(folder)?;
        let _held = lock_dir(folder);
        let mut file =
            self.open(File::options().read(true).write(true).create(true).truncate(false))?;
        self.read_on(known, &file)?;
        let mut start = known.end;
        let mut keys: BTreeSet<&Key> = new.iter().copied().collect();
        if start.max(HEAD) + keys.len() as u64 * self.record_size() > self.max_size {
            (start, keys) = (0, used.iter().collect());
        }
        let mut bytes = if start == 0 { self.head.to_vec() } else { Vec::new() };
        for key in keys {
            bytes.extend(self.packed(key, known.vector(key, self.dims)));
        }
        let end = start + bytes.len() as u64;
        if end > self.max_size {
            return Err(io::Error::other("the vectors exceed the maximum size of the cache"));
        }
        file.set_len(start)?;
        file.seek(SeekFrom::Start(start))?;
        // Not synced to disk: the check reveals a truncated record.
        if let Err(error) = file.write_all(&bytes) {
            file.set_len(start)?;
            return Err(error);
        }
        known.end = end;
        Ok(())
    }

    /// The size of one record in the file, in bytes.
    fn record_size(&self) -> u64 {
        (2 * KEY + self.dims * size_of::<f32>()) as u64
    }

    fn packed(&self, key: &Key, vector: &[f32]) -> Vec<u8> {
        let mut bytes = key.to_vec();
        bytes.extend(vector.iter().flat_map(|number| number.to_le_bytes()));
        bytes.extend(self.check(&bytes));
        bytes
    }

    /// Returns the key and the vector of a record, or `None` if it is corrupt or of another model.
    fn unpacked(&self, bytes: &[u8]) -> Option<(Key, Vec<f32>)> {
        let (content, check) = bytes.split_last_chunk()?;
        let (key, numbers) = content.split_first_chunk()?;
        let numbers = numbers.as_chunks().0.iter().map(|bytes| f32::from_le_bytes(*bytes));
        (self.check(content) == *check).then(|| (*key, numbers.collect()))
    }

    /// Returns the check of a record whose key and vector are `content`.
    fn check(&self, content: &[u8]) -> Key {
        first(Sha256::new().chain_update(self.head).chain_update(content))
    }
}

impl Known {
    fn put(&mut self, key: Key, vector: &[f32]) {
        let row = self.rows.len();
        self.rows.entry(key).or_insert_with(|| {
            self.numbers.extend(vector);
            row
        });
    }

    /// Returns the vector of the text `key`, which must be in the cache.
    fn vector(&self, key: &Key, dims: usize) -> &[f32] {
        &self.numbers[self.rows[key] * dims..][..dims]
    }
}

fn key(text: &str) -> Key {
    first(Sha256::new_with_prefix(text))
}

/// Returns the first bytes of a digest.
fn first(hasher: Sha256) -> Key {
    let mut first = [0; KEY];
    first.copy_from_slice(&hasher.finalize()[..KEY]);
    first
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;
    use crate::progress::NoProgress;

    /// Embeds a text as its length and first byte, and counts the texts.
    #[derive(Debug, Default)]
    struct Counting(AtomicUsize);

    impl SentenceModel for Counting {
        fn dims(&self) -> usize {
            2
        }

        fn embed(&self, texts: &[&str], _progress: &dyn Progress) -> Result<Embeddings> {
            self.0.fetch_add(texts.len(), Ordering::Relaxed);
            let vector = |text: &&str| [text.len() as f32, f32::from(text.as_bytes()[0])];
            Ok(Embeddings::new(2, texts.iter().flat_map(vector).collect()))
        }
    }

    /// Embeds the texts, checks the vectors, and returns how many texts were encoded.
    fn encoded(cache: &Cache, texts: &[&str]) -> usize {
        let model = Counting::default();
        let found = cache.embed(&model, texts, &NoProgress).unwrap();
        assert_eq!(found, Counting::default().embed(texts, &NoProgress).unwrap());
        model.0.into_inner()
    }

    /// Returns the cache as a new run opens it, with nothing read yet.
    fn cache(folder: &Path, max_size: u64) -> Cache {
        Cache { max_size, ..Cache::new(folder, "m", 2) }
    }

    #[test]
    fn a_text_is_encoded_once() {
        let folder = tempfile::tempdir().unwrap();
        let run = || cache(folder.path(), MAX_BYTES);
        let first = run();
        assert_eq!(encoded(&first, &["one", "two", "one"]), 2);
        assert_eq!(encoded(&first, &["two", "one"]), 0);
        assert_eq!(encoded(&run(), &["three", "two"]), 1);
        assert_eq!(encoded(&run(), &["one", "two", "three"]), 0);
        assert_eq!(encoded(&run(), &[]), 0);
        let names: Vec<_> =
            fs::read_dir(&folder).unwrap().map(|e| e.unwrap().file_name()).collect();
        assert_eq!(names, ["m.vectors"]);
    }

    #[test]
    fn concurrent_runs_keep_each_others_vectors() {
        let folder = tempfile::tempdir().unwrap();
        let texts: Vec<String> = (0..80).map(|number| format!("text {number}")).collect();
        let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
        std::thread::scope(|threads| {
            for part in texts.chunks(20) {
                let run = cache(folder.path(), MAX_BYTES);
                threads.spawn(move || {
                    for text in part {
                        assert_eq!(encoded(&run, &[text]), 1);
                    }
                });
            }
        });
        assert_eq!(encoded(&cache(folder.path(), MAX_BYTES), &texts), 0);
    }

    #[test]
    fn a_corrupt_file_or_one_of_another_model_is_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let run = || cache(folder.path(), MAX_BYTES);
        assert_eq!(encoded(&run(), &["one", "two"]), 2);
        let path = run().path;
        let intact = fs::read(&path).unwrap();
        let other = Cache::new(folder.path(), "other", 2);
        fs::write(&other.path, &intact).unwrap();
        assert_eq!(encoded(&other, &["one", "two"]), 2);
        for at in 0..intact.len() {
            let mut flipped = intact.clone();
            flipped[at] ^= 1;
            for corrupt in [&flipped, &intact[..at]] {
                fs::write(&path, corrupt).unwrap();
                encoded(&run(), &["one", "two"]);
                let left = encoded(&run(), &["one", "two"]);
                assert_eq!(left, 0, "the file corrupted at byte {at} was not replaced");
            }
        }
    }

    #[test]
    fn a_file_that_grows_too_large_is_rewritten_with_the_texts_in_use() {
        let folder = tempfile::tempdir().unwrap();
        // A record takes 16 + 2 · 4 + 16 bytes, so three fit.
        let run = || cache(folder.path(), 32 + 3 * 40);
        assert_eq!(encoded(&run(), &["one", "two", "three"]), 3);
        assert_eq!(encoded(&run(), &["three", "four"]), 1);
        assert_eq!(encoded(&run(), &["three", "four"]), 0);
        assert_eq!(encoded(&run(), &["one", "two"]), 2);
        // Texts that can never fit together are not written to disk.
        assert_eq!(encoded(&run(), &["1", "2", "3", "4"]), 4);
        assert_eq!(encoded(&run(), &["1", "2", "3", "4"]), 4);
        assert_eq!(encoded(&run(), &["one", "two"]), 0);
    }

    #[test]
    fn encoding_works_without_a_writable_cache() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("file");
        fs::write(&file, "in the way").unwrap();
        let cache = cache(&file, MAX_BYTES);
        assert_eq!(encoded(&cache, &["one"]), 1);
        assert_eq!(encoded(&cache, &["one", "two"]), 1);
        assert_eq!(fs::read(&file).unwrap(), b"in the way");
    }

    #[cfg(unix)]
    #[test]
    fn a_named_pipe_at_the_path_of_the_cache_does_not_block() {
        let folder = tempfile::tempdir().unwrap();
        let run = || cache(folder.path(), MAX_BYTES);
        let made = std::process::Command::new("mkfifo").arg(run().path).status().unwrap();
        assert!(made.success());
        assert_eq!(encoded(&run(), &["one"]), 1);
        assert_eq!(encoded(&run(), &["one"]), 1);
    }
}
