//! `manifest.json`: what a checkpoint holds and where it came from.

use std::collections::BTreeMap;
use std::path::{Component, Path};

use serde::{Deserialize, Serialize};

use super::values::Values;
use crate::error::{Error, Location, Result};
use crate::mentor::Mentor;
use crate::publish::{self, FileRecord};
use crate::sha256;
use crate::vectors::{ModelKind, VectorModel};
use crate::workspace::Name;

/// The version of the format that this program writes.
const FORMAT: u32 = 1;

/// The most values, keys included, that the options of a manifest may have: a training run is told
/// some twenty.
const MAX_OPTIONS: usize = 10_000;

/// What a mentor's training measured, beside its model; no part of it.
pub const REPORT_FILE: &str = "report.json";

/// What older versions kept in its place: a page, and so a program. It is never opened, nor taken
/// over into another checkpoint.
pub const OLD_REPORT_FILE: &str = "report.html";

/// What a checkpoint holds. Maps are sorted, so the same content gives the same bytes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Manifest {
    /// Version of the format, now 1.
    pub format: u32,
    /// The architecture that trained it.
    pub arch: String,
    /// When, RFC 3339 in UTC; from `SOURCE_DATE_EPOCH` where that is set.
    pub created: String,
    /// The version of mentorpal that trained it.
    pub version: String,
    /// Where random numbers started.
    pub seed: u64,
    /// The vector model it was trained with, and answers with.
    #[serde(default)]
    pub vectors: Option<VectorsRecord>,
    /// What the training run was told besides.
    pub options: BTreeMap<String, serde_json::Value>,
    /// The checkpoint of the older tool that it was made of, if it was not trained.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub imported: Option<ImportedFrom>,
    /// Its mentors by id.
    pub mentors: BTreeMap<String, MentorRecord>,
    /// Every file but this one, by path within the checkpoint (`guide/model.safetensors`).
    pub files: BTreeMap<String, FileRecord>,
}

/// What is counted of a manifest before it is read.
#[derive(Deserialize)]
struct Sizes {
    options: Values,
}

/// A vector model, as a checkpoint remembers it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct VectorsRecord {
    /// What it was called; under any name, its digest tells it.
    pub name: String,
    /// `words`, `static` or `encoder`.
    pub kind: ModelKind,
    /// [`VectorModel::sha256`].
    pub sha256: String,
}

/// A checkpoint of the older tool, as one that was made of it remembers it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImportedFrom {
    /// What its folder was called.
    pub checkpoint: String,
    /// The file name of its word vectors.
    pub vectors: Option<String>,
    /// The files that were read, by path within it.
    pub files: BTreeMap<String, FileRecord>,
}

impl From<&VectorModel> for VectorsRecord {
    fn from(model: &VectorModel) -> Self {
        Self {
            name: model.name().to_owned(),
            kind: model.kind(),
            sha256: model.sha256().to_owned(),
        }
    }
}

/// One mentor of a checkpoint.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(from = "MentorFields", into = "MentorFields")]
pub struct MentorRecord {
    /// [`Mentor::digest`](crate::mentor::Mentor::digest) at training time.
    pub data_sha256: String,
    /// How many answers it had.
    pub answers: usize,
    /// How many questions, repetitions included.
    pub questions: usize,
    /// How many distinct questions it was trained on.
    pub distinct_questions: usize,
    /// Leave-one-out accuracy in 0..=1, if it could be measured.
    pub loo_accuracy: Option<f64>,
}

/// The JSON fields of a [`MentorRecord`].
#[derive(Serialize, Deserialize)]
struct MentorFields {
    data_sha256: String,
    answers: usize,
    questions: usize,
    distinct_questions: usize,
    #[serde(default)]
    loo_accuracy: Option<f64>,
    /// Deprecated: the former name of `loo_accuracy`, written for older readers.
    #[serde(default)]
    cv_accuracy: Option<f64>,
}

impl From<MentorFields> for MentorRecord {
    fn from(fields: MentorFields) -> Self {
        Self {
            data_sha256: fields.data_sha256,
            answers: fields.answers,
            questions: fields.questions,
            distinct_questions: fields.distinct_questions,
            loo_accuracy: fields.loo_accuracy.or(fields.cv_accuracy),
        }
    }
}

