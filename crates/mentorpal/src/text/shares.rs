//! Formats shares, intervals and p-values for display.

/// Formats a share in 0..=1: `78.1%`.
#[must_use]
pub fn percent(share: f64) -> String {
    format!("{:.1}%", 100.0 * share)
}

/// Formats a share, or returns a dash if there is none.
#[must_use]
pub fn percent_or_dash(share: Option<f64>) -> String {
    share.map_or("–".to_owned(), percent)
}

/// Formats an interval of shares: `72.8–82.7%`.
#[must_use]
pub fn percent_range([low, high]: [f64; 2]) -> String {
    format!("{:.1}–{:.1}%", 100.0 * low, 100.0 * high)
}

/// Formats a difference of shares, in −1..=1, in percentage points: `+11.0`. A difference that would
/// round to zero has a second decimal, so that the sign of an interval's end is visible.
///
/// ```
/// use mentorpal::text::points;
/// assert_eq!([0.11, 0.0003, -0.0, -1e-9].map(points), ["+11.0", "+0.03", "+0.0", "-0.00"]);
/// ```
#[must_use]
pub fn points(difference: f64) -> String {
    // Adding zero turns −0 into 0.
    let points = 100.0 * difference + 0.0;
    let digits = if points != 0.0 && points.abs() < 0.05 { 2 } else { 1 };
    format!("{points:+.digits$}")
}

/// Formats a p-value: `0.0313`, or `< 0.0001`.
#[must_use]
pub fn p_value(p: f64) -> String {
    if p < 0.0001 { "< 0.0001".to_owned() } else { format!("{p:.4}") }
}

/// Formats a p-value with its name: `p = 0.0313`, or `p < 0.0001`.
#[must_use]
pub fn p_equals(p: f64) -> String {
    let value = p_value(p);
    if value.starts_with('<') { format!("p {value}") } else { format!("p = {value}") }
}
