//! Vectors of texts kept from run to run, a file a model: a network takes milliseconds a text, and
//! a mentor's questions hardly change.
//!
//! | bytes | what |
//! |---|---|
//! | 32 | the SHA-256 of the model's digest and of everything else that affects the vectors |
//! | then for each text 16 | the first of its SHA-256 |
//! | `4 · dims` | its vector, as little-endian `f32` |
//! | 16 | the first of a SHA-256 of the three above |
//!
//! New texts are put at the end, so that a mentor costs what it adds. What a kill or a full disk cut
//! short is noticed by its digest, and cut off by the next run that adds something. A file of
//! another model is as good as none; so is a disk that cannot be written.

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

/// A larger file starts over with what was used last, in bytes.
const MAX_BYTES: u64 = 512 << 20;

/// How many bytes of a text's SHA-256 tell it from others, and of another one that a vector is whole.
const KEY: usize = 16;

/// How long the file's beginning is.
const HEAD: u64 = 32;

type Key = [u8; KEY];

/// The vectors that a model gave.
#[derive(Debug)]
pub(super) struct Cache {
    path: PathBuf,
    head: [u8; HEAD as usize],
    dims: usize,
    /// The largest file, in bytes.
    most: u64,
    known: Mutex<Known>,
}

/// What was read of the file, and what came since.
#[derive(Debug, Default)]
struct Known {
    /// Which of the vectors a text has.
    rows: HashMap<Key, usize>,
    /// `[texts, dims]`
    numbers: Vec<f32>,
    /// How far the file was read.
    end: u64,
}

impl Cache {
    /// The cache in `folder` for the model with digest `sha256` and vectors of `dims` dimensions.
    /// Nothing is read yet.
    pub(super) fn new(folder: &Path, sha256: &str, dims: usize) -> Self {
        // Another version, or other instructions, may round differently.
        let computed =
            format!("{sha256} {dims} {} {:?}", env!("CARGO_PKG_VERSION"), pulp::Arch::new());
        Self {
            path: folder.join(format!("{sha256}.vectors")),
            head: Sha256::digest(computed).into(),
            dims,
            most: MAX_BYTES,
            known: Mutex::default(),
        }
    }

    /// A vector a text, in the order of `texts`, as [`SentenceModel::embed`] gives them; `model`,
    /// whose cache this is, only encodes texts that are not kept yet.
    ///
    /// # Errors
    /// When a text cannot be read as tokens.
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
            // Nothing is locked meanwhile: encoding is for all threads, and one may come here again.
            let new_texts: Vec<&str> = new.iter().map(|(_, text)| *text).collect();
            let vectors = model.embed(&new_texts, progress)?;
            let new: Vec<&Key> = new.into_iter().map(|(key, _)| key).collect();
            self.keep(&new, &vectors, &keys);
        }
        let known = self.known();
        let numbers = keys.iter().flat_map(|key| known.vector(key, self.dims)).copied().collect();
        Ok(Embeddings::new(self.dims, numbers))
    }

    /// The texts that have no vector yet.
    fn unknown<'a>(&self, wanted: BTreeMap<&'a Key, &'a str>) -> Vec<(&'a Key, &'a str)> {
        let mut known = self.known();
        if known.end == 0
            && let Err(error) = self
                .open(File::options().read(true))
                .and_then(|file| self.read_on(&mut known, &file))
        {
            tracing::debug!(path = %self.path.display(), %error, "the cache of vectors is not read");
        }
        wanted.into_iter().filter(|(key, _)| !known.rows.contains_key(*key)).collect()
    }

    /// Keeps the `vectors` of `new` texts, a row each, on disk as well if that can be.
    fn keep(&self, new: &[&Key], vectors: &Embeddings, used: &[Key]) {
        let mut known = self.known();
        for (key, vector) in new.iter().zip(vectors.rows()) {
            known.put(**key, vector);
        }
        if let Err(error) = self.add(&mut known, new, used) {
            let path = self.path.display();
            tracing::debug!(%path, %error, "going on without the cache of vectors");
        }
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        // Each vector is put there whole.
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn open(&self, options: &OpenOptions) -> io::Result<File> {
        // Whoever opens a pipe waits for its other end.
        if fs::metadata(&self.path).is_ok_and(|found| !found.is_file()) {
            return Err(io::Error::other("not a file"));
        }
        options.open(&self.path)
    }

    /// Takes in what follows in the file after what was read of it, as far as it is whole.
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
        // Another run may have started over: then the file is shorter.
        let read = known.end.min(length).max(HEAD) - HEAD;
        known.end = HEAD + read / record * record;
        reader.seek(SeekFrom::Start(known.end))?;
        let mut bytes = vec![0; record as usize];
        while known.end + record <= length.min(self.most) {
            reader.read_exact(&mut bytes)?;
            let Some((key, vector)) = self.unpacked(&bytes) else {
                tracing::debug!(path = %self.path.display(), "the cache of vectors is damaged");
                break;
            };
            known.put(key, &vector);
            known.end += record;
        }
        Ok(())
    }

    /// Puts the vectors of `new` texts at the file's end, whatever other runs did to it meanwhile;
    /// where they are too many, those of the texts `used` in the file's place.
    fn add(&self, known: &mut Known, new: &[&Key], used: &[Key]) -> io::Result<()> {
        let folder = self.path.parent().unwrap_or(Path::new(""));
        fs::create_dir_all(folder)?;
        let _held = lock_dir(folder);
        let mut file =
            self.open(File::options().read(true).write(true).create(true).truncate(false))?;
        self.read_on(known, &file)?;
        let mut start = known.end;
        let mut keys: BTreeSet<&Key> = new.iter().copied().collect();
        if start.max(HEAD) + keys.len() as u64 * self.record_size() > self.most {
            (start, keys) = (0, used.iter().collect());
        }
        let mut bytes = if start == 0 { self.head.to_vec() } else { Vec::new() };
        for key in keys {
            bytes.extend(self.packed(key, known.vector(key, self.dims)));
        }
        let end = start + bytes.len() as u64;
        if end > self.most {
            return Err(io::Error::other("too many texts to keep"));
        }
        file.set_len(start)?;
        file.seek(SeekFrom::Start(start))?;
        // Not synced: what was cut is noticed by its digest.
        if let Err(error) = file.write_all(&bytes) {
            file.set_len(start)?;
            return Err(error);
        }
        known.end = end;
        Ok(())
    }

    /// How many bytes a text takes in the file.
    fn record_size(&self) -> u64 {
        (2 * KEY + self.dims * size_of::<f32>()) as u64
    }

    fn packed(&self, key: &Key, vector: &[f32]) -> Vec<u8> {
        let mut bytes = key.to_vec();
        bytes.extend(vector.iter().flat_map(|number| number.to_le_bytes()));
        bytes.extend(self.check(&bytes));
        bytes
    }

    /// A text's key and vector; `None` where they are not whole, or of another model.
    fn unpacked(&self, bytes: &[u8]) -> Option<(Key, Vec<f32>)> {
        let (content, check) = bytes.split_last_chunk()?;
        let (key, numbers) = content.split_first_chunk()?;
        let numbers = numbers.as_chunks().0.iter().map(|bytes| f32::from_le_bytes(*bytes));
        (self.check(content) == *check).then(|| (*key, numbers.collect()))
    }

    /// What is behind a text's key and vector.
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

    /// The vector of the text `key`, which is known.
    fn vector(&self, key: &Key, dims: usize) -> &[f32] {
        &self.numbers[self.rows[key] * dims..][..dims]
    }
}

