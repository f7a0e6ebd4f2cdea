//! Times as the commands print them.

use jiff::Timestamp;

/// Returns a manifest's time without fractions of a second.
pub(super) fn shown(created: &str) -> String {
    let seconds =
        created.parse::<Timestamp>().and_then(|time| Timestamp::from_second(time.as_second()));
    seconds.map_or_else(|_| created.to_owned(), |time| time.to_string())
}
