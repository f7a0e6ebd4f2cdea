//! `mentorpal clean`: removes local checkpoints and vector models.
//!
//! | file | content |
//! |---|---|
//! | `published.rs` | one checkpoint or vector model: comparison with its remote copy, and removal |
//! | `found.rs` | everything in the workspace that can be removed, and what is kept |

mod found;
mod published;

use self::found::Found;
use super::console;
use super::{ExitStatus, sharing};
use crate::cli::CleanArgs;
use crate::config::Settings;
use crate::error::{Error, ErrorKind, Result};
use crate::remote::Remote;

pub(super) fn run(settings: &Settings, args: &CleanArgs) -> Result<ExitStatus> {
    let mut found = Found::in_workspace(&settings.workspace)?;
    if args.dry_run {
        found.print(args, "would remove")?;
        if !args.force && settings.remote.is_some() {
            warn_of_refusal(&mut found, settings, args)?;
        }
        return Ok(ExitStatus::Success);
    }
    let remote = if args.force || found.published.is_empty() {
        None
    } else {
        Some(check_copies(&mut found, settings, args)?)
    };
    let (removed, failed) = found.remove(&settings.workspace, remote.as_ref());
    if failed.is_none() || !removed.is_empty() {
        removed.print(args, "removed")?;
    }
    failed.map_or(Ok(ExitStatus::Success), Err)
}

/// Checks that the remote has a copy of every item; returns the remote.
///
/// # Errors
/// If an item has no copy, or no remote is configured.
fn check_copies(found: &mut Found, settings: &Settings, args: &CleanArgs) -> Result<Remote> {
    if settings.remote.is_none() {
        console::note(found.listing());
        let what = "no remote is configured, so these may be the only copies";
        return Err(Error::new(what).hint("pass --force to remove them anyway"));
    }
    let remote = sharing::remote(settings, args.remote)?;
    let Some(only_here) = only_here(found, settings, &remote)? else { return Ok(remote) };
    console::note(found.listing());
    let hint = "upload them first, or pass --force to remove them anyway";
    Err(Error::new(only_here).with_kind(ErrorKind::NotFound).hint(hint))
}

/// Warns in a dry run that items without a remote copy would not be removed.
fn warn_of_refusal(found: &mut Found, settings: &Settings, args: &CleanArgs) -> Result<()> {
    if found.published.is_empty() {
        return Ok(());
    }
    let remote = sharing::remote(settings, args.remote)?;
    if let Some(only_here) = only_here(found, settings, &remote)? {
        console::warn(format_args!("nothing would be removed without --force: {only_here}"));
    }
    Ok(())
}

/// The message about items that have no copy on the remote, with the reasons; `None` if all have one.
fn only_here(found: &mut Found, settings: &Settings, remote: &Remote) -> Result<Option<String>> {
    let mut only_here = Vec::new();
    for published in &mut found.published {
        if let Some(why) = published.why_only_here(&settings.workspace, remote)? {
            only_here.push(format!("{} ({why})", published.name()));
        }
    }
    let message = format!("the remote has no copy of {}", only_here.join(", "));
    Ok(Some(message).filter(|_| !only_here.is_empty()))
}
