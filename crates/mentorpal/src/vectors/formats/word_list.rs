//! The words of a file, checked as they are read.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use super::{MAX_WORD, corrupt_at};
use crate::error::Result;

/// Distinct words, each with the row that it was read from.
#[derive(Debug, Default)]
pub(super) struct WordList {
    rows: HashMap<Box<str>, usize>,
}

impl WordList {
    /// The number of words.
    pub(super) fn len(&self) -> usize {
        self.rows.len()
    }

    /// Adds the word of `row`. Rows are added in ascending order.
    ///
    /// # Errors
    /// If the word is empty, too long, not UTF-8, or a duplicate.
    pub(super) fn add(&mut self, bytes: &[u8], row: usize) -> Result<()> {
        let Ok(word) = std::str::from_utf8(bytes) else {
            return Err(corrupt_at(row, "the word is not UTF-8")
                .hint("convert the file to UTF-8, or download it again"));
        };
        if word.is_empty() {
            return Err(corrupt_at(row, "the word is empty"));
        }
        if word.len() > MAX_WORD {
            return Err(too_long(row));
        }
        match self.rows.entry(word.into()) {
            Entry::Vacant(entry) => {
                entry.insert(row);
                Ok(())
            }
            Entry::Occupied(entry) => {
                let (word, first) = (word.escape_debug(), entry.get());
                Err(corrupt_at(row, format!("duplicate word `{word}`, first in row {first}"))
                    .hint("remove all but one of its rows"))
            }
        }
    }

    /// The words in the order of their rows.
    pub(super) fn into_words(self) -> Vec<Box<str>> {
        let mut words: Vec<(Box<str>, usize)> = self.rows.into_iter().collect();
        words.sort_unstable_by_key(|(_, row)| *row);
        words.into_iter().map(|(word, _)| word).collect()
    }
}

/// The error of a word longer than [`MAX_WORD`].
pub(super) fn too_long(row: usize) -> crate::error::Error {
    corrupt_at(row, format!("the word is longer than {MAX_WORD} bytes"))
}
