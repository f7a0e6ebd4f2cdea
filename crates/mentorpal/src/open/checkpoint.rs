//! A checkpoint that is ready to answer questions and to be tested.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::background::SharedBackground;
use super::vectors::{checkpoint_vectors, vectors_of_all};
use super::warning::DataSize;
use super::{MentorAnswerer, Warning};
use crate::checkpoint::legacy::{Converted, LEGACY_ARCH, LegacyCheckpoint, convert};
use crate::checkpoint::{Checkpoint, CheckpointKind, CheckpointRef};
use crate::classifiers::{MentorClassifier, ModelFiles, Vectors, registry};
use crate::error::{Location, Result};
use crate::mentor::Mentor;
use crate::text::format::quoted_list;
use crate::workspace::{MentorId, Workspace};

/// A checkpoint with the vector model that it was trained with.
///
/// [`Workspace::checkpoint`] opens one.
#[derive(Debug)]
pub struct OpenCheckpoint {
    pub(super) workspace: Workspace,
    files: Checkpoint,
    vectors: Vectors,
    background: SharedBackground,
    /// Whether [`Warning::BackgroundChanged`] was reported already.
    is_background_reported: AtomicBool,
    pub(super) warnings: Vec<Warning>,
}

impl OpenCheckpoint {
    /// Opens the checkpoint called `name` and its vector model.
    ///
    /// # Errors
    /// If there is no such checkpoint, its manifest is invalid, or its vector model is not in the workspace.
    pub fn open(workspace: &Workspace, name: &CheckpointRef) -> Result<Self> {
        let files = Checkpoint::open(workspace, name)?;
        let vectors = checkpoint_vectors(workspace, &files)?;
        Ok(Self::from_parts(workspace, files, vectors, SharedBackground::default()))
    }

    /// Opens several checkpoints. A vector model that several of them need is opened once.
    ///
    /// # Errors
    /// As [`open`](Self::open).
    pub fn open_all(workspace: &Workspace, names: &[CheckpointRef]) -> Result<Vec<Self>> {
        let open = |name| Checkpoint::open(workspace, name);
        let checkpoints = names.iter().map(open).collect::<Result<Vec<_>>>()?;
        let vectors = vectors_of_all(workspace, &checkpoints)?;
        let background = SharedBackground::default();
        let all = checkpoints.into_iter().zip(vectors);
        Ok(all
            .map(|(files, vectors)| Self::from_parts(workspace, files, vectors, background.clone()))
            .collect())
    }

    fn from_parts(
        workspace: &Workspace,
        files: Checkpoint,
        vectors: Vectors,
        background: SharedBackground,
    ) -> Self {
        Self {
            workspace: workspace.clone(),
            files,
            vectors,
            background,
            is_background_reported: AtomicBool::new(false),
            warnings: Vec::new(),
        }
    }

    /// The full name of the checkpoint.
    #[must_use]
    pub fn name(&self) -> &CheckpointRef {
        &self.files.name
    }

    /// The files of the checkpoint.
    #[must_use]
    pub fn files(&self) -> &Checkpoint {
        &self.files
    }

    /// The warnings of choosing the checkpoint.
    #[must_use]
    pub fn warnings(&self) -> &[Warning] {
        &self.warnings
    }

    /// Opens the mentor with the id `id`, which answers exact matches of known questions directly.
    ///
    /// # Errors
    /// If there is no such mentor in the workspace or in the checkpoint, or its data or its model cannot be
    /// used.
    pub fn mentor(&self, id: &str) -> Result<MentorAnswerer> {
        let (mentor, mut warnings) = load_mentor(&self.workspace, &MentorId::new(id)?)?;
        let mut answerer = self.answerer(Arc::new(mentor), true)?;
        warnings.append(&mut answerer.warnings);
        Ok(MentorAnswerer { warnings, ..answerer })
    }

