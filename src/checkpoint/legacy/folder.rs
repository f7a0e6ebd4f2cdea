//! The folder of such a checkpoint, and what is in a mentor's.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use super::keras::TopicWeights;
use super::pickle::RidgeClassifier;
use crate::error::{Error, Place, Result, quoted_list};
use crate::files;
use crate::publish::{FileRecord, MANIFEST_FILE};
use crate::workspace::{Name, folder_names};

/// The architecture that all of them are of.
pub const LEGACY_ARCH: &str = "lstm_v1";

/// Question and topics → answers; a mentor's folder is told by it.
const FUSED_FILE: &str = "fused_model.pkl";
/// Question → answers.
const UNFUSED_FILE: &str = "unfused_model.pkl";
/// Words → topics.
const TOPIC_FILE: &str = "lstm_topic_model.h5";
/// The file name of the word vectors.
const VECTORS_FILE: &str = "w2v.txt";

/// A checkpoint of the older tool, as it lies there; nothing in it is ever changed.
#[derive(Clone, Debug)]
pub struct LegacyCheckpoint {
    /// Where it lies.
    pub folder: PathBuf,
    /// Its mentors, sorted.
    pub mentors: Vec<Name>,
}

/// What such a checkpoint holds for a mentor.
#[derive(Clone, Debug)]
pub struct LegacyModel {
    /// Word vectors → topics.
    pub topics: TopicWeights,
    /// Sum of the word vectors, then the topics' shares → answers.
    pub fused: RidgeClassifier,
    /// Sum of the word vectors → answers.
    pub unfused: RidgeClassifier,
    /// The files that it was read from, by path within the checkpoint.
    pub records: BTreeMap<String, FileRecord>,
}

impl LegacyCheckpoint {
    /// The checkpoint in `folder`; `None` where there is none, or one of this tool.
    #[must_use]
    pub fn find(folder: &Path) -> Option<Self> {
        if folder.join(MANIFEST_FILE).symlink_metadata().is_ok() {
            return None;
        }
        let mut mentors = folder_names(folder).ok()?;
        mentors.retain(|mentor| folder.join(mentor.as_str()).join(FUSED_FILE).is_file());
        let folder = folder.to_owned();
        (!mentors.is_empty()).then_some(Self { folder, mentors })
    }

    /// Whether `folder` is a mentor's within such a checkpoint.
    #[must_use]
    pub fn is_mentors(folder: &Path) -> bool {
        folder.join(FUSED_FILE).is_file()
    }

    /// The file name of the word vectors that it was trained with, as `w2v.txt` has it.
    ///
    /// # Errors
    /// When it is missing or no name, or its mentors differ in it.
    pub fn vectors(&self) -> Result<String> {
        let mut names = BTreeSet::new();
        for mentor in &self.mentors {
            let path = self.path(mentor, VECTORS_FILE);
            let fault = |what: &str| {
                Error::at(Place::file(&path), what)
                    .hint("it is to hold the file name of the word vectors")
            };
            let text = String::from_utf8(files::read(&path)?)
                .map_err(|e| fault("not UTF-8 text").caused_by(e))?;
            let name = text.trim().rsplit(['/', '\\']).next().unwrap_or_default();
            if name.is_empty() || name.chars().any(char::is_control) {
                return Err(fault("no file name"));
            }
            names.insert(name.to_owned());
        }
        match names.pop_first() {
            Some(name) if names.is_empty() => Ok(name),
            first => {
                let names = quoted_list(first.into_iter().chain(names));
                let what = format!("its mentors have different word vectors: {names}");
                Err(Error::at(Place::file(&self.folder), what))
            }
        }
    }

    /// Reads what it holds for `mentor`.
    ///
    /// # Errors
    /// When a file is missing or cannot be used, or they do not fit together.
    pub fn read(&self, mentor: &Name) -> Result<LegacyModel> {
        let mut records = BTreeMap::new();
        let mut read = |file: &str| {
            let bytes = files::read(&self.path(mentor, file))?;
            records.insert(format!("{mentor}/{file}"), FileRecord::of(&bytes));
            Ok::<_, Error>(bytes)
        };
        let at = |file: &str| {
            let place = Place::file(self.path(mentor, file));
            move |e: Error| e.or_at(place)
        };
        let fused = RidgeClassifier::from_pickle(&read(FUSED_FILE)?).map_err(at(FUSED_FILE))?;
        let unfused =
            RidgeClassifier::from_pickle(&read(UNFUSED_FILE)?).map_err(at(UNFUSED_FILE))?;
        let topics = TopicWeights::from_hdf5(&read(TOPIC_FILE)?).map_err(at(TOPIC_FILE))?;
        let model = LegacyModel { topics, fused, unfused, records };
        model.check().map_err(|e| e.or_at(Place::file(mentor.within(&self.folder))))?;
        Ok(model)
    }

    fn path(&self, mentor: &Name, file: &str) -> PathBuf {
        mentor.within(&self.folder).join(file)
    }
}

impl LegacyModel {
    /// Compares the parts with each other.
    fn check(&self) -> Result<()> {
        let TopicWeights { dims, topics, .. } = self.topics;
        let fault = |what: String| Err(Error::new(what).hint("the files are of different models"));
        if self.unfused.features != dims {
            let found = self.unfused.features;
            return fault(format!(
                "{UNFUSED_FILE} is over {found} numbers, {TOPIC_FILE} over {dims}"
            ));
        }
        if self.fused.features != dims + topics {
            let found = self.fused.features;
            return fault(format!(
                "{FUSED_FILE} is over {found} numbers, expected {dims} and {topics} topics"
            ));
        }
        if self.fused.classes != self.unfused.classes {
            return fault(format!("{FUSED_FILE} has other answers than {UNFUSED_FILE}"));
        }
        Ok(())
    }
}
