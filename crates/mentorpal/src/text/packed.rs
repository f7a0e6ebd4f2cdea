//! Many strings in one allocation, found by index, by bisection or by hash.

use std::borrow::Cow;
use std::cmp::Ordering;
use std::hash::BuildHasher;
use std::ops::Range;

use foldhash::fast::RandomState;
use hashbrown::HashTable;
use hashbrown::hash_table::Entry;

/// Strings stored end to end, at most 4 GiB in total. Model files store them the same way, as two
/// tensors.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct PackedStrings {
    text: Cow<'static, str>,
    /// The end of each string in `text`, in bytes.
    ends: Vec<u32>,
}

impl PackedStrings {
    /// Returns the strings in `text` with the given ends, or `None` if the ends descend, lie within a
    /// character, or do not cover `text`.
    pub(crate) fn new(text: Cow<'static, str>, ends: Vec<u32>) -> Option<Self> {
        let fits = ends_at(&ends, text.len())
            && ends.iter().all(|&end| text.is_char_boundary(end as usize));
        fits.then_some(Self { text, ends })
    }

    /// Returns no strings, with space for `count` strings of `bytes` bytes in total.
    pub(crate) fn with_capacity(count: usize, bytes: usize) -> Self {
        Self { text: String::with_capacity(bytes).into(), ends: Vec::with_capacity(count) }
    }

    /// Adds a string after the others.
    pub(crate) fn push(&mut self, string: &str) {
        self.text.to_mut().push_str(string);
        self.ends.push(self.text.len() as u32);
    }

    /// Returns the number of strings.
    pub(crate) fn len(&self) -> usize {
        self.ends.len()
    }

    /// Returns the string at `index`.
    ///
    /// # Panics
    /// If `index` is out of range.
    pub(crate) fn get(&self, index: usize) -> &str {
        let start = index.checked_sub(1).map_or(0, |before| self.ends[before]);
        &self.text[start as usize..self.ends[index] as usize]
    }

    /// Returns the strings in order.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &str> {
        (0..self.len()).map(|index| self.get(index))
    }

    /// Returns all strings, concatenated, and the end of each.
    pub(crate) fn parts(&self) -> (&str, &[u32]) {
        (&self.text, &self.ends)
    }

    /// Returns the index of `string` in sorted strings, or `None` if it is missing.
    pub(crate) fn find(&self, string: &str) -> Option<usize> {
        self.bisect(0..self.len(), |other| other.cmp(string)).ok()
    }

    /// Returns an index in `range`, where the strings are sorted, whose string is equal by `order`. If
    /// there is none, returns the index where such a string would be, as an error.
    pub(crate) fn bisect(
        &self,
        mut range: Range<usize>,
        order: impl Fn(&str) -> Ordering,
    ) -> Result<usize, usize> {
        while !range.is_empty() {
            let middle = usize::midpoint(range.start, range.end);
            match order(self.get(middle)) {
                Ordering::Less => range.start = middle + 1,
                Ordering::Greater => range.end = middle,
                Ordering::Equal => return Ok(middle),
            }
        }
        Err(range.start)
    }
}

impl<'a> FromIterator<&'a str> for PackedStrings {
    fn from_iter<I: IntoIterator<Item = &'a str>>(strings: I) -> Self {
        let mut packed = Self::default();
        for string in strings {
            packed.push(string);
        }
        packed
    }
}

/// Returns whether `ends` never decreases and its last value is `length`.
pub(crate) fn ends_at(ends: &[u32], length: usize) -> bool {
    ends.is_sorted() && ends.last().map_or(0, |&end| end as usize) == length
}

/// The indices of packed strings, in any order, by the hash of the string. The strings themselves are
/// passed to each call.
#[derive(Clone, Debug, Default)]
pub(crate) struct HashIndex {
    hasher: RandomState,
    table: HashTable<u32>,
}

impl HashIndex {
    /// Indexes `strings`.
    pub(crate) fn of(strings: &PackedStrings) -> Self {
        let Self { hasher, mut table } = Self::default();
        let hash = |&index: &u32| hasher.hash_one(strings.get(index as usize));
        table.reserve(strings.len(), hash);
        for (index, string) in (0..).zip(strings.iter()) {
            let is_it = |&other: &u32| strings.get(other as usize) == string;
            if let Entry::Vacant(free) = table.entry(hasher.hash_one(string), is_it, hash) {
                free.insert(index);
            }
        }
        Self { hasher, table }
    }

    /// Returns the index of `string` in `strings`, the first one if it occurs several times.
    pub(crate) fn find(&self, strings: &PackedStrings, string: &str) -> Option<usize> {
        let is_it = |&index: &u32| strings.get(index as usize) == string;
        self.table.find(self.hasher.hash_one(string), is_it).map(|&index| index as usize)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn sorted_strings_are_found_by_bisection(
            strings in vec("(how do you)?[a-c\u{e9} ]{0,9}", 0..40),
            other in "(how do you)?[a-c]{0,3}",
        ) {
            let strings: Vec<&str> =
                strings.iter().map(String::as_str).collect::<BTreeSet<_>>().into_iter().collect();
            let packed: PackedStrings = strings.iter().copied().collect();
            prop_assert_eq!(packed.iter().collect::<Vec<_>>(), strings.clone());
            for string in strings.iter().copied().chain([other.as_str()]) {
                prop_assert_eq!(packed.find(string), strings.iter().position(|s| *s == string));
            }
        }

        #[test]
        fn strings_are_found_at_their_first_index_by_hash(
            strings in vec("\\PC{0,3}", 0..60),
            other in "\\PC{0,3}",
        ) {
            let packed: PackedStrings = strings.iter().map(String::as_str).collect();
            let index = HashIndex::of(&packed);
            for string in strings.iter().chain([&other]) {
                let expected = strings.iter().position(|s| s == string);
                prop_assert_eq!(index.find(&packed, string), expected);
            }
        }
    }

    #[test]
    fn ends_that_do_not_fit_are_refused() {
        assert!(PackedStrings::new("ab".into(), vec![0, 1, 2]).is_some());
        assert!(PackedStrings::new("".into(), vec![]).is_some());
        for ends in [vec![], vec![1], vec![1, 3], vec![2, 1], vec![1, u32::MAX]] {
            assert!(PackedStrings::new("ab".into(), ends.clone()).is_none(), "{ends:?}");
        }
        // Within a letter of two bytes.
        assert!(PackedStrings::new("aé".into(), vec![2, 3]).is_none());
    }
}