fn key(text: &str) -> Key {
    first(Sha256::new_with_prefix(text))
}

/// The first bytes of a digest.
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

    /// A text's length and first byte; counts the texts.
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

    /// Embeds the texts, checks the vectors, and returns how many were encoded.
    fn encoded(cache: &Cache, texts: &[&str]) -> usize {
        let model = Counting::default();
        let found = cache.embed(&model, texts, &NoProgress).unwrap();
        assert_eq!(found, Counting::default().embed(texts, &NoProgress).unwrap());
        model.0.into_inner()
    }

    /// As another run has it: nothing is known yet.
    fn cache(folder: &Path, most: u64) -> Cache {
        Cache { most, ..Cache::new(folder, "m", 2) }
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
    fn runs_at_once_keep_what_each_of_them_adds() {
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
    fn a_damaged_or_foreign_file_is_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let run = || cache(folder.path(), MAX_BYTES);
        assert_eq!(encoded(&run(), &["one", "two"]), 2);
        let path = run().path;
        let whole = fs::read(&path).unwrap();
        let other = Cache::new(folder.path(), "other", 2);
        fs::write(&other.path, &whole).unwrap();
        assert_eq!(encoded(&other, &["one", "two"]), 2);
        for at in 0..whole.len() {
            let mut flipped = whole.clone();
            flipped[at] ^= 1;
            for damaged in [&flipped, &whole[..at]] {
                fs::write(&path, damaged).unwrap();
                encoded(&run(), &["one", "two"]);
                let left = encoded(&run(), &["one", "two"]);
                assert_eq!(left, 0, "damaged at {at}: not replaced");
            }
        }
    }

    #[test]
    fn a_file_that_grows_too_large_starts_over_with_what_was_used() {
        let folder = tempfile::tempdir().unwrap();
        // A text takes 16 + 2 · 4 + 16 bytes: room for three.
        let run = || cache(folder.path(), 32 + 3 * 40);
        assert_eq!(encoded(&run(), &["one", "two", "three"]), 3);
        assert_eq!(encoded(&run(), &["three", "four"]), 1);
        assert_eq!(encoded(&run(), &["three", "four"]), 0);
        assert_eq!(encoded(&run(), &["one", "two"]), 2);
        // What never fits is not kept on disk.
        assert_eq!(encoded(&run(), &["1", "2", "3", "4"]), 4);
        assert_eq!(encoded(&run(), &["1", "2", "3", "4"]), 4);
        assert_eq!(encoded(&run(), &["one", "two"]), 0);
    }

    #[test]
    fn a_disk_that_cannot_be_written_is_done_without() {
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
    fn a_pipe_in_its_place_is_not_waited_for() {
        let folder = tempfile::tempdir().unwrap();
        let run = || cache(folder.path(), MAX_BYTES);
        let made = std::process::Command::new("mkfifo").arg(run().path).status().unwrap();
        assert!(made.success());
        assert_eq!(encoded(&run(), &["one"]), 1);
        assert_eq!(encoded(&run(), &["one"]), 1);
    }
}
