//! Words of scripts that put no spaces between them.

use std::ops::RangeInclusive;

use super::key::is_mark;

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

/// Splits `word`, a run of letters, where its script puts no spaces: each such letter, with the marks on it,
/// is a segment, and each run of other letters. That is how a search engine indexes such text without a
/// dictionary.
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
    if c < *UNSPACED[0].start() {
        return false;
    }
    let at = UNSPACED.partition_point(|block| *block.end() < c);
    UNSPACED.get(at).is_some_and(|block| block.contains(&c))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    // By hand.
    #[test]
    fn letters_without_spaces_are_segments() {
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

    // The search relies on it.
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
