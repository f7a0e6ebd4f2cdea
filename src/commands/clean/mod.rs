//! `mentorpal clean`: removes local checkpoints and vector models.
//!
//! | file | what is in it |
//! |---|---|
//! | `published.rs` | a checkpoint or vector model that is to be removed, and whether it may be |
//! | `found.rs` | all that there is to remove, and what stays |

mod found;
mod published;

use self::found::Found;
use super::console;
use super::{Outcome, sharing};
use crate::cli::CleanArgs;
use crate::config::Settings;
use crate::error::{Error, Result};
use crate::remote::Remote;

pub(super) fn run(settings: &Settings, args: &CleanArgs) -> Result<Outcome> {
    let mut found = Found::in_workspace(&settings.workspace)?;
    if args.dry_run {
        found.say(args, "would remove")?;
        if !args.force && settings.remote.is_some() {
            warn_of_refusal(&mut found, settings, args)?;
        }
        return Ok(Outcome::Done);
    }
    let remote = if args.force || found.published.is_empty() {
        None
    } else {
        Some(check_copies(&mut found, settings, args)?)
    };
    let (removed, failed) = found.remove(&settings.workspace, remote.as_ref());
    if failed.is_none() || !removed.is_empty() {
        removed.say(args, "removed")?;
    }
    failed.map_or(Ok(Outcome::Done), Err)
}

/// Refuses to remove what the remote has no copy of; the remote that was asked.
fn check_copies(found: &mut Found, settings: &Settings, args: &CleanArgs) -> Result<Remote> {
    if settings.remote.is_none() {
        console::note(found.listing());
        let what = "no remote can be asked for copies, so these may be the only ones";
        return Err(Error::new(what).hint("remove them all the same with --force"));
    }
    let remote = sharing::remote(settings, args.remote)?;
    let Some(only_here) = only_here(found, settings, &remote)? else { return Ok(remote) };
    console::note(found.listing());
    let hint = "upload them first, or remove them all the same with --force";
    Err(Error::new(only_here).hint(hint))
}

/// Says of a dry run what would be refused.
fn warn_of_refusal(found: &mut Found, settings: &Settings, args: &CleanArgs) -> Result<()> {
    if found.published.is_empty() {
        return Ok(());
    }
    let remote = sharing::remote(settings, args.remote)?;
    if let Some(only_here) = only_here(found, settings, &remote)? {
        console::warn(format_args!("without --force nothing would be removed: {only_here}"));
    }
    Ok(())
}

/// What the remote has no copy of, and why, if there is something.
fn only_here(found: &mut Found, settings: &Settings, remote: &Remote) -> Result<Option<String>> {
    let mut only_here = Vec::new();
    for published in &mut found.published {
        if let Some(why) = published.why_only_here(&settings.workspace, remote)? {
            only_here.push(format!("{} ({why})", published.name()));
        }
    }
    let said = format!("the remote has no copy of {}", only_here.join(", "));
    Ok(Some(said).filter(|_| !only_here.is_empty()))
}