impl From<MentorRecord> for MentorFields {
    fn from(record: MentorRecord) -> Self {
        Self {
            data_sha256: record.data_sha256,
            answers: record.answers,
            questions: record.questions,
            distinct_questions: record.distinct_questions,
            loo_accuracy: record.loo_accuracy,
            cv_accuracy: record.loo_accuracy,
        }
    }
}

impl MentorRecord {
    /// A mentor as it is now.
    #[must_use]
    pub fn of(mentor: &Mentor, loo_accuracy: Option<f64>) -> Self {
        Self {
            data_sha256: mentor.digest(),
            answers: mentor.answers.len(),
            questions: mentor.question_count(),
            distinct_questions: mentor.examples().len(),
            loo_accuracy,
        }
    }
}

impl Manifest {
    /// A manifest of nothing yet, made at `created`.
    #[must_use]
    pub fn new(arch: &str, seed: u64, created: String) -> Self {
        Self {
            format: FORMAT,
            arch: arch.to_owned(),
            created,
            version: env!("CARGO_PKG_VERSION").to_owned(),
            seed,
            vectors: None,
            options: BTreeMap::new(),
            imported: None,
            mentors: BTreeMap::new(),
            files: BTreeMap::new(),
        }
    }

    /// The manifest as it stands on disk.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        publish::json_file(self)
    }

    /// Reads the manifest at `path` (for messages) from `bytes`.
    ///
    /// # Errors
    /// When it is no manifest, is of a newer format, names a file outside a mentor's folder, or has
    /// what cannot be a digest, a time or a version.
    pub fn from_bytes(path: &Path, bytes: &[u8]) -> Result<Self> {
        let fault = |message: String| {
            Error::at(Location::file(path), message)
                .hint("the checkpoint is damaged or of another version; train it again")
        };
        let not_one = |e: serde_json::Error| fault("not a manifest".into()).caused_by(e);
        // Counted first: a value may take fifty times the memory that it takes in the file.
        let Sizes { options: Values(values) } = serde_json::from_slice(bytes).map_err(not_one)?;
        if values > MAX_OPTIONS {
            let what = format!("{values} values in `options`, expected at most {MAX_OPTIONS}");
            return Err(fault(what));
        }
        let manifest: Self = serde_json::from_slice(bytes).map_err(not_one)?;
        if manifest.format != FORMAT {
            let format = manifest.format;
            return Err(fault(format!("manifest format {format}, expected {FORMAT}")));
        }
        for mentor in manifest.mentors.keys() {
            Name::new("mentor", mentor.as_str()).map_err(|e| fault(e.to_string()))?;
        }
        for file in manifest.files.keys() {
            if !manifest.is_own_path(file) {
                return Err(fault(format!("`{}` is not a mentor's file", file.escape_debug())));
            }
        }
        match manifest.fault() {
            Some(what) => Err(fault(what.to_owned())),
            None => Ok(manifest),
        }
    }

    /// What is wrong with what it says of itself, if something is: it is printed as it stands.
    fn fault(&self) -> Option<&'static str> {
        let digests = self.mentors.values().map(|mentor| &mentor.data_sha256);
        let digest = self.vectors.as_ref().map(|vectors| &vectors.sha256);
        if self.created.parse::<jiff::Timestamp>().is_err() {
            Some("`created` is no time (RFC 3339)")
        } else if [&self.arch, &self.version].iter().any(|text| text.contains(char::is_control)) {
            Some("`arch` or `version` has control characters")
        } else if !digests.chain(digest).all(|digest| sha256::is_digest(digest)) {
            Some("`data_sha256`, or that of the vectors, is no SHA-256")
        } else {
            publish::files_fault(&self.files)
        }
    }

    /// How many bytes its files have.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.files.values().map(|file| file.size).sum()
    }

    /// Whether there are figures of `mentor`'s training: an older version wrote none.
    #[must_use]
    pub fn has_report(&self, mentor: &str) -> bool {
        self.files.contains_key(&format!("{mentor}/{REPORT_FILE}"))
    }

    /// What it says of `mentor`, whose id may stand in the other normalization form.
    #[must_use]
    pub fn mentor(&self, mentor: &Name) -> Option<&MentorRecord> {
        self.id_of(mentor).and_then(|id| self.mentors.get(id))
    }

    /// `mentor` in the form that it has here, the same one first.
    fn id_of(&self, mentor: &Name) -> Option<&str> {
        let exactly = self.mentors.get_key_value(mentor.as_str()).map(|(id, _)| id);
        exactly.or_else(|| self.mentors.keys().find(|id| mentor.is(id))).map(String::as_str)
    }

    /// The files of `mentor`: their name within its folder, and their record.
    pub fn files_of(&self, mentor: &Name) -> impl Iterator<Item = (&str, &FileRecord)> {
        let id = self.id_of(mentor);
        self.files.iter().filter_map(move |(path, record)| {
            let (folder, file) = path.split_once('/')?;
            (Some(folder) == id).then_some((file, record))
        })
    }

    /// `<mentor>/<file>` with both plain names, and the mentor one of this manifest's.
    fn is_own_path(&self, path: &str) -> bool {
        let Some((mentor, file)) = path.split_once('/') else { return false };
        let parts: Vec<Component> = Path::new(path).components().collect();
        self.mentors.contains_key(mentor)
            && Name::new("file", file).is_ok()
            && matches!(parts.as_slice(), [Component::Normal(_), Component::Normal(_)])
    }
}

