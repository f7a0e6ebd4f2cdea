//! `mentorpal checkpoints`: lists, shows and verifies checkpoints; `import.rs` imports them.

use serde_json::json;

use super::console::{self, BOLD, GOOD, bytes, lines, table};
use super::{Outcome, clock, import, listed, open, remote_checkpoints, training_pages};
use crate::checkpoint::legacy::LegacyCheckpoint;
use crate::checkpoint::{
    self, Checkpoint, CheckpointKind, CheckpointRef, CorruptFile, Manifest, REPORT_FILE,
};
use crate::cli::{CheckpointsArgs, CheckpointsCommand};
use crate::config::Settings;
use crate::error::{Error, Result, count};
use crate::secrets;
use crate::text::percent;

pub(super) fn run(settings: &Settings, args: &CheckpointsArgs) -> Result<Outcome> {
    match &args.command {
        None if args.remote => remote_checkpoints::list(settings, args),
        None => list(settings, args),
        Some(CheckpointsCommand::Show { checkpoint, html, mentor, json }) => {
            let checkpoint = find(settings, checkpoint.as_deref())?;
            if let Some(path) = html {
                training_pages::write_kept(&checkpoint, mentor.as_deref(), path)?;
            }
            show(&checkpoint, *json)
        }
        Some(CheckpointsCommand::Import(args)) => import::run(settings, args),
        Some(CheckpointsCommand::Verify { checkpoint, remote: true, remote_flags, json }) => {
            remote_checkpoints::verify(settings, checkpoint.as_deref(), *remote_flags, *json)
        }
        Some(CheckpointsCommand::Verify { checkpoint, json, .. }) => {
            verify(settings, checkpoint.as_deref(), *json)
        }
    }
}

/// The checkpoint called `name`, or the one in use.
fn find(settings: &Settings, name: Option<&str>) -> Result<Checkpoint> {
    let name = match name {
        Some(name) => CheckpointRef::parse(name, &settings.arch)?,
        None => open::chosen(settings)?,
    };
    Checkpoint::open(&settings.workspace, &name)
}

fn list(settings: &Settings, args: &CheckpointsArgs) -> Result<Outcome> {
    let arch = args.arch.as_ref().map(|_| &settings.arch);
    let mut table = table(["checkpoint", "created", "mentors", "size"], &[3]);
    let checkpoints = checkpoint::list(&settings.workspace, arch)?;
    if checkpoints.is_empty() {
        note_none();
        return Ok(Outcome::Done);
    }
    let mut unreadable = 0;
    for checkpoint in checkpoints {
        let checkpoint = match checkpoint {
            Ok(checkpoint) => checkpoint,
            Err(error) => {
                console::error(&error);
                unreadable += 1;
                continue;
            }
        };
        let mentors = checkpoint.mentors();
        if args.json {
            console::json(&json!({
                "arch": checkpoint.name.arch.as_str(),
                "checkpoint": checkpoint.name.checkpoint.as_str(),
                "path": console::path(&checkpoint.folder),
                "mentors": mentors,
                "created": checkpoint.created(),
            }))?;
        } else {
            table.add_row([
                checkpoint.name.to_string(),
                checkpoint.created().map_or_else(|| "by the older tool".to_owned(), clock::shown),
                mentors.join(", "),
                bytes(checkpoint.size()),
            ]);
        }
    }
    if !args.json && !table.is_empty() {
        console::line(lines(&table))?;
    }
    listed(unreadable, "checkpoint")
}

fn note_none() {
    console::note("no checkpoints yet; train one: `mentorpal train`");
}

fn show(checkpoint: &Checkpoint, as_json: bool) -> Result<Outcome> {
    match &checkpoint.kind {
        CheckpointKind::Published(manifest) if as_json => console::json(manifest)?,
        CheckpointKind::Published(manifest) => show_published(checkpoint, manifest)?,
        CheckpointKind::Legacy(legacy) => show_legacy(checkpoint, legacy, as_json)?,
    }
    Ok(Outcome::Done)
}

fn show_published(checkpoint: &Checkpoint, manifest: &Manifest) -> Result<()> {
    console::line(format_args!("{BOLD}{}{BOLD:#}", checkpoint.name))?;
    console::line(format_args!(
        "created {} by mentorpal {}, seed {}, {} in {}",
        clock::shown(&manifest.created),
        manifest.version,
        manifest.seed,
        bytes(checkpoint.size()),
        checkpoint.folder.display(),
    ))?;
    if let Some(vectors) = &manifest.vectors {
        console::line(format_args!(
            "vectors {} ({}), SHA-256 {}",
            vectors.name.escape_debug(),
            vectors.kind,
            vectors.sha256
        ))?;
    }
    if let Some(from) = &manifest.imported {
        let name = from.checkpoint.escape_debug();
        console::line(format_args!("imported from {name}, which the older tool made"))?;
    }
    let unmeasured = if manifest.imported.is_some() { "not measured" } else { "not measurable" };
    let heads = ["mentor", "answers", "questions", "distinct", "leave-one-out accuracy", "data"];
    let mut table = table(heads, &[1, 2, 3, 4]);
    for (id, record) in &manifest.mentors {
        table.add_row([
            id.clone(),
            record.answers.to_string(),
            record.questions.to_string(),
            record.distinct_questions.to_string(),
            record.loo_accuracy.map_or(unmeasured.to_owned(), percent),
            record.data_sha256.chars().take(12).collect(),
        ]);
    }
    console::line(lines(&table))?;
    for id in manifest.mentors.keys().filter(|id| manifest.has_report(id)) {
        console::line(format_args!("figures of training {id}/{REPORT_FILE}; --html makes a page"))?;
    }
    Ok(())
}

