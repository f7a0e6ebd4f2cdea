//! `profile.yml`: who the mentor is.

use std::path::Path;

use serde::{Deserialize, Serialize};

use super::finding::{Finding, FindingKind, absent_file};
use super::table::read_text;
use crate::error::Location;
use crate::files;

/// The file's name in a mentor's `data` folder.
pub(super) const FILE: &str = "profile.yml";

/// Who the mentor is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Profile {
    /// The full name.
    pub name: String,
    /// The name to call the mentor by.
    pub short_name: String,
    /// What the mentor is, e.g. “Student Naval Aviator”.
    pub title: String,
}

#[derive(Default, Deserialize)]
struct ProfileFile {
    name: Option<String>,
    short_name: Option<String>,
    title: Option<String>,
}

/// Reads the profile; what is missing or unreadable is made from the mentor's `id` and said, and so is
/// what was noticed of the encoding.
pub(super) fn read(path: &Path, id: &str) -> (Profile, Vec<Finding>) {
    let mut findings = Vec::new();
    let text = read_text(path).map(|(text, noticed)| {
        findings = noticed;
        text
    });
    let mut say = |message: String| {
        findings.push(Finding::new(FindingKind::MissingFile, Location::file(path), message));
    };
    let file = match text {
        Ok(text) => match serde_saphyr::from_str::<Option<ProfileFile>>(&text) {
            Ok(file) => Some(file.unwrap_or_default()),
            Err(error) => {
                let reason = error.to_string();
                let reason = reason.lines().next().unwrap_or("no YAML");
                let reason = reason.trim_start_matches("error: ");
                say(format!("not a profile ({reason}); the mentor goes by its id"));
                None
            }
        },
        Err(error) => {
            let absent = files::is_absent(path);
            let reason = if absent { absent_file(path) } else { error.reason() };
            say(format!("{reason}; the mentor goes by its id"));
            None
        }
    };
    let whole = file.is_some();
    let file = file.unwrap_or_default();
    let mut field = |key: &str, value: Option<String>, fallback: &str| {
        let value = value.map(|v| v.trim().to_owned()).filter(|v| !v.is_empty());
        value.unwrap_or_else(|| {
            if whole {
                say(format!("no `{key}`; `{fallback}` stands in"));
            }
            fallback.to_owned()
        })
    };
    let profile = Profile {
        name: field("name", file.name, id),
        short_name: field("short_name", file.short_name, id),
        title: field("title", file.title, "mentor"),
    };
    (profile, findings)
}
