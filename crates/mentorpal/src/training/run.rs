//! A training run over several mentors, step by step.

use std::path::PathBuf;
use std::time::Instant;

use jiff::Timestamp;

use super::labelled::Labelled;
use super::naming::{automatic_name, new_name};
use super::request::{Target, TrainRequest};
use crate::checkpoint::{
    self, Checkpoint, CheckpointRef, Draft, Manifest, MentorRecord, OnExisting, VectorsRecord,
    background_digest, creation_time,
};
use crate::classifiers::{
    Architecture, BackgroundQuestions, ModelFiles, TrainOptions, TrainingData, Vectors, registry,
};
use crate::cleaning::remove_stale_drafts;
use crate::config::{Flags, NO_VECTORS, Settings};
use crate::error::{Error, ErrorKind, Location, Result};
use crate::evaluate::{TrainingFigures, TrainingRecord};
use crate::mentor::Mentor;
use crate::open::{
    Warning, background_questions, checkpoint_vectors, load_mentor, training_vectors,
};
use crate::progress::Progress;
use crate::text::format::{count, quoted_list};
use crate::vectors::VectorModel;
use crate::workspace::{MentorId, Workspace};

/// A training run: [`begin`](Self::begin), [`train_mentor`](Self::train_mentor) for each mentor,
/// [`publish`](Self::publish). Nothing is published if the run is dropped before.
pub struct TrainingRun {
    workspace: Workspace,
    arch: &'static dyn Architecture,
    seed: u64,
    vectors: Vectors,
    background: BackgroundQuestions,
    mentors: Vec<MentorId>,
    keep_going: bool,
    target: Target,
    /// The name of the checkpoint to publish.
    name: CheckpointRef,
    /// The checkpoint to update.
    existing: Option<Checkpoint>,
    created: Timestamp,
    draft: Draft,
    trained: usize,
    failed: Vec<MentorId>,
}

/// The training of one mentor, successful or not.
#[derive(Debug)]
pub struct MentorRun {
    /// The irregularities in the mentor's data.
    pub warnings: Vec<Warning>,
    /// The result, or why the mentor cannot be trained.
    pub result: Result<MentorTraining>,
}

/// The result of training one mentor. Its model is in the checkpoint.
#[derive(Debug)]
pub struct MentorTraining {
    /// The mentor's data.
    pub mentor: Mentor,
    /// The mentor's record in the manifest.
    pub record: MentorRecord,
    /// All figures of the training report.
    pub figures: TrainingFigures,
    /// Remarks of the architecture, for instance about what could not be measured.
    pub notes: Vec<String>,
    /// Duration of reading the data and training, in seconds.
    pub seconds: f64,
    arch: &'static str,
}

/// The result of training one mentor, with the files of its model.
struct TrainedModel {
    training: MentorTraining,
    files: ModelFiles,
}

impl MentorTraining {
    /// The training report, as the checkpoint contains it.
    #[must_use]
    pub fn report(&self) -> TrainingRecord {
        TrainingRecord::of(self.arch, &self.mentor, &self.figures, &self.notes)
    }
}

/// A published checkpoint.
#[derive(Clone, Debug)]
pub struct Published {
    /// Its name.
    pub checkpoint: CheckpointRef,
    /// The path of its folder.
    pub folder: PathBuf,
}

