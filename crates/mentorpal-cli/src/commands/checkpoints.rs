//! `mentorpal checkpoints`: lists, shows and verifies checkpoints. `import.rs` imports them.

use serde_json::json;

use super::console::{self, BOLD, bytes, lines, table};
use super::verify_report::{VerifyReport, fault, report_unopened};
use super::{ExitStatus, clock, import, listed, open, remote_checkpoints, training_pages};
use crate::cli::{CheckpointsArgs, CheckpointsCommand};
use mentorpal::checkpoint::legacy::LegacyCheckpoint;
use mentorpal::checkpoint::{
    self, Checkpoint, CheckpointKind, CheckpointRef, CorruptFile, Manifest, REPORT_FILE,
};
use mentorpal::config::Settings;
use mentorpal::error::{ErrorKind, Result};
use mentorpal::text::percent;

pub(super) fn run(settings: &Settings, args: &CheckpointsArgs) -> Result<ExitStatus> {
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

/// The checkpoint `name`, or the default one.
fn find(settings: &Settings, name: Option<&str>) -> Result<Checkpoint> {
    let name = match name {
        Some(name) => CheckpointRef::parse(name, &settings.arch)?,
        None => open::chosen(settings)?,
    };
    Checkpoint::open(&settings.workspace, &name)
}

fn list(settings: &Settings, args: &CheckpointsArgs) -> Result<ExitStatus> {
    let arch = args.arch.as_ref().map(|_| &settings.arch);
    let mut table = table(["checkpoint", "created", "mentors", "size"], &[3]);
    let checkpoints = checkpoint::list(&settings.workspace, arch)?;
    if checkpoints.is_empty() {
        note_none();
        return Ok(ExitStatus::Success);
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
                checkpoint
                    .created()
                    .map_or_else(|| "by the Python pipeline".to_owned(), clock::shown),
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
    console::note("no checkpoints yet; train a checkpoint with `mentorpal train`");
}

fn show(checkpoint: &Checkpoint, as_json: bool) -> Result<ExitStatus> {
    match &checkpoint.kind {
        CheckpointKind::Published(manifest) if as_json => console::json(manifest)?,
        CheckpointKind::Published(manifest) => show_published(checkpoint, manifest)?,
        CheckpointKind::Legacy(legacy) => show_legacy(checkpoint, legacy, as_json)?,
    }
    Ok(ExitStatus::Success)
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
        console::line(format_args!("imported from {name} (Python pipeline)"))?;
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
        console::line(format_args!(
            "training report of {id}: {id}/{REPORT_FILE}; --html writes it as a page"
        ))?;
    }
    Ok(())
}

fn show_legacy(checkpoint: &Checkpoint, legacy: &LegacyCheckpoint, as_json: bool) -> Result<()> {
    let mut table = table(["mentor", "answers", "topics", "dims"], &[1, 2, 3]);
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
        "created by the Python pipeline, used without import; {} in {}",
        bytes(checkpoint.size()),
        checkpoint.folder.display()
    ))?;
    console::line(format_args!("vectors {}", vectors.escape_debug()))?;
    console::line(lines(&table))
}

/// Verifies the checkpoint `name`, or all. A missing checkpoint is an error; one that cannot be opened
/// is reported as damaged.
fn verify(settings: &Settings, name: Option<&str>, as_json: bool) -> Result<ExitStatus> {
    let workspace = &settings.workspace;
    let names = match name {
        Some(name) => vec![CheckpointRef::parse(name, &settings.arch)?],
        None => checkpoint::names(workspace, None)?,
    };
    if names.is_empty() {
        note_none();
    }
    let mut outcome = ExitStatus::Success;
    for name in names {
        let checkpoint = match Checkpoint::open(workspace, &name) {
            Ok(checkpoint) => checkpoint,
            Err(error) if error.kind() == ErrorKind::NotFound => return Err(error),
            Err(error) => {
                report_unopened(&name, &error, as_json)?;
                outcome = ExitStatus::Negative;
                continue;
            }
        };
        let (files, digests) = match &checkpoint.kind {
            CheckpointKind::Published(manifest) => (manifest.files.len() + 1, true),
            CheckpointKind::Legacy(_) => (checkpoint.files().len(), false),
        };
        let found = VerifyReport { files, digests, faults: faults(&checkpoint)? };
        if !found.report(&checkpoint.name, as_json)? {
            outcome = ExitStatus::Negative;
        }
    }
    Ok(outcome)
}

/// The faults of a checkpoint's files. Checkpoints of the Python pipeline have no digests, so their
/// files are only parsed.
fn faults(checkpoint: &Checkpoint) -> Result<Vec<CorruptFile>> {
    let CheckpointKind::Legacy(legacy) = &checkpoint.kind else { return checkpoint.verify() };
    let mut faults = Vec::new();
    for mentor in &legacy.mentors {
        let missing = legacy.missing(mentor);
        if missing.is_empty() {
            faults.extend(legacy.read(mentor).err().map(|error| fault(&error)));
        }
        let what = format!("missing; `{mentor}` cannot be used without it");
        faults.extend(missing.into_iter().map(|path| CorruptFile { path, what: what.clone() }));
    }
    let vectors = legacy.vectors().err().map(|error| fault(&error));
    faults.extend(vectors.filter(|fault| faults.iter().all(|known| known.path != fault.path)));
    Ok(faults)
}
