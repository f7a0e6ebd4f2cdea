//! Vectors of texts kept from run to run, a file a model: a network takes milliseconds a text, and
//! a mentor's questions hardly change.
//!
//! | tensor | of `n` texts |
//! |---|---|
//! | `keys` | u8 `[n, 16]`, sorted: the first bytes of a text's SHA-256 |
//! | `vectors` | f32 `[n, dims]` |
//!
//! The file's metadata has a SHA-256 of the model's fingerprint and both. A file that is damaged,
//! or of another model, is as good as none; so is a disk that cannot be written.

use std::collections::{BTreeMap, HashMap};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use safetensors::SafeTensors;
use safetensors::tensor::{Dtype, TensorView, serialize};
use sha2::{Digest, Sha256};

use super::sentence::{Embeddings, SentenceModel};
use crate::error::Result;
use crate::files;
use crate::progress::Progress;
use crate::publish::hold;
use crate::sha256;

/// A larger file starts over with what the last run used, in bytes.
const MAX_BYTES: usize = 512 << 20;

/// How many bytes of a text's SHA-256 tell it from others.
const KEY: usize = 16;

/// More than a file's head takes, in bytes.
const MAX_HEAD: usize = 4096;

/// The metadata's only entry.
const CHECK: &str = "sha256";

type Key = [u8; KEY];

/// A vector a text, in the order of `texts`, as [`SentenceModel::embed`] gives them; `model`, whose
/// fingerprint this is, only encodes texts that are not kept in `folder` yet.
///
/// # Errors
/// When a text cannot be read as tokens.
pub(super) fn embed(
    folder: &Path,
    (sha256, model): (&str, &dyn SentenceModel),
    texts: &[&str],
    progress: &dyn Progress,
) -> Result<Embeddings> {
    Cache { folder, model: sha256, most: MAX_BYTES }.embed(model, texts, progress)
}

/// Where a model's vectors are kept.
struct Cache<'a> {
    folder: &'a Path,
    /// The model's fingerprint.
    model: &'a str,
    /// The largest file, in bytes of its tensors.
    most: usize,
}

/// Vectors by their texts' keys.
type Known = BTreeMap<Key, Vec<f32>>;

impl Cache<'_> {
    fn embed(
        &self,
        model: &dyn SentenceModel,
        texts: &[&str],
        progress: &dyn Progress,
    ) -> Result<Embeddings> {
        let keys: Vec<Key> = texts.iter().map(|text| key(text)).collect();
        let wanted: BTreeMap<Key, &str> = keys.iter().copied().zip(texts.iter().copied()).collect();
        let mut known = self.read(model.dims()).unwrap_or_default();
        let new: Vec<(&Key, &str)> = wanted
            .iter()
            .filter(|(key, _)| !known.contains_key(*key))
            .map(|(key, text)| (key, *text))
            .collect();
        if !new.is_empty() {
            let new_texts: Vec<&str> = new.iter().map(|(_, text)| *text).collect();
            let vectors = model.embed(&new_texts, progress)?;
            known.retain(|key, _| wanted.contains_key(key));
            known.extend(new.iter().map(|(key, _)| **key).zip(vectors.rows().map(<[f32]>::to_vec)));
            if let Err(error) = self.add(&known, model.dims()) {
                let folder = self.folder.display();
                tracing::debug!(%folder, %error, "going on without the cache of vectors");
            }
        }
        let numbers = keys.iter().flat_map(|key| &known[key]).copied().collect();
        Ok(Embeddings::new(model.dims(), numbers))
    }

    /// The file's vectors; `None` where there is none, or none that can be used.
    fn read(&self, dims: usize) -> Option<Known> {
        let path = self.path();
        if files::is_absent(&path)
            || fs::metadata(&path).ok()?.len() > (self.most + MAX_HEAD) as u64
        {
            return None;
        }
        let known = fs::read(&path).ok().and_then(|bytes| from_bytes(&bytes, self.model, dims));
        if known.is_none() {
            tracing::debug!(path = %path.display(), "the cache of vectors is damaged, starting over");
        }
        known
    }

    /// Adds the vectors that a run used to the file, whatever other runs did to it meanwhile.
    fn add(&self, used: &Known, dims: usize) -> io::Result<()> {
        let size = |texts: usize| texts * (KEY + dims * size_of::<f32>());
        if size(used.len()) > self.most {
            return Err(io::Error::other("too many texts to keep"));
        }
        fs::create_dir_all(self.folder)?;
        let _held = hold(self.folder);
        let mut all = self.read(dims).unwrap_or_default();
        all.extend(used.iter().map(|(key, vector)| (*key, vector.clone())));
        let kept = if size(all.len()) > self.most { used } else { &all };
        let path = self.path();
        let draft = path.with_extension("draft");
        // Not synced: a file that was cut is noticed by its digest.
        fs::write(&draft, to_bytes(kept, self.model, dims))?;
        fs::rename(draft, path)
    }

    fn path(&self) -> PathBuf {
        self.folder.join(format!("{}.safetensors", self.model))
    }
}

fn key(text: &str) -> Key {
    let mut key = [0; KEY];
    key.copy_from_slice(&Sha256::digest(text.as_bytes())[..KEY]);
    key
}

