//! What time it is; `SOURCE_DATE_EPOCH` where that is set, for reproducible checkpoints.

use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::error::{Error, Result};

/// The time now, in microseconds: of two checkpoints it tells which one was created last.
///
/// # Errors
/// When `SOURCE_DATE_EPOCH` is set to other than a number of seconds; empty counts as unset.
pub(super) fn now() -> Result<Timestamp> {
    let epoch = std::env::var_os("SOURCE_DATE_EPOCH").filter(|text| !text.is_empty());
    let time =
        match epoch.map(|text| text.to_string_lossy().into_owned()) {
            Some(text) => Timestamp::from_second(text.trim().parse().map_err(|_| {
                Error::new(format!("SOURCE_DATE_EPOCH is `{text}`, expected seconds"))
            })?),
            None => Timestamp::from_microsecond(Timestamp::now().as_microsecond()),
        };
    time.map_err(|e| Error::new("SOURCE_DATE_EPOCH is out of range").caused_by(e))
}

/// A manifest's time as people read it, without parts of a second.
pub(super) fn shown(created: &str) -> String {
    let seconds =
        created.parse::<Timestamp>().and_then(|time| Timestamp::from_second(time.as_second()));
    seconds.map_or_else(|_| created.to_owned(), |time| time.to_string())
}

/// A checkpoint's name by its time, `yyyy-MM-dd-HHmm` in UTC.
pub(super) fn name(time: Timestamp) -> String {
    time.to_zoned(TimeZone::UTC).strftime("%Y-%m-%d-%H%M").to_string()
}
