//! What time it is; `SOURCE_DATE_EPOCH` where that is set, for reproducible checkpoints.

use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::error::{Error, Result};

/// The time now, in whole seconds.
///
/// # Errors
/// When `SOURCE_DATE_EPOCH` is set to other than a number of seconds; empty counts as unset.
pub(super) fn now() -> Result<Timestamp> {
    let epoch = std::env::var_os("SOURCE_DATE_EPOCH").filter(|text| !text.is_empty());
    let second = match epoch.map(|text| text.to_string_lossy().into_owned()) {
        Some(text) => text
            .trim()
            .parse()
            .map_err(|_| Error::new(format!("SOURCE_DATE_EPOCH is `{text}`, expected seconds")))?,
        None => Timestamp::now().as_second(),
    };
    Timestamp::from_second(second)
        .map_err(|e| Error::new("SOURCE_DATE_EPOCH is out of range").caused_by(e))
}

/// A checkpoint's name by its time, `yyyy-MM-dd-HHmm` in UTC.
pub(super) fn name(time: Timestamp) -> String {
    time.to_zoned(TimeZone::UTC).strftime("%Y-%m-%d-%H%M").to_string()
}
