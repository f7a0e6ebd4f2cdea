//! The folder of such a checkpoint, and what is in a mentor's.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use super::keras::TopicWeights;
use super::pickle::RidgeClassifier;
use crate::error::{Error, Location, Result};
use crate::files;
use crate::publish::{FileRecord, MANIFEST_FILE};
use crate::text::format::quoted_list;
use crate::workspace::{Name, folder_names};

/// The architecture that all of them are of.
pub const LEGACY_ARCH: &str = "lstm_v1";

/// Question and topics → answers.
const FUSED_FILE: &str = "fused_model.pkl";
/// Question → answers.
const UNFUSED_FILE: &str = "unfused_model.pkl";
/// Words → topics.
const TOPIC_FILE: &str = "lstm_topic_model.h5";
/// The file name of the word vectors.
const VECTORS_FILE: &str = "w2v.txt";

/// The files that a mentor's folder is told by.
const MODEL_FILES: [&str; 3] = [FUSED_FILE, UNFUSED_FILE, TOPIC_FILE];
/// All files of a mentor.
const FILES: [&str; 4] = [FUSED_FILE, UNFUSED_FILE, TOPIC_FILE, VECTORS_FILE];

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
        let has = |mentor: &Name, file: &str| is_there(&folder.join(mentor.as_str()).join(file));
        // A mentor whose folder lacks some file is one all the same: whoever uses it is told.
        mentors.retain(|mentor| FILES.iter().any(|file| has(mentor, file)));
        let is_one = mentors.iter().any(|mentor| MODEL_FILES.iter().any(|file| has(mentor, file)));
        let folder = folder.to_owned();
        is_one.then_some(Self { folder, mentors })
    }

    /// The files that the folder of `mentor` lacks.
    #[must_use]
    pub fn missing(&self, mentor: &Name) -> Vec<PathBuf> {
        let paths = FILES.iter().map(|file| self.path(mentor, file));
        paths.filter(|path| !is_there(path)).collect()
    }

    /// Whether `folder` is a mentor's within such a checkpoint.
    #[must_use]
    pub fn is_mentors(folder: &Path) -> bool {
        MODEL_FILES.iter().any(|file| is_there(&folder.join(file)))
    }

    /// The file name of the word vectors that it was trained with, as `w2v.txt` has it.
    ///
    /// # Errors
    /// When no mentor has it, it is no name, or the mentors differ in it.
    pub fn vectors(&self) -> Result<String> {
        let mut names = BTreeSet::new();
        let path_of = |mentor: &Name| self.path(mentor, VECTORS_FILE);
        let has_it = |mentor: &&Name| is_there(&path_of(mentor));
        // A mentor that lacks the file cannot say otherwise, and keeps no other from being used.
        let mut mentors: Vec<&Name> = self.mentors.iter().filter(has_it).collect();
        mentors.extend(self.mentors.first().filter(|_| mentors.is_empty()));
        for mentor in mentors {
            let path = path_of(mentor);
            let fault = |what: &str| {
                Error::at(Location::file(&path), what)
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
                Err(Error::at(Location::file(&self.folder), what))
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

    /// Refuses a mentor whose folder does not say which word vectors it was trained with.
    ///
    /// # Errors
    /// When `w2v.txt` is missing.
    pub fn check_vectors(&self, mentor: &Name) -> Result<()> {
        let path = self.path(mentor, VECTORS_FILE);
        if is_there(&path) { Ok(()) } else { files::read(&path).map(|_| ()) }
    }

    fn path(&self, mentor: &Name, file: &str) -> PathBuf {
        mentor.within(&self.folder).join(file)
    }
}

/// Whether something is at `path`, if only a link that leads nowhere.
fn is_there(path: &Path) -> bool {
    path.symlink_metadata().is_ok()
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