impl TrainingRun {
    /// Checks the request, reads the background questions and the vector model, and starts a draft.
    ///
    /// # Errors
    /// If a name is invalid, something that the request names does not exist, the new checkpoint's name is in
    /// use, or an update does not name its mentors.
    pub fn begin(workspace: &Workspace, request: &TrainRequest) -> Result<Self> {
        let settings = settings(workspace, request)?;
        let mentors = settings.mentors_or_all()?;
        let created = creation_time()?;
        let name = new_name(workspace, &settings.arch, &request.target, created)?;
        let existing = match &request.target {
            Target::Update { .. } => Some(checkpoint_to_update(workspace, &name)?),
            Target::Automatic | Target::Named { .. } => None,
        };
        let arch = registry::find(name.arch.as_str())?;
        let vectors = match &existing {
            Some(checkpoint) => vectors_of_update(workspace, checkpoint, &settings, request)?,
            None => training_vectors(workspace, settings.vectors.as_ref())?,
        };
        let mut manifest = Manifest::new(arch.name(), request.seed, created.to_string());
        manifest.vectors = vectors.as_deref().map(VectorsRecord::from);
        if let Some(checkpoint) = &existing {
            manifest.imported.clone_from(&checkpoint.manifest()?.imported);
        }
        remove_stale_drafts(workspace);
        Ok(Self {
            draft: Draft::begin(workspace, &name.arch, manifest)?,
            background: background_questions(workspace)?,
            name: existing.as_ref().map_or(name, |checkpoint| checkpoint.name.clone()),
            workspace: workspace.clone(),
            arch,
            seed: request.seed,
            vectors,
            mentors,
            keep_going: request.keeps_going(),
            target: request.target.clone(),
            existing,
            created,
            trained: 0,
            failed: Vec::new(),
        })
    }

    /// The mentors to train.
    #[must_use]
    pub fn mentors(&self) -> &[MentorId] {
        &self.mentors
    }

    /// Trains a mentor and adds its model to the draft.
    ///
    /// # Errors
    /// If the model cannot be written; nothing can be published then. That the mentor cannot be trained is the
    /// [result](MentorRun::result), and other mentors can be trained.
    pub fn train_mentor(&mut self, id: &MentorId, progress: &dyn Progress) -> Result<MentorRun> {
        let start = Instant::now();
        let mut warnings = Vec::new();
        let progress = Labelled { label: format!("{id}: "), progress };
        let trained = load_mentor(&self.workspace, id).and_then(|(mentor, found)| {
            warnings = found;
            self.train(mentor, start, &progress)
        });
        progress.finish();
        let result = match trained {
            Ok(TrainedModel { training, files }) => {
                self.draft.add(id, training.record.clone(), &files)?;
                self.draft.add_report(id, &training.report().to_bytes())?;
                self.trained += 1;
                Ok(training)
            }
            Err(error) => {
                self.failed.push(id.clone());
                Err(error)
            }
        };
        Ok(MentorRun { warnings, result })
    }

    fn train(
        &self,
        mentor: Mentor,
        start: Instant,
        progress: &dyn Progress,
    ) -> Result<TrainedModel> {
        let background_questions = self.background.of(&mentor);
        let background_sha256 = background_digest(&background_questions);
        let data = TrainingData { mentor: &mentor, background_questions: &background_questions };
        let options = TrainOptions {
            seed: self.seed,
            vectors: self.vectors.clone(),
            ..TrainOptions::default()
        };
        let place = || Location::file(self.workspace.mentor_data(&mentor.id));
        let fitted = self.arch.train(data, &options, progress).map_err(|e| e.or_at(place()))?;
        let files = fitted.classifier.to_files()?;
        let report = fitted.report;
        let figures = TrainingFigures::of(&report, &mentor);
        let record = MentorRecord::of(&mentor, Some(background_sha256), report.loo_accuracy());
        let training = MentorTraining {
            mentor,
            record,
            figures,
            notes: report.notes,
            seconds: start.elapsed().as_secs_f64(),
            arch: self.arch.name(),
        };
        Ok(TrainedModel { training, files })
    }

    /// Publishes the checkpoint.
    ///
    /// # Errors
    /// If a mentor could not be trained and [`TrainRequest::keep_going`] is not set, if no mentor could be
    /// trained, if another run has published a checkpoint of the same name, or if a file cannot be written.
    /// Nothing is published then.
    pub fn publish(mut self) -> Result<Published> {
        self.check_failures()?;
        // Of several simultaneous runs, the one that publishes last is the newest.
        self.draft.set_created(creation_time()?.to_string());
        if let Some(existing) = &self.existing {
            copy_other_mentors(&mut self.draft, existing)?;
            let on_existing = OnExisting::Update(existing.manifest_bytes()?);
            let folder = self.draft.publish(&self.name.checkpoint, on_existing)?;
            return Ok(Published { checkpoint: self.name, folder });
        }
        let on_existing = match self.target {
            Target::Named { overwrite: true, .. } => OnExisting::Replace,
            _ => OnExisting::Refuse,
        };
        loop {
            match self.draft.publish(&self.name.checkpoint, on_existing) {
                // Another run took the automatic name meanwhile.
                Err(error)
                    if error.kind() == ErrorKind::AlreadyExists
                        && matches!(self.target, Target::Automatic) =>
                {
                    self.name = automatic_name(&self.workspace, &self.name.arch, self.created)?;
                }
                published => {
                    return Ok(Published { checkpoint: self.name, folder: published? });
                }
            }
        }
    }

