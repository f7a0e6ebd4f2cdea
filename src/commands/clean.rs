//! `mentorpal clean`: removes local checkpoints and vector models.

use std::fs;
use std::path::Path;

use serde_json::json;

use super::Outcome;
use super::console::{self, bytes, lines, table};
use crate::checkpoint::{self, Checkpoint};
use crate::cli::CleanArgs;
use crate::config::Settings;
use crate::error::{Error, Result, count};

pub(super) fn run(settings: &Settings, args: &CleanArgs) -> Result<Outcome> {
    let checkpoints: Vec<Checkpoint> =
        checkpoint::list(&settings.workspace, None)?.into_iter().collect::<Result<_>>()?;
    let vector_models = Some(settings.workspace.vector_models()).filter(|folder| folder.is_dir());
    if args.dry_run {
        say(args, &checkpoints, vector_models.as_deref(), "would remove")?;
        return Ok(Outcome::Done);
    }
    let nothing = checkpoints.is_empty() && vector_models.is_none();
    if !args.force && !nothing {
        console::note(listing(&checkpoints, vector_models.as_deref()));
        return Err(Error::new("no remote can be asked for copies, so these may be the only ones")
            .hint("remove them all the same with --force"));
    }
    for checkpoint in &checkpoints {
        checkpoint::remove(checkpoint)?;
    }
    if let Some(folder) = &vector_models {
        fs::remove_dir_all(folder).map_err(|e| Error::io(folder, "remove the folder", e))?;
    }
    say(args, &checkpoints, vector_models.as_deref(), "removed")?;
    Ok(Outcome::Done)
}

fn say(
    args: &CleanArgs,
    checkpoints: &[Checkpoint],
    vector_models: Option<&Path>,
    done: &str,
) -> Result<()> {
    if args.json {
        let names: Vec<String> = checkpoints.iter().map(|c| c.name.to_string()).collect();
        return console::json(&json!({
            "dry_run": args.dry_run,
            "checkpoints": names,
            "vector_models": vector_models,
        }));
    }
    if checkpoints.is_empty() && vector_models.is_none() {
        return console::line("nothing to remove");
    }
    console::line(listing(checkpoints, vector_models))?;
    console::line(format_args!("{done} {}", count(checkpoints.len(), "checkpoint")))
}

fn listing(checkpoints: &[Checkpoint], vector_models: Option<&Path>) -> String {
    let mut table = table(["checkpoint", "size"], &[1]);
    for checkpoint in checkpoints {
        table.add_row([checkpoint.name.to_string(), bytes(checkpoint.size())]);
    }
    if let Some(folder) = vector_models {
        table.add_row(["vector models".to_owned(), bytes(size_below(folder))]);
    }
    lines(&table)
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
