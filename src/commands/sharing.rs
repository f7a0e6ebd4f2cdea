//! `mentorpal init`, `download`, `upload`, `vectors download`, `vectors upload`.

use std::time::Instant;

use serde_json::json;

use super::console::{self, GOOD, bytes};
use super::sweep::sweep;
use super::transfer_reporter::TransferReporter;
use super::{ExitStatus, open};
use crate::checkpoint::{self, Checkpoint, CheckpointRef, VectorsRecord};
use crate::cli::{
    DownloadArgs, InitArgs, RemoteFlags, UploadArgs, VectorsDownloadArgs, VectorsUploadArgs,
};
use crate::config::Settings;
use crate::error::{Error, Result, count};
use crate::remote::{Contents, Here, Item, Options, Remote, RemoteCheckpoint, Transferred};
use crate::vectors::{self, EMBEDDED};
use crate::workspace::{Name, Workspace};

/// Gets ready to ask the remote; what should be looked at is a warning.
pub(super) fn remote(settings: &Settings, flags: RemoteFlags) -> Result<Remote> {
    let Some(remote) = &settings.remote else {
        return Err(Error::new("no remote is configured").hint(
            "set MENTORPAL_REMOTE, or `url` under `[remote]` in mentorpal.toml; checkpoints can \
             also be copied by hand, folder for folder",
        ));
    };
    let remote = Remote::open(remote, flags.insecure)?;
    if let Some(warning) = remote.warning() {
        console::warn(warning);
    }
    Ok(remote)
}

pub(super) fn init(settings: &Settings, args: &InitArgs) -> Result<ExitStatus> {
    let workspace = &settings.workspace;
    let how = How { json: args.json, options: options(false, args.dry_run) };
    let stable = match settings.asked_for()? {
        None => settings.stable()?,
        named => named,
    };
    if let Some(name) = &stable
        && settings.remote.is_some()
        && let item = Item::checkpoint(workspace, name)
        && let Here::Whole(contents) = item.here()?
        && has_vectors(workspace, name)?
    {
        how.tell_here(&item, &contents)?;
        return Ok(ExitStatus::Success);
    }
    let remote = remote(settings, args.remote)?;
    how.sweep(workspace);
    remote_vectors(workspace, &remote, how)?;
    match &stable {
        Some(name) if checkpoint::legacy(workspace, name).is_some() => {
            console::note(format_args!("`{name}` is here; the older tool made it"));
        }
        Some(name) => how.fetch(&remote, &Item::checkpoint(workspace, name))?,
        None => console::note(
            "no stable checkpoint is named, so none was downloaded: set `checkpoint` in \
             mentorpal.toml, or name one with CHECKPOINT",
        ),
    }
    Ok(ExitStatus::Success)
}

pub(super) fn download(settings: &Settings, args: &DownloadArgs) -> Result<ExitStatus> {
    let name = to_download(settings, args)?;
    checkpoint::refuse_legacy(&settings.workspace, &name)?;
    let how = How { json: args.json, options: options(args.force, args.dry_run) };
    let item = Item::checkpoint(&settings.workspace, &name);
    // Where the item is here and whole, the remote is not even opened.
    if settings.remote.is_none() || !how.is_here(&item)? {
        let remote = remote(settings, args.remote)?;
        how.sweep(&settings.workspace);
        how.fetch(&remote, &item)?;
    }
    Ok(ExitStatus::Success)
}

