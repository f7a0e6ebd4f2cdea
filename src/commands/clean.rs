//! `mentorpal clean`: removes local checkpoints and vector models.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::json;

use super::Outcome;
use super::console::{self, bytes, lines, table};
use crate::checkpoint::{self, CheckpointRef};
use crate::cli::CleanArgs;
use crate::config::Settings;
use crate::error::{Error, Result, count};
use crate::workspace::Workspace;

/// What there is to remove, measured while it is there.
struct Found {
    checkpoints: Vec<(CheckpointRef, u64)>,
    /// Those of the older tool, which nothing can make again: they stay.
    kept: Vec<CheckpointRef>,
    vector_models: Option<(PathBuf, u64)>,
}

pub(super) fn run(settings: &Settings, args: &CleanArgs) -> Result<Outcome> {
    let found = Found::in_workspace(&settings.workspace)?;
    if args.dry_run {
        found.say(args, "would remove")?;
        return Ok(Outcome::Done);
    }
    if !args.force && !found.is_empty() {
        console::note(found.listing());
        return Err(Error::new("no remote can be asked for copies, so these may be the only ones")
            .hint("remove them all the same with --force"));
    }
    for (checkpoint, _) in &found.checkpoints {
        checkpoint::remove(&settings.workspace, checkpoint)?;
    }
    if let Some((folder, _)) = &found.vector_models {
        fs::remove_dir_all(folder).map_err(|e| Error::io(folder, "remove the folder", e))?;
    }
    found.say(args, "removed")?;
    Ok(Outcome::Done)
}

impl Found {
    fn in_workspace(workspace: &Workspace) -> Result<Self> {
        let with_size = |name: CheckpointRef| {
            let size = size_below(&name.folder(workspace));
            (name, size)
        };
        let (kept, checkpoints) = checkpoint::names(workspace, None)?
            .into_iter()
            .partition::<Vec<_>, _>(|name| checkpoint::legacy(workspace, name).is_some());
        let checkpoints = checkpoints.into_iter().map(with_size).collect();
        let vector_models = Some(workspace.vector_models()).filter(|folder| folder.is_dir());
        let vector_models = vector_models.map(|folder| (folder.clone(), size_below(&folder)));
        Ok(Self { checkpoints, kept, vector_models })
    }

    fn is_empty(&self) -> bool {
        self.checkpoints.is_empty() && self.vector_models.is_none()
    }

    fn say(&self, args: &CleanArgs, done: &str) -> Result<()> {
        for name in &self.kept {
            console::note(format_args!(
                "`{name}` stays: the older tool made it, and nothing can make it again"
            ));
        }
        if args.json {
            let names: Vec<_> = self.checkpoints.iter().map(|(name, _)| name.to_string()).collect();
            return console::json(&json!({
                "dry_run": args.dry_run,
                "checkpoints": names,
                "kept": self.kept.iter().map(ToString::to_string).collect::<Vec<_>>(),
                "vector_models": self.vector_models.as_ref().map(|(folder, _)| folder),
            }));
        }
        if self.is_empty() {
            return console::line("nothing to remove");
        }
        console::line(self.listing())?;
        console::line(format_args!("{done} {}", count(self.checkpoints.len(), "checkpoint")))
    }

    fn listing(&self) -> String {
        let mut table = table(["checkpoint", "size"], &[1]);
        for (name, size) in &self.checkpoints {
            table.add_row([name.to_string(), bytes(*size)]);
        }
        if let Some((_, size)) = &self.vector_models {
            table.add_row(["vector models".to_owned(), bytes(*size)]);
        }
        lines(&table)
    }
}

/// The size of the files below `folder`, as far as they can be listed; links are not followed.
fn size_below(folder: &Path) -> u64 {
    let Ok(entries) = fs::read_dir(folder) else { return 0 };
    let size = |entry: fs::DirEntry| match entry.metadata() {
        Ok(metadata) if metadata.is_dir() => size_below(&entry.path()),
        Ok(metadata) => metadata.len(),
        Err(_) => 0,
    };
    entries.flatten().map(size).sum()
}