fn show_legacy(checkpoint: &Checkpoint, legacy: &LegacyCheckpoint, as_json: bool) -> Result<()> {
    let mut table = table(["mentor", "answers", "topics", "vectors of"], &[1, 2, 3]);
    let mut mentors = serde_json::Map::new();
    for mentor in &legacy.mentors {
        let model = legacy.read(mentor)?;
        let numbers = [model.fused.classes.len(), model.topics.topics, model.topics.dims];
        let [answers, topics, dims] = numbers;
        let cells = numbers.map(|number| number.to_string());
        table.add_row(std::iter::once(mentor.to_string()).chain(cells));
        let numbers = json!({ "answers": answers, "topics": topics, "dims": dims });
        mentors.insert(mentor.to_string(), numbers);
    }
    let vectors = legacy.vectors()?;
    if as_json {
        return console::json(&json!({
            "arch": checkpoint.name.arch.as_str(),
            "checkpoint": checkpoint.name.checkpoint.as_str(),
            "legacy": true,
            "vectors": vectors,
            "mentors": mentors,
        }));
    }
    console::line(format_args!("{BOLD}{}{BOLD:#}", checkpoint.name))?;
    console::line(format_args!(
        "made by the older tool, used as it is; {} in {}",
        bytes(checkpoint.size()),
        checkpoint.folder.display()
    ))?;
    console::line(format_args!("vectors {}", vectors.escape_debug()))?;
    console::line(lines(&table))
}

/// Verifies the checkpoint called `name`, or all. A name that no checkpoint has is wrong use, one that
/// cannot be opened is not whole.
fn verify(settings: &Settings, name: Option<&str>, as_json: bool) -> Result<Outcome> {
    let workspace = &settings.workspace;
    let names = match name {
        Some(name) => vec![CheckpointRef::parse(name, &settings.arch)?],
        None => checkpoint::names(workspace, None)?,
    };
    if names.is_empty() {
        note_none();
    }
    let mut outcome = Outcome::Done;
    for name in names {
        let checkpoint = match Checkpoint::open(workspace, &name) {
            Ok(checkpoint) => checkpoint,
            Err(error) if !name.folder(workspace).is_dir() => return Err(error),
            Err(error) => {
                report_unopened(&name, &error, as_json)?;
                outcome = Outcome::Negative;
                continue;
            }
        };
        let (files, digests) = match &checkpoint.kind {
            CheckpointKind::Published(manifest) => (manifest.files.len() + 1, true),
            CheckpointKind::Legacy(_) => (checkpoint.files().len(), false),
        };
        let found = Verified { files, digests, faults: faults(&checkpoint)? };
        if !found.report(&checkpoint.name, as_json)? {
            outcome = Outcome::Negative;
        }
    }
    Ok(outcome)
}

/// What is wrong with a checkpoint's files; of the older tool's, which have no digests, whether
/// they can be read.
fn faults(checkpoint: &Checkpoint) -> Result<Vec<CorruptFile>> {
    let CheckpointKind::Legacy(legacy) = &checkpoint.kind else { return checkpoint.verify() };
    let mut faults = Vec::new();
    for mentor in &legacy.mentors {
        let missing = legacy.missing(mentor);
        if missing.is_empty() {
            faults.extend(legacy.read(mentor).err().map(|error| fault(&error)));
        }
        let what = format!("missing; without it `{mentor}` cannot be used");
        faults.extend(missing.into_iter().map(|path| CorruptFile { path, what: what.clone() }));
    }
    let vectors = legacy.vectors().err().map(|error| fault(&error));
    faults.extend(vectors.filter(|fault| faults.iter().all(|known| known.path != fault.path)));
    Ok(faults)
}

fn fault(error: &Error) -> CorruptFile {
    let path = error.place().map(|place| place.path.clone());
    CorruptFile { path: path.unwrap_or_default(), what: error.reason() }
}

/// Says of a checkpoint that is there why it cannot be opened.
pub(super) fn report_unopened(name: &CheckpointRef, error: &Error, as_json: bool) -> Result<()> {
    console::error(error);
    if as_json {
        Verified { files: 0, digests: true, faults: vec![fault(error)] }.json_line(name)?;
    }
    Ok(())
}

/// What was found of a checkpoint's files.
pub(super) struct Verified {
    /// How many there are, the manifest included.
    pub(super) files: usize,
    /// Whether there are digests to compare them with.
    pub(super) digests: bool,
    /// What is wrong.
    pub(super) faults: Vec<CorruptFile>,
}

impl Verified {
    /// Says what was found; whether nothing is wrong.
    pub(super) fn report(&self, name: &CheckpointRef, as_json: bool) -> Result<bool> {
        let Self { files, digests, faults } = self;
        for fault in faults {
            console::warn(format_args!("{}: {}", fault.path.display(), fault.what));
        }
        if as_json {
            self.json_line(name)?;
        } else if !faults.is_empty() {
            console::line(format_args!("{name}: {}", count(faults.len(), "fault")))?;
        } else if *digests {
            console::line(format_args!("{name}: {GOOD}whole{GOOD:#}, {}", count(*files, "file")))?;
        } else {
            console::line(format_args!(
                "{name}: can be read, {}; the older tool left no digests to verify them against",
                count(*files, "file")
            ))?;
        }
        Ok(faults.is_empty())
    }

    fn json_line(&self, name: &CheckpointRef) -> Result<()> {
        // It may be what a server said.
        let fault = |fault: &CorruptFile| json!({ "path": console::path(&fault.path), "what": secrets::masked(&fault.what) });
        console::json(&json!({
            "arch": name.arch.as_str(),
            "checkpoint": name.checkpoint.as_str(),
            "files": self.files,
            "digests": self.digests,
            "faults": self.faults.iter().map(fault).collect::<Vec<_>>(),
        }))
    }
}
