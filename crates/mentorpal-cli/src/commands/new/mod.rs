//! `mentorpal new DIR`: creates a workspace with an example mentor.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::json;

use super::ExitStatus;
use super::console::{self, GOOD};
use crate::cli::NewArgs;
use mentorpal::error::{Error, ErrorKind, Location, Result};
use mentorpal::text::format::shell_word;

/// The files of a new workspace.
const FILES: [(&str, &str); 8] = [
    ("mentorpal.toml", include_str!("template/mentorpal.toml")),
    (".gitignore", include_str!("template/gitignore")),
    ("mentor/example/data/classifier_data.csv", include_str!("template/classifier_data.csv")),
    ("mentor/example/data/topics.csv", include_str!("template/topics.csv")),
    ("mentor/example/data/profile.yml", include_str!("template/profile.yml")),
    ("mentor/example/data/utterance_data.csv", include_str!("template/utterance_data.csv")),
    ("checkpoint/tests/example/example.csv", include_str!("template/test_set.csv")),
    ("README.md", include_str!("template/README.md")),
];

pub(super) fn run(args: &NewArgs) -> Result<ExitStatus> {
    let dir = &args.dir;
    let occupied = match fs::read_dir(dir) {
        Ok(mut entries) => entries.next().is_some(),
        Err(_) => dir.symlink_metadata().is_ok(),
    };
    if occupied {
        return Err(Error::at(Location::file(dir), "already exists and is not an empty folder")
            .with_kind(ErrorKind::AlreadyExists)
            .hint("choose a folder that does not exist, or an empty one"));
    }
    let parent = dir.parent().filter(|parent| !parent.as_os_str().is_empty());
    let parent = parent.map_or_else(|| PathBuf::from("."), Path::to_owned);
    fs::create_dir_all(&parent).map_err(|e| Error::io(&parent, "create the folder", e))?;
    if dir.is_dir() {
        // It may be the current folder (`mentorpal new .`), so it is not replaced.
        write_files(dir)?;
    } else {
        // The files are written to a temporary folder, which is renamed when it is complete.
        let draft = parent.join(format!(".mentorpal-new-{}", std::process::id()));
        let made = write_files(&draft).and_then(|()| {
            fs::rename(&draft, dir).map_err(|e| Error::io(dir, "create the workspace", e))
        });
        if made.is_err() {
            let _ = fs::remove_dir_all(&draft);
        }
        made?;
    }
    if args.json {
        console::json(&json!({ "workspace": console::path(dir) }))?;
        return Ok(ExitStatus::Success);
    }
    console::line(format_args!("{GOOD}created{GOOD:#} a workspace in {}", dir.display()))?;
    let folder = shell_word(&dir.display().to_string());
    console::line(format_args!("try it: cd {folder}; mentorpal train; mentorpal test"))?;
    Ok(ExitStatus::Success)
}

fn write_files(folder: &Path) -> Result<()> {
    for (name, text) in FILES {
        let path = folder.join(name);
        let parent = path.parent().unwrap_or(folder);
        fs::create_dir_all(parent).map_err(|e| Error::io(parent, "create the folder", e))?;
        fs::write(&path, text).map_err(|e| Error::io(&path, "write the file", e))?;
    }
    Ok(())
}
