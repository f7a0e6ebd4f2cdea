//! Opening what several verbs need, with the warnings that go with it.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use super::bar::Bar;
use super::console;
use crate::checkpoint::legacy::{Converted, LEGACY_ARCH, LegacyCheckpoint, convert};
use crate::checkpoint::{Checkpoint, CheckpointKind, CheckpointRef, VectorsRecord};
use crate::classifiers::{BackgroundQuestions, MentorClassifier, Vectors, registry};
use crate::config::{Chosen, ChosenBy, NO_VECTORS, Settings};
use crate::error::{Error, Location, Result, count, quoted_list, shell_word};
use crate::evaluate::{TestReport, run_test};
use crate::mentor::{Mentor, TestSet};
use crate::vectors::{self, EMBEDDED, VectorModel};
use crate::workspace::{Name, Workspace};

/// Reads a mentor; what was noticed on the way is a warning.
pub(super) fn mentor(workspace: &Workspace, id: &Name) -> Result<Mentor> {
    let (mentor, findings) = Mentor::load(workspace, id)?;
    console::warn_of_findings(id.as_str(), &findings);
    Ok(mentor)
}

/// What the mentors of the workspace are asked, trained this time or not: a mentor's model does
/// not depend on which others are. A mentor that cannot be read has no part in it.
pub(super) fn background(workspace: &Workspace) -> Result<BackgroundQuestions> {
    let mut background = BackgroundQuestions::default();
    for id in workspace.mentor_ids()? {
        if let Ok((mentor, _)) = Mentor::load(workspace, &id) {
            background.add(&mentor);
        }
    }
    Ok(background)
}

/// The vector model to train with: the one asked for, else the embedded one.
pub(super) fn vectors_to_train_with(settings: &Settings) -> Result<Vectors> {
    match &settings.vectors {
        None => Ok(Some(Arc::new(VectorModel::embedded()))),
        Some(name) => named_vectors(&settings.workspace, name),
    }
}

/// The vector model of this name; none where the name says so.
pub(super) fn named_vectors(workspace: &Workspace, name: &Name) -> Result<Vectors> {
    if name.as_str() == NO_VECTORS {
        return Ok(None);
    }
    Ok(Some(Arc::new(VectorModel::open(workspace, name)?)))
}

/// The vector model that a checkpoint was trained with, whatever it is called here.
pub(super) fn vectors(workspace: &Workspace, checkpoint: &Checkpoint) -> Result<Vectors> {
    let manifest = match &checkpoint.kind {
        CheckpointKind::Published(manifest) => manifest,
        CheckpointKind::Legacy(legacy) => {
            return legacy_vectors(workspace, legacy);
        }
    };
    let Some(record) = &manifest.vectors else { return Ok(None) };
    match vectors::find_by_digest(workspace, &record.sha256)? {
        Some(name) => named_vectors(workspace, &name),
        None => Err(missing_vectors(workspace, checkpoint, record)),
    }
}

/// The vector model of each checkpoint; one that several have is opened once.
fn vectors_of_all(workspace: &Workspace, checkpoints: &[Checkpoint]) -> Result<Vec<Vectors>> {
    let digest = |checkpoint: &Checkpoint| match &checkpoint.kind {
        CheckpointKind::Published(manifest) => manifest.vectors.as_ref().map(|v| v.sha256.clone()),
        CheckpointKind::Legacy(_) => None,
    };
    let mut opened: BTreeMap<String, Vectors> = BTreeMap::new();
    let open = |checkpoint: &Checkpoint| {
        let Some(digest) = digest(checkpoint) else { return vectors(workspace, checkpoint) };
        if let Some(model) = opened.get(&digest) {
            return Ok(model.clone());
        }
        let model = vectors(workspace, checkpoint)?;
        opened.insert(digest, model.clone());
        Ok(model)
    };
    checkpoints.iter().map(open).collect()
}

fn missing_vectors(
    workspace: &Workspace,
    checkpoint: &Checkpoint,
    record: &VectorsRecord,
) -> Error {
    let VectorsRecord { name, kind, sha256 } = record;
    let name = name.escape_debug();
    let message = format!(
        "checkpoint `{}` was trained with the vector model `{name}` ({kind}, SHA-256 {sha256}), \
         which is not here",
        checkpoint.name
    );
    let hint = if name.to_string() == EMBEDDED {
        "that is the embedded model of another version of mentorpal; train again".to_owned()
    } else {
        format!(
            "get it as those did who trained: `mentorpal vectors add PATH` or `mentorpal vectors \
             download {}`; under any name, its digest tells it",
            shell_word(&name.to_string())
        )
    };
    Error::at(Location::file(workspace.vector_models()), message).hint(hint)
}

