//! Splits text of scripts without spaces between words.

use std::ops::RangeInclusive;

use super::key::is_mark;
use super::ranges;

/// The blocks of scripts without spaces between words, ascending: Thai and Lao, Burmese, Khmer, kana and
/// Chinese characters.
const UNSPACED: [RangeInclusive<char>; 10] = [
    '\u{e00}'..='\u{eff}',
    '\u{1000}'..='\u{109f}',
    '\u{1780}'..='\u{17ff}',
    '\u{3005}'..='\u{3007}',
    '\u{3040}'..='\u{30ff}',
    '\u{31f0}'..='\u{31ff}',
    '\u{3400}'..='\u{4dbf}',
    '\u{4e00}'..='\u{9fff}',
    '\u{f900}'..='\u{faff}',
    '\u{20000}'..='\u{3ffff}',
];

/// Splits `word`, a run of letters, into segments: each letter of a script without spaces, with its
/// marks, and each run of other letters. Search engines without a dictionary index such scripts in the
/// same way.
pub(crate) fn segments(word: &str) -> impl Iterator<Item = &str> {
    let mut rest = word;
    std::iter::from_fn(move || {
        let first = rest.chars().next()?;
        let mut chars = rest.char_indices().skip(1);
        let end = if is_unspaced(first) {
            chars.find(|(_, c)| !is_mark(*c))
        } else {
            chars.find(|(_, c)| is_unspaced(*c))
        };
        let (segment, after) = rest.split_at(end.map_or(rest.len(), |(end, _)| end));
        rest = after;
        Some(segment)
    })
}

fn is_unspaced(c: char) -> bool {
    c >= *UNSPACED[0].start() && ranges::contain(&UNSPACED, c)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    // By hand.
    #[test]
    fn each_letter_of_a_script_without_spaces_is_a_segment() {
        for (word, expected) in [
            ("whats", &["whats"][..]),
            ("ai是什么", &["ai", "是", "什", "么"]),
            ("日本語", &["日", "本", "語"]),
            ("ฉันชื่อ", &["ฉั", "น", "ชื่", "อ"]),
            ("हिन्दी", &["हिन्दी"]),
            ("한국어", &["한국어"]),
            ("", &[]),
        ] {
            assert_eq!(segments(word).collect::<Vec<_>>(), expected);
        }
    }

    // The binary search relies on this.
    #[test]
    fn blocks_ascend() {
        assert!(UNSPACED.is_sorted_by(|a, b| a.end() < b.start()));
    }

    proptest! {
        #[test]
        fn nothing_is_lost(word in "[a-c是のกั\u{301}]{0,9}|\\PC{0,9}") {
            prop_assert_eq!(segments(&word).collect::<String>(), word.as_str());
            prop_assert!(segments(&word).all(|segment| !segment.is_empty()));
        }
    }
}
