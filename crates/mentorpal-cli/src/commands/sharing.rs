//! `mentorpal init`, `download`, `upload`, `vectors download`, `vectors upload`.

use std::time::Instant;

use serde_json::json;

use super::console::{self, GOOD, bytes};
use super::transfer_reporter::TransferReporter;
use super::{ExitStatus, open};
use crate::cli::{
    DownloadArgs, InitArgs, RemoteFlags, UploadArgs, VectorsDownloadArgs, VectorsUploadArgs,
};
use mentorpal::checkpoint::{self, Checkpoint, CheckpointRef};
use mentorpal::cleaning::remove_stale_drafts;
use mentorpal::config::Settings;
use mentorpal::error::{Error, ErrorKind, Result};
use mentorpal::open::{VectorsFound, find_checkpoint_vectors};
use mentorpal::remote::{Contents, Item, LocalState, Remote, TransferOptions, Transferred};
use mentorpal::sharing::{newest_on_remote, open_remote};
use mentorpal::text::format::count;
use mentorpal::vectors::EMBEDDED;
use mentorpal::workspace::{VectorModelName, Workspace};

/// Opens the configured remote and prints its warning, if there is one.
pub(super) fn remote(settings: &Settings, flags: RemoteFlags) -> Result<Remote> {
    let remote = open_remote(settings.remote.as_ref(), flags.insecure)?;
    if let Some(warning) = remote.warning() {
        console::warn(warning);
    }
    Ok(remote)
}

pub(super) fn init(settings: &Settings, args: &InitArgs) -> Result<ExitStatus> {
    let workspace = &settings.workspace;
    let context = TransferContext::new(args.json, false, args.dry_run);
    let stable = match settings.asked_for()? {
        None => settings.stable()?,
        named => named,
    };
    if let Some(name) = &stable
        && settings.remote.is_some()
        && let item = Item::checkpoint(workspace, name)
        && let LocalState::Valid(contents) = item.local_state()?
        && has_vectors(workspace, name)?
    {
        context.report_present(&item, &contents)?;
        return Ok(ExitStatus::Success);
    }
    let remote = remote(settings, args.remote)?;
    context.remove_stale_drafts(workspace);
    remote_vectors(workspace, &remote, context)?;
    match &stable {
        Some(name) if checkpoint::legacy(workspace, name).is_some() => {
            console::note(format_args!(
                "`{name}` already exists here; the Python pipeline created it"
            ));
        }
        Some(name) => context.fetch(&remote, &Item::checkpoint(workspace, name))?,
        None => console::note(
            "no checkpoint was downloaded, because no stable checkpoint is configured: set \
             `checkpoint` in mentorpal.toml, or choose a checkpoint with CHECKPOINT",
        ),
    }
    Ok(ExitStatus::Success)
}

pub(super) fn download(settings: &Settings, args: &DownloadArgs) -> Result<ExitStatus> {
    let name = to_download(settings, args)?;
    checkpoint::refuse_legacy(&settings.workspace, &name)?;
    let context = TransferContext::new(args.json, args.force, args.dry_run);
    let item = Item::checkpoint(&settings.workspace, &name);
    // The remote is not opened for an item that is complete in the workspace.
    if settings.remote.is_none() || !context.is_here(&item)? {
        let remote = remote(settings, args.remote)?;
        context.remove_stale_drafts(&settings.workspace);
        context.fetch(&remote, &item)?;
    }
    Ok(ExitStatus::Success)
}

/// Returns the checkpoint to download: the named one, else the stable one, else the newest on the remote.
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
    let arch = settings.is_arch_named.then_some(&settings.arch);
    let remote = remote(settings, args.remote)?;
    let (newest, warnings) = newest_on_remote(&remote, &settings.workspace, arch)?;
    open::print_warnings(warnings);
    let Some(name) = newest else {
        let of = arch.map_or(String::new(), |arch| format!(" of `{arch}`"));
        return Err(Error::new(format!("no checkpoint{of} on the remote"))
            .with_kind(ErrorKind::NotFound)
            .hint("upload a checkpoint: `mentorpal upload ARCH/CHECKPOINT`"));
    };
    open::note_use(&name, "the newest on the remote");
    Ok(name)
}

pub(super) fn upload(settings: &Settings, args: &UploadArgs) -> Result<ExitStatus> {
    let name = match &args.checkpoint {
        Some(name) => CheckpointRef::parse(name, &settings.arch)?,
        None => open::chosen(settings)?,
    };
    checkpoint::refuse_legacy(&settings.workspace, &name)?;
    let context = TransferContext::new(args.json, args.force, args.dry_run);
    let item = Item::checkpoint(&settings.workspace, &name);
    context.send(&remote(settings, args.remote)?, &item)?;
    Ok(ExitStatus::Success)
}

/// Uploads the checkpoint that was just trained.
pub(super) fn upload_trained(
    settings: &Settings,
    remote: &Remote,
    name: &CheckpointRef,
    json: bool,
) -> Result<()> {
    let context = TransferContext::new(json, false, false);
    context.send(remote, &Item::checkpoint(&settings.workspace, name))
}

pub(super) fn upload_vectors(settings: &Settings, args: &VectorsUploadArgs) -> Result<ExitStatus> {
    let name = VectorModelName::new(args.name.as_str())?;
    let context = TransferContext::new(args.json, args.force, args.dry_run);
    let item = Item::vectors(&settings.workspace, &name)?;
    context.send(&remote(settings, args.remote)?, &item)?;
    Ok(ExitStatus::Success)
}

