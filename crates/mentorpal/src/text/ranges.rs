//! Tables of characters.

use std::ops::RangeInclusive;

/// Returns whether one of `ranges`, which ascend, contains `c`.
pub(super) fn contain(ranges: &[RangeInclusive<char>], c: char) -> bool {
    let at = ranges.partition_point(|range| *range.end() < c);
    ranges.get(at).is_some_and(|range| range.contains(&c))
}
