//! The vocabulary of a word-vector model: finds words by index and indices by word.

use crate::text::{HashIndex, PackedStrings};

/// The words of a vector model, in the order of their vectors.
#[derive(Debug)]
pub(super) struct Vocabulary {
    words: PackedStrings,
    index: HashIndex,
}

impl Vocabulary {
    /// Reads `words` words. Each is its length as a little-endian `u32`, then its bytes.
    ///
    /// Returns `None` if the words are not UTF-8, or if `bytes` is too short, too long, or more than
    /// 4 GiB.
    pub(super) fn read(mut bytes: &[u8], words: usize) -> Option<Self> {
        // A word takes at least four bytes, so this also bounds the size of the table.
        if bytes.len() / 4 < words || u32::try_from(bytes.len()).is_err() {
            return None;
        }
        let mut read = PackedStrings::with_capacity(words, bytes.len() - 4 * words);
        for _ in 0..words {
            let (length, rest) = bytes.split_first_chunk()?;
            let (word, rest) = rest.split_at_checked(u32::from_le_bytes(*length) as usize)?;
            read.push(std::str::from_utf8(word).ok()?);
            bytes = rest;
        }
        bytes.is_empty().then(|| Self { index: HashIndex::of(&read), words: read })
    }

    /// The number of words.
    pub(super) fn len(&self) -> usize {
        self.words.len()
    }

    /// Returns the word at `index`.
    ///
    /// # Panics
    /// If `index` is out of range.
    pub(super) fn word(&self, index: usize) -> &str {
        self.words.get(index)
    }

    /// Returns the index of `word`, the first one if it occurs several times.
    pub(super) fn find(&self, word: &str) -> Option<usize> {
        self.index.find(&self.words, word)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn bytes(words: &[String]) -> Vec<u8> {
        let item = |word: &String| [&(word.len() as u32).to_le_bytes(), word.as_bytes()].concat();
        words.iter().flat_map(item).collect()
    }

    proptest! {
        #[test]
        fn every_word_is_found_at_its_first_index(
            words in prop::collection::vec("\\PC{0,3}", 0..60)
        ) {
            let read = Vocabulary::read(&bytes(&words), words.len()).unwrap();
            prop_assert_eq!(read.len(), words.len());
            for (index, word) in words.iter().enumerate() {
                prop_assert_eq!(read.word(index), word);
                prop_assert_eq!(read.find(word), words.iter().position(|other| other == word));
            }
            prop_assert_eq!(read.find("longer than all"), None);
        }

        #[test]
        fn arbitrary_bytes_never_panic(
            bytes in prop::collection::vec(0_u8..5, 0..40),
            words in 0_usize..9
        ) {
            let read = Vocabulary::read(&bytes, words);
            prop_assert!(read.is_none_or(|read| read.len() == words));
        }
    }
}
