//! Shares as people read them.

/// A share, in 0..=1: `78.1%`.
#[must_use]
pub fn percent(share: f64) -> String {
    format!("{:.1}%", 100.0 * share)
}

/// A share where there is one, else a dash.
#[must_use]
pub fn percent_or_dash(share: Option<f64>) -> String {
    share.map_or("–".to_owned(), percent)
}

/// An interval of shares: `72.8–82.7%`.
#[must_use]
pub fn percent_range([low, high]: [f64; 2]) -> String {
    format!("{:.1}–{:.1}%", 100.0 * low, 100.0 * high)
}

/// A difference of shares, in −1..=1, in percentage points: `+11.0`.
#[must_use]
pub fn points(difference: f64) -> String {
    format!("{:+.1}", 100.0 * difference)
}

/// A p-value: `0.0313`, or `< 0.0001`.
#[must_use]
pub fn p_value(p: f64) -> String {
    if p < 0.0001 { "< 0.0001".to_owned() } else { format!("{p:.4}") }
}
