//! Shares as people read them.

/// A share, in 0..=1: `78.1%`.
#[must_use]
pub fn percent(share: f64) -> String {
    format!("{:.1}%", 100.0 * share)
}

/// An interval of shares: `72.8–82.7%`.
#[must_use]
pub fn percent_range([low, high]: [f64; 2]) -> String {
    format!("{:.1}–{:.1}%", 100.0 * low, 100.0 * high)
}
