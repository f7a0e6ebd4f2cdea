//! `mentorpal clean`: removes local checkpoints and vector models.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::json;

use super::console::{self, bytes, lines, table};
use super::{Outcome, sharing};
use crate::checkpoint::{self, CheckpointRef};
use crate::cli::CleanArgs;
use crate::config::Settings;
use crate::error::{Error, Result, count};
use crate::remote::{self, Here, Item, Remote, Unshared};
use crate::vectors;
use crate::workspace::Workspace;

/// What there is to remove, measured while it is there.
struct Found {
    checkpoints: Vec<(CheckpointRef, u64)>,
    /// Those of the older tool, which nothing can make again: they stay.
    kept: Vec<CheckpointRef>,
    vector_models: Option<(PathBuf, u64)>,
    /// What interrupted downloads of checkpoints left.
    unfinished: Vec<(PathBuf, u64)>,
}

pub(super) fn run(settings: &Settings, args: &CleanArgs) -> Result<Outcome> {
    let found = Found::in_workspace(&settings.workspace)?;
    if args.dry_run {
        found.say(args, "would remove")?;
        if !args.force && settings.remote.is_some() {
            found.warn_of_refusal(settings, args)?;
        }
        return Ok(Outcome::Done);
    }
    if !args.force && !found.is_empty() {
        found.check_copies(settings, args)?;
    }
    for (checkpoint, _) in &found.checkpoints {
        checkpoint::remove(&settings.workspace, checkpoint)?;
    }
    for (folder, _) in found.vector_models.iter().chain(&found.unfinished) {
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
        let mut unfinished = remote::unfinished_downloads(workspace)?;
        unfinished.retain(|folder| !folder.starts_with(workspace.vector_models()));
        let with_size = |folder: PathBuf| {
            let size = size_below(&folder);
            (folder, size)
        };
        let unfinished = unfinished.into_iter().map(with_size).collect();
        Ok(Self { checkpoints, kept, vector_models, unfinished })
    }

    fn is_empty(&self) -> bool {
        self.checkpoints.is_empty() && self.vector_models.is_none() && self.unfinished.is_empty()
    }

    /// Refuses to remove what the remote has no copy of.
    fn check_copies(&self, settings: &Settings, args: &CleanArgs) -> Result<()> {
        if settings.remote.is_none() {
            console::note(self.listing());
            let what = "no remote can be asked for copies, so these may be the only ones";
            return Err(Error::new(what).hint("remove them all the same with --force"));
        }
        let Some(only_here) = self.only_here(settings, args)? else { return Ok(()) };
        console::note(self.listing());
        let hint = "upload them first, or remove them all the same with --force";
        Err(Error::new(only_here).hint(hint))
    }

    /// Says of a dry run what would be refused.
    fn warn_of_refusal(&self, settings: &Settings, args: &CleanArgs) -> Result<()> {
        if let Some(only_here) = self.only_here(settings, args)? {
            console::warn(format_args!("without --force nothing would be removed: {only_here}"));
        }
        Ok(())
    }

    /// What the remote has no copy of, and why, if there is something.
    fn only_here(&self, settings: &Settings, args: &CleanArgs) -> Result<Option<String>> {
        let workspace = &settings.workspace;
        let mut items: Vec<Item> =
            self.checkpoints.iter().map(|(name, _)| Item::checkpoint(workspace, name)).collect();
        for name in vectors::names(workspace)? {
            items.push(Item::vectors(workspace, &name)?);
        }
        if items.is_empty() {
            return Ok(None);
        }
        let remote = sharing::remote(settings, args.remote)?;
        let mut only_here = Vec::new();
        for item in items {
            if let Some(why) = why_only_here(&remote, &item)? {
                only_here.push(format!("{item} ({why})"));
            }
        }
        let said = format!("the remote has no copy of {}", only_here.join(", "));
        Ok(Some(said).filter(|_| !only_here.is_empty()))
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
        if !self.unfinished.is_empty() {
            let size = self.unfinished.iter().map(|(_, size)| size).sum();
            table.add_row(["unfinished downloads".to_owned(), bytes(size)]);
        }
        lines(&table)
    }
}

/// Why the remote is no safe place for an item that is here, if it is none.
fn why_only_here(remote: &Remote, item: &Item) -> Result<Option<&'static str>> {
    Ok(match item.here()? {
        Here::Absent => None,
        // Which of the two is right, nobody can say.
        Here::Damaged(..) => Some("damaged here"),
        Here::Whole(contents) => remote.has_copy(item, &contents)?.err().map(|why| match why {
            Unshared::Absent => "not there",
            Unshared::Different => "another of this name is there",
            Unshared::Damaged => "damaged there",
        }),
    })
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
