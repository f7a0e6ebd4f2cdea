//! `mentorpal checkpoints import`: converts a checkpoint of the Python pipeline.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde_json::json;

use super::console::{self, GOOD, lines, table};
use super::{ExitStatus, open};
use crate::cli::CheckpointsImportArgs;
use mentorpal::checkpoint::legacy::{Converted, LEGACY_ARCH, LegacyCheckpoint};
use mentorpal::checkpoint::{
    CheckpointRef, Draft, ImportedFrom, MANIFEST_FILE, Manifest, MentorRecord, OnExisting,
    VectorsRecord, creation_time,
};
use mentorpal::classifiers::Vectors;
use mentorpal::cleaning::remove_stale_drafts;
use mentorpal::config::Settings;
use mentorpal::error::{Error, ErrorKind, Location, Result};
use mentorpal::open::{convert_legacy, legacy_vectors};
use mentorpal::publish::FileRecord;
use mentorpal::text::format::{count, quoted_list};
use mentorpal::vectors::VectorModel;
use mentorpal::workspace::{ArchName, CheckpointName, MentorId, VectorModelName, Workspace};

pub(super) fn run(settings: &Settings, args: &CheckpointsImportArgs) -> Result<ExitStatus> {
    let workspace = &settings.workspace;
    let legacy = find(&args.dir)?;
    let name = new_name(workspace, args, &legacy)?;
    let vectors = match &args.vectors {
        Some(name) => {
            let name = VectorModelName::new(name.as_str())?;
            Some(Arc::new(VectorModel::open(workspace, &name)?))
        }
        None => legacy_vectors(workspace, &legacy)?,
    };
    let mut manifest = Manifest::new(LEGACY_ARCH, 0, creation_time()?.to_string());
    manifest.vectors = vectors.as_deref().map(VectorsRecord::from);
    let mut from = ImportedFrom {
        checkpoint: folder_name(&legacy.folder),
        vectors: legacy.vectors().ok(),
        files: [].into(),
    };
    remove_stale_drafts(workspace);
    let mut draft = Draft::begin(workspace, &name.arch, manifest)?;
    let mut table = table(["mentor", "answers", "of"], &[1, 2]);
    let mut failed = Vec::new();
    let mut all_notes: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for mentor in &legacy.mentors {
        // With --vectors, the checkpoint need not name its word vectors.
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
    draft.set_created(creation_time()?.to_string());
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

/// The result of importing a mentor.
struct Imported {
    /// Number of answers that the converted model can give.
    answers: usize,
    /// Number of answers that the original model could give.
    classes: usize,
    /// Differences between the original and the converted model.
    notes: Vec<String>,
    /// The files that were read.
    records: BTreeMap<String, FileRecord>,
}

/// Converts a mentor's model and adds it to the draft.
fn import(
    workspace: &Workspace,
    legacy: &LegacyCheckpoint,
    id: &MentorId,
    vectors: &Vectors,
    draft: &mut Draft,
) -> Result<Imported> {
    let mentor = open::mentor(workspace, id)?;
    let converted = convert_legacy(legacy, &mentor, vectors)?;
    console::warn_of_notes(id.as_str(), &converted.notes);
    draft.add(id, MentorRecord::of(&mentor, None, None), &converted.files)?;
    let Converted { answers, classes, notes, records, .. } = converted;
    Ok(Imported { answers, classes, notes, records })
}

/// Finds the checkpoint of the Python pipeline in `dir`.
fn find(dir: &Path) -> Result<LegacyCheckpoint> {
    let folder = dir.canonicalize().map_err(|e| Error::io(dir, "open the folder", e))?;
    if let Some(found) = LegacyCheckpoint::find(&folder) {
        return Ok(found);
    }
    let fault = |what: &str| Error::at(Location::file(dir), what);
    if LegacyCheckpoint::is_mentor_folder(&folder) {
        return Err(fault("the folder of a mentor, expected the folder of a checkpoint")
            .hint("name its parent folder"));
    }
    if folder.join(MANIFEST_FILE).exists() {
        return Err(fault("a checkpoint of mentorpal, expected one of the Python pipeline")
            .hint("copy the folder to `checkpoint/classifiers/<arch>/`; it needs no import"));
    }
    Err(fault("not a checkpoint of the Python pipeline").with_kind(ErrorKind::NotFound).hint(
        "such a checkpoint has one folder per mentor with the files `fused_model.pkl`, \
         `unfused_model.pkl`, `lstm_topic_model.h5` and `w2v.txt`",
    ))
}

/// Returns the name of the new checkpoint. A name that is in use is refused before any conversion.
fn new_name(
    workspace: &Workspace,
    args: &CheckpointsImportArgs,
    legacy: &LegacyCheckpoint,
) -> Result<CheckpointRef> {
    let arch = ArchName::new(LEGACY_ARCH)?;
    let name = match &args.checkpoint {
        Some(name) => CheckpointRef::parse(name, &arch)?,
        None => CheckpointRef {
            arch: arch.clone(),
            checkpoint: CheckpointName::new(folder_name(&legacy.folder)).map_err(|e| {
                e.or_at(Location::file(&legacy.folder)).hint("choose a name with --checkpoint NAME")
            })?,
        },
    };
    if name.arch != arch {
        let what = format!(
            "architecture `{}`, expected `{arch}`, the architecture of the Python pipeline",
            name.arch
        );
        return Err(Error::new(what).hint("omit the architecture in --checkpoint"));
    }
    let target: PathBuf = name.folder(workspace);
    if target.canonicalize().is_ok_and(|target| target == legacy.folder) {
        return Err(Error::at(
            Location::file(target),
            format!("`{name}` can be used without import"),
        )
        .hint(
            "use it with test, ask and compare; to convert a copy, choose a name with --checkpoint \
             NAME",
        ));
    }
    if target.symlink_metadata().is_ok() {
        return Err(Error::at(
            Location::file(target),
            format!("checkpoint `{name}` already exists"),
        )
        .with_kind(ErrorKind::AlreadyExists)
        .hint("choose another name with --checkpoint"));
    }
    Ok(name)
}

/// The last component of a canonical path.
fn folder_name(folder: &Path) -> String {
    folder.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

/// Refuses to publish if a mentor could not be imported, unless --keep-going allows it.
fn check(legacy: &LegacyCheckpoint, failed: &[&MentorId], keep_going: bool) -> Result<()> {
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
    Err(if failed.len() == all { error } else { error.hint("skip it with --keep-going") })
}