/// The word vectors that a checkpoint of the older tool names, which are to be called as their
/// file is.
pub(super) fn legacy_vectors(workspace: &Workspace, legacy: &LegacyCheckpoint) -> Result<Vectors> {
    let file = legacy.vectors()?;
    let stem = Path::new(&file).file_stem().unwrap_or_default().to_string_lossy();
    let known = vectors::names(workspace)?;
    if let Some(name) = known.iter().find(|name| name.is(&stem)) {
        return Ok(Some(Arc::new(VectorModel::open(workspace, name)?)));
    }
    let file = file.escape_debug().to_string();
    let what = format!("it was trained with the word vectors `{file}`, which are not here");
    Err(Error::at(Location::file(&legacy.folder), what).hint(format!(
        "add them: `mentorpal vectors add PATH/{}`; or, where they are called otherwise, make a \
         copy that answers with them: `mentorpal checkpoints import {} --vectors NAME \
         --checkpoint NAME`",
        shell_word(&file),
        shell_word(&legacy.folder.display().to_string())
    )))
}

/// What the older tool learned of `mentor`, as a model of this one; what was noticed on the way is
/// a warning.
pub(super) fn legacy_model(
    legacy: &LegacyCheckpoint,
    mentor: &Mentor,
    vectors: &Vectors,
) -> Result<Converted> {
    let model = legacy.read(&mentor.id)?;
    let place = || Location::file(mentor.id.within(&legacy.folder));
    let converted = convert(model, mentor, vectors).map_err(|e| e.or_at(place()))?;
    console::warn_of_notes(mentor.id.as_str(), &converted.notes);
    Ok(converted)
}

/// Why a checkpoint is used that `mentorpal.toml` names.
pub(super) const NAMED_IN_SETTINGS: &str = "named in mentorpal.toml";

/// Says which checkpoint is used, and why.
pub(super) fn note_use(name: &CheckpointRef, why: &str) {
    console::note(format_args!("using checkpoint {name} ({why})"));
}

/// Warns of a checkpoint that cannot be considered.
pub(super) fn warn_left_out(error: &Error) {
    console::warn(format_args!("checkpoint left out: {error}"));
}

/// The checkpoint to use. Where neither a flag nor the environment names it, a note says which it is.
pub(super) fn chosen(settings: &Settings) -> Result<CheckpointRef> {
    let Chosen { name, by } = settings.checkpoint()?;
    match by {
        ChosenBy::Name => {}
        ChosenBy::SettingsFile => {
            note_use(&name, NAMED_IN_SETTINGS);
        }
        ChosenBy::Creation(passed_over) => {
            passed_over.iter().for_each(warn_left_out);
            note_use(&name, "created last");
        }
    }
    Ok(name)
}

/// A checkpoint, and the vector model it was trained with.
pub(super) struct Opened {
    pub(super) checkpoint: Checkpoint,
    vectors: Vectors,
}

impl Opened {
    /// Opens both.
    pub(super) fn open(workspace: &Workspace, name: &CheckpointRef) -> Result<Self> {
        let checkpoint = Checkpoint::open(workspace, name)?;
        Ok(Self { vectors: vectors(workspace, &checkpoint)?, checkpoint })
    }

    /// Opens several.
    pub(super) fn open_all(workspace: &Workspace, names: &[CheckpointRef]) -> Result<Vec<Self>> {
        let open = |name| Checkpoint::open(workspace, name);
        let checkpoints = names.iter().map(open).collect::<Result<Vec<_>>>()?;
        let vectors = vectors_of_all(workspace, &checkpoints)?;
        let pairs = checkpoints.into_iter().zip(vectors);
        Ok(pairs.map(|(checkpoint, vectors)| Self { checkpoint, vectors }).collect())
    }

