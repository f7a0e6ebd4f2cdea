//! `mentorpal checkpoints`: lists, shows and verifies checkpoints.

use serde_json::json;

use super::Outcome;
use super::console::{self, BOLD, GOOD, bytes, lines, percent, table};
use crate::checkpoint::{self, Checkpoint, CheckpointRef};
use crate::cli::{CheckpointsArgs, CheckpointsCommand};
use crate::config::Settings;
use crate::error::{Result, count};

pub(super) fn run(settings: &Settings, args: &CheckpointsArgs) -> Result<Outcome> {
    match &args.command {
        None => list(settings, args),
        Some(CheckpointsCommand::Show { checkpoint, json }) => {
            show(&open(settings, checkpoint.as_deref())?, *json)
        }
        Some(CheckpointsCommand::Verify { checkpoint, json }) => {
            let checkpoints = match checkpoint {
                Some(name) => {
                    let name = CheckpointRef::parse(name, &settings.arch)?;
                    vec![Checkpoint::open(&settings.workspace, &name)]
                }
                None => checkpoint::list(&settings.workspace, None)?,
            };
            verify(checkpoints, *json)
        }
    }
}

/// The checkpoint called `name`, or the one in use.
fn open(settings: &Settings, name: Option<&str>) -> Result<Checkpoint> {
    let name = match name {
        Some(name) => CheckpointRef::parse(name, &settings.arch)?,
        None => settings.checkpoint()?,
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
    for checkpoint in checkpoints {
        let checkpoint = match checkpoint {
            Ok(checkpoint) => checkpoint,
            Err(error) => {
                console::error(&error);
                continue;
            }
        };
        let mentors: Vec<&String> = checkpoint.manifest.mentors.keys().collect();
        if args.json {
            console::json(&json!({
                "arch": checkpoint.name.arch.as_str(),
                "checkpoint": checkpoint.name.checkpoint.as_str(),
                "path": checkpoint.folder,
                "mentors": mentors,
                "created": checkpoint.manifest.created,
            }))?;
        } else {
            table.add_row([
                checkpoint.name.to_string(),
                checkpoint.manifest.created.clone(),
                mentors.iter().map(|id| id.as_str()).collect::<Vec<_>>().join(", "),
                bytes(checkpoint.size()),
            ]);
        }
    }
    if !args.json && !table.is_empty() {
        console::line(lines(&table))?;
    }
    Ok(Outcome::Done)
}

fn note_none() {
    console::note("no checkpoints yet; train one: `mentorpal train`");
}

fn show(checkpoint: &Checkpoint, as_json: bool) -> Result<Outcome> {
    let manifest = &checkpoint.manifest;
    if as_json {
        console::json(manifest)?;
        return Ok(Outcome::Done);
    }
    console::line(format_args!("{BOLD}{}{BOLD:#}", checkpoint.name))?;
    console::line(format_args!(
        "created {} by mentorpal {}, seed {}, {} in {}",
        manifest.created,
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
    let heads = ["mentor", "answers", "questions", "distinct", "leave-one-out", "data"];
    let mut table = table(heads, &[1, 2, 3, 4]);
    for (id, record) in &manifest.mentors {
        table.add_row([
            id.clone(),
            record.answers.to_string(),
            record.questions.to_string(),
            record.distinct_questions.to_string(),
            record.cv_accuracy.map_or("not measurable".to_owned(), percent),
            record.data_sha256.chars().take(12).collect(),
        ]);
    }
    console::line(lines(&table))?;
    Ok(Outcome::Done)
}

fn verify(checkpoints: Vec<Result<Checkpoint>>, as_json: bool) -> Result<Outcome> {
    if checkpoints.is_empty() {
        note_none();
    }
    let mut outcome = Outcome::Done;
    for checkpoint in checkpoints {
        let checkpoint = match checkpoint {
            Ok(checkpoint) => checkpoint,
            Err(error) => {
                console::error(&error);
                outcome = Outcome::No;
                continue;
            }
        };
        let faults = checkpoint.verify();
        for fault in &faults {
            console::warn(format_args!("{}: {}", fault.path.display(), fault.what));
        }
        if !faults.is_empty() {
            outcome = Outcome::No;
        }
        let files = checkpoint.manifest.files.len() + 1;
        if as_json {
            let faults: Vec<_> =
                faults.iter().map(|f| json!({ "path": f.path, "what": f.what })).collect();
            console::json(&json!({
                "arch": checkpoint.name.arch.as_str(),
                "checkpoint": checkpoint.name.checkpoint.as_str(),
                "files": files,
                "faults": faults,
            }))?;
        } else if faults.is_empty() {
            console::line(format_args!(
                "{}: {GOOD}whole{GOOD:#}, {}",
                checkpoint.name,
                count(files, "file")
            ))?;
        } else {
            console::line(format_args!("{}: {}", checkpoint.name, count(faults.len(), "fault")))?;
        }
    }
    Ok(outcome)
}