/// The checkpoint to download: the one named, else the stable one, else the one created last of the
/// remote's.
fn to_download(settings: &Settings, args: &DownloadArgs) -> Result<CheckpointRef> {
    if let Some(name) = &args.checkpoint {
        return CheckpointRef::parse(name, &settings.arch);
    }
    if let Some(name) = settings.asked_for()? {
        return Ok(name);
    }
    if let Some(name) = settings.stable()? {
        open::note_use(&name, open::NAMED_IN_SETTINGS);
        return Ok(name);
    }
    let mut candidates = Vec::new();
    for checkpoint in remote(settings, args.remote)?.checkpoints(&settings.workspace)? {
        match checkpoint {
            Ok(RemoteCheckpoint { name, .. })
                if settings.is_arch_named && name.arch != settings.arch => {}
            Ok(RemoteCheckpoint { name, created, .. }) => {
                candidates.push((checkpoint::time_created(Some(&created)), name));
            }
            Err(error) => open::warn_left_out(&error),
        }
    }
    let Some((_, name)) = candidates.into_iter().max() else {
        let of =
            if settings.is_arch_named { format!(" of `{}`", settings.arch) } else { String::new() };
        return Err(Error::new(format!("no checkpoint{of} on the remote"))
            .hint("upload one: `mentorpal upload ARCH/CHECKPOINT`"));
    };
    open::note_use(&name, "created last on the remote");
    Ok(name)
}

pub(super) fn upload(settings: &Settings, args: &UploadArgs) -> Result<ExitStatus> {
    let name = match &args.checkpoint {
        Some(name) => CheckpointRef::parse(name, &settings.arch)?,
        None => open::chosen(settings)?,
    };
    checkpoint::refuse_legacy(&settings.workspace, &name)?;
    let how = How { json: args.json, options: options(args.force, args.dry_run) };
    let item = Item::checkpoint(&settings.workspace, &name);
    how.send(&remote(settings, args.remote)?, &item)?;
    Ok(ExitStatus::Success)
}

/// Uploads what was trained just now.
pub(super) fn upload_trained(
    settings: &Settings,
    remote: &Remote,
    name: &CheckpointRef,
    json: bool,
) -> Result<()> {
    let how = How { json, options: Options::default() };
    how.send(remote, &Item::checkpoint(&settings.workspace, name))
}

pub(super) fn upload_vectors(settings: &Settings, args: &VectorsUploadArgs) -> Result<ExitStatus> {
    let name = Name::new("vector model", args.name.as_str())?;
    let how = How { json: args.json, options: options(args.force, args.dry_run) };
    let item = Item::vectors(&settings.workspace, &name)?;
    how.send(&remote(settings, args.remote)?, &item)?;
    Ok(ExitStatus::Success)
}

/// Downloads all the remote's vector models.
pub(super) fn download_all_vectors(
    settings: &Settings,
    args: &VectorsDownloadArgs,
) -> Result<ExitStatus> {
    let how = How { json: args.json, options: options(args.overwrite, args.dry_run) };
    let remote = remote(settings, args.remote)?;
    how.sweep(&settings.workspace);
    remote_vectors(&settings.workspace, &remote, how)
}

/// Downloads the vector model `name` from the remote; `None` where it has none of this name, or
/// there is no remote.
pub(super) fn download_vectors(
    settings: &Settings,
    name: &str,
    args: &VectorsDownloadArgs,
) -> Result<Option<ExitStatus>> {
    let is_for_hub = args.name.is_some() || args.licence.is_some();
    let Ok(name) = Name::new("vector model", name) else { return Ok(None) };
    if settings.remote.is_none() || is_for_hub {
        return Ok(None);
    }
    let how = How { json: args.json, options: options(args.overwrite, args.dry_run) };
    let item = Item::vectors(&settings.workspace, &name)?;
    if how.is_here(&item)? {
        return Ok(Some(ExitStatus::Success));
    }
    let remote = remote(settings, args.remote)?;
    if !remote.vector_models()?.contains(&name) {
        console::note(format_args!("the remote has no vector model `{name}`; asking the Hub"));
        return Ok(None);
    }
    how.sweep(&settings.workspace);
    how.fetch(&remote, &item)?;
    Ok(Some(ExitStatus::Success))
}