    /// Loads `mentor`'s classifier; data that moved on since it was trained is a warning.
    pub(super) fn classifier(
        &self,
        mentor: &Arc<Mentor>,
        canned: bool,
    ) -> Result<MentorClassifier> {
        let Self { checkpoint, vectors } = self;
        let (arch, files) = match &checkpoint.kind {
            CheckpointKind::Published(manifest) => {
                warn_of_changes(checkpoint, mentor)?;
                (manifest.arch.as_str(), checkpoint.model(&mentor.id)?)
            }
            CheckpointKind::Legacy(legacy) => {
                if !legacy.mentors.contains(&mentor.id) {
                    let known = quoted_list(&legacy.mentors);
                    return Err(checkpoint
                        .no_such_mentor(&mentor.id)
                        .hint(format!("it has {known}; nothing can be added to it")));
                }
                legacy.check_vectors(&mentor.id)?;
                (LEGACY_ARCH, legacy_model(legacy, mentor, vectors)?.files)
            }
        };
        let place = || Location::file(mentor.id.within(&checkpoint.folder));
        let classifier =
            registry::find(arch)?.load(&files, vectors).map_err(|e| e.or_at(place()))?;
        Ok(MentorClassifier::new(Arc::clone(mentor), classifier, canned))
    }

    /// Tests `mentor`'s classifier, on the first `limit` questions where there is one.
    pub(super) fn test(
        &self,
        mentor: &Arc<Mentor>,
        test_set: &TestSet,
        canned: bool,
        limit: Option<usize>,
    ) -> Result<TestReport> {
        let classifier = self.classifier(mentor, canned)?;
        run_test(&classifier, &self.checkpoint.name, test_set, limit, &Bar::new(""))
    }
}

/// Warns where the data is not what a checkpoint was trained on.
fn warn_of_changes(checkpoint: &Checkpoint, mentor: &Mentor) -> Result<()> {
    let record = checkpoint.record(&mentor.id)?;
    if record.data_sha256 != mentor.digest() {
        console::warn(format_args!(
            "the data of `{}` changed since `{}` was trained on it ({} and {} then, {} and {} \
             now); train again to learn from it",
            mentor.id,
            checkpoint.name,
            count(record.answers, "answer"),
            count(record.questions, "question"),
            count(mentor.answers.len(), "answer"),
            count(mentor.question_count(), "question"),
        ));
    }
    Ok(())
}

/// The mentors to test, each with its test set: those asked for, or all that have one.
pub(super) fn test_sets(settings: &Settings) -> Result<Vec<(Name, Name)>> {
    let workspace = &settings.workspace;
    let mut pairs = Vec::new();
    for mentor in settings.mentors_or_all()? {
        let wanted = settings.test_set.as_ref();
        let known = workspace.test_sets(&mentor)?;
        // Of all mentors, those that have the test set; of named ones, each must.
        if settings.mentors.is_empty() && wanted.is_some_and(|name| !known.contains(name)) {
            continue;
        }
        if let Some(test_set) = TestSet::pick(workspace, &mentor, wanted)? {
            pairs.push((mentor, test_set));
        } else if !settings.mentors.is_empty() {
            return Err(Error::at(
                Location::file(workspace.tests(&mentor)),
                format!("mentor `{mentor}` has no test set"),
            )
            .hint(no_test_set(workspace, &mentor)));
        }
    }
    if pairs.is_empty() {
        let all = quoted_list(workspace.mentor_ids()?);
        let which = settings
            .test_set
            .as_ref()
            .map_or("a test set".to_owned(), |n| format!("test set `{n}`"));
        return Err(Error::new(format!("no mentor has {which}"))
            .hint(format!("mentors are {all}; test sets belong in `checkpoint/tests/<mentor>/`")));
    }
    Ok(pairs)
}

/// What to do where a mentor has no test set.
fn no_test_set(workspace: &Workspace, mentor: &Name) -> String {
    let unread = TestSet::unread(workspace, mentor);
    match unread.first() {
        Some(finding) => finding.to_string(),
        None => "put one there as `NAME.csv`; docs/formats.md shows how it looks".to_owned(),
    }
}

/// Reads a mentor's test set; what was noticed on the way is a warning.
pub(super) fn test_set(workspace: &Workspace, mentor: &Mentor, name: &Name) -> Result<TestSet> {
    let (test_set, findings) = TestSet::load(workspace, mentor, name)?;
    console::warn_of_findings(mentor.id.as_str(), &findings);
    if test_set.unmarked > 0 {
        console::note(format_args!(
            "{} of test set `{name}` left out: no answer is marked",
            count(test_set.unmarked, "column")
        ));
    }
    if test_set.merged() > 0 {
        console::note(format_args!(
            "{} of test set `{name}` make {}: {} asked before, whose marks are joined",
            count(test_set.columns, "column"),
            count(test_set.questions.len(), "question"),
            match test_set.merged() {
                1 => "1 column asks what was".to_owned(),
                several => format!("{several} columns ask what was"),
            },
        ));
    }
    Ok(test_set)
}
