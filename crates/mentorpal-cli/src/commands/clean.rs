//! `mentorpal clean`: removes local checkpoints and vector models.

use std::path::PathBuf;

use serde_json::{Value, json};

use super::console::{self, bytes, lines, table};
use super::transfer_reporter::TransferReporter;
use super::{ExitStatus, sharing};
use crate::cli::CleanArgs;
use mentorpal::cleaning::{Cleanable, ItemName, Kept, MixedFolder, SizedPath};
use mentorpal::config::Settings;
use mentorpal::error::{Error, ErrorKind, Result};
use mentorpal::remote::Remote;
use mentorpal::text::format::{count, quoted_list};
use mentorpal::workspace::VectorModelName;

pub(super) fn run(settings: &Settings, args: &CleanArgs) -> Result<ExitStatus> {
    let mut found = Cleanable::find(&settings.workspace)?;
    if args.dry_run {
        print(&found, args, "would remove")?;
        if !args.force && settings.remote.is_some() {
            warn_of_refusal(&mut found, settings, args)?;
        }
        return Ok(ExitStatus::Success);
    }
    let remote = if args.force || found.items.is_empty() {
        None
    } else {
        Some(check_copies(&mut found, settings, args)?)
    };
    let (removed, failed) = found.remove(&settings.workspace, remote.as_ref());
    if failed.is_none() || !removed.is_empty() {
        print(&removed, args, "removed")?;
    }
    failed.map_or(Ok(ExitStatus::Success), Err)
}

/// Checks that the remote has a copy of every item; returns the remote.
///
/// # Errors
/// If an item has no copy, or no remote is configured.
fn check_copies(found: &mut Cleanable, settings: &Settings, args: &CleanArgs) -> Result<Remote> {
    if settings.remote.is_none() {
        console::note(listing(found));
        let what = "no remote is configured, so the local copies may be the only ones";
        return Err(Error::new(what).hint("pass --force to remove them anyway"));
    }
    let remote = sharing::remote(settings, args.remote)?;
    let Some(only_here) = only_here(found, settings, &remote)? else { return Ok(remote) };
    console::note(listing(found));
    let hint = "upload the missing items first, or pass --force to remove them anyway";
    Err(Error::new(only_here).with_kind(ErrorKind::NotFound).hint(hint))
}

/// Warns in a dry run that items without a remote copy would not be removed.
fn warn_of_refusal(found: &mut Cleanable, settings: &Settings, args: &CleanArgs) -> Result<()> {
    if found.items.is_empty() {
        return Ok(());
    }
    let remote = sharing::remote(settings, args.remote)?;
    if let Some(only_here) = only_here(found, settings, &remote)? {
        console::warn(format_args!("nothing would be removed without --force: {only_here}"));
    }
    Ok(())
}

/// The message about items that have no copy on the remote, with the reasons; `None` if all have one.
fn only_here(
    found: &mut Cleanable,
    settings: &Settings,
    remote: &Remote,
) -> Result<Option<String>> {
    let mut only_here = Vec::new();
    for item in &mut found.items {
        let reporter = TransferReporter::new(item.name.to_string(), false);
        if let Some(why) = item.why_only_here(&settings.workspace, remote, &reporter)? {
            only_here.push(format!("{} ({why})", item.name));
        }
    }
    let message = format!("the remote has no copy of {}", only_here.join(", "));
    Ok(Some(message).filter(|_| !only_here.is_empty()))
}

fn print(found: &Cleanable, args: &CleanArgs, done: &str) -> Result<()> {
    report_kept(&found.kept);
    if args.json {
        return print_json(found, args);
    }
    if found.is_empty() {
        return console::line("nothing to remove");
    }
    console::line(listing(found))?;
    console::line(format_args!("{done} {}", count(found.checkpoints().count(), "checkpoint")))
}

fn print_json(found: &Cleanable, args: &CleanArgs) -> Result<()> {
    let kept = &found.kept;
    let mut object = json!({
        "dry_run": args.dry_run,
        "checkpoints": found.checkpoints().map(ToString::to_string).collect::<Vec<_>>(),
        "kept": kept.legacy.iter().map(ToString::to_string).collect::<Vec<_>>(),
        "vector_models": found.vector_models().map(VectorModelName::as_str).collect::<Vec<_>>(),
        "cache": found.cache.as_ref().map(|cache| console::path(&cache.path)),
        "unfinished": paths(found.unfinished.iter().map(|folder| &folder.path)),
        "others": paths(&kept.others),
    });
    let with_others = |mixed: &MixedFolder| json!({ "folder": console::path(&mixed.folder), "files": mixed.others });
    // These keys are present only if there is something to list.
    for (key, values) in [
        ("drafts", paths(found.drafts.iter().map(|draft| &draft.path))),
        ("with_other_files", kept.with_others.iter().map(with_others).collect()),
        ("in_use", paths(&kept.in_use)),
    ] {
        if !values.is_empty() {
            object[key] = values.into();
        }
    }
    console::json(&object)
}

/// A table of the items with their sizes.
fn listing(found: &Cleanable) -> String {
    let mut table = table(["checkpoint", "size"], &[1]);
    for item in &found.items {
        let name = match &item.name {
            ItemName::Checkpoint(name) => name.to_string(),
            ItemName::Vectors(name) => format!("vector model {name}"),
        };
        table.add_row([name, bytes(item.bytes)]);
    }
    if let Some(cache) = &found.cache {
        table.add_row(["cached vectors".to_owned(), bytes(cache.bytes)]);
    }
    for (noun, folders) in
        [("unfinished downloads", &found.unfinished), ("drafts of killed processes", &found.drafts)]
    {
        if !folders.is_empty() {
            let size = |folder: &SizedPath| folder.bytes;
            table.add_row([noun.to_owned(), bytes(folders.iter().map(size).sum())]);
        }
    }
    lines(&table)
}

/// Prints why each item is kept.
fn report_kept(kept: &Kept) {
    for name in &kept.legacy {
        console::note(format_args!(
            "`{name}` is kept: the Python pipeline created it, and it cannot be created again"
        ));
    }
    for path in &kept.others {
        console::note(format_args!("`{}` is kept: it is not a vector model", path.display()));
    }
    for MixedFolder { folder, others } in &kept.with_others {
        console::note(format_args!(
            "`{}` is kept: it contains other files ({}); move them out of the folder and run the \
             command again",
            folder.display(),
            quoted_list(others.iter().map(|file| file.escape_debug().to_string()))
        ));
    }
    for path in &kept.in_use {
        console::note(format_args!("`{}` is kept: a download is using it", path.display()));
    }
}

/// Paths as JSON values.
fn paths<'a>(paths: impl IntoIterator<Item = &'a PathBuf>) -> Vec<Value> {
    paths.into_iter().map(|path| console::path(path).into()).collect()
}
