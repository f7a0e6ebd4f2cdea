//! `mentorpal checkpoints --remote` and `checkpoints verify --remote`.

use serde_json::json;

use super::console::{self, bytes, lines, table};
use super::transfer_reporter::TransferReporter;
use super::verify_report::{VerifyReport, report_unopened};
use super::{ExitStatus, clock, listed, sharing};
use crate::cli::{CheckpointsArgs, RemoteFlags};
use mentorpal::checkpoint::CheckpointRef;
use mentorpal::config::Settings;
use mentorpal::error::{ErrorKind, Result};
use mentorpal::remote::Item;

pub(super) fn list(settings: &Settings, args: &CheckpointsArgs) -> Result<ExitStatus> {
    let remote = sharing::remote(settings, args.remote_flags)?;
    let mut table = table(["checkpoint", "created", "mentors", "size", "here"], &[3]);
    let mut unreadable = 0;
    for checkpoint in remote.checkpoints(&settings.workspace)? {
        let checkpoint = match checkpoint {
            Ok(checkpoint) => checkpoint,
            Err(error) => {
                console::error(&error);
                unreadable += 1;
                continue;
            }
        };
        let (name, mentors) = (&checkpoint.name, &checkpoint.mentors);
        if args.arch.is_some() && name.arch != settings.arch {
            continue;
        }
        let is_here = name.folder(&settings.workspace).is_dir();
        if args.json {
            console::json(&json!({
                "arch": name.arch.as_str(),
                "checkpoint": name.checkpoint.as_str(),
                "url": checkpoint.url,
                "mentors": mentors,
                "created": checkpoint.created,
                "here": is_here,
            }))?;
        } else {
            table.add_row([
                name.to_string(),
                clock::shown(&checkpoint.created),
                mentors.join(", "),
                bytes(checkpoint.size),
                if is_here { "yes" } else { "no" }.to_owned(),
            ]);
        }
    }
    if !args.json && !table.is_empty() {
        console::line(lines(&table))?;
    } else if !args.json && unreadable == 0 {
        console::note(
            "no checkpoints on the remote; upload a checkpoint with `mentorpal upload \
             ARCH/CHECKPOINT`",
        );
    }
    listed(unreadable, "checkpoint")
}

pub(super) fn verify(
    settings: &Settings,
    name: Option<&str>,
    flags: RemoteFlags,
    as_json: bool,
) -> Result<ExitStatus> {
    let remote = sharing::remote(settings, flags)?;
    let names = match name {
        Some(name) => vec![CheckpointRef::parse(name, &settings.arch)?],
        None => remote.checkpoint_names()?,
    };
    if names.is_empty() {
        console::note("no checkpoints on the remote");
    }
    let mut outcome = ExitStatus::Success;
    for checkpoint in names {
        let item = Item::checkpoint(&settings.workspace, &checkpoint);
        let reporter = TransferReporter::new(item.to_string(), false);
        let found = match remote.verify(&item, &reporter) {
            Ok(found) => found,
            // A named checkpoint that the remote does not have, or a remote that cannot be used, is an error
            // of the command. Everything else is a fault of the checkpoint.
            Err(error)
                if name.is_some()
                    && matches!(
                        error.kind(),
                        ErrorKind::NotFound | ErrorKind::Unauthorized | ErrorKind::Unreachable
                    ) =>
            {
                return Err(error);
            }
            Err(error) => {
                report_unopened(&checkpoint, &error, as_json)?;
                outcome = ExitStatus::Negative;
                continue;
            }
        };
        drop(reporter);
        let found = VerifyReport { files: found.files, digests: true, faults: found.corrupt };
        if !found.report(&checkpoint, as_json)? {
            outcome = ExitStatus::Negative;
        }
    }
    Ok(outcome)
}