fn remote_vectors(workspace: &Workspace, remote: &Remote, how: How) -> Result<ExitStatus> {
    let names = remote.vector_models()?;
    if names.is_empty() {
        console::note("the remote has no vector models");
    }
    for name in names.iter().filter(|name| name.as_str() != EMBEDDED) {
        let item = Item::vectors(workspace, name)?;
        if !how.is_here(&item)? {
            how.fetch(remote, &item)?;
        }
    }
    Ok(ExitStatus::Success)
}

/// Whether the vector model that a checkpoint was trained with is here and whole.
fn has_vectors(workspace: &Workspace, name: &CheckpointRef) -> Result<bool> {
    let checkpoint = Checkpoint::open(workspace, name)?;
    let Some(VectorsRecord { sha256, .. }) = &checkpoint.manifest()?.vectors else {
        return Ok(true);
    };
    match vectors::find_by_digest(workspace, sha256)? {
        None => Ok(false),
        Some(name) if name.as_str() == EMBEDDED => Ok(true),
        Some(name) => Ok(matches!(Item::vectors(workspace, &name)?.here()?, Here::Whole(_))),
    }
}

fn options(force: bool, dry_run: bool) -> Options {
    Options { force, dry_run }
}

/// How to move things, and to tell of it.
#[derive(Clone, Copy)]
struct How {
    json: bool,
    options: Options,
}

impl How {
    /// Whether the item is here and whole, and that is enough: then it says so.
    fn is_here(self, item: &Item) -> Result<bool> {
        if self.options.force {
            return Ok(false);
        }
        let Here::Whole(contents) = item.here()? else { return Ok(false) };
        self.tell_here(item, &contents)?;
        Ok(true)
    }

    /// Says that the item is here and whole.
    fn tell_here(self, item: &Item, contents: &Contents) -> Result<()> {
        let (files, bytes) = (contents.count(), contents.size());
        let place = item.folder().display().to_string();
        let done = Transferred { moved: false, files, bytes, place };
        self.tell("download", item, &done, Instant::now())
    }

    /// Removes what killed runs left, where anything is to be written.
    fn sweep(self, workspace: &Workspace) {
        if !self.options.dry_run {
            sweep(workspace);
        }
    }

    fn fetch(self, remote: &Remote, item: &Item) -> Result<()> {
        let start = Instant::now();
        let reporter = TransferReporter::new(item.to_string(), self.json);
        let done = remote.download(item, self.options, &reporter)?;
        drop(reporter);
        self.tell("download", item, &done, start)
    }

    fn send(self, remote: &Remote, item: &Item) -> Result<()> {
        let start = Instant::now();
        let reporter = TransferReporter::new(item.to_string(), self.json);
        let done = remote.upload(item, self.options, &reporter)?;
        drop(reporter);
        self.tell("upload", item, &done, start)
    }

    fn tell(self, verb: &str, item: &Item, done: &Transferred, start: Instant) -> Result<()> {
        if self.json {
            return console::json(&json!({
                "event": "done",
                "verb": verb,
                "kind": item.noun(),
                "name": item.to_string(),
                "moved": done.moved && !self.options.dry_run,
                "dry_run": self.options.dry_run,
                "files": done.files,
                "bytes": done.bytes,
                "seconds": start.elapsed().as_secs_f64(),
                "place": done.place,
            }));
        }
        let size = format!("{}, {}", count(done.files, "file"), bytes(done.bytes));
        let place = &done.place;
        match (done.moved, self.options.dry_run, verb) {
            (false, _, "upload") => {
                console::line(format_args!("{item} is on the remote already, at {place}"))
            }
            (false, ..) => console::line(format_args!("{item} is here already, whole")),
            (true, true, _) => {
                console::line(format_args!("would {verb} {item} ({size}) to {place}"))
            }
            (true, false, _) => {
                console::line(format_args!("{GOOD}{verb}ed{GOOD:#} {item} ({size}) to {place}"))
            }
        }
    }
}
