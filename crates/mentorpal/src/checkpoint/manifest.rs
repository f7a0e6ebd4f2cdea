//! `manifest.json`: the contents of a checkpoint and the data that it was trained on.

use std::collections::BTreeMap;
use std::path::{Component, Path};

use serde::{Deserialize, Serialize};

use super::records::{ImportedFrom, MentorRecord, VectorsRecord};
use super::values::Values;
use crate::error::{Error, ErrorKind, Location, Result};
use crate::files::pretty_json;
use crate::publish::{self, FileRecord};
use crate::sha256;
use crate::workspace::{MentorId, check_name};

/// The version of the format that this program writes.
const FORMAT: u32 = 2;

/// The oldest version of the format that this program reads. Format 1 has `options`, which were
/// always empty, and no `background_sha256`.
const OLDEST_FORMAT: u32 = 1;

/// The largest number of values, keys included, in the `options` of format 1. Nothing reads them;
/// versions that write format 1 hold them in memory.
const MAX_OPTIONS: usize = 10_000;

/// The file with the figures of a mentor's training, next to the files of the model.
pub const REPORT_FILE: &str = "report.json";

/// The HTML page that older versions wrote instead of [`REPORT_FILE`]. A page can hold scripts, so it is
/// never opened, and never copied into another checkpoint.
pub const OLD_REPORT_FILE: &str = "report.html";

/// The contents of a checkpoint. Maps are sorted, so that the same content gives the same bytes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Manifest {
    /// Version of the format: 2, or 1 in a manifest of an older version.
    pub format: u32,
    /// The architecture that trained it.
    pub arch: String,
    /// Creation time, RFC 3339 in UTC; the value of `SOURCE_DATE_EPOCH` if that is set.
    pub created: String,
    /// The version of mentorpal that trained it.
    pub version: String,
    /// Seed of the random number generator.
    pub seed: u64,
    /// The vector model that it was trained with, and that it needs to answer.
    #[serde(default)]
    pub vectors: Option<VectorsRecord>,
    /// The checkpoint of the Python pipeline that it was imported from, if it was not trained.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub imported: Option<ImportedFrom>,
    /// Its mentors by id.
    pub mentors: BTreeMap<String, MentorRecord>,
    /// Every file except the manifest, by path within the checkpoint (`guide/model.safetensors`).
    pub files: BTreeMap<String, FileRecord>,
}

/// The number of values in the `options` of format 1, counted before the manifest is read.
#[derive(Deserialize)]
struct Sizes {
    options: Option<Values>,
}

impl Manifest {
    /// An empty manifest with creation time `created`.
    #[must_use]
    pub fn new(arch: &str, seed: u64, created: String) -> Self {
        Self {
            format: FORMAT,
            arch: arch.to_owned(),
            created,
            version: env!("CARGO_PKG_VERSION").to_owned(),
            seed,
            vectors: None,
            imported: None,
            mentors: BTreeMap::new(),
            files: BTreeMap::new(),
        }
    }