/// The path within `folder` of a manifest's file `path`; a copy may have its mentor's folder in the other
/// normalization form.
pub(super) fn stored_file(folder: &Path, path: &str) -> String {
    let (mentor, file) = path.split_once('/').unwrap_or(("", path));
    match Name::new("mentor", mentor) {
        Ok(mentor) => format!("{}/{file}", mentor.stored_in(folder)),
        Err(_) => path.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with_file(file: &str) -> Result<Manifest> {
        let manifest = sample(file);
        Manifest::from_bytes(Path::new("manifest.json"), &manifest.to_bytes())
    }

    fn sample(file: &str) -> Manifest {
        let mut manifest = Manifest::new("fusion_v1", 0, "2026-01-01T00:00:00Z".into());
        let record = MentorRecord {
            data_sha256: "0".repeat(64),
            answers: 1,
            questions: 1,
            distinct_questions: 1,
            loo_accuracy: None,
        };
        manifest.mentors.insert("guide".into(), record);
        manifest.files.insert(file.into(), FileRecord::of(b"x"));
        manifest
    }

    #[test]
    fn only_files_in_a_mentors_folder_are_accepted() {
        assert!(with_file("guide/model.json").is_ok());
        for path in [
            "../x",
            "guide/../x",
            "guide/..",
            "/etc/passwd",
            "other/x",
            "guide",
            "guide/a/b",
            "guide/",
        ] {
            assert!(with_file(path).is_err(), "{path}");
        }
    }

    #[test]
    fn what_is_printed_or_added_up_is_what_it_says() {
        type Change = fn(&mut Manifest);
        fn vectors(sha256: &str) -> VectorsRecord {
            VectorsRecord { name: "w".into(), kind: ModelKind::Words, sha256: sha256.into() }
        }
        let change: [(&str, Change); 8] = [
            ("time", |m| m.created = "yesterday".into()),
            ("time", |m| m.created += "\u{1b}[2J"),
            ("control", |m| m.version = "0.1.0\u{1b}[2J".into()),
            ("control", |m| m.arch = "fusion\n".into()),
            ("SHA-256", |m| m.vectors = Some(vectors("abc"))),
            ("SHA-256", |m| m.mentors.get_mut("guide").unwrap().data_sha256 = "\u{1b}".repeat(64)),
            ("SHA-256", |m| m.files.get_mut("guide/x").unwrap().sha256 = "../../x".into()),
            ("more bytes", |m| {
                m.files
                    .insert("guide/y".into(), FileRecord { size: u64::MAX, ..FileRecord::of(b"") });
            }),
        ];
        for (says, change) in change {
            let mut manifest = sample("guide/x");
            manifest.vectors = Some(vectors(&"a".repeat(64)));
            assert!(Manifest::from_bytes(Path::new("m"), &manifest.to_bytes()).is_ok());
            change(&mut manifest);
            let error = Manifest::from_bytes(Path::new("m"), &manifest.to_bytes()).unwrap_err();
            assert!(error.reason().contains(says), "{}", error.reason());
        }
    }

    // 1/11 is one of many that a reader in a hurry takes for the number next to it.
    #[test]
    fn survives_a_round_trip() {
        let mut manifest = with_file("guide/model.json").unwrap();
        manifest.mentors.get_mut("guide").unwrap().loo_accuracy = Some(1.0 / 11.0);
        let again = Manifest::from_bytes(Path::new("m"), &manifest.to_bytes()).unwrap();
        assert_eq!(again, manifest);
    }
}
