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
use crate::workspace::{Name, Workspace};

/// What there is to remove, measured while it is there.
struct Found {
    checkpoints: Vec<(CheckpointRef, u64)>,
    /// Those of the older tool, which nothing can make again: they stay.
    kept: Vec<CheckpointRef>,
    vector_models: Vec<(Name, u64)>,
    /// What encoders gave before, which they give again.
    cache: Option<(PathBuf, u64)>,
    /// What interrupted downloads left.
    unfinished: Vec<(PathBuf, u64)>,
    /// What else lies among the vector models, put there by hand: it stays.
    others: Vec<PathBuf>,
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
    for (name, _) in &found.vector_models {
        vectors::remove(&settings.workspace, name)?;
    }
    for (folder, _) in found.cache.iter().chain(&found.unfinished) {
        fs::remove_dir_all(folder).map_err(|e| Error::io(folder, "remove the folder", e))?;
    }
    found.say(args, "removed")?;
    Ok(Outcome::Done)
}

impl Found {
    fn in_workspace(workspace: &Workspace) -> Result<Self> {
        let (kept, checkpoints) = checkpoint::names(workspace, None)?
            .into_iter()
            .partition::<Vec<_>, _>(|name| checkpoint::legacy(workspace, name).is_some());
        let models = vectors::names(workspace)?;
        let others = others(workspace, &models)?;
        let cache = Some(workspace.vector_cache()).filter(|folder| folder.is_dir());
        let unfinished = remote::unfinished_downloads(workspace)?;
        Ok(Self {
            checkpoints: with_sizes(checkpoints, |name| name.folder(workspace)),
            kept,
            vector_models: with_sizes(models, |name| workspace.vector_model(name)),
            cache: with_sizes(cache, PathBuf::clone).pop(),
            unfinished: with_sizes(unfinished, PathBuf::clone),
            others,
        })
    }

    fn is_empty(&self) -> bool {
        let nothing_to_copy = self.checkpoints.is_empty() && self.vector_models.is_empty();
        nothing_to_copy && self.cache.is_none() && self.unfinished.is_empty()
    }

    /// Refuses to remove what the remote has no copy of.
    fn check_copies(&self, settings: &Settings, args: &CleanArgs) -> Result<()> {
        if self.checkpoints.is_empty() && self.vector_models.is_empty() {
            return Ok(());
        }
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
        for (name, _) in &self.vector_models {
            items.push(Item::vectors(workspace, name)?);
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
        for path in &self.others {
            console::note(format_args!(
                "`{}` stays: it is no vector model of this tool",
                path.display()
            ));
        }
        if args.json {
            let checkpoints = self.checkpoints.iter().map(|(name, _)| name.to_string());
            return console::json(&json!({
                "dry_run": args.dry_run,
                "checkpoints": checkpoints.collect::<Vec<_>>(),
                "kept": self.kept.iter().map(ToString::to_string).collect::<Vec<_>>(),
                "vector_models": firsts(&self.vector_models).map(Name::as_str).collect::<Vec<_>>(),
                "cache": self.cache.as_ref().map(|(folder, _)| console::path(folder)),
                "unfinished": firsts(&self.unfinished).map(|path| console::path(path)).collect::<Vec<_>>(),
                "others": self.others.iter().map(|path| console::path(path)).collect::<Vec<_>>(),
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
        for (name, size) in &self.vector_models {
            table.add_row([format!("vector model {name}"), bytes(*size)]);
        }
        if let Some((_, size)) = &self.cache {
            table.add_row(["cached vectors".to_owned(), bytes(*size)]);
        }
        if !self.unfinished.is_empty() {
            let size = self.unfinished.iter().map(|(_, size)| size).sum();
            table.add_row(["unfinished downloads".to_owned(), bytes(size)]);
        }
        lines(&table)
    }
}

fn with_sizes<T>(
    items: impl IntoIterator<Item = T>,
    folder: impl Fn(&T) -> PathBuf,
) -> Vec<(T, u64)> {
    let with_size = |item: T| {
        let size = size_below(&folder(&item));
        (item, size)
    };
    items.into_iter().map(with_size).collect()
}

fn firsts<T>(pairs: &[(T, u64)]) -> impl Iterator<Item = &T> {
    pairs.iter().map(|(first, _)| first)
}

/// What lies among the vector models and is none, sorted; what is hidden is this tool's own.
fn others(workspace: &Workspace, models: &[Name]) -> Result<Vec<PathBuf>> {
    let folder = workspace.vector_models();
    if !folder.is_dir() {
        return Ok(Vec::new());
    }
    let failed = |e| Error::io(&folder, "list the folder", e);
    let mut others = Vec::new();
    for entry in fs::read_dir(&folder).map_err(failed)? {
        let name = entry.map_err(failed)?.file_name();
        let is_known = name.to_str().is_some_and(|name| models.iter().any(|model| model.is(name)));
        if !is_known && !name.to_string_lossy().starts_with('.') {
            others.push(folder.join(name));
        }
    }
    others.sort();
    Ok(others)
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