    /// The bytes of the manifest file.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        pretty_json(self)
    }

    /// Parses the bytes of the manifest at `path`, which is used in messages only.
    ///
    /// # Errors
    /// If the bytes are not a manifest ([`ErrorKind::Corrupt`]), have a newer format
    /// ([`ErrorKind::Unsupported`]), name a file outside a mentor's folder, or contain an invalid
    /// digest, time or version.
    pub fn from_bytes(path: &Path, bytes: &[u8]) -> Result<Self> {
        let corrupt = |message: String| {
            Error::at(Location::file(path), message)
                .with_kind(ErrorKind::Corrupt)
                .hint("the checkpoint is corrupt or of another version; train it again")
        };
        let invalid = |e: serde_json::Error| corrupt("not a manifest".into()).caused_by(e);
        // Counted first: a value can take fifty times the memory that it takes in the file.
        let Sizes { options } = serde_json::from_slice(bytes).map_err(invalid)?;
        if let Some(Values(values)) = options.filter(|Values(values)| *values > MAX_OPTIONS) {
            let what = format!("{values} values in `options`, expected at most {MAX_OPTIONS}");
            return Err(corrupt(what));
        }
        let manifest: Self = serde_json::from_slice(bytes).map_err(invalid)?;
        if !(OLDEST_FORMAT..=FORMAT).contains(&manifest.format) {
            let format = manifest.format;
            let what = format!("manifest format {format}, expected {OLDEST_FORMAT} to {FORMAT}");
            return Err(corrupt(what).with_kind(ErrorKind::Unsupported));
        }
        for mentor in manifest.mentors.keys() {
            MentorId::new(mentor.as_str()).map_err(|e| corrupt(e.to_string()))?;
        }
        for file in manifest.files.keys() {
            if !manifest.is_own_path(file) {
                return Err(corrupt(format!("`{}` is not a mentor's file", file.escape_debug())));
            }
        }
        match manifest.invalid_field() {
            Some(what) => Err(corrupt(what.to_owned())),
            None => Ok(manifest),
        }
    }

    /// Returns what is invalid in the fields that are printed unchanged, if something is.
    fn invalid_field(&self) -> Option<&'static str> {
        let of_data = self.mentors.values().map(|mentor| &mentor.data_sha256);
        let of_background = self.mentors.values().filter_map(|m| m.background_sha256.as_ref());
        let of_vectors = self.vectors.as_ref().map(|vectors| &vectors.sha256);
        let mut digests = of_data.chain(of_background).chain(of_vectors);
        if self.created.parse::<jiff::Timestamp>().is_err() {
            Some("`created` is not a time (RFC 3339)")
        } else if [&self.arch, &self.version].iter().any(|text| text.contains(char::is_control)) {
            Some("`arch` or `version` contains control characters")
        } else if !digests.all(|digest| sha256::is_digest(digest)) {
            Some(
                "a digest of the data, of the background questions or of the vectors is not a SHA-256",
            )
        } else {
            publish::files_fault(&self.files)
        }
    }

    /// The total size of its files, in bytes.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.files.values().map(|file| file.size).sum()
    }

    /// Whether the checkpoint has the figures of `mentor`'s training. Older versions did not write any.
    #[must_use]
    pub fn has_report(&self, mentor: &str) -> bool {
        self.files.contains_key(&format!("{mentor}/{REPORT_FILE}"))
    }

    /// The record of `mentor`, whose id may be in another normalization form here.
    #[must_use]
    pub fn mentor(&self, mentor: &MentorId) -> Option<&MentorRecord> {
        self.id_of(mentor).and_then(|id| self.mentors.get(id))
    }

    /// The id of `mentor` in the normalization form used here; an identical id takes precedence.
    fn id_of(&self, mentor: &MentorId) -> Option<&str> {
        let exactly = self.mentors.get_key_value(mentor.as_str()).map(|(id, _)| id);
        exactly.or_else(|| self.mentors.keys().find(|id| mentor.is(id))).map(String::as_str)
    }

    /// The files of `mentor`: the name of each within the mentor's folder, and its record.
    pub fn files_of(&self, mentor: &MentorId) -> impl Iterator<Item = (&str, &FileRecord)> {
        let id = self.id_of(mentor);
        self.files.iter().filter_map(move |(path, record)| {
            let (folder, file) = path.split_once('/')?;
            (Some(folder) == id).then_some((file, record))
        })
    }

    /// Whether `path` is `<mentor>/<file>`: a mentor of this manifest and a plain file name.
    fn is_own_path(&self, path: &str) -> bool {
        let Some((mentor, file)) = path.split_once('/') else { return false };
        let parts: Vec<Component> = Path::new(path).components().collect();
        self.mentors.contains_key(mentor)
            && check_name("file", file).is_ok()
            && matches!(parts.as_slice(), [Component::Normal(_), Component::Normal(_)])
    }
}

