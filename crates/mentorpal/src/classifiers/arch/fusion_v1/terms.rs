//! A sorted list of n-grams with binary search.

use std::cmp::Ordering;

/// Sorted distinct strings, concatenated.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Terms {
    pub(super) bytes: Vec<u8>,
    /// The end of each string in `bytes`.
    pub(super) ends: Vec<u32>,
}

impl Terms {
    /// Returns the strings in `bytes` with the given ends, or `None` if `bytes` and `ends` are
    /// inconsistent.
    pub(super) fn of(bytes: Vec<u8>, ends: Vec<u32>) -> Option<Self> {
        ends_at(&ends, bytes.len()).then_some(Self { bytes, ends })
    }

    /// Returns the number of strings.
    pub(super) fn len(&self) -> usize {
        self.ends.len()
    }

    /// Returns the index of a string, or `None` if it is missing.
    pub(super) fn find(&self, name: &str) -> Option<usize> {
        let (mut low, mut high) = (0, self.len());
        while low < high {
            let middle = low + (high - low) / 2;
            match self.get(middle).cmp(name.as_bytes()) {
                Ordering::Less => low = middle + 1,
                Ordering::Greater => high = middle,
                Ordering::Equal => return Some(middle),
            }
        }
        None
    }

    /// Returns the bytes of string `index`.
    pub(super) fn get(&self, index: usize) -> &[u8] {
        let start = if index == 0 { 0 } else { self.ends[index - 1] };
        &self.bytes[start as usize..self.ends[index] as usize]
    }
}

impl<'a> FromIterator<&'a &'a str> for Terms {
    fn from_iter<I: IntoIterator<Item = &'a &'a str>>(names: I) -> Self {
        let mut terms = Self::default();
        for name in names {
            terms.bytes.extend_from_slice(name.as_bytes());
            terms.ends.push(terms.bytes.len() as u32);
        }
        terms
    }
}

/// Returns whether `ends` never decreases and its last value is `length`.
pub(super) fn ends_at(ends: &[u32], length: usize) -> bool {
    ends.is_sorted() && ends.last().map_or(0, |&end| end as usize) == length
}