/// Downloads all vector models on the remote.
pub(super) fn download_all_vectors(
    settings: &Settings,
    args: &VectorsDownloadArgs,
) -> Result<ExitStatus> {
    let context = TransferContext::new(args.json, args.overwrite, args.dry_run);
    let remote = remote(settings, args.remote)?;
    context.remove_stale_drafts(&settings.workspace);
    remote_vectors(&settings.workspace, &remote, context)
}

/// Downloads the vector model `name` from the remote. Returns `None` if no remote is configured, or it has no
/// vector model of this name.
pub(super) fn download_vectors(
    settings: &Settings,
    name: &str,
    args: &VectorsDownloadArgs,
) -> Result<Option<ExitStatus>> {
    let is_for_hub = args.name.is_some() || args.licence.is_some();
    let Ok(name) = VectorModelName::new(name) else { return Ok(None) };
    if settings.remote.is_none() || is_for_hub {
        return Ok(None);
    }
    let context = TransferContext::new(args.json, args.overwrite, args.dry_run);
    let item = Item::vectors(&settings.workspace, &name)?;
    if context.is_here(&item)? {
        return Ok(Some(ExitStatus::Success));
    }
    let remote = remote(settings, args.remote)?;
    if !remote.vector_models()?.contains(&name) {
        console::note(format_args!(
            "the remote has no vector model `{name}`; searching the Hugging Face Hub"
        ));
        return Ok(None);
    }
    context.remove_stale_drafts(&settings.workspace);
    context.fetch(&remote, &item)?;
    Ok(Some(ExitStatus::Success))
}

fn remote_vectors(
    workspace: &Workspace,
    remote: &Remote,
    context: TransferContext,
) -> Result<ExitStatus> {
    let names = remote.vector_models()?;
    if names.is_empty() {
        console::note("the remote has no vector models");
    }
    for name in names.iter().filter(|name| name.as_str() != EMBEDDED) {
        let item = Item::vectors(workspace, name)?;
        if !context.is_here(&item)? {
            context.fetch(remote, &item)?;
        }
    }
    Ok(ExitStatus::Success)
}

/// Whether the vector model that a checkpoint was trained with is in the workspace and valid.
fn has_vectors(workspace: &Workspace, name: &CheckpointRef) -> Result<bool> {
    let checkpoint = Checkpoint::open(workspace, name)?;
    Ok(match find_checkpoint_vectors(workspace, &checkpoint)? {
        VectorsFound::NotNeeded => true,
        VectorsFound::Missing => false,
        VectorsFound::Installed(name) => {
            matches!(Item::vectors(workspace, &name)?.local_state()?, LocalState::Valid(_))
        }
    })
}

/// The way in which items are transferred and reported.
#[derive(Clone, Copy)]
struct TransferContext {
    json: bool,
    options: TransferOptions,
}

impl TransferContext {
    fn new(json: bool, force: bool, dry_run: bool) -> Self {
        Self { json, options: TransferOptions { force, dry_run } }
    }

    /// Whether the item is complete in the workspace and need not be transferred. Reports it if so.
    fn is_here(self, item: &Item) -> Result<bool> {
        if self.options.force {
            return Ok(false);
        }
        let LocalState::Valid(contents) = item.local_state()? else { return Ok(false) };
        self.report_present(item, &contents)?;
        Ok(true)
    }

    /// Reports that the item is complete in the workspace.
    fn report_present(self, item: &Item, contents: &Contents) -> Result<()> {
        let (files, bytes) = (contents.count(), contents.size());
        let place = item.folder().display().to_string();
        let done = Transferred { moved: false, files, bytes, place };
        self.report(Direction::Download, item, &done, Instant::now())
    }

    /// Removes the files that killed runs left, unless this is a dry run.
    fn remove_stale_drafts(self, workspace: &Workspace) {
        if !self.options.dry_run {
            remove_stale_drafts(workspace);
        }
    }

    fn fetch(self, remote: &Remote, item: &Item) -> Result<()> {
        let start = Instant::now();
        let reporter = TransferReporter::new(item.to_string(), self.json);
        let done = remote.download(item, self.options, &reporter)?;
        drop(reporter);
        self.report(Direction::Download, item, &done, start)
    }

    fn send(self, remote: &Remote, item: &Item) -> Result<()> {
        let start = Instant::now();
        let reporter = TransferReporter::new(item.to_string(), self.json);
        let done = remote.upload(item, self.options, &reporter)?;
        drop(reporter);
        self.report(Direction::Upload, item, &done, start)
    }

    fn report(
        self,
        direction: Direction,
        item: &Item,
        done: &Transferred,
        start: Instant,
    ) -> Result<()> {
        if self.json {
            return console::json(&json!({
                "event": "done",
                "verb": direction.verb(),
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
        let verb = direction.verb();
        match (done.moved, self.options.dry_run, direction) {
            (false, _, Direction::Upload) => {
                console::line(format_args!("{item} already exists on the remote, at {place}"))
            }
            (false, _, Direction::Download) => {
                console::line(format_args!("{item} already exists here and is valid"))
            }
            (true, true, _) => {
                console::line(format_args!("would {verb} {item} ({size}) to {place}"))
            }
            (true, false, _) => {
                console::line(format_args!("{GOOD}{verb}ed{GOOD:#} {item} ({size}) to {place}"))
            }
        }
    }
}

/// The direction of a transfer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Direction {
    Upload,
    Download,
}

impl Direction {
    fn verb(self) -> &'static str {
        match self {
            Self::Upload => "upload",
            Self::Download => "download",
        }
    }
}
