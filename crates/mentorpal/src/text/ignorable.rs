//! Invisible characters.

use std::ops::RangeInclusive;

use super::ranges;

/// `Default_Ignorable_Code_Point` of the Unicode Character Database 17.0.0
/// (`DerivedCoreProperties.txt`), ascending.
const RANGES: [RangeInclusive<char>; 17] = [
    '\u{ad}'..='\u{ad}',       // soft hyphen
    '\u{34f}'..='\u{34f}',     // combining grapheme joiner
    '\u{61c}'..='\u{61c}',     // Arabic letter mark
    '\u{115f}'..='\u{1160}',   // Hangul fillers
    '\u{17b4}'..='\u{17b5}',   // Khmer inherent vowels
    '\u{180b}'..='\u{180f}',   // Mongolian variation selectors
    '\u{200b}'..='\u{200f}',   // zero-width space, joiners, directional marks
    '\u{202a}'..='\u{202e}',   // directional embeddings
    '\u{2060}'..='\u{206f}',   // word joiner, invisible operators, isolates
    '\u{3164}'..='\u{3164}',   // Hangul filler
    '\u{fe00}'..='\u{fe0f}',   // variation selectors
    '\u{feff}'..='\u{feff}',   // byte order mark
    '\u{ffa0}'..='\u{ffa0}',   // half-width Hangul filler
    '\u{fff0}'..='\u{fff8}',   // unassigned
    '\u{1bca0}'..='\u{1bca3}', // shorthand format controls
    '\u{1d173}'..='\u{1d17a}', // musical format controls
    '\u{e0000}'..='\u{e0fff}', // tags, variation selectors
];

/// Returns whether `c` is invisible, so that texts with and without it look the same.
pub(crate) fn is_ignorable(c: char) -> bool {
    !c.is_ascii() && ranges::contain(&RANGES, c)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ignorable_characters_agree_with_the_unicode_database() {
        for c in "\u{ad}\u{200b}\u{200c}\u{200d}\u{200e}\u{202e}\u{2060}\u{2066}\u{feff}\u{fe0f}\u{180e}\u{e0067}".chars() {
            assert!(is_ignorable(c), "{c:?}");
        }
        for c in
            " a\u{a0}-é\u{200a}\u{2010}\u{2028}\u{202f}\u{3000}\u{fffd}\u{fffc}中\u{301}".chars()
        {
            assert!(!is_ignorable(c), "{c:?}");
        }
    }

    // The binary search relies on this.
    #[test]
    fn ranges_ascend() {
        assert!(RANGES.is_sorted_by(|a, b| a.end() < b.start()));
    }
}