/// The metadata's entry.
fn check(model: &str, keys: &[u8], vectors: &[u8]) -> String {
    let hasher = Sha256::new().chain_update(model).chain_update(keys).chain_update(vectors);
    sha256::hex(&hasher.finalize())
}

fn to_bytes(known: &Known, model: &str, dims: usize) -> Vec<u8> {
    let keys: Vec<u8> = known.keys().flatten().copied().collect();
    let vectors: Vec<u8> =
        known.values().flatten().flat_map(|number| number.to_le_bytes()).collect();
    let metadata = HashMap::from([(CHECK.to_owned(), check(model, &keys, &vectors))]);
    let view = |dtype, width, bytes| TensorView::new(dtype, vec![known.len(), width], bytes);
    let tensors =
        [("keys", view(Dtype::U8, KEY, &keys)), ("vectors", view(Dtype::F32, dims, &vectors))];
    let tensors = tensors.map(|(name, tensor)| (name, tensor.expect("as long as its shape says")));
    serialize(tensors, Some(metadata)).expect("two tensors can be written")
}

/// The vectors of a file; `None` where it is not whole, of another model, or of other dimensions.
fn from_bytes(bytes: &[u8], model: &str, dims: usize) -> Option<Known> {
    let (_, metadata) = SafeTensors::read_metadata(bytes).ok()?;
    let tensors = SafeTensors::deserialize(bytes).ok()?;
    let (keys, vectors) = (tensors.tensor("keys").ok()?, tensors.tensor("vectors").ok()?);
    let count = keys.shape().first().copied()?;
    let is_ours = keys.dtype() == Dtype::U8
        && keys.shape() == [count, KEY]
        && vectors.dtype() == Dtype::F32
        && vectors.shape() == [count, dims]
        && metadata.metadata().as_ref()?.get(CHECK)? == &check(model, keys.data(), vectors.data());
    if !is_ours {
        return None;
    }
    let keys = keys.data().chunks_exact(KEY).map(|key| key.try_into().expect("of this length"));
    let number = |bytes: &[u8]| f32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]);
    let vector = |bytes: &[u8]| bytes.chunks_exact(size_of::<f32>()).map(number).collect();
    let vectors = vectors.data().chunks_exact(dims * size_of::<f32>()).map(vector);
    Some(keys.zip(vectors).collect())
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;
    use crate::progress::Silent;

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
        let found = cache.embed(&model, texts, &Silent).unwrap();
        assert_eq!(found, Counting::default().embed(texts, &Silent).unwrap());
        model.0.into_inner()
    }

    fn cache(folder: &Path) -> Cache<'_> {
        Cache { folder, model: "m", most: 1000 }
    }

    #[test]
    fn a_text_is_encoded_once() {
        let folder = tempfile::tempdir().unwrap();
        let cache = cache(folder.path());
        assert_eq!(encoded(&cache, &["one", "two", "one"]), 2);
        assert_eq!(encoded(&cache, &["two", "one"]), 0);
        assert_eq!(encoded(&cache, &["three", "two"]), 1);
        assert_eq!(encoded(&cache, &["one", "two", "three"]), 0);
        assert_eq!(encoded(&cache, &[]), 0);
        let names: Vec<_> =
            fs::read_dir(&folder).unwrap().map(|e| e.unwrap().file_name()).collect();
        assert_eq!(names, ["m.safetensors"]);
    }

    #[test]
    fn a_damaged_or_foreign_file_is_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let cache = cache(folder.path());
        assert_eq!(encoded(&cache, &["one", "two"]), 2);
        let whole = fs::read(cache.path()).unwrap();
        let other = Cache { model: "other", ..cache };
        fs::write(other.path(), &whole).unwrap();
        assert_eq!(encoded(&other, &["one", "two"]), 2);
        for at in 0..whole.len() {
            let mut flipped = whole.clone();
            flipped[at] ^= 1;
            for damaged in [&flipped, &whole[..at]] {
                fs::write(cache.path(), damaged).unwrap();
                encoded(&cache, &["one", "two"]);
                let left = encoded(&cache, &["one", "two"]);
                assert_eq!(left, 0, "damaged at {at}: not replaced");
            }
        }
    }

    #[test]
    fn a_file_that_grows_too_large_starts_over_with_what_was_used() {
        let folder = tempfile::tempdir().unwrap();
        // A text takes 16 + 2 · 4 bytes: room for three.
        let cache = Cache { most: 72, ..cache(folder.path()) };
        assert_eq!(encoded(&cache, &["one", "two", "three"]), 3);
        assert_eq!(encoded(&cache, &["three", "four"]), 1);
        assert_eq!(encoded(&cache, &["three", "four"]), 0);
        assert_eq!(encoded(&cache, &["one", "two"]), 2);
        // What never fits is not kept.
        assert_eq!(encoded(&cache, &["1", "2", "3", "4"]), 4);
        assert_eq!(encoded(&cache, &["1", "2", "3", "4"]), 4);
        assert_eq!(encoded(&cache, &["one", "two"]), 0);
    }

    #[test]
    fn a_disk_that_cannot_be_written_is_done_without() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("file");
        fs::write(&file, "in the way").unwrap();
        let cache = cache(&file);
        assert_eq!(encoded(&cache, &["one"]), 1);
        assert_eq!(encoded(&cache, &["one"]), 1);
        assert_eq!(fs::read(&file).unwrap(), b"in the way");
    }
}
