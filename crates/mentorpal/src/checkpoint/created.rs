//! The creation time of a checkpoint, and the name that is made from it.

use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::error::{Error, Result};

/// Returns the creation time for a new checkpoint, in microseconds: the current time, or the value of
/// `SOURCE_DATE_EPOCH` if that is set, for reproducible checkpoints.
///
/// # Errors
/// If `SOURCE_DATE_EPOCH` is not a number of seconds. An empty variable counts as unset.
pub fn creation_time() -> Result<Timestamp> {
    let epoch = std::env::var_os("SOURCE_DATE_EPOCH").filter(|text| !text.is_empty());
    let time = match epoch.map(|text| text.to_string_lossy().into_owned()) {
        Some(text) => Timestamp::from_second(text.trim().parse().map_err(|_| {
            Error::new(format!("SOURCE_DATE_EPOCH is `{text}`, expected a number of seconds"))
        })?),
        None => Timestamp::from_microsecond(Timestamp::now().as_microsecond()),
    };
    time.map_err(|e| Error::new("SOURCE_DATE_EPOCH is out of range").caused_by(e))
}

/// Returns a checkpoint name made from its creation time, `yyyy-MM-dd-HHmm` in UTC.
#[must_use]
pub fn name_from_time(time: Timestamp) -> String {
    time.to_zoned(TimeZone::UTC).strftime("%Y-%m-%d-%H%M").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_has_the_time_in_minutes() {
        let time = Timestamp::from_second(1_767_225_599).unwrap();
        assert_eq!(name_from_time(time), "2025-12-31-2359");
    }
}