/// Returns where the manifest's file `path` is within `folder`. A copy of a checkpoint may have the mentor's
/// folder in the other normalization form.
pub(super) fn stored_file(folder: &Path, path: &str) -> String {
    let (mentor, file) = path.split_once('/').unwrap_or(("", path));
    match MentorId::new(mentor) {
        Ok(mentor) => format!("{}/{file}", mentor.stored_in(folder)),
        Err(_) => path.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vectors::ModelKind;

    fn with_file(file: &str) -> Result<Manifest> {
        let manifest = sample(file);
        Manifest::from_bytes(Path::new("manifest.json"), &manifest.to_bytes())
    }

    fn sample(file: &str) -> Manifest {
        let mut manifest = Manifest::new("fusion_v1", 0, "2026-01-01T00:00:00Z".into());
        let record = MentorRecord {
            data_sha256: "0".repeat(64),
            background_sha256: Some("1".repeat(64)),
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
    fn invalid_times_digests_and_sizes_are_refused() {
        type Change = fn(&mut Manifest);
        fn vectors(sha256: &str) -> VectorsRecord {
            VectorsRecord { name: "w".into(), kind: ModelKind::Words, sha256: sha256.into() }
        }
        let change: [(&str, Change); 9] = [
            ("time", |m| m.created = "yesterday".into()),
            ("time", |m| m.created += "\u{1b}[2J"),
            ("control", |m| m.version = "0.1.0\u{1b}[2J".into()),
            ("control", |m| m.arch = "fusion\n".into()),
            ("SHA-256", |m| m.vectors = Some(vectors("abc"))),
            ("SHA-256", |m| m.mentors.get_mut("guide").unwrap().data_sha256 = "\u{1b}".repeat(64)),
            ("SHA-256", |m| {
                m.mentors.get_mut("guide").unwrap().background_sha256 = Some("../x".into());
            }),
            ("SHA-256", |m| m.files.get_mut("guide/x").unwrap().sha256 = "../../x".into()),
            ("total size of the listed files", |m| {
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

    /// A manifest as version 0.1.0 wrote it.
    const FORMAT_1: &str = r#"{"format": 1, "arch": "fusion_v1", "created": "2026-01-01T00:00:00Z",
        "version": "0.1.0", "seed": 0, "vectors": null, "options": {"a": [1.5e-3, null]},
        "mentors": {"guide": {"data_sha256":
        "0000000000000000000000000000000000000000000000000000000000000000", "answers": 1,
        "questions": 1, "distinct_questions": 1, "cv_accuracy": null}}, "files": {}}"#;

    #[test]
    fn format_1_is_read_and_its_options_are_ignored() {
        let manifest = Manifest::from_bytes(Path::new("m"), FORMAT_1.as_bytes()).unwrap();
        assert_eq!(manifest.format, 1);
        assert_eq!(manifest.mentors["guide"].background_sha256, None);
        let written = String::from_utf8(manifest.to_bytes()).unwrap();
        assert!(!written.contains("options") && !written.contains("background"), "{written}");
    }

    #[test]
    fn a_newer_format_is_unsupported() {
        let newer = FORMAT_1.replace("\"format\": 1", "\"format\": 3");
        let error = Manifest::from_bytes(Path::new("m"), newer.as_bytes()).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unsupported);
        assert!(error.reason().contains("manifest format 3, expected 1 to 2"), "{error}");
    }

    // 1/11 is one of many numbers that a fast parser rounds to a neighbouring one.
    #[test]
    fn a_manifest_survives_a_round_trip() {
        let mut manifest = with_file("guide/model.json").unwrap();
        manifest.mentors.get_mut("guide").unwrap().loo_accuracy = Some(1.0 / 11.0);
        let again = Manifest::from_bytes(Path::new("m"), &manifest.to_bytes()).unwrap();
        assert_eq!(again, manifest);
    }
}
