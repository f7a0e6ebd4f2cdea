//! `mentorpal checkpoints import`: a checkpoint of the older tool → one of this tool.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde_json::json;

use super::console::{self, GOOD, lines, table};
use super::sweep::sweep;
use super::{ExitStatus, clock, open};
use crate::checkpoint::legacy::{Converted, LEGACY_ARCH, LegacyCheckpoint};
use crate::checkpoint::{
    CheckpointRef, Draft, ImportedFrom, MANIFEST_FILE, Manifest, MentorRecord, OnExisting,
    VectorsRecord,
};
use crate::classifiers::Vectors;
use crate::cli::CheckpointsImportArgs;
use crate::config::Settings;
use crate::error::{Error, Location, Result, count, quoted_list};
use crate::publish::FileRecord;
use crate::vectors::VectorModel;
use crate::workspace::{Name, Workspace};

pub(super) fn run(settings: &Settings, args: &CheckpointsImportArgs) -> Result<ExitStatus> {
    let workspace = &settings.workspace;
    let legacy = find(&args.dir)?;
    let name = new_name(workspace, args, &legacy)?;
    let vectors = match &args.vectors {
        Some(name) => {
            let name = Name::new("vector model", name.as_str())?;
            Some(Arc::new(VectorModel::open(workspace, &name)?))
        }
        None => open::legacy_vectors(workspace, &legacy)?,
    };
    let mut manifest = Manifest::new(LEGACY_ARCH, 0, clock::now()?.to_string());
    manifest.vectors = vectors.as_deref().map(VectorsRecord::from);
    let mut from = ImportedFrom {
        checkpoint: folder_name(&legacy.folder),
        vectors: legacy.vectors().ok(),
        files: [].into(),
    };
    sweep(workspace);
    let mut draft = Draft::begin(workspace, &name.arch, manifest)?;
    let mut table = table(["mentor", "answers", "of"], &[1, 2]);
    let mut failed = Vec::new();
    let mut all_notes: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for mentor in &legacy.mentors {
        // With --vectors, which ones it was trained with need not be known.
        let has_vectors =
            args.vectors.as_ref().map_or_else(|| legacy.check_vectors(mentor), |_| Ok(()));
        let imported =
            has_vectors.and_then(|()| import(workspace, &legacy, mentor, &vectors, &mut draft));
        match imported {
            Ok(imported) => {
                let Imported { answers, classes, notes, records } = imported;
                table.add_row([mentor.to_string(), answers.to_string(), classes.to_string()]);
                from.files.extend(records);
                all_notes.insert(mentor.to_string(), notes);
                if args.json {
                    console::json(&json!({
                        "mentor": mentor.as_str(),
                        "answers": answers,
                        "of": classes,
                    }))?;
                }
            }
            Err(error) => {
                console::error(&error);
                failed.push(mentor);
            }
        }
    }
    check(&legacy, &failed, args.keep_going)?;
    draft.set_imported(from);
    draft.set_created(clock::now()?.to_string());
    let path = draft.publish(&name.checkpoint, OnExisting::Refuse)?;
    if args.json {
        let path = console::path(&path);
        let done = json!({ "checkpoint": name.to_string(), "path": path, "notes": all_notes });
        console::json(&done)?;
    } else {
        console::line(lines(&table))?;
        console::line(format_args!("{GOOD}imported{GOOD:#} {name} into {}", path.display()))?;
    }
    Ok(ExitStatus::Success)
}

/// How a mentor fared.
struct Imported {
    /// How many answers its model can give.
    answers: usize,
    /// How many it could give once.
    classes: usize,
    /// What people should know of it.
    notes: Vec<String>,
    /// The files that were read.
    records: BTreeMap<String, FileRecord>,
}

/// Adds what the older tool learned of a mentor to the draft.
fn import(
    workspace: &Workspace,
    legacy: &LegacyCheckpoint,
    id: &Name,
    vectors: &Vectors,
    draft: &mut Draft,
) -> Result<Imported> {
    let mentor = open::mentor(workspace, id)?;
    let converted = open::legacy_model(legacy, &mentor, vectors)?;
    draft.add(id, MentorRecord::of(&mentor, None), &converted.files)?;
    let Converted { answers, classes, notes, records, .. } = converted;
    Ok(Imported { answers, classes, notes, records })
}

/// The checkpoint of the older tool in `dir`.
fn find(dir: &Path) -> Result<LegacyCheckpoint> {
    let folder = dir.canonicalize().map_err(|e| Error::io(dir, "open the folder", e))?;
    if let Some(found) = LegacyCheckpoint::find(&folder) {
        return Ok(found);
    }
    let fault = |what: &str| Error::at(Location::file(dir), what);
    if LegacyCheckpoint::is_mentors(&folder) {
        return Err(
            fault("a mentor's folder, expected the checkpoint's").hint("name the folder above it")
        );
    }
    if folder.join(MANIFEST_FILE).exists() {
        return Err(fault("a checkpoint of this tool already")
            .hint("put its folder into `checkpoint/classifiers/<arch>/`"));
    }
    Err(fault("no checkpoint of the older tool").hint(
        "it is a folder with a folder a mentor, in which `fused_model.pkl`, \
         `unfused_model.pkl`, `lstm_topic_model.h5` and `w2v.txt` lie",
    ))
}

/// What the new checkpoint is called; a name that is taken is refused before any work is done.
fn new_name(
    workspace: &Workspace,
    args: &CheckpointsImportArgs,
    legacy: &LegacyCheckpoint,
) -> Result<CheckpointRef> {
    let arch = Name::new("architecture", LEGACY_ARCH)?;
    let name = match &args.checkpoint {
        Some(name) => CheckpointRef::parse(name, &arch)?,
        None => CheckpointRef {
            arch: arch.clone(),
            checkpoint: Name::new("checkpoint", folder_name(&legacy.folder)).map_err(|e| {
                e.or_at(Location::file(&legacy.folder)).hint("name it: --checkpoint NAME")
            })?,
        },
    };
    if name.arch != arch {
        let what = format!("checkpoints of the older tool are of `{arch}`, not of `{}`", name.arch);
        return Err(Error::new(what).hint("leave the architecture out of --checkpoint"));
    }
    let target: PathBuf = name.folder(workspace);
    if target.canonicalize().is_ok_and(|target| target == legacy.folder) {
        return Err(Error::at(Location::file(target), format!("`{name}` can be used as it is")).hint(
            "test, ask and compare work with it; --checkpoint NAME makes a copy of this tool's kind",
        ));
    }
    if target.symlink_metadata().is_ok() {
        return Err(Error::at(Location::file(target), format!("there is a checkpoint `{name}`"))
            .hint("choose another name with --checkpoint"));
    }
    Ok(name)
}

/// The last part of a path that was made canonical.
fn folder_name(folder: &Path) -> String {
    folder.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

/// Whether there is something to publish.
fn check(legacy: &LegacyCheckpoint, failed: &[&Name], keep_going: bool) -> Result<()> {
    let all = legacy.mentors.len();
    if failed.is_empty() || (keep_going && failed.len() < all) {
        return Ok(());
    }
    let error = Error::new(format!(
        "{} of {} cannot be imported ({}); nothing was published",
        failed.len(),
        count(all, "mentor"),
        quoted_list(failed),
    ));
    Err(if failed.len() == all { error } else { error.hint("leave it out: --keep-going") })
}
