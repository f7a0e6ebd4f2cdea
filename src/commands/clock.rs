//! The current time, or `SOURCE_DATE_EPOCH` if it is set, for reproducible checkpoints.

use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::error::{Error, Result};

/// The current time, with microseconds, which order checkpoints by creation.
///
/// # Errors
/// If `SOURCE_DATE_EPOCH` is not a number of seconds; an empty value counts as unset.
pub(super) fn now() -> Result<Timestamp> {
    let epoch = std::env::var_os("SOURCE_DATE_EPOCH").filter(|text| !text.is_empty());
    let time = match epoch.map(|text| text.to_string_lossy().into_owned()) {
        Some(text) => Timestamp::from_second(text.trim().parse().map_err(|_| {
            Error::new(format!("SOURCE_DATE_EPOCH is `{text}`, expected seconds since 1970"))
        })?),
        None => Timestamp::from_microsecond(Timestamp::now().as_microsecond()),
    };
    time.map_err(|e| Error::new("SOURCE_DATE_EPOCH is out of range").caused_by(e))
}

/// A manifest's time without fractions of a second, for display.
pub(super) fn shown(created: &str) -> String {
    let seconds =
        created.parse::<Timestamp>().and_then(|time| Timestamp::from_second(time.as_second()));
    seconds.map_or_else(|_| created.to_owned(), |time| time.to_string())
}

/// The default name of a checkpoint: its time as `yyyy-MM-dd-HHmm` in UTC.
pub(super) fn name(time: Timestamp) -> String {
    time.to_zoned(TimeZone::UTC).strftime("%Y-%m-%d-%H%M").to_string()
}
