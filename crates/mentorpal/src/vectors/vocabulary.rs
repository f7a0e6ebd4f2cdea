//! The vocabulary of a word-vector model: finds words by index and indices by word. It is built in one
//! pass over the bytes of the file.

use std::hash::{BuildHasher, BuildHasherDefault, DefaultHasher};

/// The value of a free slot of the hash table.
const FREE: u32 = u32::MAX;

/// The words of a vector model, in the order of their vectors.
#[derive(Debug)]
pub(super) struct Vocabulary {
    /// All words, concatenated.
    text: String,
    /// The end of each word in `text`.
    ends: Vec<usize>,
    /// The hash table of the words' indices. At least half of the slots are free, and the length is a
    /// power of two.
    table: Vec<u32>,
}

impl Vocabulary {
    /// Reads `words` words. Each is its length as a little-endian `u32`, then its bytes.
    ///
    /// Returns `None` if the words are not UTF-8, or if `bytes` is too short or too long.
    pub(super) fn read(mut bytes: &[u8], words: usize) -> Option<Self> {
        // A word takes at least four bytes, so this also bounds the size of the table.
        if bytes.len() / 4 < words {
            return None;
        }
        let table = vec![FREE; (2 * words).next_power_of_two()];
        let mut read = Self { text: String::with_capacity(bytes.len()), ends: Vec::new(), table };
        read.ends.reserve_exact(words);
        for index in 0..words {
            let (length, rest) = bytes.split_first_chunk()?;
            let (word, rest) = rest.split_at_checked(u32::from_le_bytes(*length) as usize)?;
            read.push(std::str::from_utf8(word).ok()?, index as u32);
            bytes = rest;
        }
        bytes.is_empty().then_some(read)
    }

    fn push(&mut self, word: &str, index: u32) {
        let slot = self.slot(word);
        if self.table[slot] == FREE {
            self.table[slot] = index;
        }
        self.text.push_str(word);
        self.ends.push(self.text.len());
    }

    /// The number of words.
    pub(super) fn len(&self) -> usize {
        self.ends.len()
    }

    /// Returns the word at `index`.
    ///
    /// # Panics
    /// If `index` is out of range.
    pub(super) fn word(&self, index: usize) -> &str {
        let start = index.checked_sub(1).map_or(0, |before| self.ends[before]);
        &self.text[start..self.ends[index]]
    }

    /// Returns the index of `word`, the first one if it occurs several times.
    pub(super) fn find(&self, word: &str) -> Option<usize> {
        match self.table[self.slot(word)] {
            FREE => None,
            index => Some(index as usize),
        }
    }

    /// Returns the slot of `word` in the table, or the free slot for it.
    fn slot(&self, word: &str) -> usize {
        let mask = self.table.len() - 1;
        let hash = BuildHasherDefault::<DefaultHasher>::default().hash_one(word);
        let mut slot = hash as usize & mask;
        while self.table[slot] != FREE && self.word(self.table[slot] as usize) != word {
            slot = (slot + 1) & mask;
        }
        slot
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
