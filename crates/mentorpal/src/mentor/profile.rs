//! `profile.yml`: the mentor's name and title.

use std::path::Path;

use serde::{Deserialize, Serialize};

use super::finding::{Finding, FindingKind, absent_file};
use super::table::read_text;
use crate::error::Location;
use crate::files;

/// The file's name in a mentor's `data` folder.
pub(super) const FILE: &str = "profile.yml";

/// The mentor's name and title.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Profile {
    /// The full name.
    pub name: String,
    /// The name to call the mentor by.
    pub short_name: String,
    /// The mentor's role, e.g. “Student Naval Aviator”.
    pub title: String,
}

#[derive(Default, Deserialize)]
struct ProfileFile {
    name: Option<String>,
    short_name: Option<String>,
    title: Option<String>,
}

/// Reads the profile. Missing or unreadable fields are filled from the mentor's `id`, with a finding
/// for each; the encoding is checked, too.
pub(super) fn read(path: &Path, id: &str) -> (Profile, Vec<Finding>) {
    let mut findings = Vec::new();
    let text = read_text(path).map(|(text, noticed)| {
        findings = noticed;
        text
    });
    let mut add = |message: String| {
        findings.push(Finding::new(FindingKind::MissingFile, Location::file(path), message));
    };
    let file = match text {
        Ok(text) => match serde_saphyr::from_str::<Option<ProfileFile>>(&text) {
            Ok(file) => Some(file.unwrap_or_default()),
            Err(error) => {
                let reason = error.to_string();
                let reason = reason.lines().next().unwrap_or("invalid YAML");
                let reason = reason.trim_start_matches("error: ");
                add(format!("invalid profile ({reason}); the mentor's id is used as its name"));
                None
            }
        },
        Err(error) => {
            let absent = files::is_absent(path);
            let reason = if absent { absent_file(path) } else { error.reason() };
            add(format!("{reason}; the mentor's id is used as its name"));
            None
        }
    };
    let is_valid = file.is_some();
    let file = file.unwrap_or_default();
    let mut field = |key: &str, value: Option<String>, fallback: &str| {
        let value = value.map(|v| v.trim().to_owned()).filter(|v| !v.is_empty());
        value.unwrap_or_else(|| {
            if is_valid {
                add(format!("no `{key}`; `{fallback}` is used"));
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
