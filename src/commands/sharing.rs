//! `mentorpal init`, `download`, `upload`, `vectors download`: what a remote would be needed for.

use super::Outcome;
use crate::config::Settings;
use crate::error::{Error, Result};

pub(super) fn run(settings: &Settings) -> Result<Outcome> {
    Err(match &settings.remote {
        None => Error::new("no remote is configured").hint(
            "set MENTORPAL_REMOTE, or `url` under `[remote]` in mentorpal.toml; checkpoints can \
             also be copied by hand, folder for folder",
        ),
        Some(_) => Error::new("this version cannot reach a remote yet")
            .hint("checkpoints can be copied by hand, folder for folder"),
    })
}
