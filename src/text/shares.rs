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

/// A difference of shares, in −1..=1, in percentage points: `+11.0`. One that would round to zero
/// has a second decimal, so that an interval that ends just beside zero shows on which side.
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

/// A p-value: `0.0313`, or `< 0.0001`.
#[must_use]
pub fn p_value(p: f64) -> String {
    if p < 0.0001 { "< 0.0001".to_owned() } else { format!("{p:.4}") }
}
