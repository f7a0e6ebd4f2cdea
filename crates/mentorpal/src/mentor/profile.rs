//! `profile.yml`: the mentor's name and title.

use std::path::Path;

use serde::Serialize;

use super::finding::{Finding, FindingKind, absent_file};
use super::table::read_text;
use super::yaml::{Value, read_mapping};
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

#[derive(Default)]
struct ProfileFile {
    name: Option<String>,
    short_name: Option<String>,
    title: Option<String>,
}

impl ProfileFile {
    /// # Errors
    /// A message, if the text is not a YAML mapping, or if one of the fields is not a text.
    fn parse(text: &str) -> Result<Self, String> {
        let mut mapping = read_mapping(text)?;
        let mut field = |key: &str| match mapping.remove(key) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::Text(text)) => Ok(Some(text)),
            Some(Value::Nested) => Err(format!("`{key}` is a list or a mapping, expected a text")),
        };
        Ok(Self { name: field("name")?, short_name: field("short_name")?, title: field("title")? })
    }
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
        Ok(text) => match ProfileFile::parse(&text) {
            Ok(file) => Some(file),
            Err(reason) => {
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
