//! `profile.yml`: who the mentor is.

use std::path::Path;

use serde::{Deserialize, Serialize};

use super::finding::{Finding, FindingKind};
use super::table::read_text;
use crate::error::Place;

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

#[derive(Deserialize)]
struct ProfileFile {
    name: Option<String>,
    short_name: Option<String>,
    title: Option<String>,
}

/// Reads the profile; what is missing or unreadable is made from the mentor's `id` and said.
pub(super) fn read(path: &Path, id: &str) -> (Profile, Vec<Finding>) {
    let mut findings = Vec::new();
    let mut say = |message: String| {
        findings.push(Finding::new(FindingKind::MissingFile, Place::file(path), message));
    };
    let file = match read_text(path) {
        Ok((text, _)) => serde_saphyr::from_str(&text).unwrap_or_else(|e| {
            let reason = e.to_string();
            let reason = reason.lines().next().unwrap_or("no YAML").to_owned();
            say(format!("not a profile ({reason}); the mentor goes by its id"));
            None
        }),
        Err(error) => {
            let reason = if path.exists() { error.to_string() } else { "no such file".to_owned() };
            say(format!("{reason}; the mentor goes by its id"));
            None
        }
    };
    let whole = file.is_some();
    let file = file.unwrap_or(ProfileFile { name: None, short_name: None, title: None });
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