    /// Opens the model of `mentor`. `exact_matches` determines whether exact matches of known questions are answered
    /// without the model.
    ///
    /// # Errors
    /// If the checkpoint does not have this mentor, or the model cannot be used.
    pub fn answerer(&self, mentor: Arc<Mentor>, exact_matches: bool) -> Result<MentorAnswerer> {
        let mut warnings = Vec::new();
        let (arch, files) = match &self.files.kind {
            CheckpointKind::Published(manifest) => {
                warnings.extend(self.data_change(&mentor)?);
                (manifest.arch.as_str(), self.files.model(&mentor.id)?)
            }
            CheckpointKind::Legacy(legacy) => {
                (LEGACY_ARCH, self.legacy_files(legacy, &mentor, &mut warnings)?)
            }
        };
        let place = || Location::file(mentor.id.within(&self.files.folder));
        let model =
            registry::find(arch)?.load(&files, &self.vectors).map_err(|e| e.or_at(place()))?;
        let classifier = MentorClassifier::new(mentor, model, exact_matches);
        Ok(MentorAnswerer { classifier, checkpoint: self.files.name.clone(), warnings })
    }

    /// Converts a model of the Python pipeline.
    fn legacy_files(
        &self,
        legacy: &LegacyCheckpoint,
        mentor: &Mentor,
        warnings: &mut Vec<Warning>,
    ) -> Result<ModelFiles> {
        if !legacy.mentors.contains(&mentor.id) {
            let known = quoted_list(&legacy.mentors);
            let error = self.files.no_such_mentor(&mentor.id);
            return Err(
                error.hint(format!("the checkpoint has {known}; no mentor can be added to it"))
            );
        }
        legacy.check_vectors(&mentor.id)?;
        let Converted { files, notes, .. } = convert_legacy(legacy, mentor, &self.vectors)?;
        let warning = |note| Warning::Conversion { mentor: mentor.id.clone(), note };
        warnings.extend(notes.into_iter().map(warning));
        Ok(files)
    }

    /// Compares the data of `mentor` with the data that its model was trained on.
    fn data_change(&self, mentor: &Mentor) -> Result<Option<Warning>> {
        let record = self.files.record(&mentor.id)?;
        if record.data_sha256 == mentor.digest() {
            return Ok(None);
        }
        let (answers, questions) = (mentor.answers.len(), mentor.question_count());
        Ok(Some(Warning::DataChanged {
            mentor: mentor.id.clone(),
            checkpoint: self.files.name.clone(),
            trained: DataSize { answers: record.answers, questions: record.questions },
            now: DataSize { answers, questions },
        }))
    }

    /// Compares the background questions of `mentor` with those that its model was trained on. This reads the
    /// data of all mentors, so it is part of testing and not of opening a mentor that answers.
    pub(super) fn background_change(&self, mentor: &Mentor) -> Result<Option<Warning>> {
        let CheckpointKind::Published(_) = &self.files.kind else { return Ok(None) };
        let record = self.files.record(&mentor.id)?;
        let Some(trained) = &record.background_sha256 else { return Ok(None) };
        if self.is_background_reported.load(Ordering::Relaxed) {
            return Ok(None);
        }
        let now = self.background.digest(&self.workspace, mentor);
        let is_changed = now.is_some_and(|now| now != *trained);
        let is_first = is_changed && !self.is_background_reported.swap(true, Ordering::Relaxed);
        let checkpoint = self.files.name.clone();
        Ok(is_first.then_some(Warning::BackgroundChanged { checkpoint }))
    }
}

/// Reads a mentor's data, with the irregularities in it as warnings.
///
/// # Errors
/// If there is no such mentor, or its data cannot be used.
pub fn load_mentor(workspace: &Workspace, id: &MentorId) -> Result<(Mentor, Vec<Warning>)> {
    let (mentor, findings) = Mentor::load(workspace, id)?;
    let warning = |finding| Warning::MentorData { mentor: mentor.id.clone(), finding };
    let warnings = findings.into_iter().map(warning).collect();
    Ok((mentor, warnings))
}

/// Converts the model of `mentor` in a checkpoint of the Python pipeline to one of this version.
///
/// # Errors
/// If a file of the model is missing or cannot be used, or the model does not fit the mentor or the vectors.
pub fn convert_legacy(
    legacy: &LegacyCheckpoint,
    mentor: &Mentor,
    vectors: &Vectors,
) -> Result<Converted> {
    let model = legacy.read(&mentor.id)?;
    let place = || Location::file(mentor.id.within(&legacy.folder));
    convert(model, mentor, vectors).map_err(|e| e.or_at(place()))
}
