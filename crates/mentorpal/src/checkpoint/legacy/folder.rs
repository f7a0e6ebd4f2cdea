//! The folder of a legacy checkpoint, and the model files of each mentor.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use super::model::{LegacyModel, RidgeClassifier, TopicWeights};
use crate::error::{Error, ErrorKind, Location, Result};
use crate::files;
use crate::publish::{FileRecord, MANIFEST_FILE};
use crate::text::format::quoted_list;
use crate::workspace::{MentorId, OfMentor, folder_names};

/// The architecture of every legacy checkpoint.
pub const LEGACY_ARCH: &str = "lstm_v1";

/// The classifier from question and topics to answers.
pub(super) const FUSED_FILE: &str = "fused_model.pkl";
/// The classifier from question to answers.
pub(super) const UNFUSED_FILE: &str = "unfused_model.pkl";
/// The network from words to topics.
pub(super) const TOPIC_FILE: &str = "lstm_topic_model.h5";
/// A text file with the file name of the word vectors.
const VECTORS_FILE: &str = "w2v.txt";

/// The files that identify the folder of a mentor.
const MODEL_FILES: [&str; 3] = [FUSED_FILE, UNFUSED_FILE, TOPIC_FILE];
/// All files of a mentor.
const FILES: [&str; 4] = [FUSED_FILE, UNFUSED_FILE, TOPIC_FILE, VECTORS_FILE];

/// A checkpoint of the Python pipeline. It is never modified.
#[derive(Clone, Debug)]
pub struct LegacyCheckpoint {
    /// The folder of the checkpoint.
    pub folder: PathBuf,
    /// The ids of its mentors, sorted.
    pub mentors: Vec<MentorId>,
}

impl LegacyCheckpoint {
    /// Returns the legacy checkpoint in `folder`; `None` if `folder` has none or has a manifest.
    #[must_use]
    pub fn find(folder: &Path) -> Option<Self> {
        if folder.join(MANIFEST_FILE).symlink_metadata().is_ok() {
            return None;
        }
        let mut mentors = folder_names::<OfMentor>(folder).ok()?;
        let has = |mentor: &MentorId, file: &str| exists(&folder.join(mentor.as_str()).join(file));
        // A mentor with missing files is listed; using it is an error that names them.
        mentors.retain(|mentor| FILES.iter().any(|file| has(mentor, file)));
        let is_one = mentors.iter().any(|mentor| MODEL_FILES.iter().any(|file| has(mentor, file)));
        let folder = folder.to_owned();
        is_one.then_some(Self { folder, mentors })
    }

    /// Returns the files that are missing in the folder of `mentor`.
    #[must_use]
    pub fn missing(&self, mentor: &MentorId) -> Vec<PathBuf> {
        let paths = FILES.iter().map(|file| self.path(mentor, file));
        paths.filter(|path| !exists(path)).collect()
    }

    /// Returns whether `folder` is the folder of a mentor in a legacy checkpoint.
    #[must_use]
    pub fn is_mentor_folder(folder: &Path) -> bool {
        MODEL_FILES.iter().any(|file| exists(&folder.join(file)))
    }

    /// Returns the file name of the word vectors that the checkpoint was trained with, from
    /// `w2v.txt`.
    ///
    /// # Errors
    /// If no mentor has `w2v.txt`, if it does not contain a file name, or if the mentors differ.
    pub fn vectors(&self) -> Result<String> {
        let mut names = BTreeSet::new();
        let path_of = |mentor: &MentorId| self.path(mentor, VECTORS_FILE);
        let has_file = |mentor: &&MentorId| exists(&path_of(mentor));
        // Mentors without the file are ignored, so that the others can be used.
        let mut mentors: Vec<&MentorId> = self.mentors.iter().filter(has_file).collect();
        mentors.extend(self.mentors.first().filter(|_| mentors.is_empty()));
        for mentor in mentors {
            let path = path_of(mentor);
            let fault = |what: &str| {
                Error::at(Location::file(&path), what)
                    .with_kind(ErrorKind::Corrupt)
                    .hint("write the file name of the word vectors to this file")
            };
            let text = String::from_utf8(files::read(&path)?)
                .map_err(|e| fault("not UTF-8 text").caused_by(e))?;
            let name = text.trim().rsplit(['/', '\\']).next().unwrap_or_default();
            if name.is_empty() || name.chars().any(char::is_control) {
                return Err(fault("expected a file name"));
            }
            names.insert(name.to_owned());
        }
        match names.pop_first() {
            Some(name) if names.is_empty() => Ok(name),
            first => {
                let names = quoted_list(first.into_iter().chain(names));
                let what = format!(
                    "the mentors of the checkpoint were trained with different word vectors: \
                     {names}"
                );
                Err(Error::at(Location::file(&self.folder), what))
            }
        }
    }

    /// Reads the model of `mentor`.
    ///
    /// # Errors
    /// If a file is missing or invalid, or the files are from different models.
    pub fn read(&self, mentor: &MentorId) -> Result<LegacyModel> {
        let mut records = BTreeMap::new();
        let mut read = |file: &str| {
            let bytes = files::read(&self.path(mentor, file))?;
            records.insert(format!("{mentor}/{file}"), FileRecord::of(&bytes));
            Ok::<_, Error>(bytes)
        };
        let at = |file: &str| {
            let place = Location::file(self.path(mentor, file));
            move |e: Error| e.or_at(place)
        };
        let fused = RidgeClassifier::from_pickle(&read(FUSED_FILE)?).map_err(at(FUSED_FILE))?;
        let unfused =
            RidgeClassifier::from_pickle(&read(UNFUSED_FILE)?).map_err(at(UNFUSED_FILE))?;
        let topics = TopicWeights::from_hdf5(&read(TOPIC_FILE)?).map_err(at(TOPIC_FILE))?;
        let model = LegacyModel { topics, fused, unfused, records };
        model.check().map_err(|e| e.or_at(Location::file(mentor.within(&self.folder))))?;
        Ok(model)
    }

    /// Checks that the folder of `mentor` names its word vectors.
    ///
    /// # Errors
    /// If `w2v.txt` is missing.
    pub fn check_vectors(&self, mentor: &MentorId) -> Result<()> {
        let path = self.path(mentor, VECTORS_FILE);
        if exists(&path) { Ok(()) } else { files::read(&path).map(|_| ()) }
    }

    fn path(&self, mentor: &MentorId, file: &str) -> PathBuf {
        mentor.within(&self.folder).join(file)
    }
}

/// Returns whether anything exists at `path`, including a broken link.
fn exists(path: &Path) -> bool {
    path.symlink_metadata().is_ok()
}