    /// Refuses to publish if a mentor could not be trained, unless the request allows it.
    fn check_failures(&self) -> Result<()> {
        if self.failed.is_empty() || (self.keep_going && self.trained > 0) {
            return Ok(());
        }
        let failed = quoted_list(&self.failed);
        let message = format!(
            "training failed for {} of {} ({failed}); nothing was published",
            self.failed.len(),
            count(self.mentors.len(), "mentor"),
        );
        let place = match self.failed.as_slice() {
            [mentor] => self.workspace.mentor_data(mentor),
            _ => self.workspace.mentors(),
        };
        let error = Error::at(Location::file(place), message);
        Err(if self.trained == 0 {
            error
        } else {
            error.hint(
                "correct the data, or pass --keep-going to publish the checkpoint without these \
                 mentors",
            )
        })
    }
}

/// The settings of the request, then of `mentorpal.toml`, then the defaults.
fn settings(workspace: &Workspace, request: &TrainRequest) -> Result<Settings> {
    if matches!(request.target, Target::Update { .. }) && request.mentors.is_empty() {
        return Err(update_without_mentor());
    }
    let flags = Flags {
        workspace: Some(workspace.root().to_owned()),
        arch: request.arch.clone(),
        mentors: request.mentors.clone(),
        vectors: request.vectors.clone(),
        ..Flags::default()
    };
    Settings::resolve(&flags, |_| None, workspace.root())
}

/// The error of an update that does not name the mentor to retrain.
#[must_use]
pub fn update_without_mentor() -> Error {
    Error::new("--update needs a mentor to retrain")
        .hint("name the mentor: `mentorpal train --mentor MENTOR --update`")
}

/// Opens the checkpoint to update. One that cannot be updated is refused before any training.
fn checkpoint_to_update(workspace: &Workspace, name: &CheckpointRef) -> Result<Checkpoint> {
    let checkpoint = Checkpoint::open(workspace, name)?;
    checkpoint.manifest()?;
    checkpoint::refuse_unlisted_files(workspace, &checkpoint.name)?;
    Ok(checkpoint)
}

/// The vector model of a checkpoint to update, which all its mentors share.
fn vectors_of_update(
    workspace: &Workspace,
    checkpoint: &Checkpoint,
    settings: &Settings,
    request: &TrainRequest,
) -> Result<Vectors> {
    let vectors = checkpoint_vectors(workspace, checkpoint)?;
    if request.vectors.is_none() {
        return Ok(vectors);
    }
    let wanted = training_vectors(workspace, settings.vectors.as_ref())?;
    if wanted.as_deref().map(VectorModel::sha256) == vectors.as_deref().map(VectorModel::sha256) {
        return Ok(vectors);
    }
    let trained = vectors.as_deref().map_or(NO_VECTORS, VectorModel::name);
    let name = &checkpoint.name;
    let message = format!("checkpoint `{name}` was trained with another vector model, `{trained}`");
    Err(Error::new(message).hint("omit --vectors, or train a new checkpoint without --update"))
}

/// Copies the mentors that were not trained in this run.
fn copy_other_mentors(draft: &mut Draft, from: &Checkpoint) -> Result<()> {
    for id in from.mentors() {
        let id = MentorId::new(id)?;
        if !draft.mentors().any(|trained| id.is(trained)) {
            draft.add_from(from, &id)?;
        }
    }
    Ok(())
}
